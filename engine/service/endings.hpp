#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "async/loop.hpp"
#include "journal/store.hpp"
#include "runtime/run.hpp"

namespace millrace {

/// How a run ended.
struct RunEnd {
  RunOutcome outcome = RunOutcome::running;
  std::string note;
  Timestamp at;
  Value output;  ///< what its last step gave
  std::optional<Error> failure = {};
};
RunEnd end_of(const Run& run);
RunEnd end_of(const StoredRun& stored);

/// Those who wait for the end of a run. Loop thread only.
class Endings {
 public:
  /// REQUIRES: the store outlives it.
  explicit Endings(Store& store) : store_(store) {}

  /// Waits for the end of a run, wherever it is. Nothing where that does not come until the deadline or, unless
  /// `patient`, where the run comes to rest. A parked run has ended, but not for who is patient: that waits until a
  /// person has settled it. `under_way`: it is known that it has not ended and does not rest.
  Task<Result<std::optional<RunEnd>>> wait(RunKey run, bool under_way, Deadline deadline, bool patient);

  bool awaited(RunKey run) const { return awaited_.contains(run); }
  void tell_end(RunKey run, RunEnd end);
  void tell_rest(RunKey run);

 private:
  struct Awaited {
    std::optional<RunEnd> end;
    bool rests = false;
    News news;
  };
  void leave(RunKey run, const std::shared_ptr<Awaited>& awaited);

  Store& store_;
  std::unordered_map<RunKey, std::shared_ptr<Awaited>> awaited_;
};

}  // namespace millrace
