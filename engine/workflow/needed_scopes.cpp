#include "workflow/needed_scopes.hpp"

#include <algorithm>

#include "workflow/connections.hpp"

namespace millrace {

namespace {

/// Follows jobs to the connectors' actions that they call.
class ScopeCollector {
 public:
  ScopeCollector(const ConnectionSettings& connection, const Catalog& catalog)
      : connection_(connection), catalog_(catalog) {}

  void add(const Action& action) {
    if (!seen_.insert(action.name).second) return;
    if (action.plugin == connection_.plugin && !action.scope.empty()) scopes.insert(action.scope);
    add_calls(action.calls);
    add_calls(action.optional_calls);
  }
  void add_calls(const std::vector<std::string>& calls) {
    for (const std::string& call : calls) {
      const Action* called = catalog_.find_action(connection_.plugin + "." + call);
      if (called == nullptr) called = catalog_.find_action(call);
      if (called != nullptr) add(*called);
    }
  }

  std::set<std::string> scopes;

 private:
  const ConnectionSettings& connection_;
  const Catalog& catalog_;
  std::set<std::string> seen_;
};

}  // namespace

std::map<std::string, NeededScopes> needed_scopes(const std::vector<std::shared_ptr<const Workflow>>& workflows,
                                                  const Project& project, const Catalog& catalog) {
  std::map<std::string, NeededScopes> needed;
  const auto note = [&](const Workflow& workflow, const std::string& connection, auto collect) {
    const ConnectionSettings* settings = project.find_connection(connection);
    if (settings == nullptr) return;
    ScopeCollector collector(*settings, catalog);
    collect(collector);
    for (const std::string& scope : collector.scopes) needed[connection][scope].insert(workflow.id);
  };
  const auto note_action = [&](const Workflow& workflow, const std::string& name, const std::string& named) {
    const Action* action = catalog.find_action(name);
    if (action == nullptr) return;
    const auto connection = connection_of(*action, named, project, catalog);
    if (!connection || *connection == nullptr) return;
    note(workflow, (*connection)->name, [&](ScopeCollector& collector) { collector.add(*action); });
  };
  for (const auto& workflow : workflows) {
    each_action(*workflow, [&](const ActionStep& step) { note_action(*workflow, step.action, step.connection); });
    for (const TriggerSpec& trigger : workflow->triggers) {
      if (trigger.kind == "watch") note_action(*workflow, trigger.name, trigger.connection);
      const Trigger* of_plugin = trigger.kind == "plugin" ? catalog.find_trigger(trigger.name) : nullptr;
      if (of_plugin == nullptr) continue;
      note(*workflow, trigger.connection, [&](ScopeCollector& collector) { collector.add_calls(of_plugin->calls); });
    }
  }
  return needed;
}

NeededScopes scopes_at(const std::string& connection, const std::map<std::string, NeededScopes>& needed) {
  const auto found = needed.find(connection);
  return found == needed.end() ? NeededScopes() : found->second;
}

std::vector<std::string> missing_scopes(const NeededScopes& needed, const std::vector<std::string>& granted) {
  std::vector<std::string> missing;
  for (const auto& [scope, workflows] : needed) {
    const bool has = std::find(granted.begin(), granted.end(), scope) != granted.end();
    if (!has && !granted.empty()) missing.push_back(scope);
  }
  return missing;
}

}  // namespace millrace
