#include <fmt/format.h>

#include <cstdio>

#include "base/text.hpp"
#include "cli/cli.hpp"
#include "cli/commands.hpp"
#include "host/host.hpp"
#include "plugin/binary.hpp"
#include "plugin/examples.hpp"
#include "plugin/plugin_host.hpp"
#include "value/json.hpp"
#include "value/list_of.hpp"
#include "workflow/plugin_lock.hpp"

namespace millrace {

namespace {

/// Whose signature was agreed to; null where there is none.
Value signed_by(const LockedPlugin* locked, const PluginLock& lock) {
  if (locked == nullptr || locked->keys.empty()) return {};
  const TrustedKey* key = lock.find_key(locked->keys.back());
  return Value::object({{"key", locked->keys.back()}, {"name", key != nullptr ? key->name : ""}});
}

Value encode(const Manifest& plugin, const PluginLock& lock, const std::vector<std::string>& problems,
             const std::vector<std::string>& notes) {
  const LockedPlugin* locked = lock.find(plugin.name);
  return Value::object({{"name", plugin.name},
                        {"version", plugin.version},
                        {"summary", plugin.summary},
                        {"folder", plugin.folder.string()},
                        {"library", plugin.library},
                        {"shipped", plugin.shipped},
                        {"locked", locked != nullptr},
                        {"signed_by", signed_by(locked, lock)},
                        {"actions", static_cast<std::int64_t>(plugin.actions.size())},
                        {"triggers", static_cast<std::int64_t>(plugin.triggers.size())},
                        {"problems", list_of(problems)},
                        {"notes", list_of(notes)}});
}

/// Every library apart, so that one that crashes is named and the rest goes on. Those that came with Millrace are
/// tried where the kernel guards no files, too: in the engine they would run there.
std::unique_ptr<PluginHost> open_trial(const Session& session, const Catalog& catalog, Loop& loop) {
  const auto loaded = load_project(session.folder);
  PluginOptions options;
  if (loaded.project) options = plugin_options(*loaded.project);
  options.apart = PluginOptions::Apart::all;
  options.longest_call = std::chrono::seconds(10);
  for (const auto& plugin : catalog.plugins()) {
    if (plugin->shipped) options.files_unguarded.push_back(plugin->name);
  }
  return open_plugin_host(loop, loaded.project ? loaded.project->trust : std::vector<std::string>(), options);
}

Task<void> try_all(PluginHost& host, const Manifest& plugin, std::vector<std::string>& problems) {
  const auto found = co_await try_examples(host, plugin);
  problems.insert(problems.end(), found.begin(), found.end());
}

/// The plugin with all its files; what is wrong with one of them is a problem, and the others are not looked at.
Manifest whole_of(const Manifest& plugin, const Catalog& catalog, std::vector<std::string>& problems) {
  auto whole = catalog.whole(plugin);
  if (!whole) problems.push_back(render(whole.error()));
  return whole ? std::move(*whole) : plugin;
}

/// What is wrong with a plugin, as far as that can be found out without the outside.
std::vector<std::string> problems_of(const Manifest& plugin, PluginHost& host, Loop& loop) {
  std::vector<std::string> problems = check_examples(plugin);
  if (!plugin.library) return problems;
  const auto opened = host.open(plugin);
  if (!opened) problems.insert(problems.begin(), opened.error().message);
  if (opened) loop.run(try_all(host, plugin, problems));
  return problems;
}

/// What is not as it should be, and does no harm.
std::vector<std::string> notes_on(const Manifest& plugin) {
  const auto binary = plugin.library ? Binary::read(plugin) : Result<Binary>(Error{});
  if (!binary || binary->more_exports().empty()) return {};
  return {"its library shows more than mr_plugin_entry: " + join(binary->more_exports(), ", ") +
          " (-fvisibility=hidden keeps such names to itself)"};
}

}  // namespace

int plugin_list_command(const Session& session) {
  const Catalog catalog = open_catalog(session, Manifests::all);
  const PluginLock lock = load_plugin_lock(session.folder).lock.value_or(PluginLock());
  Value::List list;
  for (const auto& plugin : catalog.plugins()) {
    std::vector<std::string> problems;
    if (session.json) list.push_back(encode(whole_of(*plugin, catalog, problems), lock, problems, {}));
    if (session.json) continue;
    const std::string whose = plugin->shipped ? "shipped" : lock.find(plugin->name) != nullptr ? "locked" : "own";
    print(fmt::format("{:<12} {:<8} {:<9} {:<8} {}", plugin->name, plugin->version,
                      plugin->library ? "library" : "manifest", whose, plugin->summary));
  }
  if (session.json) {
    Value::List refused;
    for (const auto& problem : catalog.problems()) {
      refused.push_back(Value::object({{"name", problem.plugin}, {"problem", problem.error.message}}));
    }
    print_json(Value::object({{"plugins", Value(std::move(list))}, {"refused", Value(std::move(refused))}}));
  }
  return exit_done;
}

int plugin_check_command(const Session& session, const std::string& name) {
  const Catalog catalog = open_catalog(session, Manifests::all);
  if (!name.empty() && catalog.find_plugin(name) == nullptr) {
    std::vector<std::string> known;
    for (const auto& plugin : catalog.plugins()) known.push_back(plugin->name);
    complain("there is no plugin \"" + name + "\"" + did_you_mean(name, known));
    return exit_failed;
  }
  const PluginLock lock = load_plugin_lock(session.folder).lock.value_or(PluginLock());
  Loop loop;
  const auto host = open_trial(session, catalog, loop);
  Value::List list;
  bool bad = !catalog.problems().empty();
  for (const auto& plugin : catalog.plugins()) {
    if (!name.empty() && plugin->name != name) continue;
    std::vector<std::string> problems;
    const Manifest whole = whole_of(*plugin, catalog, problems);
    for (std::string& problem : problems_of(whole, *host, loop)) problems.push_back(std::move(problem));
    const std::vector<std::string> notes = notes_on(*plugin);
    bad = bad || !problems.empty();
    list.push_back(encode(whole, lock, problems, notes));
    if (session.json) continue;
    print(fmt::format("{:<12} {}", plugin->name, problems.empty() ? "works" : ""));
    for (const std::string& problem : problems) print("  " + problem);
    for (const std::string& note : notes) print("  note: " + note);
  }
  if (session.json) print_json(Value::object({{"plugins", Value(std::move(list))}}));
  return bad ? exit_failed : exit_done;
}

}  // namespace millrace
