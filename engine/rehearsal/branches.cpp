#include "rehearsal/branches.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "decider/run_state.hpp"

namespace millrace {

namespace {

std::string name_of(const Step& step, const char* otherwise) {
  const auto* action = std::get_if<ActionStep>(&step.what);
  if (!step.id.empty()) return "\"" + step.id + "\"";
  return action != nullptr ? action->action : otherwise;
}

bool is_loop(const Step& step) {
  return std::holds_alternative<ForEachBlock>(step.what) || std::holds_alternative<RepeatBlock>(step.what);
}

/// What a block of the step is called; empty where it runs whenever the step does.
std::string name_of_block(const Step& step, const Block& block) {
  if (block.number == handler_block) return "on_error of " + name_of(step, "the step");
  if (std::holds_alternative<IfBlock>(step.what)) return block.number == 0 ? "then" : "else";
  if (const auto* choice = std::get_if<SwitchBlock>(&step.what)) {
    if (block.number == choice->cases.size()) return "default of the switch";
    const SwitchBlock::Case& one = choice->cases[block.number];
    return "case " + (one.comparison.empty() ? one.when.expression.text() : one.comparison);
  }
  if (std::holds_alternative<ForEachBlock>(step.what)) return "the body of the loop " + name_of(step, "for_each");
  return "";
}

SourceMark place_of_block(const Step& step, const Block& block) {
  return block.steps.empty() ? step.at : block.steps.front().at;
}

}  // namespace

Branches::Branches(const Workflow& workflow) : workflow_(workflow) {
  add(workflow.steps, {0});
  if (!workflow.on_failure.empty())
    all_.push_back({{1}, Branch::Kind::block, 0, "on_failure", workflow.on_failure.front().at});
  add(workflow.on_failure, {1});
  add(workflow.always, {2});
}

void Branches::add(const Steps& steps, const StepPath& inside) {
  for (std::uint32_t i = 0; i < steps.size(); ++i) {
    StepPath path = inside;
    path.push_back(i);
    add_step(steps[i], path);
  }
}

void Branches::add_step(const Step& step, const StepPath& path) {
  const std::string name = name_of(step, "the step");
  if (step.condition) {
    all_.push_back({path, Branch::Kind::held, 0, name + " runs", step.at});
    all_.push_back({path, Branch::Kind::skipped, 0, name + " is skipped", step.at});
  }
  add_blocks(step, path);
  if (step.retry.attempts > 1) all_.push_back({path, Branch::Kind::again, 0, name + " is tried again", step.at});
  if (step.on_error == OnError::proceed)
    all_.push_back({path, Branch::Kind::goes_on, 0, name + " fails, and the run goes on", step.at});
  if (std::holds_alternative<ApproveBlock>(step.what)) {
    all_.push_back({path, Branch::Kind::approved, 0, name + " is answered with yes", step.at});
    all_.push_back({path, Branch::Kind::refused, 0, name + " is answered with no", step.at});
  }
}

void Branches::add_blocks(const Step& step, const StepPath& path) {
  const bool asks = std::holds_alternative<IfBlock>(step.what);
  each_block(step, [&](const Block& block) {
    const bool handles = block.number == handler_block;
    if (block.steps.empty()) {
      if (asks && !handles)
        all_.push_back({path, Branch::Kind::block, block.number,
                        block.number == 0 ? "then" : "the condition of the if does not hold", step.at});
      return;
    }
    const std::string name = name_of_block(step, block);
    if (!name.empty()) all_.push_back({path, Branch::Kind::block, block.number, name, place_of_block(step, block)});
    StepPath inside = path;
    inside.push_back(block.number);
    add(block.steps, inside);
  });
}

/// Every turn of a loop is the same branch.
StepPath Branches::in_file(const StepPath& path) const {
  StepPath plain = path;
  for (std::size_t length = 2; length < plain.size(); length += 2) {
    const StepPath step(plain.begin(), plain.begin() + static_cast<std::ptrdiff_t>(length));
    if (plain[length] != handler_block && is_loop(step_at(workflow_, step))) plain[length] = 0;
  }
  return plain;
}

void Branches::take(const StepPath& path, Branch::Kind kind, std::uint32_t block) {
  const StepPath plain = in_file(path);
  for (Branch& each : all_) {
    if (each.kind == kind && each.block == block && each.step == plain) each.taken = true;
  }
}

void Branches::hear(const RunEvent& event) {
  if (const auto* opened = std::get_if<BlockOpened>(&event.what)) {
    const std::uint32_t block = is_loop(step_at(workflow_, opened->path)) ? 0 : opened->block;
    take(opened->path, Branch::Kind::block, block);
  } else if (const auto* handled = std::get_if<HandlerOpened>(&event.what)) {
    take(handled->path, Branch::Kind::block, handler_block);
  } else if (const auto* started = std::get_if<StepStarted>(&event.what)) {
    take(started->path, Branch::Kind::held);
  } else if (const auto* done = std::get_if<StepSucceeded>(&event.what)) {
    take(done->path, Branch::Kind::held);  // what takes no time has no beginning
  } else if (const auto* skipped = std::get_if<StepSkipped>(&event.what)) {
    take(skipped->path, Branch::Kind::skipped);
  } else if (const auto* failed = std::get_if<StepFailed>(&event.what)) {
    if (failed->again_at) take(failed->path, Branch::Kind::again);
    if (failed->goes_on) take(failed->path, Branch::Kind::goes_on);
  } else if (const auto* answered = std::get_if<AnswerGiven>(&event.what)) {
    take(answered->path, answered->approved ? Branch::Kind::approved : Branch::Kind::refused);
  } else if (const auto* phase = std::get_if<PhaseOpened>(&event.what)) {
    for (Branch& each : all_) each.taken = each.taken || each.step == StepPath{phase->phase};
  }
}

std::size_t Branches::taken() const noexcept {
  return static_cast<std::size_t>(std::count_if(all_.begin(), all_.end(), [](const Branch& one) { return one.taken; }));
}

}  // namespace millrace
