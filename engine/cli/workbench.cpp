#include "cli/workbench.hpp"

#include <unistd.h>

#include <utility>

#include "cli/cli.hpp"
#include "crypto/digest.hpp"
#include "runtime/clocks.hpp"
#include "service/records.hpp"
#include "value/time.hpp"
#include "workflow/connections.hpp"
#include "workflow/list.hpp"
#include "workflow/safety.hpp"

namespace millrace {

namespace {

BorderOptions border_options(std::map<std::string, std::string>& tokens) {
  BorderOptions options;
  options.version = MILLRACE_VERSION;
  options.on_token = [&tokens](const std::string& connection, const std::string& problem) {
    tokens[connection] = problem;
  };
  return options;
}

/// The gates of runs in the foreground, and the workflows that they call.
class Foreground final : public Gates, public Callees {
 public:
  Foreground(Workbench& bench, const Assignment& assignment, const RunOrder& order, Journal& journal, Clock& clock)
      : bench_(bench), assignment_(assignment), order_(order), journal_(journal), clock_(clock) {}

  std::unique_ptr<Gate> open(const Workflow& workflow, bool live, Ledger& ledger) override {
    GateRules rules;
    rules.limits = limits_of(workflow, *assignment_.catalog);
    rules.output_folder = assignment_.session->folder / "output";
    rules.only = order_.only;
    rules.keep_readings = assignment_.keep_readings;
    rules.ledger = live ? &ledger : nullptr;
    return live ? open_live_gate(*bench_.border, rules) : open_planning_gate(*bench_.border, rules);
  }

  Task<Result<Value>> call(CallOrder) override;

  World world() {
    return {bench_.loop, *assignment_.project, *assignment_.catalog, *bench_.plugins, journal_, clock_, *this, *this};
  }

