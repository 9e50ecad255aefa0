#pragma once

#include <compare>
#include <optional>
#include <string>

#include "expr/evaluate.hpp"

namespace millrace {

/// left `op` right for the arithmetic, comparing and membership operators; what depends on an unknown is unknown. The
/// left one may stand in `scratch`.
const Value* operate(const Expression::Node& node, const Value& left, const Value& right, Frame& frame, Value& scratch);
const Value* negate(const Expression::Node& node, const Value& operand, Frame& frame, Value& scratch);

/// The number as a double; nothing where it is none.
std::optional<double> as_double(const Value& value) noexcept;

enum class Equality : unsigned char { no, yes, unknown };

/// CEL's equality, careful about unknowns: [1, unknown] and [2, 3] differ, [1, unknown] and [1, 3] nobody knows.
Equality equality(const Value& left, const Value& right);

/// The order of two values that `<` accepts; nothing where it accepts them not, unordered with NaN.
std::optional<std::partial_ordering> order(const Value& left, const Value& right);

/// A total order for sorting mixed lists: true/false, numbers, text, bytes, timestamps, durations, then null; nothing
/// for the kinds that have no order.
std::optional<std::weak_ordering> sort_order(const Value& left, const Value& right);

/// The steps that sorting takes of `count` values that weigh so much together.
std::int64_t cost_of_sorting(std::uint64_t weight, std::size_t count) noexcept;

/// Equal values hash alike, at any depth; others by a key that is new with each start of the program.
std::uint64_t deep_hash(const Value& value) noexcept;

/// The innermost unknown inside a value that contains one.
const Value& first_unknown(const Value& value) noexcept;

/// "a number", "text", "a list": for messages.
std::string with_article(Kind kind);

}  // namespace millrace
