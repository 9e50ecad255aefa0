#pragma once

#include <memory>
#include <string>

#include "async/task.hpp"
#include "catalog/catalog.hpp"
#include "journal/store.hpp"
#include "workflow/account.hpp"
#include "workflow/project.hpp"

namespace millrace {

/// What this version (`hash` is its text's) may do and the one that ran last might not. Nothing where none ran, where
/// it is the one that ran, and where that one is not there or cannot be read any more. All that is given outlives it.
Task<NewSince> new_since(Store& store, std::shared_ptr<const Workflow> workflow, std::string hash,
                         const Catalog& catalog, const Project& project);

/// As people are told: "prune may delete contacts (line 31), which the version that ran last (a1b2c3d) might not".
std::vector<std::string> sentences(const NewSince& since, const std::string& workflow);

}  // namespace millrace
