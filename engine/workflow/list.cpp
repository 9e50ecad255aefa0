#include "workflow/list.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "yaml/files.hpp"
#include "yaml/rules.hpp"

namespace millrace {
namespace {

bool any_workflow_file(const std::filesystem::path& path) { return is_yaml_file(path) && !is_test_file(path); }

/// The file that has the id of `path` before it.
std::optional<std::filesystem::path> first_of(const std::filesystem::path& path) {
  if (path.extension() != ".yml") return std::nullopt;
  std::filesystem::path first = path;
  first.replace_extension(".yaml");
  std::error_code failed;
  const auto there = std::filesystem::symlink_status(first, failed).type();
  const bool is_file = there != std::filesystem::file_type::not_found && !std::filesystem::is_directory(first, failed);
  return is_file ? std::optional(first) : std::nullopt;
}

bool workflow_file(const std::filesystem::path& path) { return any_workflow_file(path) && !first_of(path); }
bool second_file(const std::filesystem::path& path) { return any_workflow_file(path) && first_of(path); }

void sort(std::vector<WorkflowFile>& files) {
  std::sort(files.begin(), files.end(),
            [](const WorkflowFile& left, const WorkflowFile& right) { return left.shown_as < right.shown_as; });
}

using Wanted = bool (*)(const std::filesystem::path&);

std::vector<WorkflowFile> list_files(const std::filesystem::path& project, Wanted wanted) {
  std::vector<WorkflowFile> files;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(project / "workflows", failed)) {
    if (wanted(entry.path()) && !entry.is_directory(failed))
      files.push_back({entry.path(), "workflows/" + entry.path().filename().string()});
  }
  sort(files);
  return files;
}

/// Linked folders are looked into as others are, and each folder once: links may lead in a circle.
std::vector<WorkflowFile> list_files_below(const std::filesystem::path& folder, Wanted wanted) {
  using Entries = std::filesystem::recursive_directory_iterator;
  constexpr auto options = std::filesystem::directory_options::skip_permission_denied |
                           std::filesystem::directory_options::follow_directory_symlink;
  std::vector<WorkflowFile> files;
  std::error_code failed, unknown;
  std::set<std::filesystem::path> seen = {std::filesystem::canonical(folder, unknown)};
  for (Entries entry(folder, options, failed); !failed && entry != Entries(); entry.increment(failed)) {
    const bool is_folder = entry->is_directory(unknown);
    const bool hidden = entry->path().filename().string().starts_with(".");
    if (!is_folder || hidden || !seen.insert(std::filesystem::canonical(entry->path(), unknown)).second)
      entry.disable_recursion_pending();
    if (!is_folder && wanted(entry->path()))
      files.push_back({entry->path(), entry->path().lexically_normal().string()});
  }
  sort(files);
  return files;
}

}  // namespace

bool is_yaml_file(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  const std::string_view view = name;
  return (view.ends_with(".yaml") || view.ends_with(".yml")) && !view.starts_with(".");
}

bool is_test_file(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  const std::string_view view = name;
  return is_yaml_file(path) && (view.ends_with(".test.yaml") || view.ends_with(".test.yml"));
}

std::filesystem::path test_file_of(const std::filesystem::path& workflow) {
  const std::filesystem::path usual = workflow.parent_path() / (workflow.stem().string() + ".test.yaml");
  std::filesystem::path short_named = usual;
  short_named.replace_extension(".yml");
  std::error_code failed;
  const bool only_there = !std::filesystem::exists(usual, failed) && std::filesystem::exists(short_named, failed);
  return only_there ? short_named : usual;
}

std::vector<WorkflowFile> list_workflow_files(const std::filesystem::path& project) {
  return list_files(project, workflow_file);
}

std::vector<WorkflowFile> list_second_files(const std::filesystem::path& project) {
  return list_files(project, second_file);
}

std::optional<Finding> why_second(const WorkflowFile& file) {
  const auto first = is_yaml_file(file.path) ? first_of(file.path) : std::nullopt;
  if (!first) return std::nullopt;
  return finding(Rule::taken_id, whole_file(file.shown_as),
                 "\"" + file.path.stem().string() + "\" is the id of " + first->filename().string() +
                     " already, so this file is not used: it needs another name");
}

std::vector<WorkflowFile> list_workflow_files_below(const std::filesystem::path& folder) {
  return list_files_below(folder, any_workflow_file);
}

std::vector<WorkflowFile> list_test_files(const std::filesystem::path& project) {
  return list_files(project, is_test_file);
}

std::vector<WorkflowFile> list_test_files_below(const std::filesystem::path& folder) {
  return list_files_below(folder, is_test_file);
}

std::vector<WorkflowFile> list_yaml_files(const std::filesystem::path& project) {
  return list_files(project, is_yaml_file);
}

std::vector<WorkflowFile> list_yaml_files_below(const std::filesystem::path& folder) {
  return list_files_below(folder, is_yaml_file);
}

Result<WorkflowFile> find_workflow_file(const std::filesystem::path& project, const std::string& named) {
  const bool path_like = named.find('/') != std::string::npos || is_yaml_file(named);
  std::error_code failed;
  if (path_like) {
    for (const std::filesystem::path& path :
         {std::filesystem::path(named), project / named, project / "workflows" / named}) {
      if (!std::filesystem::exists(path, failed)) continue;
      if (!std::filesystem::is_directory(path, failed)) return WorkflowFile{path, named};
      return Error{ErrorCode::invalid, "\"" + named + "\" is a folder, and a workflow is a file in it"};
    }
    return Error{ErrorCode::not_found, "there is no file \"" + named + "\""};
  }
  std::vector<std::string> ids;
  for (WorkflowFile& file : list_workflow_files(project)) {
    ids.push_back(workflow_id(file.path.string()));
    if (ids.back() == named) return std::move(file);
  }
  const std::string others = ids.empty() ? "; workflows/ is empty" : "; there are " + join(ids, ", ");
  const std::string hint = did_you_mean(named, ids);
  return Error{ErrorCode::not_found, "there is no workflow \"" + named + "\"" + (hint.empty() ? others : hint)};
}

WorkflowFile test_file_of(const WorkflowFile& workflow) {
  std::filesystem::path path = test_file_of(workflow.path);
  const std::filesystem::path shown = std::filesystem::path(workflow.shown_as).parent_path() / path.filename();
  return {std::move(path), shown.string()};
}

Result<std::vector<WorkflowFile>> find_files(const std::filesystem::path& project, const std::string& named) {
  std::error_code failed;
  if (std::filesystem::exists(named, failed)) return std::vector<WorkflowFile>{{named, named}};
  std::vector<WorkflowFile> files = {TRY(find_workflow_file(project, named))};
  WorkflowFile tests = test_file_of(files.front());
  if (std::filesystem::exists(tests.path, failed)) files.push_back(std::move(tests));
  return files;
}

}  // namespace millrace
