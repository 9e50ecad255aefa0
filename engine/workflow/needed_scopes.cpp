#include "workflow/needed_scopes.hpp"

#include <algorithm>

#include "workflow/reach.hpp"

namespace millrace {

std::map<std::string, NeededScopes> needed_scopes(const std::vector<std::shared_ptr<const Workflow>>& workflows,
                                                  const Project& project, const Catalog& catalog) {
  std::map<std::string, NeededScopes> needed;
  for (const auto& workflow : workflows) {
    for (const Reached& each : whole_reach({workflow}, catalog, &project)) {
      if (!each.connection.empty() && !each.scope.empty()) needed[each.connection][each.scope].insert(workflow->id);
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
