#include "workflow/project.hpp"

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "base/mail_address.hpp"
#include "base/text.hpp"
#include "base/url.hpp"
#include "crypto/minisign.hpp"
#include "schedule/schedule.hpp"
#include "value/list_of.hpp"
#include "workflow/connection_secrets.hpp"
#include "workflow/fields.hpp"
#include "workflow/format_schemas.hpp"
#include "workflow/load_permissions.hpp"
#include "workflow/plugin_lock.hpp"
#include "workflow/revocations.hpp"
#include "workflow/store_problem.hpp"
#include "workflow/unread_secrets.hpp"
#include "yaml/files.hpp"

namespace millrace {
namespace {

constexpr std::string_view secret_prefix = "secret:";

bool is_same(const ConnectionSettings& one, const ConnectionSettings& other) {
  return one.plugin == other.plugin && one.base_url == other.base_url && one.from == other.from &&
         one.token == other.token && one.shown == other.shown && one.oauth == other.oauth &&
         one.private_addresses == other.private_addresses && one.link_local == other.link_local &&
         one.limits == other.limits && one.locations == other.locations && one.all_locations == other.all_locations &&
         one.location_names == other.location_names;
}

/// Reads one millrace.yaml.
class ProjectLoader {
 public:
  ProjectLoader(const YamlDocument& document, std::vector<Finding>& findings)
      : document_(document), fields_(document, findings) {}

  void load(const Node& root, Project& project) {
    const Schema& format = project_format();
    const Value value = fields_.fixed(root, view_of(format));
    if (const Node* store = root.find("store"); store && store->is_scalar() && !store->is_empty()) check_store(*store);
    fields_.check_shape(root, value, format);
    project.timezone = value.text_or("timezone", project.timezone);
    project.store = value.text_or("store", project.store);
    if (const Value* server = value.find("server")) {
      project.listen = server->text_or("listen", project.listen);
      project.public_url = server->text_or("public_url");
      for (const std::string& host : texts_of(server->find("hosts"))) project.hosts.push_back(lower(host));
    }
    if (const Value* limits = value.find("limits")) {
      const Value* chain = limits->find("chain");
      if (chain && chain->is(Kind::integer)) project.chain_limit = chain->integer();
    }
    if (const Node* zone = root.find("timezone"); zone && zone->is_scalar() && !zone->is_empty()) check_zone(*zone);
    for (std::string& digest : texts_of(value.find("trust"))) project.trust.push_back(std::move(digest));
    if (const Node* plugins = root.find("plugins"); plugins && plugins->is_map())
      load_plugins(*plugins, *value.find("plugins"), project);
    project.permissions = load_permissions(root, fields_, document_);
    if (const Value* audit = value.find("audit")) project.audit_heads = texts_of(audit->find("heads"));
    if (const Value* server = value.find("hashicorp_vault"); server && server->is_map())
      project.vault_server = vault_server(*server);
    const Value* connections = value.find("connections");
    if (!connections || !connections->is_map()) return;
    for (const auto& [name, settings] : connections->map()) {
      project.connections.push_back(connection(*root.find("connections")->member(name.text()), settings));
    }
  }

 private:
  void load_plugins(const Node& node, const Value& plugins, Project& project) {
    project.apart = plugins.text_or("apart", project.apart);
    project.files_unguarded = texts_of(plugins.find("files_unguarded"));
    const Node* source = node.find("revocations");
    if (!source || !source->is_map()) return;
    const Value& said = *plugins.find("revocations");
    project.revocations = RevocationSource{said.text_or("url"), said.text_or("key")};
    const Node* key = source->find("key");
    const auto known = parse_minisign_key(project.revocations->key);
    if (key && !known) fields_.report(finding(Rule::wrong_value, fields_.mark(*key), known.error().message));
  }

  static VaultServerSettings vault_server(const Value& value) {
    VaultServerSettings settings;
    settings.address = value.text_or("address");
    while (settings.address.ends_with('/')) settings.address.pop_back();
    settings.mount = value.text_or("mount", settings.mount);
    settings.path = value.text_or("path");
    if (const Value* kv = value.find("kv"); kv && kv->is(Kind::integer)) settings.kv = kv->integer();
    settings.name_space = value.text_or("namespace");
    settings.ca = value.text_or("ca");
    const Value* auth = value.find("auth");
    if (!auth) return settings;
    settings.token = auth->text_or("token");
    if (const Value* role = auth->find("approle"); role && role->is_map())
      settings.app_role = {role->text_or("role_id"), role->text_or("secret_id"),
                           role->text_or("mount", AppRole().mount)};
    return settings;
  }

