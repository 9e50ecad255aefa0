#include "host/serving.hpp"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include "api/api.hpp"
#include "base/log.hpp"
#include "base/standard_streams.hpp"
#include "base/text.hpp"
#include "host/audit_keeping.hpp"
#include "host/folder_watch.hpp"
#include "host/host.hpp"
#include "host/notify.hpp"
#include "host/project_changes.hpp"
#include "host/project_key.hpp"
#include "host/revocation_feed.hpp"
#include "host/service_file.hpp"
#include "people/sessions.hpp"
#include "people/tokens.hpp"
#include "people/users.hpp"
#include "service/foresight.hpp"
#include "service/records.hpp"
#include "service/service.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

constexpr Duration look_interval = std::chrono::seconds(1);
constexpr Duration settling = std::chrono::milliseconds(200);
constexpr Duration status_interval = std::chrono::seconds(5);
constexpr Duration shown_code_lasts = std::chrono::minutes(10);

std::atomic<bool> reload_asked = false;
void ask_reload(int) { reload_asked = true; }

PluginOptions service_plugins(const Project& project) {
  PluginOptions options = plugin_options(project);
  options.wait_while_out = true;
  return options;
}

/// Everything that serves, in the order in which it depends on each other.
struct Serving {
  Serving(const std::filesystem::path& in, Project& of, const Catalog& with)
      : host(in, of, with, std::nullopt, service_plugins(of)), project(of) {}

  Host host;
  Project& project;  ///< takes up connections that are new
  Duration drain_timeout = {};
  std::string listen;
  std::string token;
  std::string url;  ///< for people, once it listens
  int descriptors = 0;
  Metrics metrics;
  Notifier notifier;
  std::unique_ptr<Sessions> sessions;
  std::unique_ptr<Users> users;
  std::unique_ptr<ProgramTokens> tokens;
  std::unique_ptr<Feed> feed;
  std::unique_ptr<Service> service;
  std::unique_ptr<KeptPlans> plans;
  std::unique_ptr<HttpServer> server;
  News stop;
  std::vector<std::pair<std::string, std::string>> unwritten_downs;   // connection, reason
  std::vector<std::pair<std::string, std::string>> unwritten_tokens;  // connection, problem
  News downs;
  bool stopping = false, hurried = false, broken = false;
  Status started = Done{};
};

/// What listens, the store, far sides and files need descriptors as well.
constexpr int descriptors_for_the_rest = 40;

HttpServerLimits server_limits(int descriptors) {
  HttpServerLimits limits;
  limits.max_body_bytes = 4u << 20;
  limits.max_header_bytes = 32u << 10;
  limits.max_bytes_under_way = 48u << 20;
  limits.max_bytes_of_address = 16u << 20;
  limits.max_connections = std::clamp(descriptors - descriptors_for_the_rest, 8, 4096);
  limits.max_connections_of_address = 256;
  limits.kept_for_loopback = limits.max_connections / 8;
  limits.idle_gives_way = true;
  limits.read_timeout = std::chrono::seconds(30);
  limits.write_timeout = std::chrono::seconds(30);
  limits.idle_timeout = std::chrono::seconds(75);
  return limits;
}

