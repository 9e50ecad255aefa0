#include "lsp/diagnostics.hpp"

#include <iterator>
#include <utility>

#include "workflow/check_project.hpp"
#include "workflow/load.hpp"
#include "workflow/starts.hpp"
#include "workflow/test_file.hpp"
#include "yaml/files.hpp"

namespace millrace::lsp {
namespace {

std::vector<Finding> found_in_workflow(std::shared_ptr<const SourceText> source, const ProjectView& view,
                                       bool secrets) {
  LoadedWorkflow loaded = load_and_check(std::move(source), *view.catalog, view.known_project());
  if (!loaded.workflow) return std::move(loaded.findings);
  std::vector<const Workflow*> others;
  for (const auto& other : view.others) others.push_back(other.get());
  std::vector<Finding> more = check_circles({&*loaded.workflow}, others, *view.catalog, view.known_project());
  std::move(more.begin(), more.end(), std::back_inserter(loaded.findings));
  more = check_shared_paths({&*loaded.workflow}, others, *view.catalog);
  std::move(more.begin(), more.end(), std::back_inserter(loaded.findings));
  if (secrets && view.missing_secrets) {
    more = view.missing_secrets(*loaded.workflow);
    std::move(more.begin(), more.end(), std::back_inserter(loaded.findings));
  }
  sort_findings(loaded.findings);
  return std::move(loaded.findings);
}

std::vector<Finding> found_in(std::shared_ptr<const SourceText> source, const ProjectView& view, bool secrets) {
  const WorkflowFile file = {view.root / source->name, source->name};
  const FileKind kind = kind_of_file(*source);
  const bool has_id = kind == FileKind::workflow || kind == FileKind::test;
  if (auto second = has_id ? why_second(file) : std::nullopt) return {std::move(*second)};
  switch (kind) {
    case FileKind::workflow:
      return found_in_workflow(std::move(source), view, secrets);
    case FileKind::project:
      return load_and_check_project(view.root, std::move(source), *view.catalog).findings;
    case FileKind::test:
      return load_test_file(file, std::move(source), *view.catalog, view.known_project()).findings;
    case FileKind::other:
      return {};
  }
  return {};
}

}  // namespace

std::vector<Finding> findings_in(std::shared_ptr<const SourceText> source, const ProjectView& view) {
  return found_in(std::move(source), view, false);
}

std::vector<Finding> all_findings_in(std::shared_ptr<const SourceText> source, const ProjectView& view) {
  return found_in(std::move(source), view, true);
}

}  // namespace millrace::lsp
