#pragma once

#include <doctest/doctest.h>

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

}  // namespace millrace::test
