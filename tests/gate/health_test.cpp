#include "outage.hpp"

namespace millrace {

using namespace std::chrono_literals;
using test::dropped;
using test::GateBench;
using test::Outage;
using test::reply;

TEST_CASE("a connection's health has its answers by status, those that never came, and what is left of its budget") {
  GateBench bench;
  const auto gate = open_live_gate(bench.outside(), {});
  CHECK(bench.courier().health().at(0).answers.empty());
  CHECK_FALSE(bench.courier().health().at(0).budget_remaining);
  OutgoingResponse counted = reply(200, "{}");
  counted.headers.add("X-RateLimit-Remaining", "17");
  counted.headers.add("X-RateLimit-Interval-Milliseconds", "10000");
  OutgoingResponse fewer = reply(404, "");
  fewer.headers.add("X-RateLimit-Remaining", "5");
  bench.answer_in_turn({dropped(), counted, reply(503, ""), fewer});
  bench.perform(*gate, "shop.tags.list");
  CHECK(bench.courier().health().at(0).budget_remaining == 17);
  CallSite north = bench.site();
  north.location = "north";
  bench.perform(*gate, "shop.tags.list", Value(Map()), north);
  const ConnectionHealth health = bench.courier().health().at(0);
  CHECK(health.name == "shop");
  CHECK(health.answers == std::map<std::string, std::int64_t>{{"200", 1}, {"404", 1}, {"503", 1}, {"none", 1}});
  CHECK(health.budget_remaining == 5);
  bench.passed += 11s;
  CHECK(bench.courier().health().at(0).budget_remaining == 6);  // a new interval: the most that was ever seen
}

TEST_CASE("a token that is refused is told once, and so is that it is taken; what was not looked at says nothing") {
  GateBench bench;
  std::string told;
  bench.options.on_token = [&](const std::string& connection, const std::string& problem) {
    told += connection + ": " + (problem.empty() ? "taken" : bench.without_address(problem)) + "\n";
  };
  const auto gate = open_live_gate(bench.outside(), {});
  const auto ask_with = [&](int status, const std::string& body) {
    bench.answer_with([=](const IncomingRequest&) { return reply(status, body); });
    told.clear();
    bench.perform(*gate, "shop.tags.list");
    return told;
  };
  CHECK(ask_with(503, "{}") == "");
  CHECK(ask_with(401, R"({"message": "Invalid JWT"})")
            .starts_with("shop: shop refused the token (401: Invalid JWT): \"millrace secret set "));
  CHECK(ask_with(401, R"({"message": "Invalid JWT"})") == "");
  CHECK(ask_with(429, "{}") == "");
  CHECK(ask_with(500, "{}") == "");
  CHECK(ask_with(200, "{}") == "shop: taken\n");
  CHECK(ask_with(403, "{}") == "");
  CHECK(ask_with(401, R"({"message": "The token is not authorized for this scope."})") == "");
  CHECK(ask_with(404, "{}") == "");
  CHECK(ask_with(401, "{}") != "");
  CHECK(ask_with(422, "{}") == "shop: taken\n");
}

TEST_CASE("those who had missed it before it went down bring it down again when it fails while it comes back") {
  Outage outage;
  std::size_t good = 0;
  outage.bench.answer_with([&](const IncomingRequest&) {
    if (outage.hold || (outage.trial_waits.size() == 1 && good > 0)) return reply(503, "");
    ++good;
    return reply(200, "{}");
  });
  outage.hold = true;
  for (int number = 0; number < 8; ++number) outage.spawn("read" + std::to_string(number), "tags.list");
  test::ask(outage.bench.loop, outage.until_waiting(8));
  outage.release();
  outage.done();
  CHECK(outage.outcomes.size() == 8);
  for (const auto& [step, outcome] : outage.outcomes) CHECK(outcome == "{}");
  CHECK(outage.told == "shop is down: it answers 503\nshop is back\nshop is down: it answers 503\nshop is back\n");
}

}  // namespace millrace
