#include "service/roster.hpp"

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "runs_and_lanes.hpp"

namespace millrace {

namespace {

using test::beside;
using test::run;
using test::tags;
using enum Whereabouts;

const Lane other{"other"};

const std::vector<Whereabouts> everywhere = {nowhere, coming, called, queued,  held,
                                             moving,  active, aside,  resting, stopped};

const std::map<Whereabouts, std::set<Whereabouts>> ways = {
    {nowhere, {coming, called, queued, held, moving, resting, stopped}},
    {coming, {called, queued, nowhere}},
    {called, {moving, active, nowhere}},
    {queued, {moving, nowhere}},
    {held, {queued, moving, nowhere}},
    {moving, {active, held, stopped, nowhere}},
    {active, {aside, resting, nowhere}},
    {aside, {active}},
    {resting, {moving, stopped, nowhere}},
    {stopped, {moving, nowhere}},
};

/// A run that has come there in the shortest way, behind another one of its lane where it is to wait.
void bring(Roster& roster, RunKey key, const Lane& lane, Whereabouts to) {
  const std::map<Whereabouts, std::vector<Whereabouts>> path = {{active, {moving, active}},
                                                                {aside, {moving, active, aside}}};
  if (to == coming || to == queued) REQUIRE(roster.add(run(1), lane, resting));
  const auto found = path.find(to);
  const std::vector<Whereabouts> steps = found == path.end() ? std::vector{to} : found->second;
  REQUIRE(roster.add(key, lane, steps.front()));
  for (std::size_t i = 1; i < steps.size(); ++i) REQUIRE(roster.move(key, steps[i]));
  REQUIRE(roster.at(key) == to);
}

std::size_t all_counts(const Roster& roster) {
  std::size_t sum = 0;
  for (const Whereabouts where : everywhere) sum += roster.count(where);
  return sum;
}

}  // namespace

TEST_SUITE_BEGIN("service");

TEST_CASE("a run goes only the ways there are, and stays where it is where there is none") {
  for (const Whereabouts from : everywhere) {
    for (const Whereabouts to : everywhere) {
      CAPTURE(static_cast<int>(from));
      CAPTURE(static_cast<int>(to));
      const bool there_is_one = ways.at(from).contains(to);
      CHECK(leads(from, to) == there_is_one);
      Roster roster(10);
      if (from == nowhere) {
        if (to != nowhere) CHECK(roster.add(run(7), tags, to) == there_is_one);
        CHECK_FALSE(roster.move(run(8), to));
        continue;
      }
      bring(roster, run(7), tags, from);
      const std::size_t runs = all_counts(roster), active_before = roster.lanes().active();
      CHECK(roster.move(run(7), to) == there_is_one);
      if (there_is_one) {
        // Where nothing is before it, it need not wait.
        CHECK((roster.at(run(7)) == to || (from == held && to == queued && roster.at(run(7)) == moving)));
        CHECK(all_counts(roster) == runs - (to == nowhere ? 1 : 0));
      } else {
        CHECK(roster.at(run(7)) == from);
        CHECK(roster.count(from) >= 1);
        CHECK(roster.lanes().active() == active_before);
        CHECK(all_counts(roster) == runs);
      }
    }
  }
}

TEST_CASE("a run that is somewhere is not added a second time") {
  for (const Whereabouts where : everywhere) {
    if (where == nowhere) continue;
    Roster roster(10);
    bring(roster, run(7), tags, where);
    const std::size_t active_before = roster.lanes().active(), runs = all_counts(roster);
    for (const Whereabouts again : everywhere) CHECK_FALSE(roster.add(run(7), other, again));
    CHECK(roster.at(run(7)) == where);
    CHECK(*roster.lane_of(run(7)) == tags);
    CHECK(roster.lanes().active() == active_before);
    CHECK(all_counts(roster) == runs);
    CHECK_FALSE(roster.lanes().busy(other));
  }
}

TEST_CASE("whatever way a run has gone, its lane and its place are free when it is gone") {
  for (const auto& [first, nexts] : ways) {
    for (const Whereabouts second : nexts) {
      if (first == nowhere || second == nowhere) continue;
      Roster roster(10);
      bring(roster, run(7), tags, first);
      REQUIRE(roster.move(run(7), second));
      if (roster.at(run(7)) == aside) REQUIRE(roster.move(run(7), active));
      REQUIRE(roster.move(run(7), nowhere));
      if (roster.at(run(1)) != nowhere) REQUIRE(roster.move(run(1), nowhere));
      CHECK(all_counts(roster) == 0);
      CHECK(roster.lanes().active() == 0);
      CHECK(roster.lanes().queued() == 0);
      CHECK_FALSE(roster.lanes().busy(tags));
      CHECK(roster.waiting("tags") == 0);
      CHECK(roster.in_memory("tags") == 0);
      CHECK_FALSE(roster.next());
    }
  }
}

TEST_CASE("a run that need not wait has its turn when it is added, whether its entry is written or not") {
  Roster roster(10);
  CHECK(roster.add(run(1), tags, coming));
  CHECK(roster.at(run(1)) == called);
  CHECK(roster.add(run(2), other, queued));
  CHECK(roster.at(run(2)) == moving);
  CHECK(roster.add(run(3), tags, coming));
  CHECK(roster.at(run(3)) == coming);
  CHECK(roster.add(run(4), other, queued));
  CHECK(roster.at(run(4)) == queued);
}

TEST_CASE("whose turn comes is called while its entry is being written, and moves where that is done") {
  Roster roster(10);
  for (const int n : {1, 2, 3}) CHECK(roster.add(run(n), tags, coming));
  CHECK_FALSE(roster.next());
  CHECK(roster.move(run(3), queued));
  CHECK(roster.move(run(1), nowhere));
  CHECK(roster.next() == run(2));
  CHECK(roster.at(run(2)) == called);
  CHECK(roster.move(run(2), active));
  CHECK_FALSE(roster.next());
  CHECK(roster.move(run(2), nowhere));
  CHECK(roster.next() == run(3));
  CHECK(roster.at(run(3)) == moving);
}

TEST_CASE("a run that rests or waits for those that it called leaves its place to others, and keeps its lane") {
  for (const Whereabouts away : {aside, resting}) {
    Roster roster(1);
    bring(roster, run(1), tags, active);
    CHECK(roster.add(run(2), tags, queued));
    CHECK(roster.add(run(3), beside, queued));
    CHECK_FALSE(roster.next());
    CHECK(roster.move(run(1), away));
    CHECK(roster.next() == run(3));
    CHECK_FALSE(roster.next());
    CHECK(roster.lanes().active() == 1);
    CHECK(roster.move(run(1), away == aside ? active : moving));  // whatever the budget says
    CHECK(roster.lanes().active() == 2);
  }
}

TEST_CASE("a run that a pause holds is in nobody's way, and comes behind those in line when it ends") {
  Roster roster(10);
  CHECK(roster.add(run(1), tags, held));
  CHECK(roster.add(run(2), tags, queued));
  CHECK(roster.at(run(2)) == moving);
  CHECK(roster.move(run(1), queued));
  CHECK(roster.at(run(1)) == queued);
  CHECK(roster.move(run(2), held));
  CHECK(roster.next() == run(1));
}

TEST_CASE("what rests goes on when its time has come, unless somebody was faster") {
  Roster roster(10);
  for (const int n : {1, 2, 3, 4}) CHECK(roster.add(run(n), beside, resting));
  roster.wake_at(run(1), Timestamp{30});
  roster.wake_at(run(2), Timestamp{20});
  roster.wake_at(run(3), Timestamp{10});
  roster.wake_at(run(9), Timestamp{1});  // of nobody
  CHECK(roster.next_wake() == Timestamp{10});
  CHECK_FALSE(roster.due(Timestamp{9}));
  CHECK(roster.move(run(3), moving));
  CHECK(roster.next_wake() == Timestamp{20});
  CHECK(roster.due(Timestamp{25}) == run(2));
  CHECK(roster.at(run(2)) == moving);
  CHECK_FALSE(roster.due(Timestamp{25}));
  roster.make_all_due();
  CHECK(roster.due(Timestamp{25}) == run(1));
  CHECK_FALSE(roster.due(Timestamp{1000}));
  CHECK_FALSE(roster.next_wake());
  CHECK(roster.at(run(4)) == resting);
}

TEST_CASE("a time that was set for a run does not outlive its rest") {
  Roster roster(10);
  CHECK(roster.add(run(1), tags, resting));
  roster.wake_at(run(1), Timestamp{10});
  roster.wake_at(run(1), Timestamp{20});
  CHECK_FALSE(roster.due(Timestamp{15}));
  CHECK(roster.move(run(1), nowhere));
  CHECK_FALSE(roster.next_wake());
  CHECK(roster.add(run(1), tags, resting));
  CHECK_FALSE(roster.due(Timestamp{1000}));
}

TEST_CASE("the roster counts by workflow what is in memory, and what waits in the store") {
  Roster roster(2);
  bring(roster, run(1), beside, active);
  bring(roster, run(2), beside, aside);
  CHECK(roster.add(run(3), beside, moving));
  CHECK(roster.add(run(4), beside, queued));
  CHECK(roster.add(run(5), beside, held));
  CHECK(roster.add(run(6), beside, coming));
  CHECK(roster.in_memory("beside") == 2);
  CHECK(roster.waiting("beside") == 2);
  CHECK(roster.waiting("tags") == 0);
  CHECK(roster.all(held) == std::vector{run(5)});
}

TEST_CASE("a run tells once that it was under way when the engine died, wherever it has been since") {
  Roster roster(10);
  CHECK(roster.add(run(1), tags, held));
  roster.bereave(run(1));
  roster.bereave(run(2));
  CHECK(roster.move(run(1), queued));
  CHECK(roster.take_bereaved(run(1)));
  CHECK_FALSE(roster.take_bereaved(run(1)));
  CHECK_FALSE(roster.take_bereaved(run(2)));
}

TEST_CASE("who keeps the others of a lane from beginning is known where these go one at a time") {
  Roster roster(10);
  CHECK_FALSE(roster.lanes().ahead_in(tags));
  bring(roster, run(1), tags, aside);
  bring(roster, run(2), beside, aside);
  CHECK(roster.lanes().ahead_in(tags) == run(1));
  CHECK_FALSE(roster.lanes().ahead_in(beside));
  CHECK(roster.add(run(3), tags, queued));
  CHECK(roster.lanes().ahead_in(tags) == run(1));
  CHECK(roster.move(run(1), active));
  CHECK(roster.move(run(1), nowhere));
  CHECK_FALSE(roster.lanes().ahead_in(tags));
  CHECK(roster.next() == run(3));
  CHECK(roster.lanes().ahead_in(tags) == run(3));
}

TEST_SUITE_END();

}  // namespace millrace
