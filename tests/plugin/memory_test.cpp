#include <doctest/doctest.h>

#include "plugin/job_bench.hpp"

using namespace millrace;
using test::json;

TEST_SUITE_BEGIN("plugin");

namespace {

struct Memory : test::JobBench {
  Memory() : JobBench("memory") {}
  std::string changes(const std::string& items, const std::string& key = "k") {
    return call("changes", json(R"({"key": ")" + key + R"(", "items": )" + items + "}"));
  }
  std::string once(const std::string& within = "7d") {
    return call("once", json(R"({"key": "survey/con_1", "within": ")" + within + R"("})"));
  }
};

}  // namespace

TEST_CASE("a list is compared with the one remembered before") {
  Memory memory;
  CHECK(memory.changes(R"(["a", "b"])") ==
        R"({"added":["a","b"],"removed":[],"before":null,"first":true,"late":false})");
  CHECK(memory.changes(R"(["b", "c", "c"])") ==
        R"({"added":["c","c"],"removed":["a"],"before":["a","b"],"first":false,"late":false})");
  CHECK(memory.changes(R"(["c", "b", "c"])") ==
        R"({"added":[],"removed":[],"before":["b","c","c"],"first":false,"late":false})");
  CHECK(memory.changes("[]", "another") == R"({"added":[],"removed":[],"before":null,"first":true,"late":false})");
  CHECK(memory.changes("[]", "another") == R"({"added":[],"removed":[],"before":[],"first":false,"late":false})");
}

TEST_CASE("a list of a time before the remembered one changes nothing, however late it comes") {
  Memory memory;
  const auto told = [&memory](const std::string& items, const std::string& at) {
    return memory.call("changes", json(R"({"key": "k", "items": )" + items + R"(, "at": )" + at + "}"));
  };
  CHECK(told(R"(["a"])", R"("2026-09-01T10:00:00Z")") ==
        R"({"added":["a"],"removed":[],"before":null,"first":true,"late":false})");
  CHECK(told(R"(["a","b","c"])", R"("2026-09-01T12:00:00.5+02:00")") ==
        R"({"added":["b","c"],"removed":[],"before":["a"],"first":false,"late":false})");
  CHECK(told(R"(["a","b"])", R"("2026-09-01T10:00:00.499Z")") ==
        R"({"added":[],"removed":[],"before":["a","b","c"],"first":false,"late":true})");
  CHECK(told(R"(["a","b","c","d"])", R"("2026-09-01T10:00:00.5Z")") ==
        R"({"added":["d"],"removed":[],"before":["a","b","c"],"first":false,"late":false})");
  // Who tells no time is believed; what is older than what came before is late all the same.
  CHECK(told(R"(["a"])", "null") ==
        R"({"added":[],"removed":["b","c","d"],"before":["a","b","c","d"],"first":false,"late":false})");
  CHECK(told(R"(["a","e"])", R"("2026-09-01T10:00:00.499Z")") ==
        R"({"added":[],"removed":[],"before":["a"],"first":false,"late":true})");
  CHECK(told(R"(["a","f"])", "null") == R"({"added":["f"],"removed":[],"before":["a"],"first":false,"late":false})");
  CHECK(told(R"(["a"])", R"("2026-09-01T10:00:00.5Z")") ==
        R"({"added":[],"removed":["f"],"before":["a","f"],"first":false,"late":false})");
  CHECK(told("[]", R"("yesterday")").starts_with("invalid: at is \"yesterday\", which is not a time"));
}

TEST_CASE("a list that is missing or null is not an empty one: nothing is told, and what is remembered stays") {
  Memory memory;
  memory.changes(R"(["a"])");
  CHECK(memory.changes("null") == "invalid: items must be a list");
  CHECK(memory.call("changes", json(R"({"key": "k"})")) == "invalid: items must be a list");
  CHECK(memory.changes(R"("a")") == "invalid: items must be a list");
  CHECK(memory.changes(R"(["a"])") == R"({"added":[],"removed":[],"before":["a"],"first":false,"late":false})");
}

TEST_CASE("things are the same whatever the order of their members") {
  Memory memory;
  memory.changes(R"([{"id": 1, "more": {"x": 1, "y": [2]}}])");
  CHECK(memory.changes(R"([{"more": {"y": [2], "x": 1}, "id": 1}, {"id": 1}])") ==
        R"({"added":[{"id":1}],"removed":[],"before":[{"id":1,"more":{"x":1,"y":[2]}}],"first":false,"late":false})");
}

