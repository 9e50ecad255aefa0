#include "rehearsal/prepared_undo.hpp"

#include <utility>

#include "crypto/digest.hpp"
#include "gate/encode_change.hpp"
#include "value/json.hpp"
#include "value/list_of.hpp"
#include "value/or_null.hpp"
#include "workflow/load.hpp"
#include "workflow/reach.hpp"

namespace millrace {
namespace {

Error not_kept(const Error& missing) {
  if (missing.code != ErrorCode::not_found) return missing;
  return {ErrorCode::not_found, missing.message +
                                    ": a dry run of \"millrace run\" or \"millrace plan\" is not kept, and has changed "
                                    "nothing"};
}

/// Runs that are undone together: one, and those that it has called.
struct Together {
  std::vector<StoredRun> runs;  ///< the caller first
  std::vector<RunKey> called;
  std::vector<std::string> left_out;  ///< what others of them did, and why it stays, in sentences
};

Task<Result<Together>> together_with(UndoWorld world, StoredRun run) {
  auto called = co_await left_to_undo_of_called(world.store, run, world.project.timezone);
  if (!called) co_return called.error();
  Together together;
  together.runs.push_back(std::move(run));
  for (StoredRun& each : *called) {
    if (const auto why = not_undoable(each)) {
      together.left_out.push_back("what " + each.head.workflow + " did, which it called, stays: " + why->message);
      continue;
    }
    together.called.push_back(each.head.key);
    together.runs.push_back(std::move(each));
  }
  co_return together;
}

Error nothing_changed(RunKey run, const Together& together) {
  std::string why = "run " + render(run) + " changed nothing";
  why += together.left_out.empty() ? ", so there is nothing to undo" : " itself";
  for (const std::string& each : together.left_out) why += "; " + each;
  return {ErrorCode::conflict, std::move(why)};
}

/// What they have changed, each at its own location.
std::vector<MadeChange> changes_of(const std::vector<StoredRun>& runs, const UndoWorld& world) {
  std::vector<LoadedWorkflow> began;
  for (const StoredRun& run : runs) began.push_back(load_version(run.head.workflow, run.text, world.catalog));
  std::vector<PastRun> past;
  for (std::size_t i = 0; i < began.size(); ++i)
    past.push_back({&runs[i], began[i].workflow ? &*began[i].workflow : nullptr});
  return changes_in(past, world.catalog, world.project);
}

/// What these tries to undo a run have changed, but for those that were undone themselves.
Task<Result<std::vector<MadeChange>>> changes_standing(UndoWorld world, std::vector<RunHead> tries) {
  std::vector<StoredRun> runs;
  for (const RunHead& each : tries) {
    const auto undone = co_await undone_by(world.store, each.key);
    if (!undone) co_return undone.error();
    if (each.changes == 0 || !undone->empty()) continue;
    auto stored = co_await world.store.history().read_run(each.key);
    if (!stored) co_return stored.error();
    runs.push_back(std::move(*stored));
  }
  co_return changes_of(runs, world);
}

/// Makes the workflow of what is to be done. The error is a finding of `check`: the plugins or connections of today do
/// not fit it.
Status make_workflow(PreparedUndo& prepared, const std::vector<RunKey>& called, const UndoWorld& world) {
  if (prepared.undo.reversals.empty()) return Done{};
  UndoWorkflow made = workflow_of(prepared.undo, prepared.undone, called);
  auto source = std::make_shared<const SourceText>(SourceText{made.id + ".yaml", std::move(made.text)});
  LoadedWorkflow loaded = load_and_check(std::move(source), world.catalog, &world.project);
  if (!loaded.workflow) {
    return Error{ErrorCode::conflict, "what undoes it does not fit millrace.yaml and the plugins of today: " +
                                          (loaded.findings.empty() ? "" : loaded.findings.front().message)};
  }
  prepared.workflow = std::make_shared<const Workflow>(std::move(*loaded.workflow));
  prepared.event = std::move(made.event);
  return Done{};
}

}  // namespace

Task<Result<PreparedUndo>> prepare_undo(UndoWorld world, RunKey run) {
  auto stored = co_await world.store.history().read_run(run);
  if (!stored) co_return not_kept(stored.error());
  if (const auto why = not_undoable(*stored)) co_return *why;
  const auto by = co_await undone_by(world.store, run);
  if (!by) co_return by.error();
  auto by_any = co_await undone_at_all(world.store, *stored);
  if (!by_any) co_return by_any.error();
  const auto already = co_await undone_already(world.store, run, *by_any, world.project.timezone);
  if (already) co_return *already;
  auto before = co_await changes_standing(world, std::move(*by_any));
  if (!before) co_return before.error();

  PreparedUndo prepared;
  prepared.undone = stored->head;
  prepared.tries = by->size();
  const auto together = co_await together_with(world, std::move(*stored));
  if (!together) co_return together.error();
  auto changes = changes_of(together->runs, world);
  if (changes.empty()) co_return nothing_changed(run, *together);
  GateRules rules;
  rules.bounds = bounds_on(Workflow(), &world.project);  // the undo's own workflow says none
  const auto gate = open_reading_gate(world.courier, world.store.states(), "an undo", std::move(rules));
  const Timestamp now = world.clock.now();
  auto undo = co_await undo_of(std::move(changes), std::move(*before), *gate, world.catalog, world.project, now);
  if (!undo) co_return undo.error().within("it cannot be looked at what there is now, so nothing was undone");
  prepared.undo = std::move(*undo);
  for (const std::string& each : together->left_out) prepared.undo.not_undone.push_back(each);
  const auto made = make_workflow(prepared, together->called, world);
  if (!made) co_return made.error();
  co_return prepared;
}

Assignment assignment_of(const PreparedUndo& prepared, bool live) {
  Assignment assignment{prepared.workflow, {}, prepared.event};
  assignment.live = live;
  assignment.trigger = undo_source;
  assignment.of_project = false;
  RunOrder order;
  order.location = prepared.undone.location;
  order.plan = render(prepared.undone.key) + (prepared.tries == 0 ? "" : "/" + std::to_string(prepared.tries + 1));
  order.source = undo_source;
  assignment.orders.push_back(std::move(order));
  return assignment;
}

std::string fingerprint_of(const PreparedUndo& prepared) {
  if (prepared.workflow == nullptr) return "";
  return fingerprint(encode_json(Value::object({{"event", prepared.event},
                                                {"cannot_be_restored", list_of(prepared.undo.not_undone)},
                                                {"left_alone", list_of(prepared.undo.left_alone)}})));
}

Value encode_undo_plan(const PreparedUndo& prepared, const std::vector<RunReport>& planned) {
  Value::List changes;
  Value error;
  for (const RunReport& run : planned) {
    for (const Change& change : run.record.changes) changes.push_back(encode_change(change));
    if (run.error) error = failure_value(*run.error);
  }
  return Value::object({{"undoes", render(prepared.undone.key)},
                        {"plan", text_or_null(fingerprint_of(prepared))},
                        {"mode", "dry_run"},
                        {"changes", Value(std::move(changes))},
                        {"cannot_be_restored", list_of(prepared.undo.not_undone)},
                        {"left_alone", list_of(prepared.undo.left_alone)},
                        {"error", error}});
}

}  // namespace millrace
