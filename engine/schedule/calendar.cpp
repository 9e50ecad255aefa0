#include "schedule/calendar.hpp"

#include <algorithm>
#include <chrono>
#include <deque>

#include "base/fnv.hpp"
#include "schedule/clock_change.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

constexpr int longest_search = 41 * 366;  // days: a fifth Monday in February may stay away for forty years
constexpr std::size_t most_caught_up = 100;
constexpr std::int64_t clock_was_wrong = 3600;      // seconds
constexpr std::int64_t longest_repeat = 25 * 3600;  // seconds: a zone once repeated a whole day

CivilTime civil_at(std::int64_t civil_second) {
  const auto civil = civil_time({civil_second, 0}, "UTC");
  return civil ? *civil : CivilTime{};
}

/// The civil times of a schedule in order, as if no clock ever changed. Days are looked at one by one, or a month at a
/// time; minutes only on days that match. A day ends with the night that begins on it.
class CivilSlots {
 public:
  /// Begins behind the minute of `local`.
  CivilSlots(const Schedule& schedule, const CivilTime& local)
      : schedule_(schedule),
        day_(std::chrono::year(static_cast<int>(local.year)) / local.month / local.day),
        minute_(local.hour * 60 + local.minute + 1) {
    if (minute_ >= schedule.night) return;
    day_ -= std::chrono::days(1);
    minute_ += Schedule::minutes_a_day;
  }

  std::optional<CivilTime> next() {
    for (int days = 0; days < longest_search; ++days) {
      const std::chrono::year_month_day date(day_);
      if (!schedule_.months.test(static_cast<unsigned>(date.month()))) {
        const std::chrono::sys_days last = date.year() / date.month() / std::chrono::last;
        days += static_cast<int>((last - day_).count());
        day_ = last;
      } else if (schedule_.on_day(day_)) {
        for (; minute_ < Schedule::minutes_a_day + schedule_.night; ++minute_) {
          if (schedule_.times.test(static_cast<std::size_t>(minute_ % Schedule::minutes_a_day))) return at(minute_++);
        }
      }
      minute_ = schedule_.night;
      day_ += std::chrono::days(1);
    }
    return std::nullopt;
  }

 private:
  CivilTime at(int minute) const {
    const std::chrono::year_month_day date(day_ + std::chrono::days(minute / Schedule::minutes_a_day));
    minute %= Schedule::minutes_a_day;
    CivilTime time;
    time.year = static_cast<int>(date.year());
    time.month = static_cast<int>(static_cast<unsigned>(date.month()));
    time.day = static_cast<int>(static_cast<unsigned>(date.day()));
    time.hour = minute / 60;
    time.minute = minute % 60;
    return time;
  }

  const Schedule& schedule_;
  std::chrono::sys_days day_;
  int minute_;  // of the day and its night; behind their end where they are done
};

/// The instants of a schedule after a time, each once.
class Slots {
 public:
  Slots(const Schedule& schedule, const std::string& zone, Timestamp after)
      : schedule_(schedule), zone_(zone), last_(after), looked_at_(after.seconds) {
    // What the clocks repeat fires at the first of the two, so a slot at or before the civil time has come already. An
    // interval fires at both: it is looked at from before the change on, that it is seen.
    if (schedule.interval && clock_change(after.seconds - longest_repeat, after.seconds, zone))
      looked_at_ -= longest_repeat;
    if (const auto local = civil_time({looked_at_, 0}, zone)) civil_.emplace(schedule, *local);
  }

  std::optional<Timestamp> next() {
    while (civil_) {
      if (ahead_.empty()) look_ahead();
      if (ahead_.empty()) return std::nullopt;
      const Timestamp slot = ahead_.front();
      ahead_.pop_front();
      if (slot <= last_) continue;  // it has come already, or is one of several in a gap
      return last_ = slot;
    }
    return std::nullopt;
  }

