#include "rehearsal/apply.hpp"

#include <algorithm>
#include <utility>

#include "base/files.hpp"
#include "crypto/digest.hpp"
#include "gate/planned_changes.hpp"
#include "rehearsal/drift.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

std::string at(const std::string& location) { return location.empty() ? "" : " for " + location; }

/// The run that the store has under this name: nothing where there is none.
Task<Result<std::optional<StoredRun>>> find_run(Store& store, RunKey key) {
  auto stored = co_await store.history().read_run(key);
  if (stored) co_return std::optional(std::move(*stored));
  if (stored.error().code == ErrorCode::not_found) co_return std::optional<StoredRun>();
  co_return stored.error();
}

}  // namespace

std::string anew(const PlanFile& plan) {
  return "make the plan anew with \"millrace plan " + plan.workflow + " --out FILE\"";
}

std::optional<Error> not_applicable(const PlanFile& plan) {
  for (const PlannedRun& run : plan.runs) {
    if (run.applicable()) continue;
    const bool safety = run.outcome == name_of(RunOutcome::stopped_by_safety);
    const std::string why = run.why.empty() ? "the planned run ended as " + run.outcome : run.why;
    return Error{safety ? ErrorCode::limited : ErrorCode::conflict,
                 "this plan cannot be applied" + at(run.location) + ": " + why};
  }
  return std::nullopt;
}

Result<std::filesystem::path> file_of(const PlanFile& plan, const std::filesystem::path& folder) {
  const std::filesystem::path file = (folder / plan.path).lexically_normal();
  const std::filesystem::path inside = beneath(folder, file);
  if (!plan.path.is_absolute() && !inside.empty() && inside.is_relative()) return file;
  return Error{ErrorCode::denied, "the workflow of this plan, " + plan.path.string() +
                                      ", lies outside of the project: put it there and make the plan anew"};
}

Status same_workflow(const PlanFile& plan, const std::filesystem::path& file) {
  const auto text = read_input(file.string());
  if (!text) return Error{ErrorCode::not_found, "the workflow of this plan is gone: " + text.error().message};
  if (fingerprint(*text) == plan.fingerprint) return Done{};
  return Error{ErrorCode::conflict, plan.path.string() + " was changed after this plan was made: " + anew(plan)};
}

Status same_store(const PlanFile& plan, const std::filesystem::path& store) {
  if (plan.store.empty() || plan.store == store) return Done{};
  return Error{ErrorCode::conflict, "this plan was made when the project's store was " + plan.store.string() +
                                        ", and " + store.string() +
                                        " does not know whether it was applied: " + anew(plan)};
}

Status same_locations(const PlanFile& plan, const std::vector<std::string>& locations) {
  const bool same =
      std::equal(plan.runs.begin(), plan.runs.end(), locations.begin(), locations.end(),
                 [](const PlannedRun& run, const std::string& location) { return run.location == location; });
  if (same) return Done{};
  return Error{ErrorCode::conflict,
               "the workflow would now run for other locations than those of this plan: " + anew(plan)};
}

Assignment assignment_of(const PlanFile& plan, std::shared_ptr<const Workflow> workflow) {
  Assignment assignment;
  assignment.workflow = std::move(workflow);
  assignment.event = plan.event;
  assignment.delivery = plan.delivery;
  assignment.keep_readings = true;
  for (const PlannedRun& run : plan.runs) assignment.orders.push_back({run.location, run.id, run.now, {}, run.id});
  return assignment;
}

void hold_to(const PlanFile& plan, Assignment& assignment) {
  for (std::size_t i = 0; i < plan.runs.size(); ++i)
    assignment.orders[i].only = std::make_shared<PlannedChanges>(plan.runs[i].changes);
}

ChangesLeft changes_left(const std::vector<RunOrder>& held, const std::vector<RunReport>& finished) {
  ChangesLeft left;
  for (std::size_t i = 0; i < held.size(); ++i) {
    const bool waits = i < finished.size() && finished[i].outcome == RunOutcome::waiting;
    for (Change& change : held[i].only->not_made()) (waits ? left.waiting : left.not_made).push_back(std::move(change));
  }
  return left;
}

