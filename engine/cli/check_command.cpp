#include <algorithm>
#include <cstdio>
#include <fstream>

#include "cli/cli.hpp"
#include "cli/commands.hpp"
#include "cli/findings.hpp"
#include "workflow/fix.hpp"
#include "workflow/list.hpp"

namespace millrace {

namespace {

/// The files that the command line names: folders stand for the workflow files inside.
std::vector<WorkflowFile> files_of(const Session& session, const CheckOptions& options) {
  if (options.paths.empty()) return list_workflow_files(session.folder);
  std::vector<WorkflowFile> files;
  for (const std::string& path : options.paths) {
    if (std::filesystem::is_directory(path)) {
      for (WorkflowFile& file : list_workflow_files_below(path)) files.push_back(std::move(file));
    } else {
      files.push_back({path, path});
    }
  }
  return files;
}

bool is_project_file(const WorkflowFile& file) { return file.path.filename() == "millrace.yaml"; }

std::vector<Finding> check_file(const WorkflowFile& file, const Catalog& catalog, const Project* project) {
  if (is_project_file(file)) return load_project(file.path.parent_path()).findings;
  return load_and_check(file.path, file.shown_as, catalog, project).findings;
}

/// Puts the suggestions into the file; the findings that are left are found by reading it again.
bool fix_file(const WorkflowFile& file, const std::vector<Finding>& findings) {
  const bool fixable = std::any_of(findings.begin(), findings.end(),
                                   [](const Finding& finding) { return finding.suggestion.has_value(); });
  if (!fixable || findings.front().at.source == nullptr) return false;
  const std::string fixed = apply_fixes(*findings.front().at.source, findings);
  if (fixed == findings.front().at.source->text) return false;
  const std::filesystem::path beside = file.path.string() + ".fixing";
  std::ofstream out(beside, std::ios::binary);
  out << fixed;
  out.close();
  std::error_code failed;
  if (out) std::filesystem::rename(beside, file.path, failed);
  if (!out || failed) {
    complain("cannot write " + file.shown_as);
    return false;
  }
  return true;
}

}  // namespace

int check_command(const Session& session, const CheckOptions& options) {
  const Catalog catalog = open_catalog(session);
  const LoadedProject loaded = load_project(session.folder);
  std::vector<Finding> findings;
  std::size_t count = 0;
  if (options.paths.empty()) {
    findings = loaded.findings;
    if (loaded.project && loaded.project->has_file) ++count;
  }
  const Project* project = loaded.project && loaded.project->has_file ? &*loaded.project : nullptr;
  for (const WorkflowFile& file : files_of(session, options)) {
    ++count;
    std::vector<Finding> found = check_file(file, catalog, project);
    for (int turns = 0; options.fix && turns < 10 && fix_file(file, found); ++turns)
      found = check_file(file, catalog, project);
    std::move(found.begin(), found.end(), std::back_inserter(findings));
  }
  if (count == 0) {
    complain(
        "there is nothing to check here: no millrace.yaml and no workflows/ (say which files, or name the project with "
        "-C)");
    return exit_cannot_start;
  }
  std::fputs(render_findings(findings, options.format, count).c_str(), stdout);
  const bool bad = std::any_of(findings.begin(), findings.end(),
                               [](const Finding& finding) { return finding.severity != Severity::hint; });
  return bad ? exit_failed : exit_done;
}

}  // namespace millrace
