#include <doctest/doctest.h>

#include <optional>
#include <string>

#include "journal/keys.hpp"
#include "service_bench.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using test::flow;
using test::ServiceBench;

TEST_SUITE_BEGIN("service");

TEST_CASE("where the store and the workers do not answer, nothing moves, and readiness says so until they do again") {
  ServiceBench bench(
      {{"ask", flow("ask", "  - {action: shop.add, with: {op: x}}\n  - {action: shop.put, with: {op: x}}\n")}});
  bench.far_side.holds = [](const OutgoingRequest&) { return true; };
  for (int n = 0; n < 3; ++n) bench.delivered("ask", "{}");
  bench.pass(10s);
  CHECK(bench.service->status().ready);
  bench.job_takes = 10min;
  bench.pass(40s);
  const ServiceStatus still = bench.service->status();
  CHECK_FALSE(still.ready);
  CHECK(still.still);
  CHECK_FALSE(still.broken);
  CHECK(still.not_ready_because.find("nothing moves") != std::string::npos);
  bench.job_takes = {};
  bench.far_side.holds = {};
  bench.far_side.released.announce();
  bench.pass(25min);
  CHECK(bench.service->status().ready);
  bench.settle();
  CHECK(bench.outcomes() == std::map<std::string, int>{{"completed", 3}});
}

TEST_CASE(
    "a long wait that is meant is no standstill: a slow far side, a person, a time, a pause, a far side that is down") {
  ServiceBench bench({{"slow", flow("slow", "  - {action: shop.add, with: {op: x}}\n")},
                      {"person", flow("person", "  - approve: Go on?\n")},
                      {"time", flow("time", "  - wait: 10d\n")},
                      {"paused", flow("paused", "  - {action: shop.add, with: {op: x}}\n")}});
  bench.far_side.holds = [](const OutgoingRequest&) { return true; };
  for (const char* hook : {"slow", "person", "time"}) bench.delivered(hook, "{}");
  for (const char* workflow : {"paused", ""}) {
    REQUIRE(test::ask(bench.loop, bench.service->pause(workflow, "somebody")));
    for (int i = 0; i < 20; ++i) {
      bench.pass(60s);
      CHECK(bench.service->status().ready);
    }
  }
}

TEST_CASE(
    "a far side that wants no requests for long is an alarm, why tells of it, and it is over when some are taken") {
  for (const int seconds : {20, 600, 86400}) {
    CAPTURE(seconds);
    ServiceBench bench({{"ask", flow("ask", "  - {action: shop.items}\n")}});
    bool refuses = true;
    bench.far_side.answer = [&](const OutgoingRequest&) {
      auto answer = test::said(refuses ? 429 : 200);
      if (refuses) answer->headers.set("Retry-After", std::to_string(seconds));
      return answer;
    };
    bench.delivered("ask", "{}");
    bench.pass(15s);
    refuses = false;
    bench.delivered("ask", "{}");
    bench.pass(1s);
    const auto alarms = bench.service->status().alarms;
    const auto why = bench.why_of("ask");
    if (seconds < 60) {
      CHECK(alarms.empty());
      continue;
    }
    REQUIRE(alarms.size() == 1);
    CHECK(alarms.front().about == "connection shop");
    CHECK(alarms.front().message.starts_with("the far side takes no requests for "));
    CHECK(why.find("of the connection shop: the far side takes no requests for ") != std::string::npos);
    bench.pass(2h);
    CHECK(bench.service->status().alarms.empty());
    CHECK(bench.outcomes("ask").count("running") == 0);
    CHECK(bench.why_of("ask").find("of the connection") == std::string::npos);
  }
}

TEST_SUITE_END();
