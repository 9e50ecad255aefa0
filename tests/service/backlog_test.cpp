#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "held_runs.hpp"
#include "journal/keys.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using test::hold_all;
using test::let_go;
using test::numbered;
using test::on;
using test::ServiceBench;
using test::side_by_side;

namespace {

const std::string kilobyte(1000, 'x');

double unfinished_bytes(ServiceBench& bench) {
  bench.pass(10s);  // the gauge is set now and then
  const std::string shown = bench.shown("millrace_unfinished_event_bytes");
  return std::stod(shown.substr(shown.rfind(' ')));
}

}  // namespace

TEST_SUITE_BEGIN("service");

TEST_CASE("what unfinished runs came from is bounded by its bytes, for each source and in all, after a restart too") {
  ServiceBudget budget;
  budget.unfinished_bytes_of_source = 2500;
  budget.unfinished_bytes = 4500;
  ServiceBench bench({{"count", on("count", side_by_side)},
                      {"other", on("other", side_by_side)},
                      {"third", on("third", side_by_side)}},
                     budget);
  hold_all(bench);
  const auto large = [](int n) {
    return "{\"n\": " + std::to_string(n) + ", \"x\": \"" + std::string(980, 'x') + "\"}";
  };
  bench.delivered("count", large(0));
  bench.delivered("count", large(1));
  const auto refused = [&bench, &large](const std::string& hook) {
    const OutgoingResponse answer = bench.deliver(hook, large(9));
    CHECK((answer.status == 202 || answer.headers.find("Retry-After") != nullptr));
    return answer.status == 503 && answer.body.find("hold too much already") != std::string::npos;
  };
  CHECK(refused("count"));
  CHECK(bench.facts().events == 2);
  bench.restart();
  hold_all(bench);
  CHECK(refused("count"));
  bench.delivered("other", large(2));
  bench.delivered("other", large(3));
  CHECK(refused("third"));  // it has nothing itself, and all have too much
  bench.pass(10s);
  std::set<std::string> alarms;
  for (const Alarm& alarm : bench.service->status().alarms) alarms.insert(alarm.about);
  CHECK(alarms == std::set<std::string>{"backlog of hook:count", "backlog of hook:third"});
  CHECK(bench.shown("millrace_unfinished_event_bytes") != "millrace_unfinished_event_bytes 0\n");
  let_go(bench);
  bench.settle();
  CHECK_FALSE(refused("count"));
  bench.settle();
  bench.pass(10s);
  CHECK(bench.service->status().alarms.empty());
  CHECK(bench.shown("millrace_unfinished_event_bytes").find(" 0\n") != std::string::npos);
}

TEST_CASE("what a watch saw counts until its runs have ended, and what there is no room for is seen at a later look") {
  ServiceBudget budget;
  budget.unfinished_bytes_of_source = 3500;
  budget.unfinished_bytes = 5000;
  const std::string watch =
      "mode: live\nconcurrency: parallel\ntriggers:\n  - {watch: shop.things, key: item.id, every: 10s}\nactions:\n"
      "  - {action: shop.add, with: {op: \"${{ event.item.id }}\"}}\n";
  ServiceBench bench({{"watch", watch}, {"count", on("count", side_by_side)}}, budget);
  int things = 0;
  bench.far_side.answer = [&things](const OutgoingRequest&) {
    std::string all;
    for (int i = 0; i < things; ++i)
      all += std::string(i == 0 ? "" : ",") + R"({"id": "t)" + std::to_string(i) + R"(", "version": 1, "x": ")" +
             kilobyte + "\"}";
    return test::said(200, "{\"things\": [" + all + "]}");
  };
  bench.far_side.holds = [](const OutgoingRequest& request) { return request.method == "POST"; };
  bench.pass(20s);
  things = 2;
  bench.pass(20s);
  CHECK(bench.facts().events == 2);
  CHECK(unfinished_bytes(bench) > 2000);
  things = 5;  // three more would be too much of this source
  bench.pass(40s);
  CHECK(bench.facts().events == 2);
  bench.delivered("count", "{\"n\": 1, \"x\": \"" + kilobyte + "\"}");
  CHECK(bench.deliver("count", "{\"n\": 2, \"x\": \"" + kilobyte + kilobyte + "\"}").status == 503);
  let_go(bench);
  bench.pass(40s);
  CHECK(bench.outcomes("watch") == std::map<std::string, int>{{"completed", 5}});
  CHECK(unfinished_bytes(bench) == 0);
}

