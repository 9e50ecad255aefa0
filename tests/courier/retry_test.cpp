#include <ctime>

#include "courier_bench.hpp"

namespace millrace {

using namespace std::chrono_literals;
using test::CourierBench;
using test::dropped;
using test::reply;

namespace {

OutgoingResponse refused(const char* retry_after = nullptr) {
  OutgoingResponse response = reply(429, R"({"message":"too many"})");
  if (retry_after) response.headers.add("Retry-After", retry_after);
  return response;
}

}  // namespace

TEST_CASE("a 429 is waited out for as long as the far side asks, for reads and writes alike") {
  CourierBench bench;
  bench.answer_in_turn({refused("7"), refused("3"), reply(200, R"({"tag":{"id":"1","name":"vip"}})")});
  CHECK(bench.perform("shop.tags.create", R"({"name":"vip"})") == R"({"tag":{"id":"1","name":"vip"}})");
  CHECK(bench.arrived.size() == 3);
  CHECK(bench.passed >= 10s);
  CHECK(bench.passed < 11s);
  CHECK(bench.left == 1);
}

TEST_CASE("a part of a second to wait for is heard") {
  CourierBench bench;
  bench.answer_in_turn({refused("7.5"), refused(" 2.25 "), reply(200, R"({"tag":{"id":"1"}})")});
  CHECK(bench.perform("shop.tags.create", R"({"name":"vip"})") == R"({"tag":{"id":"1"}})");
  CHECK(bench.passed >= 9750ms);
  CHECK(bench.passed < 10s);
}

TEST_CASE("the time to come back may be a date, in any way that HTTP knows or servers write") {
  for (const char* form :
       {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y", "%a, %d %b %Y %H:%M:%S UTC",
        "%a, %d %b %Y %H:%M:%S +0000", "%a, %d %b %Y %H:%M:%S -0000", "%a, %d %b %Y %H:%M:%S Z"}) {
    for (const int status : {429, 503}) {
      CAPTURE(form);
      CourierBench bench;
      char date[64];
      const std::time_t then = std::time(nullptr) + 30;
      std::strftime(date, sizeof date, form, std::gmtime(&then));
      OutgoingResponse later = reply(status, "");
      later.headers.add("Retry-After", date);
      bench.answer_in_turn({later, reply(200, R"({"tag":{"id":"1"}})")});
      CHECK(bench.perform("shop.tags.create", R"({"name":"vip"})") == R"({"tag":{"id":"1"}})");
      CHECK(bench.passed > 20s);
      CHECK(bench.passed < 32s);
    }
  }
}

TEST_CASE("a service waits for longer than a person at the terminal would") {
  for (const bool service : {false, true}) {
    CourierBench bench;
    bench.options.wait_while_down = service;
    bench.answer_in_turn({refused("120"), reply(200, "{}")});
    CHECK((bench.perform("shop.tags.list") == "{}") == service);
    CHECK((bench.passed >= 120s) == service);
  }
}

TEST_CASE("a 429 that does not end is given up after a few attempts") {
  CourierBench bench;
  bench.answer_in_turn({refused()});
  CHECK(bench.perform("shop.tags.list") ==
        "unavailable: shop takes no further requests now (429: too many): try again later");
  CHECK(bench.arrived.size() == 4);
}

TEST_CASE("a service outlasts minutes of refusals without a word about when to come back") {
  CourierBench bench;
  bench.options.wait_while_down = true;
  std::vector<OutgoingResponse> answers(9, refused());
  answers.push_back(reply(200, R"({"tag":{"id":"1"}})"));
  bench.answer_in_turn(answers);
  CHECK(bench.perform("shop.tags.create", R"({"name":"vip"})") == R"({"tag":{"id":"1"}})");
  CHECK(bench.arrived.size() == 10);
  CHECK(bench.passed > 120s);
}

TEST_CASE("who is asked to stay away for longer than a person waits leaves the far side alone meanwhile") {
  CourierBench bench;
  bench.answer_in_turn({refused("900"), reply(200, "{}")});
  CHECK(bench.perform("shop.tags.list") ==
        "unavailable: shop takes no further requests now (429: too many): try again in 15m");
  CHECK(bench.perform("shop.tags.list").starts_with("unavailable: shop wants no further request before "));
  CHECK(bench.arrived.size() == 1);
  bench.passed += 900s;
  CHECK(bench.perform("shop.tags.list") == "{}");
}

TEST_CASE("no wait is begun that the step's time would not survive") {
  CourierBench bench;
  bench.answer_in_turn({refused("20")});
  CallSite site = bench.site();
  site.deadline = Deadline::in(10s);
  CHECK(bench.perform("shop.tags.list", Value(Map()), site) ==
        "unavailable: shop takes no further requests now (429: too many): try again in 20s");
  CHECK(bench.waits.empty());
}

TEST_CASE("a failure of the far side is tried again where that is safe") {
  CourierBench bench;
  const auto attempts = [&](const char* action, const char* input) {
    const std::size_t before = bench.arrived.size();
    bench.answer_in_turn({reply(503, ""), reply(200, R"({"ok":true})")});
    bench.perform(action, input);
    return bench.arrived.size() - before;
  };
  CHECK(attempts("shop.tags.list", "{}") == 2);
  CHECK(attempts("shop.tags.update", R"({"tag_id":"1","name":"vip"})") == 2);
  CHECK(attempts("shop.orders.add", R"({"item":"tea"})") == 2);
  CHECK(attempts("shop.tags.create", R"({"name":"vip"})") == 1);
}

TEST_CASE("the attempts of one effect carry one key") {
  CourierBench bench;
  bench.answer_in_turn({dropped(), reply(500, ""), reply(200, "{}")});
  CHECK(bench.perform("shop.orders.add", R"({"item":"tea"})") == "{}");
  REQUIRE(bench.arrived.size() == 3);
  for (const IncomingRequest& request : bench.arrived) CHECK(*request.headers.find("Idempotency-Key") == "key-of-step");
  CHECK(bench.left == 1);
}

TEST_CASE("a read whose answers are lost is simply unavailable") {
  CourierBench bench;
  bench.answer_in_turn({dropped()});
  CHECK(bench.perform("shop.tags.list") == "unavailable: HOST closed the connection without an answer");
  CHECK(bench.arrived.size() == 3);
  CHECK(bench.left == 1);
}

}  // namespace millrace
