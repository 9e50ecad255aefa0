#include "workflow/check_project.hpp"

#include <iterator>
#include <utility>
#include <vector>

#include "workflow/alarm_actions.hpp"
#include "workflow/check_permissions.hpp"
#include "workflow/connection_secrets.hpp"
#include "workflow/connections.hpp"
#include "yaml/rules.hpp"

namespace millrace {
namespace {

void add_checks(LoadedProject& loaded, LoadedWorkflow alarms, const Catalog& catalog) {
  const Project& project = *loaded.project;
  if (project.permissions != nullptr) {
    for (Finding& one : check_permission_names(*project.permissions, catalog, &project))
      loaded.findings.push_back(std::move(one));
  }
  for (const ConnectionSettings& connection : project.connections) {
    if (auto unknown = unknown_plugin(connection, catalog))
      loaded.findings.push_back(
          finding(Rule::wrong_value, connection.plugin_at, std::move(unknown->message), std::move(unknown->meant)));
  }
  for (const ConnectionSettings& connection : project.connections) {
    for (const std::string& handle : secrets_of(connection)) {
      if (const std::string why = why_no_secret(handle, project); !why.empty())
        loaded.findings.push_back(finding(Rule::wrong_value, connection.at, why));
    }
  }
  std::move(alarms.findings.begin(), alarms.findings.end(), std::back_inserter(loaded.findings));
}

}  // namespace

LoadedProject load_and_check_project(const std::filesystem::path& root, std::shared_ptr<const SourceText> text,
                                     const Catalog& catalog) {
  LoadedProject loaded = load_project(root, text);
  if (loaded.project)
    add_checks(loaded, load_and_check_alarm_actions(std::move(text), catalog, &*loaded.project), catalog);
  return loaded;
}

LoadedProject load_and_check_project(const std::filesystem::path& root, const Catalog& catalog) {
  LoadedProject loaded = load_project(root);
  if (loaded.project) add_checks(loaded, load_and_check_alarm_actions(root, catalog, &*loaded.project), catalog);
  return loaded;
}

}  // namespace millrace
