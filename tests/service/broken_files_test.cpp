#include <doctest/doctest.h>

#include <filesystem>
#include <utility>

#include "service_bench.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using test::ServiceBench;

namespace {

std::string telling(const std::string& op, const std::string& trigger = "{webhook: flow, verify: public}") {
  return "version: 1\nname: flow\nmode: live\ntriggers:\n  - " + trigger +
         "\nactions:\n  - {action: shop.add, with: {op: " + op + "}}\n";
}

const std::map<std::string, std::string> no_flow = {
    {"other", "mode: live\ntriggers: [manual]\nactions: [{action: shop.items}]\n"}};

struct Flow : ServiceBench {
  explicit Flow(const std::string& text) : ServiceBench(no_flow) { rewrite(text); }

  void rewrite(const std::string& text) { ServiceBench::rewrite("flow", text); }
  void rewrite_while_stopped(const std::string& text) {
    stop();
    folder.write("workflows/flow.yaml", text);
    start();
  }
  /// What the far side gets of a delivery; the status where it is refused.
  std::string tells(const std::string& path = "flow") {
    const std::size_t before = far_side.arrived.size();
    const OutgoingResponse answer = deliver(path, "{}");
    if (answer.status != 202) return std::to_string(answer.status);
    settle();
    return far_side.arrived.size() > before ? far_side.arrived.back() : "nothing";
  }
};

const std::string good_flow = telling("first");

}  // namespace

TEST_SUITE_BEGIN("service");

TEST_CASE("of two files of one id the .yaml is served, and the other one is an alarm for as long as it is there") {
  Flow bench(telling("a"));
  const auto second = [&](const std::string& text) {
    bench.folder.write("workflows/flow.yml", text);
    return test::ask(bench.loop, bench.service->reload("ada"));
  };
  const std::string told = "workflows/flow.yml: error: \"flow\" is the id of flow.yaml already";
  const auto changes = second(telling("b", "{webhook: flow-yml, verify: public}"));
  REQUIRE(changes.size() == 1);
  CHECK(changes.front().starts_with(told));
  CHECK(test::ask(bench.loop, bench.service->reload("ada")).empty());
  CHECK(bench.alarms().starts_with("workflow flow: " + told));
  CHECK(bench.workflow("flow").problem.starts_with(told));
  CHECK(bench.tells() == "POST/add {\"op\":\"a\"}");
  CHECK(bench.tells("flow-yml") == "404");
  bench.rewrite(telling("c"));
  CHECK(bench.tells() == "POST/add {\"op\":\"c\"}");
  bench.restart();
  bench.pass(10s);
  CHECK(bench.alarms().starts_with("workflow flow: " + told));
  CHECK(bench.tells() == "POST/add {\"op\":\"c\"}");
  bench.rewrite("version: 1\n");
  CHECK(bench.alarms().starts_with("workflow flow: its file is broken, and the version before it is live: "));
  CHECK(bench.tells() == "POST/add {\"op\":\"c\"}");
  bench.rewrite(telling("c"));
  std::filesystem::remove(bench.folder.path() / "workflows/flow.yml");
  test::ask(bench.loop, bench.service->reload("ada"));
  CHECK(bench.alarms().empty());
  CHECK(bench.workflow("flow").problem.empty());
}

TEST_CASE(
    "a workflow whose file is broken when the service starts goes on with its last good version, and it is told") {
  for (const std::string& broken :
       {std::string("version: 1\nname: [\n"), std::string(), telling("first") + "nonsense: 1\n",
        std::string("\x01\x02"), telling("first", "{webhook: flow}"),
        telling("first", "{webhook: elsewhere, verify: nobody}"),
        std::string("version: 1\nname: flow\nactions: [{action: shop.gone}]\n")}) {
    CAPTURE(broken);
    Flow flow(good_flow);
    CHECK(flow.tells() == "POST/add {\"op\":\"first\"}");
    flow.rewrite_while_stopped(broken);
    for (int start = 0; start < 2; ++start) {
      CHECK(flow.tells() == "POST/add {\"op\":\"first\"}");
      CHECK_FALSE(flow.workflow("flow").problem.empty());
      CHECK(flow.alarms().starts_with("workflow flow: its file is broken, and the version before it is live: "));
      flow.restart();
    }
    flow.rewrite_while_stopped(telling("second"));
    CHECK(flow.tells() == "POST/add {\"op\":\"second\"}");
    CHECK(flow.workflow("flow").problem.empty());
    CHECK(flow.alarms().empty());
  }
}

