#include <algorithm>
#include <filesystem>

#include "base/text.hpp"
#include "courier_bench.hpp"
#include "workflow/hook_path.hpp"

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
  call(bench.base() + "/v1/tags");
  REQUIRE(bench.arrived.size() == 2);
  CHECK(token_went_along(bench.arrived[0]));
  CHECK(token_went_along(bench.arrived[1]));

  // The other server lies at a private address that no connection names.
  CHECK(call(other.base() + "/tags").find("denied: ") == 0);
  CHECK(call("http://localhost:" + std::to_string(bench.server->port()) + "/tags").find("denied: ") == 0);
  CHECK(other.arrived.empty());
  CHECK(bench.arrived.size() == 2);
}

TEST_CASE("only what goes to a hook of the project's own service says which workflows led to it") {
  CourierBench bench;
  const auto told = [&](const std::string& path) {
    CallSite site = bench.site();
    site.chain = std::make_shared<const std::vector<std::string>>(std::vector<std::string>{"ping", "a, b"});
    bench.arrived.clear();
    bench.perform("shop.request", Value::object({{"method", "POST"}, {"url", path}}), site);
    REQUIRE(bench.arrived.size() == 1);
    const std::string* chain = bench.arrived[0].headers.find("Millrace-Chain");
    return chain == nullptr ? "" : *chain;
  };
  const std::string port = std::to_string(bench.server->port()), chain = "ping, a%2C%20b";
  bench.project.connections[0].base_url = bench.base();
  CHECK(told("/hooks/pong") == "");
  SUBCASE("by the address of millrace.yaml") { bench.project.listen = "127.0.0.1:" + port; }
  SUBCASE("by another address of this machine") { bench.project.listen = "localhost:" + port; }
  SUBCASE("by the port that the service has in truth") { bench.project.port = bench.server->port(); }
  SUBCASE("by the address that people know") { bench.project.public_url = bench.base(); }
  CHECK(told("/hooks/pong") == chain);
  CHECK(told("/hooks/deep/pong?x=1") == chain);
  CHECK(told(bench.base() + "/hooks/pong") == chain);
  for (const char* path : {"/", "/hooks", "/tags/hooks/pong", "/tags?next=/hooks/pong"}) CHECK(told(path) == "");
  CHECK(parse_chain(chain) == std::vector<std::string>{"ping", "a, b"});
}

TEST_CASE("a whole address at the connection's own host is asked below the connection's address only") {
  CourierBench bench;
  const std::string host = bench.base();
  const auto call = [&](const std::string& url, const std::string& method = "GET") {
    return bench.perform("shop.request", Value::object({{"method", method}, {"url", url}}), bench.site());
  };
  for (const char* base : {"/v1", "/v1/"}) {
    bench.project.connections[0].base_url = host + base;
    bench.arrived.clear();
    // What a far side gives as the address of the next page.
    for (const char* path : {"/v1/tags?cursor=2", "/v1?cursor=2", "/v1/", "/%761/tags"}) {
      CAPTURE(path);
      call(host + path);
      REQUIRE(bench.arrived.size() == 1);
      CHECK(token_went_along(bench.arrived[0]));
      bench.arrived.clear();
    }
    for (const char* path : {"", "/", "/v2/tags", "/v10/tags", "/V1/tags", "/admin?/v1/", "//v1/tags", "/v1;x/tags",
                             "/v1%2Ftags", "/%2e%2e/admin", "/v1/../admin", "/v1/..;/admin"}) {
      for (const char* method : {"GET", "POST", "DELETE"}) {
        CAPTURE(path);
        const std::string shown = call(host + path, method);
        CHECK((shown.starts_with("denied: ") || shown.starts_with("invalid: ")));
      }
    }
    CHECK(bench.arrived.empty());
  }
  CHECK(
      call(host + "/v2/tags") ==
      "denied: /v2/tags is not below the address of connection \"shop\" (http://HOST/v1/), and its token goes nowhere "
      "else: make a connection of its own for it, or ask without one");
  // A path that begins with two slashes is one, and stays below.
  call("//evil.example/tags");
  CHECK(bench.requests() == "GET /v1//evil.example/tags\n");
}

TEST_CASE("an address that is a secret as a whole is not told where another one is refused") {
  CourierBench bench;
  const auto file = bench.folder.write("state/secrets.json", R"({"hook": ")" + bench.base() + R"(/services/x9"})");
  std::filesystem::permissions(file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  bench.project.connections[0].token = "";
  bench.project.connections[0].base_url = "secret:hook";
  const std::string shown =
      bench.perform("shop.request", Value::object({{"url", bench.base() + "/services/other"}}), bench.site());
  CHECK(shown.starts_with("denied: /services/other is not below the address of connection \"shop\" (secret:hook)"));
  CHECK(bench.arrived.empty());
}

TEST_CASE("what a library asks for does not leave the connection's address either") {
  CourierBench bench;
  const Action& action = bench.action("shop.request");
  bench.project.connections[0].base_url = bench.base() + "/v1";
  const auto asked = [&](const std::string& path) {
    const auto shipment =
        bench.courier().prepare(action, RequestParts{"GET", Value(path), {}, Value()}, Value(), bench.site());
    return shipment ? "" : bench.without_address(shipment.error().message);
  };
  CHECK(asked("/tags?at=../x") == "");
  CHECK(asked(bench.base() + "/v1/tags") == "");
  for (const char* path : {"/../admin", "/%2e%2e/admin", "/tags/..%2fadmin", "/..;/admin", "/..\\admin"}) {
    CAPTURE(path);
    CHECK(asked(path).starts_with("the address that shop.request asks "));
    CHECK(asked(bench.base() + "/v1" + path).starts_with("the address that shop.request asks "));
  }
  CHECK(asked(bench.base() + "/admin").starts_with("/admin is not below the address of connection \"shop\""));
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
