#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "service/dispatcher.hpp"
#include "service/orders.hpp"
#include "service/records.hpp"

namespace millrace {

namespace {

/// After so many starts of the engine in which it did not move on, a run is taken for the reason of the crashes.
constexpr std::int32_t most_starts = 3;

/// Whether steps were being performed: then it is theirs to be the reason why the engine died, or not (`kills`).
bool under_way(const Workflow& workflow, const Catalog& catalog, const StoredRun& run) {
  return !interrupted(workflow, catalog, state_after(workflow, run.events)).empty();
}

/// Why nobody can tell where the run stands; empty: it can be told.
std::string why_unreadable(const StoredRun& run, Library& library) {
  if (!run.unreadable.empty()) return run.unreadable;
  const auto live = library.version(run.head.workflow, run.head.version, run.text);
  return live ? "" : live.error().message;
}

/// What the order makes of the run; one that never began does so as the workflow is now.
Result<RunProgress> progress_of(const Order& order, const StoredRun& run, Library& library, Timestamp now) {
  const std::string why = why_unreadable(run, library);
  if (!why.empty()) return order_on_unreadable(order, run.head, why, now);
  auto live = TRY(library.version(run.head.workflow, run.head.version, run.text));
  const auto newest = library.find(run.head.workflow);
  if (run.events.empty() && newest != nullptr) live = newest;
  RunProgress progress = TRY(order_on_stored(order, run, *live->workflow, now));
  if (run.events.empty()) progress.head.version = live->hash;
  return progress;
}

StateChange parked_alarm(const RunHead& head, const std::string& why, Timestamp now) {
  return run_in_trouble(head.key, "it is parked (" + head.workflow + "): " + why, now);
}

RunEvent death_at(Timestamp now) {
  RunEvent died;
  died.type = RunEvent::Type::engine_died;
  died.at = now;
  return died;
}

}  // namespace

Task<Status> Dispatcher::recover(bool died) {
  // What people say before this is done before runs go on, and what they say during it waits.
  recovering_ = std::make_shared<News>();
  while (!moving_.empty()) {
    std::shared_ptr<News>& place = moving_.begin()->second;
    if (!place) place = std::make_shared<News>();
    const std::shared_ptr<News> free = place;
    const bool undisturbed = co_await free->wait();
    if (!undisturbed) co_return Error{ErrorCode::cancelled, "called off"};
  }
  const auto heads = co_await world_.store.journal().unfinished();
  std::exchange(recovering_, nullptr)->announce();
  if (!heads) co_return heads.error();
  // Those that have begun hold their lanes before those that wait for their turn come to them.
  for (const RunHead& head : *heads) {
    if (died && head.outcome == RunOutcome::running) bereaved_.insert(static_cast<std::int64_t>(head.key));
    if (head.started) take_up_head(head);
  }
  for (const RunHead& head : *heads) {
    if (head.started) continue;
    line_up(head.key, lane_of(head));
  }
  std::vector<RunKey> resting;
  for (const auto& [key, lane] : resting_) resting.push_back(RunKey{key});
  scope_.spawn(look_over(std::move(resting)));
  co_return Done{};
}

/// What rests may rest for ever: whether it can still be read is found out now, and not when somebody needs it.
Task<void> Dispatcher::look_over(std::vector<RunKey> resting) {
  for (const RunKey key : resting) {
    const bool mine = co_await hold(key);
    if (!mine) co_return;
    if (resting_.contains(static_cast<std::int64_t>(key))) {
      const auto stored = co_await world_.store.journal().read(key);
      const std::string why = stored ? why_unreadable(*stored, library_) : "";
      if (!why.empty()) {
        co_await park(stored->head, why);
      }
    }
    release(key);
  }
}

void Dispatcher::take_up_head(const RunHead& head) {
  const Lane lane = lane_of(head);
  const auto number = static_cast<std::int64_t>(head.key);
  const bool waits = head.outcome == RunOutcome::waiting;
  const bool paused = !may_start(head.workflow);  // restored, or switched off: nothing goes on by itself
  lanes_.occupy(lane, !waits && !paused);
  if (!waits && !paused) {
    bring_in(head.key, lane);
    return;
  }
  resting_[number] = lane;
  if (!waits) {
    stopped_.insert(number);
  } else if (head.wake_at) {
    waiting_.emplace(*head.wake_at, head.key);
  }
}

/// A run that comes to its end because the engine dies of one of its steps.
void Dispatcher::add_trouble(const Run& run, Entry& entry) {
  const RunState& state = run.state();
  if (state.outcome != RunOutcome::parked || !state.failure) return;
  for (const auto& [path, count] : state.deaths) {
    if (!kills(world_.catalog, state, step_at(run.workflow(), path), path)) continue;
    entry.states.push_back(parked_alarm(run.head(), state.failure->message, world_.clock.now()));
    return;
  }
}

/// It does not go on until a person has looked.
Task<Status> Dispatcher::park(RunHead head, std::string why) {
  const Timestamp now = world_.clock.now();
  RunEvent parked;
  parked.type = RunEvent::Type::run_finished;
  parked.outcome = head.outcome = RunOutcome::parked;
  parked.failure = Error{ErrorCode::unavailable, why};
  parked.at = now;
  head.note = why;
  head.ended = now;
  head.wake_at.reset();
  log(LogLevel::error, "run " + render(head.key) + " of " + head.workflow + ": " + why);
  const RunKey key = head.key;
  const bool begun = head.started.has_value();
  Entry entry;
  entry.waits_for_room = true;
  entry.states.push_back(parked_alarm(head, why, now));
  entry.runs.push_back({std::move(head), false, {}});
  if (begun) entry.runs.back().events.push_back(std::move(parked));
  const auto written = co_await write(std::move(entry));
  if (!written) co_return written.error();
  leave_lane(key);
  tell_those_who_wait(key, RunEnd{RunOutcome::parked, why, now, Value()});
  co_return Done{};
}

/// Brings a run from the store into memory and carries it on. Its place among the active ones is taken already. Held
/// from here on: what is told to it between its turn and its loading would be told to a run that has not begun.
void Dispatcher::bring_in(RunKey key, const Lane& lane) {
  const bool room = has_room();
  if (room) ++loading_;
  const bool held = room && hold_free(key);
  scope_.spawn(take_up(key, lane, room, held));
}

Task<void> Dispatcher::take_up(RunKey key, Lane lane, bool room, bool held) {
  while (!room && !has_room()) {
    const bool undisturbed = co_await room_.wait();
    if (!undisturbed) co_return;
  }
  if (!room) ++loading_;
  bool mine = held;
  if (!held) mine = co_await hold(key);
  if (!mine) {
    --loading_;
    co_return;
  }
  auto loaded = co_await load(key, lane);
  --loading_;
  room_.announce();
  if (loaded && *loaded != nullptr) take_into_memory(*loaded);
  release(key);
  if (!loaded) log(LogLevel::error, "run " + render(key) + " cannot go on: " + loaded.error().message);
  if (!loaded || *loaded == nullptr) {
    lanes_.leave(lane);
    pump();
    co_return;
  }
  co_await carry(std::move(*loaded));
}

/// Nothing where the run was called off before its turn came, or is parked.
Task<Result<std::shared_ptr<ActiveRun>>> Dispatcher::load(RunKey key, Lane lane) {
  auto stored = co_await world_.store.journal().read(key);
  if (!stored) co_return stored.error();
  if (has_ended(stored->head.outcome)) co_return std::shared_ptr<ActiveRun>();
  if (const std::string why = why_unreadable(*stored, library_); !why.empty()) {
    const auto parked = co_await park(stored->head, why);
    if (!parked) co_return parked.error();
    co_return std::shared_ptr<ActiveRun>();
  }
  auto live = library_.version(stored->head.workflow, stored->head.version, stored->text);
  RunHead head = stored->head;
  const bool died = bereaved_.erase(static_cast<std::int64_t>(key)) > 0;
  if (died && head.starts >= most_starts && !under_way(*(*live)->workflow, world_.catalog, *stored)) {
    const auto parked = co_await park(std::move(head), "the engine died " + std::to_string(stored->head.starts) +
                                                           " times while carrying it out, so it waits until \"millrace "
                                                           "runs retry\" says to try again");
    if (!parked) co_return parked.error();
    co_return std::shared_ptr<ActiveRun>();
  }
  // That it is taken up is written first: a run of which the engine dies each time is found out.
  head.outcome = RunOutcome::running;
  head.starts = died ? head.starts + 1 : 1;
  Entry entry;
  entry.waits_for_room = true;
  entry.runs.push_back({head, false, {}});
  if (died && !stored->events.empty()) {
    stored->events.push_back(death_at(world_.clock.now()));
    entry.runs.back().events.push_back(stored->events.back());
  }
  const auto written = co_await write(std::move(entry));
  if (!written) co_return written.error();
  stored->head = head;
  auto active = make_run(std::move(*live), head, stored->event);
  active->lane = std::move(lane);
  active->counter->recall(stored->events);
  active->run->take_up(*stored);
  count_held(*active, active->run->state().held);
  co_return active;
}

void Dispatcher::look_again() {
  std::multimap<Timestamp, RunKey> now;
  for (const auto& [time, key] : waiting_) now.emplace(Timestamp{}, key);
  waiting_ = std::move(now);
}

void Dispatcher::wake_due(Timestamp lasting) {
  while (!waiting_.empty() && waiting_.begin()->first <= lasting) {
    if (paused_.contains("")) return;
    const RunKey key = waiting_.begin()->second;
    waiting_.erase(waiting_.begin());
    wake(key);
  }
}

/// A run that rests goes on.
void Dispatcher::wake(RunKey key) {
  stopped_.erase(static_cast<std::int64_t>(key));
  const auto resting = resting_.extract(static_cast<std::int64_t>(key));
  if (resting.empty()) return;
  lanes_.wake(resting.mapped());
  bring_in(key, resting.mapped());
}

std::optional<Timestamp> Dispatcher::next_wake() const {
  if (waiting_.empty() || paused_.contains("")) return std::nullopt;
  return waiting_.begin()->first;
}

/// Whoever takes a run out of the store, or writes into one that is there, does so alone: what is told to a run that is
/// just being loaded would be lost on it. Others wait for `release`. True where nobody else held the run.
bool Dispatcher::hold_free(RunKey key) { return moving_.try_emplace(static_cast<std::int64_t>(key), nullptr).second; }

/// False where the awaiting task is cancelled.
Task<bool> Dispatcher::hold(RunKey key) {
  while (recovering_ || !hold_free(key)) {
    std::shared_ptr<News>& place = recovering_ ? recovering_ : moving_[static_cast<std::int64_t>(key)];
    if (!place) place = std::make_shared<News>();
    const std::shared_ptr<News> free = place;
    const bool undisturbed = co_await free->wait();
    if (!undisturbed) co_return false;
  }
  co_return true;
}

void Dispatcher::release(RunKey key) {
  const auto held = moving_.extract(static_cast<std::int64_t>(key));
  if (held.mapped()) held.mapped()->announce();
}

Task<Status> Dispatcher::tell(RunKey key, Order order) {
  while (true) {
    const bool mine = co_await hold(key);
    if (!mine) break;
    const auto active = find(key);
    if (active == nullptr) {
      auto told = co_await tell_stored(key, std::move(order));
      release(key);
      co_return told;
    }
    release(key);
    if (active->run->listens()) {
      auto told = co_await tell_active(active, std::move(order));
      co_return told;
    }
    const bool undisturbed = co_await active->left.wait();
    if (!undisturbed) break;
  }
  co_return Error{ErrorCode::cancelled, "called off"};
}

Task<Status> Dispatcher::tell_active(std::shared_ptr<ActiveRun> active, Order order) {
  auto event = order.event(active->run->workflow(), active->run->state());
  if (event) {
    RunEvent told = std::move(*event);
    auto heard = co_await active->run->hear_for_good(std::move(told));
    co_return heard;
  }
  // What the refusal speaks of may be on its way to the disk.
  Entry nothing;
  const auto written = co_await write(std::move(nothing));
  co_return written ? event.error() : written.error();
}

Task<Status> Dispatcher::tell_stored(RunKey key, Order order) {
  auto stored = co_await world_.store.journal().read(key);
  if (!stored) co_return stored.error();
  auto progress = progress_of(order, *stored, library_, world_.clock.now());
  if (!progress && !has_ended(stored->head.outcome)) {
    const std::string why = why_unreadable(*stored, library_);
    if (!why.empty()) {
      const auto parked = co_await park(stored->head, why);
      if (!parked) co_return parked;
    }
  }
  if (!progress) co_return progress.error();
  // Written first, so that a crash between here and the run does not lose what a person said.
  const RunHead after = progress->head;
  Entry entry;
  if (stored->head.outcome == RunOutcome::parked) entry.states.push_back(run_in_trouble(key, "", world_.clock.now()));
  entry.runs.push_back(std::move(*progress));
  const auto written = co_await write(std::move(entry));
  if (!written) co_return written.error();
  move_on(stored->head, after);
  co_return Done{};
}

/// What was said to a stored run is written down: it goes on, or never begins.
void Dispatcher::move_on(const RunHead& before, const RunHead& after) {
  const RunKey key = after.key;
  if (has_ended(after.outcome)) {
    leave_lane(key);
    tell_those_who_wait(key, RunEnd{after.outcome, after.note, after.ended.value_or(Timestamp{}), Value()});
    return pump();
  }
  const Lane lane = lane_of(after);
  if (!after.started && has_ended(before.outcome)) {
    line_up(key, lane);
  } else if (has_ended(before.outcome) || before.foreground) {  // taken over from a `millrace run` in the latter case
    lanes_.occupy(lane, true);
    bring_in(key, lane);
  } else if (resting_.contains(static_cast<std::int64_t>(key))) {
    std::erase_if(waiting_, [key](const auto& each) { return each.second == key; });
    wake(key);
  }  // else its turn has come or will come, and then it finds what was said
}

/// Of a run that neither waits for its turn nor rests any more.
void Dispatcher::leave_lane(RunKey key) {
  const auto number = static_cast<std::int64_t>(key);
  const auto queued = queued_.extract(number);
  const auto held = held_.extract(number);
  const auto resting = resting_.extract(number);
  if (!queued.empty() || !held.empty()) {
    const Lane& lane = queued.empty() ? held.mapped() : queued.mapped();
    lanes_.withdraw(lane, key);
    leave_queue(lane);
  }
  if (!resting.empty()) {
    std::erase_if(waiting_, [key](const auto& each) { return each.second == key; });
    lanes_.wake(resting.mapped());
    lanes_.leave(resting.mapped());
  }
}

}  // namespace millrace
