#include "service/library.hpp"

#include <algorithm>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

#include "crypto/digest.hpp"
#include "workflow/connections.hpp"
#include "workflow/list.hpp"
#include "workflow/starts.hpp"

namespace millrace {

/// A file as it was found on the disk, and what was read from it.
struct Library::ReadFile {
  WorkflowFile file;
  std::string id;
  std::optional<LibraryEntry::Stamp> stamp;  // as LibraryEntry has it
  LoadedWorkflow loaded;
  KeptTrees::Kept kept;
};

namespace {

/// So many files are worth a thread of their own.
constexpr std::size_t files_a_thread = 64;

/// Reading is pure work of the processor, and at the start there is nothing else to do: all processors share it.
template <class File, class Load>
void share_out(std::vector<File>& files, const Load& load) {
  const std::size_t processors = std::max(1u, std::thread::hardware_concurrency());
  const std::size_t shares = std::min(processors, files.size() / files_a_thread + 1);
  const auto load_share = [&](std::size_t first) {
    for (std::size_t i = first; i < files.size(); i += shares) load(files[i]);
  };
  std::vector<std::thread> helpers;
  for (std::size_t share = 1; share < shares; ++share) helpers.emplace_back(load_share, share);
  load_share(0);
  for (std::thread& helper : helpers) helper.join();
}

/// Whether its folder still has it, be it readable or not.
bool has_entry(const std::filesystem::path& path) {
  std::error_code unknown;
  return std::filesystem::symlink_status(path, unknown).type() != std::filesystem::file_type::not_found;
}

bool is_good(const LoadedWorkflow& loaded) {
  return loaded.workflow.has_value() &&
         std::none_of(loaded.findings.begin(), loaded.findings.end(),
                      [](const Finding& finding) { return finding.severity == Severity::error; });
}

std::vector<const Workflow*> values_of(const std::map<std::string, const Workflow*>& workflows) {
  std::vector<const Workflow*> all;
  for (const auto& [id, workflow] : workflows) all.push_back(workflow);
  return all;
}

}  // namespace

/// What changes later is read as it comes, and the next start finds it: the trees are of the first reading only.
void Library::load_all(std::vector<ReadFile>& files) {
  const KeptTrees trees(std::exchange(trees_, std::nullopt).value_or(TreesFile()));
  share_out(files, [&](ReadFile& file) {
    const auto read = [&](std::shared_ptr<const SourceText> text) { return trees.read(std::move(text), file.kept); };
    file.loaded = load_and_check(file.file.path, file.file.shown_as, catalog_, &project_, read);
  });
  std::vector<KeptTrees::Kept> kept;
  for (ReadFile& file : files) kept.push_back(std::move(file.kept));
  trees.keep(kept);
}

std::vector<std::string> Library::read(const std::map<std::string, std::string>& good) {
  std::set<std::string> seen;
  std::vector<ReadFile> stale;
  // A file that lacked a connection may have it now, and one that was permitted may be so no more.
  if (std::exchange(connections_, project_.connections.size()) != project_.connections.size()) forget_stamps();
  if (std::exchange(permissions_, project_.permissions) != project_.permissions) forget_stamps();
  for (WorkflowFile& file : list_workflow_files(folder_)) {
    std::string id = file.path.stem().string();
    seen.insert(id);
    std::error_code gone;
    LibraryEntry::Stamp stamp;
    stamp.size = std::filesystem::file_size(file.path, gone);
    stamp.changed = std::filesystem::last_write_time(file.path, gone);
    if (gone && !has_entry(file.path)) continue;
    if (gone) stamp = {};  // a link to nowhere, for example: a broken file, and no file that was taken away
    const auto known = entries_.find(id);
    if (known != entries_.end() && known->second.stamp == stamp) continue;
    stale.push_back({std::move(file), std::move(id), stamp, {}, {}});
  }
  std::vector<std::string> changed;
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    if (seen.contains(entry->first)) {
      ++entry;
      continue;
    }
    changed.push_back(entry->first);
    entry = entries_.erase(entry);
  }
  load_all(stale);
  refuse_circles(stale);
  refuse_other_readings(stale, good);
  for (ReadFile& read : stale) {
    LibraryEntry& entry = entries_[read.id];
    entry.id = read.id;
    entry.file = read.file.shown_as;
    entry.stamp = read.stamp;
    const auto before = entry.live;
    const std::string problem = entry.problem;
    take_over(entry, std::move(read.loaded));
    if (entry.live != before || entry.problem != problem) changed.push_back(read.id);
  }
  look_for_second_files(changed);
  return changed;
}

void Library::forget_stamps() {
  for (auto& [id, entry] : entries_) entry.stamp.reset();
}

