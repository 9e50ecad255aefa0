#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace millrace {

/// Threads for jobs that block. A thread starts only when a job finds none idle: a short command starts none at all.
class Workers {
 public:
  explicit Workers(std::size_t most) : most_(most) {}
  ~Workers();  ///< does what is queued, then joins
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// Any thread. Jobs start in the order of their coming. A job must not throw.
  void add(std::function<void()> job);

 private:
  void work();
  void wake_one();

  const std::size_t most_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  bool waking_ = false;  // a thread was called and has not come yet
  bool ending_ = false;
};

}  // namespace millrace
