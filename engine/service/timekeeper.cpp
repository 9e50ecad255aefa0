#include "service/timekeeper.hpp"

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "service/records.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

/// The clock may be set while we sleep, so it is looked at this often at least.
constexpr Duration longest_sleep = std::chrono::seconds(1);

std::string text_of(const ScheduleSource& source) {
  return source.listener.spec().kind + " " + source.listener.spec().name + " in " + source.schedule.calendar.zone();
}

Value checkpoint_of(const std::string& schedule, Timestamp seen) {
  return Value::object({{"schedule", schedule}, {"seen", render(seen)}});
}

}  // namespace

Timekeeper::Timekeeper(ServiceWorld world, Dispatcher& dispatcher, const std::shared_ptr<Sources>& sources)
    : world_(world), dispatcher_(dispatcher), sources_(sources) {}

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
    dispatcher_.wake_due(now);
    Duration sleep = longest_sleep;
    for (const auto& due : {next_, dispatcher_.next_wake()}) {
      if (!due) continue;
      const Duration left = std::chrono::nanoseconds(
          (due->seconds - now.seconds) > 10 ? longest_sleep.count()
                                            : (due->seconds - now.seconds) * 1'000'000'000 + (due->nanos - now.nanos));
      sleep = std::clamp<Duration>(left, Duration::zero(), sleep);
    }
    if (std::exchange(refused_, false)) sleep = longest_sleep;  // it is still due, but the store may need a while
    const Deadline until = Deadline::in(sleep);
    const bool undisturbed = co_await news_.wait(until);
    if (!undisturbed) co_return;
  }
}

Task<void> Timekeeper::fire_due(Timestamp now) {
  const std::shared_ptr<Sources> sources = sources_;
  next_.reset();
  if (dispatcher_.restored()) co_return;  // what is due stays so until it goes on, and counts as missed then
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
    if (wants(source.listener, condition_names(occurrence.payload, now)))
      occurrence.listeners.push_back(source.listener);
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
