#include "rehearsal/given_event.hpp"

#include <algorithm>

#include "trigger/delivery_facts.hpp"
#include "workflow/hook_path.hpp"

namespace millrace {

const Trigger* trigger_with_example(const Workflow& workflow, const Catalog& catalog) {
  for (const TriggerSpec& spec : workflow.triggers) {
    const Trigger* trigger = catalog.find_trigger(spec.name);
    if (trigger != nullptr && !trigger->examples.empty()) return trigger;
  }
  return nullptr;
}

Status fits_trigger(const Value& event, const Workflow& workflow, const Catalog& catalog) {
  if (workflow.triggers.size() != 1) return Done{};
  const Trigger* trigger = catalog.find_trigger(workflow.triggers.front().name);
  if (trigger == nullptr || trigger->event == nullptr) return Done{};
  for (const ShapeProblem& problem : trigger->event->check(event)) {
    if (problem.at_key) continue;
    const std::string place = problem.pointer.empty() ? "" : " at " + problem.pointer.substr(1);
    return Error{ErrorCode::invalid, "this is no event of " + trigger->name + place + ": " + problem.message};
  }
  return Done{};
}

Result<Value> delivery_to(const Workflow& workflow, const Value& said) {
  const auto hook = std::find_if(workflow.triggers.begin(), workflow.triggers.end(), [](const TriggerSpec& each) {
    return each.kind == "webhook" || each.kind == "plugin";
  });
  return told_facts(said, hook == workflow.triggers.end() ? workflow.id : hook_path(workflow, *hook));
}

}  // namespace millrace
