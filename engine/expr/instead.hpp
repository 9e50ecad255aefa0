#pragma once

#include <string>
#include <string_view>

#include "expr/expression.hpp"
#include "expr/syntax.hpp"

namespace millrace {

/// Says in `error`, which stands at the name that `at` reads, by which of the known names that is to be replaced: bare,
/// in quotes inside brackets, and in both where it is no bare name (vars['sub-total']). Nothing where that cannot be
/// written there. `text` is that of the whole expression.
void put_instead(ExpressionError& error, const Expression::Node& at, const std::string& name, std::string_view text);

}  // namespace millrace
