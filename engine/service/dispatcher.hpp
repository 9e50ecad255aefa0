#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "runtime/run.hpp"
#include "service/lane.hpp"
#include "service/lanes.hpp"
#include "service/library.hpp"
#include "service/run_counter.hpp"
#include "service/service.hpp"
#include "service/sources.hpp"

namespace millrace {

/// Something that happened, for which workflows are to run.
struct Occurrence {
  std::string source, id;  ///< as in EventRecord
  Value payload;
  std::string trigger;                  ///< "webhook", "schedule", ...: for people
  std::vector<Listener> listeners;      ///< those whose conditions hold
  std::vector<StateChange> states;      ///< written together with it: the trigger's checkpoint
  std::string location = {};            ///< the only one that it is about; empty: those of each workflow
  bool live = true;                     ///< false: it comes of a dry run, so what it starts is one, too
  std::vector<std::string> chain = {};  ///< as in EventRecord
  std::string origin = {};              ///< as in EventRecord
  std::optional<RunKey> caller = {};    ///< the run that waits for what this starts
};

struct ActiveRun;
struct Order;

/// Runs in an entry that is about to be written: those that begin when it is, and those that wait for their turn.
struct Enlisted {
  std::vector<std::shared_ptr<ActiveRun>> beginning;
  std::vector<std::pair<Lane, RunKey>> queued;  // lane, run
  std::vector<std::pair<Lane, RunKey>> held;    // until what was restored goes on
  std::vector<std::pair<Lane, RunKey>> late;    // until there is room in memory
};

/// A run in memory.
struct ActiveRun {
  std::unique_ptr<Run> run;
  std::optional<RunCounter> counter;
  std::shared_ptr<const LiveWorkflow> live;
  Lane lane;
  std::size_t calls = 0;  ///< of other workflows whose end it waits for
  std::size_t held = 0;   ///< bytes, as `Dispatcher::bytes_` has them
  Enlisted followers;     ///< begin when this one has ended: `after` triggers
  News left;              ///< it is no longer in memory
};

/// How a run ended.
struct RunEnd {
  RunOutcome outcome = RunOutcome::running;
  std::string note;
  Timestamp at;
  Value output;  ///< what its last step gave
  std::optional<Error> failure = {};
};
RunEnd end_of(const Run& run);

/// Begins runs, carries them on, ends them. Each goes through the same door: written down first, then begun when its
/// lane and the budget allow. Loop thread only.
class Dispatcher final : public Gates, public Callees {
 public:
  Dispatcher(ServiceWorld world, ServiceBudget budget, Library& library, const std::shared_ptr<Sources>& sources);

  /// Returns when the occurrence is durable; what it starts begins behind that. `limited`: no room for more;
  /// `unavailable`: the store has failed.
  Task<Result<Committed>> accept(Occurrence occurrence);
  /// The same for several that belong together (what one reading of a watch found): one entry.
  Task<Status> accept_all(std::vector<Occurrence> occurrences, std::vector<StateChange> states);

  /// Everything that the service writes goes through here, so that it notices when the store has failed.
  Task<Result<Committed>> write(Entry entry);

  /// Takes up what the store has unfinished: queued runs wait again, others go on, and what people asked meanwhile is
  /// done before. `died`: the engine was not stopped the last time, so what was under way may be the reason.
  Task<Status> recover(bool died);
  /// Waiting runs whose time has come go on. By Clock::lasting, as RunHead::wake_at.
  void wake_due(Timestamp lasting);
  /// The clock was set: runs that wait for a time of its look again.
  void look_again();
  std::optional<Timestamp> next_wake() const;

  /// Tells a run something, be it in memory or not. Orders of one run are heard one after the other, each in the light
  /// of what came of those before it; a refusal, too, is true of what is durable.
  Task<Status> tell(RunKey run, Order order);
  /// Waits for the end of a run, wherever it is. Nothing where that does not come until the deadline or, unless
  /// `patient`, where the run comes to wait for long: for a time, or for a person.
  Task<Result<std::optional<RunEnd>>> wait_for_end(RunKey run, Deadline deadline, bool patient);
  /// Starts what may start now: after a pause, or when a run has ended.
  void pump();
  bool may_start(const std::string& workflow) const;
  /// By workflow; "" for everything. `restored`: the store comes from a backup, and all that comes waits in it.
  void set_paused(std::map<std::string, Value> paused, bool restored);
  bool restored() const noexcept { return restored_; }
  const std::map<std::string, Value>& paused() const noexcept { return paused_; }

  Task<void> stop(Deadline deadline);

  const Lanes& lanes() const noexcept { return lanes_; }
  std::size_t active_of(const std::string& workflow) const;
  std::size_t queued_of(const std::string& workflow) const;  ///< those that a pause holds included
  bool broken() const noexcept { return broken_; }
  const std::unordered_map<std::string, Timestamp>& last_ends() const noexcept { return last_ends_; }

  std::unique_ptr<Gate> open(const Workflow& workflow, bool live, Ledger& ledger) override;
  Task<Result<Value>> call(CallOrder order) override;

