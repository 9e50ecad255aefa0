#pragma once

#include <memory>
#include <string>
#include <vector>

#include "async/loop.hpp"
#include "base/result.hpp"
#include "decider/event.hpp"

namespace millrace {

/// Remembers what happened to every run, so that a restart loses nothing.
///
/// Events of one run keep their order, and `append` returns only when they are as durable as the journal makes them.
/// Call from the loop; implementations do their blocking work on a worker of their own.
class Journal {
 public:
  virtual ~Journal() = default;
  virtual Task<Status> append(std::string run, std::vector<RunEvent> events) = 0;
  /// Everything that happened to the run, in order; empty for a run that is not known.
  virtual Task<Result<std::vector<RunEvent>>> read(std::string run) = 0;
};

/// Remembers for as long as the program runs: for plans, for tests, and for foreground runs until the store keeps them.
std::unique_ptr<Journal> open_memory_journal();

}  // namespace millrace
