#include "gate/volatile.hpp"

#include <doctest/doctest.h>

#include "value/json.hpp"

namespace millrace {

TEST_CASE("what a schema marks as volatile is left out of an output, at any depth, and all else is kept") {
  const auto schema = Schema::parse(*parse_json(
      R"({"properties": {"traceId": {"type": "string", "x-volatile": true}, "tags": {"items": {"$ref": "#/definitions/tag"}}},
          "definitions": {"tag": {"properties": {"asked": {"$ref": "#/definitions/now"}, "name": {"x-volatile": false}}},
                          "now": {"x-volatile": true}}})"));
  REQUIRE(schema);
  const SchemaView view((*schema)->document(), (*schema)->document());
  const auto left = [&](const char* output) { return encode_json(without_volatile(*parse_json(output), view)); };
  CHECK(left(R"({"traceId":"a","tags":[{"asked":1,"name":"vip","traceId":"b"},2,null]})") ==
        R"({"tags":[{"name":"vip","traceId":"b"},2,null]})");
  CHECK(left(R"({"tags":{"asked":1},"more":[{"traceId":1}]})") == R"({"tags":{"asked":1},"more":[{"traceId":1}]})");
  CHECK(left("[1]") == "[1]");
  CHECK(encode_json(without_volatile(*parse_json(R"({"traceId":1})"), SchemaView())) == R"({"traceId":1})");
}

}  // namespace millrace
