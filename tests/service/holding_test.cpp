#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "journal/database.hpp"
#include "journal/keys.hpp"
#include "service_bench.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using test::ServiceBench;

namespace {

std::string flow_of(const std::string& actions) {
  return "mode: live\nconcurrency: parallel\nvars: {x: [1], text: \"0123456789abcdef\"}\ntriggers:\n"
         "  - {webhook: ask, verify: public}\nactions:\n" +
         actions;
}

std::string again(int times, const std::string& step, const std::string& on_error) {
  return "  - repeat:\n" + step + "    until: \"false\"\n    max: " + std::to_string(times) +
         "\n    on_error: " + on_error + "\n";
}

RunHead readable_head_of(ServiceBench& bench, RunKey run) {
  const auto stored = test::ask(bench.loop, bench.store->history().read_run(run));
  REQUIRE(stored);
  CHECK(stored->unreadable.empty());
  return stored->head;
}

RunHead end_of(const std::string& actions) {
  ServiceBench bench({{"ask", flow_of(actions)}, {"other", "triggers: [manual]\nactions: [{action: shop.items}]\n"}});
  const RunKey run = *parse_run_key(bench.delivered("ask", "{}").front());
  bench.settle();
  return readable_head_of(bench, run);
}

std::int64_t ask_store(const ServiceBench& bench, const char* sql) {
  auto database = Database::open((bench.folder.path() / "millrace.db").string(), SQLITE_OPEN_READWRITE, "");
  REQUIRE(database);
  return database->ask_integer(sql).value_or(-1);
}

}  // namespace

TEST_SUITE_BEGIN("service");

TEST_CASE("a value that could not be read back never comes into a run: the run fails with a sentence") {
  const std::string deepen = "      - set: {x: \"${{ [vars.x] }}\"}\n";
  const std::string deep = again(98, deepen, "continue");
  const std::vector<std::string> places = {
      again(300, deepen, "stop"),
      again(300, "      - {id: kept, set: {x: \"${{ [vars.x] }}\"}}\n      - set: {x: \"${{ kept.x }}\"}\n", "stop"),
      deep + "  - for_each: \"[[[[vars.x]]]]\"\n    do: [{action: shop.items}]\n",
      deep + "  - for_each: \"[vars.x]\"\n    do: [{for_each: \"[item]\", do: [{set: {y: 1}}]}]\n",
      deep + "  - {call: other, with: {a: \"${{ [[[vars.x]]] }}\"}}\n",
  };
  for (const std::string& actions : places) {
    CAPTURE(actions);
    const RunHead head = end_of(actions);
    CAPTURE(head.note);
    CHECK(name_of(head.outcome) == "failed");
    CHECK(head.note.find("nested deeper than 100 levels") != std::string::npos);
  }
}

TEST_CASE("runs beyond what memory is for them wait in the store, and each has its turn") {
  ServiceBudget budget;
  budget.held_bytes = 1u << 20;
  std::string body = "{\"list\": [1";
  for (int i = 1; i < 20'000; ++i) body += ",1";
  body += "]}";
  ServiceBench bench({{"ask", flow_of("  - {action: shop.add, with: {op: x}}\n")}}, budget);
  bench.far_side.holds = [](const OutgoingRequest&) { return true; };
  for (int n = 0; n < 20; ++n) bench.delivered("ask", body);
  bench.pass(5s);
  CHECK(bench.workflow("ask").active >= 2);
  CHECK(bench.workflow("ask").active <= 8);
  bench.restart();
  bench.pass(5s);
  CHECK(bench.workflow("ask").active <= 8);
  bench.far_side.holds = {};
  bench.far_side.released.announce();
  bench.settle();
  CHECK(bench.outcomes() == std::map<std::string, int>{{"completed", 20}});
}

TEST_CASE("one run alone begins however large it is, and one that waits for memory can be called off") {
  ServiceBudget budget;
  budget.held_bytes = 1;
  ServiceBench bench({{"ask", flow_of("  - {action: shop.add, with: {op: x}}\n")}}, budget);
  bench.far_side.holds = [](const OutgoingRequest&) { return true; };
  bench.delivered("ask", "{}");
  const RunKey second = *parse_run_key(bench.delivered("ask", "{}").front());
  bench.delivered("ask", "{}");
  bench.pass(5s);
  CHECK(bench.workflow("ask").active == 1);
  REQUIRE(test::ask(bench.loop, bench.service->cancel(second, "somebody")));
  bench.far_side.holds = {};
  bench.far_side.released.announce();
  bench.settle();
  CHECK(bench.outcomes() == std::map<std::string, int>{{"cancelled", 1}, {"completed", 2}});
}

TEST_CASE("a run that is called off and tried again while it waits for memory is carried out once") {
  ServiceBudget budget;
  budget.held_bytes = 8u << 20;  // for several that are being read, but not beside a large one
  std::string large = "{\"list\": [1";
  for (int i = 1; i < 600'000; ++i) large += ",1";
  large += "]}";
  ServiceBench bench({{"ask", flow_of("  - {action: shop.push, with: {op: x}}\n")}}, budget);
  bench.far_side.holds = [](const OutgoingRequest&) { return true; };
  bench.delivered("ask", large);
  const RunKey second = *parse_run_key(bench.delivered("ask", "{}").front());
  bench.pass(5s);
  CHECK(bench.workflow("ask").active == 1);
  for (int times = 0; times < 3; ++times) {
    REQUIRE(test::ask(bench.loop, bench.service->cancel(second, "somebody")));
    REQUIRE(test::ask(bench.loop, bench.service->retry(second, "", "somebody")));
  }
  bench.far_side.holds = {};
  bench.far_side.released.announce();
  bench.settle();
  CHECK(bench.outcomes() == std::map<std::string, int>{{"completed", 2}});
  CHECK(bench.far_side.arrived.size() == 2);
}

TEST_CASE("a delivery is answered before its run begins, so what the run does first holds nobody up") {
  ServiceBench bench({{"ask", flow_of("  - set: {x: 1}\n")}});
  bench.delivered("ask", "{}");
  bench.crash();
  CHECK(ask_store(bench, "SELECT count(*) FROM runs WHERE started IS NULL AND log IS NULL") == 1);
  bench.start();
  bench.settle();
  CHECK(bench.outcomes() == std::map<std::string, int>{{"completed", 1}});
}

TEST_SUITE_END();
