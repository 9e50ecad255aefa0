#pragma once

#include <array>
#include <bitset>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace millrace {

/// When a schedule fires: on which days, by the calendar of its zone, and at which times of those days.
///
/// Sentences are made of days and times in any order (docs/workflows.md has the whole grammar):
///
///     daily at 7:30                            every monday and friday at 09:00 and 17:30
///     mon-fri 7:30                             every 2 weeks on monday at 9:00 from 2026-01-05
///     every 15 minutes on weekdays             first monday of the month at 8:00
///     on the 1st and 15th at 6:00              on the last day of march and june at noon
///
/// Without a time it is midnight.
struct Schedule {
  static constexpr int minutes_a_day = 24 * 60;
  std::bitset<minutes_a_day> times;
  /// Every so many minutes or hours, or every minute or hour of cron: goes on through an hour that comes twice, where
  /// other times come once.
  bool interval = false;
  /// Times before this minute are those of the night that began on the day before, whose days count for them.
  int night = 0;

  std::bitset<13> months;   ///< 1..12
  std::bitset<7> weekdays;  ///< 0 is Sunday

  // A day counts where one of these has it.
  std::bitset<32> days;                        ///< of the month, 1..31
  std::bitset<32> days_from_end;               ///< 0 is the last day of the month, 1 the one before
  std::array<std::bitset<7>, 6> nth_weekdays;  ///< 1..5: the first to fifth such weekday of the month; 0: the last
  std::bitset<24> working_days;                ///< 1..23: of the month's days from Monday to Friday; 0: the last

  // Every so many days or weeks, counted from a day.
  int day_step = 1, week_step = 1;
  std::chrono::sys_days from;  ///< a week begins on Monday
  bool not_before = false;     ///< `from` was said, so nothing comes before it

  bool operator==(const Schedule&) const = default;
  bool on_day(std::chrono::sys_days day) const;
};

/// Why a schedule cannot be read, and what was meant.
struct ScheduleError {
  std::string message;
  std::string suggestion;  ///< the whole text as it should be, or empty
};

/// Reads a sentence, or one of cron's @hourly, @daily, ... An error says what the sentence may look like.
std::variant<Schedule, ScheduleError> parse_schedule(std::string_view sentence);

/// Reads cron's five fields (names, ranges, lists, steps; L, L-1, LW, 5L and MON#1) or @hourly, @daily, @weekly,
/// @monthly, @yearly. Naming both days of the month and days of the week is refused: cron means "either", and most
/// people mean "both".
std::variant<Schedule, ScheduleError> parse_cron(std::string_view text);

/// Why `zone` cannot be used as the zone of a schedule: unknown, an abbreviation, or a fixed offset; nothing where it
/// can.
std::optional<ScheduleError> zone_problem(std::string_view zone);

}  // namespace millrace
