#pragma once

#include <functional>
#include <memory>
#include <string>

#include "service/brakes.hpp"
#include "service/calls.hpp"
#include "service/custody.hpp"
#include "service/foresight.hpp"
#include "service/occurrence.hpp"
#include "service/roster.hpp"
#include "service/runs_in_memory.hpp"
#include "service/service.hpp"

namespace millrace {

/// Makes of what happened the entry that tells it, with the runs that it starts. Between `enlist` and the moment when
/// the entry is durable nobody is told of these runs, and nobody tells them anything. Loop thread only.
class Admission {
 public:
  /// What is known of runs. REQUIRES: all of it outlives the admission.
  struct Books {
    const Brakes& brakes;
    Roster& roster;
    Custody& custody;
    RunsInMemory& memory;
    Calls& calls;
    Foresight& foresight;
  };
  using MakeRun = std::function<std::shared_ptr<ActiveRun>(std::shared_ptr<const LiveWorkflow> live, RunHead head,
                                                           const EventRecord& event, const Occurrence& occurrence)>;
  Admission(ServiceWorld world, Books books, MakeRun make_run)
      : world_(world), books_(books), make_run_(std::move(make_run)) {}

  /// Lays the event and the runs it starts into the entry; those that are to take place, and what the event lacks, are
  /// added to `enlisted`.
  void enlist(Entry& entry, const Occurrence& occurrence, Enlisted& enlisted);
  /// Nothing of it was written: it never was.
  void withdraw(const Enlisted& enlisted);

 private:
  RunHead head_of(const Occurrence& occurrence, const Listener& listener, const std::string& location, EventKey event);
  void enlist_run(Entry& entry, const Occurrence& occurrence, const Listener& listener, const std::string& location,
                  Enlisted& enlisted);
  bool leave_out(RunHead& head, const Occurrence& occurrence, const LiveWorkflow& live, const Result<LaneChoice>& lane);
  void take_in(Entry& entry, RunHead head, const Listener& listener, const Lane& lane, const Occurrence& occurrence,
               Enlisted& enlisted);

  ServiceWorld world_;
  Books books_;
  MakeRun make_run_;
};

}  // namespace millrace
