#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "async/loop.hpp"
#include "runtime/run.hpp"
#include "service/backlog.hpp"
#include "service/lane.hpp"
#include "service/library.hpp"
#include "service/records.hpp"
#include "service/run_counter.hpp"

namespace millrace {

struct ActiveRun;

/// Runs of an entry that is about to be written, and what is to be told of it then.
struct Enlisted {
  std::vector<std::shared_ptr<ActiveRun>> beginning;  ///< begin when it is
  std::vector<RunKey> in_line;                        ///< wait for their turn, or for room in memory
  struct Held {
    Lane lane;
    RunKey run;
    Backlog::Load load;
  };
  std::vector<Held> held;  ///< until what was restored goes on; not on the roster yet
  std::vector<Lack> lacks;

  bool empty() const noexcept { return beginning.empty() && in_line.empty() && held.empty() && lacks.empty(); }
};

/// A run in memory.
struct ActiveRun {
  std::unique_ptr<Run> run;
  std::optional<RunCounter> counter;
  std::shared_ptr<const LiveWorkflow> live;
  std::size_t calls = 0;    ///< of other workflows whose end it waits for
  std::size_t held = 0;     ///< bytes, as RunsInMemory counts them
  bool held_aside = false;  ///< among those of runs that wait for others
  Enlisted followers;       ///< begin when this one has ended: `after` triggers
  News left;                ///< it is no longer in memory

  RunKey key() const noexcept { return run->head().key; }
};

/// The runs in memory, and what they hold of it: what does not fit waits in the store. Loop thread only.
class RunsInMemory {
 public:
  explicit RunsInMemory(std::size_t most_bytes) : most_bytes_(most_bytes) {}

  std::shared_ptr<ActiveRun> find(RunKey run) const;  ///< nullptr: it is not here
  void put(std::shared_ptr<ActiveRun> run);
  void remove(ActiveRun& run);
  /// Whether all that is here waits for runs that will not begin in this life of the service.
  bool stands_still() const;

  /// A run alone always has room: its own size is bounded.
  bool has_room() const noexcept;
  /// Says how much the run holds now. One that waits for those it called is counted beside the others: else those might
  /// never find room.
  void count(ActiveRun& run, std::size_t bytes);
  /// Those that wait for others hold as much as all others may: the next ones had better wait in the store.
  bool is_crowded() const noexcept { return aside_bytes_ > most_bytes_; }
  /// A run is being read, and it is not known yet how much it holds.
  void begin_loading() noexcept { ++loading_; }
  void end_loading();
  /// Returns when there may be room; false where the awaiting task is cancelled.
  Task<bool> wait_for_room() { return room_.wait(); }

 private:
  std::size_t most_bytes_;
  std::unordered_map<RunKey, std::shared_ptr<ActiveRun>> runs_;
  std::size_t bytes_ = 0, aside_bytes_ = 0;  // held by those that do not wait for others, and by those that do
  std::size_t loading_ = 0;
  News room_;
};

}  // namespace millrace
