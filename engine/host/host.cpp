#include "host/host.hpp"

#include <unistd.h>

#include <utility>

#include "base/log.hpp"
#include "base/url.hpp"
#include "host/audit_keeping.hpp"
#include "host/renewal.hpp"
#include "host/service_file.hpp"
#include "rehearsal/prepared_undo.hpp"
#include "runtime/clocks.hpp"
#include "value/time.hpp"
#include "workflow/connections.hpp"

namespace millrace {

namespace {

Status connection_ready(Host& host, const ConnectionSettings& connection, bool as_of) {
  for (const std::string& handle : secrets_of(connection)) {
    const auto secret = host.secrets->find(handle);
    if (!secret) return secret.error().within("connection \"" + connection.name + "\"");
  }
  if (connection.oauth) {
    const auto tokens = host.kept_tokens.find(connection.name);
    if (!tokens) return tokens.error();
    if (!*tokens) return not_connected(connection.name);
  }
  auto url = parse_url(connection.base_url);
  if (!url) url = parse_mail_server(connection.base_url);
  if (!as_of || (url && url->loopback())) return Done{};
  return Error{ErrorCode::unavailable, "--as-of works against loopback connections only, and \"" + connection.name +
                                           "\" is " + connection.base_url};
}

}  // namespace

std::filesystem::path store_file(const std::filesystem::path& folder, const Project& project) {
  constexpr std::string_view prefix = "sqlite:";
  return folder / project.store.substr(prefix.size());
}

PluginOptions plugin_options(const Project& project) {
  PluginOptions options;
  options.apart = project.apart == "all"    ? PluginOptions::Apart::all
                  : project.apart == "none" ? PluginOptions::Apart::none
                                            : PluginOptions::Apart::strangers;
  options.files_unguarded = project.files_unguarded;
  return options;
}

Host::Host(const std::filesystem::path& in, const Project& of, const Catalog& with,
           const std::optional<Timestamp>& as_of, PluginOptions options)
    : folder(in),
      project(of),
      catalog(with),
      vault(folder),
      secrets(open_secrets(folder, vault)),
      kept_tokens(vault, *secrets),
      client(open_http_client(loop)),
      vault_server(project, *client, *secrets),
      mails(open_mail_client(loop)),
      plugins(open_plugin_host(loop, project.trust, std::move(options))),
      clock(as_of ? open_clock_from(*as_of) : open_system_clock()) {}

Status Host::open_store(StoreOptions::Role role) {
  StoreOptions options;
  options.role = role;
  std::error_code failed;
  options.folder = std::filesystem::canonical(folder, failed);
  auto opened = millrace::open_store(loop, store_file(folder, project), options);
  if (!opened) return opened.error();
  store = std::move(*opened);
  return Done{};
}

namespace {

Task<void> fetch_from(VaultServer& server) {
  const auto fetched = co_await server.fetch();
  if (!fetched) log(LogLevel::warning, fetched.error().message);
}

}  // namespace

void Host::fetch_secrets() {
  if (vault_server.configured()) loop.run(fetch_from(vault_server));
}

void Host::open_courier(CourierOptions options) {
  options.version = MILLRACE_VERSION;
  options.on_use = [this](const Shipment& shipment) { secret_uses.note(shipment, now_utc()); };
  options.kept_tokens = &kept_tokens;
  options.shared_budgets = store_file(folder, project).parent_path() / "budgets";
  options.renew = [this](std::string connection, std::uint64_t seen) {
    return renew_apart(*this, std::move(connection), seen);
  };
  courier = millrace::open_courier(project, catalog, *secrets, *client, std::move(options), mails.get());
}

Result<std::unique_ptr<Host>> open_host(const std::filesystem::path& folder, const Project& project,
                                        const Catalog& catalog, StoreOptions::Role role,
                                        const std::optional<Timestamp>& as_of) {
  auto host = std::make_unique<Host>(folder, project, catalog, as_of);
  TRY(host->open_store(role));
  CourierOptions options;
  options.on_token = [&tokens = host->tokens](const std::string& connection, const std::string& problem) {
    tokens[connection] = problem;
  };
  host->open_courier(std::move(options));
  host->fetch_secrets();
  return host;
}

Status connections_ready(Host& host, const Workflow& workflow, bool as_of) {
  Status ready = Done{};
  each_action(workflow, [&](const ActionStep& step) {
    const Action* action = host.catalog.find_action(step.action);
    if (action == nullptr || !ready) return;
    const auto connection = connection_of(*action, step.connection, host.project, host.catalog);
    if (!connection) {
      ready = connection.error();
    } else if (*connection != nullptr) {
      ready = connection_ready(host, **connection, as_of);
    }
  });
  return ready;
}

ForegroundWorld foreground_in(Host& host) {
  const Outside outside{host.loop, *host.courier, *host.secrets, host.store->states(), host.written_files};
  return {host.loop,
          host.folder,
          host.project,
          host.catalog,
          host.store->journal(),
          outside,
          *host.plugins,
          *host.clock,
          host.tokens,
          [&host](RunKey run) { return approval_links(host.folder, host.project).to(run); }};
}

Task<Result<Value>> plan_undo(Host& host, RunKey run) {
  const UndoWorld world{*host.store, *host.courier, host.project, host.catalog, *host.clock};
  const auto prepared = co_await prepare_undo(world, run);
  if (!prepared) co_return prepared.error();
  std::vector<RunReport> planned;
  OffSwitch off_switch;
  if (prepared->workflow != nullptr) {
    ForegroundWorld foreground = foreground_in(host);
    Assignment assignment = assignment_of(*prepared, false);
    co_await carry_out_all(foreground, std::move(assignment), off_switch, planned);
  }
  co_return encode_undo_plan(*prepared, planned);
}

int run_to_end(Host& host, Assignment assignment, std::vector<RunReport>& finished) {
  OffSwitch off_switch;
  int signal = 0;
  host.loop.on_signal([&off_switch, &signal](int number) {
    if (off_switch.pressed()) _exit(128 + number);  // asked twice: at once
    signal = number;
    off_switch.press();
  });
  const ForegroundWorld world = foreground_in(host);
  const bool live = assignment.live;  // a plan writes nothing but which secrets it used
  host.loop.run(carry_out_all(world, std::move(assignment), off_switch, finished));
  host.loop.run(live ? write_secret_uses(host, true) : write_uses_of_plan(host));
  return signal;
}

}  // namespace millrace
