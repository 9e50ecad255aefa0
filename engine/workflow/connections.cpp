#include "workflow/connections.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "base/url.hpp"
#include "catalog/request.hpp"

namespace millrace {

std::optional<UnknownPlugin> unknown_plugin(const ConnectionSettings& connection, const Catalog& catalog) {
  const std::string& plugin = connection.plugin;
  if (plugin.empty() || catalog.find_plugin(plugin) != nullptr) return std::nullopt;
  const auto problems = catalog.problems();
  const auto is_broken = [&](const Catalog::Problem& problem) { return problem.plugin == plugin; };
  if (std::any_of(problems.begin(), problems.end(), is_broken)) return std::nullopt;
  std::vector<std::string> names;
  for (const auto& each : catalog.plugins()) {
    if (each->connection) names.push_back(each->name);
  }
  const std::string hint = did_you_mean(plugin, names);
  return UnknownPlugin{"there is no plugin \"" + plugin + "\"" +
                           (hint.empty() ? "; those with connections are " + join(names, ", ") : hint),
                       nearest(plugin, names).value_or("")};
}

bool has_locations(const ConnectionSettings& connection, const Catalog& catalog) {
  const ConnectionKind* kind = catalog.find_connection_kind(connection.plugin);
  return kind != nullptr && kind->locations;
}

namespace {

/// The connection of the step, where its things belong to locations.
const ConnectionSettings* located_connection(const ActionStep& step, const Project& project, const Catalog& catalog) {
  const Action* action = catalog.find_action(step.action);
  if (action == nullptr) return nullptr;
  const auto connection = connection_of(*action, step.connection, project, catalog);
  const bool located = connection && *connection != nullptr && has_locations(**connection, catalog);
  return located ? *connection : nullptr;
}

/// The first connection of the workflow whose things belong to locations.
const ConnectionSettings* located_connection(const Workflow& workflow, const Project& project, const Catalog& catalog) {
  const ConnectionSettings* located = nullptr;
  each_action(workflow, [&](const ActionStep& step) {
    if (located == nullptr) located = located_connection(step, project, catalog);
  });
  return located;
}

/// Whether no step that works at a location leaves it to the run at which.
bool each_names_location(const Workflow& workflow, const Project& project, const Catalog& catalog) {
  bool all = true;
  each_action(workflow, [&](const ActionStep& step) {
    all = all && (names_location(step) || located_connection(step, project, catalog) == nullptr);
  });
  return all;
}

Error unknown_location(const std::string& location, const ConnectionSettings& connection) {
  const std::string guess = did_you_mean(location, connection.locations);
  return Error{ErrorCode::invalid, "connection \"" + connection.name + "\" has no location \"" + location + "\"" +
                                       (guess.empty() ? ", it has " + join(connection.locations, ", ") : guess) +
                                       " (millrace.yaml)"};
}

Error unclear_location(const ConnectionSettings& connection) {
  return {ErrorCode::invalid, "it is not clear which location to work on: add locations: [" +
                                  join(connection.locations, ", ") + "], or one of them, to the workflow"};
}

bool has(const ConnectionSettings& connection, const std::string& location) {
  return connection.all_locations ||
         std::find(connection.locations.begin(), connection.locations.end(), location) != connection.locations.end();
}

Result<std::vector<std::string>> said_locations(const Workflow& workflow, const ConnectionSettings& connection) {
  if (workflow.locations->size() == 1 && workflow.locations->front() == "all") {
    if (!connection.locations.empty()) return connection.locations;
    return Error{ErrorCode::invalid, "\"locations: all\" needs the list of them: name them under connection \"" +
                                         connection.name +
                                         "\" in millrace.yaml, such as locations: [loc_main, loc_north]"};
  }
  for (const std::string& location : *workflow.locations) {
    if (!has(connection, location)) return unknown_location(location, connection);
  }
  return *workflow.locations;
}

/// A workflow whose own steps work at no location may call others that do, or say `run.location`: the locations of any
/// connection are meant.
Result<std::vector<std::string>> locations_of_no_step(const Workflow& workflow, const Project& project,
                                                      const Catalog& catalog) {
  std::vector<const ConnectionSettings*> located;
  for (const ConnectionSettings& connection : project.connections) {
    if (has_locations(connection, catalog)) located.push_back(&connection);
  }
  if (located.empty()) return std::vector<std::string>{""};
  const bool all = workflow.locations->size() == 1 && workflow.locations->front() == "all";
  std::vector<std::string> known;
  for (const ConnectionSettings* connection : located) {
    for (const std::string& location : connection->locations) {
      if (std::find(known.begin(), known.end(), location) == known.end()) known.push_back(location);
    }
  }
  if (all && !known.empty()) return known;
  if (all) return said_locations(workflow, *located.front());
  for (const std::string& location : *workflow.locations) {
    const bool any = std::any_of(located.begin(), located.end(), [&location](const ConnectionSettings* connection) {
      return has(*connection, location);
    });
    if (!any) return unknown_location(location, *located.front());
  }
  return *workflow.locations;
}

const std::string* refused_at(const std::string& host, const Names& refused_hosts) {
  for (const auto& [refused, why] : refused_hosts) {
    if (refused == host) return &why;
  }
  return nullptr;
}

/// A job that calls no connector's actions but sends requests of its own, by any connection: its plugin has none.
bool is_own_client(const Action& action, const Catalog& catalog) {
  const Manifest* plugin = catalog.find_plugin(action.plugin);
  return !action.does_itself() && plugin != nullptr && plugin->library && !plugin->connection;
}

/// An address that is a secret may be one.
bool is_mail_server(const ConnectionSettings& connection) {
  return connection.base_url.starts_with("secret:") || parse_mail_server(connection.base_url);
}

bool fits(const Action& action, const ConnectionSettings& connection, const Catalog& catalog, int depth) {
  constexpr int deepest = 8;  // manifests may name each other in a circle
  if (depth > deepest) return false;
  if (action.calls.empty()) {
    const bool needs_none = !action.connection && !action.request;
    if (action.mails() && !is_mail_server(connection)) return false;
    return needs_none || action.plugin == connection.plugin || is_own_client(action, catalog);
  }
  return std::all_of(action.calls.begin(), action.calls.end(), [&](const std::string& call) {
    if (catalog.find_action(connection.plugin + "." + call) != nullptr) return true;
    const Action* job = catalog.find_action(call);  // another job, called by its full name
    return job != nullptr && job->plugin != action.plugin && fits(*job, connection, catalog, depth + 1);
  });
}

}  // namespace

const std::string* refusal(const Action& action, const ConnectionKind* kind, std::string_view url) {
  if (action.refused_hosts.empty() && (kind == nullptr || kind->refused_hosts.empty())) return nullptr;
  const std::string host = host_of(url);
  const std::string* why = refused_at(host, action.refused_hosts);
  return why != nullptr || kind == nullptr ? why : refused_at(host, kind->refused_hosts);
}

Status check_signed(const Action& action, const ConnectionSettings* connection, const Value& input) {
  if (!needs_signature(action, input) || (connection != nullptr && connection->signs())) return Done{};
  const std::string lacks =
      connection != nullptr ? "connection \"" + connection->name + "\" does not sign" : "no connection signs it";
  return Error{ErrorCode::invalid, "what " + action.name + " would send is worth nothing without a signature, and " +
                                       lacks + ": send it over one with auth: {standard_webhooks: \"secret:...\"}"};
}

bool fits(const Action& action, const ConnectionSettings& connection, const Catalog& catalog) {
  return fits(action, connection, catalog, 0);
}

Result<const ConnectionSettings*> connection_of(const Action& action, const std::string& named, const Project& project,
                                                const Catalog& catalog) {
  if (!named.empty()) {
    const ConnectionSettings* connection = project.find_connection(named);
    std::vector<std::string> names;
    for (const auto& each : project.connections) names.push_back(each.name);
    if (connection == nullptr) {
      return Error{ErrorCode::not_found,
                   "there is no connection \"" + named + "\"" + did_you_mean(named, names) + " (millrace.yaml)"};
    }
    if (!fits(action, *connection, catalog)) {
      const auto unknown = unknown_plugin(*connection, catalog);
      if (unknown)
        return Error{ErrorCode::invalid, "connection \"" + named + "\": " + unknown->message + " (millrace.yaml)"};
      const std::string why = connection->plugin == action.plugin ? "base_url is no mail server's, such as smtps://..."
                                                                  : "plugin is \"" + connection->plugin + "\"";
      return Error{ErrorCode::invalid, action.name + " cannot work with connection \"" + named + "\", whose " + why};
    }
    return connection;
  }
  if (!action.connection) return nullptr;
  std::vector<std::string> names;
  const ConnectionSettings* found = nullptr;
  for (const auto& each : project.connections) {
    if (!fits(action, each, catalog)) continue;
    found = &each;
    names.push_back(each.name);
  }
  if (names.size() == 1) return found;
  if (names.empty()) {
    for (const ConnectionSettings& each : project.connections) {
      const auto unknown = unknown_plugin(each, catalog);
      if (unknown && (unknown->meant == action.plugin || !action.calls.empty()))
        return Error{ErrorCode::not_found, action.name +
                                               " needs a connection, and none in millrace.yaml fits; connection \"" +
                                               each.name + "\": " + unknown->message};
    }
    return Error{ErrorCode::not_found,
                 action.name + " needs a connection, and none in millrace.yaml fits: add one with plugin: " +
                     (action.calls.empty() && !is_own_client(action, catalog) ? action.plugin : "highlevel")};
  }
  return Error{ErrorCode::invalid,
               "several connections fit " + action.name + ": say connection: " + join(names, " or connection: ")};
}

bool names_location(const ActionStep& step) {
  if (const Value* constant = step.with.constant_value()) return constant->find("location_id") != nullptr;
  return step.with.member("location_id") != nullptr;
}

void each_action(const Workflow& workflow, const std::function<void(const ActionStep&)>& visit) {
  each_step(workflow, [&](const Step& step) {
    if (const auto* action = std::get_if<ActionStep>(&step.what)) visit(*action);
  });
}

bool may_use_connections(const Workflow& workflow, const Project& project, const Catalog& catalog) {
  bool may = false;
  each_step(workflow, [&](const Step& step) {
    may = may || std::holds_alternative<CallBlock>(step.what);
    const auto* doing = std::get_if<ActionStep>(&step.what);
    const Action* action = may || doing == nullptr ? nullptr : catalog.find_action(doing->action);
    if (action == nullptr) return;
    const auto connection = connection_of(*action, doing->connection, project, catalog);
    may = !connection || *connection != nullptr;
  });
  return may;
}

Result<std::vector<std::string>> locations_of(const Workflow& workflow, const Project& project, const Catalog& catalog,
                                              const Value& event) {
  const ConnectionSettings* connection = located_connection(workflow, project, catalog);
  if (connection == nullptr && workflow.locations) return locations_of_no_step(workflow, project, catalog);
  if (connection == nullptr) return std::vector<std::string>{""};
  if (workflow.locations) return said_locations(workflow, *connection);
  const std::string of_event = event.text_or("location_id");
  if (!of_event.empty()) {
    if (has(*connection, of_event)) return std::vector<std::string>{of_event};
    return unknown_location(of_event, *connection);
  }
  if (connection->locations.size() == 1) return connection->locations;
  if (each_names_location(workflow, project, catalog)) return std::vector<std::string>{""};
  return unclear_location(*connection);
}

Result<std::vector<std::string>> locations_of(const Workflow& workflow, const Project& project, const Catalog& catalog,
                                              const Value& event, const std::string& chosen) {
  if (chosen.empty()) return locations_of(workflow, project, catalog, event);
  // Where the workflow does not say where it works, the choice does.
  const auto all = TRY(locations_of(workflow, project, catalog, Value::object({{"location_id", chosen}})));
  if (std::find(all.begin(), all.end(), chosen) != all.end()) return std::vector<std::string>{chosen};
  if (all.front().empty())
    return Error{ErrorCode::invalid, "\"" + workflow.id + "\" has nothing to do with locations, so none can be chosen"};
  return Error{ErrorCode::invalid, "\"" + workflow.id + "\" does not run for location \"" + chosen + "\", but for " +
                                       join(all, ", ") + did_you_mean(chosen, all)};
}

Result<std::vector<std::string>> locations_of_call(const Workflow& workflow, const Project& project,
                                                   const Catalog& catalog, const Value& event,
                                                   const std::string& caller) {
  const std::string named = event.text_or("location_id");
  const std::string& wanted = named.empty() ? caller : named;
  if (wanted.empty()) return locations_of(workflow, project, catalog, event);
  auto all = locations_of(workflow, project, catalog, Value::object({{"location_id", wanted}}));
  if (!all && named.empty()) return locations_of(workflow, project, catalog, event);  // the caller's is elsewhere
  if (all && std::find(all->begin(), all->end(), wanted) != all->end()) return std::vector<std::string>{wanted};
  return all;
}

Result<std::vector<std::string>> watched_locations(const TriggerSpec& watch, const Workflow& workflow,
                                                   const Project& project, const Catalog& catalog) {
  const std::vector<std::string> none = {""};
  const Action* action = catalog.find_action(watch.name);
  if (action == nullptr || !action->located) return none;
  if (watch.with.find("location_id") != nullptr) return none;
  const ConnectionSettings* connection = TRY(connection_of(*action, watch.connection, project, catalog));
  if (connection == nullptr || !has_locations(*connection, catalog)) return none;
  if (workflow.locations) return said_locations(workflow, *connection);
  if (connection->locations.size() == 1) return connection->locations;
  return unclear_location(*connection);
}

}  // namespace millrace
