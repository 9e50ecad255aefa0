#include "journal/state_rows.hpp"

#include "journal/layout.hpp"
#include "journal/run_rows.hpp"
#include "journal/state_text.hpp"

namespace millrace {

Result<std::optional<std::string>> select_state(Database& database, const std::string& owner, const std::string& key) {
  Statement row =
      database.prepare_once("SELECT value, " + sound(summed_states) + " FROM states WHERE owner = ? AND key = ?");
  if (!row) return cannot_read(database);
  const int outcome = row.bind_text(1, owner).bind_text(2, key).step();
  if (outcome == SQLITE_DONE) return std::optional<std::string>();
  if (outcome != SQLITE_ROW) return cannot_read(database);
  if (row.integer(1) == 0) return damaged_state(owner, key);
  return std::optional<std::string>(row.text(0));
}

Result<std::vector<std::pair<std::string, std::string>>> select_states(Database& database, const std::string& owner,
                                                                       const std::string& prefix) {
  Statement rows = database.prepare_once("SELECT key, value, " + sound(summed_states) +
                                         " FROM states WHERE owner = ? AND key >= ? ORDER BY key");
  if (!rows) return cannot_read(database);
  rows.bind_text(1, owner).bind_text(2, prefix);
  std::vector<std::pair<std::string, std::string>> found;
  int outcome = SQLITE_ROW;
  while ((outcome = rows.step()) == SQLITE_ROW) {
    std::string key = rows.text(0);
    if (!key.starts_with(prefix)) return found;
    if (rows.integer(2) == 0) return damaged_state(owner, key);
    found.emplace_back(std::move(key), rows.text(1));
  }
  if (outcome != SQLITE_DONE) return cannot_read(database);
  return found;
}

Result<std::uint64_t> select_state_size(Database& database, const std::string& owner) {
  Statement rows = database.prepare_once(
      "SELECT coalesce(sum(length(CAST(key AS BLOB)) + length(CAST(value AS BLOB))), 0) FROM states WHERE owner = ?");
  if (!rows || rows.bind_text(1, owner).step() != SQLITE_ROW) return cannot_read(database);
  return static_cast<std::uint64_t>(rows.integer(0));
}

}  // namespace millrace
