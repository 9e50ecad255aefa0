#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/loop.hpp"
#include "base/result.hpp"
#include "catalog/catalog.hpp"
#include "courier/courier.hpp"
#include "courier/kept_tokens.hpp"
#include "courier/secret_uses.hpp"
#include "gate/gate.hpp"
#include "gate/written_files.hpp"
#include "host/vault_server.hpp"
#include "http/http_client.hpp"
#include "http/mail_client.hpp"
#include "journal/keys.hpp"
#include "journal/store.hpp"
#include "plugin/plugin_host.hpp"
#include "rehearsal/foreground.hpp"
#include "secret/secrets.hpp"
#include "value/clock.hpp"
#include "workflow/model.hpp"
#include "workflow/project.hpp"

namespace millrace {

/// The file of the project's store.
std::filesystem::path store_file(const std::filesystem::path& folder, const Project& project);

/// How its plugins run, as millrace.yaml says.
PluginOptions plugin_options(const Project& project);

/// The real world, put together once: what runs work with, in the foreground as in the service. Made at once, used at
/// once: the sockets behind it open when they are first needed. REQUIRES: folder, project and catalog outlive it.
struct Host {
  /// `as_of` is what its clock begins with; nothing: the real time.
  Host(const std::filesystem::path& folder, const Project& project, const Catalog& catalog,
       const std::optional<Timestamp>& as_of = std::nullopt)
      : Host(folder, project, catalog, as_of, plugin_options(project)) {}
  Host(const std::filesystem::path& folder, const Project& project, const Catalog& catalog,
       const std::optional<Timestamp>& as_of, PluginOptions plugins);

  /// The project's store; `invalid` where it cannot be used as it is.
  Status open_store(StoreOptions::Role role);
  /// Reads what the project's HashiCorp Vault has, if it has one; why it could not is said by who needs a secret of it.
  void fetch_secrets();
  /// With all but the version in `options`.
  void open_courier(CourierOptions options);

  Loop loop;
  const std::filesystem::path& folder;
  const Project& project;
  const Catalog& catalog;
  std::unique_ptr<Store> store;
  Vault vault;
  std::unique_ptr<Secrets> secrets;
  KeptTokens kept_tokens;
  std::unique_ptr<HttpClient> client;
  VaultServer vault_server;
  std::unique_ptr<MailClient> mails;
  std::map<std::string, std::string> tokens;  ///< what far sides said of connections' tokens last; empty: taken
  SecretUses secret_uses;                     ///< what is not written down yet
  std::unique_ptr<Courier> courier;
  WrittenFiles written_files;
  std::unique_ptr<PluginHost> plugins;
  std::unique_ptr<Clock> clock;
};

/// A host for a command that runs something itself, beside the service.
Result<std::unique_ptr<Host>> open_host(const std::filesystem::path& folder, const Project& project,
                                        const Catalog& catalog, StoreOptions::Role role,
                                        const std::optional<Timestamp>& as_of);

/// The connections that the workflow's steps use must be there with their secrets before anything begins; with `as_of`
/// they must be loopback ones. The error says what is missing.
Status connections_ready(Host& host, const Workflow& workflow, bool as_of);

/// What runs in the foreground work with in it. REQUIRES: its store and its courier are open.
ForegroundWorld foreground_in(Host& host);

/// The plan of an undo as programs see it (encode_undo_plan).
Task<Result<Value>> plan_undo(Host& host, RunKey run);

/// Carries out an assignment to its end, or to Ctrl-C, which calls it off; gives the signal's number, else 0.
int run_to_end(Host& host, Assignment assignment, std::vector<RunReport>& finished);

}  // namespace millrace
