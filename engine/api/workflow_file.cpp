#include "api/workflow_file.hpp"

#include <system_error>
#include <utility>

#include "base/files.hpp"
#include "crypto/digest.hpp"
#include "starter/templates.hpp"
#include "yaml/files.hpp"

namespace millrace {

namespace {

namespace fs = std::filesystem;

/// Behind a link lies what somebody else looks after.
Status check_inside(const fs::path& project, const WorkflowFile& file) {
  std::error_code failed;
  const fs::path folder = fs::weakly_canonical(project / "workflows", failed);
  const fs::path there = fs::weakly_canonical(file.path, failed);
  if (!failed && there.parent_path() == folder) return Done{};
  return Error{ErrorCode::denied, file.shown_as + " leads out of the project's workflows/, so it is left alone"};
}

}  // namespace

std::string FileOnDisk::version() const { return text ? fingerprint(*text) : ""; }

Result<FileOnDisk> look_at_file(const fs::path& project, const std::string& id) {
  FileOnDisk found;
  for (WorkflowFile& file : list_workflow_files(project)) {
    if (workflow_id(file.shown_as) == id) found.file = std::move(file);
  }
  if (found.file.path.empty() && !is_new_id(id)) {
    return Error{ErrorCode::invalid,
                 "\"" + id + "\" is no id of a workflow: it has letters, digits, - and _, 100 at most"};
  }
  const bool is_new = found.file.path.empty();
  if (is_new) found.file = {project / "workflows" / (id + ".yaml"), "workflows/" + id + ".yaml"};
  TRY(check_inside(project, found.file));
  if (!is_new) found.text = TRY(read_input(found.file.path.string()));
  return found;
}

Status write_file(const FileOnDisk& seen, const std::optional<std::string>& text) {
  std::error_code failed;
  if (text) {
    fs::create_directories(seen.file.path.parent_path(), failed);
    return rewrite_file(seen.file.path.string(), seen.text, *text);
  }
  TRY(check_unchanged(seen.file.path.string(), seen.text));
  fs::remove(seen.file.path, failed);
  if (failed) return Error{ErrorCode::unavailable, "cannot remove " + seen.file.shown_as + ": " + failed.message()};
  return Done{};
}

}  // namespace millrace
