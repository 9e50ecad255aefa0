#pragma once

#include <map>
#include <memory>

#include "gate/planned_changes.hpp"
#include "journal/history.hpp"
#include "service/runs_in_memory.hpp"

namespace millrace {

/// What runs may change that apply a plan, wherever they go on: behind an approval, after a restart, tried again. Such
/// a run has the plan in its record; it and those that it calls have one plan together, of which each change is made
/// once. Loop thread only.
class PlanLimits {
 public:
  /// REQUIRES: both outlive it.
  PlanLimits(History& history, const RunsInMemory& memory) : history_(history), memory_(memory) {}

  /// Of a run that is about to begin for this event; nullptr: it may change all.
  std::shared_ptr<PlannedChanges> of_new(const EventRecord& event) const;
  /// Of a run that the store has. REQUIRES: `run` outlives the task.
  Task<Result<std::shared_ptr<PlannedChanges>>> of(const StoredRun& run);

 private:
  Task<Status> recall(const StoredRun& run, PlannedChanges& plan);

  History& history_;
  const RunsInMemory& memory_;
  std::map<RunKey, std::weak_ptr<PlannedChanges>> by_run_;  // by the run whose record has the plan
};

}  // namespace millrace
