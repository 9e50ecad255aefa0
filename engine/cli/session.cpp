#include "cli/session.hpp"

#include <algorithm>
#include <cstdio>

#include "base/printable.hpp"
#include "cli/cli.hpp"
#include "value/json.hpp"
#include "workflow/fetched_revocations.hpp"
#include "workflow/list.hpp"
#include "workflow/plugin_lock.hpp"
#include "workflow/starts.hpp"
#include "yaml/rules.hpp"

namespace millrace {

namespace {

/// The file is right; it is the project that does not have what it needs.
bool lacks_only_connections(const std::vector<Finding>& findings) {
  return std::all_of(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.severity != Severity::error || finding.rule == "missing-connection" ||
           finding.rule == "unknown-connection";
  });
}

}  // namespace

std::filesystem::path program_folder() {
  std::error_code failed;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", failed);
  return failed ? std::filesystem::path(".") : self.parent_path();
}

std::filesystem::path shipped_plugins() {
  const std::filesystem::path beside = program_folder() / "plugins";
  return std::filesystem::is_directory(beside) ? beside : std::filesystem::path(MILLRACE_PLUGIN_FOLDER);
}

Catalog look_at_catalog(const Session& session) {
  Catalog catalog = Catalog::load(shipped_plugins(), session.folder / "plugins");
  // Where these cannot be read, that is told where the project is read, and stops it.
  const PluginLock lock = load_plugin_lock(session.folder).lock.value_or(PluginLock());
  hold_to(lock, catalog);
  const KnownRevocations known = known_revocations(session.folder);
  if (!known.problem.empty()) complain(known.problem);
  for (const auto& [plugin, why] : revoked(known.list, lock, catalog)) catalog.refuse(plugin, {ErrorCode::denied, why});
  return catalog;
}

Catalog open_catalog(const Session& session, Manifests read) {
  Catalog catalog = look_at_catalog(session);
  for (const auto& problem : read == Manifests::all ? catalog.problems() : catalog.own_problems())
    complain(problem.error);
  return catalog;
}

std::optional<Project> open_project(const Session& session) {
  LoadedProject loaded = load_project(session.folder);
  for (const Finding& finding : loaded.findings) complain(finding);
  return loaded.project;
}

bool has_project(const Session& session, const Project& project) {
  std::error_code failed;
  if (project.has_file || std::filesystem::is_directory(session.folder / "workflows", failed)) return true;
  complain(
      "there is no project here: no millrace.yaml and no workflows/; name one with -C, or begin one with \"millrace "
      "init DIR\"");
  return false;
}

OpenedWorkflow open_workflow(const Session& session, const std::string& named, const Catalog& catalog,
                             const Project& project) {
  const auto file = find_workflow_file(session.folder, named);
  if (!file) {
    complain(file.error());
    return {nullptr, {}, project.has_file ? exit_failed : exit_cannot_start};
  }
  LoadedWorkflow loaded = load_and_check(file->path, file->shown_as, catalog, &project);
  std::shared_ptr<const Workflow> workflow;
  if (loaded.workflow) {
    workflow = std::make_shared<const Workflow>(std::move(*loaded.workflow));
    std::vector<const Workflow*> all;
    const auto called = with_called(workflow, catalog, project);
    for (const auto& one : called) all.push_back(one.get());
    for (Finding& circle : check_circles(all, catalog, &project)) loaded.findings.push_back(std::move(circle));
  }
  for (const Finding& finding : loaded.findings) complain(finding);
  if (workflow == nullptr || has_errors(loaded.findings)) {
    return {nullptr, {}, lacks_only_connections(loaded.findings) ? exit_cannot_start : exit_failed};
  }
  return {std::move(workflow), file->path, exit_done};
}

std::string row(std::string_view line) { return printable(line) + "\n"; }

void print(std::string_view line) { print_rows(row(line)); }

void print_rows(std::string_view rows) { std::fputs(printable(rows, true).c_str(), stdout); }

void print_json(const Value& document) { print_rows(encode_json(document, JsonStyle::indented) + "\n"); }

void tell(std::string_view line) { tell_rows(row(line)); }

void tell_rows(std::string_view rows) { std::fputs(printable(rows, true).c_str(), stderr); }

void complain(const Error& error) { tell_rows(render(error) + "\n"); }

void complain(const Finding& finding) { tell_rows(render(finding) + "\n"); }

void complain(const std::string& message) { tell("error: " + message); }

}  // namespace millrace