 private:
  /// The next civil time's instant, the first of two; before it what the clocks repeat until then.
  void look_ahead() {
    const auto civil = civil_->next();
    const auto slot = civil ? instant(*civil, zone_) : Result<Timestamp>(Error{});
    if (!slot) return;
    const auto change = schedule_.interval ? clock_change(looked_at_, slot->seconds, zone_) : std::nullopt;
    if (change) repeat(*change);
    looked_at_ = std::max(looked_at_, slot->seconds);
    ahead_.push_back(*slot);
  }

  void repeat(const ClockChange& change) {
    if (change.after > change.before) return;
    CivilSlots again(schedule_, civil_at(change.first() - 60));
    for (auto civil = again.next(); civil && civil_seconds(*civil) < change.end(); civil = again.next())
      ahead_.push_back({civil_seconds(*civil) - change.after, 0});
  }

  const Schedule& schedule_;
  const std::string& zone_;
  std::optional<CivilSlots> civil_;
  Timestamp last_;
  std::int64_t looked_at_;       // up to here the clocks' changes are known
  std::deque<Timestamp> ahead_;  // found already
};

Timestamp earlier(Timestamp time, Duration by) {
  const auto moved = add(time, -by);
  return moved ? *moved : time;
}

Timestamp later(Timestamp time, Duration by) { return earlier(time, -by); }

void keep_newest(std::deque<Timestamp>& slots, Timestamp slot) {
  slots.push_back(slot);
  if (slots.size() > 2 * most_caught_up) slots.pop_front();
}

}  // namespace

std::optional<Timestamp> Calendar::after(Timestamp time) const { return Slots(schedule_, zone_, time).next(); }

std::vector<Timestamp> Calendar::between(Timestamp from, Timestamp until, std::size_t limit) const {
  std::vector<Timestamp> found;
  Slots slots(schedule_, zone_, from);
  while (found.size() < limit) {
    const auto slot = slots.next();
    if (!slot || *slot > until) break;
    found.push_back(*slot);
  }
  return found;
}

Duration ScheduleTrigger::delay_of(const std::string& workflow) const {
  const auto seconds = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(spread).count());
  if (spread <= Duration::zero() || seconds == 0) return {};
  std::uint64_t hash = fnv1a(workflow);
  hash ^= hash >> 32U;
  return std::chrono::seconds(static_cast<std::int64_t>(hash % seconds));
}

DueSlots due_slots(const ScheduleTrigger& trigger, const std::string& workflow, Timestamp seen, Timestamp now,
                   Duration tolerance) {
  const Duration delay = trigger.delay_of(workflow);
  const Timestamp ripe = earlier(now, delay);  // slots up to here have had their delay
  if (seen.seconds > now.seconds + clock_was_wrong) seen = now;
  const Timestamp in_time = earlier(ripe, tolerance);  // slots before were missed
  std::deque<Timestamp> missed;
  DueSlots due;
  Slots slots(trigger.calendar.schedule(), trigger.calendar.zone(), seen);
  auto slot = slots.next();
  for (; slot && *slot <= ripe; slot = slots.next()) {
    if (*slot < in_time) {
      keep_newest(missed, *slot);
    } else {
      due.run.push_back(*slot);
    }
  }
  std::size_t caught_up = 0;
  switch (trigger.if_missed) {
    case ScheduleTrigger::IfMissed::skip:
      break;
    case ScheduleTrigger::IfMissed::run_once:
      caught_up = due.run.empty() && !missed.empty() ? 1 : 0;
      break;
    case ScheduleTrigger::IfMissed::run_all:
      caught_up = std::min(missed.size(), most_caught_up);
      break;
  }
  const auto first_run = missed.end() - static_cast<std::ptrdiff_t>(caught_up);
  due.run.insert(due.run.begin(), first_run, missed.end());
  const auto left_out = std::min<std::ptrdiff_t>(first_run - missed.begin(), most_caught_up);
  due.skipped.assign(first_run - left_out, first_run);
  due.seen = std::max(seen, ripe);
  if (slot) due.next = later(*slot, delay);
  return due;
}

}  // namespace millrace
