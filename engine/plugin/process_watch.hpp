#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "base/duration.hpp"

namespace millrace {

/// What a process takes, as the kernel counts it.
struct ProcessSize {
  std::uint64_t bytes = 0;  ///< in memory
  std::uint64_t threads = 0;
  Duration processor = {};  ///< the time that it has had of one, or of several

  static ProcessSize of(pid_t process);  ///< nothing of one that is gone
};

/// What the kernel does not bound of a plugin's process: it is looked at once a second.
class ProcessWatch {
 public:
  explicit ProcessWatch(std::uint64_t data_bytes) noexcept : data_bytes_(data_bytes) {}

  /// Why the process has to be ended ("it had 65 threads, and may have 64"); empty: it may go on. `for_nobody`: nothing
  /// is asked of it now.
  std::string look(const ProcessSize& now, bool for_nobody);
  /// Whether it takes so much memory that another process should take its place.
  bool is_large(const ProcessSize& now) const noexcept { return now.bytes > data_bytes_ / 2; }

 private:
  const std::uint64_t data_bytes_;
  Duration processor_ = {};  // when it was looked at last
  int busy_for_nobody_ = 0;  // looks in a row that found it so
};

}  // namespace millrace