 private:
  Workbench& bench_;
  const Assignment& assignment_;
  const RunOrder& order_;
  Journal& journal_;
  Clock& clock_;
};

/// How a run is written down: the event that it is for, and the text of its workflow.
Entry beginning_of(const RunRequest& request, const std::string& source, const std::string& id, Timestamp now) {
  Entry beginning;
  beginning.events.push_back({request.head.event, source, id, now, request.event, request.chain});
  beginning.versions.push_back({request.workflow->id, request.head.version, request.workflow->source->text});
  return beginning;
}

/// Its names are made of the real time: a time that the run is told to take may stand still.
RunHead head_of(const Workflow& workflow, const RunOrder& order, const Project& project, Journal& journal) {
  RunHead head;
  const Timestamp made = now_utc();
  const auto named = parse_run_key(order.id);
  head.key = named ? *named : journal.keys().next_run(made);
  head.event = journal.keys().next_event(made);
  head.workflow = workflow.id;
  head.version = fingerprint(workflow.source->text);
  head.trigger = "manual";
  head.location = order.location;
  head.zone = project.timezone;
  head.foreground = true;
  return head;
}

/// A called workflow is a run of its own, with the same gate's rules as its caller.
Task<Result<Value>> Foreground::call(CallOrder order) {
  // A call that never waits for anything would keep signals from being heard.
  const bool undisturbed = co_await sleep_for(Duration::zero());
  if (!undisturbed) co_return Error{ErrorCode::cancelled, "called off"};
  if (auto ended = chain_ends(order.chain, order.workflow, assignment_.project->chain_limit)) co_return *ended;
  const auto file = find_workflow_file(assignment_.session->folder, order.workflow);
  if (!file) co_return file.error();
  LoadedWorkflow loaded = load_and_check(file->path, file->shown_as, *assignment_.catalog, assignment_.project);
  if (!loaded.workflow) {
    co_return Error{ErrorCode::invalid, "the workflow \"" + order.workflow + "\" has errors: see millrace check"};
  }
  RunRequest request;
  request.workflow = std::make_shared<const Workflow>(std::move(*loaded.workflow));
  RunOrder called{order_.location, "", order_.now, order_.only};
  request.head = head_of(*request.workflow, called, *assignment_.project, journal_);
  request.head.trigger = "call";
  request.head.live = order.live;
  request.event = std::move(order.event);
  request.chain = std::move(order.chain);
  request.now = order_.now;
  request.on_end = note_foreground_end;
  Entry beginning = beginning_of(request, "call:" + render(order.caller) + "/" + order.step, "", clock_.now());
  beginning.events.front().origin = order.origin;
  RunReport report = co_await carry_out(world(), std::move(request), std::move(beginning));
  if (report.outcome == RunOutcome::completed || report.outcome == RunOutcome::skipped) co_return report.output;
  co_return report.error
      ? *report.error
      : Error{ErrorCode::unavailable, "the called workflow ended as " + std::string(name_of(report.outcome))};
}

Task<void> run_all(Workbench& bench, Assignment assignment, OffSwitch& off_switch, std::vector<RunReport>& finished) {
  const auto plans = assignment.live ? nullptr : open_memory_journal();
  for (const RunOrder& order : assignment.orders) {
    Journal& journal = assignment.live ? bench.store->journal() : *plans;
    const auto clock = order.now ? open_clock_from(*order.now) : nullptr;
    Clock& time = clock ? *clock : *bench.clock;
    Foreground foreground(bench, assignment, order, journal, time);
    RunRequest request;
    request.workflow = assignment.workflow;
    request.head = head_of(*assignment.workflow, order, *assignment.project, journal);
    request.head.live = assignment.live;
    request.event = assignment.event;
    request.now = order.now;
    request.witness = assignment.witness;
    request.keep_notes = true;
    request.may_leave = assignment.live;
    request.on_end = note_foreground_end;
    Entry beginning = beginning_of(request, order.plan.empty() ? "manual" : applied_plan, order.plan, time.now());
    RunReport report = co_await carry_out(foreground.world(), std::move(request), std::move(beginning), &off_switch);
    finished.push_back(std::move(report));
    if (off_switch.pressed() || finished.back().instead) break;
  }
  if (!assignment.live) co_return;
  for (const auto& [connection, problem] : bench.tokens) {
    const auto kept = co_await keep_token_alarm(bench.store->journal(), connection, problem, now_utc());
    if (!kept) complain(kept.error());
  }
}

}  // namespace

std::filesystem::path store_file(const Session& session, const Project& project) {
  constexpr std::string_view prefix = "sqlite:";
  return session.folder / project.store.substr(prefix.size());
}

std::unique_ptr<Store> open_project_store(const Session& session, const Project& project, Loop& loop,
                                          StoreOptions::Role role) {
  StoreOptions options;
  options.role = role;
  auto store = open_store(loop, store_file(session, project), options);
  if (store) return std::move(*store);
  complain(store.error());
  return nullptr;
}

Workbench::Workbench(Loop& on, const Session& session, const Project& project, const Catalog& catalog,
                     const std::optional<Timestamp>& as_of, std::unique_ptr<Store> opened)
    : loop(on),
      store(std::move(opened)),
      secrets(open_secrets(session.folder)),
      client(open_http_client(loop)),
      border(open_border(loop, project, catalog, *secrets, *client, store->states(), border_options(tokens))),
      plugins(open_plugin_host(loop, project.trust)),
      clock(as_of ? open_clock_from(*as_of) : open_system_clock()) {}

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

int run_to_end(Workbench& bench, Assignment assignment, std::vector<RunReport>& finished) {
  OffSwitch off_switch;
  int signal = 0;
  bench.loop.on_signal([&off_switch, &signal](int number) {
    if (off_switch.pressed()) _exit(128 + number);  // asked twice: at once
    signal = number;
    off_switch.press();
  });
  bench.loop.run(run_all(bench, std::move(assignment), off_switch, finished));
  return signal;
}

}  // namespace millrace
