#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "journal/keys.hpp"
#include "service_bench.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using test::behind;
using test::flow;
using test::ServiceBench;
using test::told;

namespace {

const std::string asks_first = "  - approve: {message: ok}\n";

std::string calls_with_n(const std::string& other, const std::string& more = "") {
  return "  - {id: asked, call: " + other + ", with: {n: \"${{ event.?n.orValue(0) }}\"}" + more + "}\n";
}

std::string called_flow(const std::string& actions, const std::string& concurrency = "parallel") {
  return "mode: live\nconcurrency: " + concurrency + "\ntriggers: [manual]\nactions:\n" + actions;
}

/// Runs of `top` by way of `middle` call `low`, and each of these two puts behind its call.
std::map<std::string, std::string> three_flows(const std::string& low,
                                               const std::string& top = calls_with_n("middle") + behind) {
  return {{"top", flow("top", top)}, {"middle", called_flow(calls_with_n("low") + behind)}, {"low", called_flow(low)}};
}

struct Bench : ServiceBench {
  using ServiceBench::ServiceBench;
  /// Whether all runs leave memory, however slow the disk.
  bool all_leave() {
    pass(1s);  // they begin
    for (int waited = 1; waited < 60 && in_memory() > 0; ++waited) pass(1s);
    return in_memory() == 0;
  }
  std::size_t in_memory() const { return workflow("top").active + workflow("middle").active + workflow("low").active; }
  void approve(RunKey run) { REQUIRE(test::ask(loop, service->approve(run, Approval{true, ""}, "somebody"))); }
};

/// A body whose numbers hold some hundred KB in memory.
std::string large(int n) {
  std::string body = "{\"n\": " + std::to_string(n) + ", \"list\": [1";
  for (int i = 1; i < 20'000; ++i) body += ",1";
  return body + "]}";
}

}  // namespace

TEST_SUITE_BEGIN("service");

TEST_CASE("callers are in the store while what they called waits, and go on when that has ended") {
  using Way = void (*)(Bench&);
  const std::map<std::string, Way> ways = {
      {"at once", [](Bench&) {}},
      {"later", [](Bench& bench) { bench.pass(24h); }},
      {"behind a restart", [](Bench& bench) { bench.restart(), bench.pass(2s); }},
      {"behind two deaths",
       [](Bench& bench) { bench.crash(), bench.start(), bench.crash(), bench.start(), bench.pass(2s); }},
  };
  for (const auto& [when, way] : ways) {
    CAPTURE(when);
    Bench bench(three_flows(asks_first));
    for (int n = 0; n < 5; ++n) bench.delivered("top", "{\"n\": " + std::to_string(n) + "}");
    CHECK(bench.all_leave());
    way(bench);
    CHECK(bench.all_leave());
    CHECK(told(bench.outcomes("top")) == "running=5 ");
    for (const RunHead& low : bench.runs("low")) bench.approve(low.key);
    bench.settle();
    CHECK(told(bench.outcomes()) == "completed=15 ");
    CHECK(bench.far_side.arrived.size() == 10);
  }
}

TEST_CASE("a caller hears the end of what it called at whatever moment that comes") {
  for (Duration moment = 0ms; moment < 60ms; moment += 3ms) {
    CAPTURE(moment.count());
    Bench bench(three_flows("  - wait: 6s\n"));
    bench.job_takes = 4ms;
    bench.delivered("top", "{}");
    bench.pass(6s + moment);
    bench.restart();
    bench.settle();
    CHECK(told(bench.outcomes()) == "completed=3 ");

    Bench asking(three_flows(asks_first));
    asking.job_takes = 4ms;
    asking.delivered("top", "{}");
    while (asking.runs("low").empty() || name_of(asking.runs("low").front().outcome) != "waiting") asking.pass(1ms);
    asking.pass(moment);
    asking.approve(asking.runs("low").front().key);
    asking.settle();
    CHECK(told(asking.outcomes()) == "completed=3 ");
    CHECK(asking.far_side.arrived.size() == 2);

    const std::string beside = "  - parallel:\n      - [{call: low, with: {n: 1}}]\n      - [{action: shop.items}]\n";
    Bench reading({{"top", flow("top", beside + behind)},
                   {"low", called_flow("  - wait: 6s\n")},
                   {"middle", called_flow(asks_first)}});
    reading.job_takes = 4ms;
    reading.far_side.takes = 6s + moment;  // what it gave is written while the caller leaves
    reading.delivered("top", "{}");
    reading.settle();
    CHECK(told(reading.outcomes()) == "completed=2 ");
  }
}

TEST_CASE("of calls beside each other each is heard, and none is made twice") {
  const std::string each =
      "  - for_each: \"[1, 2, 3, 4]\"\n    parallel: 3\n    do:\n      - {call: low, with: {n: \"${{ item }}\"}}\n";
  Bench bench({{"top", flow("top", each + behind)}, {"low", called_flow(asks_first)}, {"middle", called_flow(behind)}});
  bench.delivered("top", "{}");
  for (std::size_t n = 0; n < 4; ++n) {
    CHECK(bench.all_leave());
    bench.approve(bench.runs("low").at(n).key);
  }
  bench.settle();
  CHECK(told(bench.outcomes()) == "completed=5 ");
}

TEST_CASE("a caller whose own branch goes on stays until that waits, too") {
  const std::string both =
      "  - parallel:\n      - [{call: low, with: {n: 1}}]\n      - [{wait: 3s}, {action: shop.push, "
      "with: {op: beside}}, {wait: 1h}]\n";
  Bench bench({{"top", flow("top", both + behind)}, {"low", called_flow(asks_first)}, {"middle", called_flow(behind)}});
  bench.delivered("top", "{}");
  bench.pass(2s);
  CHECK(bench.in_memory() == 1);
  bench.pass(4s);
  CHECK(bench.all_leave());
  CHECK(bench.far_side.arrived.size() == 1);
  bench.approve(bench.runs("low").front().key);
  bench.pass(30min);
  CHECK(bench.far_side.arrived.size() == 1);
  bench.pass(31min);
  CHECK(told(bench.outcomes()) == "completed=2 ");
}

TEST_CASE("a call into the lane of a caller that is in the store does not wait for ever") {
  Bench bench({{"top", "mode: live\ntriggers:\n  - {webhook: top, verify: public}\nactions:\n" + calls_with_n("low")},
               {"low", called_flow("  - wait: 1h\n  - {if: event.n < 5, call: top, with: {n: 7}}\n")},
               {"middle", called_flow(behind)}});
  bench.delivered("top", "{}");
  bench.pass(30min);
  CHECK(bench.all_leave());
  bench.pass(31min);
  CHECK(told(bench.outcomes()) == "failed=3 ");
  CHECK(bench.runs("top").back().note.find("the call would wait for ever") != std::string::npos);
}

TEST_CASE("callers beyond what memory is for them wait in the store, and each has its turn") {
  ServiceBudget budget;
  budget.held_bytes = 1u << 20;
  for (const bool dies : {false, true}) {
    CAPTURE(dies);
    Bench bench({{"top", flow("top", calls_with_n("low") + behind)},
                 {"low", called_flow("  - {action: shop.put, with: {op: \"${{ string(event.n) }}\"}}\n", "queued")},
                 {"middle", called_flow(behind)}},
                budget);
    bench.far_side.holds = [](const OutgoingRequest& request) {
      return request.body.find("behind") == std::string::npos;
    };
    for (int n = 0; n < 40; ++n) bench.delivered("top", large(n));
    bench.pass(10s);
    CHECK(bench.workflow("top").active <= 12);
    CHECK(bench.runs("low").size() > 12);
    if (dies) bench.crash(), bench.start(), bench.pass(10s);
    CHECK(bench.workflow("top").active <= 12);
    bench.far_side.holds = {};
    bench.far_side.released.announce();
    bench.settle();
    CHECK(told(bench.outcomes("top")) == "completed=40 ");
    CHECK(bench.workflow("low").active == 0);
  }
}

TEST_CASE("a caller in the store counts its changes with those of what it called, and ends where a limit is passed") {
  for (const std::size_t limit : {0u, 1u, 2u}) {  // passed by the lowest, by the one between, by itself
    CAPTURE(limit);
    auto workflows = three_flows(asks_first + behind);
    workflows["top"] = "safety: {max_changes: " + std::to_string(limit) + "}\n" + workflows["top"];
    Bench bench(workflows);
    bench.delivered("top", "{}");
    CHECK(bench.all_leave());
    bench.approve(bench.runs("low").front().key);
    bench.settle();
    CHECK(bench.far_side.arrived.size() == limit);
    CHECK(told(bench.outcomes("top")) == "stopped_by_safety=1 ");
  }
}

TEST_CASE("what is looked at for a question counts for no limit, of the run that asks or of its callers") {
  const std::string limit = "safety: {max_changes: 2}\n";
  const std::string beside =
      "  - parallel:\n      - [{approve: ok}, {action: shop.put, with: {op: a}}]\n"
      "      - [{wait: 2s}, {action: shop.put, with: {op: b}}]\n";
  for (const bool calls_it : {false, true}) {
    CAPTURE(calls_it);
    Bench bench({{"top", limit + flow("top", calls_it ? calls_with_n("low") : beside)},
                 {"low", called_flow(beside)},
                 {"middle", called_flow(behind)}});
    bench.delivered("top", "{}");
    bench.pass(4s);
    CHECK(bench.far_side.arrived.size() == 1);
    bench.approve(bench.runs(calls_it ? "low" : "top").front().key);
    bench.settle();
    CHECK(told(bench.outcomes("top")) == "completed=1 ");
    CHECK(bench.far_side.arrived.size() == 2);
  }
}

TEST_CASE("a caller is called off in the store, and does not wait for what it called any more") {
  Bench bench(three_flows(asks_first));
  bench.delivered("top", "{}");
  bench.pass(2s);
  const RunKey middle = bench.runs("middle").front().key;
  REQUIRE(test::ask(bench.loop, bench.service->cancel(middle, "somebody")));
  bench.pass(2s);
  CHECK(told(bench.outcomes("middle")) == "cancelled=1 ");
  CHECK(told(bench.outcomes("top")) == "failed=1 ");
  bench.approve(bench.runs("low").front().key);
  bench.settle();
  CHECK(told(bench.outcomes("low")) == "completed=1 ");
  CHECK(bench.far_side.arrived.empty());
}

TEST_CASE("rounds of a circle are counted once each, those of callers in the store, too") {
  struct Circle {
    std::string calls;  // of a run of `top`, beside each other or not
    std::string end;
  };
  for (const Circle& circle : {Circle{"lists.range(70)\n    parallel: 70", "completed=71 "},
                               Circle{"lists.range(150)", "completed=120 failed=1 "}}) {
    CAPTURE(circle.calls);
    const std::string loop = "  - if: event.n == 0\n    for_each: " + circle.calls +
                             "\n    do: [{call: low, with: {n: 1}}]\n  - {if: event.n == 1, wait: 6s}\n";
    const std::string back = "  - {if: event.n == 1, call: top, with: {n: 1}}\n";
    Bench bench({{"top", flow("top", loop)}, {"middle", called_flow(behind)}, {"low", called_flow(back)}});
    bench.project.chain_limit = 3;  // 120 rounds
    bench.delivered("top", R"({"n": 0})");
    bench.settle();
    CHECK(told(bench.outcomes("top")) == circle.end);
  }
}

TEST_CASE("a call that may take less than a rest is worth is called off in time") {
  Bench bench(three_flows(asks_first, calls_with_n("middle", ", timeout: 3s") + behind));
  bench.delivered("top", "{}");
  bench.pass(4s);
  CHECK(told(bench.outcomes("top")) == "failed=1 ");
  CHECK(bench.all_leave());
}

TEST_SUITE_END();
