#pragma once

#include <optional>
#include <vector>

#include "catalog/catalog.hpp"
#include "decider/event.hpp"
#include "decider/run_state.hpp"
#include "workflow/model.hpp"

namespace millrace {

/// Something for the runtime to do. It answers with `step_outcome`.
struct Command {
  enum class Type : std::uint8_t {
    perform,  ///< the step's action
    cancel,   ///< whatever is performed at the path and inside it
    call,     ///< another workflow
    wait,  ///< until a time, by which the run is decided again: a plan, which waits for nothing, says `waited` instead
    prepare,  ///< a question: find out what people are told with it, and answer with `question_prepared`
    ask,      ///< a person, who gives an `approval`; a plan gives it itself
  };
  Type type = Type::perform;
  StepPath path;
  const ActionStep* step = nullptr;   ///< of perform
  const CallBlock* called = nullptr;  ///< of call
  Value input;                        ///< of a call: the other workflow's event
  Timestamp begun = {};               ///< of a call: when this attempt of the step began
  int attempt = 1;                    ///< of a call: which one it is since the run began, or was tried again
  Timestamp until = {};               ///< of wait
  bool left_before = false;           ///< it may have been done already, before the engine was started again
  bool called_off = false;            ///< of what was interrupted: its time was over, or the run was called off
};

struct Decision {
  std::vector<RunEvent> events;      ///< to be written before anything is done
  std::vector<Command> commands;     ///< to be done once they are
  std::optional<Timestamp> wake_at;  ///< by Clock::lasting: decide again then, if no outcome comes before
  std::size_t bytes = 0;             ///< of the events
  /// It was broken off after a good deal of work: decide again, once others have had their turn. What follows is what
  /// would have followed at once.
  bool goes_on = false;
};

/// Hears what conditions saw, for `run --trace`.
class Witness {
 public:
  virtual ~Witness() = default;
  virtual void condition(const std::string& step, const PlacedExpression& condition, const Result<Value>& result,
                         const Bindings& names) = 0;
  /// Whether a case of a `switch` is the one for the value.
  virtual void matched(const std::string& step, const SwitchBlock::Case& one, const Value& value, bool fits) = 0;
  /// An action is about to ask `body` of each of the items, which is then called `parameter`.
  virtual void each(const std::string& step, const PlacedExpression& body, const std::string& parameter,
                    const Value::List& items, const Bindings& names) = 0;
};

/// The first event of a run.
RunEvent start_event(Value event, Value run, Timestamp now, Value today, Value delivery = {});

/// Decides what happens next, and brings `state` forward by exactly the events returned. All policy is here: order,
/// branches, loops, retries, time limits, what a failure means. Pure: the same workflow, state and times give the same
/// decision. `lasting` is what Clock::lasting says; nothing: the clock was never set.
Decision decide(const Workflow& workflow, const Catalog& catalog, RunState& state, Timestamp now,
                Witness* witness = nullptr, std::optional<Timestamp> lasting = {});

/// The event that tells how a performed step ended; the next `decide` draws the consequences.
RunEvent step_outcome(StepPath path, Result<Value> outcome, Timestamp now);

/// The end of a wait whose time is not waited for.
RunEvent waited(StepPath path, Timestamp until, Timestamp now);

/// What people are told with the question of the step.
RunEvent question_prepared(StepPath path, Value facts, Timestamp now);

/// What a person said to the step that waits for an approval.
RunEvent approval(StepPath path, bool yes, std::string by, std::string comment, Timestamp now);

/// What a person found out about an unsure step: that it happened (and gave `output`), or that it did not and is to be
/// done again. A parked run goes on from there.
RunEvent resolution(StepPath path, bool happened, Value output, std::string by, Timestamp now);

/// Why a run that has ended cannot go on where it failed, which would be after what its workflow stops at; empty where
/// it can.
std::string why_not_reopened(const RunState& state);

/// A run that has ended goes on: the top-level step at `from` and all after it are done again, or, where it is empty,
/// what failed. What has succeeded before stays done.
RunEvent reopening(StepPath from, Timestamp now);

/// A parked run goes on, in which something waited for a connection. Of what is unsure a person has yet to speak.
RunEvent reopening_connected(Timestamp now);

/// Whether the step waits for somebody to agree.
bool is_asking(const Workflow& workflow, const RunState& state, const StepPath& path);

/// The first step that waits for somebody to agree.
std::optional<StepPath> waiting_for_approval(const Workflow& workflow, const RunState& state);

/// Until when somebody can answer the approval that the run waits for; nothing: for ever, or there is none.
std::optional<Timestamp> time_to_answer(const Workflow& workflow, const RunState& state);

/// The steps of which it is not known whether they happened.
std::vector<StepPath> unsure_steps(const Workflow& workflow, const RunState& state);
/// What is said of each of them.
std::vector<std::string> unsure_failures(const Workflow& workflow, const RunState& state);

/// After a restart: the actions, calls and preparations of questions that were under way. Each has to be performed
/// again, asked about or told to a person, as `cure_of` says.
std::vector<Command> interrupted(const Workflow& workflow, const Catalog& catalog, const RunState& state);

/// Whether the step's action is taken for the reason why the engine died again and again: it is not performed until a
/// person says so. What runs in the engine itself, a plugin's library, is so at the second death.
bool kills(const Catalog& catalog, const RunState& state, const Step& step, const StepPath& path);

/// Whether a value may become part of a run: what is nested too deep could not be read back from the journal, and what
/// a run holds is bounded. The error is a sentence for whoever wrote the workflow.
Status may_hold(RunState& state, const Value& value);

/// What to do about an action of which it is not known whether it happened.
enum class UnsureCure : std::uint8_t {
  send_again,  ///< twice is once, or the receiver knows the key, or the author said so
  probe,       ///< a read tells
  ask_person,
};
UnsureCure cure_of(const Action& action, const Step& step, const Value& input);

/// Calls the run off: running steps are cancelled by the next decision, nothing new begins.
RunEvent cancellation(std::string why, Timestamp now);

}  // namespace millrace
