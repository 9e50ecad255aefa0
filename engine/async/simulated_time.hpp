#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <utility>

#include "base/duration.hpp"

namespace millrace {

/// Time for a `Loop` that passes only when nothing is left to do: then it jumps to the next moment that something waits
/// for. What would be done on workers is done on the loop itself, after as long as `job_takes` says. So a whole program
/// runs on one thread, as fast as it can, and the same again each time. For as long as its loop lives, that thread
/// knows no other time, between two calls of `run`, too. Must outlive its loop.
class SimulatedTime final : public SteadySource {
 public:
  using Moment = std::chrono::steady_clock::time_point;
  /// The place of what waits: moments that are the same come in the order in which they were asked for.
  using Place = std::pair<Moment, std::uint64_t>;

  /// Throws after `most_steps`: then something goes round in circles. No more than so many jobs are on `workers` at
  /// once.
  explicit SimulatedTime(std::function<Duration()> job_takes, std::uint64_t most_steps = UINT64_MAX, int workers = 32)
      : job_takes_(std::move(job_takes)), most_steps_(most_steps), free_workers_(workers) {}

  Moment now() const noexcept override { return now_; }
  Duration passed() const noexcept { return now_.time_since_epoch(); }

  /// Calls `what` at that moment, unless it is forgotten before.
  Place wait(Moment moment, std::function<void()> what);
  void forget(Place place) { waiting_.erase(place); }
  /// On the one thread for such jobs.
  void add_turn(std::function<void()> job) { wait(now_ + job_takes_(), std::move(job)); }
  /// On a worker, as soon as one is free.
  void add_job(std::function<void()> job);
  /// In a job: its worker is not free when it has ended, as if it went on, until `free_worker`.
  void keep_worker() { keeps_ = true; }
  void free_worker();
  /// Between these it stands still, because a thread that knows nothing of it is at work: the loop waits for what that
  /// thread posts. Calls may be inside one another.
  void hold() noexcept { ++held_; }
  void release() noexcept { --held_; }
  bool held() const noexcept { return held_ > 0; }
  /// Jumps to the next moment and calls what waits for it, one thing; false where nothing waits.
  bool advance();

 private:
  void begin_jobs();

  std::function<Duration()> job_takes_;
  Moment now_ = Moment(std::chrono::hours(1));
  std::uint64_t asked_ = 0, steps_ = 0, most_steps_;
  int free_workers_;
  bool keeps_ = false;
  int held_ = 0;
  std::deque<std::function<void()>> jobs_;  // for which no worker is free yet
  std::map<Place, std::function<void()>> waiting_;
};

}  // namespace millrace
