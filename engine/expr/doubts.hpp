#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "expr/expression.hpp"
#include "expr/syntax.hpp"
#include "expr/type.hpp"

namespace millrace {

/// What works, but hardly as it is meant. `text` is that of the whole expression.

/// "address2" may well stand beside "address1": they differ in their digits alone.
bool numbered_alike(std::string one, std::string other);

/// A literal that is compared with what is always one of a few words, and is none of them. Nothing where the operation
/// is no such comparison.
std::optional<ExpressionError> strange_literal(const Expression::Node& operation, const Type& left, const Type& right,
                                               std::string_view text);

/// Whole by whole is cut to a whole number, which is rarely what a rate or a share needs.
ExpressionError doubt_division(const Expression::Node& division, std::string_view text);

/// A literal 0 or 0.0 by which what may be a number with decimals is divided.
ExpressionError doubt_zero(const Expression::Node& divisor);

/// A literal format of a time in which no clause stands: every time would be written as the same letters. Nothing where
/// the call is no such one.
std::optional<ExpressionError> doubt_format(const Expression::Node& call, std::string_view text);

}  // namespace millrace
