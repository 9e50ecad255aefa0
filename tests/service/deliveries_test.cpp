#include <doctest/doctest.h>

#include "service/why.hpp"
#include "service_bench.hpp"
#include "value/json.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using test::ServiceBench;

namespace {

const std::map<std::string, std::string> sale = {
    {"sale",
     "mode: live\ntriggers:\n  - {trigger: shop.sold, verify: public}\n"
     "actions:\n  - {action: shop.add, with: {op: \"${{ event.op }}\"}}\n"}};

std::string alarms(const ServiceBench& bench) {
  std::string all;
  for (const Alarm& alarm : bench.service->status().alarms) all += alarm.about + ": " + alarm.message + "\n";
  return all;
}

std::string why_no_run(ServiceBench& bench) {
  const auto reasons = test::ask(bench.loop, why({"sale", std::nullopt}, bench.folder.path().string(), bench.project,
                                                 bench.catalog, *bench.store, bench.clock->now()));
  REQUIRE(reasons);
  std::string all;
  for (const std::string& reason : *reasons) all += reason + "\n";
  return all;
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

const std::string good = R"({"kind": "sold", "op": "a", "parts": []})";

}  // namespace

TEST_SUITE_BEGIN("service");

TEST_CASE("a delivery of another kind is accepted and kept, starts nothing and is no trouble; why says so") {
  ServiceBench bench(sale);
  CHECK(bench.delivered("sale", R"({"kind": "returned", "op": "a", "parts": []})").empty());
  bench.pass(10s);
  CHECK(alarms(bench).empty());
  CHECK(bench.outcomes().empty());
  CHECK(contains(why_no_run(bench),
                 "started no run: it is none of shop.sold, which are those with delivery.kind == 'sold'"));
  CHECK(bench.delivered("sale", good).size() == 1);
}

TEST_CASE(
    "a delivery that lacks what it must have is kept, starts nothing and raises one alarm until a good one comes") {
  ServiceBench bench(sale);
  for (const char* faulty : {R"({"kind": "sold", "op": "a"})", R"({"kind": "sold", "op": "a", "parts": null})",
                             R"({"kind": "sold", "parts": []})", R"({"kind": "sold", "op": 7, "parts": []})", "[]"}) {
    CAPTURE(faulty);
    CHECK(bench.delivered("sale", faulty).empty());
  }
  bench.pass(10s);
  const std::string alarm =
      "deliveries of hook:sale: one came that is kept and started nothing: it lacks what shop.sold must have: parts: "
      "expected a list, found nothing (null); the next good one ends this alarm\n";
  CHECK(alarms(bench) == alarm);
  CHECK(bench.outcomes().empty());
  CHECK(contains(why_no_run(bench), "started no run: it lacks what shop.sold must have"));

  bench.restart();
  bench.pass(10s);
  CHECK(alarms(bench) == alarm);
  bench.delivered("sale", R"({"kind": "returned"})");
  bench.pass(10s);
  CHECK(alarms(bench) == alarm);
  CHECK(bench.delivered("sale", good).size() == 1);
  bench.pass(10s);
  CHECK(alarms(bench).empty());
  bench.restart();
  bench.pass(10s);
  CHECK(alarms(bench).empty());
}

TEST_CASE("a run knows how the delivery came that started it, after a restart, too, and so do conditions and lanes") {
  const std::map<std::string, std::string> flow = {{"flow", R"(mode: live
concurrency: {queued: {key: 'delivery.headers["x-kind"]'}}
triggers:
  - webhook: flow
    verify: public
    if: delivery.headers["x-kind"] == "push" && delivery.query.?branch.orValue("") == "main"
actions:
  - wait: 1h
  - {id: seen, set: {kind: '${{ delivery.headers["x-kind"] }}', method: '${{ delivery.method }}', path: '${{ delivery.path }}'}}
)"}};
  ServiceBench bench(flow);
  const auto deliver = [&](const std::string& kind, const std::string& query) {
    IncomingRequest request{"POST", "/hooks/flow", query, {}, "{}"};
    request.headers.add("X-Kind", kind);
    request.headers.add("Authorization", "Bearer abc");
    const auto receipt = parse_json(test::ask(bench.loop, bench.service->hook(std::move(request))).body);
    REQUIRE(receipt);
    const Value::List& runs = receipt->find("runs")->list();
    return runs.empty() ? "" : runs.front().text();
  };
  CHECK(deliver("issue", "branch=main").empty());
  CHECK(deliver("push", "").empty());
  const std::string run = deliver("push", "branch=main");
  REQUIRE_FALSE(run.empty());
  bench.restart();
  bench.pass(2h);
  const auto stored = test::ask(bench.loop, bench.store->journal().read(*parse_run_key(run)));
  REQUIRE(stored);
  CHECK(stored->head.outcome == RunOutcome::completed);
  Value output;
  for (const RunEvent& event : stored->events) {
    if (const Value* gave = output_of(event)) output = *gave;
  }
  CHECK(encode_json(output) == R"({"kind":"push","method":"POST","path":"/hooks/flow"})");
  CHECK(encode_json(stored->event.delivery).find("abc") == std::string::npos);
}

TEST_CASE("an alarm about deliveries goes with the trigger that it was about") {
  ServiceBench bench(sale);
  bench.delivered("sale", "{}");
  bench.pass(10s);
  CHECK_FALSE(alarms(bench).empty());
  std::filesystem::remove(bench.folder.path() / "workflows/sale.yaml");
  test::ask(bench.loop, bench.service->reload("ada"));
  bench.pass(10s);
  CHECK(alarms(bench).empty());
}

TEST_SUITE_END();
