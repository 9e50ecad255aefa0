#pragma once

#include <filesystem>
#include <memory>

#include "base/error.hpp"
#include "catalog/catalog.hpp"
#include "workflow/project.hpp"

namespace millrace {

/// Everything that can be found in a millrace.yaml: as `load_project`, and what only the plugins and the connections
/// can tell, of `permissions` and `alarms`. The text need not be in its file.
LoadedProject load_and_check_project(const std::filesystem::path& root, std::shared_ptr<const SourceText> text,
                                     const Catalog& catalog);

/// The same of the project's file, and of plugins/lock.yaml.
LoadedProject load_and_check_project(const std::filesystem::path& root, const Catalog& catalog);

}  // namespace millrace
