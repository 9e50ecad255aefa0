#include "schedule/preview.hpp"

#include <algorithm>
#include <set>

#include "schedule/clock_change.hpp"
#include "schedule/reading.hpp"

namespace millrace {

namespace {

constexpr std::int64_t day_seconds = 86'400;
constexpr std::size_t shown_of_a_change = 4;

std::vector<ClockChange> changes_of(const std::string& zone, std::int64_t from, std::int64_t until) {
  std::vector<ClockChange> found;
  for (std::int64_t second = from; second < until; second += day_seconds) {
    if (const auto change = clock_change(second, second + day_seconds, zone)) found.push_back(*change);
  }
  return found;
}

std::string clock(std::int64_t civil_second) {
  return clock_text(static_cast<int>((civil_second % day_seconds + day_seconds) % day_seconds / 60));
}

/// The day of the civil time shown at the change.
std::int64_t day_of(const ClockChange& change) { return (change.at.seconds + change.after) / day_seconds; }

bool on_the_day(const ClockChange& change, Timestamp slot, const std::string& zone) {
  return (slot.seconds + offset_at(slot.seconds, zone)) / day_seconds == day_of(change);
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
  if (schedule.interval) {
    const bool again = slot >= change.at && slot.seconds < change.at.seconds + change.before - change.after;
    return again ? "clocks go back: " + clock(slot.seconds + change.after) + " comes a second time, runs again" : "";
  }
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
  const auto around = calendar.between({std::max(change.at.seconds - 2 * day_seconds, from.seconds), 0},
                                       {change.at.seconds + 2 * day_seconds, 0}, 10'000);
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

}  // namespace

std::vector<PreviewSlot> preview(const Calendar& calendar, Timestamp from, std::size_t count) {
  const std::int64_t year_end = from.seconds + 366 * day_seconds;
  const auto next = calendar.between(from, {year_end + 8 * 366 * day_seconds, 0}, count);
  const std::int64_t last = next.empty() ? year_end : std::max(year_end, next.back().seconds);
  const auto changes = changes_of(calendar.zone(), from.seconds - 2 * day_seconds, last + 2 * day_seconds);
  std::set<Timestamp> slots(next.begin(), next.end());
  for (const ClockChange& change : changes) {
    if (change.at > from && change.at.seconds <= year_end) add_slots_of(change, calendar, from, slots);
  }
  std::vector<PreviewSlot> shown;
  for (const Timestamp slot : slots) {
    const auto civil = civil_time(slot, calendar.zone());
    if (slot <= from || !civil) continue;
    shown.push_back({slot, render_in(calendar.zone(), slot), *civil, note_of(changes, slot, calendar)});
  }
  return shown;
}

}  // namespace millrace
