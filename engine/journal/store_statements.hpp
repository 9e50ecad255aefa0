#pragma once

#include <string>
#include <utility>

#include "journal/audit_chain.hpp"
#include "journal/database.hpp"
#include "journal/layout.hpp"
#include "journal/store_writer.hpp"

namespace millrace {

/// What the writer asks of SQLite, prepared once for as long as its connection is open.
struct StoreWriter::Statements {
  Statement begin, commit, rollback, count_entries, read_entries, add_name, find_name, add_version, find_version,
      add_event, find_event, add_run, change_run, find_in_foreground, next_part, add_run_events, find_state, set_state,
      erase_state, add_audit, add_audit_hash;

  bool prepare(Database& database) {
    const auto sum_of = [](const std::string& arguments) { return "record_sum(" + arguments + ")"; };
    const std::pair<Statement*, std::string> all[] = {
        {&begin, "BEGIN IMMEDIATE"},
        {&commit, "COMMIT"},
        {&rollback, "ROLLBACK"},
        // No RETURNING and no INSERT that reads its own table: for these SQLite makes a database in memory each time.
        {&count_entries, "UPDATE position SET entries = entries + ?1"},
        {&read_entries, "SELECT entries FROM position"},
        {&add_name, "INSERT INTO names(name) VALUES(?) ON CONFLICT DO NOTHING"},
        {&find_name, "SELECT id FROM names WHERE name = ?"},
        {&add_version, "INSERT INTO versions(workflow, hash, text, sum) VALUES(?1, ?2, ?3, " + sum_of("?1, ?2, ?3") +
                           ") ON CONFLICT(workflow, hash) DO UPDATE SET text = excluded.text, sum = excluded.sum"
                           " WHERE text <> excluded.text OR NOT " +
                           sound(summed_versions)},  // the hash tells what the text is: another one is damaged
        {&find_version, "SELECT id FROM versions WHERE workflow = ? AND hash = ?"},
        {&add_event, "INSERT INTO events(key, source, id, at, payload, origin, sum) VALUES(?1, ?2, ?3, ?4, ?5, ?6, " +
                         sum_of("?1, ?2, ?3, ?4, ?5, ?6") +
                         ") ON CONFLICT(source, id) WHERE id IS NOT NULL DO NOTHING"},
        {&find_event, "SELECT key FROM events WHERE source = ? AND id = ?"},
        {&add_run,
         "INSERT INTO runs(key, event, workflow, version, trigger, location, zone, lane, flags, outcome,"
         " started, ended, wake_at, changes, starts, note, log, sum)"
         " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, " +
             sum_of("?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17") + ")"},
        {&change_run,
         "UPDATE runs SET outcome = ?2, started = ?3, ended = ?4, wake_at = ?5, changes = ?6, starts = ?7,"
         " note = ?8, flags = ?9, log = coalesce(?10, log), version = coalesce(?11, version), lane = ?12, sum = CASE "
         "WHEN " +
             sound(summed_runs) + " THEN " +  // the sum of a damaged row would hide the damage
             sum_of("key, event, workflow, coalesce(?11, version), trigger, location, zone, ?12, ?9, ?2, ?3, ?4, ?5,"
                    " ?6, ?7, ?8, coalesce(?10, log)") +
             " ELSE sum END"
             " WHERE key = ?1"},
        {&find_in_foreground, "SELECT 1 FROM runs WHERE key = ? AND flags & 2 AND outcome IN (0, 4)"},
        // 0 where nothing is kept of a run's events: then its own row has room for them.
        {&next_part,
         "SELECT coalesce((SELECT max(n) FROM run_events WHERE run = ?1) + 1,"
         " (SELECT log IS NOT NULL FROM runs WHERE key = ?1), 1)"},
        {&add_run_events, "INSERT INTO run_events(run, n, log, sum) VALUES(?1, ?2, ?3, " + sum_of("?1, ?2, ?3") + ")"},
        {&find_state, "SELECT value FROM states WHERE owner = ? AND key = ?"},
        {&set_state, "INSERT INTO states(owner, key, value, sum) VALUES(?1, ?2, ?3, " + sum_of("?1, ?2, ?3") +
                         ") ON CONFLICT(owner, key) DO UPDATE SET value = excluded.value, sum = excluded.sum"},
        {&erase_state, "DELETE FROM states WHERE owner = ? AND key = ?"},
        {&add_audit, add_audit_line_sql()},
        {&add_audit_hash, add_audit_hash_sql()},
    };
    for (const auto& [statement, sql] : all) {
      *statement = database.prepare(sql.c_str());
      if (!*statement) return false;
    }
    return true;
  }
};

}  // namespace millrace
