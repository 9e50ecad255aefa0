#include "workflow/watched.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/url.hpp"
#include "catalog/kind.hpp"
#include "catalog/request.hpp"
#include "expr/requirements.hpp"
#include "workflow/connections.hpp"
#include "workflow/said.hpp"

namespace millrace {

namespace {

constexpr int deepest = 8;  // manifests may name each other in a circle

/// Where an action works, as far as it is known.
struct Place {
  const ConnectionSettings* connection = nullptr;
  std::string said;                                   // the connection's name, as it was written
  std::optional<std::vector<std::string>> locations;  // nothing: of any
};

Place place_of(const Action& action, const std::string& connection, const SaidText& location, const Workflow& workflow,
               const Catalog& catalog, const Project* project) {
  Place place;
  place.said = connection;
  const auto found = project != nullptr ? connection_of(action, connection, *project, catalog)
                                        : Result<const ConnectionSettings*>(nullptr);
  if (found) place.connection = *found;
  if (!action.located) return place;
  if (location.whole) place.locations = std::vector<std::string>{location.text};
  const bool all = workflow.locations && workflow.locations->size() == 1 && workflow.locations->front() == "all";
  if (!location.given && workflow.locations && !all) place.locations = workflow.locations;
  return place;
}

bool may_be_same(const Place& one, const Place& other) {
  if (one.connection != other.connection) return false;
  if (one.connection == nullptr && one.said != other.said) return false;
  if (!one.locations || !other.locations) return true;
  return std::find_first_of(one.locations->begin(), one.locations->end(), other.locations->begin(),
                            other.locations->end()) != one.locations->end();
}

SaidText said_in(const Value& with, const std::string& input) {
  const Value* said = with.find(input);
  if (said == nullptr) return {};
  const bool whole = said->is_text() && said->text().find("${{") == std::string::npos;
  return {true, whole, whole ? said->text() : ""};
}

/// What the watch may tell of a thing that this has been done to.
bool may_show(Effect effect, const Action& action, std::string_view change, bool chooses) {
  const bool may_make = action.resource && action.resource->id_input.empty();
  // A list that holds only some things gets and loses one by a change of it, and a write without an id may make one.
  const bool any =
      effect == Effect::send || (effect == Effect::update && may_make) || (effect != Effect::create && chooses);
  if (any) return true;
  if (effect == Effect::create) return change == "added";
  return change == "changed" || (change == "removed" && effect == Effect::remove);
}

/// Of the differences that the watch tells, by its condition.
bool tells_of(const TriggerSpec& watch, Effect effect, const Action& action) {
  const bool chooses =
      watch.with.is_map() && std::any_of(watch.with.map().begin(), watch.with.map().end(),
                                         [](const auto& input) { return input.first.text() != "location_id"; });
  std::vector<std::string> told = {"added", "changed", "removed"};
  if (watch.condition) {
    for (const Requirement& needed : requirements(watch.condition->expression, "event")) {
      if (needed.path == std::vector<std::string>{"change"}) told = needed.texts;
    }
  }
  return std::any_of(told.begin(), told.end(),
                     [&](const std::string& change) { return may_show(effect, action, change, chooses); });
}

/// Whether the action, or one that it calls over the connection of `plugin`, writes what the watch tells of.
bool writes_watched(const TriggerSpec& watch, std::string_view kind, Effect effect, const Action& action,
                    const std::string& plugin, const Catalog& catalog, int depth) {
  if (!writes(effect) || depth > deepest) return false;
  if (same_kind(declared_kind(action), kind) && tells_of(watch, effect, action)) return true;
  return std::any_of(action.calls.begin(), action.calls.end(), [&](const std::string& call) {
    const Action* below = catalog.find_action(plugin + "." + call);
    const Action* called = below != nullptr ? below : catalog.find_action(call);
    return called != nullptr && writes_watched(watch, kind, called->effect, *called, plugin, catalog, depth + 1);
  });
}

}  // namespace

bool may_see(const Watch& watch, const Workflow& workflow, const ActionStep& step, const Catalog& catalog,
             const Project* project) {
  const TriggerSpec& trigger = watch.trigger;
  const Action* watched = catalog.find_action(trigger.name);
  const Action* done = catalog.find_action(step.action);
  if (watched == nullptr || done == nullptr || !watched->resource) return false;
  const Place there =
      place_of(*watched, trigger.connection, said_in(trigger.with, "location_id"), watch.workflow, catalog, project);
  const Place here = place_of(*done, step.connection, said_text(step.with, "location_id"), workflow, catalog, project);
  return may_be_same(there, here) &&
         writes_watched(trigger, watched->resource->kind, effect_of(*done, known_input(step.with, *done)), *done,
                        watched->plugin, catalog, 0);
}

}  // namespace millrace
