#pragma once

#include <string>

#include "decider/decide.hpp"

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
  /// Where a walk through a block or step left it.
  enum class Progress { working, done, failed };

  // decide.cpp: the run, blocks and steps
  void advance_run();
  bool anything_under_way() const;
  bool waits_for_person() const;
  void make_vars();
  void finish_run();
  Progress advance_block(BlockState& block, const Steps& steps, StepPath path, const Bindings& names);
  Progress advance_step(StepState& state, const Step& step, const StepPath& path, const Bindings& names);
  Progress begin_step(StepState& state, const Step& step, const StepPath& path, const Bindings& names);
  Progress fail_step(StepState& state, const Step& step, const StepPath& path, const Bindings& names, Error failure);
  Progress settle(StepState& state, const Step& step, const StepPath& path, const Bindings& names, Error failure);
  Progress advance_handler(StepState& state, const Step& step, const StepPath& path, const Bindings& names);
  Progress finish_step(const StepPath& path, Value output);
  void watch_time(StepState& state, const Step& step, const StepPath& path);
  void stop_if_empty(const Step& step, const Bindings& names);

  // decide_actions.cpp: steps without steps inside
  Progress begin(const ActionStep& what, StepState& state, const Step& step, const StepPath& path,
                 const Bindings& names);
  Progress begin(const SetBlock& what, StepState& state, const Step& step, const StepPath& path, const Bindings& names);
  Progress begin(const StopBlock& what, StepState& state, const Step& step, const StepPath& path,
                 const Bindings& names);
  Result<Value> input_of(const ActionStep& what, const Action& action, const Bindings& names) const;

  // decide_waiting.cpp: steps that wait, and calls
  Progress begin(const WaitBlock& what, StepState& state, const Step& step, const StepPath& path,
                 const Bindings& names);
  Progress begin(const ApproveBlock& what, StepState& state, const Step& step, const StepPath& path,
                 const Bindings& names);
  Progress begin(const CallBlock& what, StepState& state, const Step& step, const StepPath& path,
                 const Bindings& names);
  Progress advance_wait(StepState& state, const Step& step, const StepPath& path, const Bindings& names);
  void order_wait(Command::Type type, const StepPath& path, Timestamp until);

  // decide_blocks.cpp: steps with steps inside
  Progress begin(const IfBlock& what, StepState& state, const Step& step, const StepPath& path, const Bindings& names);
  Progress begin(const SwitchBlock& what, StepState& state, const Step& step, const StepPath& path,
                 const Bindings& names);
  Progress begin(const ForEachBlock& what, StepState& state, const Step& step, const StepPath& path,
                 const Bindings& names);
  Progress begin(const RepeatBlock& what, StepState& state, const Step& step, const StepPath& path,
                 const Bindings& names);
  Progress begin(const ParallelBlock& what, StepState& state, const Step& step, const StepPath& path,
                 const Bindings& names);
  Progress begin(const GroupBlock& what, StepState& state, const Step& step, const StepPath& path,
                 const Bindings& names);
  Progress finish_block(StepState& state, const Step& step, const StepPath& path, const Bindings& names, Value output);
  Progress fail_inside(StepState& state, const Step& step, const StepPath& path, const Bindings& names, Error failure);
  Progress advance_inside(StepState& state, const Step& step, const StepPath& path, const Bindings& names);
  Progress advance_branch(StepState& state, const Step& step, const StepPath& path, const Bindings& names);
  Progress advance_loop(StepState& state, const Step& step, const StepPath& path, const Bindings& names);
  Progress advance_item(StepState& state, const Step& step, const StepPath& path, const Bindings& names,
                        std::uint32_t number);
  Progress advance_repeat(StepState& state, const Step& step, const StepPath& path, const Bindings& names);
  Progress advance_parallel(StepState& state, const Step& step, const StepPath& path, const Bindings& names);

  /// The value of a condition, shown to the witness.
  Result<Value> condition(const PlacedExpression& expression, const StepPath& path, const Bindings& names);
  Progress undecided(const StepPath& path, const Value& unknown);
  void stop_run(RunOutcome outcome, std::optional<Error> failure);
  void start_step(const Step& step, const StepPath& path, Value input = {});
  void emit(Happening what);
  std::optional<Timestamp> time_is_over(const Step& step) const;
  void wake_at(Timestamp time);
  /// Nothing new begins: the run has come to its end, or the walk is inside a step whose time is over.
  bool stopping() const noexcept { return cancelling_ > 0 || (state_.stopping.has_value() && state_.phase == 0); }

  const Workflow& workflow_;
  const Catalog& catalog_;
  RunState& state_;
  Timestamp now_, lasting_;
  Witness* witness_;
  int cancelling_ = 0;
  Decision decision_;
};

}  // namespace millrace
