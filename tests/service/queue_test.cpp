#include <doctest/doctest.h>

#include <algorithm>

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

ServiceBudget of(std::size_t active, std::size_t queued) {
  ServiceBudget budget;
  budget.active_runs = active;
  budget.queued_runs = queued;
  return budget;
}

}  // namespace

TEST_SUITE_BEGIN("service");

TEST_CASE("each workflow tells how many of its runs wait for their turn") {
  ServiceBench bench({{"first", on("first")}, {"keyed", on("keyed", "concurrency: {queued: {key: event.n}}\n")}});
  hold_all(bench);
  std::vector<std::string> runs;
  for (int n = 0; n < 4; ++n) runs.push_back(bench.delivered("first", numbered(n)).front());
  for (const int n : {1, 1, 2, 2, 2}) bench.delivered("keyed", numbered(n));
  CHECK(bench.workflow("first").active == 1);
  CHECK(bench.workflow("first").queued == 3);
  CHECK(bench.workflow("keyed").active == 2);
  CHECK(bench.workflow("keyed").queued == 3);
  CHECK(bench.service->status().queued_runs == 6);

  const auto called_off = test::ask(bench.loop, bench.service->cancel(*parse_run_key(runs.back()), "somebody"));
  REQUIRE(called_off);
  CHECK(bench.workflow("first").queued == 2);

  bench.restart();
  CHECK(bench.workflow("first").queued == 2);
  CHECK(bench.workflow("keyed").queued == 3);

  let_go(bench);
  bench.settle();
  CHECK(bench.workflow("first").queued == 0);
  CHECK(bench.workflow("keyed").queued == 0);
  CHECK(bench.outcomes("first") == std::map<std::string, int>{{"cancelled", 1}, {"completed", 3}});
  CHECK(bench.outcomes("keyed") == std::map<std::string, int>{{"completed", 5}});
}

TEST_CASE("runs that a pause keeps from their turn are counted as waiting until they begin or are called off") {
  ServiceBench bench({{"first", on("first")}});
  hold_all(bench);
  std::vector<std::string> runs;
  for (int n = 0; n < 4; ++n) runs.push_back(bench.delivered("first", numbered(n)).front());
  REQUIRE(test::ask(bench.loop, bench.service->pause("first", "somebody")));
  let_go(bench);
  bench.pass(10s);
  CHECK(bench.workflow("first").active == 0);
  CHECK(bench.workflow("first").queued == 3);
  bench.restart();
  CHECK(bench.workflow("first").queued == 3);
  REQUIRE(test::ask(bench.loop, bench.service->cancel(*parse_run_key(runs.back()), "somebody")));
  CHECK(bench.workflow("first").queued == 2);
  REQUIRE(test::ask(bench.loop, bench.service->resume("first", "somebody")));
  CHECK(bench.workflow("first").queued == 1);
  bench.settle();
  CHECK(bench.workflow("first").queued == 0);
  CHECK(bench.outcomes() == std::map<std::string, int>{{"cancelled", 1}, {"completed", 3}});
}

TEST_CASE("a run whose turn has come when the service starts does not count as waiting") {
  ServiceBench bench({{"first", on("first")}});
  hold_all(bench);
  for (int n = 0; n < 3; ++n) bench.delivered("first", numbered(n));
  bench.pass(1s);
  let_go(bench);
  bench.stop(10s);  // the first one ends, and nothing begins any more
  CHECK(bench.far_side.arrived.size() == 1);
  hold_all(bench);
  bench.start();
  bench.pass(1s);
  CHECK(bench.workflow("first").active == 1);
  CHECK(bench.workflow("first").queued == 1);
  let_go(bench);
  bench.settle();
  CHECK(bench.workflow("first").queued == 0);
  CHECK(bench.outcomes() == std::map<std::string, int>{{"completed", 3}});
}

