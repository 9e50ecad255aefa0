#pragma once

#include <filesystem>
#include <vector>

#include "base/file_name.hpp"
#include "workflow/file_pattern.hpp"
#include "workflow/project.hpp"

namespace millrace {

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
