#include "lsp/diagnostics.hpp"

#include <iterator>
#include <utility>

#include "workflow/alarm_actions.hpp"
#include "workflow/check_permissions.hpp"
#include "workflow/load.hpp"
#include "workflow/starts.hpp"
#include "yaml/files.hpp"
#include "yaml/rules.hpp"

namespace millrace::lsp {
namespace {

std::vector<Finding> of_project(std::shared_ptr<const SourceText> source, const ProjectView& view) {
  LoadedProject loaded = load_project(view.root, source);
  if (!loaded.project) return std::move(loaded.findings);
  std::vector<Finding> more;
  if (loaded.project->permissions != nullptr)
    more = check_permission_names(*loaded.project->permissions, *view.catalog, &*loaded.project);
  LoadedWorkflow alarms = load_and_check_alarm_actions(std::move(source), *view.catalog, &*loaded.project);
  std::move(more.begin(), more.end(), std::back_inserter(loaded.findings));
  std::move(alarms.findings.begin(), alarms.findings.end(), std::back_inserter(loaded.findings));
  return std::move(loaded.findings);
}

void add_circles_of(const Workflow& workflow, const ProjectView& view, std::vector<Finding>& findings) {
  std::vector<const Workflow*> all = {&workflow};
  for (const auto& other : view.others) {
    if (other->id != workflow.id) all.push_back(other.get());
  }
  for (Finding& circle : check_circles(all, *view.catalog, view.known_project())) {
    if (circle.at.source == workflow.source) findings.push_back(std::move(circle));
  }
}

void add_missing_secrets_of(const Workflow& workflow, const ProjectView& view, std::vector<Finding>& findings) {
  if (!view.missing_secrets) return;
  for (const TriggerSpec& trigger : workflow.triggers) {
    if (trigger.kind == "plugin" && workflow.mode == "dry_run") continue;
    for (const std::string& problem : view.missing_secrets(trigger)) {
      const auto said = trigger.places.find("verify");
      findings.push_back(finding(Rule::missing_secret, said == trigger.places.end() ? trigger.at : said->second,
                                 "as it is, nobody can be proved here: " + problem));
      findings.back().severity = Severity::hint;
    }
  }
}

std::vector<Finding> found_in(std::shared_ptr<const SourceText> source, const ProjectView& view, bool secrets) {
  const FileKind kind = kind_of_file(*source);
  if (kind == FileKind::other) return {};
  if (kind == FileKind::project) return of_project(std::move(source), view);
  LoadedWorkflow loaded = load_and_check(std::move(source), *view.catalog, view.known_project());
  if (!loaded.workflow) return std::move(loaded.findings);
  add_circles_of(*loaded.workflow, view, loaded.findings);
  if (secrets) add_missing_secrets_of(*loaded.workflow, view, loaded.findings);
  sort_findings(loaded.findings);
  return std::move(loaded.findings);
}

}  // namespace

std::vector<Finding> findings_in(std::shared_ptr<const SourceText> source, const ProjectView& view) {
  return found_in(std::move(source), view, false);
}

std::vector<Finding> all_findings_in(std::shared_ptr<const SourceText> source, const ProjectView& view) {
  return found_in(std::move(source), view, true);
}

}  // namespace millrace::lsp
