#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "value/value.hpp"
#include "workflow/file_pattern.hpp"
#include "workflow/own_files.hpp"

namespace millrace {

/// What a look below a folder found.
struct FileListing {
  Value files;                             ///< [{path, name, size, modified}] by path
  std::vector<std::string> problems;       ///< what is left out and why, one sentence each
  std::map<std::string, Value> unsettled;  ///< by path: those that are there, but left out for now
  bool whole = true;                       ///< false: a folder that the pattern names is not there, or may not be read
};

/// The files below `folder` that the pattern means, but for those that are Millrace's `own`. What was changed within
/// the last second is left out: it may still be being written. Left out and told: a name that is not UTF-8, a time that
/// lies in the future, a folder that may not be read. `**` does not follow links to folders. `limited` where more than
/// 10,000 files match. Any thread.
Result<FileListing> list_files(const std::filesystem::path& folder, const FilePattern& pattern, const OwnFiles& own);

}  // namespace millrace
