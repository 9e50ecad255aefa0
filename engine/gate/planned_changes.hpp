#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "gate/gate.hpp"

namespace millrace {

/// The changes of a plan that a live run has to keep to: each may be made once, in any order, and nothing else.
class PlannedChanges {
 public:
  explicit PlannedChanges(std::vector<Change> planned);
  /// Reads what `text` gave. Where it is not that, nothing may be changed.
  static std::shared_ptr<PlannedChanges> read(std::string_view text);
  /// What was planned, for the record of the run that is held to it.
  std::string text() const;

  /// The planned change that this one is. What the plan could not know fits anything. The same effect (`key`) may be
  /// tried again. The error names what is not in the plan.
  Result<std::size_t> take(const Change& change, const std::string& key);
  /// The change that `take` gave did not happen: it may still be made.
  void give_back(std::size_t number);
  /// It was made in an earlier life of the run, and is not made twice.
  void recall(const Change& change, const std::string& key);

  std::vector<Change> not_made() const;
  /// What was wanted and is not in the plan, in the order of asking.
  const std::vector<Change>& refused() const noexcept { return refused_; }

 private:
  struct Planned {
    Change change;
    std::string key;  // of the effect that took it
    int taken = 0;    // how often: more than once where the same effect was tried again
  };

  std::vector<Planned>::iterator find(const Change& change, const std::string& key);

  std::vector<Planned> planned_;
  std::vector<Change> refused_;
};

}  // namespace millrace
