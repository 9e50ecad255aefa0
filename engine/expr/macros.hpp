#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "expr/syntax.hpp"

namespace millrace {

/// Turns a call that is a macro (`list.filter(x, ...)`, `has(a.b)`, `cel.bind(...)`) into its node; leaves others
/// alone.
std::optional<ExpressionError> expand_macro(Expression::Node& call);

/// The names of macros that stand behind a dot, and those that stand alone.
std::vector<std::string> member_macros();

/// How many names the macro behind a dot gives where so many of its arguments are begun, counted from the first: of
/// `all(x, ` one, of `all(i, x, ` two; nought of what is no macro.
std::size_t names_given(std::string_view macro, std::size_t arguments) noexcept;

/// Which children of a loop see its variables.
bool sees_variables(const Expression::Node& loop, std::size_t child);

}  // namespace millrace
