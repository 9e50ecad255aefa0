#include "service/lane.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "held_runs.hpp"
#include "journal/keys.hpp"
#include "value/json.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using test::hold_all;
using test::let_go;
using test::ServiceBench;

namespace {

/// What may be taken for something else where a lane is written down.
const std::vector<std::string> odd_names = {"|", "a\n|", "\n|", "\n", "", " ", "flow", "other", "null", "a\nb"};

std::vector<std::string> odd_keys() {
  std::vector<std::string> keys = odd_names;
  keys.push_back(std::string("nothing\0behind", 14));
  keys.push_back(std::string(1, '\0'));
  keys.push_back(std::string(200'000, 'k') + "\n|");
  return keys;
}

Lane read_back(const Lane& lane) {
  RunHead head;
  head.workflow = lane.workflow;
  head.lane = stored_lane(lane);
  return lane_of(head);
}

std::string flow_on(const std::string& hook, const std::string& concurrency) {
  return "mode: live\nconcurrency: " + concurrency + "\ntriggers:\n  - {webhook: " + hook +
         ", verify: public}\nactions:\n  - {action: shop.add, with: {op: \"${{ string(event.n) }}\"}}\n";
}

const std::string by_key = "{queued: {key: event.key}}";

std::string keyed(const std::string& key, int n) { return "{\"key\": " + key + ", \"n\": " + std::to_string(n) + "}"; }

/// A second life of the service, and then a pause during which the first run ends.
void live_on(ServiceBench& bench, const std::string& workflow, bool pause) {
  bench.restart();
  bench.pass(1s);
  CHECK(bench.workflow(workflow).active == 1);
  CHECK(bench.workflow(workflow).queued == 2);
  if (!pause) return;
  REQUIRE(test::ask(bench.loop, bench.service->pause(workflow, "somebody")));
  let_go(bench);
  bench.pass(10s);
  CHECK(bench.workflow(workflow).active == 0);
  hold_all(bench);
  REQUIRE(test::ask(bench.loop, bench.service->resume(workflow, "somebody")));
  bench.pass(1s);
  CHECK(bench.workflow(workflow).active == 1);
  CHECK(bench.workflow(workflow).queued == 1);
}

}  // namespace

TEST_SUITE_BEGIN("service");

TEST_CASE(
    "a lane that is written down is the same when it is read back, whatever its workflow and its key are called") {
  std::map<std::string, std::vector<Lane>> by_text;  // of one workflow
  for (const std::string& workflow : odd_names) {
    if (workflow.empty()) continue;
    std::vector<Lane> lanes = {{workflow, Lane::Kind::parallel}, {workflow, Lane::Kind::exclusive}};
    for (const std::string& key : odd_keys()) lanes.push_back({workflow, Lane::Kind::keyed, key});
    by_text.clear();
    for (const Lane& lane : lanes) {
      CAPTURE(encode_json(Value(lane.workflow)));
      CAPTURE(encode_json(Value(lane.key.substr(0, 20))));
      CHECK(read_back(lane) == lane);
      by_text[stored_lane(lane)].push_back(lane);
    }
    CHECK(by_text.size() == lanes.size());
  }
}

TEST_CASE("lanes of the stores there are have kept their text") {
  CHECK(stored_lane({"flow", Lane::Kind::parallel}).empty());
  CHECK(stored_lane({"flow", Lane::Kind::exclusive}) == "flow");
  CHECK(stored_lane({"flow", Lane::Kind::keyed, "c-7"}) == "flow\nc-7");
  CHECK(stored_lane({"flow", Lane::Kind::keyed, ""}) == "flow\n");
}

TEST_CASE("runs of one key go one at a time over restarts and pauses, whatever the key is") {
  std::vector<std::string> keys = {"null", "7", "1.5", "true", "[1, \"|\"]", "{\"|\": \"\"}"};
  for (const std::string& key : odd_keys()) keys.push_back(encode_json(Value(key)));
  for (const std::string& key : keys) {
    CAPTURE(key.substr(0, 40));
    ServiceBench bench({{"flow", flow_on("flow", by_key)}});
    hold_all(bench);
    for (int n = 0; n < 3; ++n) bench.delivered("flow", keyed(key, n));
    live_on(bench, "flow", true);
    bench.restart();
    bench.pass(1s);
    CHECK(bench.workflow("flow").active == 1);
    let_go(bench);
    bench.settle();
    CHECK(bench.outcomes() == std::map<std::string, int>{{"completed", 3}});
  }
}

TEST_CASE("runs that were left out and are tried again go one at a time, whatever their key is") {
  for (const char* key : {"\"|\"", "\"a\\n|\"", "\"\"", "null"}) {
    CAPTURE(key);
    ServiceBench bench({{"flow", flow_on("flow", by_key)}});
    REQUIRE(test::ask(bench.loop, bench.service->pause("flow", "somebody")));
    std::vector<std::string> runs;
    for (int n = 0; n < 3; ++n) runs.push_back(bench.delivered("flow", keyed(key, n)).front());
    REQUIRE(test::ask(bench.loop, bench.service->resume("flow", "somebody")));
    hold_all(bench);
    for (const std::string& run : runs)
      REQUIRE(test::ask(bench.loop, bench.service->retry(*parse_run_key(run), "", "somebody")));
    bench.pass(1s);
    CHECK(bench.workflow("flow").active == 1);
    CHECK(bench.workflow("flow").queued == 2);
    let_go(bench);
    bench.settle();
    CHECK(bench.outcomes() == std::map<std::string, int>{{"completed", 3}});
  }
}

TEST_CASE("runs of a workflow whose file has an odd name go one at a time, beside those of others, over a restart") {
  for (const std::string& id : std::vector<std::string>{"|", "a\n|", "flow\n|", "flow\n"}) {
    CAPTURE(encode_json(Value(id)));
    ServiceBench bench({{"flow", flow_on("flow", by_key)}});
    bench.folder.write("workflows/" + id + ".yaml", "version: 1\nname: odd\n" + flow_on("odd", "queued"));
    test::ask(bench.loop, bench.service->reload("ada"));
    REQUIRE(bench.workflow(id).problem.empty());
    hold_all(bench);
    for (int n = 0; n < 3; ++n) bench.delivered("odd", keyed("\"\"", n));
    for (const char* key : {"\"|\"", "\"\"", "null"}) bench.delivered("flow", keyed(key, 3));
    bench.pass(1s);
    CHECK(bench.workflow("flow").active == 3);  // each key has its own
    live_on(bench, id, false);
    CHECK(bench.workflow("flow").active == 3);
    REQUIRE(test::ask(bench.loop, bench.service->pause("flow", "somebody")));
    let_go(bench);
    bench.settle();
    CHECK(bench.outcomes() == std::map<std::string, int>{{"completed", 6}});
  }
}

TEST_CASE("runs whose key was read from a store that goes on after a backup go one at a time") {
  ServiceBench bench({{"flow", flow_on("flow", by_key)}});
  hold_all(bench);
  for (int n = 0; n < 3; ++n) bench.delivered("flow", keyed("\"|\"", n));
  const std::string owner = "engine", key = "restored";
  Entry restored;
  restored.states.push_back({owner, key, Value::object({{"by", "restore"}})});
  REQUIRE(test::ask(bench.loop, bench.store->journal().commit(std::move(restored))));
  bench.restart();
  for (int n = 3; n < 6; ++n) bench.delivered("flow", keyed("\"|\"", n));
  bench.pass(1s);
  CHECK(bench.workflow("flow").active == 0);
  CHECK(bench.workflow("flow").queued == 5);
  REQUIRE(test::ask(bench.loop, bench.service->resume("", "somebody")));
  bench.pass(1s);
  CHECK(bench.workflow("flow").active == 1);
  CHECK(bench.workflow("flow").queued == 5);
  let_go(bench);
  bench.settle();
  CHECK(bench.outcomes() == std::map<std::string, int>{{"completed", 6}});
}

TEST_SUITE_END();
