#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "value/value.hpp"
#include "workflow/model.hpp"

namespace millrace {

/// One difference between two readings of a watched list.
struct WatchedChange {
  std::string key;
  Value
      event;  ///< {"change": "added|changed|removed", "key", "item", "before"}; `item` of a removed one is what it was
};

/// A new reading against the checkpoint of the last one.
struct Watched {
  std::vector<WatchedChange> changes;  ///< added and changed in the list's order, then removed
  Value checkpoint;                    ///< to be kept in one entry with the events of the changes
};

/// Compares by the trigger's `key`. The first reading (no checkpoint: null) only remembers. An item whose key fails or
/// comes twice, a result that is no list, and a list that is suddenly empty although it held several things are errors:
/// nothing is told, and the checkpoint stays. The list is the output itself, or its only member that is one.
Result<Watched> compare_watched(const TriggerSpec& trigger, const Value& output, const Value& checkpoint);

}  // namespace millrace
