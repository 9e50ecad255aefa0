#include "run_bench.hpp"

#include "value/time.hpp"

namespace millrace {

using test::RunBench;

namespace {

constexpr const char* one_write = "  - action: note.write\n    with: {text: hi}\n";

BudgetLane lane_of(RunBench& bench, const std::string& event = "{}") {
  CHECK(bench.run(event).outcome == RunOutcome::completed);
  REQUIRE(bench.gate.lanes.size() == 1);
  return bench.gate.lanes.front();
}

std::string due_before(const RunBench& bench, std::int64_t seconds) {
  Timestamp due = bench.clock->now();
  due.seconds -= seconds;
  return R"({"scheduled_at": ")" + render(due) + R"("})";
}

}  // namespace

TEST_CASE("the requests of whoever waits go first, then what begins by itself, then what makes up for lost time") {
  RunBench by_hand(one_write), at_terminal(one_write), in_time(one_write), late(one_write), webhook(one_write);
  by_hand.trigger = "manual";
  CHECK(lane_of(by_hand) == BudgetLane::interactive);
  at_terminal.foreground = true;
  CHECK(lane_of(at_terminal) == BudgetLane::interactive);
  in_time.trigger = late.trigger = "schedule";
  CHECK(lane_of(in_time, due_before(in_time, 2)) == BudgetLane::scheduled);
  CHECK(lane_of(late, due_before(late, 3600)) == BudgetLane::backfill);
  webhook.trigger = "webhook";
  CHECK(lane_of(webhook) == BudgetLane::scheduled);
}

TEST_CASE("a sender who waits for the answer waits for its requests, too") {
  RunBench bench(one_write, "  - webhook: ask\n    verify: public\n    respond: wait\n");
  bench.trigger = "webhook";
  CHECK(lane_of(bench) == BudgetLane::interactive);
}

}  // namespace millrace
