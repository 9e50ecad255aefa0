#include "service/custody.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "async/simulated_time.hpp"
#include "runs_and_lanes.hpp"

namespace millrace {

namespace {

using namespace std::chrono_literals;
using test::run;

Task<void> hold_for(Custody& custody, RunKey run, Duration time, std::string name, std::vector<std::string>& told) {
  const bool mine = co_await custody.hold(run);
  told.push_back(name + (mine ? " holds" : " is called off"));
  if (!mine) co_return;
  co_await sleep_for(time);
  told.push_back(name + " lets go");
  custody.release(run);
}

struct Hall {
  SimulatedTime time{[] { return Duration::zero(); }};
  Loop loop{time};
  Custody custody;
  std::vector<std::string> told;
};

}  // namespace

TEST_SUITE_BEGIN("service");

TEST_CASE("one at a time holds a run, and others hold other runs meanwhile") {
  Hall hall;
  hall.loop.run([](Hall& in) -> Task<void> {
    Scope scope(in.loop);
    CHECK(in.custody.hold_free(run(1)));
    CHECK_FALSE(in.custody.hold_free(run(1)));
    scope.spawn(hold_for(in.custody, run(1), 3s, "first", in.told));
    scope.spawn(hold_for(in.custody, run(1), 3s, "second", in.told));
    scope.spawn(hold_for(in.custody, run(2), 1s, "other", in.told));
    co_await sleep_for(2s);
    in.custody.release(run(1));
    co_await scope.done();
  }(hall));
  CHECK(hall.told == std::vector<std::string>{"other holds", "other lets go", "first holds", "first lets go",
                                              "second holds", "second lets go"});
  CHECK(hall.custody.hold_free(run(1)));
}

TEST_CASE("who waits for a run can be called off, and it is free for others") {
  Hall hall;
  hall.loop.run([](Hall& in) -> Task<void> {
    Scope scope(in.loop);
    CHECK(in.custody.hold_free(run(1)));
    scope.spawn(hold_for(in.custody, run(1), 1s, "first", in.told));
    co_await sleep_for(1s);
    co_await scope.stop();
    in.custody.release(run(1));
  }(hall));
  CHECK(hall.told == std::vector<std::string>{"first is called off"});
  CHECK(hall.custody.hold_free(run(1)));
}

TEST_SUITE_END();

}  // namespace millrace
