#include "cli/workbench.hpp"

#include <sys/random.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <utility>

#include "cli/cli.hpp"
#include "runtime/clocks.hpp"
#include "value/time.hpp"
#include "workflow/connections.hpp"
#include "workflow/safety.hpp"

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

BorderOptions said_of_us() {
  BorderOptions options;
  options.version = MILLRACE_VERSION;
  return options;
}

std::string store_path(const Project& project) {
  constexpr std::string_view prefix = "sqlite:";
  return project.store.starts_with(prefix) ? project.store.substr(prefix.size()) : project.store;
}

GateRules rules_of(const Workflow& workflow, const Catalog& catalog, const Session& session) {
  GateRules rules;
  rules.limits = limits_of(workflow, catalog);
  rules.output_folder = session.folder / "output";
  return rules;
}

RunRequest request_of(const Assignment& assignment, const RunOrder& order, OffSwitch& off_switch) {
  RunRequest request;
  request.workflow = assignment.workflow;
  request.id = order.id.empty() ? new_run_id() : order.id;
  request.location = order.location;
  request.zone = assignment.project->timezone;
  request.event = assignment.event;
  request.now = order.now;
  request.witness = assignment.witness;
  request.off_switch = &off_switch;
  return request;
}

Task<void> run_all(Workbench& bench, Assignment assignment, OffSwitch& off_switch, std::vector<FinishedRun>& finished) {
  for (const RunOrder& order : assignment.orders) {
    GateRules rules = rules_of(*assignment.workflow, *assignment.catalog, *assignment.session);
    rules.only = order.only;
    rules.keep_readings = assignment.keep_readings;
    const auto gate = assignment.live ? open_live_gate(*bench.border, rules) : open_planning_gate(*bench.border, rules);
    const auto journal = open_memory_journal();
    const auto clock = order.now ? open_clock_from(*order.now) : nullptr;
    World world{bench.loop, *assignment.project,          *assignment.catalog, *bench.plugins,
                *journal,   clock ? *clock : *bench.clock};
    RunRequest request = request_of(assignment, order, off_switch);
    RunReport report = co_await carry_out(world, *gate, std::move(request));
    finished.push_back({std::move(report), gate->record()});
    if (off_switch.pressed()) co_return;
  }
}

}  // namespace

Workbench::Workbench(const Session& session, const Project& project, const Catalog& catalog,
                     const std::optional<Timestamp>& as_of)
    : secrets(open_secrets(session.folder)),
      client(open_http_client(loop)),
      state(open_sqlite_state_store(loop, (session.folder / store_path(project)).string())),
      border(open_border(loop, project, catalog, *secrets, *client, *state, said_of_us())),
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

int run_to_end(Workbench& bench, Assignment assignment, std::vector<FinishedRun>& finished) {
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
