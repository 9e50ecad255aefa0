#include "courier_bench.hpp"

namespace millrace {

using test::CourierBench;
using test::reply;

TEST_CASE("a request carries what the manifest, the connection and the site say") {
  CourierBench bench;
  CHECK(bench.perform("shop.orders.add", R"({"item": "tea"})") == "{}");
  REQUIRE(bench.arrived.size() == 1);
  const IncomingRequest& request = bench.arrived[0];
  CHECK(bench.requests() == "POST /v1/orders {\"item\":\"tea\"}\n");
  CHECK(*request.headers.find("Authorization") == std::string("Bearer ") + CourierBench::token);
  CHECK(*request.headers.find("Version") == "2021-07-28");
  CHECK(*request.headers.find("Accept") == "application/json");
  CHECK(*request.headers.find("Content-Type") == "application/json");
  CHECK(*request.headers.find("User-Agent") == "millrace/1.2.3");
  CHECK(*request.headers.find("Idempotency-Key") == "key-of-step");
}

TEST_CASE("an answer that is not JSON is named, and its beginning shown without secrets") {
  CourierBench bench;
  bench.answer_in_turn({reply(200, std::string("<html> hello ") + CourierBench::token + std::string(80, 'x'))});
  const std::string shown = bench.perform("shop.tags.list");
  CHECK(shown.substr(0, 51) == "invalid: the answer of shop at HOST is not JSON: no");
  CHECK(shown.find("in \"<html> hello secret:shop_token") != std::string::npos);
  CHECK(shown.find(CourierBench::token) == std::string::npos);
  CHECK(shown.size() < 200);
}

TEST_CASE("a redirect is not followed, so the token stays") {
  CourierBench bench;
  OutgoingResponse redirect = reply(302, "");
  redirect.headers.add("Location", "https://evil.example/collect");
  bench.answer_in_turn({redirect});
  CHECK(bench.perform("shop.tags.list") ==
        "denied: shop sends the request on to evil.example (302), which is not followed: use the final address");
  CHECK(bench.arrived.size() == 1);
}

}  // namespace millrace
