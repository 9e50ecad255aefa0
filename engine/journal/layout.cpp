#include "journal/layout.hpp"

#include "journal/audit_chain.hpp"
#include "journal/store_files.hpp"

namespace millrace {

namespace {

constexpr int application_id = 0x4d696c6c;  // "Mill"

// Keys are times (keys.hpp), so every table but `states` grows at its end. Moments are nanoseconds since 1970. A run's
// first events lie in its own row, because most runs have no others; the rest lies in run_events, and so do large ones.
constexpr const char* tables = R"sql(
CREATE TABLE names(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE versions(id INTEGER PRIMARY KEY, workflow INTEGER NOT NULL, hash TEXT NOT NULL, text TEXT NOT NULL, sum INTEGER, UNIQUE(workflow, hash));
CREATE TABLE events(key INTEGER PRIMARY KEY, source TEXT NOT NULL, id TEXT, at INTEGER NOT NULL, payload BLOB, origin TEXT, sum INTEGER);
CREATE UNIQUE INDEX event_ids ON events(source, id) WHERE id IS NOT NULL;
CREATE TABLE runs(key INTEGER PRIMARY KEY, event INTEGER NOT NULL, workflow INTEGER NOT NULL, version INTEGER, trigger INTEGER NOT NULL,
  location TEXT, zone INTEGER NOT NULL, lane TEXT, flags INTEGER NOT NULL, outcome INTEGER NOT NULL, started INTEGER, ended INTEGER,
  wake_at INTEGER, changes INTEGER NOT NULL, starts INTEGER NOT NULL, note TEXT, log BLOB, sum INTEGER);
CREATE INDEX runs_of_workflow ON runs(workflow);
CREATE INDEX runs_of_event ON runs(event);
CREATE INDEX unfinished_runs ON runs(outcome) WHERE outcome IN (0, 4);
CREATE TABLE run_events(run INTEGER NOT NULL, n INTEGER NOT NULL, log BLOB NOT NULL, sum INTEGER, PRIMARY KEY(run, n)) WITHOUT ROWID;
CREATE TABLE states(owner TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, sum INTEGER, PRIMARY KEY(owner, key)) WITHOUT ROWID;
CREATE TABLE audit(id INTEGER PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL, about TEXT NOT NULL, detail TEXT NOT NULL, sum INTEGER);
CREATE TABLE position(store INTEGER NOT NULL, entries INTEGER NOT NULL);
INSERT INTO position VALUES(random(), 0);
)sql";

/// It costs nothing where runs end well, and those that did not are found among many. The one that it replaces cost
/// each row that was written.
std::string newer_index() {
  return std::string(
             "DROP INDEX IF EXISTS troubled_runs;"
             "CREATE INDEX IF NOT EXISTS runs_in_trouble ON runs(outcome) WHERE ") +
         in_trouble;
}

/// From layout 1, in which rows had no checksum and the store did not count.
constexpr const char* second_layout = R"sql(
ALTER TABLE versions ADD COLUMN sum INTEGER;
ALTER TABLE events ADD COLUMN origin TEXT;
ALTER TABLE events ADD COLUMN sum INTEGER;
ALTER TABLE runs ADD COLUMN sum INTEGER;
ALTER TABLE run_events ADD COLUMN sum INTEGER;
ALTER TABLE states ADD COLUMN sum INTEGER;
ALTER TABLE audit ADD COLUMN sum INTEGER;
CREATE TABLE position(store INTEGER NOT NULL, entries INTEGER NOT NULL);
INSERT INTO position VALUES(random(), 0);
)sql";

/// What a file of layout 1 holds, as if it had this one: names of this connection that lie over those of the file.
constexpr const char* first_layout_seen_as_second = R"sql(
CREATE TEMP VIEW versions AS SELECT id, workflow, hash, text, NULL AS sum FROM main.versions;
CREATE TEMP VIEW events AS SELECT key, source, id, at, payload, NULL AS origin, NULL AS sum FROM main.events;
CREATE TEMP VIEW runs AS SELECT key, event, workflow, version, trigger, location, zone, lane, flags, outcome, started, ended, wake_at,
  changes, starts, note, log, NULL AS sum FROM main.runs;
CREATE TEMP VIEW run_events AS SELECT run, n, log, NULL AS sum FROM main.run_events;
CREATE TEMP VIEW states AS SELECT owner, key, value, NULL AS sum FROM main.states;
CREATE TEMP VIEW audit AS SELECT id, at, who, what, about, detail, NULL AS sum FROM main.audit;
)sql";

Error failed(const Database& database, const std::string& file, const char* doing) {
  const DatabaseError error = database.error();
  if ((error.code & 0xff) == SQLITE_NOTADB)
    return {ErrorCode::invalid, file + " is no store of Millrace: it is not an SQLite file, or it is damaged"};
  if ((error.code & 0xff) == SQLITE_CORRUPT)
    return {ErrorCode::invalid,
            file + " is damaged; \"millrace doctor\" says how much, \"millrace restore\" brings a backup back"};
  return {ErrorCode::unavailable, std::string("cannot ") + doing + " the store " + file + ": " + error.message};
}

