#include <algorithm>
#include <iterator>

#include "base/text.hpp"
#include "journal/called_runs.hpp"
#include "rehearsal/undo.hpp"
#include "value/time.hpp"

namespace millrace {
namespace {

Error no(const std::string& why) { return {ErrorCode::conflict, why}; }

}  // namespace

std::optional<Error> not_undoable(const StoredRun& run) {
  const std::string name = "run " + render(run.head.key);
  const std::string named = render(run.head.key);
  if (!run.unreadable.empty())
    return no(name + " cannot be undone, because its record cannot be read: " + run.unreadable);
  if (!run.head.live) return no(name + " was a dry run: it changed nothing, so there is nothing to undo");
  switch (run.head.outcome) {
    case RunOutcome::running:
      if (!run.head.started)
        return no(name + " waits for its turn and has changed nothing: \"millrace runs cancel " + named +
                  "\" calls it off");
      return no(name + " is still under way, or was broken off: \"millrace runs cancel " + named +
                "\" ends it as soon as a service runs (\"millrace serve\"), and then it can be undone");
    case RunOutcome::waiting:
      return no(name + " waits to go on: \"millrace runs cancel " + named + "\" ends it, and then it can be undone");
    case RunOutcome::parked:
      return no(name + " is parked, and it is not known whether its last write happened: \"millrace runs resolve " +
                named + "\" settles it, and then it can be undone");
    case RunOutcome::completed:
    case RunOutcome::failed:
    case RunOutcome::skipped:
    case RunOutcome::stopped_by_safety:
    case RunOutcome::cancelled:
      return std::nullopt;
  }
  return std::nullopt;
}

Task<Result<std::vector<RunHead>>> undone_by(Store& store, RunKey run) {
  RunFilter filter;
  filter.workflow = undo_name(run);
  auto heads = co_await store.history().list_runs(std::move(filter));
  co_return heads;
}

namespace {

/// A run that has undone another, and the runs that it has undone together with it.
struct UndoneTogether {
  RunHead undo;
  Value::List called;  // by name
};

/// Adds those that have undone this run to `known`.
Task<Status> add_undone_together(Store& store, RunKey run, std::vector<UndoneTogether>& known) {
  const auto by = co_await undone_by(store, run);
  if (!by) co_return by.error();
  for (const RunHead& head : *by) {
    const auto event = co_await store.history().read_event(head.event);
    const Value* called = event ? event->payload.find(undone_together) : nullptr;
    if (called != nullptr && called->is_list()) known.push_back({head, called->list()});
  }
  co_return Done{};
}

/// Those that have undone a run that led to this one by calling.
Task<Result<std::vector<UndoneTogether>>> undone_above(Store& store, const StoredRun& run) {
  std::vector<UndoneTogether> known;
  for (auto caller = caller_of(run.event); caller;) {
    const auto added = co_await add_undone_together(store, *caller, known);
    if (!added) co_return added.error();
    const auto above = co_await store.history().read_run(*caller);
    caller = above ? caller_of(above->event) : std::nullopt;
  }
  co_return known;
}

Task<Result<std::vector<RunHead>>> undone_with(Store& store, RunKey run, const std::vector<UndoneTogether>& above) {
  auto by = co_await undone_by(store, run);
  if (!by) co_return by.error();
  const Value name = render(run);
  for (const UndoneTogether& each : above) {
    if (std::find(each.called.begin(), each.called.end(), name) != each.called.end()) by->push_back(each.undo);
  }
  std::stable_sort(by->begin(), by->end(),
                   [](const RunHead& one, const RunHead& other) { return made_before(other.key, one.key); });
  co_return by;
}

}  // namespace

Task<Result<std::vector<RunHead>>> undone_at_all(Store& store, const StoredRun& run) {
  const auto above = co_await undone_above(store, run);
  if (!above) co_return above.error();
  auto by = co_await undone_with(store, run.head.key, *above);
  co_return by;
}

namespace {

/// Those of them that changed something and are not undone, as what undoes them: each has taken back a part.
Task<Result<std::vector<std::string>>> standing(Store& store, std::vector<RunHead> by) {
  std::vector<std::string> commands;
  for (const RunHead& each : by) {
    if (each.changes == 0) continue;
    const auto again = co_await undone_by(store, each.key);
    if (!again) co_return again.error();
    if (again->empty()) commands.push_back("\"millrace runs undo " + render(each.key) + "\"");
  }
  co_return commands;
}

}  // namespace

Task<std::optional<Error>> undone_already(Store& store, RunKey run, std::vector<RunHead> by, std::string zone) {
  if (by.empty()) co_return std::nullopt;
  const RunHead last = by.front();
  const std::string name = render(last.key);
  const std::string begun =
      "run " + render(run) + " was undone at " + render_in(zone, made_at(last.key)) + " by run " + name;
  switch (last.outcome) {
    case RunOutcome::failed:
    case RunOutcome::stopped_by_safety:
    case RunOutcome::cancelled:
      co_return std::nullopt;  // what is left of it is undone now
    case RunOutcome::running:
      co_return no(begun + ", which is under way or was broken off: \"millrace runs show " + name +
                   "\" says how far it came; when \"millrace runs cancel " + name +
                   "\" has ended it, what is left can be undone");
    case RunOutcome::waiting:
      co_return no(begun + ", which waits to go on: \"millrace runs show " + name + "\" says for what");
    case RunOutcome::parked:
      co_return no(begun + ", which is parked: when \"millrace runs resolve " + name + "\" has settled it, it goes on");
    case RunOutcome::completed:
    case RunOutcome::skipped:
      break;
  }
  auto halves = co_await standing(store, std::move(by));
  if (!halves) co_return halves.error();
  const auto again = co_await undone_by(store, last.key);
  if (!again) co_return again.error();
  if (again->empty()) {
    co_return no(begun + (halves->size() > 1 ? ", which took back what others had left of it" : "") +
                 ", and a run is undone once; " + join(*halves, " and then ") +
                 (halves->size() > 1 ? " take that back" : " takes that back"));
  }
  co_return no(
      begun + ", and that was undone by run " + render(again->front().key) + ": \"millrace runs undo " +
      render(again->front().key) + "\" undoes it once more" +
      (halves->empty() ? "" : "; what was taken back before that is taken back by " + join(*halves, " and then ")));
}

namespace {

/// `above`: what has undone the runs that led to this one.
Task<Result<std::vector<StoredRun>>> left_to_undo_below(Store& store, RunKey run, std::vector<UndoneTogether> above,
                                                        std::string zone) {
  const auto called = co_await called_by(store.history(), run);
  if (!called) co_return called.error();
  const auto added = co_await add_undone_together(store, run, above);
  if (!added) co_return added.error();
  std::vector<StoredRun> left;
  for (const RunHead& head : *called) {
    if (head.live && head.changes > 0) {
      auto by = co_await undone_with(store, head.key, above);
      if (!by) co_return by.error();
      const auto already = co_await undone_already(store, head.key, std::move(*by), zone);
      if (!already) {
        auto stored = co_await store.history().read_run(head.key);
        if (!stored) co_return stored.error();
        left.push_back(std::move(*stored));
      }
    }
    auto below = co_await left_to_undo_below(store, head.key, above, zone);
    if (!below) co_return below.error();
    std::move(below->begin(), below->end(), std::back_inserter(left));
  }
  co_return left;
}

}  // namespace

Task<Result<std::vector<StoredRun>>> left_to_undo_of_called(Store& store, const StoredRun& run, std::string zone) {
  auto above = co_await undone_above(store, run);
  if (!above) co_return above.error();
  auto left = co_await left_to_undo_below(store, run.head.key, std::move(*above), std::move(zone));
  co_return left;
}

}  // namespace millrace
