#include <sys/random.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "base/text.hpp"
#include "cli/cli.hpp"
#include "cli/commands.hpp"
#include "cli/input.hpp"
#include "cli/report.hpp"
#include "cli/trace.hpp"
#include "runtime/clocks.hpp"
#include "value/json.hpp"
#include "value/time.hpp"
#include "workflow/connections.hpp"

namespace millrace {

namespace {

/// Sorts by the time it was made, and no two are alike.
std::string new_run_id() {
  std::uint64_t random = 0;
  if (getrandom(&random, sizeof random, 0) != sizeof random) random = static_cast<std::uint64_t>(getpid());
  const Timestamp now = now_utc();
  char id[40];
  std::snprintf(id, sizeof id, "%011llx%016llx",
                static_cast<unsigned long long>(now.seconds * 1000 + now.nanos / 1'000'000),
                static_cast<unsigned long long>(random));
  return id;
}

/// An event that its trigger could not give is a mistake. What a trigger gives besides is left to the expressions.
Status fits_trigger(const Value& event, const Workflow& workflow, const Catalog& catalog) {
  if (workflow.triggers.size() != 1) return Done{};
  const Trigger* trigger = catalog.find_trigger(workflow.triggers.front().name);
  if (trigger == nullptr || trigger->event == nullptr) return Done{};
  for (const ShapeProblem& problem : trigger->event->check(event)) {
    if (problem.at_key) continue;
    const std::string place = problem.pointer.empty() ? "" : " at " + problem.pointer.substr(1);
    return Error{ErrorCode::invalid, "this is no event of " + trigger->name + place + ": " + problem.message};
  }
  return Done{};
}

/// The event of the run, and where it came from when the user did not say.
Result<Value> event_of(const RunOptions& options, const Workflow& workflow, const Catalog& catalog, std::string& said) {
  if (!options.event_file.empty()) {
    Value event = TRY(read_json_input(options.event_file, "the event"));
    TRY(fits_trigger(event, workflow, catalog));
    return event;
  }
  for (const TriggerSpec& spec : workflow.triggers) {
    const Trigger* trigger = catalog.find_trigger(spec.name);
    if (trigger == nullptr || trigger->examples.empty()) continue;
    said = "no --event was given, so this uses the example of " + trigger->name + ": " +
           encode_json(trigger->examples.front().output);
    return trigger->examples.front().output;
  }
  return Value(Map());
}

/// Everything a run works with. Made at once, used at once: the files and sockets behind it open when they are first
/// needed.
struct Workbench {
  Workbench(const Session& session, const Project& project, const Catalog& catalog,
            const std::optional<Timestamp>& as_of)
      : secrets(open_secrets(session.folder)),
        client(open_http_client(loop)),
        state(open_sqlite_state_store(loop, (session.folder / store_path(project)).string())),
        border(open_border(loop, project, catalog, *secrets, *client, *state, said_of_us())),
        plugins(open_plugin_host(loop, project.trust)),
        journal(open_memory_journal()),
        clock(as_of ? open_clock_from(*as_of) : open_system_clock()) {}

  static BorderOptions said_of_us() {
    BorderOptions options;
    options.version = MILLRACE_VERSION;
    return options;
  }

  static std::string store_path(const Project& project) {
    constexpr std::string_view prefix = "sqlite:";
    return project.store.starts_with(prefix) ? project.store.substr(prefix.size()) : project.store;
  }

