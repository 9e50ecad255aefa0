#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "service/roster.hpp"

namespace millrace {

/// Which run waits for the end of which other one that it called, in memory or in the store. Loop thread only.
class Calls {
 public:
  /// REQUIRES: the roster outlives it.
  explicit Calls(const Roster& roster) : roster_(roster) {}

  /// The call `id` of `caller` waits for `called`, until it is forgotten.
  void note(RunKey caller, const std::string& id, RunKey called);
  void forget(RunKey caller, const std::string& id);
  void forget_all(RunKey caller);
  std::vector<RunKey> called_by(RunKey caller) const;
  std::optional<RunKey> caller_of(RunKey called) const;

  /// A call whose run would stand in its lane behind one that waits for the caller can never end: then why. `chain` is
  /// the caller's.
  std::optional<Error> would_wait_for_ever(const Lane& lane, RunKey caller,
                                           const std::vector<std::string>& chain) const;

 private:
  bool waits_for(RunKey run, RunKey caller, std::set<RunKey>& seen) const;
  std::optional<RunKey> ahead_of(RunKey called) const;

  const Roster& roster_;
  std::map<std::pair<RunKey, std::string>, RunKey> calls_;
  std::unordered_map<RunKey, RunKey> callers_;  // by the run that was called
};

}  // namespace millrace