/// Whose file it is, by the two numbers that SQLite keeps in its head.
Status check_owner(Database& database, const std::string& file) {
  // The tables first: they come in one transaction with the numbers, so whoever sees those that somebody else is just
  // making sees the numbers, too.
  const auto foreign =
      database.ask_integer("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('plugin_state')");
  const auto version = database.ask_integer("PRAGMA user_version");
  const auto owner = database.ask_integer("PRAGMA application_id");
  if (!foreign || !version || !owner) return failed(database, file, "read");
  if (*owner != application_id && *foreign > 0)
    return Error{ErrorCode::invalid, file + " is an SQLite file of another program; give Millrace a file of its own"};
  if (*version > layout_version) {
    return Error{ErrorCode::invalid, file + " was written by a newer version of Millrace (its layout is " +
                                         std::to_string(*version) + ", this program knows " +
                                         std::to_string(layout_version) + "): use that version, or restore a backup"};
  }
  return Done{};
}

std::string finish_layout() {
  return "PRAGMA application_id = " + std::to_string(application_id) +
         "; PRAGMA user_version = " + std::to_string(layout_version);
}

bool has_old_states(Database& database) {
  return database.ask_integer("SELECT count(*) FROM sqlite_schema WHERE name = 'plugin_state'").value_or(0) > 0;
}

/// The rows of layout 2 are read as they are, and a program that knew no other one must not write among newer ones.
bool bring_up_to_date(Database& database) {
  // Asked before anything is changed: a question that fails for want of memory takes back what was done before it.
  const std::int64_t version = database.ask_integer("PRAGMA user_version").value_or(0);
  const bool old = has_old_states(database);
  if (version == 2 || version == 3) return begin_audit_chain(database);
  if (version == 1) return database.run(second_layout) && begin_audit_chain(database);
  return database.run(tables) && begin_audit_chain(database) &&
         (!old || (database.run("INSERT INTO states(owner, key, value) SELECT plugin, key, value FROM plugin_state") &&
                   database.run("DROP TABLE plugin_state")));
}

Status migrate(Database& database, const std::string& file) {
  if (!database.run("BEGIN IMMEDIATE")) return failed(database, file, "write");
  // Somebody else may have done it while we waited for our turn.
  if (database.ask_integer("PRAGMA user_version").value_or(0) == layout_version) {
    database.run("COMMIT");
    return Done{};
  }
  const bool made = bring_up_to_date(database) && database.run(finish_layout().c_str());
  if (made && database.run("COMMIT")) return Done{};
  Error error = failed(database, file, "write");
  database.run("ROLLBACK");
  return error;
}

}  // namespace

std::string sound(const SummedTable& table) {
  return std::string("(sum IS NULL OR sum = record_sum(") + table.columns + "))";
}

Error damaged_row(const SummedTable& table) {
  return {ErrorCode::internal, std::string("the store holds a damaged ") + table.row +
                                   ": it is not what was written; see \"millrace doctor\""};
}

Status prepare_for_writing(Database& database, const std::string& file) {
  TRY(check_owner(database, file));
  if (!database.write_log_again())
    return Error{ErrorCode::unavailable, "cannot open the store " + file + ": its log cannot be written"};
  const bool set = database.run("PRAGMA auto_vacuum = INCREMENTAL") && database.run("PRAGMA journal_mode = WAL") &&
                   database.run("PRAGMA synchronous = FULL") && database.run("PRAGMA cell_size_check = ON") &&
                   database.run("PRAGMA cache_size = -1024") && database.run("PRAGMA temp_store = MEMORY") &&
                   database.run(("PRAGMA journal_size_limit = " + std::to_string(large_log)).c_str());
  if (!set) return failed(database, file, "open");
  if (is_older(database)) TRY(migrate(database, file));
  database.run(newer_index().c_str());  // without it lists are slower; it need not succeed
  // A file that was not made by us can only become smaller once it was written anew. Small, then; it need not succeed.
  if (database.ask_integer("PRAGMA auto_vacuum").value_or(0) == 0) database.run("VACUUM");
  return Done{};
}

Status prepare_for_reading(Database& database, const std::string& file) {
  TRY(check_owner(database, file));
  if (!database.run("PRAGMA query_only = ON") || !database.run("PRAGMA cache_size = -2048"))
    return failed(database, file, "open");
  database.leave_log();
  return Done{};
}

bool is_older(Database& database) {
  return database.ask_integer("PRAGMA user_version").value_or(layout_version) < layout_version;
}

Result<Database> read_older(Database older, const std::string& file) {
  const std::int64_t version = older.ask_integer("PRAGMA user_version").value_or(0);
  if (version == 2 || version == 3) return older;
  if (version == 1) {
    const bool seen = older.run("PRAGMA query_only = OFF") && older.run(first_layout_seen_as_second) &&
                      older.run("PRAGMA query_only = ON");
    if (!seen) return failed(older, file, "read");
    return older;
  }
  Database memory = TRY(Database::open(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, ""));
  if (!memory.run(tables) || !memory.run(finish_layout().c_str())) return failed(memory, file, "read");
  if (!has_old_states(older)) return memory;
  Statement rows = older.prepare("SELECT plugin, key, value FROM plugin_state");
  Statement add = memory.prepare("INSERT INTO states(owner, key, value) VALUES(?, ?, ?)");
  if (!rows || !add) return failed(older, file, "read");
  int outcome = SQLITE_ROW;
  while ((outcome = rows.step()) == SQLITE_ROW) {
    const std::string owner = rows.text(0), key = rows.text(1), value = rows.text(2);
    if (!add.bind_text(1, owner).bind_text(2, key).bind_text(3, value).run()) return failed(memory, file, "read");
  }
  if (outcome != SQLITE_DONE) return failed(older, file, "read");
  return memory;
}

}  // namespace millrace
