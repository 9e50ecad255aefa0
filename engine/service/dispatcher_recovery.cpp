#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "service/dispatcher.hpp"
#include "service/orders.hpp"

namespace millrace {

namespace {

/// After so many starts of the engine in which it did not move on, a run is taken for the reason of the crashes.
constexpr std::int32_t most_starts = 3;

constexpr std::string_view side_by_side = "\n|";

std::string lane_of(const RunHead& head) { return head.lane.empty() ? parallel_lane(head.workflow) : head.lane; }

}  // namespace

std::string parallel_lane(const std::string& workflow) { return workflow + std::string(side_by_side); }

bool is_exclusive(const std::string& lane) { return !lane.ends_with(side_by_side); }

Task<Status> Dispatcher::recover() {
  const auto heads = co_await world_.store.journal().unfinished();
  if (!heads) co_return heads.error();
  // Those that have begun hold their lanes before those that wait for their turn come to them.
  for (const RunHead& head : *heads) {
    if (!head.started) continue;
    if (head.outcome == RunOutcome::running && head.starts >= most_starts) {
      const auto parked = co_await quarantine(head);
      if (!parked) co_return parked;
      continue;
    }
    take_up_head(head);
  }
  for (const RunHead& head : *heads) {
    if (head.started) continue;
    const std::string lane = lane_of(head);
    queue_up(head.key, lane);
    if (!may_start(head.workflow)) {
      held_[static_cast<std::int64_t>(head.key)] = lane;
      queued_.erase(static_cast<std::int64_t>(head.key));
    } else if (lanes_.enter(lane, is_exclusive(lane), head.key)) {
      queued_.erase(static_cast<std::int64_t>(head.key));
      leave_queue(lane);
      bring_in(head.key, lane);
    }
  }
  co_return Done{};
}

void Dispatcher::take_up_head(const RunHead& head) {
  const std::string lane = lane_of(head);
  const auto number = static_cast<std::int64_t>(head.key);
  const bool waits = head.outcome == RunOutcome::waiting;
  const bool paused = paused_.contains("");  // restored, or switched off: nothing goes on by itself
  lanes_.occupy(lane, is_exclusive(lane), !waits && !paused);
  if (!waits && !paused) {
    bring_in(head.key, lane);
    return;
  }
  resting_[number] = lane;
  if (!waits) {
    waiting_.emplace(Timestamp{}, head.key);
  } else if (head.wake_at) {
    waiting_.emplace(*head.wake_at, head.key);
  }
}

/// The engine has crashed again and again with this run under way: a person looks first.
Task<Status> Dispatcher::quarantine(RunHead head) {
  head.outcome = RunOutcome::parked;
  head.note = "the engine stopped " + std::to_string(head.starts) +
              " times while carrying it out, so it waits until \"millrace runs retry\" says to try again";
  head.ended = world_.clock.now();
  log(LogLevel::error, "run " + render(head.key) + " of " + head.workflow + ": " + head.note);
  Entry entry;
  entry.runs.push_back({std::move(head), false, {}});
  const auto written = co_await write(std::move(entry));
  if (!written) co_return written.error();
  co_return Done{};
}

/// Brings a run from the store into memory and carries it on. Its place among the active ones is taken already. Held
/// from here on: what is told to it between its turn and its loading would be told to a run that has not begun.
void Dispatcher::bring_in(RunKey key, const std::string& lane) {
  const bool held = moving_.try_emplace(static_cast<std::int64_t>(key), std::make_shared<News>()).second;
  scope_.spawn(take_up(key, lane, held));
}

Task<void> Dispatcher::take_up(RunKey key, std::string lane, bool held) {
  ++progress_;
  if (!held) {
    const bool mine = co_await hold(key);
    if (!mine) co_return;
  }
  auto loaded = co_await load(key, lane);
  if (loaded && !(*loaded)->run->finished()) active_[static_cast<std::int64_t>(key)] = *loaded;
  release(key);
  if (!loaded) {
    log(LogLevel::error, "run " + render(key) + " cannot go on: " + loaded.error().message);
    lanes_.leave(lane);
    pump();
    co_return;
  }
  const std::shared_ptr<ActiveRun> active = std::move(*loaded);
  if (!active->run->finished()) {
    ++active_of_[active->run->workflow().id];
    co_await carry(active);
    co_return;
  }
  co_await active->run->carry_on();
  over(active);
  pump();
}

Task<Result<std::shared_ptr<ActiveRun>>> Dispatcher::load(RunKey key, std::string lane) {
  auto stored = co_await world_.store.journal().read(key);
  if (!stored) co_return stored.error();
  auto live = library_.version(stored->head.workflow, stored->head.version, stored->text);
  if (!live) co_return live.error();
  // That it is taken up is written first: a run that crashes the engine each time is found out.
  RunHead head = stored->head;
  head.outcome = RunOutcome::running;
  ++head.starts;
  Entry entry;
  entry.waits_for_room = true;
  entry.runs.push_back({head, false, {}});
  const auto written = co_await write(std::move(entry));
  if (!written) co_return written.error();
  stored->head = head;
  auto active = make_run(std::move(*live), head, stored->event.payload, stored->event.chain);
  active->lane = std::move(lane);
  active->counter->recall(stored->events);
  active->run->take_up(*stored);
  co_return active;
}

void Dispatcher::wake_due(Timestamp now) {
  while (!waiting_.empty() && waiting_.begin()->first <= now) {
    if (paused_.contains("")) return;
    const RunKey key = waiting_.begin()->second;
    waiting_.erase(waiting_.begin());
    const auto resting = resting_.find(static_cast<std::int64_t>(key));
    if (resting == resting_.end()) continue;
    const std::string lane = std::move(resting->second);
    resting_.erase(resting);
    lanes_.wake(lane);
    bring_in(key, lane);
  }
}

std::optional<Timestamp> Dispatcher::next_wake() const {
  if (waiting_.empty() || paused_.contains("")) return std::nullopt;
  return waiting_.begin()->first;
}

/// Whoever takes a run out of the store, or writes into one that is there, does so alone: what is told to a run that is
/// just being loaded would be lost on it. False where the awaiting task is cancelled.
Task<bool> Dispatcher::hold(RunKey key) {
  while (true) {
    const auto held = moving_.find(static_cast<std::int64_t>(key));
    if (held == moving_.end()) break;
    const std::shared_ptr<News> released = held->second;
    const bool undisturbed = co_await released->wait();
    if (!undisturbed) co_return false;
  }
  moving_[static_cast<std::int64_t>(key)] = std::make_shared<News>();
  co_return true;
}

void Dispatcher::release(RunKey key) {
  const auto held = moving_.extract(static_cast<std::int64_t>(key));
  held.mapped()->announce();
}

Task<Status> Dispatcher::tell(RunKey key, std::function<Result<RunEvent>(const Workflow&, const RunState&)> what) {
  const bool mine = co_await hold(key);
  if (!mine) co_return Error{ErrorCode::cancelled, "called off"};
  const auto active = find(key);
  if (active == nullptr) {
    auto told = co_await tell_stored(key, std::move(what));
    release(key);
    co_return told;
  }
  release(key);
  auto event = what(active->run->workflow(), active->run->state());
  if (!event) co_return event.error();
  RunEvent told = std::move(*event);
  auto heard = co_await active->run->hear_for_good(std::move(told));
  co_return heard;
}

Task<Status> Dispatcher::tell_stored(RunKey key,
                                     std::function<Result<RunEvent>(const Workflow&, const RunState&)> what) {
  auto stored = co_await world_.store.journal().read(key);
  if (!stored) co_return stored.error();
  const auto begun = check_begun(*stored);
  if (!begun) co_return begun;
  auto live = library_.version(stored->head.workflow, stored->head.version, stored->text);
  if (!live) co_return live.error();
  const RunState state = state_after(*(*live)->workflow, stored->events);
  auto event = what(*(*live)->workflow, state);
  if (!event) co_return event.error();
  // Written first, so that a crash between here and the run does not lose what a person said.
  const RunHead& head = stored->head;
  const bool left = head.foreground && waiting_for_approval(*(*live)->workflow, state);  // by a `millrace run`
  const bool was_over = has_ended(head.outcome);
  Entry entry;
  entry.runs.push_back(progress_with(head, std::move(*event)));
  const auto written = co_await write(std::move(entry));
  if (!written) co_return written.error();
  const auto resting = resting_.find(static_cast<std::int64_t>(key));
  const std::string lane = lane_of(head);
  if (was_over || left) {
    lanes_.occupy(lane, is_exclusive(lane), true);
  } else if (resting != resting_.end()) {
    resting_.erase(resting);
    std::erase_if(waiting_, [key](const auto& each) { return each.second == key; });
    lanes_.wake(lane);
  } else {
    co_return Done{};  // queued: it finds what was said when its turn comes
  }
  bring_in(key, lane);
  co_return Done{};
}

Task<Status> Dispatcher::cancel(RunKey key, std::string why) {
  const auto number = static_cast<std::int64_t>(key);
  const auto queued = queued_.extract(number);
  const auto held = held_.extract(number);
  if (!queued.empty() || !held.empty()) {
    if (!queued.empty()) lanes_.withdraw(queued.mapped(), key);
    leave_queue(queued.empty() ? held.mapped() : queued.mapped());
    const Timestamp called_off = world_.clock.now();
    tell_those_who_wait(key, RunEnd{RunOutcome::cancelled, why, called_off, Value()});
    auto stored = co_await world_.store.journal().read(key);
    if (!stored) co_return stored.error();
    RunHead head = stored->head;
    head.outcome = RunOutcome::cancelled;
    head.ended = world_.clock.now();
    head.note = std::move(why);
    Entry entry;
    entry.waits_for_room = true;  // it is out of the queue already
    entry.runs.push_back({std::move(head), false, {}});
    const auto written = co_await write(std::move(entry));
    pump();
    if (!written) co_return written.error();
    co_return Done{};
  }
  Order order = order_to_cancel(std::move(why), world_.clock.now());
  auto told = co_await tell(key, std::move(order.event));
  co_return told;
}

}  // namespace millrace
