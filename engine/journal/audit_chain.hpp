#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "journal/audit.hpp"
#include "journal/database.hpp"
#include "journal/journal.hpp"

namespace millrace {

// Each audit line has a number, without gaps, and a hash over itself and the hash before: who changes a line, takes one
// out or puts one in has to make all hashes behind it anew. The hashes stand in a table of their own; the lowest one is
// of the last line that was pruned, or of none.

/// SHA-256 over the hash before and the fields with their lengths, so that no two lines join to the same text.
std::string audit_hash(std::string_view before, std::int64_t number, std::int64_t at, std::string_view who,
                       std::string_view what, std::string_view about, std::string_view detail);

/// Teaches the connection's SQL audit_hash(before, number, at, who, what, about, detail).
void add_audit_hash(sqlite3* database);

/// The table of hashes, for a store that has none yet; lines of before are chained as they stand. False where something
/// failed. REQUIRES: a transaction, and the row `position`.
bool begin_audit_chain(Database& database);

/// What writes a line and its hash, for ?1 at, ?2 who, ?3 what, ?4 about, ?5 detail: one behind the other.
std::string add_audit_line_sql();
std::string add_audit_hash_sql();

/// Binds a line to either of them. The line lives until it has run.
Statement& bind_audit_line(Statement& statement, const AuditLine& line);

/// Adds a line outside of the writer's entries. False where something failed. REQUIRES: a transaction.
bool add_audit_line(Database& database, const AuditLine& line);

/// How far the audit has come.
AuditHead head_of_audit(Database& database, Timestamp now);

/// What a line says of those that were pruned: "up to 120, <hash>, epoch 0".
std::string pruned_words(std::int64_t number, std::string_view hash, std::int64_t epoch);
/// The epoch in such words, and in no others 0.
std::int64_t epoch_in_words(std::string_view pruned);

/// Takes the oldest lines away once there is a day, or a sixteenth, more of them than the budget covers, a step at a
/// time, and says in a line of its own which was the last of them and what its hash was: what remains begins there.
/// Gives how many went. REQUIRES: a transaction.
Result<std::int64_t> prune_audit(Database& database, const AuditBudget& budget, Timestamp now);

}  // namespace millrace
