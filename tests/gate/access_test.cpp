#include <algorithm>

#include "base/text.hpp"
#include "gate_bench.hpp"

namespace millrace {

using test::GateBench;
using test::reply;

namespace {

bool token_went_along(const IncomingRequest& request) { return request.headers.find("Authorization") != nullptr; }

}  // namespace

TEST_CASE("the token goes to the connection's own host and to no other") {
  GateBench bench;
  GateBench other;
  const auto gate = open_live_gate(bench.border(), {});
  const auto call = [&](const std::string& url) {
    return bench.perform(*gate, "shop.request", Value::object({{"method", "GET"}, {"url", url}, {"effect", "read"}}),
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
  GateBench bench;
  const auto gate = open_live_gate(bench.border(), {});
  CallSite site = bench.site();
  site.connection = "";
  const Value input = Value::object({{"method", "GET"}, {"url", bench.base() + "/tags"}, {"effect", "read"}});
  CHECK(bench.perform(*gate, "shop.request", input, site).find("denied: ") == 0);
  CHECK(bench.arrived.empty());
  CHECK(gate->record().reads == 0);
}

TEST_CASE("URLs that two readers could understand differently are refused") {
  GateBench bench;
  const auto gate = open_live_gate(bench.border(), {});
  for (const char* url : {"http://shop@evil.example/", "http://evil.example\\@shop/", "http://a b/", "http://[::1/",
                          "http:///x", "http://host:99999/", "http://host:/", "https://ho%73t/"}) {
    CAPTURE(url);
    const Value input = Value::object({{"method", "GET"}, {"url", url}, {"effect", "read"}});
    CHECK(bench.perform(*gate, "shop.request", input, bench.site()).find("invalid: ") == 0);
  }
  CHECK(bench.arrived.empty());
}

TEST_CASE("a header cannot be smuggled in") {
  GateBench bench;
  const auto gate = open_live_gate(bench.border(), {});
  for (const char* headers : {R"({"X-A": "1\r\nX-B: 2"})", R"({"X A": "1"})", R"({"Host": "evil.example"})",
                              R"({"Transfer-Encoding": "chunked"})"}) {
    CAPTURE(headers);
    const Value input =
        Value::object({{"method", "GET"}, {"url", "/"}, {"effect", "read"}, {"headers", *parse_json(headers)}});
    const std::string shown = bench.perform(*gate, "shop.request", input, bench.site());
    CHECK((shown.find("invalid: ") == 0 || shown.find("denied: ") == 0));
  }
  CHECK(bench.arrived.empty());
}

TEST_CASE("an action's own header takes the place of the connection's, and nobody's that of the token") {
  GateBench bench;
  const auto gate = open_live_gate(bench.border(), {});
  const auto header = [&](const char* name) {
    const std::string* found = bench.arrived.back().headers.find(name);
    return found ? *found : "";
  };
  const auto count = [&](const char* name) {
    return std::count_if(bench.arrived.back().headers.begin(), bench.arrived.back().headers.end(),
                         [name](const auto& field) { return lower(field.first) == name; });
  };
  bench.perform(*gate, "shop.tags.list");
  CHECK(header("Version") == "2021-07-28");
  bench.perform(*gate, "shop.tags.list_v3");
  CHECK(header("Version") == "v3");
  CHECK(count("version") == 1);
  bench.perform(
      *gate, "shop.request",
      R"({"method": "GET", "url": "/", "effect": "read", "headers": {"VERSION": "v4", "authorization": "none"}})");
  CHECK(header("Version") == "v4");
  CHECK(header("Authorization") == std::string("Bearer ") + GateBench::token);
  CHECK(count("authorization") == 1);
}

TEST_CASE("nothing is written at a host that the plugin refuses, planned or live, even where only a secret names it") {
  GateBench bench;
  const auto file = bench.folder.write(
      "state/secrets.json", R"({"shop_token": "pit-0123456789", "where": "https://Services.Example.com:8443/a"})");
  std::filesystem::permissions(file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  const auto live = open_live_gate(bench.border(), {});
  const auto plan = open_planning_gate(bench.border(), {});
  for (const char* base_url : {"secret:where", "https://services.example.com", "http://SERVICES.example.com./x?"}) {
    bench.project.connections[0].base_url = base_url;
    for (Gate* gate : {live.get(), plan.get()}) {
      CAPTURE(base_url);
      const std::string shown = bench.perform(*gate, "shop.push", R"({"text": "hello"})");
      CHECK(shown.find("denied: shop.push writes, and connection \"shop\" leads to ") == 0);
      CHECK(shown.find(": there it only reads") != std::string::npos);
      CHECK(gate->record().changes.empty());
    }
  }
}

TEST_CASE("an address that only the run tells is refused as the connection's own would be, and so is the action's") {
  GateBench bench;
  const auto live = open_live_gate(bench.border(), {});
  const auto plan = open_planning_gate(bench.border(), {});
  const auto send = [&](Gate& gate, const char* url, const char* effect) {
    return bench.perform(gate, "shop.request", Value::object({{"method", "POST"}, {"url", url}, {"effect", effect}}),
                         bench.site());
  };
  for (Gate* gate : {live.get(), plan.get()}) {
    CHECK(send(*gate, "https://Services.Example.com/tags", "update") ==
          "denied: shop.request writes, and its address leads to services.example.com: there it only reads");
    CHECK(send(*gate, "https://quiet.example.com/", "update") ==
          "denied: shop.request writes, and its address leads to quiet.example.com: it only listens");
    bench.project.connections[0].base_url = "https://quiet.example.com";
    CHECK(send(*gate, "/tags", "update") ==
          "denied: shop.request writes, and connection \"shop\" leads to quiet.example.com: it only listens");
    bench.project.connections[0].base_url = bench.base();
    CHECK(gate->record().changes.empty());
  }
  CHECK(send(*plan, "https://elsewhere.example.com/", "update").find("denied") == std::string::npos);
}

TEST_CASE("a connection is only for its locations, the run's or the one that a step names") {
  GateBench bench;
  const auto gate = open_live_gate(bench.border(), {});
  const std::string refusal =
      "denied: connection \"shop\" is not for location \"south\" (it has main, north): add it to its locations in "
      "millrace.yaml";
  CallSite site = bench.site();
  site.location = "south";
  CHECK(bench.perform(*gate, "shop.tags.list", Value(Map()), site) == refusal);
  CHECK(bench.perform(*gate, "shop.tags.list", R"({"location_id": "south"})") == refusal);
  CHECK(bench.arrived.empty());
  CHECK(bench.perform(*gate, "shop.tags.list", R"({"location_id": "north"})") == "{}");
  CHECK(bench.requests() == "GET /v1/locations/north/tags\n");
}

TEST_CASE("what is missing in millrace.yaml is said before anything is sent, in a plan too") {
  GateBench bench;
  bench.project.connections[0].token = "secret:absent";
  const auto live = open_live_gate(bench.border(), {});
  const auto plan = open_planning_gate(bench.border(), {});
  for (Gate* gate : {live.get(), plan.get()}) {
    const std::string shown = bench.perform(*gate, "shop.tags.create", R"({"name":"vip"})");
    CHECK(shown.find("not_found: connection \"shop\": no secret \"absent\" (looked in ") == 0);
    CallSite site = bench.site();
    site.connection = "shpo";
    CHECK(bench.perform(*gate, "shop.tags.list", Value(Map()), site) ==
          "not_found: no connection \"shpo\" in millrace.yaml, did you mean \"shop\"?");
    site.connection = "";
    CHECK(bench.perform(*gate, "shop.tags.list", Value(Map()), site) ==
          "invalid: shop.tags.list needs a connection: name one that millrace.yaml has");
    CHECK(gate->record().changes.empty());
  }
  CHECK(bench.arrived.empty());
}

TEST_CASE("a secret that a far side gives back is hidden in outputs and errors") {
  GateBench bench;
  const auto gate = open_live_gate(bench.border(), {});
  bench.answer_in_turn({reply(200, std::string(R"({"tags":[{"name":"Bearer )") + GateBench::token + R"("}]})"),
                        reply(422, std::string(R"({"message":")") + GateBench::token + R"( is not a name"})")});
  CHECK(bench.perform(*gate, "shop.tags.list") == R"({"tags":[{"name":"Bearer secret:shop_token"}]})");
  const std::string shown = bench.perform(*gate, "shop.tags.list");
  CHECK(shown.find("(422: secret:shop_token is not a name)") != std::string::npos);
}

TEST_CASE("a secret at the end of what a message has room for leaves no piece of itself") {
  GateBench bench;
  const auto gate = open_live_gate(bench.border(), {});
  const std::string padding(290, 'x');
  bench.answer_in_turn({reply(422, R"({"message":")" + padding + GateBench::token + "\"}")});
  const std::string shown = bench.perform(*gate, "shop.tags.list");
  CHECK(shown.find(padding + "secret:sho") != std::string::npos);
  CHECK(shown.find("pit-") == std::string::npos);
}

TEST_CASE("a base URL without a path behind it is called as it was written") {
  GateBench bench;
  bench.project.connections[0].base_url = bench.base() + "/hook/?key=1";
  const auto gate = open_live_gate(bench.border(), {});
  CHECK(bench.perform(*gate, "shop.push", R"({"text":"hello"})") == "{}");
  CHECK(bench.requests() == "POST /hook/?key=1 {\"text\":\"hello\"}\n");
  CHECK(bench.perform(*gate, "shop.tags.list") ==
        "invalid: the base_url of connection \"shop\" has a query, so nothing can stand behind it");
}

TEST_CASE("an address that is a secret itself is shown by its handle") {
  GateBench bench;
  const auto file =
      bench.folder.write("state/secrets.json", R"({"hook":")" + bench.base() + R"(/hooks/0a1b2c3d4e5f/"})");
  bench.project.connections[0].base_url = "secret:hook";
  bench.project.connections[0].token = "";
  const auto plan = open_planning_gate(bench.border(), {});
  bench.perform(*plan, "shop.orders.add", R"({"item":"tea"})");
  CHECK(bench.changes(plan->record()) ==
        "step shop.orders.add create [order tea] \"order:tea\" POST \"secret:hook/orders\" {\"item\":\"tea\"}\n");
  const auto live = open_live_gate(bench.border(), {});
  bench.answer_in_turn({reply(404, "")});
  const std::string shown = bench.perform(*live, "shop.orders.add", R"({"item":"tea"})");
  CHECK(bench.requests() == "POST /hooks/0a1b2c3d4e5f/orders {\"item\":\"tea\"}\n");
  CHECK(shown.find("0a1b2c3d4e5f") == std::string::npos);
}

}  // namespace millrace
