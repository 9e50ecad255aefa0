#pragma once

#include "catalog/catalog.hpp"
#include "workflow/model.hpp"
#include "workflow/project.hpp"

namespace millrace {

/// A trigger that watches a list of the far side, and its workflow.
struct Watch {
  const Workflow& workflow;
  const TriggerSpec& trigger;
};

/// Whether the watch may see what the step does, and tell of it: it changes things of the kind that the list holds,
/// over the same connection and, as far as both are known, at the same location. `project` nullptr: its connections are
/// not known, and told apart by name.
bool may_see(const Watch& watch, const Workflow& workflow, const ActionStep& step, const Catalog& catalog,
             const Project* project);

}  // namespace millrace
