#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "catalog/request_limits.hpp"
#include "value/value.hpp"

namespace millrace {

/// How a connection shows a secret where it is no bearer token.
struct ShownSecret {
  enum class Place : std::uint8_t {
    header,          ///< `name` holds `before` and the secret behind it
    basic,           ///< basic authentication of the user `name`, which may be a secret itself
    query,           ///< a parameter called `name`
    signed_webhook,  ///< it signs each request's id, time and body, as Standard Webhooks are
  };
  Place place = Place::header;
  std::string name;
  std::string before = {};
  std::string secret;  ///< "secret:name"
  bool operator==(const ShownSecret&) const = default;
};

/// How a connection comes to its tokens by OAuth 2.0. What is empty is as the plugin's manifest says.
struct OAuthSettings {
  std::string client_id;      ///< written out, or "secret:name"
  std::string client_secret;  ///< "secret:name"; empty: the client has none
  std::string authorize_url = {}, token_url = {}, location_token_url = {};
  std::string user_type = {};
  std::string redirect_uri = {};  ///< where the browser is sent back to
  std::vector<std::string> scopes = {};
  std::optional<bool> pkce = {};
  bool operator==(const OAuthSettings&) const = default;
};

/// A named base URL with credentials, as millrace.yaml has it.
struct ConnectionSettings {
  std::string name;
  std::string plugin;
  std::string base_url;                               ///< may be a "secret:" handle where the URL itself is the secret
  std::string from = {};                              ///< of a mail server: who its mails come from
  std::string token;                                  ///< of a bearer token: "secret:name", or empty
  std::optional<ShownSecret> shown = {};              ///< in place of a token
  std::optional<OAuthSettings> oauth = {};            ///< in place of a token: it is fetched, and renewed
  std::vector<std::string> locations;                 ///< their ids
  std::map<std::string, std::string> location_names;  ///< by id, of those that have one
  bool all_locations = false;
  bool private_addresses = false;  ///< its name may lead to addresses of a private network
  bool link_local = false;         ///< its address may be a link-local one, where clouds hand out credentials
  RequestLimits limits = {};       ///< no more is sent at each location, whatever the far side allows
  SourceMark at;

  bool signs() const noexcept { return shown && shown->place == ShownSecret::Place::signed_webhook; }
  SourceMark plugin_at = {};
};

struct Bounds;

/// By which a program shows a HashiCorp Vault who it is.
struct AppRole {
  std::string role_id;    ///< written out, or "secret:name"
  std::string secret_id;  ///< "secret:name"
  std::string mount = "approle";
  bool operator==(const AppRole&) const = default;
};

/// A HashiCorp Vault with secrets: each is a member of one entry of a KV engine.
struct VaultServerSettings {
  std::string address;  ///< "https://vault.example:8200"
  std::string mount = "secret", path;
  std::int64_t kv = 2;  ///< the version of the engine
  std::string name_space = {};
  std::string ca = {};  ///< a file of certificates (PEM), below the project's folder or absolute; empty: the system's
  std::string token = {};                ///< "secret:name"; or
  std::optional<AppRole> app_role = {};  ///< in place of a token
  bool operator==(const VaultServerSettings&) const = default;
};

/// Who says what is revoked beside the people of the project, in a list that is signed and fetched.
struct RevocationSource {
  std::string url;  ///< of the list; its signature lies beside it, under the same name and ".minisig"
  std::string key;  ///< minisign's public key, "RW..."
  bool operator==(const RevocationSource&) const = default;
};

/// The folder of a project in which its workflows write.
inline constexpr std::string_view output_folder = "output";

/// A user's project folder and its millrace.yaml. Environment variables (MILLRACE_TIMEZONE, MILLRACE_STORE, ...) are
/// laid over it.
struct Project {
  std::filesystem::path root;
  bool has_file = false;  ///< millrace.yaml is there; without it everything has its default
  std::string timezone = "UTC";
  std::deque<ConnectionSettings> connections;  ///< may grow under a running service, so each stays where it is
  std::string store = "sqlite:state/millrace.db";
  std::string listen = "127.0.0.1:8710";
  int port = 0;                     ///< at which this process listens, whatever `listen` says; 0: it does not
  std::vector<std::string> hosts;   ///< further names of the service, in small letters
  std::string public_url;           ///< where people reach the service, through a proxy; empty: where it listens
  std::vector<std::string> trust;   ///< "sha256:<hex>", those that plugins/lock.yaml names among them
  std::string apart = "strangers";  ///< which plugins run in processes of their own: or "all", "none"
  std::vector<std::string> files_unguarded = {};  ///< plugins that run although the kernel guards no files
  std::optional<RevocationSource> revocations = {};
  std::optional<VaultServerSettings> vault_server = {};
  std::vector<std::string> audit_heads = {};       ///< files into which the service writes how far the audit has come
  std::int64_t chain_limit = 25;                   ///< so many runs may start one another in a row
  std::shared_ptr<const Bounds> permissions = {};  ///< more than these no workflow has; nullptr: it does not say

  const ConnectionSettings* find_connection(std::string_view name) const noexcept;
  /// How people call a location: its id where no connection gives it a name.
  std::string location_name(const std::string& id) const;
};

/// The secrets that a connection names, its address among them: "secret:name" each.
std::vector<std::string> secrets_of(const ConnectionSettings& connection);

struct LoadedProject {
  std::optional<Project> project;  ///< nothing where there are findings of severity error
  std::vector<Finding> findings;
};

/// Brings a project that is in use up to what its file says now: connections that are new can be used at once. Gives a
/// sentence for each of them, and for each difference that a running service cannot take over.
std::vector<std::string> take_over(Project& used, Project fresh);

/// Reads `root`/millrace.yaml and `root`/plugins/lock.yaml, if they are there.
LoadedProject load_project(const std::filesystem::path& root);
/// Reads a millrace.yaml that need not be in its file, and it alone; nullptr: there is none.
LoadedProject load_project(const std::filesystem::path& root, std::shared_ptr<const SourceText> text);

}  // namespace millrace
