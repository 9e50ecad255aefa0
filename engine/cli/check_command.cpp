#include <algorithm>
#include <cstdio>
#include <deque>
#include <set>
#include <variant>

#include "base/files.hpp"
#include "base/printable.hpp"
#include "cli/cli.hpp"
#include "cli/commands.hpp"
#include "cli/findings.hpp"
#include "cli/history.hpp"
#include "crypto/digest.hpp"
#include "trigger/verification.hpp"
#include "workflow/check_project.hpp"
#include "workflow/fix.hpp"
#include "workflow/list.hpp"
#include "workflow/plugin_lock.hpp"
#include "workflow/starts.hpp"
#include "workflow/test_file.hpp"
#include "yaml/files.hpp"
#include "yaml/rules.hpp"

namespace millrace {

namespace {

/// The files that the command line names: folders stand for the workflow and test files inside, an id for its two.
std::vector<WorkflowFile> files_of(const Session& session, const CheckOptions& options,
                                   std::vector<Finding>& findings) {
  std::vector<WorkflowFile> files;
  if (options.paths.empty()) {
    files = list_workflow_files(session.folder);
    for (WorkflowFile& file : list_second_files(session.folder)) files.push_back(std::move(file));
    for (WorkflowFile& file : list_test_files(session.folder)) files.push_back(std::move(file));
  }
  for (const std::string& path : options.paths) {
    if (std::filesystem::is_directory(path)) {
      for (WorkflowFile& file : list_workflow_files_below(path)) files.push_back(std::move(file));
      for (WorkflowFile& file : list_test_files_below(path)) files.push_back(std::move(file));
    } else if (auto named = find_files(session.folder, path)) {
      std::move(named->begin(), named->end(), std::back_inserter(files));
    } else {
      findings.push_back(finding(Rule::unreadable_file, whole_file(path), named.error().message));
    }
  }
  return files;
}

bool is_project_file(const WorkflowFile& file) { return file.path.filename() == "millrace.yaml"; }

LoadedWorkflow check_text(const WorkflowFile& file, std::shared_ptr<const SourceText> text, const Catalog& catalog,
                          const Project* project) {
  if (is_project_file(file))
    return {std::nullopt, load_and_check_project(file.path.parent_path(), std::move(text), catalog).findings};
  if (is_test_file(file.path)) return {std::nullopt, load_test_file(file, std::move(text), catalog, project).findings};
  return load_and_check(std::move(text), catalog, project);
}

LoadedWorkflow check_file(const WorkflowFile& file, const Catalog& catalog, const Project* project) {
  if (is_project_file(file)) return {std::nullopt, load_and_check_project(file.path.parent_path(), catalog).findings};
  if (is_test_file(file.path)) return {std::nullopt, load_test_file(file, catalog, project).findings};
  return load_and_check(file.path, file.shown_as, catalog, project);
}

/// Circles of what starts what, and who keeps whom from hearing, over all of the project's workflows; told of the files
/// that are checked.
void add_what_others_do(const std::vector<Workflow>& checked, const Session& session, const Catalog& catalog,
                        const Project* project, std::vector<Finding>& findings) {
  std::vector<const Workflow*> asked;
  std::set<std::string> known;
  for (const Workflow& workflow : checked) {
    asked.push_back(&workflow);
    known.insert(workflow.id);
  }
  std::deque<Workflow> others;
  for (const WorkflowFile& file : list_workflow_files(session.folder)) {
    if (known.contains(workflow_id(file.shown_as))) continue;
    LoadedWorkflow loaded = load_workflow_file(file.path, file.shown_as, catalog);
    if (loaded.workflow) others.push_back(std::move(*loaded.workflow));
  }
  std::vector<const Workflow*> rest;
  for (const Workflow& workflow : others) rest.push_back(&workflow);
  for (Finding& circle : check_circles(asked, rest, catalog, project)) findings.push_back(std::move(circle));
  for (Finding& deaf : check_shared_paths(asked, rest, catalog)) findings.push_back(std::move(deaf));
}

void add_missing_secrets(const std::vector<Workflow>& checked, const Session& session, std::vector<Finding>& findings) {
  const auto secrets = open_secrets(session.folder);
  for (const Workflow& workflow : checked) {
    for (Finding& one : missing_secrets(workflow, *secrets)) findings.push_back(std::move(one));
  }
}

/// What a workflow may since it ran last: nothing is wrong with it, but somebody should see it.
void add_widenings(const std::vector<Workflow>& checked, const Session& session, const Catalog& catalog,
                   const Project& project, std::vector<Finding>& findings) {
  std::vector<std::shared_ptr<const Workflow>> borrowed;
  for (const Workflow& workflow : checked) borrowed.emplace_back(std::shared_ptr<const Workflow>(), &workflow);
  const std::vector<NewSince> all = new_since_last_runs(session, project, catalog, borrowed);
  for (std::size_t at = 0; at < all.size(); ++at) {
    for (const Widening& each : all[at].widened) {
      findings.push_back(finding(Rule::widened, each.at,
                                 "new since the version that ran last (" + short_name(all[at].version) +
                                     "): " + checked[at].id + " " + each.sentence));
      findings.back().severity = Severity::hint;
    }
  }
}

/// Corrects what needs nobody's judgement, and says each.
void fix_file(const WorkflowFile& file, const Catalog& catalog, const Project* project) {
  const auto read = read_source(file.path, file.shown_as);
  if (std::holds_alternative<Finding>(read)) return;  // which the check tells
  const auto& source = std::get<std::shared_ptr<const SourceText>>(read);
  const Corrected corrected = correct(source, [&](std::shared_ptr<const SourceText> tried) {
    return check_text(file, std::move(tried), catalog, project).findings;
  });
  if (corrected.made.empty()) return;
  const Status put = rewrite_file(file.path.string(), source->text, corrected.text);
  if (!put) return complain(put.error());
  for (const Correction& one : corrected.made) {
    tell(file.shown_as + ":" + std::to_string(one.at.line) + ": corrected " + printable(one.before) + " -> " +
         printable(one.after));
  }
}

}  // namespace

int check_command(const Session& session, const CheckOptions& options) {
  const Catalog catalog = open_catalog(session);
  const WorkflowFile project_file = {session.folder / "millrace.yaml", "millrace.yaml"};
  if (options.fix && options.paths.empty()) fix_file(project_file, catalog, nullptr);
  LoadedProject loaded = load_and_check_project(session.folder, catalog);
  std::vector<Finding> findings;
  std::vector<Workflow> checked;
  std::size_t count = 0;
  if (options.paths.empty()) {
    findings = std::move(loaded.findings);
    for (const Catalog::Problem& problem : catalog.own_problems()) {
      const auto& at = problem.error.at;
      if (at && at->source->name == plugin_lock_file)
        findings.push_back(finding(Rule::other_than_locked, *at, problem.error.message));
    }
    if (loaded.project && loaded.project->has_file) ++count;
  }
  const Project* project = loaded.project && loaded.project->has_file ? &*loaded.project : nullptr;
  const std::size_t before = findings.size();
  const std::vector<WorkflowFile> files = files_of(session, options, findings);
  count += findings.size() - before;
  for (const WorkflowFile& file : files) {
    ++count;
    if (options.fix) fix_file(file, catalog, project);
    LoadedWorkflow found = check_file(file, catalog, project);
    std::move(found.findings.begin(), found.findings.end(), std::back_inserter(findings));
    if (found.workflow) checked.push_back(std::move(*found.workflow));
  }
  add_what_others_do(checked, session, catalog, project, findings);
  add_missing_secrets(checked, session, findings);
  if (options.verbose) {
    for (const Workflow& workflow : checked) {
      for (Finding& one : unknown_shapes(workflow, catalog, project)) findings.push_back(std::move(one));
    }
  }
  if (project != nullptr) add_widenings(checked, session, catalog, *project, findings);
  if (count == 0) {
    complain(
        "there is nothing to check here: no millrace.yaml and no workflows/ (say which files, or name the project with "
        "-C)");
    return exit_cannot_start;
  }
  print_rows(render_findings(findings, options.format, count));
  const bool bad = std::any_of(findings.begin(), findings.end(),
                               [](const Finding& finding) { return finding.severity != Severity::hint; });
  return bad ? exit_failed : exit_done;
}

}  // namespace millrace
