#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "value/value.hpp"

namespace millrace {

/// Date and time of day in some zone.
struct CivilTime {
  std::int64_t year = 1970;
  int month = 1;  ///< 1..12
  int day = 1;    ///< 1..31
  int hour = 0, minute = 0, second = 0;
  int weekday = 4;      ///< 0 is Sunday
  int day_of_year = 0;  ///< 0 is 1 January
};

std::string_view weekday_name(int weekday) noexcept;  ///< "Sunday" for 0
std::string_view month_name(int month) noexcept;      ///< "January" for 1

/// Reads RFC 3339 ("2026-11-23T09:00:00Z", any offset, up to nine decimals); years 1 to 9999.
Result<Timestamp> parse_timestamp(std::string_view text);
std::string render(Timestamp time);  ///< RFC 3339 in UTC, decimals only as far as needed

/// True for IANA names ("Europe/London", "UTC") that this system's data knows.
bool known_zone(std::string_view zone);
/// All of these, in order; they are read once.
const std::vector<std::string>& zone_names();

/// The civil time in `zone`: an IANA name, or an offset such as "+02:00", "-08:00" or "02:00".
Result<CivilTime> civil_time(Timestamp time, std::string_view zone);
/// By how many seconds the clocks of `zone` are ahead of UTC at `time`.
Result<std::int64_t> utc_offset(Timestamp time, std::string_view zone);
/// The same for all times between 1900 and 2100: since when, in seconds since 1970, and by how many; the oldest first.
/// Empty for a zone that is not known.
std::vector<std::pair<std::int64_t, std::int64_t>> utc_offsets(std::string_view zone);
/// RFC 3339 with the offset of `zone`, for people: "2026-03-29T02:00:00+01:00", and "Z" in UTC. Whole seconds.
std::string render_in(std::string_view zone, Timestamp time);
/// The instant of a civil time in an IANA zone or at an offset. A time that the clocks skip is the first instant after
/// the gap; one that comes twice is the first of the two. Fields beyond their range roll over (32 December is 1
/// January), so that a calendar can be stepped through; the days of the week and of the year are not read.
Result<Timestamp> instant(const CivilTime& time, std::string_view zone);

Timestamp now_utc();  ///< the system's clock, in nanoseconds

/// From `from` to `to`, in seconds, as figures show it.
double seconds_between(Timestamp from, Timestamp to) noexcept;

/// `time` + `by`; an error outside the years 1 to 9999.
Result<Timestamp> add(Timestamp time, Duration by);

}  // namespace millrace
