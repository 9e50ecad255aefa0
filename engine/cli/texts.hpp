#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog.hpp"
#include "cli/session.hpp"
#include "journal/history.hpp"
#include "prose/compare.hpp"
#include "workflow/account.hpp"
#include "workflow/project.hpp"

namespace millrace {

/// A text of a workflow, of a file or out of the store.
struct WorkflowText {
  std::string workflow;  ///< its id
  std::string called;    ///< "workflows/prune.yaml", "prune@1a2b3c4"
  std::shared_ptr<const SourceText> source;
};

/// The versions of a workflow that the store has, newest first; empty where there is no store.
Result<std::vector<VersionHead>> versions_of(const Session& session, const Project& project,
                                             const std::string& workflow);

/// The version whose hash begins so: four digits or more, and of one only.
Result<VersionHead> version_named(const std::vector<VersionHead>& versions, const std::string& workflow,
                                  const std::string& name);

/// Whether it says WORKFLOW@VERSION, and is no file's name.
bool names_version(const std::string& named);

/// The text that is named so: a file, an id, or WORKFLOW@VERSION.
Result<WorkflowText> text_named(const Session& session, const Project& project, const std::string& named);

/// The text of a version that the store has.
WorkflowText text_of_version(const std::string& workflow, const VersionHead& version);

/// What the text comes to; an error, with the first thing that is wrong, where it cannot be read as a workflow.
Result<Account> account_of(const WorkflowText& text, const Catalog& catalog, const Project& project);

/// Differences as commands show them to people, a line each.
std::string render_differences(const std::vector<Difference>& differences);

}  // namespace millrace
