#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "service_bench.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using test::flow;
using test::said;
using test::ServiceBench;
using test::told;

namespace {

const std::string tells = "on_failure:\n  - {id: tells, action: shop.push, with: {op: told}}\n";
const std::string says_so = "always:\n  - {id: says_so, action: shop.push, with: {op: said}}\n";

std::string adds(const std::vector<std::string>& names) {
  std::string steps;
  for (const std::string& name : names) steps += "  - {action: shop.add, with: {op: " + name + "}}\n";
  return steps;
}

/// With that many changes at most.
std::string limited(int most, const std::string& rest) {
  return "safety: {max_changes: " + std::to_string(most) + "}\n" + rest;
}

}  // namespace

TEST_SUITE_BEGIN("service");

TEST_CASE("the message that a limit has stopped a run leaves, live, called and from where calls are made at the end") {
  const std::string stopped = limited(2, flow("flow", adds({"a", "b", "c"})) + tells + says_so);
  SUBCASE("by itself") {
    ServiceBench bench({{"flow", stopped}});
    bench.delivered("flow", "{}");
    bench.settle();
    CHECK(told(bench.outcomes()) == "stopped_by_safety=1 ");
  }
  SUBCASE("called, and the caller tells, too, which stops with it") {
    ServiceBench bench({{"flow", stopped}, {"top", limited(3, flow("top", "  - {call: flow}\n") + tells)}});
    bench.delivered("top", "{}");
    bench.settle();
    CHECK(bench.arrivals("c") == 0);
    CHECK(bench.arrivals("told") == 2);
    return;
  }
  SUBCASE("by a workflow that is called at the end") {
    ServiceBench bench(
        {{"flow", limited(2, flow("flow", adds({"a", "b", "c"})) + "on_failure:\n  - {call: messages}\n")},
         {"messages", flow("messages", "  - {action: shop.push, with: {op: told}}\n" + adds({"said"}))}});
    bench.delivered("flow", "{}");
    bench.settle();
    CHECK(bench.arrivals("told") == 1);
    CHECK(bench.arrivals("said") == 1);
    CHECK(told(bench.outcomes("flow")) == "stopped_by_safety=1 ");
  }
}

TEST_CASE("a run that fails with its changes used up tells so, and after a restart in the middle, too") {
  const std::string fails = adds({"a", "b"}) + "  - {action: shop.items}\n";
  for (const bool restarts : {false, true}) {
    CAPTURE(restarts);
    ServiceBench bench({{"flow", limited(2, flow("flow", fails) + tells + says_so)}});
    bool refuses = restarts;
    bench.far_side.answer = [&refuses](const OutgoingRequest& request) {
      if (request.method == "GET") return said(404);
      IncomingResponse answer = *said(refuses && request.body.find("told") != std::string::npos ? 429 : 200);
      answer.headers.set("Retry-After", "30");
      return Result<IncomingResponse>(std::move(answer));
    };
    bench.delivered("flow", "{}");
    bench.pass(2s);
    refuses = false;
    if (restarts) bench.restart();
    bench.pass(60s);
    CHECK(told(bench.outcomes()) == "failed=1 ");
    CHECK(bench.arrivals("told") == (restarts ? 2 : 1));
    CHECK(bench.arrivals("said") == 1);
  }
}

TEST_CASE(
    "what is done at a bad end has the same limits, and what is always done after a good one counts with the rest") {
  const std::string many = "on_failure:\n" + adds({"x", "y", "z"});
  ServiceBench bench({{"bad", limited(2, flow("bad", adds({"a", "b", "c"})) + many)},
                      {"good", limited(2, flow("good", adds({"d", "e"})) + says_so)}});
  bench.delivered("bad", "{}");
  bench.delivered("good", "{}");
  bench.settle();
  CHECK(bench.arrivals("y") == 1);
  CHECK(bench.arrivals("z") == 0);
  CHECK(bench.arrivals("said") == 0);
  CHECK(told(bench.outcomes()) == "stopped_by_safety=2 ");
}

TEST_CASE(
    "what is done at a bad end has one count, over waits, restarts and what it calls, and none of it counts at a "
    "retry") {
  const auto push = [](const std::string& op) { return "  - {action: shop.push, with: {op: " + op + "}}\n"; };
  const std::string fails = "  - {action: shop.items}\n";
  const std::string wait = "  - {wait: 7s}\n";
  struct Case {
    std::string name, end, called;
    int made;
  };
  const std::vector<Case> cases = {
      {"a wait", "always:\n" + push("m1") + wait + push("m2") + wait + push("m3"), "", 2},
      {"messages, then what is always done",
       "on_failure:\n" + push("m1") + wait + "always:\n" + push("m2") + push("m3"), "", 2},
      {"calls", "on_failure:\n  - for_each: [1, 2, 3, 4]\n    do: [{call: low, on_error: continue}]\n", fails, 2}};
  for (const Case& one : cases) {
    for (const bool restarts : {false, true}) {
      CAPTURE(one.name);
      CAPTURE(restarts);
      std::map<std::string, std::string> workflows = {{"flow", limited(2, flow("flow", push("a") + fails) + one.end)}};
      if (!one.called.empty()) workflows["low"] = flow("low", one.called) + "on_failure:\n" + push("m1") + push("m2");
      ServiceBench bench(workflows);
      bool broken = true;
      bench.far_side.answer = [&broken](const OutgoingRequest& request) {
        return said(broken && request.method == "GET" ? 404 : 200);
      };
      bench.delivered("flow", "{}");
      for (int n = 0; n < 12; ++n) {
        bench.pass(3s);
        if (restarts && n < 6) bench.restart();
      }
      CHECK(bench.outcomes("flow").count("running") == 0);
      CHECK(bench.arrivals("m1") + bench.arrivals("m2") + bench.arrivals("m3") == one.made);
      broken = false;
      const RunKey run = bench.only("flow");
      CHECK(test::ask(bench.loop, bench.service->retry(run, "", "somebody")));
      bench.pass(60s);
      const std::string end = told(bench.outcomes("flow"));
      CHECK(end == (one.end.starts_with("always") ? "stopped_by_safety=1 "
                    : one.name == "calls"         ? "completed=1 "
                                                  : end));
      CHECK(bench.arrivals("a") == 1);
    }
  }
}

TEST_CASE("what is unsure at the end of a run is told in its note, and not sent twice by a retry") {
  for (const std::string phase : {"on_failure", "always"}) {
    CAPTURE(phase);
    const std::string end = phase + ":\n  - {id: last, action: shop.push, with: {op: told}}\n";
    ServiceBench bench({{"flow", flow("flow", adds({"a"}) + "  - {action: shop.items}\n") + end}});
    bench.far_side.answer = [](const OutgoingRequest& request) -> Result<IncomingResponse> {
      if (request.body.find("told") != std::string::npos) return Error{ErrorCode::unsure, "the line broke"};
      return said(request.method == "GET" ? 404 : 200);
    };
    bench.delivered("flow", "{}");
    bench.pass(5s);
    const RunKey run = bench.only("flow");
    CHECK(told(bench.outcomes()) == "failed=1 ");
    CHECK(bench.runs().front().note.find("the line broke") != std::string::npos);
    const auto refused = test::ask(bench.loop, bench.service->retry(run, "", "somebody"));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("last, at the end of the run, happened") != std::string::npos);
    CHECK(bench.arrivals("told") == 1);
    bench.far_side.answer = nullptr;
    CHECK(test::ask(bench.loop, bench.service->retry(run, "0/0", "somebody")));
    bench.pass(5s);
    CHECK(told(bench.outcomes()) == "completed=1 ");
  }
}
