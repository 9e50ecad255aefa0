#include "async/simulated_time.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace millrace {

SimulatedTime::Place SimulatedTime::wait(Moment moment, std::function<void()> what) {
  const Place place(moment, ++asked_);
  waiting_.emplace(place, std::move(what));
  return place;
}

void SimulatedTime::add_job(std::function<void()> job) {
  jobs_.push_back(std::move(job));
  begin_jobs();
}

void SimulatedTime::free_worker() {
  ++free_workers_;
  begin_jobs();
}

void SimulatedTime::begin_jobs() {
  for (; free_workers_ > 0 && !jobs_.empty(); jobs_.pop_front()) {
    --free_workers_;
    wait(now_ + job_takes_(), [this, job = std::move(jobs_.front())] {
      job();
      if (!std::exchange(keeps_, false)) free_worker();
    });
  }
}

bool SimulatedTime::advance() {
  const auto next = waiting_.begin();
  if (next == waiting_.end() || next->first.first == Moment::max()) return false;
  if (++steps_ > most_steps_) throw std::logic_error("too many steps: something goes round in circles");
  now_ = std::max(now_, next->first.first);
  const auto what = std::move(next->second);
  waiting_.erase(next);
  what();
  return true;
}

}  // namespace millrace
