#include "gate_bench.hpp"

namespace millrace {

using test::GateBench;
using test::reply;

TEST_CASE("nothing is written at a host that the plugin refuses, planned or live, even where only a secret names it") {
  GateBench bench;
  const auto file = bench.folder.write(
      "state/secrets.json", R"({"shop_token": "pit-0123456789", "where": "https://Services.Example.com:8443/a"})");
  std::filesystem::permissions(file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  const auto live = open_live_gate(bench.outside(), {});
  const auto plan = open_planning_gate(bench.outside(), {});
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
  const auto live = open_live_gate(bench.outside(), {});
  const auto plan = open_planning_gate(bench.outside(), {});
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

TEST_CASE("what is missing in millrace.yaml is said before anything is sent, in a plan too") {
  GateBench bench;
  bench.project.connections[0].token = "secret:absent";
  const auto live = open_live_gate(bench.outside(), {});
  const auto plan = open_planning_gate(bench.outside(), {});
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

TEST_CASE("an address that is a secret itself is shown by its handle") {
  GateBench bench;
  const auto file =
      bench.folder.write("state/secrets.json", R"({"hook":")" + bench.base() + R"(/hooks/0a1b2c3d4e5f/"})");
  bench.project.connections[0].base_url = "secret:hook";
  bench.project.connections[0].token = "";
  const auto plan = open_planning_gate(bench.outside(), {});
  bench.perform(*plan, "shop.orders.add", R"({"item":"tea"})");
  CHECK(bench.changes(plan->record()) ==
        "step shop.orders.add create [order tea] \"order:tea\" POST \"secret:hook/orders\" {\"item\":\"tea\"}\n");
  const auto live = open_live_gate(bench.outside(), {});
  bench.answer_in_turn({reply(404, "")});
  const std::string shown = bench.perform(*live, "shop.orders.add", R"({"item":"tea"})");
  CHECK(bench.requests() == "POST /hooks/0a1b2c3d4e5f/orders {\"item\":\"tea\"}\n");
  CHECK(shown.find("0a1b2c3d4e5f") == std::string::npos);
}

}  // namespace millrace