TEST_CASE("a link that leads nowhere, or round in a circle, is a broken file") {
  for (const char* target : {"nowhere.yaml", "flow.yaml"}) {
    CAPTURE(target);
    Flow flow(good_flow);
    CHECK(flow.tells() == "POST/add {\"op\":\"first\"}");
    const auto file = flow.folder.path() / "workflows/flow.yaml";
    for (const bool while_stopped : {false, true}) {
      CAPTURE(while_stopped);
      if (while_stopped) flow.stop();
      std::filesystem::remove(file);
      std::filesystem::create_symlink(target, file);
      if (while_stopped) {
        flow.start();
      } else {
        test::ask(flow.loop, flow.service->reload("ada"));
      }
      CHECK(flow.tells() == "POST/add {\"op\":\"first\"}");
      CHECK(flow.alarms().starts_with("workflow flow: its file is broken, and the version before it is live: "));
    }
    std::filesystem::remove(file);
    flow.rewrite(telling("second"));
    CHECK(flow.tells() == "POST/add {\"op\":\"second\"}");
    CHECK(flow.alarms().empty());
  }
}

TEST_CASE("the version that goes on is the last good one, also where it was there before") {
  Flow flow(good_flow);
  flow.rewrite(telling("second"));
  flow.rewrite(good_flow);
  flow.rewrite("broken: [");
  flow.restart();
  CHECK(flow.tells() == "POST/add {\"op\":\"first\"}");
  flow.rewrite(telling("third"));
  CHECK(flow.tells() == "POST/add {\"op\":\"third\"}");
  CHECK(flow.alarms().empty());
}

TEST_CASE("schedules go on as well") {
  Flow flow(telling("tick", "{schedule: every 10 minutes}"));
  flow.rewrite_while_stopped("broken: [");
  flow.pass(11min);
  flow.settle();
  CHECK(flow.far_side.arrived == std::vector<std::string>{"POST/add {\"op\":\"tick\"}"});
  CHECK(flow.workflow("flow").next);
}

TEST_CASE("a file that is gone is no broken one: it was taken away on purpose, and does not come back by itself") {
  Flow flow(good_flow);
  flow.stop();
  std::filesystem::remove(flow.folder.path() / "workflows/flow.yaml");
  flow.start();
  CHECK(flow.tells() == "404");
  flow.rewrite("broken: [");
  CHECK(flow.tells() == "404");
  flow.restart();
  CHECK(flow.tells() == "404");
  CHECK(flow.alarms().starts_with("workflow flow: its file is broken: "));
}

TEST_CASE("a file whose tree was kept is checked anew: what it needs may be gone from the project or from a plugin") {
  Flow flow(good_flow);
  flow.restart();
  CHECK(flow.alarms().empty());
  const auto connections = std::exchange(flow.project.connections, {});
  flow.restart();
  CHECK(flow.alarms().find("workflow flow: its file is broken, and the version before it is live: ") !=
        std::string::npos);
  flow.project.connections = connections;
  flow.restart();
  CHECK(flow.alarms().empty());
  flow.catalog.refuse("shop", {ErrorCode::invalid, "it was taken away"});
  flow.restart();
  CHECK_FALSE(flow.workflow("flow").problem.empty());
}

TEST_CASE("where a plugin is gone, deliveries are kept or come again, and none is refused for good") {
  Flow flow(good_flow);
  flow.folder.write("workflows/sale.yaml", telling("sale", "{trigger: shop.sold, verify: public}"));
  test::ask(flow.loop, flow.service->reload("ada"));
  flow.stop();
  std::filesystem::remove_all(flow.folder.path() / "plugins/shop");
  flow.catalog = Catalog::load(flow.folder.path() / "plugins", flow.folder.path() / "none");
  flow.start();
  CHECK(flow.tells() == "nothing");
  CHECK(flow.outcomes("flow") == std::map<std::string, int>{{"failed", 1}});
  CHECK(flow.tells("sale") == "503");
}

TEST_SUITE_END();
