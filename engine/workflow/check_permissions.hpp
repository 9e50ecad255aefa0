#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "catalog/catalog.hpp"
#include "workflow/model.hpp"
#include "workflow/permissions.hpp"
#include "workflow/project.hpp"

namespace millrace {

/// What the workflow may touch by its file, and is not permitted: by its own `permissions`, or by those of the project.
/// What only the run can tell is judged at the gate. Workflows that it calls are held to its own, too.
std::vector<Finding> check_permissions(const Workflow& workflow, const Catalog& catalog, const Project* project);

/// The kinds that installed plugins touch, as `permissions` names them: "location_tags"; in order, each once.
std::vector<std::string> known_kinds(const Catalog& catalog);

/// Kinds that no plugin touches, and connections that are not there. `project` may be nullptr.
std::vector<Finding> check_permission_names(const Bounds& bounds, const Catalog& catalog, const Project* project);

}  // namespace millrace
