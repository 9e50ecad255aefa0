#include <algorithm>
#include <cstdio>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "cli/cli.hpp"
#include "cli/commands.hpp"
#include "cli/drift.hpp"
#include "cli/history.hpp"
#include "cli/input.hpp"
#include "cli/plan_file.hpp"
#include "cli/printable.hpp"
#include "cli/report.hpp"
#include "cli/workbench.hpp"
#include "crypto/digest.hpp"
#include "gate/encode_change.hpp"
#include "gate/planned_changes.hpp"
#include "value/time.hpp"
#include "workflow/connections.hpp"

namespace millrace {

namespace {

int refuse(const Error& error) {
  complain(error);
  return error.code == ErrorCode::limited ? exit_safety : exit_failed;
}

std::string at(const std::string& location) { return location.empty() ? "" : " for " + location; }

/// What to do about a plan that does not fit any more.
std::string anew(const PlanFile& plan) {
  return "make the plan anew with \"millrace plan " + plan.workflow + " --out FILE\"";
}

/// A plan that did not come to its end says nothing about what a run would do.
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

/// The workflow must be the one that was planned, to the letter.
Status same_workflow(const PlanFile& plan, const std::filesystem::path& file) {
  const auto text = read_input(file.string());
  if (!text) return Error{ErrorCode::not_found, "the workflow of this plan is gone: " + text.error().message};
  if (fingerprint(*text) == plan.fingerprint) return Done{};
  return Error{ErrorCode::conflict, plan.path.string() + " was changed after this plan was made: " + anew(plan)};
}

Status same_locations(const PlanFile& plan, const std::vector<std::string>& locations) {
  const bool same =
      std::equal(plan.runs.begin(), plan.runs.end(), locations.begin(), locations.end(),
                 [](const PlannedRun& run, const std::string& location) { return run.location == location; });
  if (same) return Done{};
  return Error{ErrorCode::conflict,
               "the workflow would now run for other locations than those of this plan: " + anew(plan)};
}

void refuse(const Session& session, const PlanFile& plan, const std::vector<std::string>& differences) {
  if (session.json) {
    Value::List list;
    for (const std::string& difference : differences) list.emplace_back(difference);
    Map besides;
    besides.set("differences", std::move(list));
    print_runs(session, plan.workflow, true, {}, besides);
  }
  complain("the world has changed since this plan was made, so nothing was written");
  for (const std::string& difference : differences) std::fprintf(stderr, "  %s\n", printable(difference).c_str());
  std::fprintf(stderr, "%s\n", anew(plan).c_str());
}

/// A run that applied this plan before.
struct Applied {
  RunHead head;
  Timestamp at;
};

/// What became of the plan then, and what can be done now.
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

/// The run that the store has under this name: nothing where there is none.
Result<std::optional<StoredRun>> find_run(Workbench& bench, RunKey key) {
  auto stored = wait_for(bench.loop, bench.store->history().read_run(key));
  if (stored) return std::optional(std::move(*stored));
  if (stored.error().code == ErrorCode::not_found) return std::optional<StoredRun>();
  return stored.error();
}

int refuse(const Session& session, const PlanFile& plan, const std::vector<Applied>& before, const std::string& zone) {
  Value::List list;
  for (const Applied& each : before) {
    list.push_back(Value::object({{"run", render(each.head.key)},
                                  {"location", each.head.location},
                                  {"at", each.at},
                                  {"outcome", name_of(each.head.outcome)}}));
    complain(sentence_on(plan, each, zone));
  }
  if (before.size() < plan.runs.size())
    complain("it did not get to all of its locations: what is left for the others is in a new plan, too");
  Map besides;
  besides.set("applied", std::move(list));
  if (session.json) print_runs(session, plan.workflow, true, {}, besides);
  return exit_failed;
}

/// The runs of this plan that the store has already. A name that another run has is given up: the run gets a new one,
/// and the comparison shows whether that makes a difference.
Result<std::vector<Applied>> applied_before(Workbench& bench, Assignment& assignment) {
  std::vector<Applied> before;
  for (RunOrder& order : assignment.orders) {
    const auto key = parse_run_key(order.id);
    if (!key) continue;
    const auto stored = TRY(find_run(bench, *key));
    if (!stored) continue;
    if (stored->event.source == applied_plan && stored->event.id == order.plan) {
      before.push_back({stored->head, made_at(stored->event.key)});
    } else {
      order.id.clear();
    }
  }
  return before;
}

/// Plans the runs again, in the world of today; anything that is different stops it here.
int compare_with_today(const Session& session, const PlanFile& plan, Workbench& bench, const Assignment& planning) {
  std::vector<RunReport> finished;
  if (const int signal = run_to_end(bench, planning, finished); signal != 0) return 128 + signal;
  std::vector<std::string> differences;
  for (std::size_t i = 0; i < plan.runs.size(); ++i) {
    const PlannedRun today = planned(finished[i]);
    for (const std::string& sentence : drift(plan.runs[i], today)) {
      // Lists name their location themselves.
      const bool told = plan.runs.size() == 1 || sentence.find(today.location) != std::string::npos;
      differences.push_back((told ? "" : today.location + ": ") + sentence);
    }
    if (differences.empty() && today.outcome != plan.runs[i].outcome)
      differences.push_back("the run" + at(today.location) + " would now end as " + today.outcome +
                            (today.why.empty() ? "" : ": " + today.why));
  }
  if (differences.empty()) return exit_done;
  refuse(session, plan, differences);
  return exit_failed;
}

Value::List encode_all(const std::vector<Change>& changes) {
  Value::List list;
  for (const Change& change : changes) list.push_back(encode_change(change));
  return list;
}

/// Whether the error of a run, which is printed anyway, is about this.
bool told(const std::vector<RunReport>& runs, const std::string& what) {
  return std::any_of(runs.begin(), runs.end(), [&what](const RunReport& run) {
    return run.error && run.error->message.find(what) != std::string::npos;
  });
}

/// Somebody else has begun to apply the same plan in this moment.
int beaten(const Session& session, const PlanFile& plan, Workbench& bench, std::vector<RunReport>& finished,
           const std::string& zone) {
  const RunKey first = *finished.back().instead;
  finished.pop_back();
  if (!finished.empty()) print_runs(session, plan.workflow, true, finished);
  const auto stored = find_run(bench, first);
  if (!stored) return refuse(stored.error());
  if (!*stored) return refuse(Error{ErrorCode::conflict, "this plan is being applied by run " + render(first)});
  return refuse(finished.empty() ? session : Session{session.folder, false}, plan,
                {{(*stored)->head, made_at((*stored)->event.key)}}, zone);
}

/// Makes the changes, and names those that are missing in the end.
int make_changes(const Session& session, const PlanFile& plan, Workbench& bench, Assignment live) {
  std::deque<PlannedChanges> only;
  for (std::size_t i = 0; i < plan.runs.size(); ++i) live.orders[i].only = &only.emplace_back(plan.runs[i].changes);
  std::vector<RunReport> finished;
  const std::string zone = live.project->timezone;
  const int signal = run_to_end(bench, std::move(live), finished);
  if (!finished.empty() && finished.back().instead) return beaten(session, plan, bench, finished, zone);

  std::vector<Change> not_made, refused;
  for (const PlannedChanges& one : only) {
    for (Change& change : one.not_made()) not_made.push_back(std::move(change));
    refused.insert(refused.end(), one.refused().begin(), one.refused().end());
  }
  Map besides;
  besides.set("not_made", encode_all(not_made));
  besides.set("not_in_plan", encode_all(refused));
  print_runs(session, plan.workflow, true, finished, besides);
  for (const Change& change : refused) {
    if (!told(finished, change.summary)) complain("not in the plan, and not done: " + change.summary);
  }
  for (const Change& change : not_made) complain("in the plan, and not done: " + change.summary);
  if (signal != 0) return 128 + signal;
  const int code = exit_code_of(finished, false);
  return code == exit_done && !(not_made.empty() && refused.empty()) ? static_cast<int>(exit_failed) : code;
}

Assignment assignment_of(const Session& session, const PlanFile& plan, const Project& project, const Catalog& catalog,
                         std::shared_ptr<const Workflow> workflow) {
  Assignment assignment;
  assignment.workflow = std::move(workflow);
  assignment.session = &session;
  assignment.project = &project;
  assignment.catalog = &catalog;
  assignment.event = plan.event;
  assignment.keep_readings = true;
  // The run's own id and time, so that what is made of them is what the plan says.
  for (const PlannedRun& run : plan.runs) assignment.orders.push_back({run.location, run.id, run.now, nullptr, run.id});
  return assignment;
}

}  // namespace

int apply_command(const Session& session, const std::string& file) {
  const auto plan = load_plan(file);
  if (!plan) return refuse(plan.error());
  if (const auto why = not_applicable(*plan)) return refuse(*why);
  const Catalog catalog = open_catalog(session);
  const auto project = open_project(session);
  if (!project) return exit_cannot_start;
  const std::filesystem::path workflow_file = (session.folder / plan->path).lexically_normal();
  if (const auto same = same_workflow(*plan, workflow_file); !same) return refuse(same.error());
  const OpenedWorkflow opened = open_workflow(session, workflow_file.string(), catalog, *project);
  if (opened.workflow == nullptr) return opened.exit_code;
  const auto locations = locations_of(*opened.workflow, *project, catalog, plan->event, plan->location);
  if (!locations) return refuse(locations.error());
  if (const auto same = same_locations(*plan, *locations); !same) return refuse(same.error());

  Loop loop;
  auto store = open_project_store(session, *project, loop, StoreOptions::Role::guest);
  if (store == nullptr) return exit_cannot_start;
  Workbench bench(loop, session, *project, catalog, plan->as_of, std::move(store));
  if (const int code = check_connections(*opened.workflow, *project, catalog, bench, plan->as_of.has_value());
      code != exit_done)
    return code;
  Assignment assignment = assignment_of(session, *plan, *project, catalog, opened.workflow);
  const auto before = applied_before(bench, assignment);
  if (!before) return refuse(before.error());
  if (!before->empty()) return refuse(session, *plan, *before, project->timezone);
  if (const int code = compare_with_today(session, *plan, bench, assignment); code != exit_done) return code;
  assignment.live = true;
  return make_changes(session, *plan, bench, std::move(assignment));
}

}  // namespace millrace
