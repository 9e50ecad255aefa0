#pragma once

#include <string>
#include <string_view>
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

/// What tells the item from others, by the trigger's `key`; the error says why nothing does.
Result<std::string> watched_key(const TriggerSpec& trigger, const Value& item);

/// Names what a watch looks at: another list, other inputs, another key or another address is another thing.
std::string watched_thing(const TriggerSpec& trigger, std::string_view address);
/// Whether a checkpoint is of that thing: else it says nothing of what is there now. An old one that does not say is.
bool is_of(const Value& checkpoint, const std::string& thing);

/// Compares by the trigger's `key`. The first reading (no checkpoint: null) only remembers. An item whose key fails or
/// comes twice, a result that is no list, and a list that is suddenly empty although it held several things are errors:
/// nothing is told, and the checkpoint stays. The list is the output itself, or its only member that is one.
/// REQUIRES: the checkpoint is null or of `thing`, as the next one will be.
Result<Watched> compare_watched(const TriggerSpec& trigger, const Value& output, const Value& checkpoint,
                                const std::string& thing);

}  // namespace millrace
