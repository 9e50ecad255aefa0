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

Decider::Progress Decider::begin(const IfBlock& what, const Spot& spot) {
  const auto holds = condition(what.condition, spot);
  if (!holds) return fail_step(spot, holds.error());
  if (holds->is_unknown()) return undecided(spot, *holds);
  start_step(spot);
  emit(BlockOpened{spot.path, holds->is_true() ? 0u : 1u});
  return advance_inside(spot);
}

Decider::Progress Decider::begin(const SwitchBlock& what, const Spot& spot) {
  const auto subject = what.subject.expression.evaluate(spot.names);
  if (!subject) return fail_step(spot, subject.error());
  if (subject->is_unknown()) return undecided(spot, *subject);
  std::uint32_t chosen = 0;
  for (; chosen < what.cases.size(); ++chosen) {
    const SwitchBlock::Case& one = what.cases[chosen];
    const auto when = one.when.expression.evaluate(spot.names);
    if (!when) return fail_step(spot, when.error());
    if (when->contains_unknown())
      return undecided(spot, when->is_unknown() ? *when : Value::unknown("a case of the switch"));
    const bool listed =
        when->is_list() && std::find(when->list().begin(), when->list().end(), *subject) != when->list().end();
    const bool fits = one.comparison.empty() ? listed || *when == *subject : when->is_true();
    if (witness_ != nullptr) witness_->matched(label_of(workflow_, spot.path), one, *subject, fits);
    if (fits) break;
  }
  start_step(spot);
  emit(BlockOpened{spot.path, chosen});
  return advance_inside(spot);
}

Decider::Progress Decider::begin(const ForEachBlock& what, const Spot& spot) {
  const auto items = what.items.expression.evaluate(spot.names);
  if (!items) return fail_step(spot, items.error());
  if (items->is_unknown()) return undecided(spot, *items);
  if (!items->is_list()) {
    Error wrong{ErrorCode::invalid, "for_each needs a list, and \"" + what.items.expression.text() + "\" gives " +
                                        std::string(name_of(items->kind()))};
    wrong.at = what.items.at;
    return fail_step(spot, std::move(wrong));
  }
  const auto kept = may_hold(state_, *items);
  if (!kept) return fail_step(spot, kept.error());
  start_step(spot);
  emit(LoopOpened{spot.path, *items});
  return advance_inside(spot);
}

Decider::Progress Decider::begin(const RepeatBlock&, const Spot& spot) {
  start_step(spot);
  emit(BlockOpened{spot.path, 0});
  return advance_inside(spot);
}

Decider::Progress Decider::begin(const ParallelBlock& what, const Spot& spot) {
  start_step(spot);
  for (std::uint32_t number = 0; number < what.branches.size(); ++number) emit(BlockOpened{spot.path, number});
  return advance_inside(spot);
}

Decider::Progress Decider::begin(const GroupBlock&, const Spot& spot) {
  start_step(spot);
  emit(BlockOpened{spot.path, 0});
  return advance_inside(spot);
}

Decider::Progress Decider::finish_block(const Spot& spot, Value output) {
  const auto kept = may_hold(state_, output);
  if (!kept) return fail_step(spot, kept.error());
  return finish_step(spot, std::move(output));
}

/// How a step of each kind goes on that has begun. Those that end as they begin have nothing that could.
struct Decider::GoingOn {
  Decider& decider;
  const Spot& spot;

  Progress operator()(const ActionStep&) const { return Progress::working; }
  Progress operator()(const SwitchBlock&) const { return decider.advance_branch(spot); }
  Progress operator()(const ForEachBlock&) const { return decider.advance_loop(spot); }
  Progress operator()(const RepeatBlock&) const { return decider.advance_repeat(spot); }
  Progress operator()(const ParallelBlock&) const { return decider.advance_parallel(spot); }
  Progress operator()(const SetBlock&) const { return Progress::working; }
  Progress operator()(const StopBlock&) const { return Progress::working; }
  Progress operator()(const WaitBlock&) const { return decider.advance_wait(spot); }
  Progress operator()(const ApproveBlock&) const { return decider.advance_approval(spot); }
  Progress operator()(const CallBlock&) const { return Progress::working; }
  Progress operator()(const GroupBlock&) const { return decider.advance_branch(spot); }
  Progress operator()(const IfBlock&) const { return decider.advance_branch(spot); }
};

/// How what is open inside a step of each kind goes on, with nothing decided about the step itself.
struct Decider::OpenInside {
  Decider& decider;
  const Spot& spot;

  Progress operator()(const ActionStep&) const { return Progress::working; }
  Progress operator()(const SwitchBlock&) const { return decider.advance_front(spot); }
  Progress operator()(const ForEachBlock&) const { return decider.advance_items(spot); }
  Progress operator()(const RepeatBlock&) const { return decider.advance_front(spot); }
  Progress operator()(const ParallelBlock&) const { return decider.advance_branches(spot); }
  Progress operator()(const SetBlock&) const { return Progress::stopped; }
  Progress operator()(const StopBlock&) const { return Progress::stopped; }
  Progress operator()(const WaitBlock&) const { return Progress::stopped; }
  Progress operator()(const ApproveBlock&) const {
    return spot.state.blocks.empty() ? Progress::stopped : decider.advance_telling(spot, true);
  }
  Progress operator()(const CallBlock&) const { return Progress::working; }
  Progress operator()(const GroupBlock&) const { return decider.advance_front(spot); }
  Progress operator()(const IfBlock&) const { return decider.advance_front(spot); }
};

Decider::Progress Decider::advance_inside(const Spot& spot) { return std::visit(GoingOn{*this, spot}, spot.step.what); }

