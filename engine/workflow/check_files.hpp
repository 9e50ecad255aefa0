#pragma once

#include <vector>

#include "catalog/catalog.hpp"
#include "workflow/model.hpp"
#include "workflow/project.hpp"
#include "yaml/rules.hpp"

namespace millrace {

/// Files whose names leave out what tells one writing from the next: locations, items of a loop, two steps. Only the
/// last writing would stay, so a run refuses the others.
std::vector<Finding> check_files(const Workflow& workflow, const Catalog& catalog, const Project* project);

}  // namespace millrace