Task<Result<std::vector<Applied>>> applied_before(Store& store, Assignment& assignment) {
  std::vector<Applied> before;
  for (RunOrder& order : assignment.orders) {
    const auto key = parse_run_key(order.id);
    if (!key) continue;
    const auto found = co_await find_run(store, *key);
    if (!found) co_return found.error();
    const std::optional<StoredRun>& stored = *found;
    if (!stored) continue;
    if (stored->event.source == applied_plan && stored->event.id == order.plan) {
      before.push_back({stored->head, made_at(stored->event.key)});
    } else {
      order.id.clear();
    }
  }
  co_return before;
}

Task<Result<Applied>> applied_by(Store& store, RunKey run) {
  const auto found = co_await find_run(store, run);
  if (!found) co_return found.error();
  if (!*found) co_return Error{ErrorCode::conflict, "this plan is being applied by run " + render(run)};
  const StoredRun& stored = **found;
  Applied applied{stored.head, made_at(stored.event.key)};
  co_return applied;
}

std::string sentence_on(const PlanFile& plan, const Applied& before, const std::string& zone) {
  const std::string run = render(before.head.key);
  std::string text =
      "this plan was applied" + at(before.head.location) + " at " + render_in(zone, before.at) + " by run " + run;
  const std::string note = before.head.note.empty() ? "" : ": " + before.head.note;
  switch (before.head.outcome) {
    case RunOutcome::completed:
    case RunOutcome::skipped:
      return text + ", and a plan is applied once; " + anew(plan);
    case RunOutcome::running:
      return text + ", which is under way or was broken off; \"millrace runs show " + run + "\" says what it did; " +
             anew(plan);
    case RunOutcome::waiting:
      return text + ", which waits to go on; \"millrace runs show " + run + "\" says for what";
    case RunOutcome::parked:
      return text + ", which is parked" + note + "; when \"millrace runs resolve " + run + "\" has settled it, " +
             anew(plan);
    case RunOutcome::failed:
    case RunOutcome::stopped_by_safety:
    case RunOutcome::cancelled:
      return text + ", which ended as " + std::string(name_of(before.head.outcome)) + note + "; \"millrace runs show " +
             run + "\" says what it did, and for what is left " + anew(plan);
  }
  return text;
}

CallCounts reads_to_apply(const PlanFile& plan) {
  CallCounts counts;
  for (const PlannedRun& run : plan.runs) {
    for (const Reading& reading : run.readings) {
      if (!reading.connection.empty()) add_calls(counts, {{reading.connection, reading.location, 2, 0}});
    }
  }
  return counts;
}

std::optional<Error> broken_off(const PlanFile& plan, const std::vector<RunReport>& today) {
  const auto of_its_way = [](ErrorCode code) {
    return code == ErrorCode::unavailable || code == ErrorCode::timeout || code == ErrorCode::denied ||
           code == ErrorCode::unconnected;
  };
  for (const RunReport& run : today) {
    if (run.outcome != RunOutcome::failed || !run.error || !of_its_way(run.error->code)) continue;
    return Error{ErrorCode::conflict, "the plan could not be made once more" + at(run.location) +
                                          ", so nothing was written: " + run.error->message +
                                          "; apply it again when that is over, or " + anew(plan)};
  }
  return std::nullopt;
}

std::vector<std::string> differences(const PlanFile& plan, std::vector<RunReport>& today) {
  std::vector<std::string> found;
  for (std::size_t i = 0; i < plan.runs.size(); ++i) {
    const PlannedRun now = planned(today[i]);
    for (const std::string& sentence : drift(plan.runs[i], now)) {
      // Lists name their location themselves.
      const bool told = plan.runs.size() == 1 || sentence.find(now.location) != std::string::npos;
      found.push_back((told ? "" : now.location + ": ") + sentence);
    }
    if (found.empty() && now.outcome != plan.runs[i].outcome)
      found.push_back("the run" + at(now.location) + " would now end as " + now.outcome +
                      (now.why.empty() ? "" : ": " + now.why));
  }
  return found;
}

}  // namespace millrace
