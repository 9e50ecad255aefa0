#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace millrace {

struct WorkflowFile {
  std::filesystem::path path;
  std::string shown_as;  ///< as messages have it: beneath the project's folder without that folder's name
};

/// The workflow files of a project: workflows/*.yaml without *.test.yaml, by name.
std::vector<WorkflowFile> list_workflow_files(const std::filesystem::path& project);

/// The workflow files in `folder` and the folders inside it, whatever they are called; shown with `folder` in front.
std::vector<WorkflowFile> list_workflow_files_below(const std::filesystem::path& folder);

/// The file that `named` means: a path, or the id of one of the project's workflows.
Result<WorkflowFile> find_workflow_file(const std::filesystem::path& project, const std::string& named);

}  // namespace millrace
