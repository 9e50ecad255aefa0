#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "lsp/project_view.hpp"
#include "lsp/text_lines.hpp"

namespace millrace::lsp {

/// Where something is said: in the text itself, or in a file of the project.
struct Target {
  std::filesystem::path file = {};              ///< empty: the text itself
  std::shared_ptr<const SourceText> text = {};  ///< of the file, where it is known: `range` is of it
  Range range = {};
};

/// Where the name at the byte comes from: a step's id, the name of a loop's item, a member of `vars`; of a workflow
/// that is called, its file; of a connection, its entry in millrace.yaml; of a step in a test, its id in the workflow.
std::optional<Target> find_definition(const SourceText& source, std::size_t offset, const ProjectView& view);

/// Where it is said and everywhere it is used, in the order of the text; empty where nothing has a name there.
std::vector<Range> find_references(const SourceText& source, std::size_t offset, const ProjectView& view);

/// The name at the byte, where it can be another: an id, a loop's name, a member of `vars`.
std::optional<Range> find_renameable(const SourceText& source, std::size_t offset, const ProjectView& view);

/// The id at the byte, where the name there is a step's.
std::optional<std::string> step_at(const SourceText& source, std::size_t offset, const ProjectView& view);

/// The places in which the new name has to stand. An error where `check` would find something afterwards that it does
/// not find now (a name that is taken, reserved or none), and where the name would mean something else in one of them,
/// or this would be meant where something else is.
Result<std::vector<Range>> rename(const SourceText& source, std::size_t offset, const std::string& name,
                                  const ProjectView& view);

}  // namespace millrace::lsp
