#pragma once

#include "workflow/model.hpp"

namespace millrace {

/// Calls `visit` with each list of steps inside the step.
template <class Visit>
void each_steps_inside(const Step& step, const Visit& visit) {
  if (const auto* what = std::get_if<IfBlock>(&step.what)) visit(what->then), visit(what->otherwise);
  if (const auto* what = std::get_if<SwitchBlock>(&step.what)) {
    for (const SwitchBlock::Case& one : what->cases) visit(one.steps);
    visit(what->otherwise);
  }
  if (const auto* what = std::get_if<ForEachBlock>(&step.what)) visit(what->body);
  if (const auto* what = std::get_if<RepeatBlock>(&step.what)) visit(what->body);
  if (const auto* what = std::get_if<ParallelBlock>(&step.what)) {
    for (const Steps& branch : what->branches) visit(branch);
  }
  if (const auto* what = std::get_if<GroupBlock>(&step.what)) visit(what->body);
  visit(step.error_steps);
}

}  // namespace millrace
