#include "moment.hpp"

#include <array>

namespace millrace::sandbox {
namespace {

std::int64_t rounded_down(std::int64_t number, std::int64_t by) noexcept {
  return number / by - (number % by < 0 ? 1 : 0);
}

}  // namespace

std::int64_t milliseconds(Timestamp time) noexcept { return time.seconds * 1000 + time.nanos / 1'000'000; }

std::int64_t milliseconds(std::string_view text) {
  const Result<Timestamp> time = parse_timestamp(text);
  return milliseconds(time ? *time : *parse_timestamp(some_moment));
}

std::int64_t day_of(Timestamp time) noexcept { return rounded_down(time.seconds, 86'400); }

std::string_view weekday(std::int64_t day) noexcept {
  constexpr std::array<std::string_view, 7> names = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};  // 1970 began so
  return names[static_cast<std::size_t>(day - 7 * rounded_down(day, 7))];
}

}  // namespace millrace::sandbox
