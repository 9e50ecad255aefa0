#pragma once

#include <string>
#include <vector>

#include "expr/expression.hpp"
#include "value/value.hpp"

namespace millrace {

/// The parts of a condition, as `&&`, `||`, `!` and `? :` put them together, each with what it gives and why:
/// "tag.usage == 0 is false, because tag.usage is 3". Those behind the one that decides are not evaluated, and said to
/// be so. A condition of one part is one sentence. Long values are cut.
std::vector<std::string> told_parts(const Expression& condition, const Bindings& names);

/// The same of a condition that is asked of each item: how many it holds for, and how often each part decided. Nothing
/// where it gives something else than true and false.
std::vector<std::string> counted_parts(const Expression& condition, const std::string& parameter,
                                       const Value::List& items, const Bindings& names);

}  // namespace millrace
