#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "value/time.hpp"

namespace millrace::sandbox {

/// What stands where a state leaves a time out, because old tests and short ones do.
inline constexpr std::string_view some_moment = "2026-01-01T00:00:00.000Z";

/// Milliseconds since 1970.
std::int64_t milliseconds(Timestamp time) noexcept;
/// The same of a text; that of `some_moment` where it is no RFC 3339.
std::int64_t milliseconds(std::string_view text);
/// Calendar days in UTC since 1 January 1970.
std::int64_t day_of(Timestamp time) noexcept;
/// "Mon".
std::string_view weekday(std::int64_t day) noexcept;

}  // namespace millrace::sandbox
