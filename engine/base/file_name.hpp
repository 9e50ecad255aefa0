#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace millrace {

/// Refuses names that are no plain path below a folder: absolute ones, "..", control characters, what no file system
/// takes. `doing` is what messages call it.
Status check_file_name(const std::string& name, const std::string& doing = "write");

/// Refuses names that are no plain path below the project's folder, and what lies in `state/` or is hidden.
Status check_project_file(const std::string& name);

/// Whether a path below a project's folder leads into `state/`, where Millrace keeps what is its own. There are file
/// systems for which STATE is the same folder.
bool leads_into_state(std::string_view path);

}  // namespace millrace