void Library::look_for_second_files(std::vector<std::string>& changed) {
  std::map<std::string, std::string> seconds;
  for (const WorkflowFile& file : list_second_files(folder_)) {
    if (const auto why = why_second(file)) seconds[file.path.stem().string()] = render(*why);
  }
  for (auto& [id, entry] : entries_) {
    const std::string before = std::exchange(entry.second, seconds[id]);
    if (entry.second != before && std::find(changed.begin(), changed.end(), id) == changed.end()) changed.push_back(id);
  }
}

/// It is not taken over, and is read again whenever another one changes.
void Library::refuse(ReadFile& file, const Finding& why) {
  file.loaded.findings.push_back(why);
  file.stamp.reset();
}

void Library::refuse_circles(std::vector<ReadFile>& fresh) {
  if (fresh.empty()) return;
  std::map<std::string, const Workflow*> all;
  for (const auto& [id, entry] : entries_) {
    if (entry.live != nullptr) all[id] = entry.live->workflow.get();
  }
  for (const ReadFile& read : fresh) {
    if (read.loaded.workflow) all[read.id] = &*read.loaded.workflow;
  }
  for (Finding& circle : check_circles(values_of(all), catalog_, &project_)) {
    if (circle.severity != Severity::error) continue;
    for (ReadFile& read : fresh) {
      if (!read.loaded.workflow || read.loaded.workflow->source != circle.at.source) continue;
      refuse(read, circle);
    }
  }
}

/// Who comes to a path that others read in another way stays out: those were there, and would hear of nothing any more.
/// Of newcomers the first by its name hears.
void Library::refuse_other_readings(std::vector<ReadFile>& fresh, const std::map<std::string, std::string>& good) {
  std::map<std::string, const Workflow*> now, before;
  std::map<std::string, ReadFile*> coming;
  for (const auto& [id, entry] : entries_) {
    if (entry.live != nullptr) now[id] = before[id] = entry.live->workflow.get();
  }
  for (ReadFile& read : fresh) {
    if (!is_good(read.loaded)) continue;
    now[read.id] = &*read.loaded.workflow;
    coming[read.id] = &read;
  }
  if (coming.empty() || check_shared_paths(values_of(now), {}, catalog_).empty()) return;
  std::erase_if(coming, [&good](const auto& each) {
    const auto known = good.find(each.first);
    return known != good.end() && known->second == fingerprint(each.second->loaded.workflow->source->text);
  });
  for (const auto& [id, read] : coming) now.erase(id);
  for (auto next = coming.begin(); next != coming.end();) {
    const auto& [id, read] = *next;
    const auto findings = check_shared_paths({&*read->loaded.workflow}, values_of(now), catalog_);
    if (findings.empty()) {
      now[id] = &*read->loaded.workflow;
      ++next;
      continue;
    }
    refuse(*read, findings.front());
    const auto back = before.find(id);
    coming.erase(next);
    for (const auto& [again, each] : coming) now.erase(again);
    if (back != before.end()) now.insert(*back);  // and others may be in its way, in their turn
    next = coming.begin();
  }
}

void Library::take_over(LibraryEntry& entry, LoadedWorkflow loaded) {
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

Status Library::revive(const std::string& id, const std::string& text) {
  LoadedWorkflow loaded = load_version(id, text, catalog_);
  for (const Finding& finding : loaded.findings) {
    if (finding.severity == Severity::error) return Error{ErrorCode::invalid, render(finding)};
  }
  if (!loaded.workflow) return Error{ErrorCode::invalid, "the version before it cannot be read any more"};
  entries_.at(id).live = enliven(std::move(*loaded.workflow));
  return Done{};
}

std::shared_ptr<const LiveWorkflow> Library::enliven(Workflow workflow) const {
  auto live = std::make_shared<LiveWorkflow>();
  live->hash = fingerprint(workflow.source->text);
  live->workflow = std::make_shared<const Workflow>(std::move(workflow));
  auto locations = locations_of(*live->workflow, project_, catalog_, Value(Map()));
  const bool fixed = locations && (live->workflow->locations || *locations == std::vector<std::string>{""});
  if (fixed) live->locations = std::move(*locations);
  live->may_use_connections = may_use_connections(*live->workflow, project_, catalog_);
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
  LoadedWorkflow loaded = load_version(id, text, catalog_);
  if (!loaded.workflow) {
    return Error{ErrorCode::invalid, "the version of \"" + id +
                                         "\" that this run began with cannot be read any more: a plugin that it uses "
                                         "may be gone"};
  }
  auto live = enliven(std::move(*loaded.workflow));
  versions_[id + "/" + hash] = live;
  return live;
}

std::string Library::why_unreadable(const StoredRun& run) {
  if (!run.unreadable.empty()) return run.unreadable;
  const auto live = version(run.head.workflow, run.head.version, run.text);
  return live ? "" : live.error().message;
}

}  // namespace millrace
