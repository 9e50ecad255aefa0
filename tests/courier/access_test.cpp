#include <algorithm>

#include "base/text.hpp"
#include "courier_bench.hpp"

namespace millrace {

using test::CourierBench;
using test::reply;

namespace {

bool token_went_along(const IncomingRequest& request) { return request.headers.find("Authorization") != nullptr; }

}  // namespace

TEST_CASE("the token goes to the connection's own host and to no other") {
  CourierBench bench;
  CourierBench other;
  const auto call = [&](const std::string& url) {
    return bench.perform("shop.request", Value::object({{"method", "GET"}, {"url", url}, {"effect", "read"}}),
                         bench.site());
  };
  call("/tags");
  call(bench.base() + "/tags");
  REQUIRE(bench.arrived.size() == 2);
  CHECK(token_went_along(bench.arrived[0]));
  CHECK(token_went_along(bench.arrived[1]));

  // The other server lies at a private address that no connection names.
  CHECK(call(other.base() + "/tags").find("denied: ") == 0);
  CHECK(call("http://localhost:" + std::to_string(bench.server->port()) + "/tags").find("denied: ") == 0);
  CHECK(other.arrived.empty());
  CHECK(bench.arrived.size() == 2);
}

TEST_CASE("without a connection there are no credentials and no private addresses") {
  CourierBench bench;
  CallSite site = bench.site();
  site.connection = "";
  const Value input = Value::object({{"method", "GET"}, {"url", bench.base() + "/tags"}, {"effect", "read"}});
  CHECK(bench.perform("shop.request", input, site).find("denied: ") == 0);
  CHECK(bench.arrived.empty());
  CHECK(bench.left == 0);
}

TEST_CASE("URLs that two readers could understand differently are refused") {
  CourierBench bench;
  for (const char* url : {"http://shop@evil.example/", "http://evil.example\\@shop/", "http://a b/", "http://[::1/",
                          "http:///x", "http://host:99999/", "http://host:/", "https://ho%73t/"}) {
    CAPTURE(url);
    const Value input = Value::object({{"method", "GET"}, {"url", url}, {"effect", "read"}});
    CHECK(bench.perform("shop.request", input, bench.site()).find("invalid: ") == 0);
  }
  CHECK(bench.arrived.empty());
}

TEST_CASE("a header cannot be smuggled in") {
  CourierBench bench;
  for (const char* headers : {R"({"X-A": "1\r\nX-B: 2"})", R"({"X A": "1"})", R"({"Host": "evil.example"})",
                              R"({"Transfer-Encoding": "chunked"})"}) {
    CAPTURE(headers);
    const Value input =
        Value::object({{"method", "GET"}, {"url", "/"}, {"effect", "read"}, {"headers", *parse_json(headers)}});
    const std::string shown = bench.perform("shop.request", input, bench.site());
    CHECK((shown.find("invalid: ") == 0 || shown.find("denied: ") == 0));
  }
  CHECK(bench.arrived.empty());
}

TEST_CASE("an action's own header takes the place of the connection's, and nobody's that of the token") {
  CourierBench bench;
  const auto header = [&](const char* name) {
    const std::string* found = bench.arrived.back().headers.find(name);
    return found ? *found : "";
  };
  const auto count = [&](const char* name) {
    return std::count_if(bench.arrived.back().headers.begin(), bench.arrived.back().headers.end(),
                         [name](const auto& field) { return lower(field.first) == name; });
  };
  bench.perform("shop.tags.list");
  CHECK(header("Version") == "2021-07-28");
  bench.perform("shop.tags.list_v3");
  CHECK(header("Version") == "v3");
  CHECK(count("version") == 1);
  bench.perform(
      "shop.request",
      R"({"method": "GET", "url": "/", "effect": "read", "headers": {"VERSION": "v4", "authorization": "none"}})");
  CHECK(header("Version") == "v4");
  CHECK(header("Authorization") == std::string("Bearer ") + CourierBench::token);
  CHECK(count("authorization") == 1);
}

TEST_CASE("a connection is only for its locations, the run's or the one that a step names") {
  CourierBench bench;
  const std::string refusal =
      "denied: connection \"shop\" is not for location \"south\" (it has main, north): add it to its locations in "
      "millrace.yaml";
  CallSite site = bench.site();
  site.location = "south";
  CHECK(bench.perform("shop.tags.list", Value(Map()), site) == refusal);
  CHECK(bench.perform("shop.tags.list", R"({"location_id": "south"})") == refusal);
  CHECK(bench.arrived.empty());
  CHECK(bench.perform("shop.tags.list", R"({"location_id": "north"})") == "{}");
  CHECK(bench.requests() == "GET /v1/locations/north/tags\n");
}

TEST_CASE("a secret that a far side gives back is hidden in outputs and errors") {
  CourierBench bench;
  bench.answer_in_turn({reply(200, std::string(R"({"tags":[{"name":"Bearer )") + CourierBench::token + R"("}]})"),
                        reply(422, std::string(R"({"message":")") + CourierBench::token + R"( is not a name"})")});
  CHECK(bench.perform("shop.tags.list") == R"({"tags":[{"name":"Bearer secret:shop_token"}]})");
  const std::string shown = bench.perform("shop.tags.list");
  CHECK(shown.find("(422: secret:shop_token is not a name)") != std::string::npos);
}

TEST_CASE("a secret at the end of what a message has room for leaves no piece of itself") {
  CourierBench bench;
  const std::string padding(290, 'x');
  bench.answer_in_turn({reply(422, R"({"message":")" + padding + CourierBench::token + "\"}")});
  const std::string shown = bench.perform("shop.tags.list");
  CHECK(shown.find(padding + "secret:sho") != std::string::npos);
  CHECK(shown.find("pit-") == std::string::npos);
}

TEST_CASE("a base URL without a path behind it is called as it was written") {
  CourierBench bench;
  bench.project.connections[0].base_url = bench.base() + "/hook/?key=1";
  CHECK(bench.perform("shop.push", R"({"text":"hello"})") == "{}");
  CHECK(bench.requests() == "POST /hook/?key=1 {\"text\":\"hello\"}\n");
  CHECK(bench.perform("shop.tags.list") ==
        "invalid: the base_url of connection \"shop\" has a query, so nothing can stand behind it");
}

}  // namespace millrace
