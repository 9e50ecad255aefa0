#include "decider/run_state.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "value/extent.hpp"

namespace millrace {

namespace {

std::size_t held_by(const BlockState& block) {
  std::size_t bytes = block.item ? bytes_of(*block.item) : 0;
  for (const StepState& step : block.steps) {
    bytes += sizeof(StepState) + bytes_of(step.input) + bytes_of(step.output) + bytes_of(step.items);
    for (const Value& result : step.results) bytes += bytes_of(result);
    for (const BlockState& inner : step.blocks) bytes += held_by(inner);
    for (const BlockState& inner : step.remains) bytes += held_by(inner);
  }
  return bytes;
}

}  // namespace

const BlockState* StepState::find_block(std::uint32_t number) const noexcept {
  for (std::size_t i = 0; i < active.size(); ++i) {
    if (active[i] == number) return &blocks[i];
  }
  return nullptr;
}

BlockState* StepState::find_block(std::uint32_t number) noexcept {
  return const_cast<BlockState*>(std::as_const(*this).find_block(number));
}

const Steps& steps_of_phase(const Workflow& workflow, std::uint32_t phase) noexcept {
  return phase == 0 ? workflow.steps : phase == 1 ? workflow.on_failure : workflow.always;
}

const Steps& steps_of_block(const Step& step, std::uint32_t number) noexcept {
  const Steps* found = nullptr;
  each_block(step, [&](const Block& block) {
    const bool another_time = block.is_loop() && number != handler_block;
    if (block.number == number || another_time) found = &block.steps;
  });
  assert(found != nullptr);
  return *found;
}

bool is_final(ErrorCode code) noexcept {
  return code == ErrorCode::limited || code == ErrorCode::unsure || code == ErrorCode::unconnected ||
         code == ErrorCode::cancelled;
}

Value failure_value(const Error& failure) {
  return Value::object({{"code", std::string(name_of(failure.code))}, {"message", failure.message}});
}

void take_stock(RunState& state) {
  state.held = 0;
  for (const char* name : {"event", "delivery", "vars"}) {
    const Value* value = state.names.find(name);
    if (value != nullptr) state.held += bytes_of(*value);
  }
  for (const auto& [key, answer] : state.effects)
    state.held += sizeof(EffectKey) + key.inside.size() + (answer ? bytes_of(*answer) : 0);
  for (const BlockState& phase : state.phases) state.held += held_by(phase);
}

const Step& step_at(const Workflow& workflow, const StepPath& path) {
  const Step* step = &steps_of_phase(workflow, path[0])[path[1]];
  for (std::size_t i = 2; i + 1 < path.size(); i += 2) step = &steps_of_block(*step, path[i])[path[i + 1]];
  return *step;
}

std::string label_of(const Workflow& workflow, const StepPath& path) {
  std::string label;
  for (std::size_t length = 2; length <= path.size(); length += 2) {
    const StepPath here(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(length));
    const Step& step = step_at(workflow, here);
    const auto* action = std::get_if<ActionStep>(&step.what);
    const bool loop =
        std::holds_alternative<ForEachBlock>(step.what) && (length == path.size() || path[length] != handler_block);
    std::string name = !step.id.empty() ? step.id : action != nullptr ? action->action : loop ? "for_each" : "";
    if (loop && length < path.size()) name += "[" + std::to_string(path[length]) + "]";
    if (name.empty()) continue;
    label += (label.empty() ? "" : "/") + name;
  }
  return label;
}

std::size_t repetitions_of(const RunState& state, const StepPath& path) {
  const bool in_actions = path[0] == 0;
  return static_cast<std::size_t>(std::count_if(state.reopened.begin(), state.reopened.end(), [&](const auto& from) {
    return in_actions ? from && *from <= path[1] : true;  // on_failure and always have had their end, and begin anew
  }));
}

}  // namespace millrace
