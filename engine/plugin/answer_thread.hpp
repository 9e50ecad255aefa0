#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "base/duration.hpp"

namespace millrace {

/// The thread on which a plugin hears answers and cancellations. It is none of the loop's workers: those may all be
/// blocked in plugins that wait for just these answers.
class AnswerThread {
 public:
  AnswerThread() = default;
  ~AnswerThread();
  AnswerThread(const AnswerThread&) = delete;
  AnswerThread& operator=(const AnswerThread&) = delete;

  /// Any thread; `job` must not throw. Jobs run in the order of their coming; after `stop` they are dropped.
  void add(std::function<void()> job);
  /// Does what is queued, then ends the thread; false where a job has not come back by then: the thread goes on, and
  /// what it uses has to stay.
  bool stop(Deadline deadline);

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  std::thread thread_;  // started by the first job
  bool stopped_ = false, ended_ = false;
};

}  // namespace millrace
