#pragma once

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include "job.hpp"
#include "moment.hpp"

/// Times and durations as they stand in inputs and answers, read into milliseconds.
namespace millrace::job {

constexpr std::int64_t a_day = 86'400'000;

/// The moment that RFC 3339 text names, or nothing.
inline std::optional<std::int64_t> parse_time(const std::string& text) {
  const auto day = parse_day(text);
  int hour = 0, minute = 0, second = 0, end = 0;
  if (!day || text.size() < 19 ||
      std::sscanf(text.c_str() + 10, "T%2d:%2d:%2d%n", &hour, &minute, &second, &end) != 3) {
    return std::nullopt;
  }
  std::int64_t time =
      day->time_since_epoch().count() * a_day + ((hour * 60 + minute) * 60 + second) * std::int64_t{1000};
  auto at = 10 + static_cast<std::size_t>(end);
  if (at < text.size() && text[at] == '.') {
    std::int64_t unit = 100;
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, unit /= 10)
      time += (text[at] - '0') * unit;
  }
  if (text.compare(at, std::string::npos, "Z") == 0) return time;
  char sign = 0;
  if (std::sscanf(text.c_str() + at, "%c%2d:%2d", &sign, &hour, &minute) != 3) return std::nullopt;
  return time - (sign == '-' ? -1 : 1) * (hour * 60 + minute) * std::int64_t{60'000};
}

/// Takes the number off the front of a text, with at most one dot; nothing where there is none.
inline std::optional<double> take_number(std::string_view& text) {
  double amount = 0, place = 0;
  std::size_t at = 0;
  for (; at < text.size() && (text[at] == '.' || (text[at] >= '0' && text[at] <= '9')); ++at) {
    if (text[at] == '.') {
      if (place > 0) return std::nullopt;
      place = 1;
    } else if (place > 0) {
      amount += (text[at] - '0') * (place /= 10);
    } else {
      amount = amount * 10 + (text[at] - '0');
    }
  }
  text.remove_prefix(at);
  return at == 0 ? std::nullopt : std::optional(amount);
}

/// Takes a unit off the front of a text: its milliseconds, or 0. ISO 8601 has capitals, and "M" only for minutes.
inline double take_unit(std::string_view& text, bool iso, bool in_time) {
  struct Unit {
    std::string_view name;
    bool iso, of_day;
    double milliseconds;
  };
  constexpr Unit units[] = {{"ms", false, false, 1},     {"d", false, false, a_day},    {"h", false, false, 3'600'000},
                            {"m", false, false, 60'000}, {"s", false, false, 1000},     {"W", true, true, 7 * a_day},
                            {"D", true, true, a_day},    {"H", true, false, 3'600'000}, {"M", true, false, 60'000},
                            {"S", true, false, 1000}};
  for (const Unit& unit : units) {
    if (unit.iso != iso || (iso && unit.of_day == in_time) || !text.starts_with(unit.name)) continue;
    text.remove_prefix(unit.name.size());
    return unit.milliseconds;
  }
  return 0;
}

/// The milliseconds of "90d", "1h30m" or "P90D"; throws `invalid` with `what` ("unused_for") for anything else.
inline std::int64_t duration_of(const std::string& written, std::string_view what) {
  const Failure wrong{"invalid",
                      std::string(what) + " is \"" + written + "\", which is not a duration: write such as 12h or 90d"};
  std::string_view text = written;
  const bool iso = text.starts_with('P');
  if (iso) text.remove_prefix(1);
  double sum = 0;
  bool in_time = false, any = false;
  while (!text.empty()) {
    if (iso && !in_time && text.starts_with('T')) {
      in_time = true;
      text.remove_prefix(1);
      continue;
    }
    const auto amount = take_number(text);
    const double unit = amount ? take_unit(text, iso, in_time) : 0;
    if (unit == 0) throw wrong;
    sum += *amount * unit;
    any = true;
  }
  if (!any || sum > 292.0 * 365 * a_day) throw wrong;
  return static_cast<std::int64_t>(sum);
}

}  // namespace millrace::job
