#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/loop.hpp"
#include "catalog/catalog.hpp"
#include "courier/calls.hpp"
#include "decider/decide.hpp"
#include "gate/gate.hpp"
#include "journal/journal.hpp"
#include "plugin/plugin_host.hpp"
#include "runtime/run_notes.hpp"
#include "value/clock.hpp"
#include "workflow/model.hpp"
#include "workflow/project.hpp"

namespace millrace {

/// Opens the gate of a run when it first needs one; a run of pure steps needs none.
class Gates {
 public:
  virtual ~Gates() = default;
  virtual std::unique_ptr<Gate> open(const Workflow& workflow, bool live, Ledger& ledger) = 0;
};

/// For whom a run writes its files: none of them replaces what belongs to the same whole.
struct WritesFor {
  std::string occurrence = {};  ///< CallSite::occurrence; empty: the run's own event
  std::string called_by = {};   ///< the steps that called it, the outermost first

  /// Of a run that the step at this path calls. `caller`: the one that has these.
  WritesFor of_called(const RunHead& caller, std::string_view step) const;
  /// CallSite::occurrence of what the run writes.
  std::string occurrence_of(const RunHead& run) const;
};

class CircleCount;

/// Another workflow that a step wants carried out.
struct CallOrder {
  std::string workflow;
  Value event;
  std::string location = {};  ///< of the caller's run
  RunKey caller = {};
  std::string step;            ///< the step's path: with `caller` it names the call for ever
  Timestamp begun = {};        ///< this attempt of the step
  int attempt = 1;             ///< which one that is since the caller began, or was tried again
  bool made_before = false;    ///< it was under way when the caller was last in memory
  bool tried_again = false;    ///< a person has had the caller go on after its end
  std::size_t repetition = 0;  ///< how often a person has asked for the step once more, although it was done
  bool live = false;
  std::vector<std::string> chain = {};  ///< the workflows whose runs led to this call, the caller's last
  std::string origin = {};              ///< EventRecord::origin of the call
  std::shared_ptr<const Bounds> bounds =
      {};  ///< of the caller: what is called may do no more; nullptr: it is not bound
  WritesFor writes_for = {};
  std::shared_ptr<ChangeCount> change_count = {};  ///< of the caller
  std::shared_ptr<CircleCount> circle_count = {};  ///< of the caller
  /// Told where the call need not be waited for in memory: what is called waits for long, or, in the foreground, is
  /// left to the service, and the call then gives nothing here. `false`: it has come back. Nothing: the caller cannot
  /// leave.
  std::function<void(bool left)> on_left = {};
};

/// Why a chain of runs that start one another ends here: `chain` led here, and a run of `next` would follow. Nothing
/// where it may go on.
std::optional<Error> chain_ends(const std::vector<std::string>& chain, const std::string& next, std::int64_t longest);

/// How often workflows have started one another in a circle, over all that one run began: what it calls, and what
/// follows from the end of any of these. A circle in which each run starts several others grows with every round, long
/// before one of its chains is at its end. Loop thread only.
class CircleCount {
 public:
  /// Of a run that nobody calls, to whose event as many workflows led. `before`: of the run from whose end it follows.
  explicit CircleCount(std::size_t led_here, const CircleCount* before = nullptr);

  /// Counts the call where its workflow is among its callers. The error, where too many went round. `longest`: of a
  /// chain, as limits.chain.
  std::optional<Error> count_call(const CallOrder& order, std::int64_t longest);
  /// The same of a run of `next` that would follow from the end of another, where one of `next` led to that.
  std::optional<Error> count_follower(const std::vector<std::string>& chain, const std::string& next,
                                      std::int64_t longest);

