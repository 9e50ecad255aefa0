#pragma once

#include <optional>
#include <string_view>

#include "value/time.hpp"
#include "value/value.hpp"

namespace millrace {

// What has none of a thing says null in JSON.

inline Value text_or_null(std::string_view text) { return text.empty() ? Value() : Value(text); }
inline Value time_or_null(const std::optional<Timestamp>& time) { return time ? Value(render(*time)) : Value(); }

}  // namespace millrace
