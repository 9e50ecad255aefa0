#include <algorithm>
#include <ctime>

#include "outage.hpp"

namespace millrace {

using namespace std::chrono_literals;
using test::dropped;
using test::GateBench;
using test::Outage;
using test::reply;

namespace {

std::size_t count_of(const std::map<std::string, std::string>& outcomes, const std::string& outcome) {
  return static_cast<std::size_t>(
      std::count_if(outcomes.begin(), outcomes.end(), [&](const auto& each) { return each.second == outcome; }));
}

/// What was sent, by method and the last part of its path.
std::string sent(const GateBench& bench) {
  std::string lines;
  for (const IncomingRequest& request : bench.arrived)
    lines += request.method + request.path.substr(request.path.rfind('/')) + "\n";
  return lines;
}

class Watching final : public Ledger {
 public:
  Task<Result<Known>> begin(const Action&, CallSite) override { co_return Known(); }
  Task<Status> end(const Action&, CallSite, Result<Value> outcome) override {
    ends += outcome ? "output\n" : std::string(name_of(outcome.error().code)) + "\n";
    co_return Done{};
  }
  std::string ends;
};

}  // namespace

TEST_CASE("requests to a far side that is not there wait until it is, and none of them fails") {
  Outage outage;
  outage.nobody_listens_before(4);
  for (int number = 0; number < 8; ++number) outage.spawn("read" + std::to_string(number), "tags.list");
  outage.spawn("write", "tags.create", Value::object({{"name", "vip"}}));
  outage.done();
  CHECK(count_of(outage.outcomes, "{}") == 9);
  CHECK(outage.bench.arrived.size() == 9);
  CHECK(outage.gate().record().writes == 1);
  CHECK(outage.gate().record().changes.size() == 1);
  CHECK(outage.told.find("shop is down: ") == 0);
  CHECK(outage.told.find("shop is back\n") != std::string::npos);
  CHECK(std::count(outage.told.begin(), outage.told.end(), '\n') == 2);
}

TEST_CASE("one request to a far side that is not there waits for it, too") {
  Outage outage;
  outage.nobody_listens_before(3);
  CHECK(outage.bench.perform(outage.gate(), "shop.tags.create", R"({"name":"vip"})") == "{}");
  CHECK(outage.bench.arrived.size() == 1);
}

TEST_CASE("one at a time is the trial, after pauses that double up to half a minute") {
  Outage outage;
  outage.fails_before(8);
  outage.read(6);
  CHECK(count_of(outage.outcomes, "{}") == 6);
  CHECK(outage.trial_waits == std::vector<std::int64_t>{1, 2, 4, 8, 16, 30, 30, 30});
  CHECK(outage.told == "shop is down: it answers 503\nshop is back\n");
  CHECK(outage.health().waiting == 0);
}

TEST_CASE("while a connection is down the others of it wait, and only the trials are sent") {
  Outage outage;
  outage.fails_before(5);
  outage.go_down();
  const std::size_t before = outage.bench.arrived.size();
  for (int number = 0; number < 20; ++number) outage.spawn("read" + std::to_string(number), "tags.list");
  test::ask(outage.bench.loop, outage.until_waiting(23));
  CHECK(outage.bench.arrived.size() == before);
  CHECK(outage.health().down);
  outage.release();
  outage.done();
  CHECK(count_of(outage.outcomes, "{}") == 23);
  CHECK(outage.bench.arrived.size() == before + 4 + 23);  // the trials that failed, and each request once
}

TEST_CASE("those that waited do not set upon a far side that has just come back") {
  Outage outage;
  GateBench& bench = outage.bench;
  std::size_t most = 0;
  bench.answer_with([&](const IncomingRequest&) {
    if (outage.trial_waits.size() < 2) return reply(503, "");
    bench.hold = true;  // whatever comes from now on stays under way
    return reply(200, "{}");
  });
  outage.go_down();
  for (int number = 0; number < 60; ++number) outage.spawn("read" + std::to_string(number), "tags.list");
  test::ask(bench.loop, outage.until_waiting(63));
  const std::size_t before = bench.arrived.size() + 2;  // the trials
  const auto under_way_at_once = [&] {
    const std::size_t wanted = before + most + 1;
    const Deadline patience = Deadline::in(200ms);
    while (bench.arrived.size() < wanted && !patience.reached()) test::ask(bench.loop, sleep_for(1ms));
    return bench.arrived.size() - before;
  };
  outage.release();
  most = 2;
  CHECK(under_way_at_once() == 2);
  bench.passed += 3s;
  bench.answer_with([&](const IncomingRequest&) { return reply(200, "{}"); });
  bench.release();
  outage.done();
  CHECK(count_of(outage.outcomes, "{}") == 63);
  CHECK(bench.arrived.size() == before + 62);
  CHECK(outage.told == "shop is down: it answers 503\nshop is back\n");
}

TEST_CASE("a far side that fails again while it comes back is waited for again") {
  Outage outage;
  std::size_t good = 0;
  outage.bench.answer_with([&](const IncomingRequest&) {
    const std::size_t trials = outage.trial_waits.size();
    if (trials == 0 || (trials == 1 && good >= 5)) return reply(503, "");
    ++good;
    return reply(200, "{}");
  });
  outage.read(40);
  CHECK(count_of(outage.outcomes, "{}") == 40);
  CHECK(outage.told == "shop is down: it answers 503\nshop is back\nshop is down: it answers 503\nshop is back\n");
}

TEST_CASE("a far side that says when it will be back is not tried before") {
  for (const bool as_date : {false, true}) {
    Outage outage;
    std::string when = "20";
    if (as_date) {
      char text[64];
      const std::time_t then = std::time(nullptr) + 20;
      std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", std::gmtime(&then));
      when = text;
    }
    for (int number = 0; number < 3; ++number) {
      outage.bench.answer_with([](const IncomingRequest&) { return reply(503, ""); });
      outage.bench.perform(outage.gate(), "shop.tags.create", R"({"name":"vip"})");
    }
    REQUIRE(outage.health().down);
    OutgoingResponse later = reply(503, "");
    later.headers.add("Retry-After", when);
    outage.bench.answer_in_turn({later, reply(200, "{}")});
    outage.read(2);
    CHECK(outage.trial_waits.at(0) == 1);
    CHECK(outage.trial_waits.at(1) >= 18);
    CHECK(outage.trial_waits.at(1) <= 21);
    CHECK(count_of(outage.outcomes, "{}") == 2);
  }
}

TEST_CASE("after an outage the next one begins with short pauses again") {
  Outage outage;
  outage.fails_before(3);
  outage.read(4);
  outage.fails_before(5);
  outage.read(4);
  CHECK(outage.trial_waits == std::vector<std::int64_t>{1, 2, 4, 1, 2});
}

TEST_CASE("what a gateway says in place of the far side, and what is lost, brings a connection down") {
  Outage outage;
  std::string reason;
  const auto failing = [&](OutgoingResponse failure) {
    outage.bench.answer_with(
        [&outage, failure](const IncomingRequest&) { return outage.trial_waits.empty() ? failure : reply(200, "{}"); });
  };
  const auto answering = [&](int status) {
    failing(reply(status, ""));
    reason = "it answers " + std::to_string(status);
  };
  SUBCASE("502") { answering(502); }
  SUBCASE("504") { answering(504); }
  SUBCASE("522") { answering(522); }
  SUBCASE("523") { answering(523); }
  SUBCASE("dropped") {
    failing(dropped());
    reason = "HOST closed the connection without an answer";
  }
  outage.read(3);
  CHECK(count_of(outage.outcomes, "{}") == 3);
  CHECK(outage.told == "shop is down: " + reason + "\nshop is back\n");
}

TEST_CASE("no answer in time brings a connection down, and what may be sent twice waits for it") {
  Outage outage;
  outage.bench.options.request_timeout = 1s;
  outage.read(1);  // so that the three go side by side
  outage.bench.hold = true;
  outage.go_down();
  outage.bench.release();
  outage.release();
  outage.done();
  CHECK(count_of(outage.outcomes, "{}") == 4);
  CHECK(outage.told.find("shop is down: no answer from HOST within ") == 0);
  CHECK(outage.told.find("\nshop is back\n") != std::string::npos);
}

TEST_CASE("refusals and mistakes of the far side are answers") {
  for (const int status : {400, 404, 408, 409, 422, 429, 500, 501}) {
    Outage outage;
    outage.bench.answer_in_turn({reply(status, "")});
    outage.read(6);
    CHECK(outage.told.empty());
    CHECK_FALSE(outage.health().down);
  }
}

TEST_CASE("one address that always fails does not stop the whole connection, and fails by itself") {
  Outage outage;
  outage.fails_before(100);
  CHECK(outage.bench.perform(outage.gate(), "shop.tags.list") ==
        "unavailable: shop failed (503): the trouble is on its side, try again later");
  CHECK(outage.bench.arrived.size() == 3);
  CHECK(outage.told.empty());
}

TEST_CASE("an answer in between begins the count anew") {
  Outage outage;
  outage.bench.answer_with([&outage](const IncomingRequest&) {
    return reply(outage.bench.arrived.size() % 3 == 0 ? 200 : 503, "{}");  // each request at its third attempt
  });
  for (int number = 0; number < 10; ++number) CHECK(outage.bench.perform(outage.gate(), "shop.tags.list") == "{}");
  CHECK(outage.told.empty());
}

TEST_CASE("what has waited for the budget meanwhile waits for the connection, too") {
  Outage outage;
  outage.fails_before(1);
  CallSite north = outage.bench.site();
  north.location = "north";
  for (int number = 0; number < 2; ++number)
    outage.bench.perform(outage.gate(), "shop.tags.create", Value::object({{"name", "vip"}}), north);
  outage.hold = true;
  for (int number = 0; number < 8; ++number) outage.spawn("read" + std::to_string(number), "tags.list");
  test::ask(outage.bench.loop, outage.until_waiting(8));
  CHECK(outage.bench.arrived.size() == 3);  // the first read asks for the limits, and its failure is the third in a row
  outage.release();
  outage.done();
  CHECK(count_of(outage.outcomes, "{}") == 8);
}

TEST_CASE("a request that has waited for its connection has all its attempts again") {
  Outage outage;
  std::size_t since = 0;
  outage.bench.answer_with([&](const IncomingRequest&) {
    if (outage.trial_waits.size() < 10) return reply(503, "");
    ++since;
    return reply(since == 2 || since == 3 ? 503 : 200, "{}");  // it is back, and not yet quite well
  });
  outage.read(3);
  CHECK(count_of(outage.outcomes, "{}") == 3);
  CHECK(since == 5);
}

TEST_CASE("a write that must not be sent twice is the trial only where nothing else waits") {
  Outage outage;
  outage.fails_before(5);
  outage.go_down();
  outage.spawn("write", "tags.create", Value::object({{"name", "vip"}}));
  outage.spawn("read", "tags.list");
  test::ask(outage.bench.loop, outage.until_waiting(5));
  outage.bench.arrived.clear();
  outage.release();
  outage.done();
  CHECK(count_of(outage.outcomes, "{}") == 5);
  CHECK(sent(outage.bench).find("POST") == sent(outage.bench).rfind("POST"));
}

TEST_CASE("a write whose answer is lost in its trial stays unsure and is not sent again") {
  Outage outage;
  outage.fails_before(100);
  for (int number = 0; number < 3; ++number)
    outage.bench.perform(outage.gate(), "shop.tags.create", R"({"name":"vip"})");
  REQUIRE(outage.health().down);
  outage.bench.answer_in_turn({dropped(), reply(200, "{}")});
  CHECK(outage.bench.perform(outage.gate(), "shop.tags.create", R"({"name":"vip"})").find("unsure: HOST closed") == 0);
  CHECK(outage.trial_waits == std::vector<std::int64_t>{1});
  CHECK(outage.bench.arrived.size() == 4);
  CHECK(outage.health().down);
}

TEST_CASE("a request that waits can be called off: it was not sent, the ledger hears so, and the next has its turn") {
  Outage outage;
  Watching ledger;
  outage.rules.ledger = &ledger;
  outage.fails_before(2);
  outage.go_down();
  const std::size_t before = outage.bench.arrived.size();
  outage.spawn("write", "tags.create", Value::object({{"name", "vip"}}));
  test::ask(outage.bench.loop, outage.until_waiting(4));
  test::ask(outage.bench.loop, outage.scope.stop());
  CHECK(outage.outcomes["write"] == "cancelled: called off");
  CHECK(outage.bench.arrived.size() == before);
  CHECK(outage.health().waiting == 0);
  CHECK(ledger.ends == "cancelled\n");
  CHECK(outage.gate().record().changes.empty());
  outage.release();
  outage.outcomes.clear();
  outage.read(2);
  CHECK(count_of(outage.outcomes, "{}") == 2);
}

TEST_CASE("a trial that is called off leaves its turn to the next") {
  Outage outage;
  outage.fails_before(2);
  Scope other(outage.bench.loop);
  outage.go_down();  // one of its three is the trial and holds; the fourth waits in another scope
  std::optional<Result<Value>> output;
  const auto read = [](Outage& with, std::optional<Result<Value>>& into) -> Task<void> {
    const Action& action = with.bench.action("shop.tags.list");
    const CallSite site = with.bench.site();
    const Value input = Map();
    auto given = co_await with.gate().perform(action, input, site);
    into.emplace(std::move(given));
  };
  other.spawn(read(outage, output));
  test::ask(outage.bench.loop, outage.until_waiting(4));
  outage.hold = false;
  test::ask(outage.bench.loop, outage.scope.stop());
  test::ask(outage.bench.loop, other.done());
  REQUIRE(output);
  CHECK(outage.bench.shown(*output) == "{}");
}

TEST_CASE("a request does not wait longer than its step may take") {
  Outage outage;
  outage.fails_before(100);
  outage.go_down();
  outage.spawn("waits", "tags.list", Map(), Deadline(outage.bench.options.now() + 1h));
  outage.spawn("soon", "tags.list", Map(), Deadline::in(20ms));
  while (outage.outcomes.empty()) test::ask(outage.bench.loop, outage.until_waiting(4));
  CHECK(outage.outcomes.size() == 1);
  CHECK(outage.outcomes["soon"] ==
        "unavailable: shop is down (it answers 503), and the step's time is over before it is back");
  test::ask(outage.bench.loop, outage.scope.stop());
}

TEST_CASE("where the next trial comes after a step's time, its request fails now") {
  Outage outage;
  outage.fails_before(100);
  for (int number = 0; number < 3; ++number)
    outage.bench.perform(outage.gate(), "shop.tags.create", R"({"name":"vip"})");
  REQUIRE(outage.health().down);
  CallSite site = outage.bench.site();
  site.deadline = Deadline::in(900ms);
  CHECK(outage.bench.perform(outage.gate(), "shop.tags.list", Value(Map()), site) ==
        "unavailable: shop is down (it answers 503), and the step's time is over before it is back");
  CHECK(outage.trial_waits.empty());
}

TEST_CASE("at the terminal each request to a far side that is down fails by itself") {
  Outage outage;
  outage.bench.options.wait_while_down = false;
  outage.nobody_listens_before(0);
  outage.read(5);
  CHECK(outage.outcomes.size() == 5);
  for (const auto& [step, outcome] : outage.outcomes) CHECK(outcome.find("unavailable: ") == 0);
  CHECK(outage.told.empty());
  CHECK_FALSE(outage.health().down);
}

TEST_CASE("another connection is not held back") {
  Outage outage;
  GateBench& bench = outage.bench;
  ConnectionSettings other = bench.project.connections[0];
  other.name = "other";
  other.base_url = bench.base() + "/other";
  bench.project.connections.push_back(other);
  outage.nobody_listens_before(100);
  outage.hold = true;
  for (int number = 0; number < 3; ++number) outage.spawn("held" + std::to_string(number), "tags.list");
  test::ask(bench.loop, outage.until_waiting(3));
  CallSite site = bench.site();
  site.connection = "other";
  CHECK(bench.perform(outage.gate(), "shop.tags.list", Value(Map()), site) == "{}");
  const auto health = bench.courier().health();
  REQUIRE(health.size() == 2);
  CHECK(health[0].down);
  CHECK(health[1].name == "other");
  CHECK_FALSE(health[1].down);
  test::ask(bench.loop, outage.scope.stop());
}

}  // namespace millrace