TEST_CASE("numbers are the same where their values are, however they are written and wherever they stand") {
  Memory memory;
  const auto change = [&memory](const std::string& before, const std::string& after) {
    memory.changes(before);
    const std::string told = memory.changes(after);
    return told.substr(0, told.find(",\"before\""));
  };
  const std::string none = R"({"added":[],"removed":[])";
  CHECK(change("[10]", "[10.0]") == none);
  CHECK(change("[1e1]", "[10]") == none);
  CHECK(change("[-0.0]", "[0]") == none);
  CHECK(change("[1e18, 1e19]", "[1000000000000000000, 10000000000000000000]") == none);
  CHECK(change(R"([{"sku": "A", "prices": [{"eur": 10, "usd": 11.0}]}])",
               R"([{"prices": [{"usd": 11, "eur": 10.0}], "sku": "A"}])") == none);
  CHECK(change("[9007199254740993]", "[9007199254740992]") ==
        R"({"added":[9007199254740992],"removed":[9007199254740993])");
  CHECK(change("[10]", R"(["10"])") == R"({"added":["10"],"removed":[10])");
  CHECK(change("[10]", "[10.5]") == R"({"added":[10.5],"removed":[10])");
  CHECK(change("[1]", "[true]") == R"({"added":[true],"removed":[1])");
  CHECK(change("[1, 1.0]", "[1]") == R"({"added":[],"removed":[1.0])");
}

TEST_CASE("what is done once stays done for its period, counted from the time it was done") {
  Memory memory;
  CHECK(memory.once() == R"({"first":true,"last":null})");
  memory.services.time.seconds += 6 * 86'400;
  CHECK(memory.once() == R"({"first":false,"last":"2026-09-21T14:13:20Z"})");
  memory.services.time.seconds += 86'400;
  CHECK(memory.once() == R"({"first":true,"last":"2026-09-21T14:13:20Z"})");
  CHECK(memory.once("P1W") == R"({"first":false,"last":"2026-09-28T14:13:20Z"})");
  CHECK(memory.once("soon") == "invalid: within is \"soon\", which is not a duration: write such as 12h or 90d");
}

TEST_CASE("of two who come at once one is the first, and each change is told to one of them") {
  Memory memory;
  memory.services.interfere = [&] { memory.services.state["once/survey/con_1"] = "2026-09-21T14:13:19Z"; };
  CHECK(memory.once() == R"({"first":false,"last":"2026-09-21T14:13:19Z"})");
  memory.changes(R"(["a"])");
  memory.services.interfere = [&] { memory.services.state["changes/k"] = json(R"(["a","b"])"); };
  CHECK(memory.changes(R"(["a", "b", "c"])") ==
        R"({"added":["c"],"removed":[],"before":["a","b"],"first":false,"late":false})");
  memory.services.interfere = [&] { memory.services.state["changes/k"] = json(R"(["d"])"); };
  CHECK(memory.changes(R"(["d"])") == R"({"added":[],"removed":[],"before":["d"],"first":false,"late":false})");
  CHECK(encode_json(memory.services.state["changes/k"]) == R"(["d"])");
}

TEST_CASE("data that looks unknown is compared and remembered as any other") {
  Memory memory;
  const Value seen = *parse_json(R"(["a", {"$unknown": "x"}])"), more = *parse_json(R"([{"$unknown": "x"}, "b"])");
  CHECK(memory.call("changes", Value::object({{"key", "k"}, {"items", seen}})).find("only") == std::string::npos);
  CHECK(
      memory.call("changes", Value::object({{"key", "k"}, {"items", more}})).find(R"("added":["b"],"removed":["a"])") !=
      std::string::npos);
  CHECK(encode_json(memory.services.state["changes/k"]) == R"([{"$unknown":"x"},"b"])");
}

TEST_CASE("what only the run will tell is neither compared nor remembered") {
  Memory memory;
  CHECK(memory.changes(R"(["a", {"id": {"$unknown": "x"}}])") ==
        R"({"$unknown":"what has changed since the last time"})");
  CHECK(memory.call("once", json(R"({"key": {"$unknown": "x"}, "within": "7d"})")) ==
        R"({"$unknown":"whether it is the first time"})");
  CHECK(memory.services.state.empty());
}

TEST_SUITE_END();
