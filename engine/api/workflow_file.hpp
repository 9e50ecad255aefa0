#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "workflow/list.hpp"

namespace millrace {

// The files of workflows, as programs read and write them by their ids. Any thread; they block.

/// A workflow's file as it is on the disk.
struct FileOnDisk {
  WorkflowFile file;
  std::optional<std::string> text;  ///< nothing: there is none yet

  /// The fingerprint of the text; empty where there is none.
  std::string version() const;
};

/// The file of a workflow, or where it would be. `invalid`: that is no id; `denied`: it lies elsewhere than in
/// workflows/, behind a link; `unavailable`: it cannot be read.
Result<FileOnDisk> look_at_file(const std::filesystem::path& project, const std::string& id);

/// Puts the text into the file, or takes it away where there is none. `conflict`, and nothing is changed, where
/// something else is there than was seen.
Status write_file(const FileOnDisk& seen, const std::optional<std::string>& text);

}  // namespace millrace
