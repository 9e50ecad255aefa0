#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

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
  /// Whether a run waits for one that it called, and that rests or is parked: so it rests itself.
  using RestsWithCalled = std::function<bool(RunKey)>;
  /// REQUIRES: the store outlives it.
  Endings(Store& store, RestsWithCalled rests_with_called)
      : store_(store), rests_with_called_(std::move(rests_with_called)) {}

  /// Waits for the end of a run, wherever it is. Nothing where that does not come until the deadline or, unless
  /// `patient`, where the run comes to rest. A parked run has ended, but not for who is patient: that waits until a
  /// person has settled it. `under_way`: it is known that it has not ended and does not rest.
  Task<Result<std::optional<RunEnd>>> wait(RunKey run, bool under_way, Deadline deadline, bool patient);

  void tell_end(RunKey run, RunEnd end);
  void tell_rest(RunKey run);
  /// What the run called has come to rest.
  void tell_rest_of_called(RunKey run);
  /// Of a run that somebody waits for patiently.
  bool parked(RunKey run) const;

 private:
  struct Awaited {
    std::optional<RunEnd> end;
    bool rests = false;
    News news;
  };
  void leave(RunKey run, const std::shared_ptr<Awaited>& awaited);

  Store& store_;
  RestsWithCalled rests_with_called_;
  std::unordered_map<RunKey, std::shared_ptr<Awaited>> awaited_;
};

}  // namespace millrace
