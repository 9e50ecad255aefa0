#include "schedule/clock_change.hpp"

namespace millrace {

std::int64_t civil_seconds(const CivilTime& civil) {
  const auto as_utc = instant(civil, "UTC");
  return as_utc ? as_utc->seconds : 0;
}

std::int64_t offset_at(std::int64_t second, const std::string& zone) {
  const auto civil = civil_time({second, 0}, zone);
  return civil ? civil_seconds(*civil) - second : 0;
}

std::optional<ClockChange> clock_change(std::int64_t from, std::int64_t until, const std::string& zone) {
  const std::int64_t before = offset_at(from, zone);
  if (offset_at(until, zone) == before) return std::nullopt;
  while (until - from > 1) {
    const std::int64_t middle = from + (until - from) / 2;
    (offset_at(middle, zone) == before ? from : until) = middle;
  }
  return ClockChange{{until, 0}, before, offset_at(until, zone)};
}

}  // namespace millrace
