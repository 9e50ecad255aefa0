#include "service/lanes.hpp"

#include <doctest/doctest.h>

#include "runs_and_lanes.hpp"

namespace millrace {

namespace {

using test::run;
using test::tags;

const Lane others{"others"};

Lane lane_beside(const std::string& workflow) { return {workflow, Lane::Kind::parallel}; }

}  // namespace

TEST_SUITE_BEGIN("service");

TEST_CASE("runs of one lane go one at a time, in the order of their coming") {
  Lanes lanes(10);
  CHECK(lanes.enter(tags, run(1)));
  CHECK_FALSE(lanes.enter(tags, run(2)));
  CHECK_FALSE(lanes.enter(tags, run(3)));
  CHECK_FALSE(lanes.next());
  lanes.leave(tags);
  CHECK(lanes.next() == run(2));
  CHECK_FALSE(lanes.next());
  lanes.leave(tags);
  CHECK(lanes.next() == run(3));
}

TEST_CASE("a run that comes when the lane has just become free does not overtake those that wait") {
  Lanes lanes(10);
  CHECK(lanes.enter(tags, run(1)));
  CHECK_FALSE(lanes.enter(tags, run(2)));
  lanes.leave(tags);
  CHECK_FALSE(lanes.enter(tags, run(3)));
  CHECK(lanes.next() == run(2));
}

TEST_CASE("lanes take turns, so a long queue in one does not hold up the others") {
  Lanes lanes(1);
  CHECK(lanes.enter(lane_beside("long"), run(1)));
  for (int i = 2; i < 100; ++i) CHECK_FALSE(lanes.enter(lane_beside("long"), run(i)));
  CHECK_FALSE(lanes.enter(Lane{"short"}, run(100)));
  lanes.leave(lane_beside("long"));
  CHECK(lanes.next() == run(2));
  lanes.leave(lane_beside("long"));
  CHECK(lanes.next() == run(100));
}

TEST_CASE("no more runs are active than the budget allows") {
  Lanes lanes(2);
  CHECK(lanes.enter(lane_beside("a"), run(1)));
  CHECK(lanes.enter(lane_beside("b"), run(2)));
  CHECK_FALSE(lanes.enter(lane_beside("c"), run(3)));
  CHECK_FALSE(lanes.next());
  CHECK(lanes.active() == 2);
  lanes.leave(lane_beside("a"));
  CHECK(lanes.next() == run(3));
}

TEST_CASE("a run that waits for long is not active, but its lane stays taken") {
  Lanes lanes(1);
  CHECK(lanes.enter(tags, run(1)));
  lanes.rest();
  CHECK_FALSE(lanes.enter(tags, run(2)));
  CHECK(lanes.enter(others, run(3)));
  lanes.leave(others);
  lanes.wake();
  lanes.leave(tags);
  CHECK(lanes.next() == run(2));
}

TEST_CASE("a queued run that is called off leaves no trace") {
  Lanes lanes(10);
  CHECK(lanes.enter(tags, run(1)));
  CHECK_FALSE(lanes.enter(tags, run(2)));
  CHECK_FALSE(lanes.enter(tags, run(3)));
  CHECK(lanes.withdraw(tags, run(2)));
  CHECK_FALSE(lanes.withdraw(tags, run(2)));
  lanes.leave(tags);
  CHECK(lanes.next() == run(3));
  lanes.leave(tags);
  CHECK_FALSE(lanes.busy(tags));
  CHECK(lanes.queued() == 0);
}

TEST_SUITE_END();

}  // namespace millrace
