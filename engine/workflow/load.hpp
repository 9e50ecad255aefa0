#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "catalog/catalog.hpp"
#include "workflow/model.hpp"
#include "workflow/project.hpp"

namespace millrace {

struct YamlDocument;

/// Reading reports everything wrong at once. The workflow is there when the text could be read as one, so that its
/// meaning can be checked too; never run one with an error among its findings.
struct LoadedWorkflow {
  std::optional<Workflow> workflow;
  std::vector<Finding> findings;
};

/// Where the tree of a text comes from.
using ReadYaml = std::function<YamlDocument(std::shared_ptr<const SourceText>)>;

/// Reads a workflow from text. `source.name` is the path as messages shall show it; its stem is the workflow's id.
/// The catalogue types the fields of `with` (what is text, what is an expression).
LoadedWorkflow load_workflow(std::shared_ptr<const SourceText> source, const Catalog& catalog);

/// The same of the text that a run began with, as the store has kept it.
LoadedWorkflow load_version(const std::string& workflow, const std::string& text, const Catalog& catalog);

/// Reads and checks a file: missing, empty, binary and oversized files become findings too.
LoadedWorkflow load_workflow_file(const std::filesystem::path& path, const std::string& shown_as,
                                  const Catalog& catalog);

/// Both of these, for who wants to run it: everything that can be known, in the order of the file, and the workflow
/// only where nothing of severity error was found. `read` stands in for `read_yaml`.
LoadedWorkflow load_and_check(const std::filesystem::path& path, const std::string& shown_as, const Catalog& catalog,
                              const Project* project, const ReadYaml& read = {});

/// The same of a text that need not be in the file.
LoadedWorkflow load_and_check(std::shared_ptr<const SourceText> source, const Catalog& catalog, const Project* project);

/// Meaning: names, types of expressions against the schemas, connections, locations, schedules. `project` may be
/// nullptr where there is none; what depends on it is then not checked.
std::vector<Finding> check_workflow(const Workflow& workflow, const Catalog& catalog, const Project* project);

/// What of its expressions nobody can check before the run, because the shape of a value is not known: hints.
std::vector<Finding> unknown_shapes(const Workflow& workflow, const Catalog& catalog, const Project* project);

/// schemas/workflow.schema.json grown by the inputs of the installed plugins, for editors.
Value workflow_schema(const Catalog& catalog);

}  // namespace millrace
