#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <variant>

#include "schedule/schedule.hpp"
#include "value/time.hpp"

namespace millrace::test {

inline Timestamp time_of(const std::string& text) {
  const auto time = parse_timestamp(text);
  REQUIRE(time);
  return *time;
}

inline Schedule good(const std::string& text, const std::variant<Schedule, ScheduleError>& read) {
  const auto* problem = std::get_if<ScheduleError>(&read);
  REQUIRE_MESSAGE(problem == nullptr, text << ": " << (problem ? problem->message : ""));
  return std::get<Schedule>(read);
}

inline Schedule sentence(const std::string& text) { return good(text, parse_schedule(text)); }
inline Schedule cron(const std::string& text) { return good(text, parse_cron(text)); }

inline std::string refusal(const std::variant<Schedule, ScheduleError>& read) {
  const auto* problem = std::get_if<ScheduleError>(&read);
  return problem ? problem->message : "";
}

inline std::chrono::sys_days day(int year, unsigned month, unsigned of_month) {
  return std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(of_month);
}

/// The days of a year on which it fires, "1-15 2-15"; at most so many.
inline std::string days_of(const Schedule& schedule, int year, std::size_t most = 12) {
  std::string text;
  std::size_t found = 0;
  for (auto each = day(year, 1, 1); each < day(year + 1, 1, 1) && found < most; each += std::chrono::days(1)) {
    if (!schedule.on_day(each)) continue;
    const std::chrono::year_month_day date(each);
    text += (found++ == 0 ? "" : " ") + std::to_string(static_cast<unsigned>(date.month())) + "-" +
            std::to_string(static_cast<unsigned>(date.day()));
  }
  return text;
}

}  // namespace millrace::test
