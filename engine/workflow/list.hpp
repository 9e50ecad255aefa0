#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/result.hpp"

namespace millrace {

struct WorkflowFile {
  std::filesystem::path path;
  std::string shown_as;  ///< as messages have it: beneath the project's folder without that folder's name
};

/// The workflow files of a project: workflows/*.yaml without *.test.yaml, by name; one for each id.
std::vector<WorkflowFile> list_workflow_files(const std::filesystem::path& project);

/// Those that are not among them, because another one has their id: "two.yml" beside "two.yaml".
std::vector<WorkflowFile> list_second_files(const std::filesystem::path& project);

/// What is wrong with such a file, be it a workflow or its tests; nothing where no other one has its id.
std::optional<Finding> why_second(const WorkflowFile& file);

/// The workflow files in `folder` and the folders inside it, linked ones too, whatever they are called; shown with
/// `folder` in front.
std::vector<WorkflowFile> list_workflow_files_below(const std::filesystem::path& folder);

/// The test files of a project, workflows/*.test.yaml, and those in `folder` and inside it.
std::vector<WorkflowFile> list_test_files(const std::filesystem::path& project);
std::vector<WorkflowFile> list_test_files_below(const std::filesystem::path& folder);

/// All that people write in a project's workflows/, tests included, and in `folder` and inside it.
std::vector<WorkflowFile> list_yaml_files(const std::filesystem::path& project);
std::vector<WorkflowFile> list_yaml_files_below(const std::filesystem::path& folder);

/// "a/b.yaml" and "a/b.yml" are files that a project may have; hidden ones are not.
bool is_yaml_file(const std::filesystem::path& path);

/// "a/b.test.yaml" is a file of tests.
bool is_test_file(const std::filesystem::path& path);

/// The file that `named` means: a path, or the id of one of the project's workflows.
Result<WorkflowFile> find_workflow_file(const std::filesystem::path& project, const std::string& named);

/// The same where a workflow stands for its tests, too: what lies at that path by itself, and an id with
/// NAME.test.yaml.
Result<std::vector<WorkflowFile>> find_files(const std::filesystem::path& project, const std::string& named);

/// The tests of a workflow, whether there are any or not: "a/b.test.yaml" of "a/b.yaml", or "a/b.test.yml" where only
/// that is there.
std::filesystem::path test_file_of(const std::filesystem::path& workflow);
WorkflowFile test_file_of(const WorkflowFile& workflow);

}  // namespace millrace
