#include <algorithm>
#include <map>

#include "courier_bench.hpp"

namespace millrace {

using namespace std::chrono_literals;
using test::CourierBench;
using test::reply;

namespace {

/// A far side that allows so many requests in an interval, and says so as HighLevel does.
struct Limiter {
  OutgoingResponse answer(CourierBench& bench, const IncomingRequest& request) {
    const auto now = bench.options.now();
    const std::string location = request.path.substr(0, request.path.rfind('/'));
    Counter& counter = counters[location];
    if (now >= counter.ends) counter = {now + interval, allowed};
    const bool refused = counter.left == 0;
    if (refused) ++refusals;
    if (!refused) --counter.left;
    OutgoingResponse response = reply(refused ? 429 : 200, R"({"tags":[]})");
    response.headers.add("X-RateLimit-Remaining", std::to_string(counter.left));
    response.headers.add("X-RateLimit-Interval-Milliseconds", std::to_string(interval.count()));
    response.headers.add("X-RateLimit-Daily-Remaining", std::to_string(daily));
    return response;
  }

  struct Counter {
    std::chrono::steady_clock::time_point ends;
    int left = 0;
  };
  std::chrono::milliseconds interval = 10s;
  int allowed = 20;
  int daily = 1000;
  int refusals = 0;
  std::map<std::string, Counter> counters;
};

/// Budgets by the real clock: requests on their way at the end of an interval are part of what is tried here.
void use_real_time(CourierBench& bench, Limiter& limiter) {
  limiter.interval = 200ms;
  bench.options.now = std::chrono::steady_clock::now;
  bench.options.pause = sleep_for;
}

Task<void> read_tags(CourierBench& bench, std::string location, int& succeeded) {
  CallSite site = bench.site();
  site.location = location;
  const auto shipment = bench.courier().prepare(bench.action("shop.tags.list"), Map(), site);
  REQUIRE(shipment);
  const auto answer = co_await bench.courier().send(*shipment);
  if (answer.left) ++bench.left;
  if (answer.output) ++succeeded;
}

Task<void> read_many(CourierBench& bench, std::string location, int count, int& succeeded) {
  Scope scope(bench.loop);
  for (int number = 0; number < count; ++number) scope.spawn(read_tags(bench, location, succeeded));
  co_await scope.done();
}

}  // namespace

TEST_CASE("a burst of parallel requests waits for the limit's interval and earns no refusal") {
  CourierBench bench;
  Limiter limiter;
  use_real_time(bench, limiter);
  bench.answer_with([&](const IncomingRequest& request) { return limiter.answer(bench, request); });
  int succeeded = 0;
  test::ask(bench.loop, read_many(bench, "main", 90, succeeded));
  CHECK(succeeded == 90);
  CHECK(limiter.refusals == 0);
  CHECK(bench.arrived.size() == 90);
}

TEST_CASE("where somebody else uses the same budget, each refusal is learnt from") {
  CourierBench bench;
  Limiter limiter;
  use_real_time(bench, limiter);
  bench.answer_with([&](const IncomingRequest& request) {
    if (bench.arrived.size() % 7 == 0) limiter.answer(bench, request);  // the other one
    return limiter.answer(bench, request);
  });
  int succeeded = 0;
  test::ask(bench.loop, read_many(bench, "main", 60, succeeded));
  CHECK(succeeded == 60);
  CHECK(limiter.refusals <= 12);
}

TEST_CASE("locations have budgets of their own") {
  CourierBench bench;
  Limiter limiter;
  bench.answer_with([&](const IncomingRequest& request) { return limiter.answer(bench, request); });
  int succeeded = 0;
  test::ask(bench.loop, read_many(bench, "main", 20, succeeded));
  test::ask(bench.loop, read_many(bench, "north", 20, succeeded));
  CHECK(succeeded == 40);
  CHECK(bench.waits.empty());
}

TEST_CASE("a far side that names no limits is not held back") {
  CourierBench bench;
  int succeeded = 0;
  test::ask(bench.loop, read_many(bench, "main", 200, succeeded));
  CHECK(succeeded == 200);
  CHECK(bench.waits.empty());
}

TEST_CASE("when the day's limit is used up, nothing more is sent") {
  CourierBench bench;
  Limiter limiter;
  limiter.daily = 0;
  bench.answer_with([&](const IncomingRequest& request) { return limiter.answer(bench, request); });
  CHECK(bench.perform("shop.tags.list") == R"({"tags":[]})");
  CHECK(bench.perform("shop.tags.list") ==
        "unavailable: the daily limit of shop is used up: try again tomorrow, or ask for more");
  CHECK(bench.arrived.size() == 1);
}

TEST_CASE("a refusal that says that the day's limit is used up is not tried again") {
  CourierBench bench;
  OutgoingResponse refusal = reply(429, "");
  refusal.headers.add("X-RateLimit-Daily-Remaining", "0");
  bench.answer_in_turn({refusal});
  CHECK(bench.perform("shop.tags.list") ==
        "unavailable: the daily limit of shop is used up (429): try again tomorrow, or ask for more");
  CHECK(bench.arrived.size() == 1);
}

TEST_CASE("many requests to a far side that is down all learn it at once") {
  CourierBench bench;
  bench.project.connections[0].base_url = "http://127.0.0.1:1";
  bench.options.now = std::chrono::steady_clock::now;  // waits that cost no time would add up to seconds here
  int succeeded = 0;
  test::ask(bench.loop, read_many(bench, "main", 50, succeeded));
  CHECK(succeeded == 0);
  CHECK(bench.waits.size() == 50);  // one short wait each
  CHECK(bench.left == 0);
}

TEST_CASE("a budget that is renewed only after the step's time is an error now") {
  CourierBench bench;
  Limiter limiter;
  limiter.allowed = 1;
  bench.answer_with([&](const IncomingRequest& request) { return limiter.answer(bench, request); });
  CallSite site = bench.site();
  site.deadline = Deadline::in(5s);
  CHECK(bench.perform("shop.tags.list", Value(Map()), site) == R"({"tags":[]})");
  CHECK(bench.perform("shop.tags.list", Value(Map()), site).substr(0, 53) ==
        "unavailable: shop allows no further request before th");
  CHECK(bench.waits.empty());
}

namespace {

/// Reads of several lanes, and a clock that moves only while each of them waits or has its answer.
struct Lanes {
  CourierBench bench;
  Limiter limiter;
  std::int64_t reads = 0, done = 0;

