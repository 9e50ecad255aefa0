#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "schedule/calendar.hpp"
#include "schedule/schedule_bench.hpp"
#include "value/time.hpp"

using namespace millrace;

namespace {

/// The offsets of a zone from 2020 to 2041 as the C library has them, found by asking it and nothing of ours: from each
/// of these seconds on, so many seconds east of UTC.
struct Offsets {
  std::vector<std::pair<std::int64_t, long>> from;
  bool operator<(const Offsets& other) const { return from < other.from; }
};

constexpr std::int64_t begin_second = 1'577'664'000;  // 2019-12-30
constexpr std::int64_t first_second = 1'577'836'800;  // 2020-01-01
constexpr std::int64_t last_second = 2'240'524'800;   // 2041-01-01

long offset_at(std::int64_t second) {
  const auto time = static_cast<std::time_t>(second);
  std::tm local = {};
  localtime_r(&time, &local);
  return local.tm_gmtoff;
}

Offsets offsets_of(const std::string& zone) {
  setenv("TZ", (":" + zone).c_str(), 1);
  tzset();
  Offsets found;
  found.from.emplace_back(begin_second, offset_at(begin_second));
  constexpr std::int64_t step = 24 * 3600;  // two changes within a day that cancel out do not exist
  for (std::int64_t second = begin_second; second < last_second + 3 * step; second += step) {
    std::int64_t low = second;
    std::int64_t high = second + step;
    const long before = offset_at(low);
    if (offset_at(high) == before) continue;
    while (high - low > 1) {
      const std::int64_t middle = (low + high) / 2;
      (offset_at(middle) == before ? low : high) = middle;
    }
    found.from.emplace_back(high, offset_at(high));
  }
  return found;
}

/// A civil time as seconds since 1970 where every day has 24 hours, and its parts.
struct Civil {
  std::int64_t second;
  int year, month, day, weekday, hour, minute;
  bool last_day;
};

/// Days to dates by stepping through the calendar, one day after the other.
class Days {
 public:
  bool last() const { return day_ == length(); }
  void step() {
    ++number_;
    if (!last()) {
      ++day_;
      return;
    }
    day_ = 1;
    month_ = month_ == 12 ? 1 : month_ + 1;
    if (month_ == 1) ++year_;
  }
  Civil at(int minute) const {
    return {number_ * 86'400 + minute * 60,      year_,       month_,      day_,
            static_cast<int>((number_ + 4) % 7), minute / 60, minute % 60, day_ == length()};
  }

 private:
  int length() const {
    if (month_ == 2) return year_ % 4 == 0 ? 29 : 28;  // 2020 to 2041
    return month_ == 4 || month_ == 6 || month_ == 9 || month_ == 11 ? 30 : 31;
  }
  int year_ = 2019, month_ = 12, day_ = 30;
  std::int64_t number_ = begin_second / 86'400;
};

/// P8 for one civil time, by the list of offsets: each stretch of one offset shows the civil times from its begin to
/// its end. The first stretch that shows this one decides; if none does, the clocks jumped over it, at the first
/// stretch that begins behind it.
class Instants {
 public:
  explicit Instants(const Offsets& offsets) : offsets_(offsets) {}

  std::int64_t of(std::int64_t civil) {
    const auto& from = offsets_.from;
    while (at_ + 1 < from.size() && civil >= from[at_ + 1].first + from[at_].second &&
           civil >= from[at_ + 1].first + from[at_ + 1].second)
      ++at_;
    // Here the civil time lies in stretch `at_`, in the gap behind it, or in an earlier stretch that repeats.
    if (civil < from[at_].first + from[at_].second) return from[at_].first;
    if (at_ + 1 < from.size() && civil >= from[at_ + 1].first + from[at_].second) return from[at_ + 1].first;
    return civil - from[at_].second;
  }

