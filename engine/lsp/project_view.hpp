#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.hpp"
#include "workflow/list.hpp"
#include "workflow/model.hpp"
#include "workflow/project.hpp"

namespace millrace::lsp {

/// What an editor's answers take from the project around a file. Immutable: what has changed on the disk is another
/// view.
struct ProjectView {
  std::filesystem::path root = {};
  std::shared_ptr<const Catalog> catalog = {};
  std::optional<Project> project = {};       ///< where millrace.yaml is there and can be read
  std::vector<WorkflowFile> workflows = {};  ///< the project's
  std::vector<std::string> secrets = {};     ///< the names that are known, never what they stand for

  /// Other workflows of the project, as far as they can be read: who starts whom.
  std::vector<std::shared_ptr<const Workflow>> others = {};
  /// Hints where senders cannot be proved here, for want of a secret's value. Empty: nobody is asked. One thread at a
  /// time.
  std::function<std::vector<Finding>(const Workflow&)> missing_secrets = {};

  /// One of `others` by its id; nullptr where there is none.
  const Workflow* find_workflow(std::string_view id) const noexcept;
  const Project* known_project() const noexcept { return project ? &*project : nullptr; }
};

/// Adds the names of the secrets of which the text speaks ("secret:name").
void add_named_secrets(std::string_view text, std::set<std::string>& names);

/// What a file is to an editor.
enum class FileKind : std::uint8_t {
  workflow,
  project,  ///< millrace.yaml
  test,     ///< tests of a workflow
  other,    ///< whatever else is written in YAML: nothing is said of it
};

/// By its path in the project, and outside `workflows/` by what stands in it.
FileKind kind_of_file(const SourceText& source);

/// The same for what is asked while somebody types: of a text that is too large to be a file nothing is said but that.
FileKind kind_while_typing(const SourceText& source);

}  // namespace millrace::lsp
