#include "trigger/preview.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace millrace {

namespace {

constexpr std::int64_t day = 86'400;
constexpr std::size_t shown_of_a_change = 4;

/// From `at` on, the zone's clocks are so many seconds east of UTC.
struct ClockChange {
  Timestamp at;
  std::int64_t before, after;
  std::int64_t first() const { return at.seconds + std::min(before, after); }  // of the skipped or repeated civil times
  std::int64_t end() const { return at.seconds + std::max(before, after); }
};

/// A civil time as seconds since 1970, as if it were UTC.
std::int64_t civil_seconds(const CivilTime& civil) {
  const auto as_utc = instant(civil, "UTC");
  return as_utc ? as_utc->seconds : 0;
}

std::int64_t offset_at(std::int64_t second, const std::string& zone) {
  const auto civil = civil_time({second, 0}, zone);
  return civil ? civil_seconds(*civil) - second : 0;
}

std::vector<ClockChange> changes_of(const std::string& zone, std::int64_t from, std::int64_t until) {
  std::vector<ClockChange> found;
  for (std::int64_t second = from; second < until; second += day) {
    std::int64_t low = second;
    std::int64_t high = second + day;
    const std::int64_t before = offset_at(low, zone);
    if (offset_at(high, zone) == before) continue;
    while (high - low > 1) {
      const std::int64_t middle = (low + high) / 2;
      (offset_at(middle, zone) == before ? low : high) = middle;
    }
    found.push_back({{high, 0}, before, offset_at(high, zone)});
  }
  return found;
}

std::string two_digits(int number) { return (number < 10 ? "0" : "") + std::to_string(number); }

std::string clock(std::int64_t civil_second) {
  const std::int64_t minutes = (civil_second % day + day) % day / 60;
  return two_digits(static_cast<int>(minutes / 60)) + ":" + two_digits(static_cast<int>(minutes % 60));
}

std::string offset_text(std::int64_t seconds) {
  const std::int64_t minutes = std::abs(seconds) / 60;
  return (seconds < 0 ? "-" : "+") + two_digits(static_cast<int>(minutes / 60)) + ":" +
         two_digits(static_cast<int>(minutes % 60));
}

/// The day of the civil time shown at the change.
std::int64_t day_of(const ClockChange& change) { return (change.at.seconds + change.after) / day; }

bool on_the_day(const ClockChange& change, Timestamp slot, const std::string& zone) {
  return (slot.seconds + offset_at(slot.seconds, zone)) / day == day_of(change);
}

/// What the change does to this very slot, or nothing.
std::string effect_of(const ClockChange& change, Timestamp slot, const Schedule& schedule) {
  if (change.after > change.before) {
    if (slot != change.at) return {};
    const auto skipped = Calendar(schedule, "UTC").between({change.first() - 1, 0}, {change.end() - 1, 0}, 1000);
    if (skipped.empty()) return {};
    const bool one = skipped.size() == 1;
    const std::string which = clock(skipped.front().seconds) + (one ? "" : " to " + clock(skipped.back().seconds));
    return "clocks go forward: " + which + (one ? " does not exist, runs at " : " do not exist, run once at ") +
           clock(change.at.seconds + change.after);
  }
  const std::int64_t civil = slot.seconds + change.before;
  if (slot >= change.at || civil < change.first() || civil >= change.end()) return {};
  return "clocks go back: " + clock(civil) + " comes twice, runs the first time only";
}

std::string note_of(const std::vector<ClockChange>& changes, Timestamp slot, const Calendar& calendar) {
  for (const ClockChange& change : changes) {
    std::string effect = effect_of(change, slot, calendar.schedule());
    if (!effect.empty()) return effect;
    if (on_the_day(change, slot, calendar.zone()))
      return change.after > change.before ? "clocks go forward on this day" : "clocks go back on this day";
  }
  return {};
}

/// The slots of the day of a change that show what it does; its first slot where it touches none.
void add_slots_of(const ClockChange& change, const Calendar& calendar, Timestamp from, std::set<Timestamp>& slots) {
  const auto around = calendar.between({std::max(change.at.seconds - 2 * day, from.seconds), 0},
                                       {change.at.seconds + 2 * day, 0}, 10'000);
  std::size_t touched = 0;
  for (const Timestamp slot : around) {
    if (touched == shown_of_a_change) break;
    if (effect_of(change, slot, calendar.schedule()).empty()) continue;
    slots.insert(slot);
    ++touched;
  }
  const auto first = std::find_if(around.begin(), around.end(),
                                  [&](Timestamp slot) { return on_the_day(change, slot, calendar.zone()); });
  if (touched == 0 && first != around.end()) slots.insert(*first);
}

template <std::size_t N>
std::vector<int> members(const std::bitset<N>& set, int first) {
  std::vector<int> found;
  for (std::size_t at = static_cast<std::size_t>(first); at < N; ++at) {
    if (set.test(at)) found.push_back(static_cast<int>(at));
  }
  return found;
}

/// "a, b and c"
std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i)
    text += (i == 0 ? "" : i + 1 == words.size() ? " and " : ", ") + words[i];
  return text;
}

