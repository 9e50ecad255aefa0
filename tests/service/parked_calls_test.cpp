#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "journal/keys.hpp"
#include "service/why.hpp"
#include "service_bench.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using test::behind;
using test::flow;
using test::ServiceBench;

namespace {

/// Workflows that call one another down to one whose write is answered by nobody, before a shop of which that is so.
struct CallingBench : ServiceBench {
  explicit CallingBench(std::map<std::string, std::string> workflows) : ServiceBench(std::move(workflows)) {
    far_side.answer = [this](const OutgoingRequest& request) -> Result<IncomingResponse> {
      if (broken && request.url.find("push") != std::string::npos) return Error{ErrorCode::unsure, "the line broke"};
      return test::said(200);
    };
  }
  std::string outcome(const std::string& workflow) {
    const auto all = runs(workflow);
    REQUIRE(all.size() == 1);
    return std::string(name_of(all.front().outcome));
  }
  std::size_t arrivals(const std::string& part) const {
    std::size_t count = 0;
    for (const std::string& each : far_side.arrived) count += each.find(part) != std::string::npos ? 1 : 0;
    return count;
  }
  void order(Task<Status> asked) { REQUIRE(test::ask(loop, std::move(asked))); }
  bool broken = true;
};

const std::string push_told = "  - {id: told, action: shop.push, with: {op: told}}\n";

std::string calls_with_one(const std::string& other, const std::string& more = "") {
  return "  - {id: asked, call: " + other + ", with: {n: 1}" + more + "}\n";
}

using Meanwhile = std::function<void(CallingBench&)>;
const std::map<std::string, Meanwhile> meanwhile = {
    {"at once", [](CallingBench&) {}},
    {"later", [](CallingBench& bench) { bench.pass(24h); }},
    {"behind a restart", [](CallingBench& bench) { bench.restart(), bench.pass(2s); }},
    {"behind a death", [](CallingBench& bench) { bench.crash(), bench.start(), bench.pass(2s); }},
    {"behind four deaths",
     [](CallingBench& bench) {
       for (int n = 0; n < 4; ++n) bench.crash(), bench.start(), bench.pass(2s);
     }},
};

}  // namespace

TEST_SUITE_BEGIN("service");

TEST_CASE("whoever waits for a caller hears at once that what it called waits for long, and its end once it goes on") {
  const std::string ask = "  - approve: {message: ok}\n";
  const auto called = [](const std::string& actions) { return "mode: live\ntriggers: [manual]\nactions:\n" + actions; };
  const std::map<std::string, std::string> below = {
      {"an approval", ask}, {"an hour", "  - wait: 1h\n"}, {"a parked run", push_told}};
  for (const std::string& by :
       {calls_with_one("low"), calls_with_one("mid"),
        std::string("  - parallel:\n      - [{action: shop.put, with: {op: beside}}]\n      - [{call: mid}]\n")}) {
    for (const auto& [what, actions] : below) {
      CAPTURE(by);
      CAPTURE(what);
      CallingBench bench({{"top",
                           "mode: live\ntriggers:\n  - {webhook: top, verify: public, dedupe: body, respond: wait}\n"
                           "actions:\n" +
                               by + "  - {set: {seen: all}}\n"},
                          {"mid", called(calls_with_one("low"))},
                          {"low", called(actions + behind)}});
      const Timestamp before = bench.clock->now();
      CHECK(bench.deliver("top", "{}").status == 202);
      CHECK(bench.deliver("top", "{}").status == 202);
      CHECK(bench.clock->now().seconds - before.seconds < 3);
      if (actions == ask) {
        bench.far_side.takes = 4s;
        bench.order(bench.service->approve(bench.only("low"), Approval{true, ""}, "somebody"));
        CHECK(bench.deliver("top", "{}").status == 200);
      }
    }
  }
}

TEST_CASE("a caller waits for a parked run that it called, and goes on when a person has settled it") {
  struct Settled {
    std::string by;
    std::function<void(CallingBench&, RunKey)> order;
    std::string called, caller;
    std::size_t told, behind;
  };
  const std::vector<Settled> all = {
      {"happened",
       [](CallingBench& bench, RunKey run) {
         bench.order(bench.service->resolve(run, Resolution{"", true, Value()}, "somebody"));
       },
       "completed", "completed", 1, 1},
      {"did not happen",
       [](CallingBench& bench, RunKey run) {
         bench.order(bench.service->resolve(run, Resolution{"", false, Value()}, "somebody"));
       },
       "completed", "completed", 2, 1},
      {"called off", [](CallingBench& bench, RunKey run) { bench.order(bench.service->cancel(run, "somebody")); },
       "cancelled", "failed", 1, 0},
  };
  for (const auto& [when, way] : meanwhile) {
    for (const Settled& settled : all) {
      CAPTURE(when);
      CAPTURE(settled.by);
      CallingBench bench({{"top", flow("top", calls_with_one("low") + behind)}, {"low", flow("low", push_told)}});
      bench.delivered("top", "{}");
      bench.pass(3s);
      way(bench);
      CHECK(bench.outcome("low") == "parked");
      CHECK(bench.outcome("top") == "running");
      bench.broken = false;
      settled.order(bench, bench.only("low"));
      bench.settle();
      CHECK(bench.outcome("low") == settled.called);
      CHECK(bench.outcome("top") == settled.caller);
      CHECK(bench.arrivals("told") == settled.told);
      CHECK(bench.arrivals("behind") == settled.behind);
    }
  }
}

