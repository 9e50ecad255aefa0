#include <filesystem>

#include "gate/change_count.hpp"
#include "gate_bench.hpp"

namespace millrace {

using test::GateBench;
using test::reply;

namespace {

OutgoingResponse ten_tags(const IncomingRequest& request) {
  if (request.method != "GET") return reply(200, R"({"tag":{"id":"99","name":"new"},"succeded":true})");
  std::string tags;
  for (int number = 0; number < 10; ++number)
    tags += (number == 0 ? "" : ",") + (R"({"id":")" + std::to_string(number) + "\"}");
  return reply(200, R"({"tags":[)" + tags + "]}");
}

std::size_t writes_arrived(const GateBench& bench) {
  std::size_t count = 0;
  for (const IncomingRequest& request : bench.arrived) count += request.method == "GET" ? 0 : 1;
  return count;
}

}  // namespace

TEST_CASE("a live run stops before the change that would pass max_changes, and stays stopped") {
  GateBench bench(ten_tags);
  GateRules rules;
  rules.limits.max_changes = 2;
  const auto gate = open_live_gate(bench.outside(), rules);
  bench.perform(*gate, "shop.tags.delete", R"({"tag_id":"1"})");
  bench.perform(*gate, "shop.tags.delete", R"({"tag_id":"2"})");
  const std::string refusal = "limited: safety: delete tag 3 would be change 3 of this run, and max_changes is 2";
  CHECK(bench.perform(*gate, "shop.tags.delete", R"({"tag_id":"3"})") == refusal);
  CHECK(bench.perform(*gate, "shop.tags.create", R"({"name":"vip"})").find("limited: ") == 0);
  CHECK(writes_arrived(bench) == 2);
  CHECK(gate->record().changes.size() == 2);
  REQUIRE(gate->record().limit);
  CHECK("limited: " + gate->record().limit->message == refusal);
}

TEST_CASE("one request for many things counts as many changes, in a plan and live") {
  for (const bool live : {false, true}) {
    CAPTURE(live);
    GateBench bench(ten_tags);
    GateRules rules;
    rules.limits.max_changes = 3;
    const auto gate = live ? open_live_gate(bench.outside(), rules) : open_planning_gate(bench.outside(), rules);
    bench.perform(*gate, "shop.tags.add_many", R"({"names": ["a", "b"]})");
    CHECK_FALSE(gate->record().limit);
    bench.perform(*gate, "shop.tags.add_many", R"({"names": ["c", "d"]})");
    REQUIRE(gate->record().limit);
    CHECK(gate->record().limit->message.ends_with("would make it 4 changes of this run, and max_changes is 3"));
    CHECK(writes_arrived(bench) == (live ? 1 : 0));
  }
}

TEST_CASE("a change counts in its own run and in each that led to it, and one that is refused counts in none") {
  GateBench bench(ten_tags);
  const auto at_most = [](std::int64_t changes) {
    Limits limits;
    limits.max_changes = changes;
    return limits;
  };
  const auto outer = std::make_shared<ChangeCount>("outer", at_most(3));
  const auto gate_of = [&bench, &outer](const char* workflow, Limits limits) {
    GateRules rules;
    rules.limits = limits;
    rules.count = std::make_shared<ChangeCount>(workflow, limits, outer);
    return open_live_gate(bench.outside(), rules);
  };
  const auto one = gate_of("one", at_most(1)), other = gate_of("other", {});
  const auto remove = [&bench](Gate& gate, int tag) {
    return bench.perform(gate, "shop.tags.delete", "{\"tag_id\":\"" + std::to_string(tag) + "\"}");
  };
  remove(*one, 1);
  CHECK(remove(*one, 2) == "limited: safety: delete tag 2 would be change 2 of this run, and max_changes is 1");
  CHECK_FALSE(outer->passed());
  remove(*other, 3);
  CHECK_FALSE(other->announce(bench.action("shop.tags.delete"), 2, CallSite{}));
  CHECK(other->announce(bench.action("shop.tags.delete"), 1, CallSite{}));
  remove(*other, 4);
  const std::string refusal =
      "safety: delete tag 5 would be change 4 of outer and what it calls, and max_changes of outer is 3";
  CHECK(remove(*other, 5) == "limited: " + refusal);
  CHECK(writes_arrived(bench) == 3);
  REQUIRE(outer->passed());
  CHECK(outer->passed()->message == refusal);
}

