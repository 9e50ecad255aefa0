#include "service/timekeeper.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/log.hpp"
#include "service/records.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

/// The clock may be set while we sleep, so it is looked at this often at least.
constexpr Duration longest_sleep = std::chrono::seconds(1);

/// A clock that is off by more seconds than it was was set, and not merely corrected.
constexpr double clock_slack = 1;

/// How often it is written down how the clock goes.
constexpr Duration clock_interval = std::chrono::minutes(10);

std::string text_of(const ScheduleSource& source) {
  return source.listener.spec().kind + " " + source.listener.spec().name + " in " + source.schedule.calendar.zone();
}

/// Until `due`, as far as it is worth to look ahead.
Duration time_left(Timestamp now, Timestamp due) {
  const std::int64_t seconds = due.seconds - now.seconds;
  if (seconds > 10) return longest_sleep;
  if (seconds < -10) return Duration::zero();
  return std::max(Duration::zero(), Duration(seconds * 1'000'000'000 + (due.nanos - now.nanos)));
}

Value checkpoint_of(const std::string& schedule, Timestamp seen) {
  return Value::object({{"schedule", schedule}, {"seen", render(seen)}});
}

}  // namespace

Timekeeper::Timekeeper(ServiceWorld world, Dispatcher& dispatcher, const std::shared_ptr<Sources>& sources)
    : world_(world), dispatcher_(dispatcher), sources_(sources) {}

/// What lasted in an earlier life of the service goes on lasting, whatever the clock shows now: from where the clock
/// would be had nobody set it, and never from before the last that is known.
Task<Status> Timekeeper::recall_clock() {
  const auto kept = co_await world_.store.journal().read_state(engine_owner, clock_key);
  if (!kept) co_return kept.error();
  const Timestamp now = world_.clock.now();
  const auto shown = parse_timestamp(kept->text_or("shown")), lasting = parse_timestamp(kept->text_or("lasting"));
  Timestamp begun = now;
  if (shown && lasting) {
    const auto ahead = Duration(static_cast<std::int64_t>(seconds_between(*shown, *lasting) * 1e3) * 1'000'000);
    const auto unset = add(now, ahead);
    begun = std::max(unset ? *unset : now, *lasting);
  }
  world_.clock.last_on(begun);
  ahead_ = seconds_between(now, world_.clock.lasting());
  auto written = co_await keep_clock();
  co_return written;
}

Task<Status> Timekeeper::keep_clock() {
  clock_due_ = Deadline::in(clock_interval);
  Entry entry;
  entry.states.push_back(
      {engine_owner, clock_key,
       Value::object({{"shown", render(world_.clock.now())}, {"lasting", render(world_.clock.lasting())}})});
  const auto written = co_await dispatcher_.write(std::move(entry));
  if (!written) co_return written.error();
  co_return Done{};
}

/// Notices when somebody sets the clock.
Task<void> Timekeeper::watch_clock() {
  const double ahead = seconds_between(world_.clock.now(), world_.clock.lasting());
  const bool set = std::abs(ahead - ahead_) > clock_slack;
  if (!set && !clock_due_.reached()) co_return;
  if (set) {
    log(LogLevel::warning, "the clock was set " + std::string(ahead < ahead_ ? "forward" : "back") + " by " +
                               render(Duration(std::chrono::seconds(std::llround(std::abs(ahead - ahead_))))) +
                               ": waits that began as durations go on as if it had not been");
    ahead_ = ahead;
    dispatcher_.look_again();
  }
  const auto kept = co_await keep_clock();
  if (!kept) log(LogLevel::warning, "the clock could not be written down: " + kept.error().message);
}

Task<Status> Timekeeper::take_over() {
  const Timestamp now = world_.clock.now();
  const std::shared_ptr<Sources> sources = sources_;
  std::map<std::string, Checkpoint> kept;
  Entry entry;
  for (const ScheduleSource& source : sources->schedules()) {
    const std::string name = source.listener.name();
    const std::string schedule = text_of(source);
    const auto known = checkpoints_.find(name);
    if (known != checkpoints_.end() && known->second.schedule == schedule) {
      kept[name] = known->second;
      kept[name].next.reset();
      continue;
    }
    const std::string owner = "trigger:" + name;
    const std::string key = "schedule";
    const auto stored = co_await world_.store.journal().read_state(owner, key);
    if (!stored) co_return stored.error();
    const auto seen = parse_timestamp(stored->text_or("seen"));
    Checkpoint& checkpoint = kept[name];
    checkpoint.schedule = schedule;
    checkpoint.seen = now;
    if (seen && stored->text_or("schedule") == schedule) {
      checkpoint.seen = *seen;
      continue;
    }
    entry.states.push_back({owner, key, checkpoint_of(schedule, now)});
  }
  checkpoints_ = std::move(kept);
  if (!entry.states.empty()) {
    const auto written = co_await dispatcher_.write(std::move(entry));
    if (!written) co_return written.error();
  }
  look_again();
  co_return Done{};
}

Task<void> Timekeeper::run() {
  while (true) {
    const Timestamp now = world_.clock.now();
    co_await fire_due(now);
    co_await watch_clock();
    dispatcher_.wake_due(world_.clock.lasting());
    Duration sleep = longest_sleep;
    if (next_) sleep = std::min(sleep, time_left(now, *next_));
    const auto wake = dispatcher_.next_wake();
    if (wake) sleep = std::min(sleep, time_left(world_.clock.lasting(), *wake));
    if (std::exchange(refused_, false)) sleep = longest_sleep;  // it is still due, but the store may need a while
    const Deadline until = Deadline::in(sleep);
    const bool undisturbed = co_await news_.wait(until);
    if (!undisturbed) co_return;
  }
}

Task<void> Timekeeper::fire_due(Timestamp now) {
  const std::shared_ptr<Sources> sources = sources_;
  next_.reset();
  if (dispatcher_.brakes().restored) co_return;  // what is due stays so until it goes on, and counts as missed then
  for (const ScheduleSource& source : sources->schedules()) {
    const auto found = checkpoints_.find(source.listener.name());
    if (found == checkpoints_.end()) continue;
    const Checkpoint checkpoint = found->second;
    std::optional<Timestamp> next = checkpoint.next;
    if (!checkpoint.next || *checkpoint.next <= now || now < checkpoint.seen) {
      DueSlots due = due_slots(source.schedule, source.listener.workflow(), checkpoint.seen, now);
      next = found->second.next = due.next;
      if (!due.run.empty() || !due.skipped.empty()) {
        co_await fire(source, std::move(due), now);
      }
    }
    if (next && (!next_ || *next < *next_)) {
      next_ = next;
      next_workflow_ = source.listener.workflow();
    }
  }
}

/// Each slot is an event whose id is the slot: whatever happens, it makes one run at most.
Task<void> Timekeeper::fire(ScheduleSource source, DueSlots due, Timestamp now) {
  const std::string name = source.listener.name();
  const std::string policy = source.listener.spec().settings.text_or("if_missed", "run_once");
  for (const Timestamp slot : due.run) {
    Occurrence occurrence;
    occurrence.source = "schedule:" + name;
    occurrence.id = render(slot);
    occurrence.payload = Value::object({{"scheduled_at", slot}});
    occurrence.trigger = source.listener.spec().kind;
    offer(occurrence, source.listener, condition_names(occurrence.payload, now));
    occurrence.states.push_back({"trigger:" + name, "schedule", checkpoint_of(text_of(source), slot)});
    const auto accepted = co_await dispatcher_.accept(std::move(occurrence));
    if (!accepted) {
      log(LogLevel::error,
          "the slot " + render(slot) + " of " + name + " could not be started: " + accepted.error().message);
      checkpoints_[name].next = now;  // it is still due
      refused_ = true;
      co_return;
    }
    checkpoints_[name].seen = slot;
    world_.metrics.series("millrace_schedule_lag_seconds", {{"workflow", source.listener.workflow()}})
        .set(seconds_between(slot, now));
  }
  checkpoints_[name].seen = due.seen;
  Entry entry;
  entry.states.push_back({"trigger:" + name, "schedule", checkpoint_of(text_of(source), due.seen)});
  if (!due.skipped.empty()) {
    world_.metrics.series("millrace_schedule_missed_total", {{"policy", policy}})
        .add(static_cast<double>(due.skipped.size()));
    entry.states.push_back(skipped_slots(source.listener.workflow(), due.skipped, policy, now));
  }
  const auto written = co_await dispatcher_.write(std::move(entry));
  if (!written) log(LogLevel::error, "the checkpoint of " + name + " could not be written: " + written.error().message);
}

std::optional<Timestamp> Timekeeper::next_of(const std::string& workflow) const {
  std::optional<Timestamp> next;
  for (const auto& [name, checkpoint] : checkpoints_) {
    if (!name.starts_with(workflow + "/") || !checkpoint.next) continue;
    if (!next || *checkpoint.next < *next) next = checkpoint.next;
  }
  return next;
}

}  // namespace millrace
