#include "workflow/check_permissions.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/text.hpp"
#include "catalog/kind.hpp"
#include "workflow/list.hpp"
#include "workflow/load.hpp"
#include "workflow/reach.hpp"
#include "yaml/rules.hpp"

namespace millrace {

namespace {

/// Files beside manifests are read only where what is loaded has no such kind.
bool is_known_kind(const std::string& name, const Catalog& catalog) {
  const auto touches = [&name](const Action& action) { return same_kind(name, kind_of(action)); };
  for (const auto& plugin : catalog.plugins()) {
    if (std::any_of(plugin->actions.begin(), plugin->actions.end(), touches)) return true;
  }
  const std::vector<std::string> names = catalog.action_names();
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& action) { return touches(*catalog.find_action(action)); });
}

class PermissionCheck {
 public:
  PermissionCheck(const Workflow& workflow, const Catalog& catalog, const Project* project)
      : workflow_(workflow), catalog_(catalog), project_(project) {}

  std::vector<Finding> check() {
    const Bounds* own = workflow_.permissions.get();
    if (own != nullptr) findings_ = check_permission_names(*own, catalog_, project_);
    const auto bounds = bounds_on(workflow_, project_);
    if (bounds.empty()) return std::move(findings_);
    for (const Reached& each : reach_of(workflow_, catalog_, project_)) {
      for (const auto& one : bounds) hold(each, *one);
    }
    if (own != nullptr && project_ != nullptr) calls(*own);
    return std::move(findings_);
  }

 private:
  void hold(const Reached& reached, const Bounds& bounds) {
    const auto forbidden = forbidden_by(bounds, reached.touch());
    if (!forbidden) return;
    if (reached.before_change) {
      return report(reached.from,
                    "what " + reached.by + " changes is not wholly seen before, so undo cannot put all of it back: " +
                        reached.action + " is not permitted: " + forbidden->why + "; " + forbidden->cure,
                    Severity::hint);
    }
    std::string what = reached.action;
    if (!reached.by.empty()) what += ", which " + reached.by + " calls,";
    report(reached.from,
           what + " is not permitted: " + forbidden->why + "; " + forbidden->cure + ", or leave this out");
  }

  /// Once at each place, however many ways lead there.
  void report(const SourceMark& at, const std::string& message, Severity severity = Severity::error) {
    const bool told = std::any_of(findings_.begin(), findings_.end(), [&](const Finding& one) {
      return one.message == message && one.at.line == at.line && one.at.column == at.column;
    });
    if (told) return;
    findings_.push_back(finding(Rule::not_permitted, at, message));
    findings_.back().severity = severity;
  }

  /// A workflow that several steps call is read once.
  void calls(const Bounds& own) {
    std::map<std::string, std::optional<Forbidden>> called;
    each_step(workflow_, [&](const Step& step) {
      const auto* call = std::get_if<CallBlock>(&step.what);
      if (call == nullptr || call->workflow == workflow_.id) return;
      const auto [known, added] = called.try_emplace(call->workflow);
      if (added) known->second = forbidden_in(call->workflow, own);
      const auto& forbidden = known->second;
      if (forbidden) report(call->workflow_at, forbidden->why + "; " + forbidden->cure + ", or leave this out");
    });
  }

  std::optional<Forbidden> forbidden_in(const std::string& workflow, const Bounds& own) const {
    const auto file = find_workflow_file(project_->root, workflow);
    if (!file) return std::nullopt;
    LoadedWorkflow loaded = load_workflow_file(file->path, file->shown_as, catalog_);
    if (!loaded.workflow) return std::nullopt;
    auto called = std::make_shared<const Workflow>(std::move(*loaded.workflow));
    return forbidden_call(own, std::move(called), catalog_, *project_);
  }

  const Workflow& workflow_;
  const Catalog& catalog_;
  const Project* project_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> check_permissions(const Workflow& workflow, const Catalog& catalog, const Project* project) {
  return PermissionCheck(workflow, catalog, project).check();
}

std::vector<std::string> known_kinds(const Catalog& catalog) {
  std::set<std::string> kinds;
  for (const std::string& name : catalog.action_names()) {
    const Action& action = *catalog.find_action(name);
    if (writes(action.effect) || action.effect == Effect::read) kinds.insert(key_for(kind_of(action)));
  }
  return {kinds.begin(), kinds.end()};
}

std::vector<Finding> check_permission_names(const Bounds& bounds, const Catalog& catalog, const Project* project) {
  std::vector<Finding> findings;
  for (const Bounds::Entry& entry : bounds.kinds) {
    if (is_known_kind(entry.name, catalog)) continue;
    std::vector<std::string> kinds = known_kinds(catalog);
    kinds.insert(kinds.end(), {"others", "send", "files", "hosts", "connections"});
    std::string hint = did_you_mean(entry.name, kinds);
    if (hint.empty()) hint = "; millrace permissions WORKFLOW shows what a workflow touches";
    findings.push_back(finding(Rule::unknown_kind, entry.at,
                               "no installed plugin touches \"" + entry.name + "\"" + hint,
                               nearest(entry.name, kinds).value_or("")));
  }
  if (project == nullptr || !bounds.connections) return findings;
  std::vector<std::string> names;
  for (const ConnectionSettings& one : project->connections) names.push_back(one.name);
  for (const Bounds::Entry& entry : bounds.connections->entries) {
    if (std::find(names.begin(), names.end(), entry.name) != names.end()) continue;
    findings.push_back(
        finding(Rule::unknown_connection, entry.at,
                "there is no connection \"" + entry.name + "\"" + did_you_mean(entry.name, names) + " (millrace.yaml)",
                nearest(entry.name, names).value_or("")));
  }
  return findings;
}

}  // namespace millrace