TEST_CASE("a plan over a limit lists everything and keeps the first limit") {
  GateBench bench(ten_tags);
  GateRules rules;
  rules.limits.max_changes = 1;
  const auto gate = open_planning_gate(bench.outside(), rules);
  for (const char* id : {"1", "2", "3"}) {
    CHECK(bench.perform(*gate, "shop.tags.delete", std::string(R"({"tag_id":")") + id + "\"}").find("limited") ==
          std::string::npos);
  }
  CHECK(gate->record().changes.size() == 3);
  REQUIRE(gate->record().limit);
  CHECK(gate->record().limit->code == ErrorCode::limited);
  CHECK(gate->record().limit->message == "safety: delete tag 2 would be change 2 of this run, and max_changes is 1");
}

TEST_CASE("max_percent is of the distinct things of that kind that were read") {
  GateBench bench(ten_tags);
  GateRules rules;
  rules.limits.max_percent = 20;
  std::unique_ptr<Gate> gate;
  SUBCASE("live") { gate = open_live_gate(bench.outside(), rules); }
  SUBCASE("planned") { gate = open_planning_gate(bench.outside(), rules); }
  bench.perform(*gate, "shop.tags.list");
  bench.perform(*gate, "shop.tags.list");
  bench.perform(*gate, "shop.tags.delete", R"({"tag_id":"1"})");
  bench.perform(*gate, "shop.tags.update", R"({"tag_id":"1","name":"x"})");  // the same thing again
  bench.perform(*gate, "shop.tags.delete", R"({"tag_id":"2"})");
  CHECK_FALSE(gate->record().limit);
  bench.perform(*gate, "shop.tags.delete", R"({"tag_id":"3"})");
  REQUIRE(gate->record().limit);
  CHECK(
      gate->record().limit->message ==
      "safety: delete tag 3 would be change 3 to the 10 read of kind \"shop tag\" (30 percent), and max_percent is 20");
}

TEST_CASE("once a limit was passed, a live run changes nothing more, of whatever kind") {
  GateBench bench(ten_tags);
  GateRules rules;
  rules.limits.max_percent = 10;
  rules.output_folder = bench.folder.path() / "output";
  const auto gate = open_live_gate(bench.outside(), rules);
  bench.perform(*gate, "shop.tags.list");
  bench.perform(*gate, "shop.tags.delete", R"({"tag_id":"1"})");
  CHECK(bench.perform(*gate, "shop.tags.delete", R"({"tag_id":"2"})").find("limited: ") == 0);
  const auto written =
      test::ask(bench.loop, gate->write_file(bench.action("files.write"), "report.csv", "a,b", bench.site()));
  CHECK(bench.shown(written).find("limited: safety: delete tag 2 ") == 0);
  CHECK_FALSE(std::filesystem::exists(rules.output_folder));
}

TEST_CASE("what a run created itself does not widen its own limit") {
  GateBench bench;
  std::string tags = R"({"id":"1"},{"id":"2"})";
  bench.answer_with([&](const IncomingRequest& request) {
    if (request.method == "POST") tags += R"(,{"id":"3"})";
    return request.method == "POST" ? reply(200, R"({"tag":{"id":"3"}})") : reply(200, R"({"tags":[)" + tags + "]}");
  });
  GateRules rules;
  rules.limits.max_percent = 60;
  const auto gate = open_live_gate(bench.outside(), rules);
  bench.perform(*gate, "shop.tags.list");
  bench.perform(*gate, "shop.tags.create", R"({"name":"vip"})");
  bench.perform(*gate, "shop.tags.list");
  CHECK(gate->record().seen.count(place_of(bench.action("shop.tags.list"), Value(), "shop", "main")) == 2);
  CHECK(bench.perform(*gate, "shop.tags.delete", R"({"tag_id":"1"})").find("limited: ") == 0);
}

TEST_CASE("with max_percent, a change to what was never read is refused") {
  GateBench bench;
  bench.answer_with([](const IncomingRequest&) { return reply(200, R"({"tags":[]})"); });
  GateRules rules;
  rules.limits.max_percent = 50;
  const auto gate = open_live_gate(bench.outside(), rules);
  bench.perform(*gate, "shop.tags.list");
  CHECK(bench.perform(*gate, "shop.tags.delete", R"({"tag_id":"1"})") ==
        "limited: safety: delete tag 1 cannot be weighed, because nothing of kind \"shop tag\" was read before in this "
        "run, and "
        "max_percent is 50: read them first, or leave max_percent out");
  CHECK(writes_arrived(bench) == 0);
}

TEST_CASE("with max_percent, each connection and location is weighed by what was read there") {
  GateBench bench(ten_tags);
  GateRules rules;
  rules.limits.max_percent = 50;
  const auto gate = open_live_gate(bench.outside(), rules);
  bench.perform(*gate, "shop.tags.list");
  CHECK(bench.perform(*gate, "shop.tags.delete", R"({"tag_id":"1","location_id":"north"})")
            .find("cannot be weighed, because nothing of kind \"shop tag\" was read") != std::string::npos);
  CHECK(writes_arrived(bench) == 0);
}

