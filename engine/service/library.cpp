#include "service/library.hpp"

#include <set>
#include <system_error>
#include <utility>

#include "gate/fingerprint.hpp"
#include "workflow/connections.hpp"
#include "workflow/list.hpp"
#include "workflow/load.hpp"

namespace millrace {

std::vector<std::string> Library::read() {
  std::vector<std::string> changed;
  std::set<std::string> seen;
  for (const WorkflowFile& file : list_workflow_files(folder_)) {
    const std::string id = file.path.stem().string();
    seen.insert(id);
    std::error_code gone;
    Stamp stamp;
    stamp.size = std::filesystem::file_size(file.path, gone);
    stamp.changed = std::filesystem::last_write_time(file.path, gone);
    if (gone) continue;
    const auto known = stamps_.find(id);
    if (known != stamps_.end() && known->second == stamp) continue;
    stamps_[id] = stamp;
    LibraryEntry& entry = entries_[id];
    entry.id = id;
    entry.file = file.shown_as;
    const auto before = entry.live;
    const std::string problem = entry.problem;
    read_file(entry, file.path);
    if (entry.live != before || entry.problem != problem) changed.push_back(id);
  }
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    if (seen.contains(entry->first)) {
      ++entry;
      continue;
    }
    changed.push_back(entry->first);
    stamps_.erase(entry->first);
    entry = entries_.erase(entry);
  }
  return changed;
}

void Library::read_file(LibraryEntry& entry, const std::filesystem::path& path) {
  LoadedWorkflow loaded = load_and_check(path, entry.file, catalog_, &project_);
  for (const Finding& finding : loaded.findings) {
    if (finding.severity != Severity::error) continue;
    entry.problem = render(finding);
    return;
  }
  if (!loaded.workflow) {
    entry.problem = entry.file + " cannot be read";
    return;
  }
  entry.problem.clear();
  auto fresh = enliven(std::move(*loaded.workflow));
  if (entry.live == nullptr || entry.live->hash != fresh->hash) {
    if (entry.live != nullptr) versions_[entry.id + "/" + entry.live->hash] = entry.live;
    entry.live = std::move(fresh);
  }
}

std::shared_ptr<const LiveWorkflow> Library::enliven(Workflow workflow) const {
  auto live = std::make_shared<LiveWorkflow>();
  live->hash = fingerprint(workflow.source->text);
  live->workflow = std::make_shared<const Workflow>(std::move(workflow));
  auto locations = locations_of(*live->workflow, project_, catalog_, Value(Map()));
  const bool fixed = locations && (live->workflow->locations || *locations == std::vector<std::string>{""});
  if (fixed) live->locations = std::move(*locations);
  return live;
}

std::shared_ptr<const LiveWorkflow> Library::find(const std::string& id) const {
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : found->second.live;
}

Result<std::shared_ptr<const LiveWorkflow>> Library::version(const std::string& id, const std::string& hash,
                                                             const std::string& text) {
  if (auto live = find(id); live != nullptr && live->hash == hash) return live;
  if (auto kept = versions_[id + "/" + hash].lock()) return kept;
  const auto source = std::make_shared<const SourceText>(SourceText{id + ".yaml", text});
  LoadedWorkflow loaded = load_workflow(source, catalog_);
  if (!loaded.workflow) {
    return Error{ErrorCode::invalid, "the version of \"" + id +
                                         "\" that this run began with cannot be read any more: a plugin that it uses "
                                         "may be gone"};
  }
  auto live = enliven(std::move(*loaded.workflow));
  versions_[id + "/" + hash] = live;
  return live;
}

}  // namespace millrace
