#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>

#include "journal/keys.hpp"

namespace millrace {

/// Whose turn it is. Runs of an exclusive lane go one at a time in the order of their coming; runs of another lane go
/// beside each other. Altogether only so many are active; when more want to be, the lanes take turns, so that a long
/// queue in one does not hold up the others.
class Lanes {
 public:
  explicit Lanes(std::size_t most_active) : most_active_(most_active) {}

  /// True: the run may begin now. False: it waits in its lane until `next` names it.
  bool enter(const std::string& lane, bool exclusive, RunKey run);
  /// A run that has begun before (the engine was started again) takes its place, whatever the limit says.
  void occupy(const std::string& lane, bool exclusive, bool active);
  /// An active run waits for long: it is no longer active, but its lane stays taken.
  void rest(const std::string& lane);
  /// It goes on.
  void wake(const std::string& lane);
  /// A run that was active has ended.
  void leave(const std::string& lane);
  /// A queued run is called off; false where it is not queued.
  bool withdraw(const std::string& lane, RunKey run);
  /// The run whose turn it is now, if there is one: it counts as begun.
  std::optional<RunKey> next();

  std::size_t active() const noexcept { return active_; }
  std::size_t queued() const noexcept { return queued_; }
  bool busy(const std::string& lane) const noexcept;  ///< something of it has begun, or waits
  /// The oldest run that waits, of all lanes.
  std::optional<RunKey> oldest() const noexcept;

 private:
  struct Lane {
    bool exclusive = true;
    std::size_t begun = 0;       // active or resting
    std::deque<RunKey> waiting;  // in the order of their coming
    bool listed = false;         // in `ready_`
  };
  bool may_begin(const Lane& lane) const noexcept { return !lane.exclusive || lane.begun == 0; }
  void list(const std::string& name, Lane& lane);
  void drop_if_empty(const std::string& name);

  std::size_t most_active_;
  std::size_t active_ = 0, queued_ = 0;
  std::unordered_map<std::string, Lane> lanes_;
  std::deque<std::string> ready_;  // lanes with a run that could begin, in the order of their turns
};

}  // namespace millrace
