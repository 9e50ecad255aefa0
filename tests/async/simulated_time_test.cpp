#include "async/simulated_time.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "ask.hpp"
#include "async/loop.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using test::ask;

namespace {

Task<void> note_after(std::string& trace, Duration wait, const char* what) {
  co_await sleep_for(wait);
  trace += what;
}

Task<void> work(Loop& loop, std::string& trace, const char* what) {
  std::function<void()> job = [&trace, what] { trace += what; };
  co_await finish_on_worker(loop, std::move(job));
}

Task<void> all_of(Scope& scope) { co_await scope.done(); }

Task<void> wait_for_ever() {
  News news;
  co_await news.wait();
}

}  // namespace

TEST_SUITE_BEGIN("async");

TEST_CASE("simulated time jumps to what comes next, and nothing comes early") {
  SimulatedTime time([] { return Duration(1ms); });
  Loop loop(time);
  Scope scope(loop);
  std::string trace;
  const auto before = time.now();
  scope.spawn(note_after(trace, 48h, "days "));
  scope.spawn(note_after(trace, 2s, "seconds "));
  scope.spawn(note_after(trace, 0s, "now "));
  ask(loop, all_of(scope));
  CHECK(trace == "now seconds days ");
  CHECK(time.now() - before == 48h);
}

TEST_CASE("in simulated time a worker's job takes as long as it is told to") {
  Duration takes = 5s;
  SimulatedTime time([&takes] { return takes; });
  Loop loop(time);
  Scope scope(loop);
  std::string trace;
  scope.spawn(work(loop, trace, "job "));
  scope.spawn(note_after(trace, 4s, "before "));
  scope.spawn(note_after(trace, 6s, "behind "));
  ask(loop, all_of(scope));
  CHECK(trace == "before job behind ");
}

TEST_CASE("what waits for ever is found out in simulated time") {
  SimulatedTime time([] { return Duration(1ms); });
  Loop loop(time);
  CHECK_THROWS_AS(ask(loop, wait_for_ever()), std::logic_error);
}

TEST_CASE("outside of the loop time is real again") {
  SimulatedTime time([] { return Duration(1ms); });
  Loop loop(time);
  std::string trace;
  ask(loop, note_after(trace, 1s, "done"));
  CHECK(std::chrono::steady_clock::now() - steady_now() < 1min);
}

TEST_SUITE_END();
