#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "catalog/pin.hpp"
#include "catalog/request.hpp"
#include "workflow/checker.hpp"
#include "workflow/connections.hpp"
#include "workflow/said.hpp"

namespace millrace {
namespace {

bool may_write(const ActionStep& step, const Action& action) {
  return writes(effect_of(action, known_input(step.with, action)));
}

/// The absolute URL that a step names in place of its connection's address: its beginning as far as it is known, empty
/// where not even the host is known before the run. Nothing where it names none.
std::optional<std::string> named_address(const Template& with, const Action& action) {
  for (const std::string& name : action.inputs().property_names()) {
    if (action.inputs().property(name).format() != "uri") continue;
    const SaidText said = said_text(with, name);
    if (!said.given) continue;
    return said.names_host() ? said.text : "";
  }
  return std::nullopt;
}

/// Whether nothing says where the request goes: neither the step nor a connection.
bool lacks_address(const ActionStep& step, const Action& action) {
  if (!action.request || action.request->url_input.empty() || !action.request->path.empty()) return false;
  return step.connection.empty() && !action.connection && !said_text(step.with, action.request->url_input).given;
}

/// Names that end so: "write" is files.write, or log.write.
std::string whole_names(const std::string& end, const std::vector<std::string>& names) {
  std::vector<std::string> found;
  for (const std::string& name : names) {
    if (name.ends_with("." + end) && found.size() < 3) found.push_back('"' + name + '"');
  }
  return found.empty() ? "" : ", did you mean " + join(found, " or ") + "?";
}

/// Whether each part of the one is meant by that part of the other: "location_tag.list" is, "tags.delete" is no
/// "users.delete", of which fewer letters differ.
bool near_by_parts(const std::string& name, const std::string& known) {
  const std::vector<std::string> said = split(name, '.'), meant = split(known, '.');
  if (said.size() != meant.size()) return true;  // a part is missing, so only the whole can be compared
  for (std::size_t at = 0; at < said.size(); ++at) {
    const std::string blanks(said[at].size() < 6 ? 6 - said[at].size() : 0, ' ');  // two letters of a short one
    if (!nearest(said[at] + blanks, {meant[at] + blanks})) return false;
  }
  return true;
}

std::vector<std::string> words_of(std::string name) {
  std::replace(name.begin(), name.end(), '_', '.');
  return split(name, '.');
}

/// The name that has all the words of this one and the fewest others: "location_tags.delete" of "tags.delete".
std::optional<std::string> with_its_words(const std::string& name, const std::vector<std::string>& names) {
  const std::vector<std::string> said = words_of(name);
  std::optional<std::string> found;
  std::size_t fewest = said.size() < 2 ? 0 : SIZE_MAX;
  for (const std::string& known : names) {
    const std::vector<std::string> words = words_of(known);
    const bool all = std::all_of(said.begin(), said.end(), [&words](const std::string& word) {
      return std::find(words.begin(), words.end(), word) != words.end();
    });
    if (!all || words.size() > fewest) continue;
    found = words.size() < fewest ? std::optional(known) : std::nullopt;  // of two nobody knows which
    fewest = words.size();
  }
  return found;
}

std::optional<std::string> nearest_name(const std::string& name, const std::vector<std::string>& names) {
  std::vector<std::string> near;
  std::copy_if(names.begin(), names.end(), std::back_inserter(near),
               [&name](const std::string& known) { return near_by_parts(name, known); });
  auto meant = nearest(name, near);
  return meant ? meant : with_its_words(name, names);
}

/// Whether a trigger's event tells the location: certainly not, perhaps, or as far as its schema says.
enum class Tells : std::uint8_t { no, only_when_given, yes };

Tells tells_location(const TriggerSpec& trigger, const Catalog& catalog) {
  if (trigger.kind == "manual") return Tells::only_when_given;
  if (trigger.kind == "webhook" || trigger.kind == "after" || trigger.kind == "watch") return Tells::yes;
  if (trigger.kind != "plugin") return Tells::no;
  const Trigger* known = catalog.find_trigger(trigger.name);
  if (!known || !known->event) return Tells::yes;
  const SchemaView event(known->event->document(), known->event->document());
  return event.property("location_id").known() || event.open() ? Tells::yes : Tells::no;
}

}  // namespace

void Checker::action(const ActionStep& step) {
  if (step.action.empty()) return;
  const Action* found = catalog_.find_action(step.action);
  if (!found) return unknown_action(step);
  if (lacks_address(step, *found)) {
    report(finding(Rule::missing_key, step.action_at,
                   "missing \"" + found->request->url_input +
                       "\": only a connection's own address can be left out, and this step names no connection"));
  }
  if (!project_) return;
  connection(step, *found);
  for (const std::string& input :
       found->takes_secrets ? found->inputs().property_names() : std::vector<std::string>()) {
    if (takes_secret(*found, input)) own_secret(said_text(step.with, input).text, step.action_at);
  }
  if (!found->does_itself()) library(found->name, found->plugin, step.action_at);
}

/// What would only be refused when it is to be done.
void Checker::library(const std::string& name, const std::string& plugin, const SourceMark& at) {
  const Manifest* manifest = catalog_.find_plugin(plugin);
  if (manifest == nullptr || !manifest->library || manifest->shipped) return;
  const std::string problem = distrust(manifest->pin, project_->trust);
  if (!problem.empty())
    report(
        finding(Rule::untrusted_plugin, at, "\"" + name + "\" belongs to the plugin \"" + plugin + "\": " + problem));
}

void Checker::unknown_action(const ActionStep& step) {
  const bool trigger = catalog_.find_trigger(step.action) != nullptr;
  unknown_name(Rule::unknown_action, "action", step.action, step.action_at, catalog_.action_names(),
               trigger ? ": it is a trigger, and stands under triggers" : "");
}

/// `elsewhere`: what it is that has this name and does not stand here.
void Checker::unknown_name(Rule rule, const std::string& what, const std::string& name, const SourceMark& at,
                           const std::vector<std::string>& names, const std::string& elsewhere) {
  if (const std::string why = catalog_.why_unusable(name); !why.empty()) {
    report(finding(Rule::broken_plugin, at, "\"" + name + "\" " + why));
    return;
  }
  const auto meant = elsewhere.empty() ? nearest_name(name, names) : std::nullopt;
  std::string hint = meant ? ", did you mean \"" + *meant + "\"?" : elsewhere;
  if (hint.empty()) hint = whole_names(name, names);
  if (hint.empty()) hint = "; millrace catalog lists what the installed plugins offer";
  report(finding(rule, at, "unknown " + what + " \"" + name + "\"" + hint, meant.value_or("")));
}

void Checker::connection(const ActionStep& step, const Action& action) {
  if (!step.connection.empty() && !action.connection && !action.request && action.calls.empty()) {
    report(finding(Rule::unknown_connection, *step.connection_at,
                   action.name + " works without a connection: leave this line out"));
    return;
  }
  const auto found = connection_of(action, step.connection, *project_, catalog_);
  if (!found) {
    const bool named = !step.connection.empty();
    const bool missing = found.error().code == ErrorCode::not_found;
    const Rule rule = named ? Rule::unknown_connection : missing ? Rule::missing_connection : Rule::unclear_connection;
    std::vector<std::string> names;
    for (const ConnectionSettings& one : project_->connections) {
      if (fits(action, one, catalog_)) names.push_back(one.name);
    }
    const auto meant = named ? nearest(step.connection, names) : std::nullopt;
    report(finding(rule, named ? *step.connection_at : step.action_at, found.error().message, meant.value_or("")));
    return;
  }
  const auto is_signed = check_signed(action, *found, known_input(step.with, action));
  if (!is_signed) report(finding(Rule::missing_connection, step.action_at, is_signed.error().message));
  if (!*found) return;
  writable(step, action, **found);
  note_location(step, **found);
}

/// A write must not lead to a host that refuses it, be it by the connection's address or by one that the step names.
void Checker::writable(const ActionStep& step, const Action& action, const ConnectionSettings& connection) {
  if (!may_write(step, action)) return;
  const ConnectionKind* kind = catalog_.find_connection_kind(connection.plugin);
  const auto named = named_address(step.with, action);
  const std::string& leads_to = named ? *named : connection.base_url;
  const std::string* refused = refusal(action, kind, leads_to);
  if (!refused) return;
  const std::string how = !named ? "connection \"" + connection.name + "\" has the base_url " : "its address is ";
  report(finding(Rule::refused_host, step.action_at, action.name + " writes, and " + how + leads_to + ": " + *refused));
}

void Checker::note_location(const ActionStep& step, const ConnectionSettings& connection) {
  if (has_locations(connection, catalog_) && !names_location(step)) located_.push_back({step.action_at, &connection});
}

/// Where none of its own steps works at a location it runs for each all the same.
void Checker::locations_of_no_step() {
  const auto all = locations_of(workflow_, *project_, catalog_, Value(Map()));
  if (!all) return report(finding(Rule::unknown_location, workflow_.locations_at.front(), all.error().message));
  const auto unknown = [this](const ConnectionSettings& one) { return unknown_plugin(one, catalog_).has_value(); };
  const auto& connections = project_->connections;
  if (!all->front().empty() || std::any_of(connections.begin(), connections.end(), unknown)) return;
  Finding unused = finding(Rule::unknown_location, workflow_.locations_at.front(),
                           "no connection in millrace.yaml has locations, so it runs once: leave this line out");
  unused.severity = Severity::warning;
  report(std::move(unused));
}

/// The location of a run is the workflow's, else the event's, else the connection's only one; else it is said here.
void Checker::locations() {
  if (!project_) return;
  if (located_.empty() && workflow_.locations) return locations_of_no_step();
  if (located_.empty()) return;
  const Located& first = located_[0];
  const ConnectionSettings& connection = *first.connection;
  const std::string choices = join(connection.locations, ", ");
  if (workflow_.locations) {
    const bool all = workflow_.locations->size() == 1 && workflow_.locations->front() == "all";
    for (std::size_t at = 0; at < workflow_.locations->size(); ++at) {
      const std::string& location = (*workflow_.locations)[at];
      const auto& known = connection.locations;
      if (all || connection.all_locations || std::find(known.begin(), known.end(), location) != known.end()) continue;
      const auto meant = nearest(location, known);
      const std::string others = known.empty() ? "" : "; its locations are " + choices;
      report(finding(Rule::unknown_location, workflow_.locations_at[at],
                     "connection \"" + connection.name + "\" has no location \"" + location + "\"" +
                         (meant ? ", did you mean \"" + *meant + "\"?" : others + " (millrace.yaml)"),
                     meant.value_or("")));
    }
    return;
  }
  if (connection.locations.size() == 1) return;
  Tells least = workflow_.triggers.empty() ? Tells::only_when_given : Tells::yes;
  for (const TriggerSpec& trigger : workflow_.triggers) least = std::min(least, tells_location(trigger, catalog_));
  if (least == Tells::yes) return;
  const std::string cure = connection.locations.empty()
                               ? "name the locations in millrace.yaml, under connection \"" + connection.name + "\""
                               : "add \"locations: [" + choices + "]\", or one of them, to the workflow";
  Finding missing =
      finding(Rule::missing_location, first.at, "it is not said for which location this is done: " + cure);
  if (least == Tells::only_when_given) {
    missing.message += ", or give event.location_id whenever it is started by hand";
    missing.severity = Severity::warning;
  }
  report(std::move(missing));
}

}  // namespace millrace
