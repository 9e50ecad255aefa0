#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace {

/// A moment as programs write it.
struct WrittenTime {
  std::int64_t seconds = 0;  ///< since 1970, UTC
  std::int32_t nanos = 0;    ///< 0 to 999'999'999, and later than `seconds`
};

/// Reads RFC 3339 ("2026-11-23T09:00:00Z", any offset, up to nine decimals) of the years 1 to 9999, which its offset
/// may leave. Nothing for anything else, and `why` then says what is wrong. Our own plugins read with it, too.
std::optional<WrittenTime> parse_rfc3339(std::string_view text, std::string& why);

/// Seconds east of UTC for "+02:00", "-08:00" or "02:00"; nothing for anything else.
std::optional<int> parse_utc_offset(std::string_view text);

}  // namespace millrace
