#include "local_times.hpp"

#include <cstdio>
#include <cstdlib>

#include "../support/moment.hpp"
#include "../support/written_times.hpp"

namespace millrace::reports {

namespace {

/// Most texts of a table are no times: seen without reading them.
bool like_a_time(std::string_view text) {
  constexpr std::size_t shortest = 20;  // "2026-03-29T07:00:00Z"
  return text.size() >= shortest && text[4] == '-' && text[10] == 'T' && text[13] == ':';
}

/// "+02:00"
std::string offset_text(std::int64_t offset) {
  const auto minutes = static_cast<int>(std::abs(offset) / 60'000);
  char text[16];
  std::snprintf(text, sizeof text, "%c%02d:%02d", offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
  return text;
}

}  // namespace

/// Whether the clocks show another time, some hours before or behind this one, in the same way.
bool LocalTimes::comes_twice(std::int64_t milliseconds) const {
  if (utc_) return false;
  constexpr std::int64_t near = 6 * 3'600'000;
  const std::int64_t offset = call_.utc_offset(milliseconds);
  for (const std::int64_t other : {call_.utc_offset(milliseconds - near), call_.utc_offset(milliseconds + near)})
    if (other != offset && call_.utc_offset(milliseconds + offset - other) == other) return true;
  return false;
}

std::string LocalTimes::for_people(std::int64_t milliseconds) const {
  const std::int64_t offset = call_.utc_offset(milliseconds);
  std::string text = job::time_text(milliseconds + offset);
  text[10] = ' ';
  text.pop_back();
  if (comes_twice(milliseconds)) text += " " + offset_text(offset);
  return text;
}

std::optional<LocalTimes::Shown> LocalTimes::shown(std::string_view text) const {
  if (!like_a_time(text) || (form_ == Form::programs && utc_)) return std::nullopt;
  const auto time = job::parse_time(text);
  if (!time) return std::nullopt;
  if (form_ == Form::people) return Shown{for_people(*time), *time};
  const std::int64_t offset = call_.utc_offset(*time);
  std::string local = job::time_text(*time + offset);
  local.pop_back();
  if (text[19] == '.') {
    const std::size_t end = text.find_first_not_of("0123456789", 20);
    local += text.substr(19, end - 19);
  }
  return Shown{local + offset_text(offset), *time};
}

}  // namespace millrace::reports
