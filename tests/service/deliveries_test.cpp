#include <doctest/doctest.h>

#include <algorithm>

#include "service_bench.hpp"
#include "value/json.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using test::contains;
using test::ServiceBench;

namespace {

const std::map<std::string, std::string> sale = {
    {"sale",
     "mode: live\ntriggers:\n  - {trigger: shop.sold, verify: public}\n"
     "actions:\n  - {action: shop.add, with: {op: \"${{ event.op }}\"}}\n"}};

std::map<std::string, std::string> told_apart_by(const std::string& dedupe) {
  return {{"flow", "mode: live\ntriggers:\n  - {webhook: flow, verify: public, dedupe: " + dedupe +
                       "}\nactions:\n  - {action: shop.push, with: {op: a}}\n"}};
}

const std::string complete = R"({"kind": "sold", "op": "a", "parts": []})", lacking = R"({"kind": "sold", "op": "a"})";

}  // namespace

TEST_SUITE_BEGIN("service");

TEST_CASE("a delivery of another kind is accepted and kept, starts nothing and is no trouble; why says so") {
  ServiceBench bench(sale);
  CHECK(bench.delivered("sale", R"({"kind": "returned", "op": "a", "parts": []})").empty());
  bench.pass(10s);
  CHECK(bench.alarms().empty());
  CHECK(bench.outcomes().empty());
  CHECK(contains(bench.why_of("sale"),
                 "started no run: it is none of shop.sold, which are those with delivery.kind == 'sold'"));
  CHECK(bench.delivered("sale", complete).size() == 1);
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
      "deliveries of hook:sale for shop.sold: one came that is kept and started nothing: it lacks what shop.sold must "
      "have: parts: "
      "expected a list, found nothing (null); the next good one ends this alarm\n";
  CHECK(bench.alarms() == alarm);
  CHECK(bench.outcomes().empty());
  CHECK(contains(bench.why_of("sale"), "started no run: it lacks what shop.sold must have"));

  bench.restart();
  bench.pass(10s);
  CHECK(bench.alarms() == alarm);
  bench.delivered("sale", R"({"kind": "returned"})");
  bench.pass(10s);
  CHECK(bench.alarms() == alarm);
  CHECK(bench.delivered("sale", complete).size() == 1);
  bench.pass(10s);
  CHECK(bench.alarms().empty());
  bench.restart();
  bench.pass(10s);
  CHECK(bench.alarms().empty());
}

TEST_CASE("a delivery that lacks something is told and counted, however soon a good one comes and the service ends") {
  ServiceBench bench(sale);
  bench.pass(10s);
  bench.delivered("sale", lacking);
  CHECK(bench.delivered("sale", complete).size() == 1);
  SUBCASE("it goes on") {}
  SUBCASE("it is started again before anybody was told") { bench.restart(); }
  SUBCASE("it dies") {
    bench.crash();
    bench.start();
  }
  bench.pass(5s);
  CHECK(contains(bench.alarms(), "deliveries of hook:sale for shop.sold: one came that is kept and started nothing"));
  bench.pass(5s);
  CHECK(bench.alarms().empty());
  bench.restart();
  bench.pass(10s);
  CHECK(bench.alarms().empty());
}

TEST_CASE("bad and good deliveries in turn are one alarm until the bad ones stop, and each bad one is counted") {
  ServiceBench bench(sale);
  for (int i = 0; i < 10; ++i) {
    bench.delivered("sale", lacking);
    bench.delivered("sale", complete);
    bench.pass(2s);
    CHECK((contains(bench.alarms(), "deliveries of hook:sale for shop.sold") || i < 3));
  }
  bench.pass(10s);
  CHECK(bench.alarms().empty());
  const std::string counted = "10 times a delivery to hook:sale was kept and started nothing, the last ";
  CHECK(contains(bench.why_of("sale"), counted));
  CHECK(contains(bench.why_of("sale"), ": it lacks what shop.sold must have: parts: expected a list"));
  CHECK(contains(bench.metrics.render(), "\nmillrace_deliveries_lacking_total{source=\"hook:sale\"} 10\n"));
  bench.restart();
  CHECK(contains(bench.why_of("sale"), counted));
}