 private:
  /// Somebody waits for the end of a run.
  struct Expected {
    std::optional<RunEnd> end;
    bool rests = false;
    News news;
  };
  /// A run that another one waits for, and the lane in which it may have to wait.
  struct Called {
    RunKey run = {};
    std::optional<Lane> lane = {};
  };
  void enlist(Entry& entry, const Occurrence& occurrence, Enlisted& enlisted);
  RunHead head_of(const Occurrence& occurrence, const Listener& listener, const std::string& location, EventKey event);
  void enlist_run(Entry& entry, const Occurrence& occurrence, const Listener& listener, const std::string& location,
                  EventKey event, Enlisted& enlisted);
  void start(const Enlisted& enlisted);
  void withdraw(const Enlisted& enlisted);
  std::shared_ptr<ActiveRun> make_run(std::shared_ptr<const LiveWorkflow> live, RunHead head, const EventRecord& event);
  void leave_traces(const Run& run, const Value& change);
  Task<void> write_down(Entry entry);
  World world_of_runs();
  void add_followers(ActiveRun& run, Entry& entry);
  void add_trouble(const Run& run, Entry& entry);
  std::shared_ptr<ActiveRun> find(RunKey run) const;  ///< when it is in memory
  void take_into_memory(const std::shared_ptr<ActiveRun>& run);
  bool has_room() const noexcept;
  bool stands_still() const;
  void count_held(ActiveRun& run, std::size_t bytes);
  class Aside;
  class Calling;
  void note_call(const Occurrence& call, RunKey called, const std::optional<Lane>& lane);
  void note_caller(RunKey run);
  bool waits_for(RunKey run, RunKey caller, std::set<RunKey>& seen) const;
  std::optional<Error> would_wait_for_ever(const Lane& lane, const Occurrence& call) const;
  void queue_up(RunKey run, const Lane& lane);
  void line_up(RunKey run, const Lane& lane);
  void leave_queue(const Lane& lane);
  void take_turn(RunKey run);
  Task<void> begin(std::shared_ptr<ActiveRun> run);
  Task<void> carry(std::shared_ptr<ActiveRun> run);
  void over(const std::shared_ptr<ActiveRun>& run);
  void tell_those_who_wait(RunKey run, std::optional<RunEnd> end);
  bool hold_free(RunKey run);
  Task<bool> hold(RunKey run);
  void release(RunKey run);
  Task<Status> tell_active(std::shared_ptr<ActiveRun> run, Order order);
  Task<Status> tell_stored(RunKey run, Order order);
  void move_on(const RunHead& before, const RunHead& after);
  void bring_in(RunKey key, const Lane& lane);
  Task<void> take_up(RunKey key, Lane lane, bool room, bool held);
  Task<Result<std::shared_ptr<ActiveRun>>> load(RunKey key, Lane lane);
  void take_up_head(const RunHead& head);
  void wake(RunKey run);
  void leave_lane(RunKey run);
  Task<void> look_over(std::vector<RunKey> resting);
  Task<Status> park(RunHead head, std::string why);
  void count_end(const ActiveRun& run);

  ServiceWorld world_;
  ServiceBudget budget_;
  Library& library_;
  const std::shared_ptr<Sources>& sources_;
  Lanes lanes_;
  std::map<std::string, Value> paused_;
  bool restored_ = false;
  std::unordered_map<std::int64_t, std::shared_ptr<ActiveRun>> active_;
  std::unordered_map<std::int64_t, Lane> queued_;   // the lane of each run that waits for its turn
  std::unordered_set<std::int64_t> early_;          // runs whose turn came before their entry was durable
  std::unordered_map<std::int64_t, Lane> resting_;  // the lane of each run that waits out of memory
  std::unordered_set<std::int64_t> stopped_;        // resting, but only for a pause
  std::unordered_set<std::int64_t> bereaved_;       // under way when the engine died, and not taken up since
  std::unordered_map<std::int64_t, Lane> held_;     // the lane of each run whose turn came during a pause
  std::multimap<Timestamp, RunKey> waiting_;        // resting until then
  std::unordered_map<std::int64_t, std::shared_ptr<Expected>> expected_;  // runs for whose end somebody waits
  std::unordered_map<std::int64_t, std::shared_ptr<News>> moving_;        // see `hold`; null: nobody waits for it
  std::shared_ptr<News> recovering_;                                      // while the store is being asked
  std::map<std::pair<RunKey, std::string>, Called> calls_;                // by caller and call
  std::map<Lane, RunKey> calling_from_;  // by lane, of those that runs have to themselves: its caller
  std::unordered_map<std::string, std::size_t> active_of_;  // by workflow
  std::unordered_map<std::string, std::size_t> queued_of_;  // by workflow: of queued_ and held_
  std::unordered_map<std::string, Timestamp> last_ends_;    // by workflow, of this life
  std::size_t bytes_ = 0;                                   // held by runs in memory that do not wait for others
  std::size_t loading_ = 0;                                 // runs of which it is not known yet how much they hold
  News room_;
  bool stopping_ = false;
  bool broken_ = false;
  News changed_;
  Scope scope_;
};

}  // namespace millrace
