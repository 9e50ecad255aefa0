#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "async/loop.hpp"
#include "base/result.hpp"
#include "journal/audit.hpp"
#include "journal/journal.hpp"

namespace millrace {

struct RunFilter {
  std::string workflow;  ///< empty: all
  std::optional<RunOutcome> outcome;
  std::optional<EventKey> event;
  std::optional<Timestamp> since;    ///< those that have not ended before
  std::optional<RunKey> before;      ///< for the next page: older than this
  std::optional<RunKey> after = {};  ///< newer than this
  bool oldest_first = false;
  int limit = 50;
  std::string location = {}, trigger = {};      ///< empty: all
  std::optional<bool> live = {};                ///< or dry runs
  bool took_place = false;                      ///< without those that were left out
  std::optional<Timestamp> from = {}, to = {};  ///< when they were made: from, and up to but without
  std::string note = {};                        ///< a part of it, in small or large letters
};

/// How many runs that were made in a quarter of an hour are of an outcome now.
struct OutcomeCount {
  Timestamp at;
  RunOutcome outcome = RunOutcome::running;
  std::int64_t runs = 0;
};

/// The outcomes of a workflow's runs, the newest first.
using LastOutcomes = std::vector<std::pair<RunKey, RunOutcome>>;

/// An event as lists show it, without its payload.
struct EventHead {
  EventKey key = {};
  std::string source, id;
  Timestamp at;
  std::int64_t runs = 0;
};

/// A text of a workflow that the store has kept, and the runs of it that it still knows.
struct VersionHead {
  std::string hash, text;
  std::int64_t runs = 0;
  std::optional<Timestamp> first, last;  ///< when these were accepted; nothing where there is none
};

/// Looks back. Lists never load payloads. Loop thread only; reads on a worker, through connections that do not hold up
/// the writer.
class History {
 public:
  virtual ~History() = default;
  virtual Task<Result<std::vector<RunHead>>> list_runs(RunFilter filter) = 0;  ///< newest first
  /// Of the runs that the filter lets through, whatever its limit; the oldest first.
  virtual Task<Result<std::vector<OutcomeCount>>> count_outcomes(RunFilter filter) = 0;
  /// At most so many of each workflow.
  virtual Task<Result<std::map<std::string, LastOutcomes>>> last_outcomes(std::vector<std::string> workflows,
                                                                          int limit) = 0;
  virtual Task<Result<StoredRun>> read_run(RunKey run) = 0;
  virtual Task<Result<EventRecord>> read_event(EventKey event) = 0;
  virtual Task<Result<std::string>> read_version(std::string workflow, std::string hash) = 0;  ///< its text
  virtual Task<Result<std::vector<VersionHead>>> list_versions(std::string workflow) = 0;      ///< newest first
  /// Newest first; `before`: for the next page, those that were made before it.
  virtual Task<Result<std::vector<EventHead>>> list_events(std::string source, int limit,
                                                           std::optional<EventKey> before = {}) = 0;
  /// Newest first, without their hashes; `before`: for the next page, those of smaller numbers; 0: all.
  virtual Task<Result<std::vector<AuditEntry>>> list_audit(std::string about, int limit, std::int64_t before = 0) = 0;
};

}  // namespace millrace
