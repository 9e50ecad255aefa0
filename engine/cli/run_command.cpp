#include <cstdio>
#include <filesystem>
#include <utility>

#include "cli/call_report.hpp"
#include "cli/cli.hpp"
#include "cli/commands.hpp"
#include "cli/history.hpp"
#include "cli/input.hpp"
#include "cli/report.hpp"
#include "cli/trace.hpp"
#include "crypto/digest.hpp"
#include "host/host.hpp"
#include "host/project_key.hpp"
#include "rehearsal/given_event.hpp"
#include "rehearsal/plan_file.hpp"
#include "secret/redacted.hpp"
#include "value/json.hpp"
#include "value/time.hpp"
#include "workflow/connections.hpp"

namespace millrace {

namespace {

/// The event of the run, and where it came from when the user did not say.
Result<Value> event_of(const RunOptions& options, const Workflow& workflow, const Catalog& catalog, std::string& said) {
  if (!options.event_file.empty()) {
    Value event = TRY(read_json_input(options.event_file, "the event"));
    TRY(fits_trigger(event, workflow, catalog));
    return event;
  }
  const Trigger* trigger = trigger_with_example(workflow, catalog);
  if (trigger == nullptr) return Value(Map());
  said = "no --event was given, so this uses the example of " + trigger->name + ": " +
         encode_json(trigger->examples.front().output);
  return trigger->examples.front().output;
}

/// How the event came; null where the user does not say.
Result<Value> delivery_of(const RunOptions& options, const Workflow& workflow) {
  if (options.delivery_file.empty()) return Value();
  const Value said = TRY(read_json_input(options.delivery_file, "the delivery"));
  auto facts = delivery_to(workflow, said);
  if (!facts) return facts.error().within("the delivery in " + options.delivery_file);
  return facts;
}

/// Writes the plan into a file, and says what can be done with it.
Status keep_plan(PlanFile plan, std::vector<RunReport>& finished, const Session& session, const std::string& file) {
  plan.fingerprint = fingerprint(TRY(read_input(plan.path.string())));
  plan.path = beneath(session.folder, plan.path);
  bool applicable = true;
  for (RunReport& run : finished) {
    plan.runs.push_back(planned(run));
    applicable = applicable && plan.runs.back().applicable();
  }
  TRY(save_plan(std::move(plan), file, TRY(open_project_key(session.folder, plan_key))));
  const char* use = applicable ? "\"millrace apply\" does it" : "it cannot be applied as it is";
  tell("note: the plan is in " + file + "; " + use);
  return Done{};
}

void print_with_costs(const Session& session, const std::string& workflow, bool live,
                      const std::vector<RunReport>& finished, const Courier& courier) {
  const auto costs = costs_of(finished, courier);
  print_runs(session, workflow, live, finished, encode_costs(costs, finished, live));
  if (!live && !session.json) print_rows(render_costs(costs, finished));
}

int carry_out_command(const Session& session, const RunOptions& options) {
  const Catalog catalog = open_catalog(session);
  const auto project = open_project(session);
  if (!project) return exit_cannot_start;
  const OpenedWorkflow opened = open_workflow(session, options.workflow, catalog, *project);
  if (opened.workflow == nullptr) return opened.exit_code;
  const auto as_of = read_as_of(options.as_of);
  if (!as_of) {
    complain(as_of.error());
    return exit_usage;
  }
  std::string said;
  auto event = event_of(options, *opened.workflow, catalog, said);
  if (!event) {
    complain(event.error());
    return exit_failed;
  }
  if (!said.empty()) tell("note: " + said);
  auto delivery = delivery_of(options, *opened.workflow);
  if (!delivery) {
    complain(delivery.error());
    return exit_failed;
  }
  auto locations = locations_of(*opened.workflow, *project, catalog, *event, options.location);
  if (!locations) {
    complain(locations.error());
    return options.location.empty() ? exit_failed : exit_usage;
  }
  const StoreOptions::Role role = options.live ? StoreOptions::Role::guest : StoreOptions::Role::reader;
  const auto host = open_host(session.folder, *project, catalog, role, options.live ? std::nullopt : *as_of);
  if (!host) return complain(host.error()), exit_cannot_start;
  if (const auto ready = connections_ready(**host, *opened.workflow, as_of->has_value()); !ready)
    return complain(ready.error()), exit_cannot_start;
  if (const auto recalled = recall_days(**host); !recalled) return complain(recalled.error()), exit_cannot_start;
  if (options.live && !may_begin_today(**host, *opened.workflow, *locations, options.yes)) return exit_failed;
  if (options.live && !note_act((*host)->loop, *(*host)->store, {"run", opened.workflow->id, options.location}))
    return exit_cannot_start;
  *event = redacted(*(*host)->secrets, *event);
  *delivery = redacted(*(*host)->secrets, *delivery);
  Trace trace;
  Witness* witness = options.trace ? &trace : nullptr;
  Assignment assignment{opened.workflow, {}, *event, *delivery, options.live, !options.out.empty(), witness};
  for (std::string& location : *locations) assignment.orders.push_back({std::move(location), "", *as_of});
  std::vector<RunReport> finished;
  const int signal = run_to_end(**host, std::move(assignment), finished);
  print_with_costs(session, opened.workflow->id, options.live, finished, *(*host)->courier);
  if (signal != 0) return 128 + signal;
  if (!options.live) keep_planned(**host, opened.workflow->id, finished);
  if (!options.out.empty()) {
    const auto store = beneath(session.folder, store_file(session.folder, *project));
    PlanFile plan = {opened.workflow->id, opened.file, "", *event, *delivery, *as_of, store, options.location, {}};
    const auto kept = keep_plan(std::move(plan), finished, session, options.out);
    if (!kept) {
      complain(kept.error());
      return exit_failed;
    }
  }
  return exit_code_of(finished, options.detailed_exit_code);
}

}  // namespace

int plan_command(const Session& session, const RunOptions& options) {
  RunOptions dry = options;
  dry.live = false;
  return carry_out_command(session, dry);
}

int run_command(const Session& session, const RunOptions& options) {
  if (!options.live && !session.json) std::fputs("note: this is a dry run; --live really does it\n", stderr);
  return carry_out_command(session, options);
}

}  // namespace millrace
