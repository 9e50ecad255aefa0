#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gate/written_files.hpp"
#include "runtime/run.hpp"
#include "service/admission.hpp"
#include "service/backlog.hpp"
#include "service/brakes.hpp"
#include "service/callers.hpp"
#include "service/calls.hpp"
#include "service/custody.hpp"
#include "service/endings.hpp"
#include "service/faulty_deliveries.hpp"
#include "service/foresight.hpp"
#include "service/last_ends.hpp"
#include "service/library.hpp"
#include "service/occurrence.hpp"
#include "service/roster.hpp"
#include "service/runs_in_memory.hpp"
#include "service/service.hpp"
#include "service/sources.hpp"

namespace millrace {

struct CalledBefore;
struct Order;

/// Begins runs, carries them on, ends them. Each goes through the same door: written down first, then begun when its
/// lane and the budget allow. Where each run is the roster knows; what that asks for is done here. Loop thread only.
class Dispatcher final : public Gates, public Callees {
 public:
  Dispatcher(ServiceWorld world, ServiceBudget budget, Library& library, const std::shared_ptr<Sources>& sources,
             FaultyDeliveries& faults);

  /// Returns when the occurrence is durable; what it starts begins behind that. `limited`: no room for more;
  /// `unavailable`: the store has failed.
  Task<Result<Committed>> accept(Occurrence occurrence);
  /// The same for several that belong together (what one reading of a watch found): one entry, all of them or none.
  Task<Status> accept_all(std::vector<Occurrence> occurrences, std::vector<StateChange> states);

  /// Everything that the service writes goes through here, so that it notices when the store has failed.
  Task<Result<Committed>> write(Entry entry);

  /// Takes up what the store has unfinished: queued runs wait again, others go on. `died`: the engine was not stopped
  /// the last time, so what was under way may be the reason. REQUIRES: nothing was accepted or told before.
  Task<Status> recover(bool died);
  /// Waiting runs whose time has come go on. By Clock::lasting, as RunHead::wake_at.
  void wake_due(Timestamp lasting);
  /// The clock was set: runs that wait for a time of its look again.
  void look_again() { roster_.make_all_due(); }
  std::optional<Timestamp> next_wake() const;

  /// Tells a run something, be it in memory or not. Orders of one run are heard one after the other, each in the light
  /// of what came of those before it; a refusal, too, is true of what is durable.
  Task<Status> tell(RunKey run, Order order);
  /// Waits for the end of a run, wherever it is. Nothing where that does not come until the deadline or, unless
  /// `patient`, where the run comes to wait for long: for a time, for a person, or for one that it called and that
  /// does. A parked one is waited for by who is patient, too.
  Task<Result<std::optional<RunEnd>>> wait_for_end(RunKey run, Deadline deadline, bool patient);
  /// Starts what may start now: after a pause, or when a run has ended.
  void pump();
  /// By workflow; "" for everything. `restored`: the store comes from a backup, and all that comes waits in it.
  void set_paused(std::map<std::string, Value> paused, bool restored);
  const Brakes& brakes() const noexcept { return brakes_; }

  Task<void> stop(Deadline deadline);
  /// Whoever stops waits for no run any more.
  void hurry() {
    brakes_.hurried = true;
    changed_.announce();
  }

  const Roster& roster() const noexcept { return roster_; }
  const Backlog& backlog() const noexcept { return backlog_; }
  const Foresight& foresight() const noexcept { return foresight_; }
  bool broken() const noexcept { return broken_; }
  const LastEnds& last_ends() const noexcept { return last_ends_; }

  std::unique_ptr<Gate> open(const Workflow& workflow, bool live, Ledger& ledger) override;
  Task<Result<Value>> call(CallOrder order) override;

 private:
  class Aside;
  class Noted;
  using Loaded = Result<std::shared_ptr<ActiveRun>>;

  // dispatcher_calls.cpp
  Result<std::shared_ptr<const LiveWorkflow>> workflow_called(const CallOrder& order, const CalledBefore& before);
  Task<Result<Value>> call_at(CallOrder order, std::shared_ptr<const LiveWorkflow> live, std::string location,
                              std::string place);
  Task<Result<RunEnd>> wait_for_called(RunKey called, std::function<void(bool)> on_left);
  void tell_end(RunKey run, RunEnd end);
  void wake_caller(RunKey ended);
  Task<void> look_at_called(RunKey caller);
  void leave_to_called(ActiveRun& caller);
  bool rests_with_called(RunKey caller) const;
  void tell_callers(RunKey run);

  // dispatcher.cpp: from what happened to the end of a run
  World world_of_runs();
  std::shared_ptr<ActiveRun> make_run(std::shared_ptr<const LiveWorkflow> live, RunHead head, const EventRecord& event,
                                      FromCallers from);
  void add_what_follows(ActiveRun& run, Entry& entry);
  void leave_traces(const Run& run, const Value& change, const Value* answer);
  Task<void> write_down(Entry entry);
  void start(const Enlisted& enlisted);
  void line_up(RunKey run, const Lane& lane);
  void take_turn(RunKey run);
  void take_into_memory(const std::shared_ptr<ActiveRun>& run);
  Task<void> begin(std::shared_ptr<ActiveRun> run);
  Task<void> carry(std::shared_ptr<ActiveRun> run);
  void over(ActiveRun& run);

  // dispatcher_recovery.cpp: out of the store, into memory
  void take_up_head(const RunHead& head);
  Task<void> look_over(std::vector<RunKey> resting);
  void wake(RunKey run);
  void bring_in(RunKey run);
  /// Whether no pause is on for its workflow: what nobody has asked for goes on only then.
  bool may_go_on(RunKey run) const { return brakes_.may_start(roster_.lane_of(run)->workflow); }
  Task<void> take_up(RunKey run, bool room, bool held);
  Task<Loaded> load(RunKey run);
  Task<Status> park(RunHead head, std::string why);
  Task<void> take_over(RunKey run, bool broken_off);
  Task<bool> is_taken_over(RunKey run, bool broken_off);
  void add_trouble(const Run& run, Entry& entry);
  void add_untold(const Run& run, Entry& entry);
  void leave(RunKey run);

  // dispatcher_orders.cpp: what people say
  Task<Status> tell_active(std::shared_ptr<ActiveRun> run, Order order);
  Task<Status> tell_stored(RunKey run, Order order);
  void move_on(const RunHead& before, const RunHead& after);

  ServiceWorld world_;
  WrittenFiles written_files_;
  ServiceBudget budget_;
  Library& library_;
  const std::shared_ptr<Sources>& sources_;
  FaultyDeliveries& faults_;
  Brakes brakes_;
  Roster roster_;
  Backlog backlog_;
  Custody custody_;
  RunsInMemory memory_;
  Endings endings_;
  Calls calls_;
  Foresight foresight_;
  Admission admission_;
  Callers callers_;
  LastEnds last_ends_;
  bool broken_ = false;
  News changed_;
  Scope scope_;
};

}  // namespace millrace
