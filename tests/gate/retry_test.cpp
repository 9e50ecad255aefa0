#include "gate_bench.hpp"

namespace millrace {

using namespace std::chrono_literals;
using test::dropped;
using test::GateBench;
using test::reply;

TEST_CASE("a write whose answer is lost is unsure and not sent again") {
  GateBench bench;
  const auto gate = open_live_gate(bench.outside(), {});
  std::string why;
  SUBCASE("dropped") {
    bench.answer_in_turn({dropped()});
    why = "HOST closed the connection without an answer";
  }
  SUBCASE("half an answer") {
    OutgoingResponse half = reply(200, R"({"tag":{"id":"1","name":"vip"}})");
    half.truncate_body_to = 5;
    bench.answer_in_turn({half});
    why = "HOST closed the connection in the middle of its answer";
  }
  CHECK(bench.perform(*gate, "shop.tags.create", R"({"name":"vip"})") ==
        "unsure: " + why +
            ": it is not known whether this was done: create tag vip; look there before you do it again");
  CHECK(bench.arrived.size() == 1);
  CHECK(gate->record().writes == 1);
  CHECK(gate->record().changes.size() == 1);
}

TEST_CASE("no answer in time makes a write unsure, and a read is tried once more") {
  GateBench bench;
  bench.options.request_timeout = 100ms;
  const auto gate = open_live_gate(bench.outside(), {});
  bench.hold = true;
  // Not the figure: on a machine with much to do, some of the time is over before the request leaves.
  const std::string unsure = bench.perform(*gate, "shop.tags.create", R"({"name":"vip"})");
  CHECK(unsure.find("unsure: no answer from HOST within ") == 0);
  CHECK(unsure.find("ms: it is not known whether this was done: create tag vip; look there before you do it again") !=
        std::string::npos);
  CHECK(bench.arrived.size() == 1);
  CHECK(bench.perform(*gate, "shop.tags.list").find("timeout: no answer from HOST within ") == 0);
  CHECK(bench.arrived.size() == 3);
}

TEST_CASE("a deletion that is tried again and finds nothing has succeeded") {
  GateBench bench;
  const auto gate = open_live_gate(bench.outside(), {});
  bench.answer_in_turn({dropped(), reply(404, "")});
  CHECK(bench.perform(*gate, "shop.tags.delete", R"({"tag_id":"1"})") == "null");
  CHECK(gate->record().changes.size() == 1);

  bench.answer_in_turn({reply(404, "")});
  CHECK(bench.perform(*gate, "shop.tags.delete", R"({"tag_id":"1"})").substr(0, 10) == "not_found:");
  CHECK(gate->record().changes.size() == 1);
}

}  // namespace millrace
