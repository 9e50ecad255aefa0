#include <algorithm>
#include <cstdio>
#include <optional>

#include "base/text.hpp"
#include "cli/cli.hpp"
#include "cli/commands.hpp"
#include "cli/history.hpp"
#include "cli/shell_words.hpp"
#include "host/host.hpp"
#include "value/json.hpp"
#include "value/list_of.hpp"
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

/// What the store has of the newest run; nothing is made where there is no store yet.
struct LastRun {
  std::optional<RunHead> head;
  bool unreadable = false;
};

LastRun newest_run(const Session& session, const Project& project) {
  std::error_code failed;
  if (!std::filesystem::exists(store_file(session.folder, project), failed)) return {};
  Loop loop;
  const auto store = open_project_store(session, project, loop, StoreOptions::Role::reader);
  if (store == nullptr) return {std::nullopt, true};
  RunFilter newest;
  newest.limit = 1;
  const auto runs = wait_for(loop, store->history().list_runs(newest));
  if (!runs) return {std::nullopt, true};
  return {runs->empty() ? std::nullopt : std::optional(runs->front())};
}

std::string what_ran_last(const std::string& program, const LastRun& last, const std::string& zone) {
  if (last.unreadable) return "The store cannot be read: " + program + " doctor";
  if (!last.head) return "Nothing has run here yet";
  std::string line = "Last run: " + last.head->workflow + " " + std::string(name_of(last.head->outcome));
  if (!last.head->live) line += " (a dry run)";
  if (last.head->started) line += ", " + render_in(zone, *last.head->started);
  return line + "; " + program + " runs show " + render(last.head->key);
}

std::string what_is_next(const std::string& program, const Overview& overview) {
  if (overview.ids.empty()) return program + " new --list";
  if (overview.with_findings > 0) return program + " check";
  return program + " plan " + overview.first_good;
}

Value encode_overview(const Overview& overview, const Project& project, const LastRun& last, const std::string& next) {
  Value run;
  if (last.head) {
    run = Value::object(
        {{"run", render(last.head->key)}, {"workflow", last.head->workflow}, {"outcome", name_of(last.head->outcome)}});
  }
  return Value::object({{"project", true},
                        {"workflows", list_of(overview.ids)},
                        {"live", static_cast<std::int64_t>(overview.live)},
                        {"with_findings", static_cast<std::int64_t>(overview.with_findings)},
                        {"connections", static_cast<std::int64_t>(project.connections.size())},
                        {"last_run", run},
                        {"next", next}});
}

/// How to begin.
int no_project_here(const Session& session) {
  if (session.json) {
    print_json(Value::object({{"project", false}, {"next", "millrace init my-project"}}));
  } else {
    std::puts(
        "There is no project here: no millrace.yaml and no workflows/.\n"
        "Begin one: millrace init my-project      or go to yours: millrace -C DIR\n"
        "All verbs: millrace --help");
  }
  return exit_done;
}

}  // namespace

/// Where one stands, in three lines.
int overview_command(const Session& session) {
  const auto project = open_project(session);
  if (!project) return exit_cannot_start;
  if (!project->has_file && list_workflow_files(session.folder).empty()) return no_project_here(session);
  const std::string program = begun_for(session.folder);
  const Overview overview = look_at_workflows(session, *project);
  const LastRun last = newest_run(session, *project);
  const std::string next = what_is_next(program, overview);
  if (session.json) {
    print_json(encode_overview(overview, *project, last, next));
    return exit_done;
  }
  print(what_is_here(overview, *project));
  print(what_ran_last(program, last, project->timezone));
  print("Next: " + next);
  return exit_done;
}

}  // namespace millrace
