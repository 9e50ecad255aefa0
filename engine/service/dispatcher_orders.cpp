#include <utility>

#include "service/dispatcher.hpp"
#include "service/orders.hpp"
#include "service/records.hpp"
#include "value/extent.hpp"

namespace millrace {

namespace {

/// What the order makes of the run; one that never began does so as the workflow is now.
Result<RunProgress> progress_of(const Order& order, const StoredRun& run, Library& library, Timestamp now) {
  const std::string why = library.why_unreadable(run);
  if (!why.empty()) return order_on_unreadable(order, run.head, why, now);
  auto live = TRY(library.version(run.head.workflow, run.head.version, run.text));
  const auto newest = library.find(run.head.workflow);
  if (run.events.empty() && newest != nullptr) live = newest;
  return order_on_stored(order, run, *live->workflow, now);
}

}  // namespace

Task<Status> Dispatcher::tell(RunKey key, Order order) {
  while (true) {
    const bool mine = co_await custody_.hold(key);
    if (!mine) break;
    const auto active = memory_.find(key);
    if (active == nullptr) {
      auto told = co_await tell_stored(key, std::move(order));
      custody_.release(key);
      co_return told;
    }
    custody_.release(key);
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
  const auto checked = co_await check_place(order, world_.store.history(), stored->event);
  if (!checked) co_return checked;
  auto progress = progress_of(order, *stored, library_, world_.clock.now());
  if (!progress && !has_ended(stored->head.outcome)) {
    const std::string why = library_.why_unreadable(*stored);
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
  const auto newest = library_.find(after.workflow);
  if (newest != nullptr && after.version != stored->head.version)
    entry.versions.push_back({after.workflow, newest->hash, newest->workflow->source->text});
  entry.runs.push_back(std::move(*progress));
  const auto written = co_await write(std::move(entry));
  if (!written) co_return written.error();
  move_on(stored->head, after);
  // So far its event counted for nothing here; from now on it does, whatever the bounds say.
  const bool came_back = has_ended(stored->head.outcome) || stored->head.foreground;
  if (came_back && !has_ended(after.outcome))
    roster_.burden(key, backlog_.add(stored->event.source, bytes_of(stored->event.payload)));
  co_return Done{};
}

/// What was said to a stored run is written down: it goes on, or never begins.
void Dispatcher::move_on(const RunHead& before, const RunHead& after) {
  const RunKey key = after.key;
  if (has_ended(after.outcome)) {
    leave(key);
    tell_end(key, RunEnd{after.outcome, after.note, after.ended.value_or(Timestamp{}), Value()});
    return pump();
  }
  if (!after.started && has_ended(before.outcome)) return line_up(key, lane_of(after));
  if (has_ended(before.outcome) || before.foreground) {  // taken over from a `millrace run` in the latter case
    if (roster_.add(key, lane_of(after), Whereabouts::moving)) bring_in(key);
    return;
  }
  wake(key);  // where it does not rest, its turn has come or will come, and then it finds what was said
}

}  // namespace millrace