  Loop loop;
  std::unique_ptr<Secrets> secrets;
  std::unique_ptr<HttpClient> client;
  std::unique_ptr<StateStore> state;
  std::unique_ptr<Border> border;
  std::unique_ptr<PluginHost> plugins;
  std::unique_ptr<Journal> journal;
  std::unique_ptr<Clock> clock;
};

/// The connections that the workflow's steps use must be there with their secrets before anything begins.
int check_connections(const Workflow& workflow, const Project& project, const Catalog& catalog, Workbench& bench,
                      bool as_of) {
  int exit_code = exit_done;
  each_action(workflow, [&](const ActionStep& step) {
    const Action* action = catalog.find_action(step.action);
    if (action == nullptr || exit_code != exit_done) return;
    const auto connection = connection_of(*action, step.connection, project, catalog);
    if (!connection) {
      complain(connection.error());
      exit_code = exit_cannot_start;
      return;
    }
    if (*connection == nullptr) return;
    for (const std::string& handle : {(*connection)->token, (*connection)->base_url}) {
      if (!handle.starts_with("secret:")) continue;
      const auto secret = bench.secrets->find(handle);
      if (secret) continue;
      complain(secret.error().within("connection \"" + (*connection)->name + "\""));
      exit_code = exit_cannot_start;
      return;
    }
    const std::string& url = (*connection)->base_url;
    const bool loopback = url.find("://127.") != std::string::npos || url.find("://localhost") != std::string::npos ||
                          url.find("://[::1]") != std::string::npos;
    if (as_of && !loopback) {
      complain("--as-of works against loopback connections only, and \"" + (*connection)->name + "\" is " + url);
      exit_code = exit_cannot_start;
    }
  });
  return exit_code;
}

struct Assignment {
  std::shared_ptr<const Workflow> workflow;
  const Session* session;
  const Project* project;
  const Catalog* catalog;
  std::vector<std::string> locations;
  Value event;
  bool live;
  Witness* witness;
  OffSwitch* off_switch;
};

/// One run after the other: they share the far side's limits, and a reader follows one at a time.
Task<void> run_all(Workbench& bench, Assignment assignment, std::vector<FinishedRun>& finished) {
  for (const std::string& location : assignment.locations) {
    GateRules rules;
    rules.max_changes = assignment.workflow->safety.max_changes;
    rules.max_percent = assignment.workflow->safety.max_percent;
    rules.output_folder = assignment.session->folder / "output";
    const auto gate = assignment.live ? open_live_gate(*bench.border, rules) : open_planning_gate(*bench.border, rules);
    World world{bench.loop, *assignment.project, *assignment.catalog, *bench.plugins, *bench.journal, *bench.clock};
    RunRequest request;
    request.workflow = assignment.workflow;
    request.id = new_run_id();
    request.location = location;
    request.zone = assignment.project->timezone;
    request.event = assignment.event;
    request.witness = assignment.witness;
    request.off_switch = assignment.off_switch;
    RunReport report = co_await carry_out(world, *gate, std::move(request));
    finished.push_back({std::move(report), gate->record()});
    if (assignment.off_switch->pressed()) co_return;
  }
}

int exit_code_of(const std::vector<FinishedRun>& runs, bool detailed) {
  int code = exit_done;
  bool changes = false;
  for (const FinishedRun& run : runs) {
    changes = changes || !run.record.changes.empty();
    const RunOutcome outcome = outcome_of(run);
    if (outcome == RunOutcome::failed || outcome == RunOutcome::parked) return exit_failed;
    if (outcome == RunOutcome::stopped_by_safety) code = exit_safety;
  }
  return code == exit_done && detailed && changes ? static_cast<int>(exit_changes) : code;
}

void print(const Session& session, const RunOptions& options, const Workflow& workflow,
           const std::vector<FinishedRun>& runs) {
  if (session.json) {
    std::printf("%s\n", encode_json(encode_runs(workflow.id, options.live, runs), JsonStyle::indented).c_str());
  } else {
    const bool colours = isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr;
    std::fputs(render_runs(workflow.id, options.live, runs, colours).c_str(), stdout);
  }
  for (const FinishedRun& run : runs) {
    if (run.report.error && run.report.outcome != RunOutcome::skipped)
      complain(*run.report.error);
    else if (run.record.limit)
      complain(*run.record.limit);
  }
}

int carry_out_command(const Session& session, const RunOptions& options) {
  const Catalog catalog = open_catalog(session);
  const auto project = open_project(session);
  if (!project) return exit_cannot_start;
  const OpenedWorkflow opened = open_workflow(session, options.workflow, catalog, *project);
  if (opened.workflow == nullptr) return opened.exit_code;
  std::optional<Timestamp> as_of;
  if (!options.as_of.empty()) {
    const auto time = parse_timestamp(options.as_of);
    if (!time) {
      complain(time.error().within("--as-of"));
      return exit_usage;
    }
    as_of = *time;
  }
  std::string said;
  auto event = event_of(options, *opened.workflow, catalog, said);
  if (!event) {
    complain(event.error());
    return exit_failed;
  }
  if (!said.empty()) std::fprintf(stderr, "note: %s\n", said.c_str());
  auto locations = locations_of(*opened.workflow, *project, catalog, *event);
  if (!locations) {
    complain(locations.error());
    return exit_failed;
  }
  Workbench bench(session, *project, catalog, as_of);
  if (const int code = check_connections(*opened.workflow, *project, catalog, bench, as_of.has_value());
      code != exit_done)
    return code;
  Trace trace;
  OffSwitch off_switch;
  int signal = 0;
  bench.loop.on_signal([&off_switch, &signal](int number) {
    if (off_switch.pressed()) _exit(128 + number);  // asked twice: at once
    signal = number;
    off_switch.press();
  });
  std::vector<FinishedRun> finished;
  Assignment assignment{opened.workflow,
                        &session,
                        &*project,
                        &catalog,
                        std::move(*locations),
                        std::move(*event),
                        options.live,
                        options.trace ? &trace : nullptr,
                        &off_switch};
  bench.loop.run(run_all(bench, std::move(assignment), finished));
  print(session, options, *opened.workflow, finished);
  return signal != 0 ? 128 + signal : exit_code_of(finished, options.detailed_exit_code);
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
