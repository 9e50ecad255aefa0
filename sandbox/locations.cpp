#include <algorithm>

#include "base/text.hpp"
#include "operation.hpp"

// Where the documents are silent, the stand-in does this: a location has the members that the connector's manifest
// shows, with its own id and name; of what is created or changed the name is kept. Somebody who agreed for a location
// that is deleted meanwhile is answered with 403, as for one that never was.

namespace millrace::sandbox {
namespace {

Value with_members(Value thing, const Location& location, const Value& body = {}) {
  Map members = thing.is_map() ? thing.map() : Map();
  if (body.is_map()) {
    for (const auto& [name, value] : body.map()) {
      if (members.find(name) != nullptr && name.text() != "id") members.set(name, value);
    }
  }
  members.set("id", location.id);
  members.set("name", location.name);
  return members;
}

Location* find_location(World& world, const std::string& id) {
  auto& all = world.data.locations;
  const auto found = std::find_if(all.begin(), all.end(), [&](const Location& one) { return one.id == id; });
  return found == all.end() ? nullptr : &*found;
}

Answer search_locations(World& world, const Call& call) {
  std::vector<std::string> problems;
  const std::size_t skip = read_number(call.asked("skip"), "skip", 0, problems);
  const std::size_t limit = read_number(call.asked("limit"), "limit", 10, problems);
  if (!problems.empty()) return unprocessable(problems);
  Value::List page;
  for (std::size_t at = skip; at < world.data.locations.size() && page.size() < limit; ++at) {
    const Location& location = world.data.locations[at];
    if (call.token->opens(location.id)) page.push_back(Value::object({{"id", location.id}, {"name", location.name}}));
  }
  return {200, Value::object({{"locations", std::move(page)}})};
}

Answer get_location(World& world, const Call& call) {
  const Value* shown = shown_answer("locations.get").find("location");
  return {200, Value::object({{"location", with_members(shown != nullptr ? *shown : Value(),
                                                        *find_location(world, call.location))}})};
}

Answer create_location(World& world, const Call& call) {
  const std::string name(trim(call.body.text_or("name")));
  if (name.empty() || call.body.text_or("companyId").empty()) return unprocessable({"name and companyId are needed"});
  world.data.locations.push_back({.id = world.dice.letters_and_digits(20), .name = name});
  return {200, with_members(shown_answer("locations.create"), world.data.locations.back(), call.body)};
}

Answer update_location(World& world, const Call& call) {
  Location& location = *find_location(world, call.location);
  location.name = call.body.text_or("name", location.name);
  return {200, with_members(shown_answer("locations.update"), location, call.body)};
}

Answer delete_location(World& world, const Call& call) {
  std::erase_if(world.data.locations, [&](const Location& one) { return one.id == call.location; });
  return {200, shown_answer("locations.delete")};
}

}  // namespace

const std::vector<Operation>& location_operations() {
  static const std::vector<Operation> operations = {
      {"GET", "/locations/{location}", "locations.readonly", BodyKind::none, get_location},
      {"POST", "/locations/", "locations.write", BodyKind::json, create_location, LocationIn::nowhere},
      {"PUT", "/locations/{location}", "locations.write", BodyKind::json, update_location},
      {"DELETE", "/locations/{location}", "locations.internal-access-only", BodyKind::none, delete_location},
      {"GET", "/locations/search", "locations.readonly", BodyKind::none, search_locations, LocationIn::nowhere},
  };
  return operations;
}

}  // namespace millrace::sandbox
