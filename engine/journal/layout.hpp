#pragma once

#include <string>

#include "base/result.hpp"
#include "journal/database.hpp"

namespace millrace {

/// The version of what this program writes: 2 brought checksums and `position`, 3 the members of events by number, 4
/// the chain of the audit.
constexpr int layout_version = 4;
/// From this one on a store counts its entries.
constexpr int layout_that_counts = 2;

/// A table whose rows carry their checksum (`sum`; null in rows from before there was one), and what it is made of, in
/// order. Whoever writes a row writes its sum.
struct SummedTable {
  const char* name;     ///< of the table
  const char* row;      ///< one of them, for people
  const char* columns;  ///< as arguments of record_sum
};
inline constexpr SummedTable summed_events = {"events", "event", "key, source, id, at, payload, origin"};
inline constexpr SummedTable summed_runs = {
    "runs", "run",
    "key, event, workflow, version, trigger, location, zone, lane, flags, outcome,"
    " started, ended, wake_at, changes, starts, note, log"};
inline constexpr SummedTable summed_run_events = {"run_events", "run part", "run, n, log"};
inline constexpr SummedTable summed_states = {"states", "durable value", "owner, key, value"};
inline constexpr SummedTable summed_versions = {"versions", "workflow text", "workflow, hash, text"};
inline constexpr SummedTable summed_audit = {"audit", "audit line", "at, who, what, about, detail"};

/// Whether a run has failed, was stopped by a safety limit or is parked; the condition of an index, which SQLite takes
/// only where a question says it in these words. No `IN (2, 5, 6)`: for a list of three it makes a table in memory at
/// each row that is written.
inline constexpr const char* in_trouble = "outcome = 2 OR outcome = 5 OR outcome = 6";

/// An expression over a row of the table: whether it is as it was written.
std::string sound(const SummedTable& table);
/// The row cannot be used: `what` was written, and something else is there.
Error damaged_row(const SummedTable& table);

/// Sets the connection up for writing and brings the tables to this program's version, in one transaction. A file of a
/// newer version or of another program is refused.
Status prepare_for_writing(Database& database, const std::string& file);

/// The same for reading; nothing is changed.
Status prepare_for_reading(Database& database, const std::string& file);

/// Whether the file is from before this layout, or has nothing in it yet.
bool is_older(Database& database);
/// What an older file holds, in this layout: for reading it before anybody has brought it up to date.
Result<Database> read_older(Database older, const std::string& file);

}  // namespace millrace
