#pragma once

#include <filesystem>
#include <string>

#include "base/duration.hpp"
#include "base/result.hpp"
#include "catalog/catalog.hpp"
#include "workflow/project.hpp"

namespace millrace {

struct ServeSettings {
  Duration drain_timeout = {};  ///< so long runs have to end when it is asked to stop
  std::string listen;           ///< empty: as the project says
};

/// Runs the project as a service until SIGTERM or SIGINT, with its HTTP server, its files watched and systemd told.
/// False where the store failed meanwhile, which is told in the log. Errors are about the start: `invalid` where
/// starting again would not help, because the project or its store cannot be used as it is.
Result<bool> serve_project(const std::filesystem::path& folder, Project& project, const Catalog& catalog,
                           const ServeSettings& settings);

}  // namespace millrace
