#include <doctest/doctest.h>

#include <filesystem>

#include "service_bench.hpp"
#include "value/json.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using test::ServiceBench;

namespace {

std::string paid(const std::string& trigger, const std::string& rest = "") {
  return "mode: live\ntriggers:\n  - " + trigger + "\n" + rest +
         "actions:\n  - {action: shop.push, with: {op: \"told\"}}\n";
}

const std::string above_nothing = "{webhook: orders, verify: public, if: event.amount > 0}";

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_SUITE_BEGIN("service");

TEST_CASE("a delivery whose condition cannot be evaluated is kept, counted and an alarm until one that can be comes") {
  ServiceBench bench({{"flow", paid(above_nothing)}});
  for (const char* body : {R"({"amount": "25.00"})", R"({"amount": null})", "{}"})
    CHECK(bench.delivered("orders", body).empty());
  bench.pass(10s);
  const std::string alarm =
      "deliveries of hook:orders for flow/0: one came that is kept and started nothing: the trigger's condition "
      "event.amount > 0 could not be evaluated (";
  CHECK_MESSAGE(has(bench.alarms(), alarm), bench.alarms());
  CHECK(has(bench.why_of("flow"), "3 times a delivery to hook:orders was kept and started nothing, the last "));
  CHECK(has(bench.why_of("flow"), "started no run: the trigger's condition event.amount > 0 could not be evaluated ("));
  CHECK(bench.shown("millrace_deliveries_lacking_total").find("{source=\"hook:orders\"} 3") != std::string::npos);
  bench.restart();
  bench.pass(10s);
  CHECK(has(bench.alarms(), alarm));
  SUBCASE("it is true") { CHECK(bench.delivered("orders", R"({"amount": 25})").size() == 1); }
  SUBCASE("it is false") { CHECK(bench.delivered("orders", R"({"amount": -1})").empty()); }
  bench.pass(10s);
  CHECK(bench.alarms().empty());
}

TEST_CASE("what a condition gives that is neither true nor false is told, as among the steps") {
  ServiceBench bench({{"flow", paid("{webhook: orders, verify: public, if: event.vip}")}});
  CHECK(bench.delivered("orders", R"({"vip": "yes"})").empty());
  bench.pass(10s);
  CHECK_MESSAGE(has(bench.alarms(), "event.vip could not be evaluated (it gives text, not true or false)"),
                bench.alarms());
}

TEST_CASE("of workflows at one hook each has its own condition: one fails, one is false, one begins") {
  ServiceBench bench({{"fails", paid(above_nothing)},
                      {"other", paid("{webhook: orders, verify: public, if: event.kind == \"gift\" && event.n > 1}")},
                      {"begins", paid("{webhook: orders, verify: public, if: has(event.amount)}")}});
  CHECK(bench.delivered("orders", R"({"amount": null, "kind": "sale"})").size() == 1);
  bench.pass(10s);
  CHECK(has(bench.alarms(), "for fails/0: "));
  CHECK_FALSE(has(bench.alarms(), "for other/0: "));
  CHECK(bench.delivered("orders", R"({"amount": 1})").size() == 2);  // no kind: it is not meant
  bench.pass(10s);
  CHECK_MESSAGE(bench.alarms().empty(), bench.alarms());
  CHECK(bench.delivered("orders", R"({"amount": 1, "kind": "gift"})").size() == 2);
  bench.pass(10s);
  CHECK_FALSE(has(bench.alarms(), "for fails/0: "));
  CHECK(has(bench.alarms(), "for other/0: "));
  CHECK(bench.delivered("orders", R"({"amount": 0, "kind": "sale"})").size() == 1);
  bench.pass(10s);
  CHECK(bench.alarms().empty());
}

TEST_CASE("a condition that takes longer than a trigger may is not taken for false, and why says the same") {
  const std::string heavy = "lists.range(event.n).all(a, lists.range(2000).all(b, a + b >= 0))";
  ServiceBench bench({{"flow", paid("{webhook: orders, verify: public, if: \"" + heavy + "\"}")}});
  CHECK(bench.delivered("orders", R"({"n": 2000})").empty());
  bench.pass(10s);
  const std::string told =
      "could not be evaluated (this takes longer than a trigger may, so it was stopped: what takes "
      "long is decided among the steps, by an \"if\" there)";
  CHECK_MESSAGE(has(bench.alarms(), told), bench.alarms());
  CHECK(has(bench.why_of("flow"), "started no run: the trigger's condition " + heavy + " " + told));
  CHECK(bench.delivered("orders", R"({"n": 2})").size() == 1);
}

TEST_CASE("a condition of any other kind of trigger that cannot be evaluated is told, and its event is kept") {
  const std::string nothing = "if: \"int(string(now)) > 0\"";
  std::string source;
  std::map<std::string, std::string> workflows;
  SUBCASE("of a schedule") {
    source = "schedule:flow/0";
    workflows = {{"flow", paid("{schedule: every minute, " + nothing + "}")}};
  }
  SUBCASE("of a watch") {
    source = "watch:flow/0";
    workflows = {{"flow", paid("{watch: shop.things, key: item.op, every: 10s, " + nothing + "}")}};
  }
  SUBCASE("of a run that has ended") {
    source = "after:first";
    workflows = {{"flow", paid("{after: first, " + nothing + "}")},
                 {"first", paid("{webhook: first, verify: public}")}};
  }
  SUBCASE("of a file") {
    source = "file:flow/0";
    workflows = {{"flow", paid("{file: \"in/*.txt\", " + nothing + "}")}};
  }
  int looks = 0;
  ServiceBench bench(workflows);
  bench.folder.write("in/old.txt", "x");
  bench.far_side.answer = [&looks](const OutgoingRequest&) {
    return test::said(200, ++looks > 1 ? R"({"things": [{"op": "a"}]})" : R"({"things": []})");
  };
  bench.pass(30s);
  bench.folder.write("in/new.txt", "x");
  std::filesystem::last_write_time(bench.folder.path() / "in/new.txt",
                                   std::filesystem::file_time_type::clock::now() - 1h);
  if (source == "after:first") CHECK(bench.delivered("first", "{}").size() == 1);
  bench.pass(60s);
  CHECK_MESSAGE(has(bench.alarms(), "deliveries of " + source + " for flow/0: "), bench.alarms());
  CHECK(has(bench.why_of("flow"), "started no run: the trigger's condition int(string(now)) > 0 could not"));
  CHECK(bench.runs("flow").empty());
}

TEST_CASE("an alarm about a condition goes with the condition") {
  ServiceBench bench({{"flow", paid(above_nothing)}});
  bench.delivered("orders", "{}");
  bench.pass(10s);
  CHECK_FALSE(bench.alarms().empty());
  bench.folder.write("workflows/flow.yaml", "version: 1\nname: flow\n" + paid("{webhook: orders, verify: public}"));
  test::ask(bench.loop, bench.service->reload("ada"));
  bench.pass(10s);
  CHECK(bench.alarms().empty());
}

TEST_SUITE_END();
