#pragma once

#include <memory>
#include <unordered_map>

#include "async/loop.hpp"
#include "journal/keys.hpp"

namespace millrace {

/// Whoever takes a run out of the store, or writes into one that is there, does so alone: what is told to a run that is
/// just being loaded would be lost on it. Holds for any run, wherever it is, one that has ended included. Loop thread
/// only.
class Custody {
 public:
  /// True where nobody else held the run: the caller holds it now, until `release`.
  bool hold_free(RunKey run) { return held_.try_emplace(run, nullptr).second; }
  /// Waits until nobody else does; false where the awaiting task is cancelled.
  Task<bool> hold(RunKey run);
  void release(RunKey run);

 private:
  std::unordered_map<RunKey, std::shared_ptr<News>> held_;  // who waits for it; null: nobody does
};

}  // namespace millrace
