#include <doctest/doctest.h>

#include "api/outcome_buckets.hpp"
#include "json.hpp"
#include "routes_bench.hpp"
#include "value/json.hpp"
#include "value/time.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using test::request;
using test::RoutesBench;
using test::said;

namespace {

const std::string asks = "mode: live\ntriggers:\n  - manual\nactions:\n  - {id: sure, approve: \"Delete 3?\"}\n";

struct Overview : RoutesBench {
  using RoutesBench::RoutesBench;

  Value get(const std::string& path, int status = 200) {
    const OutgoingResponse answer =
        asked(request("GET /api/v1/" + path, "", {{"Host", "127.0.0.1:8710"}, {"Authorization", "Bearer " + token}}));
    CAPTURE(answer.body);
    REQUIRE(answer.status == status);
    return *parse_json(answer.body);
  }
  RunKey start_run(const std::string& workflow) {
    const auto started = test::ask(loop, service->start_run(workflow, Value(Map()), "somebody"));
    REQUIRE(started);
    pass(1s);
    return started->runs.front();
  }
};

const Value::List& list_in(const Value& answer, std::string_view name) { return answer.find(name)->list(); }

std::vector<std::string> times(const std::string& bucket, const std::string& from, const std::string& to,
                               const std::string& zone) {
  const auto found = bucket_times(bucket, *parse_timestamp(from), *parse_timestamp(to), zone, Timestamp{});
  REQUIRE(found);
  std::vector<std::string> rendered;
  for (const Timestamp time : *found) rendered.push_back(render(time));
  return rendered;
}

}  // namespace

TEST_SUITE_BEGIN("api");

TEST_CASE("what needs somebody is told: questions without mere waits, and failures of one kind together") {
  Overview bench({{"ask", asks},
                  {"rest", "mode: live\ntriggers:\n  - manual\nactions:\n  - {wait: 3d}\n"},
                  {"add", test::flow("add", "  - {action: shop.add, with: {op: \"${{ event.op }}\"}}\n")}});
  bench.far_side.answer = [](const OutgoingRequest&) { return said(400, R"({"message": "no"})"); };
  const RunKey asking = bench.start_run("ask");
  bench.start_run("rest");
  for (int i = 0; i < 25; ++i) bench.deliver("add", R"({"op": "a"})");
  bench.pass(60s);
  const Value told = bench.get("attention");
  REQUIRE(list_in(told, "approvals").size() == 1);
  const Value& approval = list_in(told, "approvals").front();
  CHECK(approval.text_or("run") == render(asking));
  CHECK(approval.text_or("question") == "Delete 3?");
  CHECK(approval.text_or("step") == "0/0");
  CHECK(approval.text_or("workflow") == "ask");
  CHECK(approval.find("asked")->is_text());
  REQUIRE(list_in(told, "failures").size() == 1);
  const Value& failure = list_in(told, "failures").front();
  CHECK(failure.text_or("workflow") == "add");
  CHECK(failure.text_or("error").find("400") != std::string::npos);
  CHECK(*failure.find("count") == Value(25));
  CHECK(list_in(failure, "runs").size() == 20);
  CHECK_FALSE(told.find("more")->is_true());
  CHECK(list_in(bench.get("attention?since=0s"), "failures").empty());
  bench.get("attention?since=yesterday", 400);

  CHECK(test::ask(bench.loop, bench.service->approve(asking, {true, "", ""}, "somebody")));
  CHECK(list_in(bench.get("attention"), "approvals").empty());
}

