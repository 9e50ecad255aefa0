#include "schedule/month_days.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/text.hpp"
#include "schedule/reading.hpp"
#include "value/time.hpp"

namespace millrace {
namespace {

bool counted_from_beginning(const Schedule& made) {
  return made.days.any() || (made.working_days >> 1).any() ||
         std::any_of(made.nth_weekdays.begin() + 1, made.nth_weekdays.end(), [](const auto& nth) { return nth.any(); });
}

bool counted_from_end(const Schedule& made) {
  return made.days_from_end.any() || made.nth_weekdays[0].any() || made.working_days.test(0);
}

std::bitset<13> months_from(std::chrono::month first, int step) {
  std::bitset<13> found;
  for (int later = 0; later < 12; later += step) found.set(static_cast<unsigned>(first + std::chrono::months(later)));
  return found;
}

std::string named(const std::bitset<13>& months) {
  std::vector<std::string> names;
  for (const int month : members(months, 1)) names.emplace_back(month_name(month));
  return "\"of " + lower(join(names, " and ")) + "\"";
}

}  // namespace

std::variant<std::bitset<13>, std::string> every_so_many(int months, const Schedule& made, bool counted) {
  const std::chrono::month first = std::chrono::year_month_day(made.from).month();
  const std::bitset<13> begin = months_from(first, months);
  if (months == 1 || !counted || !counted_from_end(made)) return begin;
  if (counted_from_beginning(made))
    return "of every " + std::to_string(months) +
           " months the first days are in the first one, the last days in the last one: make two triggers of it";
  const std::bitset<13> end = months_from(first + std::chrono::months(months - 1), months);
  if (!made.not_before) return end;
  if (made.on_day(made.from)) return begin;
  return "such days may be those of the month of the beginning or those at the end of " + std::to_string(months) +
         " months from there: name the months, " + named(begin) + " or " + named(end);
}

bool MonthDays::read() {
  do {
    if (!(are_several() ? several() : single())) return false;
    join();
  } while (words_.counts());
  return true;
}

/// What is behind "and" has to be one of the days: "9 and 17:00" and "the 1st and monday" are not understood.
void MonthDays::join() {
  if (words_.ahead(0) != "and") return;
  const std::size_t next = words_.ahead(1) == "the" ? 2 : 1;
  if (words_.counts(next)) words_.skip(next);
}

/// "first 3 days", but not "first day": the number is how many they are, and not one of them.
bool MonthDays::are_several() const {
  const std::string_view which = words_.ahead(0);
  return (which == "first" || which == "1st" || which == "last") && whole_number(words_.ahead(1));
}

bool MonthDays::several() {
  const bool last = words_.word() == "last";
  const int count = *whole_number(words_.ahead(1));
  words_.skip(2);
  const std::string unit(words_.ahead(0));
  const bool working = unit == "weekday" || unit == "weekdays";
  const auto weekday = weekday_in(unit);
  const int most = weekday ? 5 : working ? 23 : unit == "day" || unit == "days" ? 31 : 0;
  if (count < 1 || count > most) return false;
  words_.skip(1);
  if (last && count > 1 && (weekday || working))
    return fail("of such days only the last one of a month is counted from its end: \"last friday\"");
  for (int one = 1; one <= count; ++one) {
    if (last && !weekday && !working) {
      made_.days_from_end.set(static_cast<std::size_t>(one - 1));
    } else {
      add(last ? 0 : one, weekday, working);
    }
  }
  return true;
}

bool MonthDays::single() {
  std::vector<int> numbers;  // 0: the last
  std::vector<int> from_end;
  bool day_said = false;
  while (words_.counts() && !are_several() && !day_said) {
    const std::string_view unit = words_.ahead(1);
    if (whole_number(words_.word()) && (unit == "last" || unit.ends_with("days"))) {
      const std::string meant =
          unit == "last" ? "last " + words_.word() + " days" : "first " + words_.word() + " " + std::string(unit);
      return fail("\"" + words_.word() + " " + std::string(unit) + "\" does not say which days: \"" + meant + "\"");
    }
    const auto number = ordinal_in(words_.word());
    words_.skip(1);
    if (number && words_.take("last")) {
      from_end.push_back(*number - 1);
    } else {
      numbers.push_back(number.value_or(0));
    }
    day_said = words_.take_any({"day", "days"});
    join();
  }
  return place(numbers, from_end, day_said);
}

bool MonthDays::place(const std::vector<int>& numbers, const std::vector<int>& from_end, bool day_said) {
  const std::string unit(day_said ? std::string_view() : words_.ahead(0));
  const bool working = words_.ahead(0) == "weekday" || words_.ahead(0) == "weekdays";
  const auto weekday = weekday_in(unit);
  if (!from_end.empty() && (working || weekday)) return false;
  if (working || weekday) words_.skip(1);
  for (const int number : numbers) {
    const std::string day = number > 0 ? ordinal(number) : "last";
    const std::string beside = numbers.size() > 1 ? "; a day of the month beside it is \"the " + day + " day\"" : "";
    if (weekday && number > 5) return fail("a month has a first to a fifth " + unit + beside);
    if ((weekday || working) && std::count(numbers.begin(), numbers.end(), number) > 1)
      return fail("this is the same " + unit + " of the month twice" + beside);
    if (working && number > 23) return false;
    add(number, weekday, working);
  }
  for (const int back : from_end) made_.days_from_end.set(static_cast<std::size_t>(back));
  return true;
}

/// 0: the last.
void MonthDays::add(int number, std::optional<int> weekday, bool working) {
  const auto at = static_cast<std::size_t>(number);
  if (weekday) {
    made_.nth_weekdays[at].set(static_cast<std::size_t>(*weekday));
  } else if (working) {
    made_.working_days.set(at);
  } else if (number == 0) {
    made_.days_from_end.set(0);
  } else {
    made_.days.set(at);
  }
}

bool MonthDays::fail(std::string problem) {
  problem_ = std::move(problem);
  return false;
}

}  // namespace millrace