TEST_CASE("of several triggers on a path, what one lacks stays an alarm until a good one of its own comes") {
  const std::string rest = "\nactions:\n  - {action: shop.push, with: {op: told}}\n";
  const auto told = [&](const std::string& trigger) {
    return "mode: live\ntriggers:\n  - {path: desk, verify: public, trigger: " + trigger + "}" + rest;
  };
  ServiceBench bench({{"sale", told("shop.sold")},
                      {"back", told("shop.returned")},
                      {"low", told("shop.returned, with: {shelf: low}")},
                      {"all", "mode: live\ntriggers:\n  - {webhook: desk, verify: public}" + rest}});
  const auto on = [&](const std::string& kind) {
    return contains(bench.alarms(), "deliveries of hook:desk for " + kind + ": ");
  };
  const std::string low = R"(shop.returned {"shelf":"low"})";
  bench.delivered("desk", lacking);
  bench.delivered("desk", R"({"kind": "returned", "shelf": "low"})");
  bench.pass(10s);
  CHECK((on("shop.sold") && on("shop.returned") && on(low)));
  bench.delivered("desk", R"({"kind": "returned", "op": "a", "shelf": "high"})");
  bench.pass(10s);
  CHECK((on("shop.sold") && !on("shop.returned") && on(low)));
  bench.delivered("desk", R"({"kind": "returned", "op": "a", "shelf": "low"})");
  bench.delivered("desk", R"({"kind": "lost"})");
  bench.restart();
  bench.pass(10s);
  CHECK((on("shop.sold") && !on(low)));
  CHECK(contains(bench.why_of("sale"), "1 time a delivery to hook:desk was kept and started nothing"));
  CHECK_FALSE(contains(bench.why_of("sale"), "shop.returned must have"));
  std::filesystem::remove(bench.folder.path() / "workflows/sale.yaml");
  test::ask(bench.loop, bench.service->reload("ada"));
  bench.pass(10s);
  CHECK(bench.alarms().empty());
}

TEST_CASE("each trigger on a path hears the deliveries that are its own, in one workflow and in several") {
  const std::string sold = "{trigger: shop.sold, path: desk, verify: public}";
  const std::string returned = "{trigger: shop.returned, path: desk, verify: public";
  const auto says = [](const std::string& triggers, const std::string& what) {
    return "mode: live\ntriggers:\n" + triggers + "actions:\n  - {action: shop.push, with: {op: \"" + what + "\"}}\n";
  };
  ServiceBench bench(
      {{"both",
        says("  - " + sold + "\n  - " + returned + "}\n", "both: ${{ has(event.back) ? event.back : event.op }}")},
       {"one", says("  - " + returned + "}\n", "one: ${{ event.back }}")},
       {"shelf", says("  - " + returned + ", with: {shelf: high}}\n", "shelf: ${{ event.back }}")},
       {"all", says("  - {webhook: desk, verify: public, if: event.kind != 'lost'}\n", "all: ${{ event.kind }}")}});
  bench.pass(10s);
  CHECK(bench.alarms().empty());
  const auto heard = [&bench](const std::string& body, std::size_t runs) {
    bench.far_side.arrived.clear();
    CHECK(bench.delivered("desk", body).size() == runs);
    bench.settle();
    std::vector<std::string> pushed = bench.far_side.arrived;
    std::sort(pushed.begin(), pushed.end());
    std::string all;
    for (const std::string& each : pushed) all += parse_json(each.substr(each.find('{')))->text_or("op") + "\n";
    return all;
  };
  CHECK(heard(R"({"kind": "sold", "op": "a", "parts": []})", 2) == "all: sold\nboth: a\n");
  CHECK(heard(R"({"kind": "returned", "op": "b", "shelf": "low"})", 3) == "all: returned\nboth: b\none: b\n");
  CHECK(heard(R"({"kind": "returned", "op": "c", "shelf": "high"})", 4) ==
        "all: returned\nboth: c\none: c\nshelf: c\n");
  CHECK(heard(R"({"kind": "lost"})", 0).empty());
  bench.pass(10s);
  CHECK(bench.alarms().empty());
}

