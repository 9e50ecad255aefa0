#include "schedule/schedule.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "schedule/reading.hpp"
#include "value/time.hpp"

namespace millrace {
namespace {

/// Sundays and the 29th of February come together once in so many years at the latest, a century without included.
constexpr int longest_cycle = 41 * 366;

/// Which of the names a word is, in full or shortened: the first of them is `first`.
std::optional<int> name_in(std::string_view word, std::string_view (*name)(int) noexcept, int first, int last) {
  for (int at = first; at <= last; ++at) {
    const std::string known = lower(name(at));
    const bool shortened = word.size() >= 3 && word.size() <= 4 && known.starts_with(word);
    if (word == known || shortened) return at;
  }
  return std::nullopt;
}

/// The days from Monday to Friday among the first `day` ones of a month whose day `day` is a `weekday`.
unsigned working_days_until(unsigned day, unsigned weekday) {
  unsigned count = 0;
  for (unsigned back = 0; back < day; ++back) {
    const unsigned then = (weekday + 7 - back % 7) % 7;
    count += then != 0 && then != 6 ? 1 : 0;
  }
  return count;
}

bool working(unsigned weekday) { return weekday != 0 && weekday != 6; }

}  // namespace

std::optional<int> whole_number(std::string_view text) {
  int value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<int> weekday_in(std::string_view word) {
  if (word.ends_with("s") && word.size() > 4) word.remove_suffix(1);
  return name_in(word, weekday_name, 0, 6);
}

std::optional<int> month_in(std::string_view word) { return name_in(word, month_name, 1, 12); }

std::optional<int> ordinal_in(std::string_view word) {
  static constexpr std::array<std::string_view, 5> names = {"first", "second", "third", "fourth", "fifth"};
  const auto named = std::find(names.begin(), names.end(), word);
  if (named != names.end()) return static_cast<int>(named - names.begin()) + 1;
  for (const std::string_view ending : {"st", "nd", "rd", "th"}) {
    if (!word.ends_with(ending)) continue;
    word.remove_suffix(2);
    break;
  }
  const auto day = whole_number(word);
  return day && *day >= 1 && *day <= 31 ? day : std::nullopt;
}

std::optional<int> time_in(std::string_view word) {
  if (word == "midnight") return 0;
  if (word == "noon") return 12 * 60;
  const bool morning = word.ends_with("am");
  const bool afternoon = word.ends_with("pm");
  if (morning || afternoon) word.remove_suffix(2);
  const std::size_t colon = std::min(word.find(':'), word.size());
  const bool with_minutes = colon < word.size();
  if ((!with_minutes && !morning && !afternoon) || colon > 2 || (with_minutes && word.size() - colon != 3))
    return std::nullopt;
  auto hour = whole_number(word.substr(0, colon));
  const auto minute = with_minutes ? whole_number(word.substr(colon + 1)) : std::optional(0);
  if (!hour || !minute || *hour < 0 || *minute < 0 || *minute > 59) return std::nullopt;
  if (morning || afternoon) {
    if (*hour < 1 || *hour > 12) return std::nullopt;
    hour = *hour % 12 + (afternoon ? 12 : 0);
  }
  if (*hour > 23) return std::nullopt;
  return *hour * 60 + *minute;
}

std::string as_clock_time(std::string word) {
  if (time_in(word)) return word;
  std::replace(word.begin(), word.end(), '.', ':');
  if (word.find(':') == std::string::npos) word += ":00";
  return word.size() <= 7 && time_in(word) ? word : "";
}

std::string two_digits(int number) { return (number < 10 ? "0" : "") + std::to_string(number); }

std::string ordinal(int number) {
  const int last = number % 10;
  const bool teen = number / 10 == 1;
  return std::to_string(number) + (teen ? "th" : last == 1 ? "st" : last == 2 ? "nd" : last == 3 ? "rd" : "th");
}

std::string clock_text(int minute) { return two_digits(minute / 60) + ":" + two_digits(minute % 60); }

std::optional<std::chrono::sys_days> date_in(std::string_view word) {
  const auto parts = split(word, '-');
  if (parts.size() != 3 || parts[0].size() != 4) return std::nullopt;
  const auto year = whole_number(parts[0]), month = whole_number(parts[1]), day = whole_number(parts[2]);
  if (!year || !month || !day || *month < 1 || *day < 1) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  return date.ok() ? std::optional(std::chrono::sys_days(date)) : std::nullopt;
}

bool Schedule::on_day(std::chrono::sys_days day) const {
  const std::chrono::year_month_day date(day);
  const auto weekday = std::chrono::weekday(day).c_encoding();
  if (!months.test(static_cast<unsigned>(date.month())) || !weekdays.test(weekday)) return false;
  const auto of_month = static_cast<unsigned>(date.day());
  const std::chrono::year_month_day_last last(date.year() / date.month() / std::chrono::last);
  const unsigned left = static_cast<unsigned>(last.day()) - of_month;
  bool named = days.test(of_month) || days_from_end.test(left) || nth_weekdays[(of_month + 6) / 7].test(weekday) ||
               (left < 7 && nth_weekdays[0].test(weekday));
  if (!named && working_days.any() && working(weekday)) {
    const unsigned behind = weekday == 5 ? 3 : 1;  // until the next working day
    named = working_days.test(working_days_until(of_month, weekday)) || (working_days.test(0) && left < behind);
  }
  if (!named || (not_before && day < from)) return false;
  const auto monday = [](std::chrono::sys_days any) { return any - (std::chrono::weekday(any) - std::chrono::Monday); };
  return (day - from).count() % day_step == 0 && (monday(day) - monday(from)).count() / 7 % week_step == 0;
}

std::bitset<32> all_days() { return std::bitset<32>().set().reset(0); }

Schedule open_schedule() {
  Schedule schedule;
  schedule.months.set().reset(0);
  schedule.weekdays.set();
  schedule.from = std::chrono::sys_days(std::chrono::year(2024) / 1 / 1);  // a Monday
  return schedule;
}

std::optional<ScheduleError> never_comes(const Schedule& schedule) {
  std::chrono::sys_days day = schedule.from;
  for (int days = 0; days < longest_cycle; ++days, day += std::chrono::days(1)) {
    if (schedule.on_day(day)) return std::nullopt;
  }
  return ScheduleError{"this never comes: no month that is meant has such a day", ""};
}

std::optional<std::variant<Schedule, ScheduleError>> parse_shortcut(std::string_view text) {
  const std::string small = lower(text);
  if (!small.starts_with('@')) return std::nullopt;
  if (small == "@hourly") return parse_cron("0 * * * *");
  if (small == "@daily" || small == "@midnight") return parse_cron("0 0 * * *");
  if (small == "@weekly") return parse_cron("0 0 * * 0");
  if (small == "@monthly") return parse_cron("0 0 1 * *");
  if (small == "@yearly" || small == "@annually") return parse_cron("0 0 1 1 *");
  static const std::vector<std::string> known = {"@hourly", "@daily", "@weekly", "@monthly", "@yearly"};
  return ScheduleError{between('"', text, '"') + " is none of " + join(known, ", "),
                       nearest(small, known).value_or("")};
}

}  // namespace millrace
