#include <algorithm>
#include <cassert>
#include <utility>

#include "decider/decider.hpp"

namespace millrace {

namespace {

StepPath inside(const StepPath& path, std::uint32_t block) {
  StepPath inner = path;
  inner.push_back(block);
  return inner;
}

/// What the last step of a finished block gave.
Value output_of(const BlockState& block) {
  for (auto step = block.steps.rbegin(); step != block.steps.rend(); ++step) {
    if (step->status == StepStatus::succeeded) return step->output;
  }
  return Value();
}

/// The line of a loop's results that tells about one item.
Value result_of(const BlockState& block, bool failed) {
  const StepState* bad = nullptr;
  bool ran = false;
  for (const StepState& step : block.steps) {
    if (step.failure && step.status != StepStatus::succeeded) bad = &step;
    ran = ran || step.status != StepStatus::skipped;
  }
  std::string_view outcome = "succeeded";
  if (bad != nullptr || failed) {
    outcome = bad != nullptr && bad->status == StepStatus::unsure ? "unsure" : "failed";
  } else if (!ran) {
    outcome = "skipped";
  }
  const Value error = bad != nullptr ? failure_value(*bad->failure) : Value();
  return Value::object({{"item", *block.item}, {"outcome", outcome}, {"output", output_of(block)}, {"error", error}});
}

}  // namespace

Decider::Progress Decider::begin(const IfBlock& what, StepState& state, const Step& step, const StepPath& path,
                                 const Bindings& names) {
  const auto holds = condition(what.condition, path, names);
  if (!holds) return fail_step(state, step, path, names, holds.error());
  if (holds->is_unknown()) return undecided(path, *holds);
  start_step(step, path);
  emit(BlockOpened{path, holds->is_true() ? 0u : 1u});
  return advance_inside(state, step, path, names);
}

Decider::Progress Decider::begin(const SwitchBlock& what, StepState& state, const Step& step, const StepPath& path,
                                 const Bindings& names) {
  const auto subject = what.subject.expression.evaluate(names);
  if (!subject) return fail_step(state, step, path, names, subject.error());
  if (subject->is_unknown()) return undecided(path, *subject);
  std::uint32_t chosen = 0;
  for (; chosen < what.cases.size(); ++chosen) {
    const auto when = what.cases[chosen].when.expression.evaluate(names);
    if (!when) return fail_step(state, step, path, names, when.error());
    if (when->contains_unknown())
      return undecided(path, when->is_unknown() ? *when : Value::unknown("a case of the switch"));
    const bool listed =
        when->is_list() && std::find(when->list().begin(), when->list().end(), *subject) != when->list().end();
    if (listed || *when == *subject) break;
  }
  start_step(step, path);
  emit(BlockOpened{path, chosen});
  return advance_inside(state, step, path, names);
}

Decider::Progress Decider::begin(const ForEachBlock& what, StepState& state, const Step& step, const StepPath& path,
                                 const Bindings& names) {
  const auto items = what.items.expression.evaluate(names);
  if (!items) return fail_step(state, step, path, names, items.error());
  if (items->is_unknown()) return undecided(path, *items);
  if (!items->is_list()) {
    Error wrong{ErrorCode::invalid, "for_each needs a list, and \"" + what.items.expression.text() + "\" gives " +
                                        std::string(name_of(items->kind()))};
    wrong.at = what.items.at;
    return fail_step(state, step, path, names, std::move(wrong));
  }
  const auto kept = may_hold(state_, *items);
  if (!kept) return fail_step(state, step, path, names, kept.error());
  start_step(step, path);
  emit(LoopOpened{path, *items});
  return advance_inside(state, step, path, names);
}

Decider::Progress Decider::begin(const RepeatBlock&, StepState& state, const Step& step, const StepPath& path,
                                 const Bindings& names) {
  start_step(step, path);
  emit(BlockOpened{path, 0});
  return advance_inside(state, step, path, names);
}

Decider::Progress Decider::begin(const ParallelBlock& what, StepState& state, const Step& step, const StepPath& path,
                                 const Bindings& names) {
  start_step(step, path);
  for (std::uint32_t number = 0; number < what.branches.size(); ++number) emit(BlockOpened{path, number});
  return advance_inside(state, step, path, names);
}

Decider::Progress Decider::begin(const GroupBlock&, StepState& state, const Step& step, const StepPath& path,
                                 const Bindings& names) {
  start_step(step, path);
  emit(BlockOpened{path, 0});
  return advance_inside(state, step, path, names);
}

/// What runs inside a step whose time is over ends it as called off, however it ended itself.
Decider::Progress Decider::finish_block(StepState& state, const Step& step, const StepPath& path, const Bindings& names,
                                        Value output) {
  if (state.cancelling) return fail_step(state, step, path, names, Error{ErrorCode::cancelled, "called off"});
  const auto kept = may_hold(state_, output);
  if (!kept) return fail_step(state, step, path, names, kept.error());
  return finish_step(path, std::move(output));
}

Decider::Progress Decider::fail_inside(StepState& state, const Step& step, const StepPath& path, const Bindings& names,
                                       Error failure) {
  if (state.cancelling) return fail_step(state, step, path, names, Error{ErrorCode::cancelled, "called off"});
  return settle(state, step, path, names, std::move(failure));
}

Decider::Progress Decider::advance_inside(StepState& state, const Step& step, const StepPath& path,
                                          const Bindings& names) {
  if (std::holds_alternative<ForEachBlock>(step.what)) return advance_loop(state, step, path, names);
  if (std::holds_alternative<RepeatBlock>(step.what)) return advance_repeat(state, step, path, names);
  if (std::holds_alternative<ParallelBlock>(step.what)) return advance_parallel(state, step, path, names);
  if (std::holds_alternative<ActionStep>(step.what) || std::holds_alternative<CallBlock>(step.what))
    return Progress::working;
  if (std::holds_alternative<WaitBlock>(step.what) || std::holds_alternative<ApproveBlock>(step.what))
    return advance_wait(state, step, path, names);
  return advance_branch(state, step, path, names);
}

Decider::Progress Decider::advance_branch(StepState& state, const Step& step, const StepPath& path,
                                          const Bindings& names) {
  BlockState& block = state.blocks.front();
  const Progress progress = advance_block(block, steps_of_block(step, state.branch), inside(path, state.branch), names);
  if (progress == Progress::working) return progress;
  if (progress == Progress::failed) return fail_inside(state, step, path, names, *block.steps.back().failure);
  return finish_block(state, step, path, names, output_of(block));
}

Decider::Progress Decider::advance_loop(StepState& state, const Step& step, const StepPath& path,
                                        const Bindings& names) {
  const auto& what = std::get<ForEachBlock>(step.what);
  const auto total = static_cast<std::uint32_t>(state.items.list().size());
  // Items close while this goes on, so it walks over a copy of their numbers.
  for (const std::uint32_t number : std::vector<std::uint32_t>(state.active))
    advance_item(state, step, path, names, number);
  while (!state.failure && !stopping() && state.opened < total &&
         state.active.size() < static_cast<std::size_t>(what.parallel)) {
    const std::uint32_t number = state.opened;
    emit(BlockOpened{path, number, state.items.list()[number]});
    advance_item(state, step, path, names, number);
  }
  if (!state.active.empty()) return Progress::working;
  if (state.failure) return fail_inside(state, step, path, names, *state.failure);
  return finish_block(state, step, path, names, Value::object({{"results", Value(state.results)}}));
}

Decider::Progress Decider::advance_item(StepState& state, const Step& step, const StepPath& path, const Bindings& names,
                                        std::uint32_t number) {
  BlockState& block = *state.find_block(number);
  const Progress progress = advance_block(block, std::get<ForEachBlock>(step.what).body, inside(path, number), names);
  if (progress == Progress::working) return progress;
  // The first item that fails ends the loop; those under way run to their end.
  const bool failed = progress == Progress::failed;
  emit(BlockClosed{path, number, result_of(block, failed), failed ? block.steps.back().failure : std::nullopt});
  return progress;
}

Decider::Progress Decider::advance_repeat(StepState& state, const Step& step, const StepPath& path,
                                          const Bindings& names) {
  const auto& what = std::get<RepeatBlock>(step.what);
  while (true) {
    BlockState& block = state.blocks.front();
    const Progress progress = advance_block(block, what.body, inside(path, state.branch), names);
    if (progress == Progress::working) return progress;
    if (progress == Progress::failed) return fail_inside(state, step, path, names, *block.steps.back().failure);
    if (stopping())
      return finish_block(state, step, path, names, Value::object({{"count", std::int64_t{state.opened}}}));
    const auto over = condition(what.until, path, names);
    if (!over) return fail_step(state, step, path, names, over.error());
    if (over->is_unknown()) return undecided(path, *over);
    const std::uint32_t turns = state.opened;
    if (over->is_true()) return finish_block(state, step, path, names, Value::object({{"count", std::int64_t{turns}}}));
    if (turns >= static_cast<std::uint32_t>(what.max)) {
      Error endless{ErrorCode::timeout, "repeated " + std::to_string(what.max) + " times, and \"" +
                                            what.until.expression.text() +
                                            "\" was never true (max: " + std::to_string(what.max) + ")"};
      return fail_step(state, step, path, names, std::move(endless));
    }
    emit(BlockClosed{path, state.branch});
    emit(BlockOpened{path, turns});
  }
}

Decider::Progress Decider::advance_parallel(StepState& state, const Step& step, const StepPath& path,
                                            const Bindings& names) {
  const auto& what = std::get<ParallelBlock>(step.what);
  for (const std::uint32_t number : std::vector<std::uint32_t>(state.active)) {
    BlockState& block = *state.find_block(number);
    const Progress progress = advance_block(block, what.branches[number], inside(path, number), names);
    if (progress == Progress::working) continue;
    const bool failed = progress == Progress::failed;
    emit(BlockClosed{path, number, {}, failed ? block.steps.back().failure : std::nullopt});
  }
  if (!state.active.empty()) return Progress::working;
  if (state.failure) return fail_inside(state, step, path, names, *state.failure);
  return finish_block(state, step, path, names, Value());
}

}  // namespace millrace
