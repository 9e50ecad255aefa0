#include "async/loop.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "ask.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using test::ask;

namespace {

std::chrono::steady_clock::time_point now() { return std::chrono::steady_clock::now(); }

/// Holds worker threads until as many have come as were expected, or opens by hand.
class Barrier {
 public:
  explicit Barrier(int expected) : missing_(expected) {}
  void arrive() {
    std::unique_lock lock(mutex_);
    if (--missing_ <= 0) changed_.notify_all();
    changed_.wait(lock, [this] { return missing_ <= 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int missing_;
};

Task<void> note(std::string& trace, char letter) {
  trace += letter;
  co_return;
}

Task<void> sleep_and_note(std::string& trace, Duration duration) {
  const bool slept = co_await sleep_for(duration);
  trace += slept ? "slept " : "woken ";
}

Task<void> wait_and_note(std::string& trace, News& news, char letter) {
  const bool heard = co_await news.wait();
  trace += heard ? letter : '-';
}

Task<void> stop(Scope& scope) { co_await scope.stop(); }

}  // namespace

TEST_SUITE_BEGIN("async");

TEST_CASE("sleeping is never early") {
  Loop loop;
  const auto begin = now();
  CHECK(ask(loop, sleep_for(20ms)));
  CHECK(now() - begin >= 20ms);
  CHECK(ask(loop, sleep_until(Deadline(begin))));
}

TEST_CASE("whoever spawns goes on first, and tasks start in their order") {
  Loop loop;
  Scope scope(loop);
  std::string trace;
  scope.spawn(note(trace, 'a'));
  scope.spawn(note(trace, 'b'));
  trace += '.';
  CHECK(scope.running() == 2);
  ask(loop, scope.done());
  CHECK(trace == ".ab");
  CHECK(scope.running() == 0);
}

TEST_CASE("stopping a scope wakes sleepers and those who wait for news, and returns when all have ended") {
  Loop loop;
  Scope scope(loop);
  News news;
  std::string trace;
  scope.spawn(sleep_and_note(trace, 1h));
  scope.spawn(wait_and_note(trace, news, 'n'));
  ask(loop, sleep_for(1ms));
  const auto begin = now();
  ask(loop, stop(scope));
  CHECK(trace == "woken -");
  CHECK(now() - begin < 10s);
  CHECK(scope.running() == 0);
}

TEST_CASE("a task that was spawned just before the stop learns of it") {
  Loop loop;
  Scope scope(loop);
  std::string trace;
  scope.spawn(sleep_and_note(trace, 1h));
  ask(loop, stop(scope));
  CHECK(trace == "woken ");
}

namespace {

Task<void> wait_for_ever(int& rounds, News& news) {
  for (;;) {
    ++rounds;
    co_await news.wait();
    co_await sleep_for(0s);
  }
}

Task<void> note_cancelled(std::string& trace) {
  co_await sleep_for(1h);
  const bool told = co_await cancelled();
  trace += told ? "cancelled" : "not cancelled";
}

}  // namespace

TEST_CASE("a task that never looks whether it is cancelled ends all the same") {
  Loop loop;
  Scope scope(loop);
  News news;
  int rounds = 0;
  scope.spawn(wait_for_ever(rounds, news));
  ask(loop, sleep_for(1ms));
  ask(loop, stop(scope));
  CHECK(rounds == 1);
}

TEST_CASE("a task can ask whether it is cancelled") {
  Loop loop;
  Scope scope(loop);
  std::string trace;
  scope.spawn(note_cancelled(trace));
  ask(loop, sleep_for(1ms));
  ask(loop, stop(scope));
  CHECK(trace == "cancelled");
  CHECK_FALSE(ask(loop, cancelled()));
}

namespace {

Task<void> clean_up(Scope& inner, std::string& trace) {
  const bool undisturbed = co_await sleep_for(1h);
  trace += undisturbed ? "slept " : "told ";
  co_await inner.stop();
  trace += "cleaned";
}

Task<void> wait_for_inner(Scope& inner, std::string& trace) {
  co_await inner.done();
  trace += "inner ended";
}

}  // namespace

TEST_CASE("a cancelled task may still stop the scopes it owns") {
  Loop loop;
  Scope outer(loop);
  Scope inner(loop);
  std::string trace;
  std::string inner_trace;
  inner.spawn(sleep_and_note(inner_trace, 1h));
  outer.spawn(clean_up(inner, trace));
  ask(loop, sleep_for(1ms));
  ask(loop, stop(outer));
  CHECK(trace == "told cleaned");
  CHECK(inner_trace == "woken ");
}

TEST_CASE("cancelling a task that waits for a scope cancels that scope") {
  Loop loop;
  Scope outer(loop);
  Scope inner(loop);
  std::string trace;
  inner.spawn(sleep_and_note(trace, 1h));
  outer.spawn(wait_for_inner(inner, trace));
  ask(loop, sleep_for(1ms));
  ask(loop, stop(outer));
  CHECK(trace == "woken inner ended");
}

TEST_CASE("a scope can be used again after it was stopped") {
  Loop loop;
  Scope scope(loop);
  std::string trace;
  ask(loop, stop(scope));
  scope.spawn(sleep_and_note(trace, 1ms));
  ask(loop, scope.done());
  CHECK(trace == "slept ");
}

TEST_CASE("news wake every waiter, and are remembered once when nobody waits") {
  Loop loop;
  Scope scope(loop);
  News news;
  std::string trace;
  scope.spawn(wait_and_note(trace, news, 'a'));
  scope.spawn(wait_and_note(trace, news, 'b'));
  ask(loop, sleep_for(1ms));
  CHECK(trace.empty());
  news.announce();
  ask(loop, scope.done());
  CHECK(trace == "ab");

  news.announce();
  news.announce();
  CHECK(ask(loop, news.wait()));
  const auto begin = now();
  CHECK(ask(loop, news.wait(Deadline::in(20ms))));
  CHECK(now() - begin >= 20ms);
}

namespace {

Task<void> run_jobs(Loop& loop, Scope& scope, Task<void> (*job)(Loop&, std::shared_ptr<Barrier>), int count) {
  auto barrier = std::make_shared<Barrier>(count);
  for (int i = 0; i < count; ++i) scope.spawn(job(loop, barrier));
  co_await scope.done();
}

Task<void> meet_others(Loop& loop, std::shared_ptr<Barrier> barrier) {
  std::function<std::thread::id()> job = [barrier] {
    barrier->arrive();
    return std::this_thread::get_id();
  };
  const auto worker = co_await on_worker<std::thread::id>(loop, std::move(job));
  CHECK(worker != std::this_thread::get_id());
}

Task<void> count_job(Loop& loop, int* jobs, std::set<std::thread::id>* threads) {
  std::function<std::thread::id()> job = [] { return std::this_thread::get_id(); };
  const auto worker = co_await on_worker<std::thread::id>(loop, std::move(job));
  ++*jobs;
  threads->insert(worker);
}

}  // namespace

TEST_CASE("as many blocking jobs run at once as there are workers") {
  Loop loop(8);
  Scope scope(loop);
  ask(loop, run_jobs(loop, scope, meet_others, 8));  // each waits for the other seven
}

TEST_CASE("no more threads are started than allowed, and every job is done") {
  Loop loop(2);
  Scope scope(loop);
  int jobs = 0;
  std::set<std::thread::id> threads;
  for (int i = 0; i < 200; ++i) scope.spawn(count_job(loop, &jobs, &threads));
  ask(loop, scope.done());
  CHECK(jobs == 200);
  CHECK(threads.size() <= 2);
}

namespace {

Task<void> hold_worker(Loop& loop, std::shared_ptr<Barrier> barrier, std::string& trace) {
  std::function<int()> job = [barrier] {
    barrier->arrive();
    return 42;
  };
  const int answer = co_await on_worker<int>(loop, std::move(job));
  const bool told = co_await cancelled();
  trace += std::to_string(answer) + (told ? " cancelled" : "");
}

}  // namespace

TEST_CASE("a task that is cancelled during a job gets the job's result") {
  Loop loop;
  Scope scope(loop);
  auto barrier = std::make_shared<Barrier>(2);
  std::string trace;
  scope.spawn(hold_worker(loop, barrier, trace));
  ask(loop, sleep_for(1ms));
  loop.on_worker([barrier] { barrier->arrive(); });
  ask(loop, stop(scope));
  CHECK(trace == "42 cancelled");
}

TEST_CASE("jobs in turn are done in the order of the calls, though every worker is blocked") {
  Loop loop(1);
  Scope scope(loop);
  News news;
  auto barrier = std::make_shared<Barrier>(2);
  std::string trace, order;
  scope.spawn(hold_worker(loop, barrier, trace));
  ask(loop, sleep_for(1ms));
  for (int i = 0; i < 5; ++i) loop.in_turn([&order, i] { order += std::to_string(i); });
  loop.in_turn([&loop, &news] { loop.post([&news] { news.announce(); }); });
  ask(loop, news.wait());
  CHECK(order == "01234");
  CHECK(trace.empty());
  barrier->arrive();
  ask(loop, scope.done());
  CHECK(trace == "42");
}

TEST_CASE("any thread can post to the loop, and jobs of a loop that ends are done first") {
  std::atomic<int> done = 0;
  int heard = 0;
  {
    Loop loop(3);
    News news;
    for (int i = 0; i < 50; ++i) {
      loop.on_worker([&] {
        loop.post([&] {
          if (++heard == 50) news.announce();
        });
      });
    }
    ask(loop, news.wait());
    for (int i = 0; i < 50; ++i) loop.on_worker([&] { ++done; });
  }
  CHECK(heard == 50);
  CHECK(done == 50);
}

namespace {

Task<void> begin_and_leave(Loop& loop, std::atomic<int>& done, int jobs) {
  for (int i = 0; i < jobs; ++i) loop.on_worker([&done] { ++done; });
  co_return;
}

}  // namespace

TEST_CASE("jobs that a task began in the last turn of a loop are done") {
  std::atomic<int> done = 0;
  {
    Loop loop(3);
    ask(loop, begin_and_leave(loop, done, 5));
  }
  CHECK(done == 5);
}

TEST_CASE("signals are heard on the loop, as often as they come") {
  Loop loop;
  News news;
  std::string trace;
  loop.on_signal([&](int number) {
    trace += number == SIGTERM ? "term " : "interrupt ";
    news.announce();
  });
  std::raise(SIGTERM);
  ask(loop, news.wait());
  std::raise(SIGINT);
  ask(loop, news.wait());
  CHECK(trace == "term interrupt ");
}

TEST_SUITE_END();