TEST_CASE("a delivery that is an event to several triggers counts once for all of them, and one of none says why") {
  const std::string rest = "\nactions:\n  - {action: shop.push, with: {op: told}}\n";
  const std::string told = ", path: desk, verify: public, dedupe: body}";
  ServiceBench bench({{"sale", "mode: live\ntriggers:\n  - {trigger: shop.sold" + told + rest},
                      {"back", "mode: live\ntriggers:\n  - {trigger: shop.returned" + told + rest}});
  CHECK(bench.delivered("desk", complete).size() == 1);
  CHECK(bench.delivered("desk", complete).size() == 1);
  bench.settle();
  CHECK(bench.outcomes() == std::map<std::string, int>{{"completed", 1}});
  CHECK(bench.delivered("desk", R"({"kind": "lost"})").empty());
  CHECK(contains(bench.why_of("sale"), "it is none of shop.returned, which are those with "));
  CHECK(contains(bench.why_of("sale"), "it is none of shop.sold, which are those with delivery.kind == 'sold'"));
  CHECK(bench.delivered("desk", R"({"kind": "returned", "op": "a"})").size() == 1);
  CHECK(contains(bench.why_of("sale"), "it was an event of another trigger at this address"));
  CHECK(bench.delivered("desk", R"({"kind": "sold", "op": "a"})").empty());
  bench.pass(10s);
  CHECK(contains(bench.alarms(), "it lacks what shop.sold must have"));
}

TEST_CASE("what reading loses of an id still tells one delivery from another, and the same once more is the same") {
  for (const auto& [one, other] :
       std::vector<std::pair<std::string, std::string>>{{"123456789012345678901", "123456789012345678902"},
                                                        {"-123456789012345678901", "-123456789012345678902"},
                                                        {"1e400", "2e400"},
                                                        {"1e-400", "2e-400"},
                                                        {"9007199254740992.0", "9007199254740993.0"},
                                                        {"0.12345678901234567", "0.12345678901234568"},
                                                        {R"("a\ud800")", R"("a\ud801")"},
                                                        {R"("\udc00\ud800")", R"("\udc01\ud800")"},
                                                        {"\"a\xE9\"", "\"a\xE8\""},
                                                        {R"({"a": [1e400]})", R"({"a": [2e400]})"}}) {
    CAPTURE(one);
    ServiceBench bench(told_apart_by("event.id"));
    bench.delivered("flow", "{\"id\": " + one + "}");
    bench.delivered("flow", "{\"id\": " + other + "}");
    bench.delivered("flow", "{\"id\": " + one + ", \"attempt\": 2}");
    bench.settle();
    CHECK(bench.outcomes() == std::map<std::string, int>{{"completed", 2}});
  }
}

TEST_CASE("where an id cannot be made of what was lost, only the same bytes are the same delivery") {
  ServiceBench bench(told_apart_by("event.id + 1.0"));
  for (const char* body : {R"({"id": 1e400})", R"({"id": 2e400})", R"({"id": 1e400})"}) bench.delivered("flow", body);
  bench.settle();
  CHECK(bench.outcomes() == std::map<std::string, int>{{"completed", 2}});
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
  CHECK_FALSE(bench.alarms().empty());
  std::filesystem::remove(bench.folder.path() / "workflows/sale.yaml");
  test::ask(bench.loop, bench.service->reload("ada"));
  bench.pass(10s);
  CHECK(bench.alarms().empty());
}

TEST_SUITE_END();
