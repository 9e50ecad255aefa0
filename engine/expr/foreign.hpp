#pragma once

#include <string_view>

#include "expr/expression.hpp"

namespace millrace {

/// The same error, said to whoever writes as in another language ("not in", "x => ...", "name | upper"): what it is
/// called here, with the corrected text where that is beyond doubt. Every other error stays as it is, and so does that
/// of a text which is longer than people type.
ExpressionError said_for_newcomers(std::string_view text, ExpressionError error);

/// What other languages call null: None, nil, undefined.
bool names_nothing(std::string_view name);

}  // namespace millrace
