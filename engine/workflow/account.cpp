#include "workflow/account.hpp"

#include <algorithm>
#include <utility>

#include "workflow/connections.hpp"
#include "workflow/starts.hpp"

namespace millrace {

Account account_of(std::shared_ptr<const Workflow> workflow, const Catalog& catalog, const Project& project) {
  Account account;
  const auto all = with_called(workflow, catalog, project);
  for (std::size_t at = 1; at < all.size(); ++at) account.called.push_back(all[at]->id);
  account.reach = whole_reach(all, catalog, &project);
  const auto locations = locations_of(*workflow, project, catalog, Value(Map()));
  if (locations && !locations->front().empty()) account.locations = *locations;
  account.limits = limits_of(*workflow, catalog);
  account.secrets = used_secrets(*workflow, account.reach, catalog, &project);
  account.workflow = std::move(workflow);
  return account;
}

namespace {

/// Where it works counts, too.
std::vector<Capability> all_capabilities(const Account& account) {
  std::vector<Capability> all = capabilities_of(account.reach);
  const auto& said = account.workflow->locations_at;
  for (std::size_t at = 0; at < account.locations.size() && !said.empty(); ++at) {
    const SourceMark& mark = said[std::min(at, said.size() - 1)];  // "all" is said once
    all.push_back({"work", "at " + account.locations[at], mark, account.workflow->id});
  }
  return all;
}

}  // namespace

std::vector<Widening> widened(const Account& before, const Account& now) {
  return widened(all_capabilities(before), all_capabilities(now), now.workflow->id);
}

std::set<std::string> scopes_at(const Account& account, const std::string& connection) {
  std::set<std::string> scopes;
  for (const Reached& each : account.reach) {
    if (each.connection == connection && !each.scope.empty()) scopes.insert(each.scope);
  }
  return scopes;
}

std::set<std::string> connections_in(const Account& account) {
  std::set<std::string> names;
  for (const Reached& each : account.reach) {
    if (!each.connection.empty()) names.insert(each.connection);
  }
  return names;
}

}  // namespace millrace
