#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "decider/decide.hpp"
#include "expr/expression.hpp"

namespace millrace {

/// One call of `decide`: walks from the run's phases down to the steps under way, and lets each go as far as it can
/// without waiting. Every change to the state is an event, folded as it is made.
class Decider {
 public:
  Decider(const Workflow& workflow, const Catalog& catalog, RunState& state, Timestamp now, Timestamp lasting,
          Witness* witness)
      : workflow_(workflow), catalog_(catalog), state_(state), now_(now), lasting_(lasting), witness_(witness) {}

  Decision run();

 private:
  /// A step where a walk has come to: where it stands, as written, its path, and the names that it sees. Borrowed for
  /// as long as the walk is at it.
  struct Spot {
    StepState& state;
    const Step& step;
    const StepPath& path;
    const Bindings& names;
  };
  /// Where a walk through a block or step left it.
  enum class Progress {
    working,
    done,
    failed,
    stopped,  ///< nothing in it is under way, and what is left of it does not begin: where the run goes on, so does it
  };

  // decide.cpp: the run, blocks and steps
  void advance_run();
  bool anything_under_way() const;
  bool waits_for_person() const;
  void make_vars();
  void finish_run();
  Progress advance_block(BlockState& block, const Steps& steps, StepPath path, const Bindings& names);
  Progress advance_step(const Spot& spot);
  Progress call_off(const Spot& spot);
  Progress begin_step(const Spot& spot);
  Progress fail_step(const Spot& spot, Error failure);
  Progress settle(const Spot& spot, Error failure);
  Progress advance_handler(const Spot& spot);
  Progress finish_step(const Spot& spot, Value output);
  void watch_time(const Spot& spot);
  void stop_if_empty(const Step& step, const Bindings& names);

  // decide_actions.cpp: steps without steps inside
  Progress begin(const ActionStep& what, const Spot& spot);
  Progress begin(const SetBlock& what, const Spot& spot);
  Progress begin(const StopBlock& what, const Spot& spot);
  Result<Value> input_of(const ActionStep& what, const Action& action, const Bindings& names) const;

  // decide_waiting.cpp: steps that wait, and calls
  Progress begin(const WaitBlock& what, const Spot& spot);
  Progress begin(const ApproveBlock& what, const Spot& spot);
  Progress begin(const CallBlock& what, const Spot& spot);
  Progress advance_wait(const Spot& spot);
  Progress advance_approval(const Spot& spot);
  Progress advance_telling(const Spot& spot, bool over);
  void order_wait(Command::Type type, const Spot& spot, Timestamp until);

  // decide_blocks.cpp: steps with steps inside, and how a step of each kind goes on
  struct GoingOn;
  struct OpenInside;
  Progress begin(const IfBlock& what, const Spot& spot);
  Progress begin(const SwitchBlock& what, const Spot& spot);
  Progress begin(const ForEachBlock& what, const Spot& spot);
  Progress begin(const RepeatBlock& what, const Spot& spot);
  Progress begin(const ParallelBlock& what, const Spot& spot);
  Progress begin(const GroupBlock& what, const Spot& spot);
  Progress finish_block(const Spot& spot, Value output);
  Progress advance_inside(const Spot& spot);
  Progress advance_open(const Spot& spot);
  Progress advance_front(const Spot& spot);
  Progress advance_items(const Spot& spot);
  Progress advance_item(const Spot& spot, std::uint32_t number);
  Progress advance_branches(const Spot& spot);
  Progress advance_branch(const Spot& spot);
  Progress advance_loop(const Spot& spot);
  Progress advance_repeat(const Spot& spot);
  Progress advance_parallel(const Spot& spot);
  static Progress together(Progress one, Progress other) noexcept;

  void show_closures(const ActionStep& what, const Value& input, const Spot& spot) const;
  /// The value of a condition, shown to the witness.
  Result<Value> condition(const PlacedExpression& expression, const Spot& spot);
  Progress undecided(const Spot& spot, const Value& unknown);
  void stop_run(RunOutcome outcome, std::optional<Error> failure);
  void tell_at_end(const Error& failure);
  void stop_for_safety(Error failure);
  void start_step(const Spot& spot, Value input = {});
  void emit(Happening what);
  std::optional<Timestamp> time_is_over(const Step& step) const;
  void wake_at(Timestamp time);
  /// Whether the decision is broken off here. Then it is at every place behind this one.
  bool gives_way();
  bool called_off() const noexcept { return is_called_off(state_, state_.phase); }
  /// Nothing new begins: the run has come to its end, or the walk is inside a step whose time is over.
  bool stopping() const noexcept {
    return cancelling_ > 0 || called_off() || (state_.stopping.has_value() && state_.phase == 0);
  }
  /// Nothing new begins because a person is waited for, and only until then.
  bool rests() const noexcept { return cancelling_ == 0 && state_.phase == 0 && state_.stopping == RunOutcome::parked; }
  /// What a walk makes of steps that do not begin: where a `stop` of the workflow's own ends it, nothing is missing.
  Progress left_off() const noexcept { return state_.ended_itself ? Progress::done : Progress::stopped; }

  const Workflow& workflow_;
  const Catalog& catalog_;
  RunState& state_;
  Timestamp now_, lasting_;
  Witness* witness_;
  int cancelling_ = 0;
  int telling_ = 0;  // the walk is among the steps that tell people of a question
  const std::int64_t steps_before_ = steps_taken();
  Decision decision_;
};

}  // namespace millrace
