#include <algorithm>
#include <cstdio>

#include "base/text.hpp"
#include "cli/cli.hpp"
#include "cli/commands.hpp"
#include "cli/history.hpp"
#include "host/host.hpp"
#include "value/time.hpp"
#include "workflow/list.hpp"

namespace millrace {

namespace {

constexpr std::size_t most_names = 20;

struct Overview {
  std::vector<std::string> ids;
  std::size_t live = 0, with_findings = 0;
  std::string first_good;
};

Overview look_at_workflows(const Session& session, const Project& project) {
  Overview overview;
  const Catalog catalog = look_at_catalog(session);
  for (const WorkflowFile& file : list_workflow_files(session.folder)) {
    const LoadedWorkflow loaded = load_and_check(file.path, file.shown_as, catalog, &project);
    const bool good = loaded.workflow && std::all_of(loaded.findings.begin(), loaded.findings.end(),
                                                     [](const Finding& one) { return one.severity == Severity::hint; });
    overview.ids.push_back(file.path.stem().string());
    if (!good) ++overview.with_findings;
    if (loaded.workflow && loaded.workflow->mode == "live") ++overview.live;
    if (good && overview.first_good.empty()) overview.first_good = overview.ids.back();
  }
  return overview;
}

std::string what_is_here(const Overview& overview, const Project& project) {
  std::string line = counted(overview.ids.size(), "workflow");
  if (!overview.ids.empty()) {
    std::vector<std::string> names(overview.ids.begin(), overview.ids.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                                                    overview.ids.size(), most_names)));
    line += " (" + join(names, ", ");
    if (overview.ids.size() > most_names) line += ", and " + std::to_string(overview.ids.size() - most_names) + " more";
    line += ")";
  }
  line += ", " + counted(project.connections.size(), "connection");
  line += overview.live == 0 ? "; none is live" : "; " + std::to_string(overview.live) + " live";
  if (overview.with_findings > 0) line += ", " + std::to_string(overview.with_findings) + " with findings";
  return line;
}

/// The newest run of the store, in a line; nothing is made where there is no store yet.
std::string what_ran_last(const Session& session, const Project& project) {
  std::error_code failed;
  if (!std::filesystem::exists(store_file(session.folder, project), failed)) return "Nothing has run here yet";
  Loop loop;
  const auto store = open_project_store(session, project, loop, StoreOptions::Role::reader);
  if (store == nullptr) return "The store cannot be read: millrace doctor";
  RunFilter newest;
  newest.limit = 1;
  const auto runs = wait_for(loop, store->history().list_runs(newest));
  if (!runs || runs->empty()) return "Nothing has run here yet";
  const RunHead& last = runs->front();
  std::string line = "Last run: " + last.workflow + " " + std::string(name_of(last.outcome));
  if (last.started) line += ", " + render(*last.started);
  return line + "; millrace runs show " + render(last.key);
}

std::string what_is_next(const Session& session, const Overview& overview) {
  const std::string program = session.folder == "." ? "millrace " : "millrace -C " + session.folder.string() + " ";
  if (overview.ids.empty()) return "Next: " + program + "new --list";
  if (overview.with_findings > 0) return "Next: " + program + "check";
  return "Next: " + program + "plan " + overview.first_good;
}

}  // namespace

/// How to begin, or where one stands, in three lines.
int overview_command(const Session& session) {
  const auto project = open_project(session);
  if (!project) return exit_cannot_start;
  if (!project->has_file && list_workflow_files(session.folder).empty()) {
    std::puts(
        "There is no project here: no millrace.yaml and no workflows/.\n"
        "Begin one: millrace init my-project      or go to yours: millrace -C DIR\n"
        "All verbs: millrace --help");
    return exit_done;
  }
  const Overview overview = look_at_workflows(session, *project);
  print(what_is_here(overview, *project));
  print(what_ran_last(session, *project));
  print(what_is_next(session, overview));
  return exit_done;
}

}  // namespace millrace
