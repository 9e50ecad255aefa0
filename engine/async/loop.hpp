#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "async/task.hpp"
#include "base/duration.hpp"

namespace millrace {

class SimulatedTime;

/// The one thread that owns all engine state, and the workers beside it for what blocks.
///
/// Everything but `post` and `on_worker` is called from the loop's own thread, or while it does not run.
class Loop {
 public:
  /// `workers` is how many blocking jobs may run at once; their threads start when first needed.
  explicit Loop(int workers = 32);
  explicit Loop(SimulatedTime& time);  ///< for tests; no sockets and no signals, `run` throws where all wait for ever
  ~Loop();                             ///< waits for the jobs under way; those still queued are done first
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Runs `main` and everything it spawns on the calling thread; returns when `main` has ended. May be called again.
  void run(Task<void> main);

  /// Calls `job` on the loop, soon. Any thread.
  void post(std::function<void()> job);

  /// Calls `job` on a worker thread, soon. Any thread. A job may block; it must not throw.
  void on_worker(std::function<void()> job);

  /// Calls `job` on the one thread that is kept for such jobs, in the order of the calls: what blocks the workers does
  /// not hold it up. Any thread. It must not throw.
  void in_turn(std::function<void()> job);

  /// From now on SIGINT and SIGTERM no longer end the process: `hear` is called with their number, on the loop.
  void on_signal(std::function<void(int)> hear);

  struct Inner;
  Inner& inner() noexcept { return *inner_; }

 private:
  std::unique_ptr<Inner> inner_;
};

// Cancellation: a cancelled task is woken, told once, and then only finishes. The wait it was in returns false (or its
// request ends with ErrorCode::cancelled); a task that waits or sleeps again after that is unwound to its scope, so
// that a loop which forgets to look cannot keep its scope from stopping. `on_worker`, `Scope::done` and `Scope::stop`
// may still be awaited: they always wait for what they began.

/// Waits until `deadline`, or until the awaiting task is cancelled: then false. Late only, never early.
Task<bool> sleep_until(Deadline deadline);
Task<bool> sleep_for(Duration duration);

/// Whether the awaiting task has been cancelled. Does not wait.
Task<bool> cancelled();

/// Something that tasks on one loop wait for and any code on that loop announces.
class News {
 public:
  News();
  ~News();
  News(const News&) = delete;
  News& operator=(const News&) = delete;
  /// Wakes every waiter, soon; remembered when nobody waits yet.
  void announce();
  /// Returns when announced since the last wait, or at the deadline; false when the awaiting task is cancelled.
  Task<bool> wait(Deadline deadline = {});
  /// Returns when announced, be the awaiting task cancelled or not: for what ends by itself, such as a write.
  Task<void> wait_for_good();

  struct Inner;

 private:
  std::shared_ptr<Inner> inner_;
};

/// Tasks that end before their owner does. Nothing is ever detached.
class Scope {
 public:
  explicit Scope(Loop& loop);
  ~Scope();  ///< asserts that nothing runs: `co_await stop()` or `done()` first
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;
  /// Starts `task` on the loop after the caller's next wait; one that is spawned during `stop` starts cancelled.
  void spawn(Task<void> task);
  Task<void> done();  ///< waits until all have ended; where the awaiting task is cancelled, cancels them
  Task<void> stop();  ///< cancels all, then waits; not from a task of this scope. It can be used again afterwards
  std::size_t running() const noexcept;

 private:
  struct Inner;
  std::shared_ptr<Inner> inner_;
};

/// Runs `job` on a worker and comes back to the loop when it has ended, be the awaiting task cancelled or not: what the
/// job refers to stays alive.
Task<void> finish_on_worker(Loop& loop, std::function<void()> job);

/// The same for a job that gives a result.
template <class T>
Task<T> on_worker(Loop& loop, std::function<T()> job) {
  std::optional<T> answer;
  std::function<void()> work = [&answer, &job] { answer.emplace(job()); };
  co_await finish_on_worker(loop, std::move(work));
  co_return std::move(*answer);
}

}  // namespace millrace
