#include "async/workers.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace millrace {

namespace {

/// A job that takes longer is taken for one that blocks.
constexpr std::chrono::milliseconds moment(1);

}  // namespace

Workers::Workers(std::size_t most)
    : most_(most), processors_(std::max<std::size_t>(std::thread::hardware_concurrency(), 1)) {}

Workers::~Workers() {
  add_gathered();
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  called_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Workers::add(std::function<void()> job) {
  Lock lock(mutex_);
  jobs_.push_back(std::move(job));
  call_one(lock);
}

void Workers::gather(std::function<void()> job, const std::function<void(std::function<void()>)>& post) {
  gathered_.push_back(std::move(job));
  if (gathered_.size() > 1) return;
  post([this, here = std::weak_ptr(here_)] {
    if (!here.expired()) add_gathered();
  });
}

void Workers::add_gathered() {
  Lock lock(mutex_);
  std::move(gathered_.begin(), gathered_.end(), std::back_inserter(jobs_));
  gathered_.clear();
  call_one(lock);
}

/// Sees to it that somebody takes the next job, or looks after those that should. Lets go of the lock first: whoever
/// is called needs it.
void Workers::call_one(Lock& lock) {
  const bool needed = !jobs_.empty() && !coming_ && !(watching_ && busy_ >= processors_);
  const bool sleeps = needed && idle_ > 0;
  const bool is_new = needed && !sleeps && threads_.size() < most_ && !ending_;
  coming_ = coming_ || sleeps || is_new;
  if (is_new) threads_.emplace_back([this] { work(); });
  lock.unlock();
  if (sleeps) called_.notify_one();
}

void Workers::work() {
  Lock lock(mutex_);
  coming_ = false;
  for (;;) {
    if (!jobs_.empty()) {
      if (busy_ < processors_ || !someone_comes(lock)) do_next(lock);
      continue;
    }
    if (ending_) return;
    ++idle_;
    called_.wait(lock, [this] { return coming_ || ending_; });
    --idle_;
    coming_ = false;
  }
}

/// Waits a moment for one of those that are busy; false where all of them are still in their jobs.
bool Workers::someone_comes(Lock& lock) {
  const std::uint64_t before = begun_;
  watching_ = true;
  lock.unlock();
  std::this_thread::sleep_for(moment);
  lock.lock();
  watching_ = false;
  return begun_ != before || jobs_.empty();
}

void Workers::do_next(Lock& lock) {
  std::function<void()> job = std::move(jobs_.front());
  jobs_.pop_front();
  ++busy_;
  ++begun_;
  call_one(lock);
  job();
  job = nullptr;  // what it holds is let go before the lock is taken
  lock.lock();
  --busy_;
}

}  // namespace millrace