  void check_store(const Node& node) {
    if (const auto problem = store_problem(node.text))
      fields_.report(finding(Rule::wrong_value, fields_.mark(node), problem->message, problem->suggestion));
  }

  void check_zone(const Node& node) {
    if (const auto problem = zone_problem(node.text)) {
      fields_.report(finding(Rule::unknown_zone, fields_.mark(node), problem->message, problem->suggestion));
    }
  }

  ConnectionSettings connection(const Node::Member& member, const Value& value) {
    ConnectionSettings settings;
    settings.name = member.key;
    settings.at = document_.key_mark(member);
    settings.plugin = value.text_or("plugin");
    if (const Node* plugin = member.value.find("plugin")) settings.plugin_at = fields_.mark(*plugin);
    settings.base_url = value.text_or("base_url");
    while (settings.base_url.ends_with('/')) settings.base_url.pop_back();
    check_url(member.value, settings.base_url);
    settings.from = value.text_or("from");
    const auto from = parse_mail_address(settings.from);
    if (const Node* node = member.value.find("from"); node && !node->is_empty() && !from)
      fields_.report(finding(Rule::wrong_value, fields_.mark(*node), from.error().message));
    const Node* auth = member.value.find("auth");
    if (const Value* said = value.find("auth"); said && auth) proof(settings, *said, *auth);
    const auto says = [&value](const char* key) {
      const Value* said = value.find(key);
      return said && said->is_true();
    };
    settings.private_addresses = says("private");
    settings.link_local = says("link_local");
    if (const Value* limits = value.find("limits")) settings.limits = request_limits_in(*limits);
    locations(settings, value);
    return settings;
  }

  void proof(ConnectionSettings& settings, const Value& said, const Node& auth) {
    settings.token = said.text_or("token");
    if (const Node* token = auth.find("token")) named(settings, *token, settings.token);
    if (const Value* means = said.find("oauth2"); means && means->is_map())
      oauth(settings, *means, *auth.find("oauth2"));
    using Place = ShownSecret::Place;
    if (const Value* header = said.find("header"); header && header->is_map()) {
      const std::string value = header->text_or("value");
      const std::size_t handle = std::min(value.find(secret_prefix), value.size());
      settings.shown = {Place::header, header->text_or("name"), value.substr(0, handle), value.substr(handle)};
      if (const Node* node = auth.find("header")->find("value")) named(settings, *node, settings.shown->secret);
      const Node* name = auth.find("header")->find("name");
      if (const std::string why = why_no_place(settings.shown->name); name && !why.empty())
        fields_.report(finding(Rule::wrong_value, fields_.mark(*name), why));
    }
    if (const Value* basic = said.find("basic"); basic && basic->is_map()) {
      settings.shown = {Place::basic, basic->text_or("user"), "", basic->text_or("password")};
      if (const Node* node = auth.find("basic")->find("password")) named(settings, *node, settings.shown->secret);
    }
    if (const Node* signing = auth.find("standard_webhooks")) {
      settings.shown = {Place::signed_webhook, "", "", said.text_or("standard_webhooks")};
      named(settings, *signing, settings.shown->secret);
    }
    if (const Value* query = said.find("query"); query && query->is_map()) {
      settings.shown = {Place::query, query->text_or("name"), "", query->text_or("value")};
      if (const Node* node = auth.find("query")->find("value")) named(settings, *node, settings.shown->secret);
    }
  }

  void oauth(ConnectionSettings& settings, const Value& said, const Node& node) {
    OAuthSettings oauth;
    oauth.client_id = said.text_or("client_id");
    oauth.client_secret = said.text_or("client_secret");
    oauth.authorize_url = said.text_or("authorize_url");
    oauth.token_url = said.text_or("token_url");
    oauth.location_token_url = said.text_or("location_token_url");
    oauth.user_type = said.text_or("user_type");
    oauth.redirect_uri = said.text_or("redirect_uri");
    oauth.scopes = texts_of(said.find("scopes"));
    if (const Value* pkce = said.find("pkce")) oauth.pkce = pkce->is_true();
    if (const Node* secret = node.find("client_secret")) named(settings, *secret, oauth.client_secret);
    settings.oauth = std::move(oauth);
  }

  void named(const ConnectionSettings& settings, const Node& node, const std::string& secret) {
    if (secret.starts_with(secret_prefix) && secret.size() > secret_prefix.size()) {
      if (const std::string why = why_no_handle(secret); !why.empty())
        fields_.report(finding(Rule::wrong_value, fields_.mark(node), why));
      return;
    }
    if (node.is_empty() || node.text.empty()) return;
    fields_.report(finding(Rule::plain_secret, fields_.mark(node),
                           "a token is named here, never written: secret:" + settings.name +
                               "_token, for example, and millrace keeps its value elsewhere"));
  }