Decider::Progress Decider::advance_open(const Spot& spot) {
  return std::visit(OpenInside{*this, spot}, spot.step.what);
}

/// Of what has one open block: if, switch, do and repeat.
Decider::Progress Decider::advance_front(const Spot& spot) {
  return advance_block(spot.state.blocks.front(), steps_of_block(spot.step, spot.state.branch),
                       inside(spot.path, spot.state.branch), spot.names);
}

Decider::Progress Decider::advance_branch(const Spot& spot) {
  const Progress progress = advance_front(spot);
  const BlockState& block = spot.state.blocks.front();
  if (progress == Progress::failed) return settle(spot, *block.steps.back().failure);
  if (progress != Progress::done) return progress;
  return finish_block(spot, output_of(block));
}

/// As many items are open as may run side by side. Every one of them is walked each time, because an outcome tells only
/// that something has moved; when the last closes, the loop has its results at the items' own places, whatever the
/// order of their ends. A loop whose item failed opens no more, and ends when its open ones have.
Decider::Progress Decider::advance_loop(const Spot& spot) {
  const Progress progress = advance_items(spot);
  if (progress != Progress::done) return progress;
  if (spot.state.failure) return settle(spot, *spot.state.failure);
  return finish_block(spot, Value::object({{"results", Value(spot.state.results)}}));
}

Decider::Progress Decider::advance_items(const Spot& spot) {
  const auto most = static_cast<std::size_t>(std::get<ForEachBlock>(spot.step.what).parallel);
  const auto total = static_cast<std::uint32_t>(spot.state.items.list().size());
  const auto is_over = [&] { return spot.state.failure || spot.state.opened == total; };
  Progress all = Progress::done;
  // Items close while this goes on, so it walks over a copy of their numbers.
  for (const std::uint32_t number : std::vector<std::uint32_t>(spot.state.active))
    all = together(all, advance_item(spot, number));
  while (!is_over() && !stopping() && spot.state.active.size() < most) {
    if (gives_way()) return Progress::working;
    const std::uint32_t number = spot.state.opened;
    emit(BlockOpened{spot.path, number, spot.state.items.list()[number]});
    all = together(all, advance_item(spot, number));
  }
  return is_over() || all == Progress::working ? all : together(all, left_off());
}

/// The first item that fails ends the loop; those under way run to their end.
Decider::Progress Decider::advance_item(const Spot& spot, std::uint32_t number) {
  BlockState& block = *spot.state.find_block(number);
  const Progress progress =
      advance_block(block, std::get<ForEachBlock>(spot.step.what).body, inside(spot.path, number), spot.names);
  if (progress == Progress::working || progress == Progress::stopped) return progress;
  const bool failed = progress == Progress::failed;
  emit(BlockClosed{spot.path, number, result_of(block, failed), failed ? block.steps.back().failure : std::nullopt});
  return Progress::done;
}

/// Each turn is a block of its own number, so that its steps have paths, and so keys of their effects, of their own.
/// The condition sees what the turn's steps gave, and is asked after it: there is always a first turn.
Decider::Progress Decider::advance_repeat(const Spot& spot) {
  const auto& what = std::get<RepeatBlock>(spot.step.what);
  while (true) {
    const Progress progress = advance_front(spot);
    if (progress == Progress::failed) return settle(spot, *spot.state.blocks.front().steps.back().failure);
    if (progress != Progress::done) return progress;
    const std::uint32_t turns = spot.state.opened;
    if (stopping() && left_off() == Progress::stopped) return Progress::stopped;
    if (stopping()) return finish_block(spot, Value::object({{"count", std::int64_t{turns}}}));
    const auto over = condition(what.until, spot);
    if (!over) return fail_step(spot, over.error());
    if (over->is_unknown()) return undecided(spot, *over);
    if (over->is_true()) return finish_block(spot, Value::object({{"count", std::int64_t{turns}}}));
    if (turns - spot.state.turns_before >= static_cast<std::uint32_t>(what.max)) {
      Error endless{ErrorCode::timeout, "repeated " + std::to_string(what.max) + " times, and \"" +
                                            what.until.expression.text() +
                                            "\" was never true (max: " + std::to_string(what.max) + ")"};
      return fail_step(spot, std::move(endless));
    }
    emit(BlockClosed{spot.path, spot.state.branch});
    emit(BlockOpened{spot.path, turns});
  }
}

/// A branch that failed does not stop the others: what they have begun outside is seen to its end, and then the first
/// failure is that of the step.
Decider::Progress Decider::advance_parallel(const Spot& spot) {
  const Progress progress = advance_branches(spot);
  if (progress != Progress::done) return progress;
  if (spot.state.failure) return settle(spot, *spot.state.failure);
  return finish_block(spot, Value());
}

Decider::Progress Decider::advance_branches(const Spot& spot) {
  const auto& what = std::get<ParallelBlock>(spot.step.what);
  Progress all = Progress::done;
  for (const std::uint32_t number : std::vector<std::uint32_t>(spot.state.active)) {
    BlockState& block = *spot.state.find_block(number);
    const Progress progress = advance_block(block, what.branches[number], inside(spot.path, number), spot.names);
    all = together(all, progress);
    if (progress == Progress::working || progress == Progress::stopped) continue;
    const bool failed = progress == Progress::failed;
    emit(BlockClosed{spot.path, number, {}, failed ? block.steps.back().failure : std::nullopt});
  }
  return all;
}

/// Where several walks beside each other left what they belong to. What failed is kept there.
Decider::Progress Decider::together(Progress one, Progress other) noexcept {
  for (const Progress worse : {Progress::working, Progress::stopped}) {
    if (one == worse || other == worse) return worse;
  }
  return Progress::done;
}

}  // namespace millrace
