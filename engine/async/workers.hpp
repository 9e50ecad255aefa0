#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace millrace {

/// Threads for jobs that block. A thread starts only when a job finds none idle: a short command starts none at all.
///
/// Most jobs are short, and waking a thread costs more than such a job. So as many threads as there are processors work
/// at once; where none of them comes back for the next job within a moment, they are blocked, and another one is
/// called.
class Workers {
 public:
  explicit Workers(std::size_t most);
  ~Workers();  ///< does what is queued, then joins
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// Any thread. Jobs start in the order of their coming. A job must not throw.
  void add(std::function<void()> job);

  /// The same for jobs that tasks of one loop begin: those of one turn go to the threads together, because a thread
  /// that is woken for each takes the processor from the loop. The loop's own thread, which is the one that ends the
  /// workers. `post` calls what it is given at the loop's next turn.
  void gather(std::function<void()> job, const std::function<void(std::function<void()>)>& post);

 private:
  using Lock = std::unique_lock<std::mutex>;
  void add_gathered();
  void work();
  void do_next(Lock& lock);
  bool someone_comes(Lock& lock);
  void call_one(Lock& lock);

  const std::size_t most_;
  const std::size_t processors_;
  std::mutex mutex_;
  std::condition_variable called_;
  std::deque<std::function<void()>> jobs_;
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  std::size_t busy_ = 0;     // in a job
  std::uint64_t begun_ = 0;  // jobs, ever
  bool coming_ = false;      // a thread was called and is on its way
  bool watching_ = false;    // a thread looks whether those that are busy come back
  bool ending_ = false;
  std::vector<std::function<void()>> gathered_;                            // the loop's thread only
  const std::shared_ptr<const bool> here_ = std::make_shared<bool>(true);  // expired: `this` is gone
};

}  // namespace millrace
