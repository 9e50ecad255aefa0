#include "host/project_changes.hpp"

#include <utility>

#include "base/log.hpp"
#include "workflow/fetched_revocations.hpp"
#include "workflow/plugin_lock.hpp"

namespace millrace {

std::vector<std::string> take_over_changes(Host& host, Project& project) {
  LoadedProject loaded = load_project(host.folder);
  for (const Finding& finding : loaded.findings) log(LogLevel::error, render(finding));
  std::vector<std::string> told;
  if (!loaded.project) {
    told.emplace_back("millrace.yaml cannot be used as it is now; the service goes on with what it had");
    log(LogLevel::error, told.back());
    return told;
  }
  for (const std::string& change : take_over(project, std::move(*loaded.project))) {
    told.push_back("millrace.yaml: " + change);
    log(LogLevel::warning, told.back());
  }
  const auto lock = load_plugin_lock(host.folder).lock;
  if (!lock || !load_revocations(host.folder).list) return told;  // changed in this moment: it is read again
  const KnownRevocations known = known_revocations(host.folder);
  if (!known.problem.empty()) log(LogLevel::error, known.problem);
  const auto found = revoked(known.list, *lock, host.catalog);
  for (const auto& [plugin, why] : found) log(LogLevel::warning, why);
  host.plugins->forbid(found);
  return told;
}

}  // namespace millrace
