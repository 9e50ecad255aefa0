#include "journal/store_position.hpp"

#include "journal/layout.hpp"

namespace millrace {

Status check_position(StoreFiles& files, Database* database) {
  const auto mark = files.read_mark();  // first: a store that is written meanwhile is only further than it
  if (!mark || mark->entries == 0) return Done{};
  const auto version =
      database != nullptr ? database->ask_integer("PRAGMA user_version") : std::optional(std::int64_t{0});
  if (!version || *version > layout_version) return Done{};  // refused for that, and what it counts is not ours to read
  const bool counts = *version >= layout_that_counts;
  const std::int64_t store = counts ? database->ask_integer("SELECT store FROM position").value_or(0) : 0;
  const std::int64_t entries = counts ? database->ask_integer("SELECT entries FROM position").value_or(0) : 0;
  const std::int64_t missing = mark->entries - (store == mark->store ? entries : 0);
  if (missing <= 0) return Done{};
  return Error{ErrorCode::invalid, shortfall(files.store(), missing, mark->entries)};
}

}  // namespace millrace
