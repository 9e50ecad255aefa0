#include <algorithm>
#include <unordered_map>
#include <utility>

#include "base/log.hpp"
#include "decider/story.hpp"
#include "journal/called_runs.hpp"
#include "runtime/run_notes.hpp"
#include "service/dispatcher.hpp"
#include "service/orders.hpp"
#include "service/records.hpp"
#include "value/extent.hpp"
#include "workflow/alarm_actions.hpp"

namespace millrace {

namespace {

/// After so many starts of the engine in which it did not move on, a run is taken for the reason of the crashes.
constexpr std::int32_t most_starts = 3;

constexpr Duration between_looks = std::chrono::seconds(1);

/// Whether steps were being performed: then it is theirs to be the reason why the engine died, or not (`kills`).
bool under_way(const Workflow& workflow, const Catalog& catalog, const StoredRun& run) {
  return !interrupted(workflow, catalog, state_after(workflow, run.events)).empty();
}

/// Why a step of another one (a telling, perhaps) has not told all that it was to tell, and its path; empty: it has.
std::pair<const StepPath*, std::string> untold_by(const Workflow& workflow, const Catalog& catalog,
                                                  const RunEvent& event) {
  if (const auto* failed = std::get_if<StepFailed>(&event.what); failed != nullptr && failed->path.size() > 2)
    return {&failed->path, failed->again_at ? "" : failed->failure.message};
  if (const auto* done = std::get_if<StepSucceeded>(&event.what); done != nullptr && done->path.size() > 2) {
    const std::string who = not_sent_to(workflow, catalog, *done);
    return {&done->path, who.empty() ? "" : "the mail was not sent to " + who};
  }
  return {nullptr, ""};
}

/// A run that tells alarms raises none.
void add_parked_alarm(const RunHead& head, const std::string& why, Timestamp now, Entry& entry) {
  if (head.workflow == alarms_workflow) return;
  entry.states.push_back(run_in_trouble(head.key, "it is parked (" + head.workflow + "): " + why, now));
}

}  // namespace

Task<Status> Dispatcher::recover(bool died) {
  const auto foreseen = co_await foresight_.recall(world_.clock.now());
  if (!foreseen) co_return foreseen.error();
  const auto heads = co_await world_.store.journal().unfinished();
  if (!heads) co_return heads.error();
  const auto events = co_await world_.store.journal().unfinished_events();
  if (!events) co_return events.error();
  // Those that have begun hold their lanes before those that wait for their turn come to them.
  for (const RunHead& head : *heads) {
    if (head.started) take_up_head(head);
  }
  for (const RunHead& head : *heads) {
    if (!head.started) line_up(head.key, lane_of(head));
    if (died && head.outcome == RunOutcome::running) roster_.bereave(head.key);
  }
  std::unordered_map<EventKey, Backlog::Load> loads;
  for (const UnfinishedEvent& event : *events) loads.emplace(event.key, backlog_.add(event.source, event.bytes));
  for (const RunHead& head : *heads) roster_.burden(head.key, loads[head.event]);
  std::vector<RunKey> resting = roster_.all(Whereabouts::resting);
  for (const RunKey run : roster_.all(Whereabouts::stopped)) resting.push_back(run);
  scope_.spawn(look_over(std::move(resting)));
  co_return Done{};
}

/// What rests may rest for ever: whether it can still be read is found out now, and not when somebody needs it.
Task<void> Dispatcher::look_over(std::vector<RunKey> resting) {
  for (const RunKey key : resting) {
    const bool mine = co_await custody_.hold(key);
    if (!mine) co_return;
    if (rests(roster_.at(key))) {
      const auto stored = co_await world_.store.journal().read(key);
      const std::string why = stored ? library_.why_unreadable(*stored) : "";
      if (!why.empty()) {
        co_await park(stored->head, why);
      }
    }
    custody_.release(key);
  }
}

void Dispatcher::take_up_head(const RunHead& head) {
  const bool waits = head.outcome == RunOutcome::waiting;
  const bool paused = !brakes_.may_start(head.workflow);  // restored, or switched off: nothing goes on by itself
  const Whereabouts at = waits ? Whereabouts::resting : paused ? Whereabouts::stopped : Whereabouts::moving;
  if (!roster_.add(head.key, lane_of(head), at)) return;
  if (waits && head.wake_at) roster_.wake_at(head.key, *head.wake_at);
  if (!waits && !paused) bring_in(head.key);
}

/// A run that comes to its end because the engine dies of one of its steps.
void Dispatcher::add_trouble(const Run& run, Entry& entry) {
  const RunState& state = run.state();
  if (state.outcome != RunOutcome::parked || !state.failure) return;
  for (const auto& [path, count] : state.deaths) {
    if (!kills(world_.catalog, state, step_at(run.workflow(), path), path)) continue;
    add_parked_alarm(run.head(), state.failure->message, world_.clock.now(), entry);
    return;
  }
}

/// Whoever was to be told of a question, and could not be, does not know that the run waits for him: somebody else has
/// to hear of it, until the question is answered.
void Dispatcher::add_untold(const Run& run, Entry& entry) {
  if (!run.head().live) return;
  const auto asks = [&run](const StepPath& path) {
    const auto* what = std::get_if<ApproveBlock>(&step_at(run.workflow(), path).what);
    return what != nullptr && !what->notify.empty();
  };
  const Timestamp now = world_.clock.now();
  for (const RunEvent& event : entry.runs.back().events) {
    const auto [path, why] = untold_by(run.workflow(), world_.catalog, event);
    if (!why.empty() && asks(StepPath(path->begin(), path->end() - 2))) {
      entry.states.push_back(run_in_trouble(
          run.head().key, "it asks for an approval (" + run.head().workflow + "), and not all could be told: " + why,
          now));
    }
    const auto end = end_in(event);
    const auto* answered = std::get_if<AnswerGiven>(&event.what);
    const StepPath* over = answered != nullptr ? &answered->path : end ? end->path : nullptr;
    if (over != nullptr && asks(*over)) entry.states.push_back(run_in_trouble(run.head().key, "", now));
  }
}

/// It does not go on until a person has looked.
Task<Status> Dispatcher::park(RunHead head, std::string why) {
  const Timestamp now = world_.clock.now();
  head.outcome = RunOutcome::parked;
  head.note = why;
  head.ended = now;
  head.wake_at.reset();
  log(LogLevel::error, "run " + render(head.key) + " of " + head.workflow + ": " + why);
  const RunKey key = head.key;
  const bool begun = head.started.has_value();
  Entry entry;
  entry.waits_for_room = true;
  add_parked_alarm(head, why, now, entry);
  entry.runs.push_back({std::move(head), false, {}});
  if (begun)
    entry.runs.back().events.push_back({now, RunFinished{RunOutcome::parked, Error{ErrorCode::unavailable, why}}});
  const auto written = co_await write(std::move(entry));
  if (!written) co_return written.error();
  leave(key);
  tell_end(key, RunEnd{RunOutcome::parked, why, now, Value()});
  co_return Done{};
}

/// Brings a run from the store into memory and carries it on. Its place among the active ones is taken already. Held
/// from here on: what is told to it between its turn and its loading would be told to a run that has not begun.
void Dispatcher::bring_in(RunKey key) {
  const bool room = memory_.has_room();
  if (room) memory_.begin_loading();
  const bool held = room && custody_.hold_free(key);
  scope_.spawn(take_up(key, room, held));
}

Task<void> Dispatcher::take_up(RunKey key, bool room, bool held) {
  while (!room && !memory_.has_room()) {
    const bool undisturbed = co_await memory_.wait_for_room();
    if (!undisturbed) co_return;
  }
  if (!room) memory_.begin_loading();
  bool mine = held;
  if (!held) mine = co_await custody_.hold(key);
  if (!mine) {
    memory_.end_loading();
    co_return;
  }
  auto loaded = co_await load(key);
  memory_.end_loading();
  const std::shared_ptr<ActiveRun> active = loaded ? *loaded : nullptr;
  if (active != nullptr) {
    take_into_memory(active);
  } else {
    roster_.move(key, Whereabouts::nowhere);
  }
  custody_.release(key);
  const bool stops = !loaded && loaded.error().code == ErrorCode::cancelled;  // the next life takes it up
  if (!loaded && !stops) log(LogLevel::error, "run " + render(key) + " cannot go on: " + loaded.error().message);
  if (active == nullptr) {
    pump();
    co_return;
  }
  co_await carry(active);
}

/// Nothing where the run was called off before its turn came, or is parked.
Task<Dispatcher::Loaded> Dispatcher::load(RunKey key) {
  auto stored = co_await world_.store.journal().read(key);
  if (!stored) co_return stored.error();
  if (has_ended(stored->head.outcome)) co_return std::shared_ptr<ActiveRun>();
  if (const std::string why = library_.why_unreadable(*stored); !why.empty()) {
    const auto parked = co_await park(stored->head, why);
    if (!parked) co_return parked.error();
    co_return std::shared_ptr<ActiveRun>();
  }
  auto live = library_.version(stored->head.workflow, stored->head.version, stored->text);
  auto from = co_await callers_.of(*stored);
  if (!from) co_return from.error();
  RunHead head = stored->head;
  const bool died = roster_.take_bereaved(key);
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
    stored->events.push_back({world_.clock.now(), EngineDied{}});
    entry.runs.back().events.push_back(stored->events.back());
  }
  const auto written = co_await write(std::move(entry));
  if (!written) co_return written.error();
  stored->head = head;
  auto active = make_run(std::move(*live), head, stored->event, std::move(*from));
  callers_.let_go(key);
  active->counter->recall(stored->events);
  active->run->take_up(*stored);
  if (active->run->state().stopping) calls_.forget_all(key);  // it waits for none of them any more
  memory_.count(*active, active->run->state().held);
  const auto caller = caller_of(stored->event);
  if (caller && roster_.at(*caller) == Whereabouts::nowhere) scope_.spawn(take_over(*caller, false));
  co_return active;
}

