#include "catalog/thing_place.hpp"

#include <algorithm>

#include "catalog/arguments.hpp"
#include "catalog/kind.hpp"
#include "catalog/request.hpp"
#include "value/json.hpp"

namespace millrace {
namespace {

constexpr const char* location_input = "location_id";

bool has_input(const Value& input, const std::string& name) {
  const Value* value = input.find(name);
  return value != nullptr && !value->is_null();
}

/// The inputs in the path before the id; what comes behind it is done to the thing, or below it.
std::vector<std::string> parents_in_path(const Action& action) {
  if (!action.request) return {};
  std::vector<std::string> names = inputs_in(action.request->path);
  names.erase(std::find(names.begin(), names.end(), action.resource->id_input), names.end());
  std::erase(names, location_input);
  return names;
}

/// As JSON, and with its end: no text looks like the beginning of another.
void add_parent(ThingPlace& place, const Value& filled) {
  place.known = place.known && filled.is_text();
  if (filled.is_text()) place.parents += encode_json(filled) + "\n";
}

}  // namespace

std::vector<std::string> inputs_in(std::string_view pattern) {
  std::vector<std::string> names;
  for (std::size_t open = pattern.find('{'); open != std::string_view::npos; open = pattern.find('{', open)) {
    const std::size_t close = pattern.find('}', open);
    if (close == std::string_view::npos) break;
    names.emplace_back(pattern.substr(open + 1, close - open - 1));
    open = close;
  }
  return names;
}

ThingPlace place_of(const Action& action, const Value& input, const std::string& connection,
                    const std::string& location) {
  const bool is_location = action.resource && action.resource->id_input == location_input;
  const std::string of_thing = is_location ? location : input.text_or(location_input, location);
  ThingPlace place{connection + "\n" + of_thing, std::string(declared_kind(action)), ""};
  if (!action.resource) return place;
  const Value given = with_location(input, location);
  const std::vector<std::string> named = inputs_in(action.resource->collection);
  const bool fills = std::all_of(named.begin(), named.end(), [&](const auto& name) { return has_input(given, name); });
  if (!action.resource->collection.empty() && fills) {
    add_parent(place, fill(action.resource->collection, given));
    return place;
  }
  for (const std::string& name : parents_in_path(action)) {
    place.known = place.known && has_input(given, name);
    place.parents += name + "=";
    add_parent(place, fill("{" + name + "}", given));
  }
  return place;
}

bool lies_in(const ThingPlace& read, const ThingPlace& named) {
  const bool both_known = read.known && named.known;
  return both_known && read.where == named.where && read.kind == named.kind && read.parents.starts_with(named.parents);
}

bool same_place(const ThingPlace& one, const ThingPlace& other) { return lies_in(one, other) || lies_in(other, one); }

}  // namespace millrace
