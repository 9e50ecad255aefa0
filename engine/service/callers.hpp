#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "gate/change_count.hpp"
#include "gate/planned_changes.hpp"
#include "gate/written_files.hpp"
#include "journal/history.hpp"
#include "service/library.hpp"
#include "service/roster.hpp"
#include "service/runs_in_memory.hpp"

namespace millrace {

/// What a run has from those that called it.
struct FromCallers {
  std::shared_ptr<PlannedChanges> only = {};       ///< RunRequest::only
  std::shared_ptr<ChangeCount> change_count = {};  ///< RunRequest::change_count
  std::shared_ptr<CircleCount> circle_count = {};  ///< RunRequest::circle_count
  WritesFor writes_for = {};                       ///< RunRequest::writes_for
};

/// Holds together what runs do that call one another, wherever they go on: behind an approval, after a restart, tried
/// again. Where the plan of an applied run is in its record, it and those that it calls make each change of it once;
/// their changes count together against their limits, and their circles as one; and none of them replaces another's
/// file. Loop thread only.
class Callers {
 public:
  struct World {
    History& history;
    const RunsInMemory& memory;
    const Roster& roster;
    Library& library;
    const Catalog& catalog;
    WrittenFiles& written_files;
  };
  /// REQUIRES: all of it outlives this. `began`: what runs of before have written is only known from their records.
  Callers(World world, Timestamp began) : world_(world), began_(began) {}

  /// Of a run of the workflow that is about to begin for this event.
  FromCallers of_new(const EventRecord& event, const Workflow& workflow) const;
  /// Of a run that the store has. REQUIRES: `run` outlives the task.
  Task<Result<FromCallers>> of(const StoredRun& run);
  /// A run that calls has this count, which is known for as long as what it calls goes on, even where it does not.
  void note(RunKey caller, const std::shared_ptr<ChangeCount>& count);
  /// The runs of this event have this count, those that wait in the store, too, for as long as somebody keeps it.
  void note(EventKey event, const std::shared_ptr<CircleCount>& count);
  /// The caller leaves memory before those that it called have ended: its counts are kept here until `let_go`.
  void keep(const RunHead& caller, std::shared_ptr<ChangeCount> changes, std::shared_ptr<CircleCount> circles);
  /// It is in memory again, or has ended.
  void let_go(RunKey caller);

 private:
  using Plan = std::shared_ptr<PlannedChanges>;
  using Count = std::shared_ptr<ChangeCount>;
  /// What is known of a run beside its record in the store.
  struct Known {
    std::weak_ptr<PlannedChanges> plan;         // the one in its record
    std::weak_ptr<ChangeCount> changes;         // of it and of those that it calls
    std::shared_ptr<ChangeCount> kept_changes;  // the same, between `keep` and `let_go`
    std::shared_ptr<CircleCount> kept_circles;  // of its event, likewise
    bool has_recalled_files = false;            // and those of the runs that it called: known for good
    bool says_nothing() const noexcept;
  };
  /// The runs above one, as far as they are in the store alone.
  struct Above {
    std::shared_ptr<ActiveRun> active;  // in memory, above those; nullptr: none is
    std::vector<StoredRun> stored;      // from below to above
  };

  Task<Result<Above>> above(EventRecord event);
  Task<Result<Plan>> plan_of(const StoredRun& first);
  Task<Status> recall_plan(const StoredRun& run, PlannedChanges& plan);
  std::shared_ptr<CircleCount> circle_count_of(const StoredRun& first);
  Known known(RunKey run) const;
  Known& entry_of(RunKey run);
  Task<Result<Count>> count_of(const StoredRun& run, Count caller);
  Task<Result<std::int64_t>> changes_of(RunHead run);
  Task<Status> recall_files_of(const StoredRun& first);
  Task<Status> recall_files(const StoredRun& run, WritesFor writes_for);

  World world_;
  Timestamp began_;
  std::map<RunKey, Known> known_;
  // By the event of the run above all: what follows from an end has its count before any run of it is there.
  std::map<EventKey, std::weak_ptr<CircleCount>> circle_counts_;
};

}  // namespace millrace
