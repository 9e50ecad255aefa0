#include "cli/way_to_account.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/text.hpp"
#include "base/url.hpp"
#include "courier/connection_state.hpp"
#include "starter/new_project.hpp"
#include "value/time.hpp"
#include "workflow/needed_scopes.hpp"
#include "workflow/reach.hpp"

namespace millrace {

namespace {

WayStep address_step(const ConnectionSettings& connection) {
  const auto url = parse_url(connection.base_url);
  const bool here = url && url->loopback();
  return {"address", !here, "base_url is this machine's (" + connection.base_url + "): put the far side's there"};
}

/// Those of the sandbox are in nobody's account.
WayStep locations_step(const ConnectionSettings& connection, const ConnectionKind& kind) {
  constexpr std::string_view of_sandbox[] = {"loc_main", "loc_north"};
  std::vector<std::string> strange;
  for (const std::string& id : connection.locations) {
    if (std::find(std::begin(of_sandbox), std::end(of_sandbox), id) != std::end(of_sandbox)) strange.push_back(id);
  }
  if (!kind.locations || connection.all_locations) return {"locations", true, ""};
  if (connection.locations.empty())
    return {"locations", false, "it names no locations: put your location's id under locations"};
  return {"locations", strange.empty(),
          "its locations are the sandbox's (" + join(strange, ", ") + "): put your own location's id there"};
}

/// What `init` wrote is in nobody's account.
bool is_of_sandbox(const std::string& handle, Secrets& secrets) {
  const auto secret = secrets.find(handle);
  return secret && trim(secret->reveal()) == sandbox_token;
}

WayStep credentials_step(const ConnectionSettings& connection, const ConnectionState& state, Secrets& secrets) {
  const bool named = connection.oauth || !secrets_of(connection).empty();  // an address may be one, too
  if (!named) return {"credentials", false, "it names no credentials: give it auth: {token: ...} or {oauth2: ...}"};
  for (const std::string& handle : secrets_of(connection)) {
    if (!is_of_sandbox(handle, secrets)) continue;
    return {"credentials", false,
            handle + " is the sandbox's token: \"millrace secret set " + handle.substr(handle.find(':') + 1) +
                "\" takes that of your account"};
  }
  return {"credentials", state.kind == ConnectionState::Kind::ok, state.problem};
}

WayStep scopes_step(const ConnectionState& state, const NeededScopes& needed) {
  const std::vector<std::string> missing = missing_scopes(needed, state.scopes);
  return {"scopes", missing.empty(), "workflows need what was not granted: " + join(missing, ", ")};
}

/// The workflows that reach something over each connection, whether that takes a scope or not.
std::map<std::string, std::set<std::string>> users_of_connections(
    const std::vector<std::shared_ptr<const Workflow>>& workflows, const Project& project, const Catalog& catalog) {
  std::map<std::string, std::set<std::string>> users;
  for (const auto& workflow : workflows) {
    for (const Reached& each : reach_of(*workflow, catalog, &project)) users[each.connection].insert(workflow->id);
  }
  return users;
}

WayStep live_step(const std::set<std::string>& live, const std::set<std::string>& users) {
  if (users.empty()) return {"live", false, "no workflow uses it: write one, and look at \"millrace plan\""};
  const bool any =
      std::any_of(users.begin(), users.end(), [&](const std::string& each) { return live.contains(each); });
  return {"live", any,
          "look at \"millrace plan " + *users.begin() + "\"; when it does what you want, say mode: live in its file"};
}

}  // namespace

const WayStep* Way::next() const {
  const auto missing = std::find_if(steps.begin(), steps.end(), [](const WayStep& step) { return !step.done; });
  return missing == steps.end() ? nullptr : &*missing;
}

std::vector<Way> ways_to_account(const Project& project, const Catalog& catalog,
                                 const std::vector<std::shared_ptr<const Workflow>>& workflows, Secrets& secrets,
                                 KeptTokens& kept) {
  const auto needed = needed_scopes(workflows, project, catalog);
  auto users = users_of_connections(workflows, project, catalog);
  std::set<std::string> live;
  for (const auto& workflow : workflows) {
    if (workflow->mode == "live") live.insert(workflow->id);
  }
  std::vector<Way> ways;
  for (const ConnectionSettings& connection : project.connections) {
    const ConnectionKind* kind = catalog.find_connection_kind(connection.plugin);
    if (kind == nullptr || kind->auth != "bearer") continue;
    const ConnectionState state = state_of(connection, kind, secrets, kept, now_utc());
    const NeededScopes scopes = scopes_at(connection.name, needed);
    ways.push_back(
        {connection.name,
         {address_step(connection), locations_step(connection, *kind), credentials_step(connection, state, secrets),
          scopes_step(state, scopes), live_step(live, users[connection.name])}});
  }
  if (ways.empty())
    ways.push_back({"",
                    {{"connection", false,
                      "millrace.yaml has no connection to an account: docs/connections.md shows what it looks like"}}});
  return ways;
}

Value encode(const std::vector<Way>& ways) {
  Value::List list;
  for (const Way& way : ways) {
    Value::List steps;
    for (const WayStep& step : way.steps)
      steps.push_back(
          Value::object({{"step", step.name}, {"done", step.done}, {"say", step.done ? Value() : Value(step.say)}}));
    list.push_back(Value::object({{"connection", way.connection}, {"steps", Value(std::move(steps))}}));
  }
  return Value(std::move(list));
}

}  // namespace millrace
