#include <fmt/format.h>

#include <cstdio>

#include "base/text.hpp"
#include "cli/cli.hpp"
#include "cli/commands.hpp"
#include "plugin/examples.hpp"
#include "plugin/plugin_host.hpp"
#include "value/json.hpp"

namespace millrace {

namespace {

Value encode(const Manifest& plugin, const std::vector<std::string>& problems) {
  Value::List list;
  for (const std::string& problem : problems) list.emplace_back(problem);
  return Value::object({{"name", plugin.name},
                        {"version", plugin.version},
                        {"summary", plugin.summary},
                        {"folder", plugin.folder.string()},
                        {"library", plugin.library},
                        {"shipped", plugin.shipped},
                        {"actions", static_cast<std::int64_t>(plugin.actions.size())},
                        {"triggers", static_cast<std::int64_t>(plugin.triggers.size())},
                        {"problems", Value(std::move(list))}});
}

std::vector<std::string> trust_of(const Session& session) {
  const auto loaded = load_project(session.folder);
  return loaded.project ? loaded.project->trust : std::vector<std::string>();
}

}  // namespace

int plugin_list_command(const Session& session) {
  const Catalog catalog = open_catalog(session);
  Value::List list;
  for (const auto& plugin : catalog.plugins()) {
    list.push_back(encode(*plugin, {}));
    if (session.json) continue;
    print(fmt::format("{:<12} {:<8} {:<9} {:<8} {}", plugin->name, plugin->version,
                      plugin->library ? "library" : "manifest", plugin->shipped ? "shipped" : "own", plugin->summary));
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
  const Catalog catalog = open_catalog(session);
  if (!name.empty() && catalog.find_plugin(name) == nullptr) {
    std::vector<std::string> known;
    for (const auto& plugin : catalog.plugins()) known.push_back(plugin->name);
    complain("there is no plugin \"" + name + "\"" + did_you_mean(name, known));
    return exit_failed;
  }
  Loop loop;
  const auto host = open_plugin_host(loop, trust_of(session));
  Value::List list;
  bool bad = !catalog.problems().empty();
  for (const auto& plugin : catalog.plugins()) {
    if (!name.empty() && plugin->name != name) continue;
    std::vector<std::string> problems;
    if (plugin->library) {
      const auto opened = host->open(*plugin);
      if (!opened) problems.push_back(opened.error().message);
    }
    for (std::string& problem : check_examples(*plugin)) problems.push_back(std::move(problem));
    bad = bad || !problems.empty();
    list.push_back(encode(*plugin, problems));
    if (session.json) continue;
    print(fmt::format("{:<12} {}", plugin->name, problems.empty() ? "works" : ""));
    for (const std::string& problem : problems) print("  " + problem);
  }
  if (session.json) print_json(Value::object({{"plugins", Value(std::move(list))}}));
  return bad ? exit_failed : exit_done;
}

}  // namespace millrace
