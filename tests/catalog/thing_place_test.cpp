#include "catalog/thing_place.hpp"

#include <doctest/doctest.h>

#include "value/json.hpp"

namespace millrace {

namespace {

Action action(const std::string& path, const std::string& id_input, const std::string& collection = "") {
  Action action;
  action.resource.emplace();
  action.resource->kind = "item";
  action.resource->collection = collection;
  action.resource->id_input = id_input;
  action.request.emplace();
  action.request->path = path;
  return action;
}

ThingPlace place(const Action& action, const std::string& input, const std::string& location = "l") {
  return place_of(action, *parse_json(input), "shop", location);
}

}  // namespace

TEST_SUITE_BEGIN("catalog");

TEST_CASE("an id means one thing below one parent, whether the collection says so or the path") {
  for (const char* collection : {"", "/lists/{list}/items"}) {
    const Action list = action("/lists/{list}/items", "", collection);
    const Action write = action("/lists/{list}/items/{item}/state/{state}", "item", collection);
    const ThingPlace a = place(write, R"({"list":"a","item":"1","state":"open"})");
    CHECK(same_place(a, place(write, R"({"list":"a","item":"2","state":"done"})")));
    CHECK(lies_in(place(list, R"({"list":"a"})"), a));
    CHECK_FALSE(lies_in(place(list, R"({"list":"ab"})"), a));
    CHECK_FALSE(same_place(place(write, R"({"list":"b","item":"1"})"), a));
  }
}

TEST_CASE("an action that names no parent has ids that need none") {
  const Action write = action("/contacts/{contact}", "contact"), list = action("/contacts/of/{business}", "");
  const ThingPlace named = place(write, R"({"contact":"1"})"), read = place(list, R"({"business":"5"})");
  CHECK(lies_in(read, named));
  CHECK_FALSE(lies_in(named, read));
  CHECK(same_place(named, read));
}

TEST_CASE("another connection or location is another place, but for locations themselves") {
  const Action write = action("/items/{item}", "item"), of_location = action("/locations/{location_id}", "location_id");
  CHECK_FALSE(same_place(place(write, "{}"), place_of(write, Value(), "other", "l")));
  CHECK_FALSE(same_place(place(write, "{}"), place(write, "{}", "m")));
  CHECK_FALSE(same_place(place(write, "{}"), place(write, R"({"location_id":"m"})")));
  CHECK(same_place(place(write, R"({"location_id":"m"})"), place(write, "{}", "m")));
  CHECK(same_place(place(of_location, R"({"location_id":"m"})"), place(action("/locations/search", ""), "{}")));
}

TEST_CASE("where a parent is not known, the place is none") {
  const Action write = action("/lists/{list}/items/{item}", "item");
  const Value input = Value::object({{"list", Value::unknown("the id of the list")}, {"item", "1"}});
  const ThingPlace unknown = place_of(write, input, "shop", "l");
  CHECK_FALSE(unknown.known);
  CHECK_FALSE(same_place(unknown, unknown));
  CHECK_FALSE(place(write, R"({"item":"1"})").known);
}

TEST_SUITE_END();

}  // namespace millrace
