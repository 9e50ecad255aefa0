#include "schedule/interval.hpp"

#include <vector>

#include "schedule/reading.hpp"

namespace millrace {
namespace {

constexpr int day = Schedule::minutes_a_day;

std::size_t at(int minute) { return static_cast<std::size_t>(minute % day); }

/// Where the times lie equally far apart but for one gap, the one behind it; 0 where there is no such gap; nothing
/// where there are more.
std::optional<std::size_t> behind_gap(const std::vector<int>& times, int step) {
  std::optional<std::size_t> found;
  for (std::size_t next = 0; next < times.size(); ++next) {
    const int before = next == 0 ? times.back() - day : times[next - 1];
    if (times[next] - before == step) continue;
    if (found) return std::nullopt;
    found = next;
  }
  return found.value_or(0);
}

}  // namespace

std::optional<std::string> Interval::place(Schedule& schedule) const {
  const int step = count * unit;
  const int whole = unit == 1 ? 60 : day;
  const bool possible = count >= 1 && count <= day / unit;
  if (!possible || (!window && (step > whole || whole % step != 0)))
    return "every " + std::to_string(count) +
           (unit == 1 ? " minutes does not come out even: choose 1, 2, 3, 4, 5, 6, 10, 12, 15, 20 or 30 minutes"
                      : " hours does not come out even: choose 1, 2, 3, 4, 6, 8 or 12 hours");
  const int first = window ? window->first : past_hour;
  int last = window ? window->last : day - 1;
  if (last < first) last += day;
  for (int minute = first; minute <= last; minute += step) schedule.times.set(at(minute));
  schedule.interval = true;
  return std::nullopt;
}

std::optional<Interval> Interval::of(const Schedule& schedule) {
  const std::vector<int> times = members(schedule.times, 0);
  if (!schedule.interval || times.size() < 3) return std::nullopt;
  const bool late_gap = times[1] - times[0] != times[2] - times[1];
  const int step = late_gap ? times[0] + day - times.back() : times[1] - times[0];
  const auto first = behind_gap(times, step);
  if (!first) return std::nullopt;
  const int unit = step % 60 == 0 ? 60 : 1;
  Interval found{step / unit, unit, std::nullopt, 0};
  const bool whole_day = static_cast<int>(times.size()) * step == day;
  if (!whole_day) {
    found.window = Window{times[*first], times[(*first + times.size() - 1) % times.size()]};
  } else if (times[0] != 0) {
    if (unit == 1) return std::nullopt;
    found.past_hour = times[0];
  }
  return found.past_hour < 60 ? std::optional(found) : std::nullopt;
}

std::string Interval::in_words() const {
  const std::string one = unit == 1 ? "minute" : "hour";
  std::string words = "every " + (count == 1 ? one : std::to_string(count) + " " + one + "s");
  if (window) words += " from " + clock_text(window->first) + " to " + clock_text(window->last);
  if (past_hour != 0) words += " at " + clock_text(past_hour).substr(2);
  return words;
}

}  // namespace millrace
