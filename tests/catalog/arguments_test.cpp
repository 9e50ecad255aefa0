#include "catalog/arguments.hpp"

#include <doctest/doctest.h>

#include "value/json.hpp"

namespace millrace {

TEST_SUITE_BEGIN("catalog");

TEST_CASE("an input that says no location, or null, has the run's, and one that says its own keeps it") {
  const auto located = [](const char* input, const std::string& location = "loc_run") {
    return encode_json(with_location(*parse_json(input), location));
  };
  CHECK(located(R"({"name": "vip"})") == R"({"name":"vip","location_id":"loc_run"})");
  CHECK(located("null") == R"({"location_id":"loc_run"})");
  CHECK(located(R"({"location_id": null})") == R"({"location_id":"loc_run"})");
  CHECK(located(R"({"location_id": "loc_own"})") == R"({"location_id":"loc_own"})");
  CHECK(located(R"({"location_id": null})", "") == R"({"location_id":null})");
  CHECK(located("[]") == "[]");
}

TEST_CASE("what is not known yet stays so with a location") {
  CHECK(with_location(Value::unknown("a"), "loc_run").is_unknown());
  const Value own = with_location(Value::object({{"location_id", Value::unknown("a")}}), "loc_run");
  CHECK(own.find("location_id")->is_unknown());
}

TEST_SUITE_END();

}  // namespace millrace
