#include "expr/conformance.hpp"

#include <doctest/doctest.h>

namespace millrace {

TEST_CASE("a request line is answered with a tagged value") {
  CHECK(answer_conformance_line(
            R"({"id": 7, "expr": "x.a + 1", "bindings": {"x": {"map": [[{"string":"a"},{"int":"41"}]]}}})") ==
        R"({"id":7,"value":{"int":"42"}})");
  CHECK(answer_conformance_line(R"({"expr": "y", "container": "a.b", "bindings": {"a.y": {"duration": "-1.5s"}}})") ==
        R"({"value":{"duration":"-1.5s"}})");
}

TEST_CASE("every kind of value survives the way in and out") {
  for (const char* value :
       {R"({"null":null})", R"({"bool":true})", R"({"string":"s"})", R"({"int":"-9223372036854775808"})",
        R"({"uint":"18446744073709551615"})", R"({"double":1.5})", R"({"double":"NaN"})", R"({"double":"-Infinity"})",
        R"({"bytes":"AP8="})", R"({"list":[{"int":"1"},{"list":[]}]})", R"({"map":[[{"bool":true},{"map":[]}]]})",
        R"({"type":"int"})", R"({"timestamp":"2024-01-01T00:00:00.5Z"})", R"({"optional":null})",
        R"({"optional":{"int":"1"}})"}) {
    CAPTURE(value);
    CHECK(answer_conformance_line(std::string(R"({"expr":"x","bindings":{"x":)") + value + "}}") ==
          std::string(R"({"value":)") + value + '}');
  }
}

TEST_CASE("the protocol keeps to the specification where workflows go beyond it") {
  for (const char* beyond :
       {"1 + 1.0", "2.5 * 2", "math.round(1)", "{'a': null}.?a.b.hasValue()", "[null][0].?a.hasValue()"}) {
    CAPTURE(beyond);
    const std::string answer = answer_conformance_line(std::string(R"({"expr": ")") + beyond + R"("})");
    CHECK(answer.find("error") != std::string::npos);
  }
}

TEST_CASE("what cannot be answered is an error, and the line stays one line") {
  CHECK(answer_conformance_line(R"({"id": 1, "expr": "1 / 0"})") == R"({"id":1,"error":"division by zero"})");
  CHECK(answer_conformance_line(R"({"id": 1})").find("error") != std::string::npos);
  CHECK(answer_conformance_line("[]").find("error") != std::string::npos);
  CHECK(answer_conformance_line("no json").find("error") != std::string::npos);
  CHECK(answer_conformance_line(R"({"expr": "x", "bindings": {"x": {"int": 1}}})").find("malformed") !=
        std::string::npos);
}

}  // namespace millrace
