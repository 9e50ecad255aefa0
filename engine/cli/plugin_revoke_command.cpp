#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/files.hpp"
#include "base/private_files.hpp"
#include "base/text.hpp"
#include "cli/cli.hpp"
#include "cli/commands.hpp"
#include "cli/demand.hpp"
#include "cli/history.hpp"
#include "cli/session.hpp"
#include "crypto/minisign.hpp"
#include "host/service_file.hpp"
#include "value/time.hpp"
#include "workflow/fetched_revocations.hpp"
#include "workflow/project.hpp"

namespace millrace {
namespace {

constexpr const char* first_line =
    "# What is not to be used any more: a plugin, plugin@version, sha256:hash or key, and the reason.\n";

/// What the project says of its plugins. Nothing where it cannot be read, which is told.
struct Plugins {
  Project project;
  PluginLock lock;
  LoadedRevocations revoked;
};

std::optional<Plugins> open_plugins(const Session& session) {
  auto project = open_project(session);
  if (!project || !has_project(session, *project)) return std::nullopt;
  return Plugins{std::move(*project), load_plugin_lock(session.folder).lock.value_or(PluginLock()),
                 load_revocations(session.folder)};
}

/// Whether the word can stand for something: what is mistyped would revoke nothing, and nobody would know.
Status check_word(const std::string& what, const Catalog& catalog, const PluginLock& lock) {
  constexpr std::size_t digest_size = 7 + 64;
  const bool digest = what.size() == digest_size && what.starts_with("sha256:") &&
                      what.find_first_not_of("0123456789abcdef", 7) == std::string::npos;
  if (digest || parse_minisign_key(what)) return Done{};
  const std::string name = what.substr(0, what.find('@'));
  std::vector<std::string> known;
  for (const auto& plugin : catalog.plugins()) known.push_back(plugin->name);
  for (const auto& problem : catalog.problems()) known.push_back(problem.plugin);
  for (const LockedPlugin& plugin : lock.plugins) known.push_back(plugin.name);
  if (std::find(known.begin(), known.end(), name) != known.end()) return Done{};
  return Error{ErrorCode::not_found, "there is no plugin \"" + name + "\"" + did_you_mean(name, known) +
                                         "; a hash is sha256: and 64 small digits, a key begins with RW"};
}

Status write(const Session& session, const Plugins& plugins, const std::string& text) {
  std::error_code failed;
  std::filesystem::create_directories(session.folder / "plugins", failed);
  return rewrite_file((session.folder / revoked_file).string(), plugins.revoked.text, text);
}

/// A plugin that is not revoked can be out of service, which only the service that runs knows.
int end_rest(const Session& session, const std::string& name, const Manifest* plugin) {
  if (plugin == nullptr) {
    complain("there is no plugin \"" + name + "\", and nothing that names it is revoked");
    return exit_failed;
  }
  Demand demand;
  demand.path = "plugins/" + name + "/allow";
  demand.offline = [&name](Control& control) { return control.allow_plugin(name, who_asks()); };
  demand.done = name + " is tried again";
  return put_demand(session, demand);
}

/// The line about the plugin in a list that nobody here can change.
std::optional<Revocation> fetched_one(const Session& session, const std::string& name, const Manifest* plugin,
                                      const PluginLock& lock) {
  for (const Revocation& one : known_revocations(session.folder).list) {
    const bool named = one.what == name || (plugin != nullptr && concerns(one.what, *plugin, lock));
    if (named && one.where != revoked_file) return one;
  }
  return std::nullopt;
}

int answer(const Session& session, const std::string& key, const std::string& what, const std::string& said) {
  if (session.json) print_json(Value::object({{key, what}}));
  if (!session.json) print(said);
  return exit_done;
}

}  // namespace

int plugin_revoke_command(const Session& session, const std::string& what, const std::string& reason) {
  auto plugins = open_plugins(session);
  if (!plugins) return exit_cannot_start;
  if (const Status good = check_word(what, look_at_catalog(session), plugins->lock); !good) {
    complain(good.error());
    return exit_failed;
  }
  const auto list = plugins->revoked.list.value_or(std::vector<Revocation>());
  if (std::any_of(list.begin(), list.end(), [&what](const Revocation& one) { return one.what == what; }))
    return answer(session, "revoked", what, what + " is revoked already");
  const std::string who = "os:" + name_of_user(::geteuid()) + ", " + render_in("UTC", now_utc());
  const Revocation one = {what, reason + (reason.empty() ? "" : " ") + between('(', who, ')')};
  if (!note_act(session, plugins->project, {"revoke", what, reason})) return exit_failed;
  const std::string before = plugins->revoked.text.value_or(first_line);
  if (const Status written = write(session, *plugins, with_revocation(before, one)); !written) {
    complain(written.error());
    return exit_failed;
  }
  return answer(session, "revoked", what, what + " is revoked; a service that runs refuses it within seconds");
}

int plugin_allow_command(const Session& session, const std::string& name) {
  auto plugins = open_plugins(session);
  if (!plugins) return exit_cannot_start;
  const Catalog all = Catalog::load(shipped_plugins(), session.folder / "plugins");
  const Manifest* plugin = all.find_plugin(name);
  const std::string before = plugins->revoked.text.value_or("");
  const std::string rest = without_revocations(before, [&](const Revocation& one) {
    const bool named = one.what == name || one.what.starts_with(name + "@");
    return named || (plugin != nullptr && concerns(one.what, *plugin, plugins->lock));
  });
  if (const auto other = fetched_one(session, name, plugin, plugins->lock)) {
    complain(
        name + " is revoked by " + other->where + " (" + other->what + "): " + other->reason +
        "; whoever keeps that list takes it back there, and millrace.yaml says under plugins: whose list is heard");
    return exit_failed;
  }
  if (rest == before) return end_rest(session, name, plugin);
  if (!note_act(session, plugins->project, {"allow", "plugin " + name, "no longer revoked"})) return exit_failed;
  if (const Status written = write(session, *plugins, rest); !written) {
    complain(written.error());
    return exit_failed;
  }
  return answer(session, "allowed", name,
                name + " is revoked no longer; a service that was started since then uses it once it is started again");
}

}  // namespace millrace
