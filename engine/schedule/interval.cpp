#include "schedule/interval.hpp"

#include <algorithm>
#include <vector>

#include "schedule/reading.hpp"

namespace millrace {
namespace {

constexpr int day = Schedule::minutes_a_day;

std::size_t at(int minute) { return static_cast<std::size_t>(minute % day); }

}  // namespace

std::optional<std::string> Interval::place(Schedule& schedule) const {
  const int step = count * unit;
  const int whole = unit == 1 ? 60 : day;
  const bool possible = count >= 1 && count <= day / unit;
  if (!possible || (!window && (step > whole || whole % step != 0)))
    return "every " + std::to_string(count) +
           (unit == 1 ? " minutes does not come out even: choose 1, 2, 3, 4, 5, 6, 10, 12, 15, 20 or 30 minutes"
                      : " hours does not come out even: choose 1, 2, 3, 4, 6, 8 or 12 hours");
  const int begin = window ? window->first : 0;
  const int first = past_hour ? begin + (*past_hour + 60 - begin % 60) % 60 : begin;
  int last = window ? window->last : day - 1;
  if (last < begin) last += day;
  if (first > last)
    return "no time at :" + two_digits(*past_hour) + " lies between " + clock_text(begin) + " and " +
           clock_text(last % day);
  int minute = first;
  for (; minute <= last; minute += step) schedule.times.set(at(minute));
  schedule.interval = true;
  schedule.night = std::max(minute - step + 1 - day, 0);
  return std::nullopt;
}

std::optional<Interval> Interval::of(const Schedule& schedule) {
  std::vector<int> times = members(schedule.times, 0);
  if (!schedule.interval || (schedule.night == 0 && times.size() < 3)) return std::nullopt;
  for (int& minute : times) minute += minute < schedule.night ? day : 0;
  std::sort(times.begin(), times.end());
  const int step = times.size() > 1 ? times[1] - times[0] : 60;
  for (std::size_t next = 1; next < times.size(); ++next) {
    if (times[next] - times[next - 1] != step) return std::nullopt;
  }
  const int unit = step % 60 == 0 ? 60 : 1;
  Interval found{step / unit, unit, std::nullopt, std::nullopt};
  const bool whole_day = schedule.night == 0 && static_cast<int>(times.size()) * step == day;
  if (!whole_day) found.window = Window{std::min(times.front(), day - 1), times.back() % day};
  const int late = whole_day ? times.front() : times.front() - day;  // behind the beginning of the night, too
  if (late >= (whole_day ? 1 : 0)) found.past_hour = late;
  return !found.past_hour || (unit == 60 && late < 60) ? std::optional(found) : std::nullopt;
}

std::string Interval::in_words() const {
  const std::string one = unit == 1 ? "minute" : "hour";
  std::string words = "every " + (count == 1 ? one : std::to_string(count) + " " + one + "s");
  if (window) words += " from " + clock_text(window->first) + " to " + clock_text(window->last);
  if (window && window->last < window->first) words += " the next day";
  if (past_hour) words += " at :" + two_digits(*past_hour);
  return words;
}

}  // namespace millrace
