#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "base/file_name.hpp"
#include "base/result.hpp"

namespace millrace {

/// Refuses what `write_below` would find there and could not replace: a folder, or a path through a file or a link.
Status check_place(const std::filesystem::path& folder, const std::string& name);

/// Writes `folder`/`name` so that it is there whole or not at all, and makes the folders in between. Symbolic links
/// below `folder` are not followed. Blocks: call it on a worker.
Status write_below(const std::filesystem::path& folder, const std::string& name, const std::string& content);

/// The size of `folder`/`name`. Links below `folder` are not followed, and what is no plain file is refused.
Result<std::size_t> size_below(const std::filesystem::path& folder, const std::string& name);

/// What the file holds; `limited` where that is more than `most` bytes. Blocks: call it on a worker.
Result<std::string> read_below(const std::filesystem::path& folder, const std::string& name, std::size_t most);

}  // namespace millrace
