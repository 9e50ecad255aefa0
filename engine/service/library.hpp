#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "catalog/catalog.hpp"
#include "journal/journal.hpp"
#include "workflow/load.hpp"
#include "workflow/model.hpp"
#include "workflow/project.hpp"
#include "yaml/kept_trees.hpp"

namespace millrace {

/// One version of a workflow, ready to run.
struct LiveWorkflow {
  std::shared_ptr<const Workflow> workflow;
  std::string hash;  ///< SHA-256 of its text
  /// The locations it runs for, where they do not depend on the event.
  std::optional<std::vector<std::string>> locations;
  bool may_use_connections = true;  ///< false: there is no day of a far side that its runs could use up
};

/// What became of one workflow file at a reading.
struct LibraryEntry {
  /// How the file on the disk is told from the one that was read.
  struct Stamp {
    std::uintmax_t size = 0;
    std::filesystem::file_time_type changed;
    bool operator==(const Stamp&) const = default;
  };
  std::string id, file;
  std::shared_ptr<const LiveWorkflow> live;  ///< what runs begin with; nothing where no version was ever good
  std::string problem;                       ///< why the file on the disk is not live; empty where it is
  std::string second;                        ///< that there is a further file of this id, which is not used
  std::optional<Stamp> stamp;                ///< of the file that was read; nothing: it is read again
};

/// The workflow files of a project. A file that cannot be used leaves the version before it live.
class Library {
 public:
  /// `trees`: what the first reading of the files takes, and leaves for that of the next start.
  Library(std::filesystem::path folder, const Project& project, const Catalog& catalog, TreesFile trees = {})
      : folder_(std::move(folder)), project_(project), catalog_(catalog), trees_(std::move(trees)) {}

  /// Reads what has changed on the disk since the last time; gives the ids of what is different now. `good`: the hash
  /// of each workflow's last good version, which tells those that were live before a start from newcomers.
  std::vector<std::string> read(const std::map<std::string, std::string>& good = {});

  /// A version that was good goes on in place of a file that cannot be used and has no live version before it.
  Status revive(const std::string& id, const std::string& text);

  const std::map<std::string, LibraryEntry>& entries() const noexcept { return entries_; }
  std::shared_ptr<const LiveWorkflow> find(const std::string& id) const;

  /// The version that a stored run began with: a live one where it is the same, else read from its text and kept while
  /// somebody uses it.
  Result<std::shared_ptr<const LiveWorkflow>> version(const std::string& id, const std::string& hash,
                                                      const std::string& text);
  /// Why nobody can tell where a stored run stands; empty: it can be told.
  std::string why_unreadable(const StoredRun& run);

 private:
  struct ReadFile;
  void forget_stamps();
  void load_all(std::vector<ReadFile>& files);
  void look_for_second_files(std::vector<std::string>& changed);
  void refuse_circles(std::vector<ReadFile>& fresh);
  void refuse_other_readings(std::vector<ReadFile>& fresh, const std::map<std::string, std::string>& good);
  void refuse(ReadFile& file, const Finding& why);
  void take_over(LibraryEntry& entry, LoadedWorkflow loaded);
  std::shared_ptr<const LiveWorkflow> enliven(Workflow workflow) const;

  std::filesystem::path folder_;
  const Project& project_;
  const Catalog& catalog_;
  std::optional<TreesFile> trees_;  // nothing once the files have been read
  std::map<std::string, LibraryEntry> entries_;
  std::size_t connections_ = 0;                                        // of the project, when the files were read
  std::shared_ptr<const Bounds> permissions_;                          // of the project, then
  std::map<std::string, std::weak_ptr<const LiveWorkflow>> versions_;  // by id and hash: old ones that runs still use
};

}  // namespace millrace