  void check_url(const Node& connection, const std::string& url) {
    const bool whole = url.starts_with("http://") || url.starts_with("https://") || parse_mail_server(url);
    const bool good =
        url.empty() || url.starts_with(secret_prefix) || (whole && url.find(secret_prefix) == std::string::npos);
    const Node* node = connection.find("base_url");
    if (node == nullptr) return;
    if (const std::string why = why_no_base(url); !why.empty()) {
      fields_.report(finding(whole ? Rule::plain_secret : Rule::wrong_value, fields_.mark(*node), why));
      return;
    }
    if (good) return;
    if (url.find(secret_prefix) != std::string::npos) {
      fields_.report(finding(Rule::unread_secret, fields_.mark(*node),
                             "a secret is not read inside an address: name one that holds the whole of it, such as "
                             "base_url: \"secret:hook\""));
      return;
    }
    const bool bare = !is_absolute_url(url);
    fields_.report(
        finding(Rule::wrong_value, fields_.mark(*node),
                "an address begins with https:// (or http://), that of a mail server with smtps:// (or smtp://)",
                bare ? "https://" + url : ""));
  }

  static void locations(ConnectionSettings& settings, const Value& value) {
    const Value* locations = value.find("locations");
    if (!locations) return;
    Value::List names;
    if (locations->is_list()) names = locations->list();
    if (locations->is_text()) names.push_back(*locations);
    if (locations->is_map()) {
      for (const auto& [id, name] : locations->map()) {
        names.push_back(id);
        if (name.is_text()) settings.location_names[id.text()] = name.text();
      }
    }
    for (const Value& name : names) {
      if (!name.is_text()) continue;
      if (name.text() == "all") {
        settings.all_locations = true;
      } else {
        settings.locations.push_back(name.text());
      }
    }
  }

