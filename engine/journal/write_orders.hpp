#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "journal/database.hpp"
#include "journal/journal.hpp"

namespace millrace {

/// One thing for the writer to do: an entry, or work of its own in a transaction of its own.
struct WriteOrder {
  Entry entry;
  std::vector<std::string> state_texts;  ///< of entry.states, by place; unused where the value is null
  /// Gives the entry, in the transaction in which it is written; where there is none, that is the answer.
  std::function<Result<Entry>(Database&)> decide = {};
  std::function<Status(Database&)> work = {};  ///< in place of an entry
  Result<Committed> answer = Committed{};
};

/// Makes it the order's entry; an error where it cannot be kept.
Status set_entry(WriteOrder& order, Entry entry);

}  // namespace millrace
