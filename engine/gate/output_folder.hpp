#pragma once

#include <filesystem>
#include <string>

#include "base/result.hpp"

namespace millrace {

/// Refuses names that are no plain path below a folder: absolute ones, "..", control characters, what no file system
/// takes.
Status check_file_name(const std::string& name);

/// Refuses what `write_below` would find there and could not replace: a folder, or a path through a file or a link.
Status check_place(const std::filesystem::path& folder, const std::string& name);

/// Writes `folder`/`name` so that it is there whole or not at all, and makes the folders in between. Symbolic links
/// below `folder` are not followed. Blocks: call it on a worker.
Status write_below(const std::filesystem::path& folder, const std::string& name, const std::string& content);

}  // namespace millrace
