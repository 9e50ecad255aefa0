#pragma once

#include <cstdint>
#include <filesystem>

#include "base/result.hpp"
#include "journal/database.hpp"
#include "journal/keys.hpp"
#include "journal/store.hpp"

namespace millrace {

/// What one step of pruning did.
struct PruneStep {
  std::int64_t removed = 0;  ///< events
  EventKey behind = {};      ///< the last one that was looked at
  bool more = false;         ///< there is more to look at
};

/// Removes some events behind `behind` that the budget no longer covers, with their runs; unfinished and parked ones
/// stay. Where they go for their size alone and are younger than ids are kept for, only their content goes. REQUIRES: a
/// transaction.
Result<PruneStep> prune_some(Database& database, const HistoryBudget& budget, EventKey behind, Timestamp now);

Result<StoreFacts> read_facts(Database& database);

/// A complete copy of what the database holds now, in a new file that only its owner can read.
Status copy_database(Database& from, const std::filesystem::path& to);

}  // namespace millrace
