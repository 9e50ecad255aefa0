#pragma once

#include <string>

#include "base/result.hpp"
#include "catalog/catalog.hpp"
#include "journal/journal.hpp"
#include "secret/secrets.hpp"
#include "workflow/model.hpp"

namespace millrace {

/// The run that each test's run is called by, so that what it says of itself is the same each time.
inline constexpr const char* run_of_a_test = "r06f8w3k2q1m9s";

/// A test file out of a run: its event and time, what each call was answered, and what came of it. Actions of libraries
/// are answered as a whole, because what they asked is not kept; those that write files do so again. Secrets are not in
/// it, nor what has the name of one. `invalid` where the run has not ended, was a dry run, or called other workflows,
/// whose answers are in their own runs. REQUIRES: `workflow` is what the run began with.
Result<std::string> record_test(const StoredRun& run, const Workflow& workflow, const Catalog& catalog,
                                const Secrets& secrets);

}  // namespace millrace
