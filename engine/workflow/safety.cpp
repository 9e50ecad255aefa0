#include "workflow/safety.hpp"

#include "workflow/connections.hpp"

namespace millrace {

namespace {

template <class T>
void tighten(std::optional<T>& limit, std::string& from, const std::optional<T>& other, const Action& action) {
  if (!other || (limit && *limit <= *other)) return;
  limit = other;
  from = action.name;
}

}  // namespace

Limits limits_of(const Workflow& workflow, const Catalog& catalog) {
  Limits limits;
  each_action(workflow, [&](const ActionStep& step) {
    const Action* action = catalog.find_action(step.action);
    if (action == nullptr) return;
    tighten(limits.max_changes, limits.max_changes_from, action->safety.max_changes, *action);
    tighten(limits.max_percent, limits.max_percent_from, action->safety.max_percent, *action);
  });
  if (workflow.safety.max_changes) {
    limits.max_changes = workflow.safety.max_changes;
    limits.max_changes_from.clear();
  }
  if (workflow.safety.max_percent) {
    limits.max_percent = workflow.safety.max_percent;
    limits.max_percent_from.clear();
  }
  return limits;
}

}  // namespace millrace
