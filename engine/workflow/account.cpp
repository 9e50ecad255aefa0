#include "workflow/account.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
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

namespace {

bool writes_anything(const Account& account) {
  return std::any_of(account.reach.begin(), account.reach.end(),
                     [](const Reached& each) { return !(each.effects == EffectSet(Effect::read)); });
}

std::string at_most(const std::string& limit) { return limit.empty() ? "without a limit" : limit + " at most"; }

/// Of a limit that is higher now, or gone.
void note_raised(const std::string& before, const std::string& now, std::string_view what, const SourceMark& at,
                 std::vector<Widening>& more) {
  more.push_back({"may change " + at_most(now) + std::string(what) + ", before " + at_most(before), at});
}

/// What it may touch and which secrets it may use, that it might not before.
std::vector<Widening> newly_reached(const Account& before, const Account& now) {
  auto more = widened(all_capabilities(before), all_capabilities(now), now.workflow->id);
  for (const std::string& secret : now.secrets) {
    if (!before.secrets.contains(secret))
      more.push_back({"may use the secret " + secret.substr(secret.find(':') + 1), {now.workflow->source, 1, 1, 1}});
  }
  return more;
}

}  // namespace

std::vector<Widening> narrowed(const Account& before, const Account& now) { return newly_reached(now, before); }

std::vector<Widening> widened(const Account& before, const Account& now) {
  auto more = newly_reached(before, now);
  const SourceMark file = {now.workflow->source, 1, 1, 1};
  const Limits& was = before.limits;
  const Limits& is = now.limits;
  if (!writes_anything(now) || !writes_anything(before)) return more;
  if (was.max_changes && (!is.max_changes || *is.max_changes > *was.max_changes)) {
    note_raised(counted(static_cast<std::size_t>(*was.max_changes), "thing"),
                is.max_changes ? counted(static_cast<std::size_t>(*is.max_changes), "thing") : "", " in a run", file,
                more);
  }
  if (was.max_percent && (!is.max_percent || *is.max_percent > *was.max_percent)) {
    note_raised(percent_words(*was.max_percent), is.max_percent ? percent_words(*is.max_percent) : "",
                " of what it has read of a kind", file, more);
  }
  return more;
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

std::vector<std::string> narrowed_by(const Account& account, const Project& project) {
  std::vector<std::string> places;
  for (const Bounds* bounds : {account.workflow->permissions.get(), project.permissions.get()}) {
    if (bounds == nullptr || bounds->at.source == nullptr) continue;
    places.push_back(bounds->at.source->name + ":" + std::to_string(bounds->at.line));
  }
  return places;
}

}  // namespace millrace
