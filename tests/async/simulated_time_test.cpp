#include "async/simulated_time.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <thread>

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

Task<void> wait_for_no_news() {
  News news;
  co_await news.wait();
}

/// As a library's thread does, which knows nothing of the loop's time.
Task<void> wait_for_thread(SimulatedTime& time, Loop& loop, std::string& trace) {
  News news;
  time.hold();
  std::thread outside([&loop, &news] { loop.post([&news] { news.announce(); }); });
  co_await news.wait();
  outside.join();
  trace += "thread ";
  time.release();
}

}  // namespace

TEST_SUITE_BEGIN("async");

TEST_CASE("simulated time stands still while another thread is at work, and passes when it is not") {
  SimulatedTime time([] { return Duration(1ms); });
  Loop loop(time);
  Scope scope(loop);
  std::string trace;
  scope.spawn(note_after(trace, 1ms, "soon "));
  scope.spawn(wait_for_thread(time, loop, trace));
  ask(loop, all_of(scope));
  CHECK(trace == "thread soon ");
  CHECK_FALSE(time.held());
}

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

TEST_CASE("in simulated time jobs wait for a free worker, and one that is kept is not free") {
  SimulatedTime time([] { return Duration(1s); }, UINT64_MAX, 2);
  Loop loop(time);
  Scope scope(loop);
  std::string trace;
  loop.on_worker([&] {
    time.keep_worker();
    trace += "kept ";
  });
  for (const char* job : {"one ", "two ", "three "}) scope.spawn(work(loop, trace, job));
  scope.spawn(note_after(trace, 3500ms, "| "));
  ask(loop, all_of(scope));
  CHECK(trace == "kept one two three | ");

  for (const char* job : {"four ", "five "}) scope.spawn(work(loop, trace, job));
  loop.on_worker([&] { time.free_worker(); });
  const auto before = time.now();
  ask(loop, all_of(scope));
  CHECK(time.now() - before <= 3s);
}

TEST_CASE("what waits for ever is found out in simulated time") {
  SimulatedTime time([] { return Duration(1ms); });
  Loop loop(time);
  CHECK_THROWS_AS(ask(loop, wait_for_no_news()), std::logic_error);
}

TEST_CASE("a deadline that is made while no task runs is one of the simulated time, whatever the real clock says") {
  SimulatedTime time([] { return Duration(1ms); });
  Loop loop(time);
  const auto begun = time.now();
  const Deadline before = Deadline::in(10s);
  CHECK_FALSE(before.reached());
  REQUIRE(ask(loop, sleep_until(before)));
  CHECK(time.now() - begun == 10s);
  CHECK(before.reached());
  const Deadline between = Deadline::in(24h);
  REQUIRE(ask(loop, sleep_until(between)));
  CHECK(time.now() - begun == 24h + 10s);
}

TEST_CASE("when its loop has ended, and in a real loop beside it, time is real again") {
  const auto off_by = [] { return std::chrono::abs(std::chrono::steady_clock::now() - steady_now()); };
  SimulatedTime time([] { return Duration(1ms); });
  {
    Loop loop(time);
    std::string trace;
    ask(loop, note_after(trace, 24h * 365 * 50, "years"));
    CHECK(off_by() > 24h);
    Loop real;
    const auto began = std::chrono::steady_clock::now();
    ask(real, note_after(trace, 1ms, "moment"));
    CHECK(std::chrono::steady_clock::now() - began >= 1ms);
    CHECK(steady_now() == time.now());
  }
  CHECK(off_by() < 1min);
}

TEST_SUITE_END();
