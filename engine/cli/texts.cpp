#include "cli/texts.hpp"

#include <filesystem>
#include <utility>

#include "base/files.hpp"
#include "base/text.hpp"
#include "cli/history.hpp"
#include "crypto/digest.hpp"
#include "host/host.hpp"
#include "workflow/list.hpp"
#include "workflow/load.hpp"
#include "yaml/files.hpp"

namespace millrace {

namespace {

constexpr std::size_t least_digits = 4;

Result<WorkflowText> text_of_file(const Session& session, const std::string& named) {
  const WorkflowFile file = TRY(find_workflow_file(session.folder, named));
  std::string text = TRY(read_input(file.path.string()));
  WorkflowText found = {workflow_id(file.path.string()), file.shown_as, nullptr};
  found.source = std::make_shared<const SourceText>(SourceText{file.shown_as, std::move(text)});
  return found;
}

}  // namespace

Result<std::vector<VersionHead>> versions_of(const Session& session, const Project& project,
                                             const std::string& workflow) {
  std::error_code failed;
  if (!std::filesystem::exists(store_file(session.folder, project), failed)) return std::vector<VersionHead>();
  Loop loop;
  const auto store = open_project_store(session, project, loop, StoreOptions::Role::reader);
  if (store == nullptr) return Error{ErrorCode::unavailable, "the store cannot be read"};
  return wait_for(loop, store->history().list_versions(workflow));
}

Result<VersionHead> version_named(const std::vector<VersionHead>& versions, const std::string& workflow,
                                  const std::string& name) {
  const std::string cure = "; \"millrace versions " + workflow + "\" lists them";
  if (name.size() < least_digits)
    return Error{ErrorCode::invalid, "a version is named by the first digits of its name, four at least" + cure};
  const VersionHead* found = nullptr;
  for (const VersionHead& each : versions) {
    if (!each.hash.starts_with(lower(name))) continue;
    if (found != nullptr)
      return Error{ErrorCode::invalid, "several versions of " + workflow + " begin with " + name + cure};
    found = &each;
  }
  if (found == nullptr)
    return Error{ErrorCode::not_found, "the store has no version " + name + " of " + workflow + cure};
  return *found;
}

bool names_version(const std::string& named) {
  std::error_code failed;
  return named.find('@') != std::string::npos && !std::filesystem::exists(named, failed);
}

Result<WorkflowText> text_named(const Session& session, const Project& project, const std::string& named) {
  if (!names_version(named)) return text_of_file(session, named);
  const std::size_t sign = named.rfind('@');
  const std::string workflow = named.substr(0, sign);
  const auto versions = TRY(versions_of(session, project, workflow));
  return text_of_version(workflow, TRY(version_named(versions, workflow, named.substr(sign + 1))));
}

WorkflowText text_of_version(const std::string& workflow, const VersionHead& version) {
  // Its name gives the workflow's id, as that of a file does.
  return {workflow, workflow + "@" + short_name(version.hash),
          std::make_shared<const SourceText>(SourceText{workflow + ".yaml", version.text})};
}

Result<Account> account_of(const WorkflowText& text, const Catalog& catalog, const Project& project) {
  LoadedWorkflow loaded = load_workflow(text.source, catalog);
  for (const Finding& finding : loaded.findings) {
    if (finding.severity == Severity::error) return Error{ErrorCode::invalid, finding.message, finding.at};
  }
  if (!loaded.workflow) return Error{ErrorCode::invalid, text.called + " is no workflow"};
  return account_of(std::make_shared<const Workflow>(std::move(*loaded.workflow)), catalog, project);
}

std::string render_differences(const std::vector<Difference>& differences) {
  std::string text;
  for (const Difference& each : differences)
    text += row((each.kind == Difference::Kind::wider ? "  ! " : "  - ") + each.text);
  return text;
}

}  // namespace millrace
