#include "async/workers.hpp"

#include <utility>

namespace millrace {

Workers::~Workers() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Workers::add(std::function<void()> job) {
  const std::lock_guard lock(mutex_);
  jobs_.push_back(std::move(job));
  wake_one();
}

/// One thread at a time is called to work; it calls the next one where there is more to do. Whoever is awake does short
/// jobs sooner than many threads could be woken for them, and behind a job that blocks another thread is on its way.
void Workers::wake_one() {
  if (waking_ || jobs_.empty()) return;
  if (idle_ > 0) {
    waking_ = true;
    changed_.notify_one();
  } else if (threads_.size() < most_) {
    waking_ = true;
    threads_.emplace_back([this] { work(); });
  }
}

void Workers::work() {
  std::unique_lock lock(mutex_);
  waking_ = false;
  for (;;) {
    while (jobs_.empty()) {
      if (ending_) return;
      ++idle_;
      changed_.wait(lock);
      --idle_;
      waking_ = false;
    }
    std::function<void()> job = std::move(jobs_.front());
    jobs_.pop_front();
    wake_one();
    lock.unlock();
    job();
    job = nullptr;  // what it holds is let go before the lock is taken
    lock.lock();
  }
}

}  // namespace millrace