TEST_CASE("deliveries beyond the budget of queued runs are refused, nothing of them is kept, and the others are done") {
  ServiceBench bench({{"count", on("count", side_by_side)}}, of(2, 5));
  hold_all(bench);
  for (int n = 0; n < 7; ++n) bench.delivered("count", numbered(n));
  const StoreFacts before = bench.facts();
  CHECK(before.events == 7);
  CHECK(before.runs == 7);
  for (int n = 7; n < 10; ++n) {
    const OutgoingResponse refused = bench.deliver("count", numbered(n));
    CHECK(refused.status == 503);
    CHECK(refused.body.find("too many runs are waiting") != std::string::npos);
    const std::string* after = refused.headers.find("Retry-After");
    REQUIRE(after != nullptr);
    CHECK(std::stoi(*after) > 0);
  }
  CHECK(bench.facts().events == 7);
  CHECK(bench.facts().runs == 7);
  CHECK(bench.workflow("count").queued == 5);
  let_go(bench);
  bench.settle();
  CHECK(bench.outcomes() == std::map<std::string, int>{{"completed", 7}});
  const std::multiset<std::string> arrived(bench.far_side.arrived.begin(), bench.far_side.arrived.end());
  CHECK(arrived.size() == 7);
  for (int n = 0; n < 7; ++n) CHECK(arrived.count("POST/add {\"op\":\"" + std::to_string(n) + "\"}") == 1);
}

TEST_CASE(
    "after the queue has shrunk deliveries are accepted again, as many as there is room for, after a restart too") {
  ServiceBench bench({{"count", on("count", side_by_side)}}, of(1, 2));
  hold_all(bench);
  for (int n = 0; n < 3; ++n) bench.delivered("count", numbered(n));
  CHECK(bench.deliver("count", numbered(3)).status == 503);
  bench.restart();
  CHECK(bench.deliver("count", numbered(3)).status == 503);
  bench.far_side.holds = [](const OutgoingRequest& request) { return request.body != R"({"op":"0"})"; };
  bench.far_side.released.announce();
  bench.pass(1s);
  CHECK(bench.workflow("count").queued == 1);
  bench.delivered("count", numbered(3));
  CHECK(bench.deliver("count", numbered(4)).status == 503);
  let_go(bench);
  bench.settle();
  bench.delivered("count", numbered(4));
  bench.settle();
  CHECK(bench.outcomes() == std::map<std::string, int>{{"completed", 5}});
}

TEST_CASE("deliveries that come twice keep nobody from their turn, whether their runs would begin or wait") {
  const std::string once = "mode: live\ntriggers:\n  - {webhook: first, verify: public, dedupe: event.n}\nactions:\n";
  ServiceBench bench({{"first", once + "  - {action: shop.add, with: {op: \"${{ string(event.n) }}\"}}\n"}});
  const auto before = bench.delivered("first", numbered(0));
  bench.settle();
  CHECK(bench.delivered("first", numbered(0)) == before);  // would begin
  hold_all(bench);
  const auto active = bench.delivered("first", numbered(1));
  for (int times = 0; times < 3; ++times) CHECK(bench.delivered("first", numbered(1)) == active);  // would wait
  bench.pass(1s);
  CHECK(bench.workflow("first").active == 1);
  CHECK(bench.service->status().active_runs == 1);
  CHECK(bench.service->status().queued_runs == 0);
  bench.delivered("first", numbered(2));
  let_go(bench);
  bench.settle();
  CHECK(bench.outcomes() == std::map<std::string, int>{{"completed", 3}});
  CHECK(bench.service->status().active_runs == 0);
}

TEST_CASE("runs that wait for those they called leave them room to begin, however few may be active") {
  const std::string called =
      "mode: live\nconcurrency: parallel\ntriggers:\n  - manual\nactions:\n"
      "  - {action: shop.add, with: {op: \"called/${{ string(event.n) }}\"}}\n";
  ServiceBench bench({{"caller", on("caller", side_by_side) + "  - {call: called, with: {n: \"${{ event.n }}\"}}\n"},
                      {"called", called}},
                     of(2, 100));
  for (int n = 0; n < 6; ++n) bench.delivered("caller", numbered(n));
  bench.settle();
  CHECK(bench.outcomes() == std::map<std::string, int>{{"completed", 12}});
}