  Lanes() {
    limiter.allowed = 1;
    bench.answer_with([this](const IncomingRequest& request) { return limiter.answer(bench, request); });
    bench.options.pause = [this](Duration wait) { return pause(wait); };
  }

  Task<bool> pause(Duration wait) {
    while (waiting() != reads - done) co_await sleep_for(Duration::zero());
    bench.passed += wait;
    co_return true;
  }

  std::int64_t waiting() {
    std::int64_t all = 0;
    const auto health = bench.courier().health();
    for (const BudgetFacts& budget : health.at(0).budgets) {
      for (const std::int64_t one : budget.waiting) all += one;
    }
    return all;
  }

  Task<void> read(BudgetLane lane, std::string name) {
    CallSite site = bench.site();
    site.lane = lane;
    Value input = Value::object({{"search", name}});
    const auto shipment = bench.courier().prepare(bench.action("shop.tags.list"), input, site);
    REQUIRE(shipment);
    const auto answer = co_await bench.courier().send(*shipment);
    CHECK(answer.output);
    ++done;
  }

  Task<void> read_all(std::vector<std::pair<BudgetLane, std::string>> wanted) {
    Scope scope(bench.loop);
    reads += static_cast<std::int64_t>(wanted.size());
    for (auto& [lane, name] : wanted) scope.spawn(read(lane, name));
    co_await scope.done();
  }
};

}  // namespace

TEST_CASE("a person's requests go before scheduled ones and those before backfills, of which none waits for ever") {
  Lanes lanes;
  test::ask(lanes.bench.loop, lanes.read_all({{BudgetLane::interactive, "first"}}));
  std::vector<std::pair<BudgetLane, std::string>> wanted = {{BudgetLane::backfill, "b0"},
                                                            {BudgetLane::scheduled, "s0"}};
  for (int i = 0; i < 10; ++i) wanted.emplace_back(BudgetLane::interactive, "i" + std::to_string(i));
  test::ask(lanes.bench.loop, lanes.read_all(wanted));
  std::string order;
  for (const IncomingRequest& request : lanes.bench.arrived)
    order += request.query.substr(request.query.find('=') + 1) + " ";
  CHECK(order == "first i0 i1 i2 i3 i4 i5 i6 b0 i7 i8 i9 s0 ");
  CHECK(lanes.limiter.refusals == 0);
}

TEST_CASE("a day that the project limits is told when it is used up, and renewed a day after its beginning") {
  CourierBench bench;
  bench.project.connections[0].limits = {0, 10s, 3};
  for (int i = 0; i < 3; ++i) CHECK(bench.perform("shop.tags.list") == "{}");
  CHECK(bench.courier().health().at(0).budgets.at(0).day_left == 0);
  CHECK(bench.perform("shop.tags.list") ==
        "unavailable: the daily limit of shop is used up: it is renewed in 1d; try again then, or say more under "
        "limits of "
        "the connection in millrace.yaml");
  bench.passed += 24h;
  CHECK(bench.perform("shop.tags.list") == "{}");
}

}  // namespace millrace
