#pragma once

#include <bitset>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace millrace {

/// When a schedule fires: at the minutes whose civil time is in all five sets, or every so often.
///
/// Sentences, a small grammar (days, times and numbers may be written as people do: `7:30`, `mon`):
///
///     every DAY [at TIME]              every day, every weekday, every monday, every monday and friday
///     weekdays|weekends at TIME
///     every N minutes|hours            every minute, every hour; N divides 60 or 24
///     on the Nth of the month [at TIME]    also "on the last day of the month"
///
/// Without a time it is midnight.
struct Schedule {
  std::bitset<60> minutes;
  std::bitset<24> hours;
  std::bitset<32> days;     ///< of the month, 1..31
  std::bitset<13> months;   ///< 1..12
  std::bitset<7> weekdays;  ///< 0 is Sunday
  bool last_day = false;    ///< also the last day of the month
};

/// Why a schedule cannot be read, and what was meant.
struct ScheduleError {
  std::string message;
  std::string suggestion;  ///< the whole text as it should be, or empty
};

/// Reads a sentence. An error says what the sentence may look like.
std::variant<Schedule, ScheduleError> parse_schedule(std::string_view sentence);

/// Reads cron's five fields (names, ranges, lists, steps) or @hourly, @daily, @weekly, @monthly, @yearly. Naming both
/// days of the month and days of the week is refused: cron means "either", and most people mean "both".
std::variant<Schedule, ScheduleError> parse_cron(std::string_view text);

/// Why `zone` cannot be used as the zone of a schedule: unknown, an abbreviation, or a fixed offset; nothing where it
/// can.
std::optional<ScheduleError> zone_problem(std::string_view zone);

}  // namespace millrace
