#pragma once

#include <utility>

#include "decider/run_state.hpp"

namespace millrace {

/// Calls `visit(path, step, state, names)` for every step that was reached and whose block is open, outer ones first.
template <class Visit>
void visit_steps(const Steps& steps, const BlockState& block, StepPath path, const Bindings& outer,
                 const Visit& visit) {
  Bindings own = block.names;
  if (block.item) own.set_parent(&outer);
  const Bindings& names = block.item ? own : outer;
  path.push_back(0);
  for (std::size_t at = 0; at < block.steps.size(); ++at) {
    path.back() = static_cast<std::uint32_t>(at);
    const StepState& state = block.steps[at];
    visit(std::as_const(path), steps[at], state, names);
    for (std::size_t i = 0; i < state.blocks.size(); ++i) {
      StepPath inside = path;
      inside.push_back(state.active[i]);
      visit_steps(steps_of_block(steps[at], state.active[i]), state.blocks[i], std::move(inside), names, visit);
    }
  }
}

template <class Visit>
void visit_steps(const Workflow& workflow, const RunState& state, const Visit& visit) {
  for (std::uint32_t phase = 0; phase <= state.phase; ++phase)
    visit_steps(steps_of_phase(workflow, phase), state.phases[phase], {phase}, state.names, visit);
}

/// Whether the step does something itself, of which it may be unknown whether it happened.
inline bool performs(const Step& step) {
  return std::holds_alternative<ActionStep>(step.what) || std::holds_alternative<CallBlock>(step.what);
}

/// Whether an action or call of the step is under way: it has begun, and nothing is known of its end.
inline bool is_under_way(const Step& step, const StepState& state) {
  return performs(step) && state.status == StepStatus::running && !state.reported && !state.handling;
}

}  // namespace millrace
