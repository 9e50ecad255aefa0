#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

/// Days and times of the UTC calendar, for our own plugins.
namespace millrace::job {

using Day = std::chrono::sys_days;

constexpr std::int64_t a_day = 86'400'000;  // in milliseconds

/// The day on which a time lies that is counted in milliseconds since 1970.
inline Day day_of(std::int64_t milliseconds) {
  return std::chrono::floor<std::chrono::days>(
      std::chrono::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(milliseconds)));
}

/// "2026-09-21"
inline std::string date_text(Day day) {
  const std::chrono::year_month_day date(day);
  char text[32];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()));
  return text;
}

/// "2026-09-21T14:13:20Z"; a part of a second is left out.
inline std::string time_text(std::int64_t milliseconds) {
  const Day day = day_of(milliseconds);
  const std::int64_t since = milliseconds / 1000 - std::chrono::sys_seconds(day).time_since_epoch().count();
  char text[32];
  std::snprintf(text, sizeof text, "T%02d:%02d:%02dZ", static_cast<int>(since / 3600),
                static_cast<int>(since / 60 % 60), static_cast<int>(since % 60));
  return date_text(day) + text;
}

/// Reads "2026-09-21", or the date of "2026-09-21T14:13:20Z"; nothing where it is no day of the calendar.
inline std::optional<Day> parse_day(std::string_view text) {
  int year = 0;
  unsigned month = 0, day = 0;
  int read = 0;
  const std::string date(text.substr(0, 10));
  if (std::sscanf(date.c_str(), "%4d-%2u-%2u%n", &year, &month, &day, &read) != 3 || read != 10) return std::nullopt;
  if (text.size() > 10 && text[10] != 'T') return std::nullopt;
  const std::chrono::year_month_day calendar{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
  if (!calendar.ok()) return std::nullopt;
  return Day(calendar);
}

/// "Mon" ... "Sun"
inline std::string_view weekday_text(Day day) {
  constexpr std::string_view names[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  return names[std::chrono::weekday(day).c_encoding()];
}

}  // namespace millrace::job