template <class Word>
std::string listed(const std::vector<int>& numbers, Word word) {
  std::vector<std::string> words;
  for (const int number : numbers) words.push_back(word(number));
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

std::string ordinal(int number) {
  const int last = number % 10;
  const bool teen = number / 10 == 1;
  return std::to_string(number) + (teen ? "th" : last == 1 ? "st" : last == 2 ? "nd" : last == 3 ? "rd" : "th");
}

std::string every(int count, const char* unit) {
  return "every " + (count == 1 ? std::string(unit) : std::to_string(count) + " " + unit + "s");
}

std::string times_in_words(const Schedule& schedule) {
  const auto minutes = members(schedule.minutes, 0);
  const auto hours = members(schedule.hours, 0);
  const int minute_step = step_of(minutes, 60);
  if (hours.size() == 24 && minute_step > 0) return minute_step == 60 ? "every hour" : every(minute_step, "minute");
  const int hour_step = step_of(hours, 24);
  if (minutes == std::vector{0} && hour_step > 1 && hour_step < 24) return every(hour_step, "hour");
  if (minutes.size() * hours.size() <= 8) {
    std::vector<std::string> words;
    for (const int hour : hours) {
      for (const int minute : minutes) words.push_back(two_digits(hour) + ":" + two_digits(minute));
    }
    return "at " + listed(words);
  }
  const auto number = [](int one) { return std::to_string(one); };
  const std::string when =
      minute_step > 0 && minute_step < 60 ? every(minute_step, "minute") : "at minute " + listed(minutes, number);
  if (hours.size() == 24) return when + " of every hour";
  return when + " of the hours " + listed(hours, number);
}

std::string days_in_words(const Schedule& schedule) {
  const auto weekdays = members(schedule.weekdays, 0);
  const auto days = members(schedule.days, 1);
  if (weekdays == std::vector{1, 2, 3, 4, 5}) return " on weekdays";
  if (weekdays == std::vector{0, 6}) return " on weekends";
  if (weekdays.size() < 7) return " on " + listed(weekdays, [](int one) { return weekday_name(one); });
  if (days.size() == 31) return {};
  std::vector<std::string> words;
  for (const int one : days) words.push_back(ordinal(one));
  if (schedule.last_day) words.emplace_back("last day");
  return " on the " + listed(words) + " of the month";
}

std::string months_in_words(const Schedule& schedule) {
  static constexpr std::array<const char*, 13> names = {"",        "January",  "February", "March",  "April",
                                                        "May",     "June",     "July",     "August", "September",
                                                        "October", "November", "December"};
  const auto months = members(schedule.months, 1);
  if (months.size() == 12) return {};
  return " in " + listed(months, [](int one) { return std::string(names[static_cast<std::size_t>(one)]); });
}

}  // namespace

std::vector<PreviewSlot> preview(const Calendar& calendar, Timestamp from, std::size_t count) {
  const std::int64_t year_end = from.seconds + 366 * day;
  const auto next = calendar.between(from, {year_end + 8 * 366 * day, 0}, count);
  const std::int64_t last = next.empty() ? year_end : std::max(year_end, next.back().seconds);
  const auto changes = changes_of(calendar.zone(), from.seconds - 2 * day, last + 2 * day);
  std::set<Timestamp> slots(next.begin(), next.end());
  for (const ClockChange& change : changes) {
    if (change.at > from && change.at.seconds <= year_end) add_slots_of(change, calendar, from, slots);
  }
  std::vector<PreviewSlot> shown;
  for (const Timestamp slot : slots) {
    const auto civil = civil_time(slot, calendar.zone());
    if (slot <= from || !civil) continue;
    const std::int64_t offset = civil_seconds(*civil) - slot.seconds;
    std::string local = render(Timestamp{slot.seconds + offset, 0});
    local.replace(local.size() - 1, 1, offset_text(offset));
    shown.push_back({slot, std::move(local), *civil, note_of(changes, slot, calendar)});
  }
  return shown;
}

std::string in_words(const Schedule& schedule) {
  const std::string days = days_in_words(schedule);
  const std::string times = times_in_words(schedule);
  const bool daily = days.empty() && times.starts_with("at ") && !times.ends_with("hour");
  return times + (daily ? " every day" : days) + months_in_words(schedule);
}

std::string weekday_name(int weekday) {
  static constexpr std::array<const char*, 7> names = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                       "Thursday", "Friday", "Saturday"};
  return names[static_cast<std::size_t>(weekday)];
}

}  // namespace millrace
