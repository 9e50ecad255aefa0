#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "value/time.hpp"
#include "value/value.hpp"

namespace millrace {

// What has none of a thing says null in JSON.

inline Value text_or_null(std::string_view text) { return text.empty() ? Value() : Value(text); }
inline Value number_or_null(const std::optional<std::int64_t>& number) { return number ? Value(*number) : Value(); }
inline Value time_or_null(const std::optional<Timestamp>& time) { return time ? Value(render(*time)) : Value(); }

}  // namespace millrace
