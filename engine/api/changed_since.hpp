#pragma once

#include <memory>

#include "catalog/catalog.hpp"
#include "journal/journal.hpp"
#include "value/value.hpp"
#include "workflow/model.hpp"
#include "workflow/project.hpp"

namespace millrace {

/// What `now` does otherwise than the text that the run began with, in a line: "changed_since" of a run. Null where it
/// is the same text, and where the store has none. `now` nullptr: the workflow is gone.
Value changed_since(const StoredRun& run, std::shared_ptr<const Workflow> now, const Catalog& catalog,
                    const Project& project);

}  // namespace millrace
