#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "async/loop.hpp"
#include "journal/journal.hpp"
#include "value/value.hpp"

namespace millrace {

/// What changed, for those who look on: names of runs, events, workflows, connections and alarms, never what is in
/// them. So many are kept as somebody who was away for a moment needs; whoever was away for longer looks anew. Loop
/// thread only.
class Feed {
 public:
  /// Numbers go on from `first`, which is larger than any that an earlier life of the program can have given.
  explicit Feed(std::int64_t first, std::size_t kept = 4096);

  /// Takes up what an entry changed, once it is durable.
  void note(const Entry& entry);

  std::int64_t seq() const noexcept { return seq_; }  ///< of the latest change
  /// Whether all that came after `since` is still here; else the reader begins anew.
  bool reaches_back_to(std::int64_t since) const noexcept;
  /// What came after `since`, each thing once, the latest last: {"seq","what","id","head"}. REQUIRES: it reaches back.
  std::vector<Value> after(std::int64_t since) const;

  /// Returns when there is something after `since`, or at the deadline; false where the awaiting task is cancelled.
  Task<bool> wait(std::int64_t since, Deadline deadline);
  int listeners() const noexcept { return listeners_; }

 private:
  enum class What : std::uint8_t { run, workflow, event, alarm, connection };
  /// A place of the ring. It is written again and again, so its text soon has the room that it needs.
  struct Change {
    What what = What::run;
    std::int64_t key = 0;  ///< of a run or an event
    std::string name;      ///< of the run's workflow, the event's source, or the thing itself
    RunOutcome outcome = RunOutcome::running;
    bool queued = false;
  };

  Change& next(What what);
  void note_state(const StateChange& state);
  static Value encode(std::int64_t seq, const Change& change);
  std::size_t place_of(std::int64_t seq) const noexcept { return static_cast<std::size_t>(seq) % ring_.size(); }

  std::vector<Change> ring_;
  std::int64_t first_, seq_;
  int listeners_ = 0;
  News news_;
};

}  // namespace millrace
