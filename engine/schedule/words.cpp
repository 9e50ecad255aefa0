#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "schedule/interval.hpp"
#include "schedule/preview.hpp"
#include "schedule/reading.hpp"

namespace millrace {

namespace {

template <class Word>
std::string each_listed(const std::vector<int>& numbers, Word word) {
  std::vector<std::string> words;
  for (const int number : numbers) words.emplace_back(word(number));
  return listed(words);
}

/// The distance where the numbers are all multiples of one below `end`, or 0.
int step_of(const std::vector<int>& numbers, int end) {
  const int step = numbers.size() > 1 ? numbers[1] : end;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (numbers[i] != static_cast<int>(i) * step) return 0;
  }
  return end % step == 0 && static_cast<int>(numbers.size()) == end / step ? step : 0;
}

std::string every(int count, const char* unit) {
  return "every " + (count == 1 ? std::string(unit) : std::to_string(count) + " " + unit + "s");
}

/// Minutes of the day that cron made of minutes of the hour and hours; nothing where they are no such product.
struct Product {
  std::vector<int> minutes, hours;
};
std::optional<Product> product_of(const std::vector<int>& times) {
  std::bitset<60> minutes;
  std::bitset<24> hours;
  for (const int time : times) {
    minutes.set(static_cast<std::size_t>(time % 60));
    hours.set(static_cast<std::size_t>(time / 60));
  }
  if (minutes.count() * hours.count() != times.size()) return std::nullopt;
  return Product{members(minutes, 0), members(hours, 0)};
}

std::string clock_times(const std::vector<int>& times) { return "at " + each_listed(times, clock_text); }

std::string times_in_words(const Schedule& schedule) {
  const auto times = members(schedule.times, 0);
  if (const auto interval = Interval::of(schedule)) return interval->in_words();
  const auto product = product_of(times);
  if (times.size() <= 8 || !product) return clock_times(times);
  const auto number = [](int one) { return std::to_string(one); };
  const int minute_step = step_of(product->minutes, 60);
  const std::string when = minute_step > 0 && minute_step < 60 ? every(minute_step, "minute")
                                                               : "at minute " + each_listed(product->minutes, number);
  if (product->hours.size() == 24) return when + " of every hour";
  return when + " of the hours " + each_listed(product->hours, number);
}

bool counts_weekdays(const Schedule& schedule) {
  return schedule.working_days.any() || std::any_of(schedule.nth_weekdays.begin(), schedule.nth_weekdays.end(),
                                                    [](const auto& nth) { return nth.any(); });
}

/// "the 1st", "the last day", "the 2nd last day", "the first Monday", "the last weekday": what counts within a month.
std::vector<std::string> days_of_month(const Schedule& schedule) {
  static constexpr std::array<const char*, 6> which = {"last", "first", "second", "third", "fourth", "fifth"};
  std::vector<std::string> words;
  for (const int one : members(schedule.days, 1)) words.push_back(ordinal(one));
  // "The 1st and third friday" would be two Fridays.
  if (!words.empty()) words.back() += counts_weekdays(schedule) ? " day" : "";
  for (const int one : members(schedule.days_from_end, 0))
    words.push_back(one == 0 ? "last day" : ordinal(one + 1) + " last day");
  for (std::size_t nth = 1; nth <= schedule.nth_weekdays.size(); ++nth) {
    const std::size_t at = nth % schedule.nth_weekdays.size();
    for (const int day : members(schedule.nth_weekdays[at], 0))
      words.push_back(std::string(which[at]) + " " + std::string(weekday_name(day)));
  }
  for (const int one : members(schedule.working_days, 1)) words.push_back(ordinal(one) + " weekday");
  if (schedule.working_days.test(0)) words.emplace_back("last weekday");
  return words;
}

std::string weekdays_in_words(const Schedule& schedule) {
  const auto weekdays = members(schedule.weekdays, 0);
  if (weekdays == std::vector{1, 2, 3, 4, 5}) return " on weekdays";
  if (weekdays == std::vector{0, 6}) return " on weekends";
  if (weekdays.size() == 7 && schedule.week_step == 1) return {};
  return " on " + each_listed(weekdays, [](int one) { return weekday_name(one); });
}

std::string days_in_words(const Schedule& schedule) {
  std::string words;
  if (schedule.day_step > 1) words += " " + every(schedule.day_step, "day");
  if (schedule.week_step > 1) words += " " + every(schedule.week_step, "week");
  words += weekdays_in_words(schedule);
  const auto named = days_of_month(schedule);
  if (members(schedule.days, 1).size() < 31) words += " on the " + listed(named) + " of the month";
  return words;
}

std::string months_in_words(const Schedule& schedule) {
  const auto months = members(schedule.months, 1);
  return months.size() == 12 ? "" : " in " + each_listed(months, month_name);
}

std::string beginning_in_words(const Schedule& schedule) {
  if (!schedule.not_before) return {};
  const std::chrono::year_month_day from(schedule.from);
  return " from " + std::to_string(static_cast<int>(from.year())) + "-" +
         two_digits(static_cast<int>(static_cast<unsigned>(from.month()))) + "-" +
         two_digits(static_cast<int>(static_cast<unsigned>(from.day())));
}

}  // namespace

std::string in_words(const Schedule& schedule) {
  const std::string days = days_in_words(schedule);
  const std::string times = times_in_words(schedule);
  const bool daily = days.empty() && times.starts_with("at ") && !times.ends_with("hour");
  return times + (daily ? " every day" : days) + months_in_words(schedule) + beginning_in_words(schedule);
}

}  // namespace millrace
