#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "catalog/catalog.hpp"
#include "workflow/model.hpp"
#include "workflow/project.hpp"

namespace millrace {

/// What a token must be allowed, and by which workflows that is wanted: scope -> their ids.
using NeededScopes = std::map<std::string, std::set<std::string>>;

/// What the workflows' steps, watches and plugins' triggers want of each connection, jobs with all that they call.
std::map<std::string, NeededScopes> needed_scopes(const std::vector<std::shared_ptr<const Workflow>>& workflows,
                                                  const Project& project, const Catalog& catalog);
/// What is wanted of one of them.
NeededScopes scopes_at(const std::string& connection, const std::map<std::string, NeededScopes>& needed);

/// Those that were not granted. Empty where it is not known what was granted, which is where `granted` is.
std::vector<std::string> missing_scopes(const NeededScopes& needed, const std::vector<std::string>& granted);

}  // namespace millrace
