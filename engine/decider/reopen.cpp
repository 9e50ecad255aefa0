#include "decider/reopen.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "decider/walk.hpp"

namespace millrace {

namespace {

/// What had failed inside is open again, beside what had not come to its end.
void open_remains(StepState& state) {
  state.active.insert(state.active.end(), state.broken.begin(), state.broken.end());
  std::move(state.remains.begin(), state.remains.end(), std::back_inserter(state.blocks));
  state.broken.clear();
  state.remains.clear();
}

/// Whether the step had got anywhere that it can go on from. A question is asked anew.
bool goes_on_inside(const Step& step, const StepState& state) {
  if (std::holds_alternative<ApproveBlock>(step.what)) return false;
  const bool closed_some = std::holds_alternative<ParallelBlock>(step.what) && state.opened > 0;
  return closed_some || state.items.is_list() || !state.blocks.empty() || !state.remains.empty();
}

/// Whether all that has begun in the block is done.
bool went_well(const BlockState& block) {
  return std::all_of(block.steps.begin(), block.steps.end(),
                     [](const StepState& each) { return each.finished() && !each.failed_for_good(); });
}

class Reopening {
 public:
  Reopening(Reopened what, bool parked) : what_(what), parked_(parked) {}

  void block(const Steps& steps, BlockState& block) const {
    for (std::size_t at = 0; at < block.steps.size(); ++at) step(steps[at], block.steps[at]);
  }

 private:
  bool is_meant(const StepState& state) const {
    const bool unconnected = state.failure && state.failure->code == ErrorCode::unconnected;
    if (what_ == Reopened::unconnected) return unconnected;
    return state.status != StepStatus::unsure || parked_;
  }

  void step(const Step& step, StepState& state) const {
    if (state.handling || state.status == StepStatus::running) return go_on(step, state);
    if (!state.failed_for_good() || !is_meant(state)) return;
    if (!goes_on_inside(step, state)) {
      state = StepState();
      return;
    }
    state.status = StepStatus::running;
    open_remains(state);
    // That its turns were not enough was all that went wrong: it has as many again.
    const auto* repeat = std::get_if<RepeatBlock>(&step.what);
    const bool used_up =
        repeat != nullptr && state.opened - state.turns_before >= static_cast<std::uint32_t>(repeat->max);
    if (used_up && went_well(state.blocks.front())) state.turns_before = state.opened;
    go_on(step, state);
  }

  void go_on(const Step& step, StepState& state) const {
    if (what_ == Reopened::failed) state.cancelling = false;  // else its time was over while others were waited for
    if (what_ == Reopened::failed && !state.handling) {
      state.failure.reset();
      open_remains(state);
    }
    for (std::size_t i = 0; i < state.blocks.size(); ++i) block(steps_of_block(step, state.active[i]), state.blocks[i]);
  }

  Reopened what_;
  bool parked_;
};

void renew_times(BlockState& block) {
  for (StepState& step : block.steps) {
    if (step.status == StepStatus::running) step.over_at.reset();
    for (BlockState& inner : step.blocks) renew_times(inner);
  }
}

}  // namespace

void reopen(const Workflow& workflow, RunState& run, Reopened what) {
  Reopening(what, run.outcome == RunOutcome::parked).block(workflow.steps, run.phases[0]);
}

void renew_times(RunState& run) { renew_times(run.phases[0]); }

void stay_parked(const Workflow& workflow, RunState& run) {
  visit_steps(workflow, run, [&run](const StepPath& path, const Step&, const StepState& at, const Bindings&) {
    if (run.stopping || path.front() != 0 || !at.needs_person()) return;
    run.stopping = RunOutcome::parked;
    run.failure = at.failure;
  });
}

bool any_failed(const BlockState& block) {
  return std::any_of(block.steps.begin(), block.steps.end(), [](const StepState& step) {
    if (step.handling || step.status == StepStatus::running) {
      return !step.remains.empty() || std::any_of(step.blocks.begin(), step.blocks.end(), any_failed);
    }
    return step.failed_for_good();
  });
}

}  // namespace millrace
