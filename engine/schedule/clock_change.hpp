#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "value/time.hpp"

namespace millrace {

/// A civil time as seconds since 1970, as if it were UTC.
std::int64_t civil_seconds(const CivilTime& civil);
/// Seconds east of UTC, at a second since 1970.
std::int64_t offset_at(std::int64_t second, const std::string& zone);

/// From `at` on, the zone's clocks are so many seconds east of UTC.
struct ClockChange {
  Timestamp at;
  std::int64_t before, after;
  std::int64_t first() const { return at.seconds + (before < after ? before : after); }  ///< of the civil times that
  std::int64_t end() const { return at.seconds + (before < after ? after : before); }    ///< are skipped or repeated
};

/// The change between two seconds since 1970 at which the offsets differ. Where there are several, one of them.
std::optional<ClockChange> clock_change(std::int64_t from, std::int64_t until, const std::string& zone);

}  // namespace millrace
