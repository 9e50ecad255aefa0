#pragma once

#include <set>

#include "expr/syntax.hpp"

namespace millrace {

/// The names in `tree` that stand where a text may: compared with something that is no literal, in a list, as one of
/// two ways, as the argument of a function of text. One that leads nowhere is probably a text without its quotes.
std::set<const Expression::Node*> bare_words(const Expression::Node& tree);

}  // namespace millrace
