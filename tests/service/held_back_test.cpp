#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "journal/keys.hpp"
#include "service_bench.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using test::flow;
using test::ServiceBench;

TEST_SUITE_BEGIN("service");

TEST_CASE("what comes to a restored store is accepted and waits until everything is resumed") {
  ServiceBench bench({{"ask", flow("ask", "  - {action: shop.add, with: {op: x}}\n")},
                      {"line",
                       "mode: live\ntriggers:\n  - {webhook: line, verify: public}\nactions:\n"
                       "  - {action: shop.add, with: {op: \"${{ string(event.n) }}\"}}\n"},
                      {"hourly",
                       "mode: live\ntriggers:\n  - {schedule: every hour, if_missed: run_once}\nactions:\n"
                       "  - {action: shop.add, with: {op: hourly}}\n"}});
  bench.stop();
  const auto file = bench.folder.path() / "millrace.db", kept = bench.folder.path() / "kept.db";
  std::filesystem::rename(file, kept);
  REQUIRE(restore_store(kept, file, bench.clock->now()));
  bench.start();
  for (int n = 0; n < 3; ++n) {
    bench.delivered("ask", "{}");
    bench.delivered("line", "{\"n\": " + std::to_string(n) + "}");
  }
  bench.pass(3 * 3600s);
  CHECK(bench.far_side.arrived.empty());
  CHECK(bench.workflow("ask").queued == 3);
  CHECK(bench.outcomes() == std::map<std::string, int>{{"running", 6}});
  bench.restart();
  CHECK(bench.workflow("line").queued == 3);
  const RunKey one = *parse_run_key(bench.delivered("ask", "{}").front());
  REQUIRE(test::ask(bench.loop, bench.service->cancel(one, "somebody")));
  REQUIRE(test::ask(bench.loop, bench.service->resume("", "somebody")));
  bench.settle();
  CHECK(bench.outcomes("ask") == std::map<std::string, int>{{"cancelled", 1}, {"completed", 3}});
  CHECK(bench.outcomes("line") == std::map<std::string, int>{{"completed", 3}});
  CHECK(bench.outcomes("hourly") == std::map<std::string, int>{{"completed", 1}});
}

TEST_CASE("a run that was left out because of a pause is started by a person, with and without a service") {
  for (const std::string paused : {"ask", ""}) {
    for (const bool with_service : {true, false}) {
      ServiceBench bench({{"ask", flow("ask", "  - {action: shop.add, with: {op: x}}\n")}});
      REQUIRE(test::ask(bench.loop, bench.service->pause(paused, "somebody")));
      const RunKey run = *parse_run_key(bench.delivered("ask", "{}").front());
      CHECK(bench.outcomes() == std::map<std::string, int>{{"skipped", 1}});
      REQUIRE(test::ask(bench.loop, bench.service->resume(paused, "somebody")));
      if (with_service) {
        REQUIRE(test::ask(bench.loop, bench.service->retry(run, "", "somebody")));
      } else {
        bench.stop();
        auto guest = open_store(bench.loop, bench.folder.path() / "millrace.db");
        REQUIRE(guest);
        const auto control = open_offline_control(**guest, *bench.clock, bench.catalog);
        REQUIRE(test::ask(bench.loop, control->retry(run, "", "somebody")));
        REQUIRE(test::ask(bench.loop, (*guest)->close()));
        bench.start();
      }
      bench.settle();
      CHECK(bench.outcomes() == std::map<std::string, int>{{"completed", 1}});
      CHECK(bench.far_side.arrived.size() == 1);
    }
  }
}

TEST_CASE("what is tried again while the service starts is carried out once, at whatever moment that is said") {
  for (int late = 0; late < 40; ++late) {
    CAPTURE(late);
    ServiceBench bench({{"flow", flow("flow", "  - {action: shop.add, with: {op: x}}\n")}});
    bench.far_side.answer = [](const OutgoingRequest&) { return test::said(404); };
    const RunKey run = *parse_run_key(bench.delivered("flow", "{}").front());
    bench.settle();
    CHECK(bench.outcomes() == std::map<std::string, int>{{"failed", 1}});
    bench.stop();
    bench.far_side.answer = {};
    bench.far_side.arrived.clear();
    Scope meanwhile(bench.loop);
    Status told = Done{};
    meanwhile.spawn([](ServiceBench& in, RunKey key, int after, Status& answer) -> Task<void> {
      co_await sleep_for(after * 200us);
      answer = co_await in.service->retry(key, "", "somebody");
    }(bench, run, late, told));
    bench.start();
    test::ask(bench.loop, meanwhile.done());
    CHECK(told);
    bench.settle();
    CHECK(bench.outcomes() == std::map<std::string, int>{{"completed", 1}});
    CHECK(bench.far_side.arrived.size() == 1);
  }
}

TEST_CASE("what comes while the service starts stands behind what it was doing before, at whatever moment it comes") {
  const std::string one_at_a_time =
      "mode: live\ntriggers:\n  - {webhook: flow, verify: public}\nactions:\n"
      "  - {action: shop.add, with: {op: \"${{ event.op }}\"}}\n";
  for (int late = 0; late < 40; ++late) {
    CAPTURE(late);
    ServiceBench bench({{"flow", one_at_a_time}});
    bench.far_side.holds = [](const OutgoingRequest&) { return true; };
    for (const char* op : {"a", "b"}) bench.delivered("flow", "{\"op\": \"" + std::string(op) + "\"}");
    bench.pass(1s);
    bench.stop();
    bench.far_side.arrived.clear();
    Scope meanwhile(bench.loop);
    int answered = 0;
    meanwhile.spawn([](ServiceBench& in, int after, int& status) -> Task<void> {
      co_await sleep_for(after * 200us);
      IncomingRequest request;
      request.method = "POST";
      request.path = "/hooks/flow";
      request.headers.add("Content-Type", "application/json");
      request.body = "{\"op\": \"c\"}";
      const OutgoingResponse answer = co_await in.service->hook(std::move(request));
      status = answer.status;
    }(bench, late, answered));
    bench.start();
    test::ask(bench.loop, meanwhile.done());
    CHECK(answered == 202);
    bench.pass(1s);
    CHECK(bench.workflow("flow").active == 1);
    CHECK(bench.workflow("flow").queued == 2);
    bench.far_side.holds = {};
    bench.far_side.released.announce();
    bench.settle();
    REQUIRE(bench.far_side.arrived.size() >= 3);
    CHECK(bench.far_side.arrived.back() == "POST/add {\"op\":\"c\"}");
  }
}

TEST_CASE("a workflow that is paused while the service starts is paused, at whatever moment that is said") {
  for (int late = 0; late < 40; ++late) {
    CAPTURE(late);
    ServiceBench bench({{"ask", flow("ask", "  - {action: shop.add, with: {op: x}}\n")}});
    bench.stop();
    Scope meanwhile(bench.loop);
    Status told = Done{};
    meanwhile.spawn([](ServiceBench& in, int after, Status& answer) -> Task<void> {
      co_await sleep_for(after * 200us);
      answer = co_await in.service->pause("ask", "somebody");
    }(bench, late, told));
    bench.start();
    test::ask(bench.loop, meanwhile.done());
    if (!told) FAIL_CHECK(told.error().message);
    bench.delivered("ask", "{}");
    CHECK(bench.outcomes() == std::map<std::string, int>{{"skipped", 1}});
  }
}

TEST_SUITE_END();
