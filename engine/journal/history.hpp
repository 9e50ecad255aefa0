#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "async/loop.hpp"
#include "base/result.hpp"
#include "journal/journal.hpp"

namespace millrace {

struct RunFilter {
  std::string workflow;  ///< empty: all
  std::optional<RunOutcome> outcome;
  std::optional<EventKey> event;
  std::optional<Timestamp> since;  ///< those that have not ended before
  std::optional<RunKey> before;    ///< for the next page: older than this
  int limit = 50;
};

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
  virtual Task<Result<StoredRun>> read_run(RunKey run) = 0;
  virtual Task<Result<EventRecord>> read_event(EventKey event) = 0;
  virtual Task<Result<std::string>> read_version(std::string workflow, std::string hash) = 0;   ///< its text
  virtual Task<Result<std::vector<VersionHead>>> list_versions(std::string workflow) = 0;       ///< newest first
  virtual Task<Result<std::vector<EventHead>>> list_events(std::string source, int limit) = 0;  ///< newest first
  virtual Task<Result<std::vector<AuditLine>>> list_audit(std::string about, int limit) = 0;    ///< newest first
};

}  // namespace millrace