/// A connection and a request each take a descriptor; the usual 1024 are fewer than the limits above allow. Gives how
/// many there are.
int allow_descriptors() {
  rlimit limit = {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<int>(std::min<rlim_t>(limit.rlim_max, 1u << 20));
}

CourierOptions courier_options(Serving& serving) {
  CourierOptions options;
  options.wait_while_down = true;
  options.on_down = [&serving](const std::string& connection, const std::string& reason) {
    if (reason.empty()) {
      log(LogLevel::info, "the connection is back", {{"connection", connection}});
    } else {
      log(LogLevel::warning, "the connection is down: " + reason, {{"connection", connection}});
    }
    serving.unwritten_downs.emplace_back(connection, reason);
    serving.downs.announce();
  };
  options.on_token = [&serving](const std::string& connection, const std::string& problem) {
    serving.unwritten_tokens.emplace_back(connection, problem);
    serving.downs.announce();
  };
  return options;
}

/// Beside the store, where the service may write. A program that was built or installed anew is another one.
TreesFile trees_file(const Host& host) {
  std::filesystem::path file = store_file(host.folder, host.project);
  file += "-trees";
  struct stat program = {};
  if (::stat("/proc/self/exe", &program) != 0) return {};
  return {std::move(file), MILLRACE_VERSION " of " + std::to_string(program.st_ino) + "/" +
                               std::to_string(program.st_size) + "/" + std::to_string(program.st_mtim.tv_sec) + "." +
                               std::to_string(program.st_mtim.tv_nsec)};
}

void compose(Serving& serving) {
  Host& host = serving.host;
  const Timestamp now = host.clock->now();
  // In microseconds, which no service's changes outrun: a number of an earlier life is never one of this.
  serving.feed = std::make_unique<Feed>(now.seconds * 1'000'000 + now.nanos / 1000);
  host.store->tell_entries([&feed = *serving.feed](const Entry& entry) { feed.note(entry); });
  serving.sessions = std::make_unique<Sessions>(host.store->journal(), *host.clock);
  serving.users = std::make_unique<Users>(host.loop, host.store->journal(), *host.clock);
  serving.tokens = std::make_unique<ProgramTokens>(host.store->journal(), *host.clock);
  host.open_courier(courier_options(serving));
  serving.metrics.series("millrace_build_info", {{"version", MILLRACE_VERSION}}).set(1);
  serving.service = open_service({host.loop, host.folder, host.project, host.catalog, *host.secrets, *host.courier,
                                  *host.plugins, *host.store, *host.clock, serving.metrics, trees_file(host),
                                  [&serving](RunKey run) {
                                    return ApprovalLinks{serving.url, serving.token}.to(run);
                                  },
                                  planned_calls_file(store_file(host.folder, host.project))});
}

Status open_server(Serving& serving) {
  serving.plans = std::make_unique<KeptPlans>(foreground_in(serving.host), *serving.host.store);
  ApiWorld world{serving.host.loop,    *serving.service,
                 *serving.host.store,  serving.project,
                 serving.host.catalog, *serving.host.courier,
                 *serving.host.clock,  serving.metrics,
                 *serving.sessions,    *serving.feed,
                 *serving.users,       *serving.tokens,
                 serving.token,        serving.listen,
                 serving.url,          [&host = serving.host](RunKey run) { return plan_undo(host, run); }};
  world.plans = serving.plans.get();
  world.read_project = [&serving] { return take_over_changes(serving.host, serving.project); };
  const HttpServerLimits limits = server_limits(serving.descriptors);
  const auto socket = handed_over_socket();
  const HttpOwner owner = owner_of(world);
  auto server = socket ? open_http_server(serving.host.loop, *socket, routes_of(world), limits, owner)
                       : open_http_server(serving.host.loop, serving.listen, routes_of(world), limits, owner);
  if (!server) return server.error();
  serving.server = std::move(*server);
  serving.project.port = serving.server->port();
  const std::string& known_as = serving.project.public_url;
  serving.url = known_as.empty() ? service_url(serving.listen, serving.server->port()) : known_as;
  return write_service_file(serving.host.folder, serving.token, serving.listen, serving.server->port());
}

std::string status_line(const ServiceStatus& status, const std::string& zone) {
  std::string line = counted(status.active_runs, "run") + " active, " + std::to_string(status.queued_runs) + " queued";
  if (status.next) line += ", next " + status.next_workflow + " at " + render_in(zone, *status.next);
  if (!status.alarms.empty()) line += ", " + counted(status.alarms.size(), "alarm");
  return line;
}

/// systemd is told that we live while runs can move on: one that waits for an hour is no reason to be killed.
Task<void> tell_health(Serving& serving) {
  const auto watchdog = serving.notifier.watchdog();
  const Duration interval = watchdog ? std::min<Duration>(*watchdog / 3, status_interval) : status_interval;
  while (true) {
    const ServiceStatus status = serving.service->status();
    if (status.broken) {
      serving.broken = true;
      serving.stop.announce();
      co_return;
    }
    serving.notifier.say(
        "STATUS=" + (status.still ? status.not_ready_because : status_line(status, serving.project.timezone)) +
        (watchdog && !status.still ? "\nWATCHDOG=1" : ""));
    const bool undisturbed = co_await sleep_for(interval);
    if (!undisturbed) co_return;
  }
}

/// What `why` and `doctor` say about connections stands in the store.
Task<void> keep_downs(Serving& serving) {
  while (true) {
    Entry entry;
    for (const auto& [connection, reason] : std::exchange(serving.unwritten_downs, {}))
      entry.states.push_back(connection_down(connection, reason, serving.host.clock->now()));
    if (!entry.states.empty()) {
      const auto written = co_await serving.host.store->journal().commit(std::move(entry));
      if (!written)
        log(LogLevel::warning, "the state of a connection could not be written: " + written.error().message);
    }
    for (const auto& [connection, problem] : std::exchange(serving.unwritten_tokens, {})) {
      const Timestamp now = serving.host.clock->now();
      std::string about = token_alarm(connection);
      const auto kept = co_await keep_alarm(serving.host.store->journal(), std::move(about), problem, now);
      if (!kept) log(LogLevel::warning, "an alarm could not be written: " + kept.error().message);
    }
    const bool undisturbed = co_await serving.downs.wait();
    if (!undisturbed) co_return;
  }
}

/// A service whose HashiCorp Vault does not answer starts all the same, and asks again: what needs none of its secrets
/// goes on.
Task<void> keep_supplied(Serving& serving) {
  VaultServer& server = serving.host.vault_server;
  while (server.configured()) {
    serving.unwritten_tokens.emplace_back("hashicorp_vault", server.problem());
    serving.downs.announce();
    const Duration wait = server.until_next();
    const bool undisturbed = co_await sleep_for(wait);
    if (!undisturbed) co_return;
    const auto fetched = co_await server.fetch();
    if (!fetched) log(LogLevel::warning, fetched.error().message);
  }
}

Task<void> forget_downs(Serving& serving) {
  const auto old = co_await serving.host.store->journal().list_states(engine_owner, down_prefix);
  if (!old || old->empty()) co_return;
  Entry entry;
  for (const auto& [name, value] : *old) entry.states.push_back({engine_owner, name, Value()});
  const auto written = co_await serving.host.store->journal().commit(std::move(entry));
  if (!written) log(LogLevel::warning, written.error().message);
}

/// Workflow files that changed are read when they have come to rest; SIGHUP reads them at once.
Task<void> watch_files(Serving& serving) {
  FolderWatch watch(serving.host.folder);
  while (true) {
    const bool undisturbed = co_await sleep_for(look_interval);
    if (!undisturbed) co_return;
    const bool asked = reload_asked.exchange(false);
    bool project = watch.project_changed();
    if (!watch.changed() && !asked && !project) continue;
    bool moving = true;
    while (moving) {
      const bool rested = co_await sleep_for(settling);
      if (!rested) co_return;
      const bool again = watch.project_changed();
      moving = watch.changed() || again;
      project = project || again;
    }
    serving.notifier.say_reloading();
    if (project || asked) take_over_changes(serving.host, serving.project);
    const auto changes = co_await serving.service->reload("millrace");
    for (const std::string& change : changes) log(LogLevel::info, "reload: " + change);
    serving.notifier.say("READY=1");
  }
}

Task<void> drain(Serving& serving) {
  serving.notifier.say("STOPPING=1");
  const Deadline deadline = Deadline::in(serving.drain_timeout);
  log(LogLevel::info, "stopping: no more intake, runs have " + render(serving.drain_timeout) + " to end");
  co_await serving.service->drain(deadline);
  co_await serving.plans->stop();
  co_await serving.server->stop();
  co_await write_secret_uses(serving.host, true);
  const auto closed = co_await serving.host.store->close();
  if (!closed) log(LogLevel::warning, "the store was not closed in order: " + closed.error().message);
}

/// Nobody shall take what only goes through the motions for done.
void tell_dry_runs(const std::vector<WorkflowStatus>& workflows) {
  std::vector<std::string> dry;
  for (const WorkflowStatus& each : workflows) {
    if (each.mode == "dry_run") dry.push_back(each.id);
  }
  if (dry.empty()) return;
  log(LogLevel::info,
      "dry runs, which change nothing: " + join(dry, ", ") + " (\"mode: live\" in the file makes it real)");
}

/// Whoever sees this terminal may use the project, so a way into the console stands on it.
void show_way_in(Serving& serving) {
  if (::isatty(STDOUT_FILENO) == 0) return;
  const auto code = serving.sessions->give_code(who_asks(), Roles(Role::admin), shown_code_lasts);
  if (!code) return;
  write_what_goes(STDOUT_FILENO, "to look at it: " + enter_address(serving.url, code->code) +
                                     "\n(lets one browser in, within 10 minutes; millrace open gives another)\n");
}

/// Sessions last: from then on it is known who may.
Task<void> read_people(Serving& serving) {
  const Status users = co_await serving.users->load();
  const Status tokens = co_await serving.tokens->load();
  const Status sessions = co_await serving.sessions->load();
  for (const Status& read : {users, tokens, sessions}) {
    if (!read) log(LogLevel::warning, "it is not known who may use the console: " + read.error().message);
  }
}

Task<void> serve(Serving& serving) {
  co_await read_people(serving);
  co_await forget_downs(serving);
  const auto started = co_await serving.service->start();
  if (!started) {
    serving.started = started.error();
    const Deadline at_once = Deadline::in(Duration::zero());
    co_await serving.service->drain(at_once);
    co_await serving.server->stop();
    const auto closed = co_await serving.host.store->close();
    if (!closed) log(LogLevel::warning, closed.error().message);
    co_return;
  }
  const std::string host = serving.listen.substr(0, serving.listen.rfind(':'));
  const std::string address = "http://" + host + ":" + std::to_string(serving.server->port());
  const std::string count = counted(serving.service->workflows().size(), "workflow");
  const std::string ready = "millrace serves " + count + " at " + address + "\n";
  if (write_what_goes(STDOUT_FILENO, ready) < ready.size())
    log(LogLevel::error, "the address could not be written to stdout");
  show_way_in(serving);
  tell_dry_runs(serving.service->workflows());
  serving.notifier.say("READY=1\nSTATUS=" + status_line(serving.service->status(), serving.project.timezone));
  Scope scope(serving.host.loop);
  scope.spawn(tell_health(serving));
  scope.spawn(keep_downs(serving));
  scope.spawn(watch_files(serving));
  scope.spawn(keep_supplied(serving));
  scope.spawn(keep_revocations_fresh(serving.host));
  scope.spawn(keep_audit(serving.host, serving.metrics));
  co_await serving.stop.wait_for_good();
  co_await scope.stop();
  if (serving.broken) {
    log(LogLevel::error, "the store has failed: stopping, so that a new start can look at what is on the disk");
  }
  co_await drain(serving);
}

void listen_to_signals(Serving& serving) {
  serving.host.loop.on_signal([&serving](int number) {
    if (serving.hurried) _exit(128 + number);  // it does not come to its end
    serving.hurried = serving.stopping;
    if (serving.hurried) return serving.service->hurry();  // asked twice: at once, but with what is known written down
    serving.stopping = true;
    serving.stop.announce();
  });
  struct sigaction action = {};
  action.sa_handler = ask_reload;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGHUP, &action, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
}

}  // namespace

Result<bool> serve_project(const std::filesystem::path& folder, Project& project, const Catalog& catalog,
                           const ServeSettings& settings) {
  Serving serving(folder, project, catalog);
  serving.descriptors = allow_descriptors();
  serving.drain_timeout = settings.drain_timeout;
  serving.listen = settings.listen.empty() ? project.listen : settings.listen;
  auto token = open_project_key(folder, api_token);
  if (!token) return Error{ErrorCode::unavailable, token.error().message};
  serving.token = std::move(*token);
  TRY(serving.host.open_store(StoreOptions::Role::service));
  compose(serving);
  listen_to_signals(serving);
  serving.host.fetch_secrets();
  TRY(open_server(serving));
  serving.host.loop.run(serve(serving));
  remove_service_file(folder);
  TRY(serving.started);
  return !serving.broken;
}

}  // namespace millrace