TEST_CASE("a workflow that a run calls is carried out although the queue is full") {
  ServiceBench bench({{"caller", on("caller") + "  - {call: called, with: {n: \"${{ event.n }}\"}}\n"},
                      {"count", on("count", side_by_side)},
                      {"called",
                       "mode: live\ntriggers:\n  - manual\nactions:\n"
                       "  - {action: shop.add, with: {op: \"called/${{ string(event.n) }}\"}}\n"}},
                     of(2, 1));
  hold_all(bench);
  bench.delivered("caller", numbered(0));
  bench.delivered("count", numbered(1));
  bench.delivered("count", numbered(2));
  CHECK(bench.deliver("count", numbered(3)).status == 503);
  bench.far_side.holds = [](const OutgoingRequest& request) { return request.body != R"({"op":"0"})"; };
  bench.far_side.released.announce();
  bench.pass(1s);
  CHECK(bench.workflow("called").queued == 1);
  let_go(bench);
  bench.settle();
  CHECK(bench.outcomes() == std::map<std::string, int>{{"completed", 4}});
}

TEST_CASE("a service that is asked to stop does not wait for runs that only wait for those they called") {
  const std::string rests = "mode: live\ntriggers:\n  - manual\nactions:\n  - wait: 1h\n";
  const std::string calls = "  - {call: called, with: {n: \"${{ event.n }}\"}}\n";
  const std::string beside =
      "  - parallel:\n      - [{call: called}]\n      - [{action: shop.push, with: {op: beside}}]\n";
  const std::map<std::string, std::string> one{{"caller", on("caller") + calls}, {"called", rests}};
  SUBCASE("because these rest") {
    ServiceBench bench(one);
    bench.delivered("caller", numbered(0));
    bench.pass(5s);
    const Duration before = bench.time.passed();
    bench.stop(60s);
    CHECK(bench.time.passed() - before < 1s);
    bench.start();
    bench.pass(2h);
    CHECK(bench.outcomes() == std::map<std::string, int>{{"completed", 2}});
  }
  SUBCASE("because these would begin now, and nothing begins any more") {
    ServiceBench bench({{"caller", on("caller") + calls},
                        {"called", "mode: live\ntriggers:\n  - manual\nactions:\n  - set: {a: 1}\n"}});
    bench.far_side.takes = 2s;
    bench.delivered("caller", numbered(0));
    const Duration before = bench.time.passed();
    bench.stop(60s);
    CHECK(bench.time.passed() - before < 4s);
    bench.start();
    bench.settle();
    CHECK(bench.outcomes() == std::map<std::string, int>{{"completed", 2}});
  }
  SUBCASE("but for what these do beside their calls, which leaves once") {
    ServiceBench bench({{"caller", on("caller") + beside}, {"called", rests}});
    bench.far_side.holds = [](const OutgoingRequest& request) { return request.body == R"({"op":"beside"})"; };
    bench.delivered("caller", numbered(0));
    bench.pass(5s);
    Scope later(bench.loop);
    later.spawn([](ServiceBench& of) -> Task<void> {
      co_await sleep_for(3s);
      let_go(of);
    }(bench));
    const Duration before = bench.time.passed();
    bench.stop(60s);
    CHECK(bench.time.passed() - before >= 3s);
    CHECK(bench.time.passed() - before < 5s);
    bench.start();
    bench.pass(2h);
    CHECK(bench.outcomes() == std::map<std::string, int>{{"completed", 2}});
    CHECK(std::count_if(bench.far_side.arrived.begin(), bench.far_side.arrived.end(),
                        [](const std::string& sent) { return sent.find("beside") != std::string::npos; }) == 1);
  }
}

TEST_SUITE_END();
