#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/rfc3339.hpp"

/// Times in answers and in what a plugin keeps, where they are text; those of inputs come ready.
namespace millrace::job {

/// The milliseconds since 1970 of RFC 3339 text, or nothing.
inline std::optional<std::int64_t> parse_time(std::string_view text) {
  std::string why;
  const auto time = parse_rfc3339(text, why);
  return time ? std::optional(time->seconds * 1000 + time->nanos / 1'000'000) : std::nullopt;
}

}  // namespace millrace::job
