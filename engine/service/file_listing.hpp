#pragma once

#include <filesystem>
#include <string>

#include "base/result.hpp"
#include "value/value.hpp"

namespace millrace {

/// The files below `folder` that `pattern` names ("inbox/*.csv", "inbox/"), by name: [{path, name, size, modified}].
/// A folder that is not there is empty. `*` and `?` stand for parts of the last name only; a pattern that leads out of
/// the folder is refused. What was changed within the last second is left out: it may still be being written. Any
/// thread.
Result<Value> list_files(const std::filesystem::path& folder, const std::string& pattern);

}  // namespace millrace
