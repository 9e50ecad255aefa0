#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "service/roster.hpp"

namespace millrace {

/// Which run waits for the end of which other one that it called, in memory or in the store. Loop thread only.
class Calls {
 public:
  /// REQUIRES: the roster outlives it.
  explicit Calls(const Roster& roster) : roster_(roster) {}

  /// The call `id` of `caller` waits for `called`, until it is forgotten, and for no other run any more.
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
  /// Both ends of a call, each with its run: who calls is the caller of what it calls.
  struct Ties {
    std::map<std::string, RunKey> calls;  // by their ids
    std::optional<RunKey> caller;
  };
  const std::map<std::string, RunKey>& calls_of(RunKey caller) const;
  void untie(RunKey called);
  void drop_if_loose(RunKey run);
  bool waits_for(RunKey run, RunKey caller, std::set<RunKey>& seen) const;
  std::optional<RunKey> ahead_of(RunKey called) const;

  const Roster& roster_;
  std::unordered_map<RunKey, Ties> ties_;
};

}  // namespace millrace
