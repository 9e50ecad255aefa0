#pragma once

#include <optional>
#include <set>
#include <string>

#include "base/result.hpp"
#include "journal/history.hpp"
#include "runtime/engine.hpp"

namespace millrace {

/// What the store has of a call that was made before: in an earlier life of the engine, while its caller was in memory,
/// or before somebody had the caller tried again.
struct CalledBefore {
  std::optional<StoredRun> latest;      ///< the run that it began last
  std::optional<std::string> unplaced;  ///< the location of the run whose call names none, having been the only one
  std::set<std::string> places;         ///< the locations that calls name

  /// How a call of this location names it, so that it finds the run that was begun there, however many locations the
  /// called workflow had then and has now.
  std::string place_of(const std::string& location, bool several) const;
};

/// Nothing of it where the call cannot have been made before. REQUIRES: `order` outlives the task. Loop thread only.
Task<Result<CalledBefore>> look_for_calls(History& history, const CallOrder& order);

}  // namespace millrace
