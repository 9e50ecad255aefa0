#include <fmt/format.h>

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/text.hpp"
#include "cli/cli.hpp"
#include "cli/commands.hpp"
#include "schema/embedded.hpp"
#include "value/json.hpp"
#include "workflow/list.hpp"

namespace millrace {

int schema_command(const Session& session, const std::string& which) {
  if (which == "workflow") {
    const Catalog catalog = open_catalog(session);
    std::printf("%s\n", encode_json(workflow_schema(catalog), JsonStyle::indented).c_str());
  } else {
    std::fputs(std::string(embedded_schema(which + ".schema.json")).c_str(), stdout);
  }
  return exit_done;
}

int sandbox_command(const std::vector<std::string>& arguments) {
  const std::string program = (program_folder() / "millrace-sandbox").string();
  std::vector<char*> words{const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  execv(program.c_str(), words.data());
  complain("cannot start " + program + ": " + std::strerror(errno));
  return exit_cannot_start;
}

int version_command(const Session& session) {
  if (session.json) {
    std::printf("%s\n", encode_json(Value::object({{"version", MILLRACE_VERSION}})).c_str());
  } else {
    std::puts("millrace " MILLRACE_VERSION);
  }
  return exit_done;
}

/// What this folder holds, and the next useful command.
int overview_command(const Session& session) {
  const auto project = open_project(session);
  if (!project) return exit_cannot_start;
  const auto files = list_workflow_files(session.folder);
  if (!project->has_file && files.empty()) {
    std::puts(
        "There is no project here: no millrace.yaml and no workflows/.\nGo to one, or name it: millrace -C DIR. All "
        "verbs: millrace --help");
    return exit_done;
  }
  std::printf("%s, %s\n", counted(files.size(), "workflow").c_str(),
              counted(project->connections.size(), "connection").c_str());
  const Catalog catalog = open_catalog(session);
  std::string first;
  bool findings = false;
  for (const WorkflowFile& file : files) {
    const LoadedWorkflow loaded = load_and_check(file.path, file.shown_as, catalog, &*project);
    const bool good = loaded.workflow && loaded.findings.empty();
    findings = findings || !good;
    const std::string id = file.path.stem().string();
    if (good && first.empty()) first = id;
    std::string about = "has findings";
    if (good) about = loaded.workflow->description.empty() ? loaded.workflow->name : loaded.workflow->description;
    print(fmt::format("  {:<20} {}", id, about));
  }
  for (const ConnectionSettings& connection : project->connections) {
    print(fmt::format("  {:<20} {} at {}", connection.name, connection.plugin, connection.base_url));
  }
  if (findings) {
    std::puts("Next: millrace check");
  } else if (!first.empty()) {
    print("Next: millrace plan " + first);
  }
  return exit_done;
}

}  // namespace millrace