 private:
  const Offsets& offsets_;
  std::size_t at_ = 0;
};

struct Expected {
  std::string sentence;
  bool (*fires)(const Civil&);
  bool dense = false;  ///< an interval: fires so often that only the days around a clock change are looked at
};

const std::vector<Expected>& schedules() {
  static const std::vector<Expected> all = {
      {"every day at 02:30", [](const Civil& at) { return at.hour == 2 && at.minute == 30; }},
      {"every day", [](const Civil& at) { return at.hour == 0 && at.minute == 0; }},
      {"every hour", [](const Civil& at) { return at.minute == 0; }, true},
      {"every 15 minutes", [](const Civil& at) { return at.minute % 15 == 0; }, true},
      {"every 2 hours", [](const Civil& at) { return at.minute == 0 && at.hour % 2 == 0; }, true},
      {"every monday at 00:00", [](const Civil& at) { return at.weekday == 1 && at.hour == 0 && at.minute == 0; }},
      {"on the last day of the month at 23:30",
       [](const Civil& at) { return at.last_day && at.hour == 23 && at.minute == 30; }},
  };
  return all;
}

/// The stretches of time in which a schedule is compared: after `first`, up to and with `second`.
std::vector<std::pair<std::int64_t, std::int64_t>> windows(const Offsets& offsets, const Expected& schedule) {
  if (!schedule.dense) return {{first_second, last_second}};
  std::vector<std::pair<std::int64_t, std::int64_t>> found = {{first_second, first_second + 7 * 86'400}};
  for (const auto& [second, offset] : offsets.from) {
    const std::int64_t begin = std::max(second - 2 * 86'400, found.back().second);
    const std::int64_t end = std::min(second + 2 * 86'400, last_second);
    if (begin < end) found.emplace_back(begin, end);
  }
  return found;
}

/// The civil times at which it fires, in order, which are the same in each zone.
const std::vector<Civil>& civil_times(const Expected& schedule) {
  static std::map<std::string, std::vector<Civil>> known;
  const auto [found, added] = known.try_emplace(schedule.sentence);
  if (!added) return found->second;
  for (Days days; days.at(0).second < last_second + 3 * 86'400; days.step()) {
    for (int minute = 0; minute < 24 * 60; minute += 15) {  // no schedule here fires at other minutes
      if (const Civil at = days.at(minute); schedule.fires(at)) found->second.push_back(at);
    }
  }
  return found->second;
}

/// The same for what goes on through an hour that comes twice: every civil time that any clock shows, and the end of a
/// gap in place of what is in it.
std::vector<Timestamp> expected_of_interval(const Offsets& offsets, const Expected& schedule) {
  std::vector<Timestamp> slots;
  const std::vector<Civil>& civil = civil_times(schedule);
  const auto first_at = [&](std::int64_t second) {
    return std::lower_bound(civil.begin(), civil.end(), second,
                            [](const Civil& one, std::int64_t wanted) { return one.second < wanted; });
  };
  for (std::size_t i = 0; i < offsets.from.size(); ++i) {
    const auto [begin, offset] = offsets.from[i];
    const bool last = i + 1 == offsets.from.size();
    const std::int64_t end = last ? last_second : offsets.from[i + 1].first;
    for (auto at = first_at(begin + offset); at != civil.end() && at->second < end + offset; ++at)
      slots.push_back({at->second - offset, 0});
    if (last) break;
    const auto skipped = first_at(end + offset);
    if (skipped != civil.end() && skipped->second < end + offsets.from[i + 1].second) slots.push_back({end, 0});
  }
  slots.erase(std::unique(slots.begin(), slots.end()), slots.end());
  std::vector<Timestamp> seen;
  for (const auto& [begin, end] : windows(offsets, schedule)) {
    const auto first = std::upper_bound(slots.begin(), slots.end(), Timestamp{begin, 0});
    seen.insert(seen.end(), first, std::upper_bound(first, slots.end(), Timestamp{end, 0}));
  }
  return seen;
}

std::vector<Timestamp> expected(const Offsets& offsets, const Expected& schedule) {
  if (schedule.dense) return expected_of_interval(offsets, schedule);
  std::vector<Timestamp> slots;
  Instants instants(offsets);
  std::int64_t last = 0;
  for (const Civil& civil : civil_times(schedule)) {
    const std::int64_t instant = instants.of(civil.second);
    if (instant <= last) continue;
    last = instant;
    if (instant > first_second && instant <= last_second) slots.push_back({instant, 0});
  }
  return slots;
}

}  // namespace

TEST_SUITE_BEGIN("schedule");

TEST_CASE("P8: every zone from 2020 to 2040 fires the slots that an independent computation finds") {
  const char* before = std::getenv("TZ");
  const std::optional<std::string> zone_before = before ? std::optional<std::string>(before) : std::nullopt;
  std::map<Offsets, std::string> tried;  // many names share their rules
  std::size_t names = 0;
  std::size_t fired = 0;
  for (const std::string& zone : zone_names()) {
    ++names;
    const Offsets offsets = offsets_of(zone);
    if (!tried.emplace(offsets, zone).second) continue;
    for (const Expected& schedule : schedules()) {
      const Calendar calendar(std::get<Schedule>(parse_schedule(schedule.sentence)), zone);
      std::vector<Timestamp> slots;
      for (const auto& [begin, end] : windows(offsets, schedule)) {
        const auto part = calendar.between({begin, 0}, {end, 0}, 10'000'000);
        slots.insert(slots.end(), part.begin(), part.end());
      }
      const auto right = expected(offsets, schedule);
      fired += slots.size();
      if (slots == right) continue;
      const auto [ours, theirs] = std::mismatch(slots.begin(), slots.end(), right.begin(), right.end());
      FAIL_CHECK(zone << ", " << schedule.sentence << ": " << (ours == slots.end() ? "nothing" : render(*ours))
                      << " instead of " << (theirs == right.end() ? "nothing" : render(*theirs)));
    }
  }
  if (zone_before) {
    setenv("TZ", zone_before->c_str(), 1);
  } else {
    unsetenv("TZ");
  }
  tzset();
  MESSAGE(names << " zones with " << tried.size() << " different rules fired " << fired << " slots");
  CHECK(names > 300);
  CHECK(tried.size() > 50);
}

TEST_SUITE_END();
