#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "schedule/schedule.hpp"

namespace millrace {

// What sentences and cron have in common.

std::optional<int> whole_number(std::string_view text);
/// 0 is Sunday: "sunday", "sundays", "sun".
std::optional<int> weekday_in(std::string_view word);
/// 1 is January: "january", "jan".
std::optional<int> month_in(std::string_view word);

/// "1st", "22nd", "15", "third": a day of the month, or which of its weekdays.
std::optional<int> ordinal_in(std::string_view word);
/// Minutes since midnight: "7:30", "07:30", "9am", "9:30pm", "noon".
std::optional<int> time_in(std::string_view word);
/// "9" and "7.30" as the clock has them; empty where no time is meant.
std::string as_clock_time(std::string word);
/// "07".
std::string two_digits(int number);
/// "22nd".
std::string ordinal(int number);
/// "07:30", of minutes since midnight.
std::string clock_text(int minute);
/// "2026-01-05".
std::optional<std::chrono::sys_days> date_in(std::string_view word);

/// What is in a set, in order, from `first` on.
template <std::size_t N>
std::vector<int> members(const std::bitset<N>& set, int first) {
  std::vector<int> found;
  for (std::size_t at = static_cast<std::size_t>(first); at < N; ++at) {
    if (set.test(at)) found.push_back(static_cast<int>(at));
  }
  return found;
}

/// 1..31.
std::bitset<32> all_days();
/// Any month, any weekday, no day of the month yet, and no time.
Schedule open_schedule();
/// Why it never comes (30 February); nothing where it does.
std::optional<ScheduleError> never_comes(const Schedule& schedule);

/// "@daily" and its kin; nothing where `text` is none of them.
std::optional<std::variant<Schedule, ScheduleError>> parse_shortcut(std::string_view text);

}  // namespace millrace
