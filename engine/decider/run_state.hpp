#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "decider/event.hpp"
#include "expr/expression.hpp"
#include "workflow/model.hpp"

namespace millrace {

struct BlockState;

/// What happened to one step so far.
struct StepState {
  StepStatus status = StepStatus::waiting;
  int attempts = 0;
  bool handling = false;                           ///< its failure is being handled by the steps of `on_error`
  bool continued = false;                          ///< it failed, and the run went on
  bool cancelling = false;                         ///< its time is over
  std::optional<Error> reported;                   ///< how its action failed, before anything was decided about it
  Timestamp started = {}, begun = {}, ended = {};  ///< `begun` is the latest attempt's
  // By Clock::lasting, as all that began as a duration; `wait: until` is by the clock itself.
  std::optional<Timestamp> over_at;      ///< when the time of its latest attempt is over
  std::optional<Timestamp> again_at;     ///< when it is tried again
  std::optional<Timestamp> waits_until;  ///< of wait; of approve: when it expires
  std::optional<AnswerGiven> answer;     ///< of approve: what a person said
  std::optional<Value> prepared;         ///< of approve: what people are told with the question
  Value input, output;
  std::optional<Error> failure;  ///< told from the innermost step that failed

  std::uint32_t branch = 0;           ///< the block that `if`, `switch` and `repeat` are in
  Value items;                        ///< of a loop
  std::vector<Value> results;         ///< of a loop: one a finished item, at its index
  std::uint32_t opened = 0;           ///< how many items of a loop, or turns of a repeat, have begun
  std::uint32_t turns_before = 0;     ///< of a repeat: the turns that had not been enough when it was tried again
  std::vector<std::uint32_t> active;  ///< the open blocks, by number
  std::vector<BlockState> blocks;     ///< the open blocks, in the order of `active`
  std::vector<std::uint32_t> broken;  ///< of a loop or parallel: the blocks that failed, by number,
  std::vector<BlockState> remains;    ///< and what they had come to: a retry goes on from there

  bool finished() const noexcept {
    return !handling &&
           (status == StepStatus::succeeded || status == StepStatus::failed || status == StepStatus::skipped ||
            status == StepStatus::unsure) &&
           !again_at;
  }
  /// It ended badly, and the run did not go on in spite of it.
  bool failed_for_good() const noexcept {
    return (status == StepStatus::failed || status == StepStatus::unsure) && !continued;
  }
  /// A person has to say what happened to it, or to connect before it can be done.
  bool needs_person() const noexcept {
    const bool waits = failed_for_good() && failure && failure->code == ErrorCode::unconnected;
    return status == StepStatus::unsure || waits;
  }
  const BlockState* find_block(std::uint32_t number) const noexcept;
  BlockState* find_block(std::uint32_t number) noexcept;
};

/// A list of steps under way. An item of a loop has names of its own, which a walk lays over those around it.
struct BlockState {
  std::vector<StepState> steps;  ///< grows as steps are reached
  std::optional<Value> item;
  Bindings names;  ///< of an item: its name, and the results of its steps by id
};

/// Where a run stands: nothing but the fold of its events.
struct RunState {
  Bindings names;  ///< event, vars, run, now, today, and the results of steps by id
  BlockState phases[3];
  std::uint32_t phase = 0;
  /// The writes inside steps, by key: their answers; nothing where one was about to leave and no answer is known.
  std::map<EffectKey, std::optional<Value>> effects;
  /// How often the engine died while the action of a step was under way, until the step ends or a person has it done
  /// again. Kept when a dry run begins anew.
  std::map<StepPath, int> deaths;
  /// At most so many bytes are held by what came into the state; `take_stock` makes it what is there.
  std::size_t held = 0;
  /// Where a person had the run go on after its end: at which top-level step; nothing: at what had failed.
  std::vector<std::optional<std::uint32_t>> reopened;
  std::optional<RunOutcome> stopping;  ///< how the run will end, once that is clear
  bool ended_itself = false;           ///< by a `stop` among its steps
  std::optional<Error> failure;
  RunOutcome outcome = RunOutcome::running;
  Timestamp started = {}, ended = {};

  bool finished() const noexcept { return outcome != RunOutcome::running; }
};

/// Whether somebody has called off what is done in the phase: all but what is done `always`.
inline bool is_called_off(const RunState& state, std::uint32_t phase) noexcept {
  return state.stopping == RunOutcome::cancelled && phase < 2;
}

/// Whether no `on_error` answers such a failure.
bool is_final(ErrorCode code) noexcept;

/// A failure as expressions, other workflows and programs see it, everywhere: {code, message}.
Value failure_value(const Error& failure);

/// Lays one event over the state. REQUIRES: the event was made for this workflow and follows those folded before.
void fold(const Workflow& workflow, RunState& state, const RunEvent& event);

/// Counts anew what the state holds.
void take_stock(RunState& state);

/// How often a person has asked for what this step does to be done once more, although it was done: its effects are
/// others then. What a person merely has tried again, because it failed, stays the same effect.
std::size_t repetitions_of(const RunState& state, const StepPath& path);

/// Where a run stands that had these events.
RunState state_after(const Workflow& workflow, const std::vector<RunEvent>& events);

/// The steps of a phase: 0 `actions`, 1 `on_failure`, 2 `always`.
const Steps& steps_of_phase(const Workflow& workflow, std::uint32_t phase) noexcept;

/// The steps of block `number` inside `step`.
const Steps& steps_of_block(const Step& step, std::uint32_t number) noexcept;

/// The step at `path`, as written.
const Step& step_at(const Workflow& workflow, const StepPath& path);

/// The step at `path` for people: "removed[3]/highlevel.location_tags.delete".
std::string label_of(const Workflow& workflow, const StepPath& path);

}  // namespace millrace
