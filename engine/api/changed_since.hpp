#pragma once

#include <memory>

#include "api/run_json.hpp"
#include "catalog/catalog.hpp"
#include "value/value.hpp"
#include "workflow/model.hpp"
#include "workflow/project.hpp"

namespace millrace {

/// The workflow of a run as it is today.
struct WorkflowToday {
  std::shared_ptr<const Workflow> workflow;  ///< nullptr: there is none
  bool broken = false;                       ///< because its file cannot be read
};

/// What it does otherwise than the text that the run began with, in a line: "changed_since" of a run. Null where it is
/// the same text, and where the store has none.
Value changed_since(const ReadRun& run, const WorkflowToday& today, const Catalog& catalog, const Project& project);

}  // namespace millrace
