#pragma once

#include <cstddef>

#include "value/value.hpp"

namespace millrace {

/// Roughly the memory that a value takes with all that is in it, in bytes; what it shares with others counts in full.
std::size_t bytes_of(const Value& value) noexcept;

/// Whether lists, maps and optionals stand inside each other more than `levels` deep.
bool deeper_than(const Value& value, int levels) noexcept;

/// Whether neither Infinity nor NaN is in it, for which JSON has no number.
bool all_finite(const Value& value) noexcept;

}  // namespace millrace
