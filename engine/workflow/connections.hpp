#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "catalog/catalog.hpp"
#include "workflow/model.hpp"
#include "workflow/project.hpp"

namespace millrace {

/// True when the action can work with the connection: its own plugin's, or for a job any that offers all it calls, and
/// any at all where it calls nothing but sends requests of its own.
bool fits(const Action& action, const ConnectionSettings& connection, const Catalog& catalog);

/// Refuses an input whose request has to be signed (needs_signature) over a connection that does not, or over none
/// (nullptr).
Status check_signed(const Action& action, const ConnectionSettings* connection, const Value& input);

/// The reason why the action may not write at the host that `url` leads to: its own, or that of the plugin of the
/// connection that it is used with (may be null). nullptr where it may.
const std::string* refusal(const Action& action, const ConnectionKind* kind, std::string_view url);

/// The connection that a step uses: the one it names, or the only one that fits. nullptr where the action wants none.
/// The error says what to write.
Result<const ConnectionSettings*> connection_of(const Action& action, const std::string& named, const Project& project,
                                                const Catalog& catalog);

/// False where no step of the workflow uses a connection or calls another workflow, which may.
bool may_use_connections(const Workflow& workflow, const Project& project, const Catalog& catalog);

/// A connection of a plugin that is not installed.
struct UnknownPlugin {
  std::string message;
  std::string meant;  ///< the plugin whose name is near, or empty
};
/// Nothing where there is such a plugin, be it one that cannot be used.
std::optional<UnknownPlugin> unknown_plugin(const ConnectionSettings& connection, const Catalog& catalog);

/// Whether its things belong to locations.
bool has_locations(const ConnectionSettings& connection, const Catalog& catalog);

/// Whether the step says itself at which location it works.
bool names_location(const ActionStep& step);

/// Calls `visit` for each action step, wherever it stands.
void each_action(const Workflow& workflow, const std::function<void(const ActionStep&)>& visit);

/// The one of them that a person has chosen; all where `chosen` is empty.
Result<std::vector<std::string>> locations_of(const Workflow& workflow, const Project& project, const Catalog& catalog,
                                              const Value& event, const std::string& chosen);

/// The locations that the workflow runs for: its own `locations`, else the event's `location_id` where the connection
/// has it, else the connection's only one. A lone empty text where locations play no part, or each step says its own.
Result<std::vector<std::string>> locations_of(const Workflow& workflow, const Project& project, const Catalog& catalog,
                                              const Value& event);

/// The locations that a called workflow runs for: the one that the event names, else that of its caller's run, which
/// is empty where that has none, if it runs for that; else all that it runs for.
Result<std::vector<std::string>> locations_of_call(const Workflow& workflow, const Project& project,
                                                   const Catalog& catalog, const Value& event,
                                                   const std::string& caller);

/// The locations that a watch looks into, each by itself: the workflow's, else the connection's only one. A lone empty
/// text where what it reads belongs to none, or where its `with` names one.
Result<std::vector<std::string>> watched_locations(const TriggerSpec& watch, const Workflow& workflow,
                                                   const Project& project, const Catalog& catalog);

}  // namespace millrace
