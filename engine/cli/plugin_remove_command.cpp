#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/files.hpp"
#include "base/text.hpp"
#include "cli/cli.hpp"
#include "cli/commands.hpp"
#include "cli/history.hpp"
#include "cli/input.hpp"
#include "cli/plugin_name.hpp"
#include "cli/session.hpp"
#include "crypto/random.hpp"
#include "value/list_of.hpp"
#include "workflow/connections.hpp"
#include "workflow/list.hpp"
#include "workflow/load.hpp"
#include "workflow/plugin_lock.hpp"

namespace millrace {

namespace {

/// A plugin of the project's own: what lies in plugins/, what was agreed to, or both.
struct OwnPlugin {
  std::string name, version;
  std::filesystem::path folder;  ///< empty: it is not there any more
  const LockedPlugin* locked = nullptr;
  std::vector<std::string> users;  ///< "connection shop", "workflow tidy (shop.add, shop.sold)"
};

int not_removed(const Error& error) {
  complain(error);
  return exit_failed;
}

bool belongs_to(const std::string& name, const std::string& plugin) { return name.starts_with(plugin + '.'); }

/// What a workflow takes of the plugin; nothing where its file cannot be read as one.
std::vector<std::string> taken_of(const WorkflowFile& file, const std::string& plugin, const Catalog& catalog) {
  std::vector<std::string> taken;
  const auto take = [&](const std::string& name) {
    if (belongs_to(name, plugin) && std::find(taken.begin(), taken.end(), name) == taken.end()) taken.push_back(name);
  };
  const auto loaded = load_workflow_file(file.path, file.shown_as, catalog);
  if (!loaded.workflow) return taken;
  for (const TriggerSpec& trigger : loaded.workflow->triggers) take(trigger.name);
  each_action(*loaded.workflow, [&take](const ActionStep& step) { take(step.action); });
  return taken;
}

std::vector<std::string> users_of(const std::string& plugin, const Session& session, const Project& project,
                                  const Catalog& catalog) {
  std::vector<std::string> users;
  for (const ConnectionSettings& connection : project.connections) {
    if (connection.plugin == plugin) users.push_back("connection " + connection.name);
  }
  for (const WorkflowFile& file : list_workflow_files(session.folder)) {
    const auto taken = taken_of(file, plugin, catalog);
    if (!taken.empty()) users.push_back("workflow " + file.path.stem().string() + " (" + join(taken, ", ") + ")");
  }
  return users;
}

Result<OwnPlugin> find_own(const std::string& name, const Session& session, const Project& project,
                           const PluginLock& lock) {
  if (const Status good = check_plugin_name(name); !good) {
    const bool shipped = good.error().code == ErrorCode::conflict;
    return shipped
               ? Error{ErrorCode::conflict,
                       "\"" + name +
                           "\" came with Millrace and stays; to have it used no more: millrace plugin revoke " + name}
               : good.error();
  }
  const Catalog catalog = Catalog::load(shipped_plugins(), session.folder / "plugins");
  OwnPlugin plugin;
  plugin.name = name;
  plugin.locked = lock.find(name);
  std::error_code failed;
  const std::filesystem::path folder = session.folder / "plugins" / name;
  if (std::filesystem::symlink_status(folder, failed).type() != std::filesystem::file_type::not_found)
    plugin.folder = folder;
  if (plugin.folder.empty() && plugin.locked == nullptr) {
    std::vector<std::string> known;
    for (const auto& each : catalog.plugins()) {
      if (!each->shipped) known.push_back(each->name);
    }
    for (const LockedPlugin& each : lock.plugins) known.push_back(each.name);
    return Error{ErrorCode::not_found, "the project has no plugin \"" + name + "\"" + did_you_mean(name, known)};
  }
  const Manifest* manifest = catalog.find_plugin(name);
  plugin.version = manifest != nullptr ? manifest->version : plugin.locked != nullptr ? plugin.locked->version : "";
  plugin.users = users_of(name, session, project, catalog);
  return plugin;
}

/// The folder goes out of sight first and is emptied last, so that plugin and lock change together: where the lock
/// cannot be written, the plugin is where it was.
Status take_away(const OwnPlugin& plugin, const Session& session, const LoadedLock& locked) {
  const auto failure = [](const std::string& what, const std::error_code& why) {
    return Error{ErrorCode::unavailable, what + ": " + why.message()};
  };
  std::error_code failed;
  const std::filesystem::path aside = session.folder / "plugins" / (".removed-" + TRY(unguessable_text()));
  const std::filesystem::path hidden =
      aside / plugin.name;  // no folder of plugins/ itself, where it would be looked at
  if (!plugin.folder.empty()) {
    std::filesystem::create_directory(aside, failed);
    if (!failed) std::filesystem::rename(plugin.folder, hidden, failed);
    if (failed) return failure(plugin.folder.string(), failed);
  }
  PluginLock rest = *locked.lock;
  std::erase_if(rest.plugins, [&plugin](const LockedPlugin& each) { return each.name == plugin.name; });
  const std::string lock_file = (session.folder / plugin_lock_file).string();
  const Status written = plugin.locked ? rewrite_file(lock_file, locked.text, encode(rest)) : Status(Done{});
  if (!written && !plugin.folder.empty()) std::filesystem::rename(hidden, plugin.folder, failed);
  std::error_code left;
  std::filesystem::remove_all(aside, left);
  if (written && left) return failure("it is removed, but not all of its files: " + aside.string(), left);
  return written;
}

}  // namespace

int plugin_remove_command(const Session& session, const std::string& name, bool yes) {
  const auto project = open_project(session);
  if (!project || !has_project(session, *project)) return exit_cannot_start;
  const LoadedLock locked = load_plugin_lock(session.folder);
  if (!locked.lock) return exit_failed;  // as open_project has told
  const auto plugin = find_own(name, session, *project, *locked.lock);
  if (!plugin) return not_removed(plugin.error());
  const std::string named = plugin->name + (plugin->version.empty() ? "" : " " + plugin->version);
  if (!session.json) {
    print(named);
    for (const std::string& user : plugin->users) print("  is used by " + user);
  }
  if (const auto ends = not_agreed(yes, "Remove it?", "remove " + named)) return *ends;
  if (!note_act(session, *project, {"remove", "plugin " + name, plugin->version})) return exit_failed;
  if (const Status gone = take_away(*plugin, session, locked); !gone) return not_removed(gone.error());
  if (session.json)
    print_json(Value::object({{"removed", name}, {"version", plugin->version}, {"used_by", list_of(plugin->users)}}));
  if (!session.json) print(named + " was removed; a service that runs has it until it is started again");
  return exit_done;
}

}  // namespace millrace