TEST_CASE("what schedules do next is told in order, in the zone of each, without what is switched off") {
  const std::string often = "mode: live\ntriggers:\n  - schedule: every minute\nactions:\n  - {wait: 1s}\n";
  const std::string daily =
      "triggers:\n  - {schedule: \"daily at 12:00\", timezone: Asia/Tokyo}\nactions:\n  - {wait: 1s}\n";
  Overview bench({{"often", often}, {"daily", daily}, {"off", "mode: paused\n" + daily}, {"held", daily}});
  REQUIRE(test::ask(bench.loop, bench.service->pause("held", "somebody")));
  const Value told = bench.get("upcoming?hours=48");
  std::map<std::string, int> counts;
  std::string before;
  for (const Value& each : list_in(told, "upcoming")) {
    ++counts[each.text_or("workflow")];
    CHECK(before <= each.text_or("at"));
    before = each.text_or("at");
  }
  CHECK(counts == std::map<std::string, int>{{"daily", 2}, {"often", 25}});
  const Value& last = list_in(told, "upcoming").back();
  CHECK(last.text_or("zone") == "Asia/Tokyo");
  CHECK(last.text_or("local").ends_with("T12:00:00+09:00"));
  CHECK(last.text_or("words") == "at 12:00 every day");
  bench.get("upcoming?hours=0", 400);
}

TEST_CASE("lists of runs take every filter, and counts follow the same") {
  Overview bench({{"ask", asks}, {"rest", "triggers:\n  - manual\nactions:\n  - {wait: 3d}\n"}});
  bench.start_run("ask");
  bench.start_run("rest");
  CHECK(list_in(bench.get("runs"), "runs").size() == 2);
  for (const char* query : {"mode=live", "workflow=ask", "q=nothing", "trigger=schedule", "location=here", "to=1h"}) {
    CAPTURE(query);
    const std::string filter = query;
    const bool finds = filter == "mode=live" || filter == "workflow=ask";
    const auto runs = list_in(bench.get("runs?" + filter), "runs");
    CHECK(runs.size() == (finds ? 1 : 0));
    std::int64_t counted = 0;
    const Value counts = bench.get("runs/counts?bucket=hour&" + filter);
    for (const Value& bucket : list_in(counts, "buckets")) {
      for (const auto& [outcome, count] : bucket.find("counts")->map()) counted += count.integer();
    }
    CHECK(counted == (finds ? 1 : 0));
  }
  bench.get("runs?mode=alive", 400);
  bench.get("runs/counts?bucket=week", 400);
  bench.get("runs/counts?by=workflow", 400);
  bench.get("runs/counts?bucket=hour&from=2000-01-01T00:00:00Z", 400);
}

TEST_CASE("a workflow in the list has its live version, its connections and how its last runs ended") {
  Overview bench({{"add", test::flow("add", "  - {action: shop.add, with: {op: a}}\n")}, {"rest", asks}});
  bench.deliver("add", "{}");
  bench.settle();
  const Value told = bench.get("workflows");
  const Value& add = list_in(told, "workflows").front();
  CHECK(add.text_or("last_outcome") == "completed");
  CHECK(list_in(add, "strip").size() == 1);
  CHECK(encode_json(*add.find("connections")) == R"(["shop"])");
  CHECK(add.text_or("version").size() == 64);
  const Value& rest = list_in(told, "workflows").back();
  CHECK(rest.find("last_outcome")->is_null());
  CHECK(list_in(rest, "strip").empty());
  CHECK(list_in(rest, "connections").empty());
}

TEST_CASE("buckets begin as the clocks of the zone do, also on the days on which these change") {
  CHECK(times("day", "2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z", "Europe/Berlin") ==
        std::vector<std::string>{"2026-03-27T23:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"});
  CHECK(times("hour", "2026-10-25T00:30:00Z", "2026-10-25T02:30:00Z", "Europe/Berlin") ==
        std::vector<std::string>{"2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"});
  CHECK(times("hour", "2026-01-01T00:10:00Z", "2026-01-01T01:00:00Z", "Asia/Kolkata") ==
        std::vector<std::string>{"2025-12-31T23:30:00Z", "2026-01-01T00:30:00Z"});
  CHECK(times("day", "2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z", "UTC") ==
        std::vector<std::string>{"2026-01-02T00:00:00Z"});
}

TEST_SUITE_END();