 private:
  std::size_t led_here_;
  std::shared_ptr<std::int64_t> rounds_;
};

/// One run of a called workflow, to its end. `several`: there is one for each of several locations.
using CallAt = std::function<Task<Result<Value>>(CallOrder order, std::string location, bool several)>;
/// Carries out a call at each location for which the workflow then runs, one after the other, unless its caller is not
/// allowed to call it. The first failure is that of the call.
Task<Result<Value>> call_at_each(CallOrder order, std::shared_ptr<const Workflow> workflow, const Project& project,
                                 const Catalog& catalog, CallAt call_at);

/// What a called run's end is to its caller that was none to count on. `why`: in words, or empty. Of calls inside calls
/// the innermost reason is told, once.
Error failure_of_called(RunOutcome outcome, const std::string& why);

/// Carries out called workflows to their end, and gives what their last step gave; of one that runs for several
/// locations that of each, in their order.
class Callees {
 public:
  virtual ~Callees() = default;
  virtual Task<Result<Value>> call(CallOrder order) = 0;
};

/// What runs work with. The gate decides whether a run is real: a plan is the same run with the planning gate.
struct World {
  Loop& loop;
  const Project& project;
  const Catalog& catalog;
  PluginHost& plugins;
  Journal& journal;
  Clock& clock;
  Gates& gates;
  Callees& callees;
};

/// Calls a run off from outside, such as by Ctrl-C. Used on the loop's thread.
class OffSwitch {
 public:
  OffSwitch() = default;
  explicit OffSwitch(std::string why) : why_(std::move(why)) {}
  void press() {
    pressed_ = true;
    if (wake_) wake_();
  }
  bool pressed() const noexcept { return pressed_; }
  const std::string& why() const noexcept { return why_; }
  /// Called at once where it is pressed already.
  void on_press(std::function<void()> wake) {
    wake_ = std::move(wake);
    if (pressed_ && wake_) wake_();
  }

 private:
  std::string why_ = "called off by hand";
  bool pressed_ = false;
  std::function<void()> wake_;
};

struct RunRequest {
  std::shared_ptr<const Workflow> workflow;
  RunHead head;  ///< key, event, workflow, version, trigger, location, zone, lane, live
  Value event;
  Value delivery = {};                  ///< how the event came; null where no sender delivered it
  std::vector<std::string> chain = {};  ///< of the event
  std::string origin = {};              ///< origin_of(its event)
  WritesFor writes_for = {};
  std::optional<Timestamp> now = {};               ///< what the run takes for its beginning; nothing: the clock's time
  std::shared_ptr<PlannedChanges> only = {};       ///< the plan that it is held to; of a called run its caller's
  std::shared_ptr<ChangeCount> change_count = {};  ///< its own; nullptr: a new one, of a run that nobody calls
  std::shared_ptr<CircleCount> circle_count = {};  ///< its caller's; nullptr: a new one
  Witness* witness = nullptr;
  bool keep_notes = false;   ///< for a person who reads what it did
  bool may_suspend = false;  ///< it need not stay in memory while it waits
  bool may_leave = false;    ///< it need not stay while it, or what it called, waits for a person
  bool foresees = false;     ///< a dry run that shows what an answer would allow: it ends where it is asked itself
  /// The address at which people answer what the run asks; empty where that is not known.
  std::function<std::string(RunKey)> approval_link = {};
  /// Answers in people's place what the step at the path asks; nothing: people do.
  std::function<std::optional<bool>(const StepPath& step)> answers = {};
  /// Called for each entry but the first, which may add what follows from the events in it.
  std::function<void(Entry&)> on_entry = {};
  /// Called for the entry that ends the run, so that what follows from the end is written together with it.
  /// `calls`: those that it made since it was taken into memory.
  std::function<void(Entry&, const CallCounts& calls)> on_end = {};
  /// Called for each event that is new, once the state has it; not for those that the journal had before.
  std::function<void(const RunEvent&, const RunState&)> on_event = {};
  /// Called for each change that is made, before it is written down. `answer`: what the far side said to it; nullptr
  /// where that is not known.
  std::function<void(const Value& change, const Value* answer)> on_change = {};
};

struct RunReport {
  RunKey key = {};
  std::string location;
  std::optional<RunKey> instead;  ///< it did not begin: its event had come before, and started this run
  Timestamp now;                  ///< what `now` said in it
  RunOutcome outcome = RunOutcome::running;
  std::optional<Error> error;
  std::optional<RunKey> asks;  ///< it waits for an answer to what this run asks, which it called
  bool unsure = false;         ///< of a write of it, or of what it called, it is not known whether it happened
  Value output;                ///< what the last step gave
  std::vector<StepReport> steps;
  std::vector<std::string> notes;
  bool undecided = false;  ///< of a step of the plan only the run will tell whether it runs
  GateRecord record;
};

/// Carries out a new run from its beginning to its end, for whoever waits for it. `beginning` is what is written down
/// together with its first decision: the event, and the version of the workflow. Where a name of theirs is taken, both
/// get new ones. `off_switch`, if there is one, outlives the run.
Task<RunReport> carry_out(World world, RunRequest request, Entry beginning, OffSwitch* off_switch = nullptr);

}  // namespace millrace
