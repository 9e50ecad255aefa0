#include "trigger/calendar.hpp"

#include <algorithm>
#include <chrono>
#include <deque>

#include "value/time.hpp"

namespace millrace {

namespace {

constexpr int longest_search = 8 * 366;  // days: 29 February may stay away for eight years
constexpr std::size_t most_caught_up = 100;
constexpr std::int64_t clock_was_wrong = 3600;  // seconds

/// The civil times of a schedule in order, as if no clock ever changed. Days are looked at one by one, or a month at a
/// time; minutes only on days that match.
class CivilSlots {
 public:
  /// Begins behind the minute of `local`.
  CivilSlots(const Schedule& schedule, const CivilTime& local)
      : schedule_(schedule),
        day_(std::chrono::year(static_cast<int>(local.year)) / local.month / local.day),
        minute_(local.hour * 60 + local.minute + 1) {}

  std::optional<CivilTime> next() {
    for (int days = 0; days < longest_search; ++days) {
      const std::chrono::year_month_day date(day_);
      if (!matches(date)) {
        minute_ = 0;
        const std::chrono::sys_days tomorrow = day_ + std::chrono::days(1);
        const bool month = schedule_.months.test(static_cast<unsigned>(date.month()));
        const std::chrono::sys_days behind = (date.year() / date.month() / std::chrono::last);
        days += month ? 0 : static_cast<int>((behind - day_).count());
        day_ = month ? tomorrow : behind + std::chrono::days(1);
        continue;
      }
      for (; minute_ < 24 * 60; ++minute_) {
        const auto hour = static_cast<std::size_t>(minute_ / 60);
        if (!schedule_.hours.test(hour)) {
          minute_ = (minute_ / 60) * 60 + 59;
        } else if (schedule_.minutes.test(static_cast<std::size_t>(minute_ % 60))) {
          return at(date, minute_++);
        }
      }
      minute_ = 0;
      day_ += std::chrono::days(1);
    }
    return std::nullopt;
  }

 private:
  bool matches(const std::chrono::year_month_day& date) const {
    const auto day = static_cast<unsigned>(date.day());
    const bool last = schedule_.last_day && date == date.year() / date.month() / std::chrono::last;
    return schedule_.months.test(static_cast<unsigned>(date.month())) && (schedule_.days.test(day) || last) &&
           schedule_.weekdays.test(std::chrono::weekday(day_).c_encoding());
  }

  static CivilTime at(const std::chrono::year_month_day& date, int minute) {
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
  int minute_;  // of the day; behind its end where the day is done
};

/// The instants of a schedule after a time, each once.
class Slots {
 public:
  Slots(const Schedule& schedule, const std::string& zone, Timestamp after) : zone_(zone), last_(after) {
    // A slot at or before the civil time has come already: what the clocks repeat fires at the first of the two.
    if (const auto local = civil_time(after, zone)) civil_.emplace(schedule, *local);
  }

  std::optional<Timestamp> next() {
    while (civil_) {
      const auto civil = civil_->next();
      const auto slot = civil ? instant(*civil, zone_) : Result<Timestamp>(Error{});
      if (!slot) return std::nullopt;
      if (*slot <= last_) continue;  // the second pass of an hour, or one of several in a gap
      return last_ = *slot;
    }
    return std::nullopt;
  }

 private:
  const std::string& zone_;
  std::optional<CivilSlots> civil_;
  Timestamp last_;
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
  // FNV-1a: it has to be the same in every run of every build, and needs no secret.
  std::uint64_t hash = 14'695'981'039'346'656'037U;
  for (const char letter : workflow) hash = (hash ^ static_cast<unsigned char>(letter)) * 1'099'511'628'211U;
  hash ^= hash >> 32U;
  return std::chrono::seconds(static_cast<std::int64_t>(hash % seconds));
}

Result<ScheduleTrigger> schedule_of(const TriggerSpec& spec, const std::string& zone) {
  const bool cron = spec.kind == "cron";
  const auto read = cron ? parse_cron(spec.name) : parse_schedule(spec.name);
  if (const auto* problem = std::get_if<ScheduleError>(&read))
    return Error{.code = ErrorCode::invalid, .message = problem->message, .at = spec.at};
  std::string place = spec.settings.text_or("timezone", zone);
  if (place.empty()) place = "UTC";
  if (!known_zone(place)) {
    return Error{.code = ErrorCode::invalid,
                 .message = "the time zone \"" + place + "\" is not known on this system: its data may be missing",
                 .at = spec.at};
  }
  ScheduleTrigger trigger{.calendar = Calendar(std::get<Schedule>(read), std::move(place))};
  const std::string missed = spec.settings.text_or("if_missed", "run_once");
  trigger.if_missed = missed == "skip"      ? ScheduleTrigger::IfMissed::skip
                      : missed == "run_all" ? ScheduleTrigger::IfMissed::run_all
                                            : ScheduleTrigger::IfMissed::run_once;
  const Value* spread = spec.settings.find("spread");
  if (spread != nullptr && spread->is_text()) trigger.spread = TRY(parse_duration(spread->text()));
  return trigger;
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
