#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "workflow/file_pattern.hpp"
#include "workflow/project.hpp"

namespace millrace {

/// Whether a path below a project's folder leads into `state/`, where Millrace keeps what is its own. There are file
/// systems for which STATE is the same folder.
bool leads_into_state(std::string_view path);

/// What Millrace writes below a project's folder for itself: `state/`, the store with what belongs to it, wherever
/// that is, and the audit's heads. No workflow reads or watches it: a run that starts because of it writes it again.
class OwnFiles {
 public:
  OwnFiles(const std::filesystem::path& folder, const Project& project);

  /// `path` is relative to the project; links are followed.
  bool has(const std::filesystem::path& path) const;
  /// Whether the pattern can mean nothing else.
  bool has_all_of(const FilePattern& pattern) const;

 private:
  std::filesystem::path folder_, store_;
  std::vector<std::filesystem::path> files_;
};

}  // namespace millrace