TEST_CASE("where a parked run is parked again the whole chain above it waits on") {
  CallingBench bench({{"top", flow("top", calls_with_one("middle") + behind)},
                      {"middle", flow("middle", calls_with_one("low") + behind)},
                      {"low", flow("low", push_told + "  - {action: shop.push, with: {op: again}}\n")}});
  bench.delivered("top", "{}");
  bench.pass(3s);
  const RunKey low = bench.only("low");
  for (const std::string end : {"parked", "completed"}) {
    bench.order(bench.service->resolve(low, Resolution{"", true, Value()}, "somebody"));
    bench.pass(3s);
    CHECK(bench.outcome("low") == end);
    CHECK(bench.outcome("middle") == (end == "parked" ? "running" : end));
    CHECK(bench.outcome("top") == (end == "parked" ? "running" : end));
  }
  CHECK(bench.arrivals("behind") == 2);
}

TEST_CASE("of several calls at once each waits for its own parked run") {
  CallingBench bench(
      {{"top", flow("top",
                    "  - for_each: \"[1, 2, 3]\"\n    parallel: 3\n    do:\n      - {call: low, with: {n: "
                    "\"${{ item }}\"}}\n" +
                        behind)},
       {"low", flow("low", push_told)}});
  bench.delivered("top", "{}");
  bench.pass(3s);
  REQUIRE(bench.runs("low").size() == 3);
  for (const RunHead& low : bench.runs("low")) {
    CHECK(name_of(low.outcome) == "parked");
    CHECK(bench.outcome("top") == "running");
    bench.order(bench.service->resolve(low.key, Resolution{"", true, Value()}, "somebody"));
    bench.pass(1s);
  }
  CHECK(bench.outcome("top") == "completed");
  CHECK(bench.arrivals("behind") == 1);
}

TEST_CASE("a caller that is called off leaves the parked run, and tried again it waits for the same one") {
  CallingBench bench({{"top", flow("top", calls_with_one("low") + behind)}, {"low", flow("low", push_told)}});
  bench.delivered("top", "{}");
  bench.pass(3s);
  const RunKey top = bench.only("top");
  bench.order(bench.service->cancel(top, "somebody"));
  bench.pass(1s);
  CHECK(bench.outcome("top") == "cancelled");
  CHECK(bench.outcome("low") == "parked");
  bench.order(bench.service->retry(top, "asked", "somebody"));
  bench.pass(1s);
  CHECK(bench.outcome("top") == "running");
  bench.order(bench.service->resolve(bench.only("low"), Resolution{"", true, Value()}, "somebody"));
  bench.settle();
  CHECK(bench.outcome("top") == "completed");
  CHECK(bench.arrivals("told") == 1);
}

TEST_CASE("why of a caller names the run that it waits for, down to the one that needs a person") {
  CallingBench bench({{"top", flow("top", calls_with_one("middle"))},
                      {"middle", flow("middle", calls_with_one("low"))},
                      {"low", flow("low", push_told)}});
  bench.delivered("top", "{}");
  bench.pass(3s);
  WhyQuestion question;
  question.workflow = "top";
  const auto sentences = test::ask(bench.loop, why(question, bench.folder.path() / "workflows", bench.project,
                                                   bench.catalog, *bench.store, bench.clock->now()));
  REQUIRE(sentences);
  std::string all;
  for (const std::string& sentence : *sentences) all += sentence + "\n";
  CAPTURE(all);
  const std::size_t middle = all.find("it waits for what it called (middle): run " + render(bench.only("middle")));
  const std::size_t low =
      all.find("it waits for what it called (low): run " + render(bench.only("low")) + " is parked");
  CHECK(middle != std::string::npos);
  CHECK(low != std::string::npos);
  CHECK(middle < low);
  CHECK(all.find("millrace runs resolve " + render(bench.only("low"))) != std::string::npos);
}

TEST_CASE("a call waits for a parked run no longer than its timeout says") {
  CallingBench bench(
      {{"top", flow("top", calls_with_one("low", ", timeout: 1h") + behind)}, {"low", flow("low", push_told)}});
  bench.delivered("top", "{}");
  bench.pass(59min);
  CHECK(bench.outcome("top") == "running");
  bench.pass(2min);
  CHECK(bench.outcome("top") == "failed");
  CHECK(bench.outcome("low") == "parked");
}

TEST_SUITE_END();
