#pragma once

#include <string>

#include "../support/job.hpp"

namespace millrace::pruning {

/// The turn of a call that changes tags of a location: the next one waits until it has ended, so that it sees what is
/// left to do, and how much of the day's portion. Held while it lives; within one process.
class Turn {
 public:
  /// Throws "cancelled" where the call is called off while it waits.
  Turn(job::Call& call, std::string location);
  ~Turn();
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  std::string location_;
};

}  // namespace millrace::pruning
