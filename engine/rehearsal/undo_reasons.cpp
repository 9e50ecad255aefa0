#include "rehearsal/undo_reasons.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "catalog/inverse.hpp"
#include "catalog/kind.hpp"
#include "rehearsal/undo_compare.hpp"
#include "rehearsal/undo_looks.hpp"

namespace millrace {

std::string cannot_be_taken_back(const MadeChange& change, const Catalog& catalog, const Project& project) {
  if (change.file) return "the file stays as it is, because files are not kept as they were before";
  if (change.effect == Effect::send) return "what was sent cannot be called back";
  const std::string plugin = change.action_name.substr(0, change.action_name.find('.'));
  if (change.action == nullptr)
    return "the plugin \"" + plugin + "\" does not have " + change.action_name + " any more";
  if (!change.action->inverse) return change.action_name + " has no inverse";
  if (!change.recorded) return "the run's record does not hold what is needed for it";
  if (catalog.find_action(change.action->inverse->action) == nullptr)
    return "the plugin \"" + plugin + "\" does not have " + change.action->inverse->action + " any more";
  if (!change.connection.empty() && project.find_connection(change.connection) == nullptr)
    return "millrace.yaml has no connection \"" + change.connection + "\" any more";
  return "";
}

std::string why_not_known(const MadeChange& change, const Error& why) {
  if (!change.past.before.is_null() || change.effect == Effect::create) return why.message;
  if (!change.untold.empty()) return why.message + ": " + change.untold;
  if (change.looked) return "it was not there before, and " + change.action->inverse->action + " takes nothing away";
  const auto& look = change.action->inverse->before;
  return why.message +
         (look ? ": no step of the run read it, as " + look->action + " in a step before would have" : "");
}

std::string there_again(const MadeChange& change, const Action& create, const Value& input, const Value::List& found) {
  std::string taken;
  for (const Value& each : found) {
    const Value* thing = thing_in(create, each);
    if (thing == nullptr || as_it_was(create, input, *thing)) return "there is one again";
    const std::string id = id_in(create, each);
    if (change.seen != nullptr && change.seen->contains(id)) continue;
    taken = change.seen != nullptr ? "there is one again" : "there is one that can be taken for it (" + id + ")";
  }
  return taken;
}

std::string lost_when_made_again(const MadeChange& change, const Action& create, const Value& input) {
  if (!create.resource || !change.action->inverse->lost.empty()) return "";
  const auto& fields = create.resource->fields;
  std::vector<std::string> lost;
  for (const std::string& name : written_into(create)) {
    const Value* given = input.find(name);
    const bool is_field =
        std::any_of(fields.begin(), fields.end(), [&](const auto& each) { return each.second == name; });
    if ((given == nullptr || given->is_null()) && (!is_field || change.partly)) lost.push_back(name);
  }
  if (lost.empty()) return "";
  const bool one = lost.size() == 1;
  return "its " + join(lost, ", ") + (one ? " does" : " do") + " not come back, because nothing that was read shows " +
         (one ? "it" : "them");
}

std::string in_words_of_new_ids(const std::string& kind, const std::vector<std::string>& ids) {
  constexpr std::size_t most_ids = 3;
  const std::string words = kind.empty() ? "thing" : kind_words(kind);
  std::vector<std::string> named(ids.rbegin(), ids.rend());
  const std::size_t more = named.size() > most_ids ? named.size() - most_ids : 0;
  named.resize(named.size() - more);
  const std::string which = join(named, ", ") + (more > 0 ? " and " + std::to_string(more) + " more" : "");
  return counted(ids.size(), words) + (ids.size() == 1 ? " gets a new id" : " get new ids") + ": what refers to " +
         which + " finds nothing there any more";
}

}  // namespace millrace
