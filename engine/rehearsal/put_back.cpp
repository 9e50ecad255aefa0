#include "rehearsal/put_back.hpp"

#include <algorithm>
#include <vector>

#include "base/text.hpp"
#include "catalog/inverse.hpp"
#include "value/member_path.hpp"

namespace millrace {
namespace {

bool has(const Value& input, const std::string& name) {
  const Value* value = input.find(name);
  return value != nullptr && !value->is_null();
}

/// The thing's field that an input sets; empty where no answer shows one.
std::string field_of(const Action& action, const std::string& input) {
  const auto& fields = action.resource->fields;
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const auto& each) { return each.second == input; });
  return found != fields.end() ? found->first : "";
}

}  // namespace

std::string why_not_known(const MadeChange& change, const Error& why) {
  if (!change.past.before.is_null() || change.effect == Effect::create) return why.message;
  if (!change.untold.empty()) return why.message + ": " + change.untold;
  if (change.looked) return "it was not there before, and " + change.action->inverse->action + " takes nothing away";
  const auto& look = change.action->inverse->before;
  return why.message +
         (look ? ": no step of the run read it, as " + look->action + " in a step before would have" : "");
}

std::string not_put_back(const MadeChange& change, const Action& back, const Value& input) {
  if (!back.resource || back.effect == Effect::remove || !change.action->inverse->lost.empty()) return "";
  const bool again = back.effect == Effect::create, whole = again || back.resource->replaces;
  std::vector<std::string> unknown, empty;
  for (const std::string& name : written_into(back)) {
    if (!whole && !has(change.past.input, name)) continue;
    const std::string field = field_of(back, name);
    if (has(input, name) && (again || !field.empty())) continue;
    if (field.empty() || change.partly) {
      unknown.push_back(name);
    } else if (!whole) {
      empty.push_back(name);
    }
  }
  std::string told;
  const auto plural = [](const auto& names) { return names.size() != 1; };
  if (!unknown.empty())
    told = "its " + join(unknown, ", ") + (plural(unknown) ? " do" : " does") +
           " not come back, because nothing that was read shows " + (plural(unknown) ? "them" : "it");
  if (!empty.empty())
    told += (told.empty() ? "" : "; ") + ("its " + join(empty, ", ")) + (plural(empty) ? " were" : " was") +
            " empty before, and " + (plural(empty) ? "stay" : "stays") + " as the run left " +
            (plural(empty) ? "them" : "it");
  return told;
}

bool puts_nothing_back(const Action& back, const Value& input) {
  const std::vector<std::string> names = written_into(back);
  return back.effect == Effect::update && back.resource && !back.resource->fields.empty() && !names.empty() &&
         std::none_of(names.begin(), names.end(), [&](const std::string& name) { return has(input, name); });
}

}  // namespace millrace
