#include "plugin/answer_thread.hpp"

#include <utility>

namespace millrace {

void AnswerThread::add(std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return;
    jobs_.push_back(std::move(job));
    if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
  }
  changed_.notify_one();
}

AnswerThread::~AnswerThread() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool AnswerThread::stop(Deadline deadline) {
  std::unique_lock lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
  return !thread_.joinable() || changed_.wait_until(lock, deadline.at(), [this] { return ended_; });
}

void AnswerThread::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopped_ || !jobs_.empty(); });
    if (jobs_.empty()) break;
    const std::function<void()> job = std::exchange(jobs_.front(), nullptr);
    jobs_.pop_front();
    lock.unlock();
    job();
    lock.lock();
  }
  ended_ = true;
  changed_.notify_all();
}

}  // namespace millrace
