#include "gate_bench.hpp"

namespace millrace {

using test::GateBench;
using test::reply;

namespace {

GateRules keeping() {
  GateRules rules;
  rules.keep_readings = true;
  return rules;
}

/// What a plan remembers of one read that is answered so.
Reading read(const std::string& answer, const std::string& action = "shop.tags.list", const std::string& input = "{}",
             int status = 200) {
  GateBench bench([&](const IncomingRequest&) { return reply(status, answer); });
  const auto gate = open_planning_gate(bench.outside(), keeping());
  bench.perform(*gate, action, input);
  REQUIRE(gate->record().readings.size() == 1);
  return gate->record().readings.front();
}

bool same_things(const Reading& left, const Reading& right) {
  return left.things.size() == right.things.size() &&
         std::equal(left.things.begin(), left.things.end(), right.things.begin(), [](const auto& a, const auto& b) {
           return a.first == b.first && a.second.answer == b.second.answer;
         });
}

constexpr const char* two = R"({"tags":[{"id":"1","name":"gold"},{"id":"2","name":"silver"}],"count":2})";

}  // namespace

TEST_CASE("a plan remembers a list by its things, whatever their order, and the rest of the answer") {
  const Reading first = read(two);
  CHECK(first.action == "shop.tags.list");
  CHECK(first.connection == "shop");
  CHECK(first.location == "main");
  CHECK(first.kind == "shop_tag");
  CHECK(first.target == "tags:main");
  REQUIRE(first.things.size() == 2);
  CHECK(first.things.at("2").name == "silver");

  const Reading turned = read(R"({"count":2,"tags":[{"id":"2","name":"silver"},{"id":"1","name":"gold"}]})");
  CHECK(same_things(first, turned));
  const Reading renamed = read(R"({"tags":[{"id":"1","name":"gold"},{"id":"2","name":"bronze"}],"count":2})");
  CHECK_FALSE(same_things(first, renamed));
  CHECK(first.answer == renamed.answer);
  const Reading counted = read(R"({"tags":[{"id":"1","name":"gold"},{"id":"2","name":"silver"}],"count":3})");
  CHECK(same_things(first, counted));
  CHECK(first.answer != counted.answer);
}

TEST_CASE("things without an id, and an id that comes twice, are not lost") {
  const Reading once = read(R"({"tags":[{"id":"1","name":"gold"}]})");
  CHECK(once.answer != read(R"({"tags":[{"id":"1","name":"gold"},{"id":"1","name":"gold"}]})").answer);
  CHECK(read(R"({"tags":[{"name":"gold"}]})").answer != read(R"({"tags":[{"name":"silver"}]})").answer);
}

TEST_CASE("a single thing and another question") {
  const Reading one = read(R"({"tag":{"id":"1","name":"gold"}})", "shop.tags.get", R"({"tag_id":"1"})");
  CHECK(one.things.empty());
  CHECK(one.answer != read(R"({"tag":{"id":"1","name":"x"}})", "shop.tags.get", R"({"tag_id":"1"})").answer);

  GateBench bench([](const IncomingRequest&) { return reply(200, two); });
  const auto gate = open_planning_gate(bench.outside(), keeping());
  for (const char* input : {"{}", "{}", R"({"search":"go"})"}) bench.perform(*gate, "shop.tags.list", input);
  const auto& readings = gate->record().readings;
  REQUIRE(readings.size() == 3);
  CHECK(readings[0].question == readings[1].question);
  CHECK(readings[0].question != readings[2].question);
}

TEST_CASE("a read that was refused is remembered as that") {
  const Reading refused = read("{}", "shop.tags.list", "{}", 404);
  CHECK(refused.failure == "not_found");
  CHECK(refused.answer.empty());
}

TEST_CASE("planned changes are no part of what was read, and what the plan answers itself was not read") {
  GateBench bench([](const IncomingRequest&) { return reply(200, two); });
  const auto gate = open_planning_gate(bench.outside(), keeping());
  bench.perform(*gate, "shop.tags.create", R"({"name":"vip"})");
  bench.perform(*gate, "shop.tags.get", R"({"tag_id":{"$unknown":"the id of shop tag vip"}})");
  bench.perform(*gate, "shop.tags.list");
  REQUIRE(gate->record().readings.size() == 1);
  CHECK(gate->record().readings.front().things.size() == 2);
  CHECK(gate->record().readings.front().answer == read(two).answer);
}

TEST_CASE("no secret is remembered") {
  const Reading seen = read(std::string(R"({"tags":[{"id":"1","name":")") + GateBench::token + R"("}]})");
  CHECK(seen.things.at("1").name.find(GateBench::token) == std::string::npos);
}

TEST_CASE("the pages of a list are one read of a plan and of a run, and count as the requests that they are") {
  for (const bool live : {false, true}) {
    GateBench bench;
    bench.answer_in_turn({reply(200, R"({"boats": ["a"], "more": "x"})"),
                          reply(200, R"({"boats": ["b"], "more": "y"})"), reply(200, R"({"boats": []})")});
    const auto gate =
        live ? open_live_gate(bench.outside(), keeping()) : open_planning_gate(bench.outside(), keeping());
    CHECK(bench.perform(*gate, "shop.boats.by_cursor", R"({"all_pages": true})") ==
          R"({"boats":["a","b"],"more":"x"})");
    CHECK(gate->record().reads == 3);
    REQUIRE(gate->record().calls.size() == 1);
    CHECK(gate->record().calls.front().reads == 3);
    CHECK(gate->record().readings.size() == (live ? 0u : 1u));
  }
}

TEST_CASE("whether all pages are meant may be known only in the run") {
  GateBench bench;
  const auto gate = open_planning_gate(bench.outside(), {});
  CHECK(bench.perform(*gate, "shop.boats.by_cursor", R"({"all_pages": {"$unknown": "x"}})").find("$unknown") !=
        std::string::npos);
  CHECK(bench.arrived.empty());
}

}  // namespace millrace