  const YamlDocument& document_;
  FieldReader fields_;
};

/// A connection's address may be a secret as a whole, and its auth names some.
bool reads_secrets(std::string_view place, std::string_view) {
  if (place == "alarms") return true;  // they are looked at as the steps that they are
  if (place.starts_with("hashicorp_vault/auth")) return true;
  if (!place.starts_with("connections/")) return false;
  const std::size_t key = place.find('/', std::string_view("connections/").size());
  const std::string_view below = key == std::string_view::npos ? "" : place.substr(key + 1);
  return below == "auth" || below == "base_url";
}

/// The environment goes before the file: what it says is used, and checked as a file's would be.
void lay_environment_over(Project& project, std::vector<Finding>& findings) {
  const auto take = [&](const char* name, std::string& into) {
    const char* said = std::getenv(name);
    if (!said || *said == '\0') return false;
    into = said;
    return true;
  };
  const auto refuse = [&](Rule rule, const char* name, const std::string& message) {
    const auto source = std::make_shared<const SourceText>(SourceText{name, ""});
    findings.push_back(finding(rule, {source, 0, 0, 1}, message));
  };
  if (take("MILLRACE_STORE", project.store)) {
    if (const auto problem = store_problem(project.store))
      refuse(Rule::wrong_value, "MILLRACE_STORE", problem->message);
  }
  take("MILLRACE_LISTEN", project.listen);
  take("MILLRACE_PUBLIC_URL", project.public_url);
  while (project.public_url.ends_with('/')) project.public_url.pop_back();
  if (!take("MILLRACE_TIMEZONE", project.timezone)) return;
  if (const auto problem = zone_problem(project.timezone))
    refuse(Rule::unknown_zone, "MILLRACE_TIMEZONE", problem->message);
}

}  // namespace

const ConnectionSettings* Project::find_connection(std::string_view name) const noexcept {
  const auto found = std::find_if(connections.begin(), connections.end(),
                                  [&](const ConnectionSettings& one) { return one.name == name; });
  return found == connections.end() ? nullptr : &*found;
}

std::vector<std::string> secrets_of(const ConnectionSettings& connection) {
  std::vector<std::string> handles;
  const auto add = [&handles](const std::string& text) {
    if (text.starts_with(secret_prefix)) handles.push_back(text);
  };
  add(connection.token);
  add(connection.base_url);
  if (connection.oauth) {
    add(connection.oauth->client_id);
    add(connection.oauth->client_secret);
  }
  if (connection.shown) {
    add(connection.shown->secret);
    if (connection.shown->place == ShownSecret::Place::basic) add(connection.shown->name);
  }
  return handles;
}

std::string Project::location_name(const std::string& id) const {
  for (const ConnectionSettings& connection : connections) {
    const auto known = connection.location_names.find(id);
    if (known != connection.location_names.end()) return known->second;
  }
  return id;
}

std::vector<std::string> take_over(Project& used, Project fresh) {
  std::vector<std::string> told;
  used.audit_heads = fresh.audit_heads;
  used.permissions = fresh.permissions;
  used.chain_limit = fresh.chain_limit;
  const auto needs_restart = [&](const std::string& what) {
    told.push_back(what + "; the running service goes on with what it had, and takes this up when it is started again");
  };
  for (const ConnectionSettings& known : used.connections) {
    const ConnectionSettings* now = fresh.find_connection(known.name);
    if (now == nullptr) needs_restart("connection \"" + known.name + "\" is gone");
    if (now != nullptr && !is_same(known, *now)) needs_restart("connection \"" + known.name + "\" is another one");
  }
  if (used.timezone != fresh.timezone) needs_restart("\"timezone\" has changed");
  if (used.store != fresh.store) needs_restart("\"store\" has changed");
  if (used.listen != fresh.listen || used.public_url != fresh.public_url || used.hosts != fresh.hosts)
    needs_restart("\"server\" has changed");
  if (used.vault_server != fresh.vault_server) needs_restart("\"hashicorp_vault\" has changed");
  if (used.trust != fresh.trust) needs_restart("what is trusted has changed (\"trust\", plugins/lock.yaml)");
  if (used.apart != fresh.apart || used.files_unguarded != fresh.files_unguarded ||
      used.revocations != fresh.revocations)
    needs_restart("\"plugins\" has changed");
  for (ConnectionSettings& connection : fresh.connections) {
    if (used.find_connection(connection.name) != nullptr) continue;
    told.push_back("connection \"" + connection.name + "\" is new, and can be used");
    used.connections.push_back(std::move(connection));
  }
  return told;
}

namespace {

/// The libraries in plugins/lock.yaml are trusted as they were agreed to. What is wrong with that file is as wrong as
/// what is wrong with millrace.yaml: nobody knows then what was agreed to.
LoadedProject with_locked_plugins(LoadedProject loaded, const std::filesystem::path& root) {
  LoadedLock locked = load_plugin_lock(root);
  std::move(locked.findings.begin(), locked.findings.end(), std::back_inserter(loaded.findings));
  LoadedRevocations revoked = load_revocations(root);
  std::move(revoked.findings.begin(), revoked.findings.end(), std::back_inserter(loaded.findings));
  if (!locked.lock || !revoked.list) loaded.project.reset();
  if (!loaded.project) return loaded;
  for (const LockedPlugin& plugin : locked.lock->plugins) {
    if (!plugin.library.empty()) loaded.project->trust.push_back(plugin.pin());
  }
  return loaded;
}

}  // namespace

LoadedProject load_project(const std::filesystem::path& root) {
  const std::filesystem::path path = root / "millrace.yaml";
  std::error_code failed;
  if (!std::filesystem::exists(path, failed)) return with_locked_plugins(load_project(root, nullptr), root);
  auto source = read_source(path, "millrace.yaml");
  if (Finding* unreadable = std::get_if<Finding>(&source)) return {std::nullopt, {std::move(*unreadable)}};
  return with_locked_plugins(load_project(root, std::get<std::shared_ptr<const SourceText>>(std::move(source))), root);
}

LoadedProject load_project(const std::filesystem::path& root, std::shared_ptr<const SourceText> text) {
  LoadedProject loaded;
  Project project;
  project.root = root;
  project.has_file = text != nullptr;
  if (project.has_file) {
    if (auto unfit = unfit_text(text)) return {std::nullopt, {std::move(*unfit)}};
    YamlDocument document = read_yaml(std::move(text));
    loaded.findings = std::move(document.findings);
    if (document.root && document.root->is_map()) {
      ProjectLoader(document, loaded.findings).load(*document.root, project);
      for (Finding& one : find_unread_secrets(document, reads_secrets)) loaded.findings.push_back(std::move(one));
    } else if (document.root) {
      loaded.findings.push_back(not_a_mapping(document, "version: 1"));
    } else if (!has_errors(loaded.findings)) {
      loaded.findings.push_back(empty_file(document));
    }
  }
  lay_environment_over(project, loaded.findings);
  sort_findings(loaded.findings);
  if (!has_errors(loaded.findings)) loaded.project = std::move(project);
  return loaded;
}

}  // namespace millrace
