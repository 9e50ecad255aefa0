#include "decider/run_state.hpp"

#include <algorithm>
#include <cassert>

#include "decider/walk.hpp"
#include "value/extent.hpp"

namespace millrace {

namespace {

const Steps no_steps;

const Steps& steps_inside(const IfBlock& block, std::uint32_t number) {
  return number == 0 ? block.then : block.otherwise;
}
const Steps& steps_inside(const SwitchBlock& block, std::uint32_t number) {
  return number < block.cases.size() ? block.cases[number].steps : block.otherwise;
}
const Steps& steps_inside(const ForEachBlock& block, std::uint32_t) { return block.body; }
const Steps& steps_inside(const RepeatBlock& block, std::uint32_t) { return block.body; }
const Steps& steps_inside(const ParallelBlock& block, std::uint32_t number) { return block.branches[number]; }
const Steps& steps_inside(const GroupBlock& block, std::uint32_t) { return block.body; }
const Steps& steps_inside(const ActionStep&, std::uint32_t) { return no_steps; }
const Steps& steps_inside(const SetBlock&, std::uint32_t) { return no_steps; }
const Steps& steps_inside(const StopBlock&, std::uint32_t) { return no_steps; }
const Steps& steps_inside(const WaitBlock&, std::uint32_t) { return no_steps; }
const Steps& steps_inside(const ApproveBlock&, std::uint32_t) { return no_steps; }
const Steps& steps_inside(const CallBlock&, std::uint32_t) { return no_steps; }

StepState& reached(BlockState& block, std::uint32_t index) {
  while (block.steps.size() <= index) block.steps.emplace_back();
  return block.steps[index];
}

/// What a path leads to: the step as written, where it stands, and the block whose names its result joins.
struct Place {
  const Step* step;
  StepState* state;
  BlockState* item;  // nullptr: the run's own names
};

Place find(const Workflow& workflow, RunState& run, const StepPath& path) {
  assert(path.size() >= 2 && path.size() % 2 == 0);
  const Steps* steps = &steps_of_phase(workflow, path[0]);
  BlockState* block = &run.phases[path[0]];
  Place place{nullptr, nullptr, nullptr};
  for (std::size_t i = 1;; i += 2) {
    place.step = &(*steps)[path[i]];
    place.state = &reached(*block, path[i]);
    if (i + 1 == path.size()) return place;
    block = place.state->find_block(path[i + 1]);
    assert(block != nullptr);
    if (block->item) place.item = block;
    steps = &steps_of_block(*place.step, path[i + 1]);
  }
}

void name_result(RunState& run, const Place& place, Value result) {
  if (place.step->id.empty()) return;
  if (place.item == nullptr) {
    run.names.set(place.step->id, std::move(result));
    return;
  }
  place.item->names.set(place.step->id, std::move(result));
}

/// How many blocks of a step, loops left out, share the names around it.
std::uint32_t open_blocks(const Step& step) {
  if (const auto* choice = std::get_if<SwitchBlock>(&step.what))
    return static_cast<std::uint32_t>(choice->cases.size()) + 1;
  if (const auto* parallel = std::get_if<ParallelBlock>(&step.what))
    return static_cast<std::uint32_t>(parallel->branches.size());
  if (std::holds_alternative<IfBlock>(step.what)) return 2;
  return std::holds_alternative<GroupBlock>(step.what) || std::holds_alternative<RepeatBlock>(step.what) ? 1 : 0;
}

/// A name for every step that will now not run, so that expressions behind them find null, or the same unknown.
void name_steps_inside(RunState& run, const Place& place, const Value& result) {
  name_result(run, place, result);
  for (std::uint32_t number = 0; number < open_blocks(*place.step); ++number) {
    for (const Step& inner : steps_of_block(*place.step, number)) {
      name_steps_inside(run, Place{&inner, nullptr, place.item}, result);
    }
  }
}

/// The steps of the branches that `if` and `switch` did not take are known as null behind them.
void name_steps_not_taken(RunState& run, const Place& place, std::uint32_t taken) {
  if (!std::holds_alternative<IfBlock>(place.step->what) && !std::holds_alternative<SwitchBlock>(place.step->what))
    return;
  for (std::uint32_t number = 0; number < open_blocks(*place.step); ++number) {
    if (number == taken) continue;
    for (const Step& inner : steps_of_block(*place.step, number))
      name_steps_inside(run, Place{&inner, nullptr, place.item}, Value());
  }
}

void close_block(StepState& state, std::uint32_t number, bool failed) {
  const auto at = std::find(state.active.begin(), state.active.end(), number);
  assert(at != state.active.end());
  if (failed) {
    state.broken.push_back(number);
    state.remains.push_back(std::move(state.blocks[static_cast<std::size_t>(at - state.active.begin())]));
  }
  state.blocks.erase(state.blocks.begin() + (at - state.active.begin()));
  state.active.erase(at);
}

void open_block(const Step& step, StepState& state, const RunEvent& event) {
  state.active.push_back(event.block);
  state.blocks.emplace_back();
  state.branch = event.block;
  state.opened = event.block + 1;
  const auto* loop = std::get_if<ForEachBlock>(&step.what);
  if (loop == nullptr) return;
  state.blocks.back().item = event.data;
  state.blocks.back().names.set(loop->as, event.data);
}

/// A dry run that was interrupted begins again, so nothing of it is left.
void start(RunState& state, const RunEvent& event) {
  auto deaths = std::move(state.deaths);
  state = RunState();
  state.deaths = std::move(deaths);
  state.started = event.at;
  for (const auto& [name, value] : event.data.map()) state.names.set(name.text(), value);
}

void fail(RunState& run, const Place& place, const RunEvent& event) {
  StepState& step = *place.state;
  step.reported.reset();
  step.failure = event.failure;
  step.again_at = event.at_again;
  step.waits_until.reset();
  if (step.handling || event.at_again || event.data.is_true()) {
    step.active.clear();
    step.blocks.clear();
    step.broken.clear();
    step.remains.clear();
  }
  step.handling = false;
  step.ended = event.at;
  step.cancelling = false;
  if (event.at_again) {
    step.status = StepStatus::waiting;
    step.items = {};
    step.results.clear();
    step.opened = 0;
    return;
  }
  step.status = event.failure->code == ErrorCode::unsure ? StepStatus::unsure : StepStatus::failed;
  if (step.status == StepStatus::failed) run.deaths.erase(event.path);
  step.continued = event.data.is_true();
  name_result(run, place, Value::object({{"error", failure_value(*event.failure)}}));
}

/// Whether the effect comes from that step, by its key: "<run>/<path>", and behind that what else tells it from others.
bool comes_from(const std::string& key, const StepPath& path) {
  const std::string_view place = std::string_view(key).substr(key.find('/') + 1);
  const std::string step = render(path);
  if (!place.starts_with(step)) return false;
  return place.size() == step.size() || place[step.size()] == '/' || place[step.size()] == repetition_mark;
}

/// A person has found out whether an unsure step happened: it has succeeded, or it has not begun.
void resolve(RunState& run, const Place& place, const RunEvent& event) {
  run.outcome = RunOutcome::running;
  run.stopping.reset();
  run.failure.reset();
  run.deaths.erase(event.path);
  const Value* output = event.data.find("output");
  const Value* happened = event.data.find("happened");
  if (happened == nullptr || !happened->is_true()) {
    *place.state = StepState();
    std::erase_if(run.effects,
                  [&](const auto& effect) { return !effect.second && comes_from(effect.first, event.path); });
    return;
  }
  place.state->status = StepStatus::succeeded;
  place.state->failure.reset();
  place.state->output = output != nullptr ? *output : Value();
  place.state->ended = event.at;
  name_result(run, place, place.state->output);
}

void fold_step(const Workflow& workflow, RunState& run, const RunEvent& event) {
  const Place place = find(workflow, run, event.path);
  StepState& step = *place.state;
  switch (event.type) {
    case RunEvent::Type::step_started:
      step.status = StepStatus::running;
      step.again_at.reset();
      step.failure.reset();
      ++step.attempts;
      step.input = event.data;
      step.begun = event.at;
      step.over_at = event.at_again;
      if (step.attempts == 1) step.started = event.at;
      break;
    case RunEvent::Type::loop_opened:
      step.items = event.data;
      step.results.resize(event.data.list().size());
      break;
    case RunEvent::Type::block_opened:
      open_block(*place.step, step, event);
      name_steps_not_taken(run, place, event.block);
      break;
    case RunEvent::Type::block_closed:
      if (step.items.is_list() && event.block != handler_block) step.results[event.block] = event.data;
      close_block(step, event.block, event.failure.has_value());
      if (event.failure && !step.failure) step.failure = event.failure;
      step.handling = false;
      break;
    case RunEvent::Type::handler_opened:
      step.handling = true;
      step.active = {handler_block};
      step.blocks.assign(1, BlockState{});
      break;
    case RunEvent::Type::step_succeeded:
      run.deaths.erase(event.path);
      step.status = StepStatus::succeeded;
      step.output = event.data;
      step.ended = event.at;
      name_result(run, place, event.data);
      break;
    case RunEvent::Type::action_failed:
      step.reported = event.failure;
      break;
    case RunEvent::Type::step_waiting:
      step.waits_until = event.at_again;
      break;
    case RunEvent::Type::answer_given:
      // Whoever answers too late has not answered, however it came to be written down.
      if (!step.waits_until || event.at < *step.waits_until) step.answer = event.data;
      break;
    case RunEvent::Type::step_resolved:
      resolve(run, place, event);
      break;
    case RunEvent::Type::step_failed:
      fail(run, place, event);
      break;
    case RunEvent::Type::step_skipped:
      step.status = StepStatus::skipped;
      step.ended = event.at;
      name_steps_inside(run, place, Value());
      break;
    case RunEvent::Type::step_undecided:
      step.status = StepStatus::skipped;
      step.ended = event.at;
      name_steps_inside(run, place, event.data);
      break;
    case RunEvent::Type::cancel_asked:
      step.cancelling = true;
      break;
    case RunEvent::Type::run_started:
    case RunEvent::Type::vars_set:
    case RunEvent::Type::run_stopping:
    case RunEvent::Type::phase_opened:
    case RunEvent::Type::run_finished:
    case RunEvent::Type::effect_begun:
    case RunEvent::Type::effect_ended:
    case RunEvent::Type::change_made:
    case RunEvent::Type::run_reopened:
    case RunEvent::Type::engine_died:
      break;
  }
}

/// Every step that failed for good becomes one that has not begun; what holds it goes on where it was.
void reopen_failed(BlockState& block) {
  for (StepState& step : block.steps) {
    const bool failed = (step.status == StepStatus::failed || step.status == StepStatus::unsure) && !step.continued;
    if (!failed) {
      if (step.status == StepStatus::running) {
        for (BlockState& inner : step.blocks) reopen_failed(inner);  // what was parked has not come to its end
      }
      continue;
    }
    for (std::size_t i = 0; i < step.broken.size(); ++i) {
      step.active.push_back(step.broken[i]);
      step.blocks.push_back(std::move(step.remains[i]));
    }
    step.broken.clear();
    step.remains.clear();
    if (step.blocks.empty()) {
      step = StepState();
      continue;
    }
    step.status = StepStatus::running;
    step.failure.reset();
    step.cancelling = false;
    for (BlockState& inner : step.blocks) reopen_failed(inner);
  }
}

void go_on(RunState& run) {
  run.outcome = RunOutcome::running;
  run.stopping.reset();
  run.failure.reset();
  run.phase = 0;
  run.phases[1] = BlockState();
  run.phases[2] = BlockState();
}

void reopen(RunState& run, const RunEvent& event) {
  go_on(run);
  run.deaths.clear();
  run.reopened.push_back(event.path.empty() ? std::nullopt : std::optional(event.path[1]));
  if (event.path.empty()) return reopen_failed(run.phases[0]);
  auto& steps = run.phases[0].steps;
  if (steps.size() > event.path[1]) steps.resize(event.path[1]);
}

/// An action without outcome by now was under way. A call is not: what it calls is a run of its own.
void count_deaths(const Workflow& workflow, RunState& run) {
  visit_steps(workflow, run, [&run](const StepPath& path, const Step& step, const StepState& at, const Bindings&) {
    if (std::holds_alternative<ActionStep>(step.what) && is_under_way(step, at)) ++run.deaths[path];
  });
}

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
  if (number == handler_block) return step.error_steps;
  return std::visit([&](const auto& what) -> const Steps& { return steps_inside(what, number); }, step.what);
}

Value failure_value(const Error& failure) {
  return Value::object({{"code", std::string(name_of(failure.code))}, {"message", failure.message}});
}

void take_stock(RunState& state) {
  state.held = 0;
  for (const char* name : {"event", "vars"}) {
    const Value* value = state.names.find(name);
    if (value != nullptr) state.held += bytes_of(*value);
  }
  for (const auto& [key, answer] : state.effects) state.held += key.size() + (answer ? bytes_of(*answer) : 0);
  for (const BlockState& phase : state.phases) state.held += held_by(phase);
}

void fold(const Workflow& workflow, RunState& state, const RunEvent& event) {
  if (event.type == RunEvent::Type::run_started) start(state, event);
  state.held += sizeof(RunEvent) + bytes_of(event.data);
  switch (event.type) {
    case RunEvent::Type::run_started:
      return;
    case RunEvent::Type::vars_set: {
      const Value* old = state.names.find("vars");
      Map vars = old != nullptr && old->is_map() ? old->map() : Map();
      for (const auto& [name, value] : event.data.map()) vars.set(name, value);
      state.names.set("vars", Value(std::move(vars)));
      return;
    }
    case RunEvent::Type::run_stopping: {
      state.stopping = event.outcome;
      state.failure = event.failure;
      // A parked run that is called off has yet to come to its end.
      if (state.outcome == RunOutcome::parked) state.outcome = RunOutcome::running;
      if (!event.failure || state.names.find("run") == nullptr) return;
      Map run = state.names.find("run")->map();
      run.set("error", failure_value(*event.failure));
      state.names.set("run", Value(std::move(run)));
      return;
    }
    case RunEvent::Type::phase_opened:
      state.phase = event.block;
      return;
    case RunEvent::Type::run_finished:
      state.outcome = event.outcome;
      state.failure = event.failure;
      state.ended = event.at;
      return;
    case RunEvent::Type::effect_begun:
      state.effects.emplace(event.data.text_or("key"), std::nullopt);
      return;
    case RunEvent::Type::effect_ended: {
      const std::string key = event.data.text_or("key");
      if (event.failure) {
        state.effects.erase(key);
      } else {
        state.effects[key] = *event.data.find("output");
      }
      return;
    }
    case RunEvent::Type::change_made:
      return;
    case RunEvent::Type::run_reopened:
      reopen(state, event);
      return;
    case RunEvent::Type::engine_died:
      count_deaths(workflow, state);
      return;
    case RunEvent::Type::step_waiting:
    case RunEvent::Type::answer_given:
    case RunEvent::Type::step_resolved:
    case RunEvent::Type::step_started:
    case RunEvent::Type::block_opened:
    case RunEvent::Type::loop_opened:
    case RunEvent::Type::block_closed:
    case RunEvent::Type::step_succeeded:
    case RunEvent::Type::step_failed:
    case RunEvent::Type::step_skipped:
    case RunEvent::Type::step_undecided:
    case RunEvent::Type::handler_opened:
    case RunEvent::Type::cancel_asked:
    case RunEvent::Type::action_failed:
      fold_step(workflow, state, event);
      return;
  }
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

RunState state_after(const Workflow& workflow, const std::vector<RunEvent>& events) {
  RunState state;
  for (const RunEvent& event : events) fold(workflow, state, event);
  return state;
}

}  // namespace millrace