TEST_CASE("the event of a run that is tried again counts anew, now and after a restart") {
  ServiceBudget budget;
  budget.unfinished_bytes_of_source = 2500;
  ServiceBench bench({{"count", on("count", side_by_side)}}, budget);
  bench.far_side.answer = [](const OutgoingRequest&) { return test::said(422); };
  const auto large = [](int n) { return "{\"n\": " + std::to_string(n) + ", \"x\": \"" + kilobyte + "\"}"; };
  std::vector<std::string> runs;
  for (int n = 0; n < 2; ++n) runs.push_back(bench.delivered("count", large(n)).front());
  bench.settle();
  CHECK(bench.outcomes() == std::map<std::string, int>{{"failed", 2}});
  CHECK(unfinished_bytes(bench) == 0);
  bench.far_side.answer = {};
  hold_all(bench);
  for (const std::string& run : runs)
    REQUIRE(test::ask(bench.loop, bench.service->retry(*parse_run_key(run), "", "somebody")));
  CHECK(unfinished_bytes(bench) > 2000);
  CHECK(bench.deliver("count", large(2)).status == 503);
  bench.restart();
  hold_all(bench);
  CHECK(bench.deliver("count", large(2)).status == 503);
  let_go(bench);
  bench.settle();
  CHECK(bench.outcomes() == std::map<std::string, int>{{"completed", 2}});
  CHECK(unfinished_bytes(bench) == 0);
}

TEST_CASE("what follows from an end, and what a run gives to one that it calls, count, and are not refused") {
  ServiceBudget budget;
  budget.unfinished_bytes_of_source = budget.unfinished_bytes = 10;
  const std::string add = "actions:\n  - {action: shop.add, with: {op: a}}\n";
  const std::string hook = "mode: live\ntriggers:\n  - {webhook: first, verify: public}\nactions:\n";
  const std::string x = "{x: \"${{ event.x }}\"}";
  const std::map<std::string, std::string> follows = {{"first", hook + "  - {id: kept, set: " + x + "}\n"},
                                                      {"second", "mode: live\ntriggers:\n  - {after: first}\n" + add}};
  const std::map<std::string, std::string> calls = {{"first", hook + "  - {call: second, with: " + x + "}\n"},
                                                    {"second", "mode: live\ntriggers:\n  - manual\n" + add}};
  for (const auto& [workflows, least] : {std::pair(follows, 1000), std::pair(calls, 2000)}) {
    ServiceBench bench(workflows, budget);
    hold_all(bench);
    bench.delivered("first", "{\"x\": \"" + kilobyte + "\"}");
    CHECK(unfinished_bytes(bench) > least);
    CHECK(bench.deliver("first", "{}").status == 503);
    let_go(bench);
    bench.settle();
    CHECK(bench.outcomes() == std::map<std::string, int>{{"completed", 2}});
    CHECK(unfinished_bytes(bench) == 0);
  }
}

TEST_CASE("what a run gives to those that it calls is bounded, and a call beyond that fails with the reason") {
  const std::string caller =
      "mode: live\ntriggers:\n  - {webhook: first, verify: public}\nactions:\n  - for_each: [1, 2, 3, 4]\n    "
      "parallel: 4\n"
      "    on_error: continue\n    do: [{call: second, with: {x: \"${{ event.x }}\"}}]\n";
  const std::string called =
      "mode: live\nconcurrency: parallel\ntriggers:\n  - manual\nactions:\n"
      "  - {action: shop.add, with: {op: a}}\n";
  for (const bool by_all : {false, true}) {
    ServiceBudget budget;
    (by_all ? budget.unfinished_bytes : budget.unfinished_bytes_of_source) = by_all ? 3500 : 2500;
    ServiceBench bench({{"first", caller}, {"second", called}}, budget);
    hold_all(bench);
    const std::string run = bench.delivered("first", "{\"x\": \"" + kilobyte + "\"}").front();
    bench.pass(1s);
    CHECK(bench.facts().events == 3);
    CHECK(unfinished_bytes(bench) < 3500);
    let_go(bench);
    bench.settle();
    CHECK(bench.outcomes("second") == std::map<std::string, int>{{"completed", 2}});
    const auto stored = test::ask(bench.loop, bench.store->journal().read(*parse_run_key(run)));
    REQUIRE(stored);
    const auto tells = [](const RunEvent& event) {
      const auto* failed = std::get_if<ActionFailed>(&event.what);
      return failed != nullptr &&
             failed->failure.message.find("wait until some of them have ended") != std::string::npos;
    };
    CHECK(std::count_if(stored->events.begin(), stored->events.end(), tells) >= 1);
    CHECK(unfinished_bytes(bench) == 0);
  }
}

TEST_CASE("an event that is larger than the bound by itself is taken where there is nothing else") {
  ServiceBudget budget;
  budget.unfinished_bytes_of_source = budget.unfinished_bytes = 10;
  ServiceBench bench({{"count", on("count", side_by_side)}}, budget);
  for (int n = 0; n < 3; ++n) {
    bench.delivered("count", numbered(1000 + n) + std::string(100, ' '));
    bench.settle();
  }
  CHECK(bench.outcomes() == std::map<std::string, int>{{"completed", 3}});
}

TEST_SUITE_END();
