#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>

#include "journal/keys.hpp"
#include "service/lane.hpp"

namespace millrace {

/// Whose turn it is. Runs of an exclusive or keyed lane go one at a time in the order of their coming; runs of a
/// parallel one go beside each other. Altogether only so many are active; when more want to be, the lanes take turns,
/// so that a long queue in one does not hold up the others.
class Lanes {
 public:
  explicit Lanes(std::size_t most_active) : most_active_(most_active) {}

  /// True: the run may begin now. False: it waits in its lane until `next` names it.
  bool enter(const Lane& lane, RunKey run);
  /// A run that has begun before (the engine was started again) takes its place, whatever the limit says.
  void occupy(const Lane& lane, RunKey run, bool active);
  /// An active run waits for long: it is no longer active, but its lane stays taken.
  void rest() { --active_; }
  /// It goes on.
  void wake() { ++active_; }
  /// A run that was active has ended.
  void leave(const Lane& lane);
  /// A queued run is called off; false where it is not queued.
  bool withdraw(const Lane& lane, RunKey run);
  /// The run whose turn it is now, if there is one: it counts as begun.
  std::optional<RunKey> next();

  std::size_t active() const noexcept { return active_; }
  std::size_t queued() const noexcept { return queued_; }
  bool busy(const Lane& lane) const noexcept;  ///< something of it has begun, or waits
  /// The run that keeps the others of its lane from beginning, if these go one at a time.
  std::optional<RunKey> ahead_in(const Lane& lane) const noexcept;
  /// The oldest run that waits, of all lanes.
  std::optional<RunKey> oldest() const noexcept;

 private:
  struct Queue {
    std::size_t begun = 0;  // active or resting
    RunKey last_begun = {};
    std::deque<RunKey> waiting;  // in the order of their coming
    bool listed = false;         // in `ready_`
  };
  static void begin(Queue& queue, RunKey run);
  void list(const Lane& lane, Queue& queue);
  void drop_if_empty(const Lane& lane);

  std::size_t most_active_;
  std::size_t active_ = 0, queued_ = 0;
  std::map<Lane, Queue> lanes_;
  std::deque<Lane> ready_;  // lanes with a run that could begin, in the order of their turns
};

}  // namespace millrace
