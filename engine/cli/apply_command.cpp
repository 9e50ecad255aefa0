#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "cli/call_report.hpp"
#include "cli/cli.hpp"
#include "cli/commands.hpp"
#include "cli/history.hpp"
#include "cli/report.hpp"
#include "gate/encode_change.hpp"
#include "gate/planned_changes.hpp"
#include "host/host.hpp"
#include "host/project_key.hpp"
#include "rehearsal/apply.hpp"
#include "workflow/connections.hpp"

namespace millrace {

namespace {

int refuse(const Error& error) {
  complain(error);
  return error.code == ErrorCode::limited ? exit_safety : exit_failed;
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
  for (const std::string& difference : differences) tell("  " + difference);
  tell(anew(plan));
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

/// Plans the runs again, in the world of today; anything that is different stops it here.
int compare_with_today(const Session& session, const PlanFile& plan, Host& host, const Assignment& planning,
                       bool agreed) {
  const auto reads = costs_of(reads_to_apply(plan), *host.courier);
  if (!may_begin_today(reads, agreed)) return exit_failed;
  agreed = agreed || !too_many_for_today(reads).empty();  // somebody has said so
  std::vector<RunReport> today;
  if (const int signal = run_to_end(host, planning, today); signal != 0) return 128 + signal;
  if (const auto why = broken_off(plan, today)) {
    Map besides;
    besides.set("error", why->message);
    if (session.json) print_runs(session, plan.workflow, true, {}, besides);
    return refuse(*why);
  }
  const std::vector<std::string> different = differences(plan, today);
  if (different.empty())
    return may_begin_today(costs_of(today, *host.courier), agreed) ? exit_done : static_cast<int>(exit_failed);
  refuse(session, plan, different);
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
int beaten(const Session& session, const PlanFile& plan, Host& host, std::vector<RunReport>& finished) {
  const RunKey first = *finished.back().instead;
  finished.pop_back();
  if (!finished.empty()) print_runs(session, plan.workflow, true, finished);
  const auto by = wait_for(host.loop, applied_by(*host.store, first));
  if (!by) return refuse(by.error());
  return refuse(finished.empty() ? session : Session{session.folder, false}, plan, {*by}, host.project.timezone);
}

/// Makes the changes, and names those that are missing in the end. What is left to a run that waits comes with it.
int make_changes(const Session& session, const PlanFile& plan, Host& host, Assignment live) {
  hold_to(plan, live);
  const std::vector<RunOrder> orders = live.orders;
  std::vector<RunReport> finished;
  const int signal = run_to_end(host, std::move(live), finished);
  if (!finished.empty() && finished.back().instead) return beaten(session, plan, host, finished);

  const auto [not_made, waiting] = changes_left(orders, finished);
  std::vector<Change> refused;
  for (const RunOrder& order : orders)
    refused.insert(refused.end(), order.only->refused().begin(), order.only->refused().end());
  Map besides;
  besides.set("not_made", encode_all(not_made));
  besides.set("waiting", encode_all(waiting));
  besides.set("not_in_plan", encode_all(refused));
  for (auto& [name, value] : encode_costs(costs_of(finished, *host.courier), finished, true)) besides.set(name, value);
  print_runs(session, plan.workflow, true, finished, besides);
  for (const Change& change : refused) {
    if (!told(finished, change.summary)) complain("not in the plan, and not done: " + change.summary);
  }
  for (const Change& change : not_made) complain("in the plan, and not done: " + change.summary);
  for (const Change& change : waiting) tell("in the plan, and waits for the approval: " + change.summary);
  if (signal != 0) return 128 + signal;
  const int code = exit_code_of(finished, false);
  return (code == exit_done || code == exit_waits) && !(not_made.empty() && refused.empty())
             ? static_cast<int>(exit_failed)
             : code;
}

}  // namespace

int apply_command(const Session& session, const std::string& file, bool agreed) {
  const auto key = open_project_key(session.folder, plan_key);
  if (!key) return refuse(key.error());
  const auto plan = load_plan(file, *key);
  if (!plan) return refuse(plan.error());
  if (const auto why = not_applicable(*plan)) return refuse(*why);
  const Catalog catalog = open_catalog(session);
  const auto project = open_project(session);
  if (!project) return exit_cannot_start;
  const auto store = beneath(session.folder, store_file(session.folder, *project));
  if (const auto same = same_store(*plan, store); !same) return refuse(same.error());
  const auto workflow_file = file_of(*plan, session.folder);
  if (!workflow_file) return refuse(workflow_file.error());
  if (const auto same = same_workflow(*plan, *workflow_file); !same) return refuse(same.error());
  const OpenedWorkflow opened = open_workflow(session, workflow_file->string(), catalog, *project);
  if (opened.workflow == nullptr) return opened.exit_code;
  const auto locations = locations_of(*opened.workflow, *project, catalog, plan->event, plan->location);
  if (!locations) return refuse(locations.error());
  if (const auto same = same_locations(*plan, *locations); !same) return refuse(same.error());

  const auto host = open_host(session.folder, *project, catalog, StoreOptions::Role::guest, std::nullopt);
  if (!host) return complain(host.error()), exit_cannot_start;
  if (const auto ready = connections_ready(**host, *opened.workflow, plan->as_of.has_value()); !ready)
    return complain(ready.error()), exit_cannot_start;
  if (const auto recalled = recall_days(**host); !recalled) return complain(recalled.error()), exit_cannot_start;
  Assignment assignment = assignment_of(*plan, opened.workflow);
  const auto before = wait_for((*host)->loop, applied_before(*(*host)->store, assignment));
  if (!before) return refuse(before.error());
  if (!before->empty()) return refuse(session, *plan, *before, project->timezone);
  if (const int code = compare_with_today(session, *plan, **host, assignment, agreed); code != exit_done) return code;
  if (!note_act((*host)->loop, *(*host)->store, {"apply", plan->workflow, file})) return exit_cannot_start;
  assignment.live = true;
  return make_changes(session, *plan, **host, std::move(assignment));
}

}  // namespace millrace
