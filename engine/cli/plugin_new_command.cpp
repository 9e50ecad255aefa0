#include <cstdio>

#include "cli/cli.hpp"
#include "cli/commands.hpp"
#include "cli/plugin_name.hpp"
#include "cli/shell_words.hpp"
#include "starter/new_plugin.hpp"
#include "value/json.hpp"
#include "value/list_of.hpp"

namespace millrace {

namespace {

std::vector<std::string> next_commands_of(const Session& session, const std::string& name, bool library) {
  const std::string program = begun_for(session.folder) + " ";
  const std::string folder = shell_word((session.folder / "plugins" / name).lexically_normal().string());
  std::vector<std::string> next;
  if (library) {
    next = {"make -C " + folder + " test", "make -C " + folder};
  } else {
    next = {program + "plugin check " + name};
  }
  next.push_back(program + "catalog " + name);
  return next;
}

}  // namespace

int plugin_new_command(const Session& session, const PluginNewOptions& options) {
  const Status named = check_plugin_name(options.name);
  if (!named) {
    complain(named.error());
    return named.error().code == ErrorCode::invalid ? exit_usage : exit_failed;
  }
  const auto project = open_project(session);
  if (!project) return exit_failed;
  if (!has_project(session, *project)) return exit_cannot_start;
  std::vector<NewFile> files = new_plugin(options.name, options.kind);
  const std::string folder = "plugins/" + options.name + "/";
  for (NewFile& file : files) file.path = folder + file.path;
  const auto put = put_new_files(session.folder, files);
  if (!put) return complain(put.error()), exit_failed;
  const bool library = options.kind != "manifest";
  const std::vector<std::string> next = next_commands_of(session, options.name, library);
  if (session.json) {
    print_json(Value::object({{"plugin", options.name},
                              {"kind", options.kind},
                              {"written", list_of(put->written)},
                              {"next", list_of(next)}}));
    return exit_done;
  }
  for (const std::string& path : put->written) print(path + " was written");
  if (!library) {
    print("millrace.yaml has to say where its API is:");
    print("  connections:");
    print("    " + options.name + ": {plugin: " + options.name +
          ", base_url: https://api.example.com, auth: {token: \"secret:" + options.name + "_token\"}}");
  }
  print("Next:");
  for (const std::string& command : next) print("  " + command);
  return exit_done;
}

}  // namespace millrace