/// A run that a command at the terminal began is carried on here when that has left it, because it or what it called
/// waits for a person. `broken_off`: or when the command is gone without an end of the run.
Task<void> Dispatcher::take_over(RunKey key, bool broken_off) {
  bool decided = false;
  while (!decided) {
    const bool mine = co_await custody_.hold(key);
    if (!mine) co_return;
    decided = co_await is_taken_over(key, broken_off);
    custody_.release(key);
    if (decided) co_return;
    const bool undisturbed = co_await sleep_for(between_looks);
    if (!undisturbed) co_return;
  }
}

/// False where its command is still at it. REQUIRES: the run is held.
Task<bool> Dispatcher::is_taken_over(RunKey key, bool broken_off) {
  const auto stored = co_await world_.store.journal().read(key);
  if (!stored || !stored->head.foreground || roster_.at(key) != Whereabouts::nowhere) co_return true;
  RunHead head = stored->head;
  if (has_ended(head.outcome)) {
    tell_end(key, end_of(*stored));
    co_return true;
  }
  const bool left = head.outcome == RunOutcome::waiting && !head.wake_at;
  const auto lives = left ? Result<bool>(false) : world_.store.is_in_hands(key);
  if (!lives) log(LogLevel::error, lives.error().message);
  if (lives && *lives) co_return false;
  if (!lives || (!left && !broken_off)) co_return true;
  head.foreground = false;
  head.outcome = RunOutcome::running;
  head.wake_at.reset();
  Entry entry;
  entry.waits_for_room = true;
  entry.runs.push_back({head, false, {}});
  const auto written = co_await write(std::move(entry));
  if (!written) co_return true;
  take_up_head(head);
  roster_.burden(key, backlog_.add(stored->event.source, bytes_of(stored->event.payload)));
  co_return true;
}

void Dispatcher::wake_due(Timestamp lasting) {
  while (!brakes_.all_paused()) {
    const auto run = roster_.due(lasting);
    if (!run) return;
    if (may_go_on(*run)) {
      bring_in(*run);
    } else {
      roster_.move(*run, Whereabouts::stopped);
    }
  }
}

std::optional<Timestamp> Dispatcher::next_wake() const {
  return brakes_.all_paused() ? std::nullopt : roster_.next_wake();
}

/// A run that rests goes on.
void Dispatcher::wake(RunKey key) {
  if (rests(roster_.at(key)) && roster_.move(key, Whereabouts::moving)) bring_in(key);
}

/// A run that is not in memory has ended. One whose turn has come is being taken up, and found to have ended.
void Dispatcher::leave(RunKey key) {
  calls_.forget_all(key);
  callers_.let_go(key);
  if (roster_.at(key) != Whereabouts::moving) roster_.move(key, Whereabouts::nowhere);
}

}  // namespace millrace