TEST_CASE("with max_percent, a message is no part of what was read, and leaves") {
  GateBench bench(ten_tags);
  GateRules rules;
  rules.limits.max_percent = 50;
  for (const bool live : {true, false}) {
    const auto gate = live ? open_live_gate(bench.outside(), rules) : open_planning_gate(bench.outside(), rules);
    bench.perform(*gate, "shop.tags.list");
    CHECK(bench.perform(*gate, "shop.push", R"({"text":"done"})").find("limited") == std::string::npos);
    CHECK_MESSAGE(!gate->record().limit, gate->record().limit->message);
  }
}

TEST_CASE("what is done at the end of a run that a limit has stopped is counted from there, for those above, too") {
  GateBench bench(ten_tags);
  Limits two, three;
  two.max_changes = 2;
  three.max_changes = 3;
  const auto outer = std::make_shared<ChangeCount>("outer", three);
  GateRules rules;
  rules.limits = two;
  rules.count = std::make_shared<ChangeCount>("inner", two, outer);
  const auto gate = open_live_gate(bench.outside(), rules);
  CallSite end;
  end.at_bad_end = true;
  const auto remove = [&](int tag, bool at_bad_end) {
    CallSite site = bench.site();
    site.at_bad_end = at_bad_end;
    return bench.perform(*gate, "shop.tags.delete", Value::object({{"tag_id", std::to_string(tag)}}), site)
        .starts_with("limited");
  };
  for (int tag = 1; tag <= 3; ++tag) CHECK(remove(tag, false) == (tag == 3));
  CHECK_FALSE(remove(4, true));  // the third of those above
  CHECK(gate->announce(bench.action("shop.tags.delete"), 0, end));
  CHECK_FALSE(gate->announce(bench.action("shop.tags.delete"), 2, end));
  CHECK(remove(5, true));
  REQUIRE(outer->passed());
  CHECK(writes_arrived(bench) == 3);
}

TEST_CASE("a plan counts what is done at a bad end as the run would") {
  GateBench bench(ten_tags);
  GateRules rules;
  rules.limits.max_changes = 1;
  const auto gate = open_planning_gate(bench.outside(), rules);
  for (const bool at_bad_end : {false, true}) {
    CallSite site = bench.site(at_bad_end ? "tell" : "remove");
    site.at_bad_end = at_bad_end;
    bench.perform(*gate, "shop.tags.delete", Value::object({{"tag_id", at_bad_end ? "2" : "1"}}), site);
  }
  CHECK(gate->record().changes.size() == 2);
  CHECK_FALSE(gate->record().limit);
}

TEST_CASE("announced changes that would pass a limit are refused before the first one") {
  GateBench bench(ten_tags);
  GateRules rules;
  SUBCASE("max_changes") { rules.limits.max_changes = 3; }
  SUBCASE("max_percent") { rules.limits.max_percent = 30; }
  const auto gate = open_live_gate(bench.outside(), rules);
  bench.perform(*gate, "shop.tags.list");
  CHECK(gate->announce(bench.action("shop.tags.delete"), 3, bench.site()));
  CHECK_FALSE(gate->record().limit);
  const auto refused = gate->announce(bench.action("shop.tags.delete"), 4, bench.site());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::limited);
  CHECK(refused.error().message.find("nothing of it was done") != std::string::npos);
  CHECK(gate->record().limit);
}

TEST_CASE("a plan is not stopped by an announcement, because it lists what is too much") {
  GateBench bench(ten_tags);
  GateRules rules;
  rules.limits.max_changes = 1;
  const auto gate = open_planning_gate(bench.outside(), rules);
  CHECK(gate->announce(bench.action("shop.tags.delete"), 4, CallSite{}));
}

TEST_CASE("a limit that is an action's default says whose it is, and lets through what cannot be weighed") {
  GateBench bench(ten_tags);
  GateRules rules;
  rules.limits.max_percent = 10;
  rules.limits.max_percent_from = "pruning.delete";
  const auto gate = open_live_gate(bench.outside(), rules);
  CHECK(bench.perform(*gate, "shop.tags.delete", R"({"tag_id":"9"})").find("limited") == std::string::npos);
  bench.perform(*gate, "shop.tags.list");
  bench.perform(*gate, "shop.tags.delete", R"({"tag_id":"1"})");
  CHECK(bench.perform(*gate, "shop.tags.delete", R"({"tag_id":"2"})").find("the default of pruning.delete") !=
        std::string::npos);
}

}  // namespace millrace
