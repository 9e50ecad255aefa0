#pragma once

#include <memory>
#include <vector>

#include "base/error.hpp"
#include "catalog/catalog.hpp"
#include "workflow/model.hpp"
#include "workflow/project.hpp"

namespace millrace {

/// What starts what: by a call, by `after`, by a file that one writes and another watches, by a change that one makes
/// on the far side and another watches, by a delivery that one sends to the service itself. A circle of them that
/// nothing ends is an error, one that a condition may end a warning; each stands in the file that says how one of its
/// workflows starts the next. `project` nullptr: the service's own addresses are not known.
std::vector<Finding> check_circles(const std::vector<const Workflow*>& workflows, const Catalog& catalog,
                                   const Project* project);

/// Those that are told in one of `asked`. `others` are the rest of the project's workflows, as far as they can be read;
/// one of them with the id of an asked one is that one's older text, and left out.
std::vector<Finding> check_circles(const std::vector<const Workflow*>& asked,
                                   const std::vector<const Workflow*>& others, const Catalog& catalog,
                                   const Project* project);

/// Triggers that others on their path keep from hearing anything, because they are proved, read or answered in another
/// way: told in one of `asked`, as circles are.
std::vector<Finding> check_shared_paths(const std::vector<const Workflow*>& asked,
                                        const std::vector<const Workflow*>& others, const Catalog& catalog);

/// `workflow` and what it calls, and what those call, as far as their files can be read.
std::vector<std::shared_ptr<const Workflow>> with_called(std::shared_ptr<const Workflow> workflow,
                                                         const Catalog& catalog, const Project& project);

}  // namespace millrace
