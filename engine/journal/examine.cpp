#include <sys/stat.h>

#include <set>
#include <string>

#include "base/text.hpp"
#include "journal/audit.hpp"
#include "journal/codec.hpp"
#include "journal/layout.hpp"
#include "journal/run_rows.hpp"
#include "journal/store.hpp"
#include "journal/store_files.hpp"
#include "journal/store_position.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

constexpr const char* restore_it = "; \"millrace restore\" brings a backup back";

void check_pages(Database& database, std::vector<StoreFinding>& findings) {
  Statement check = database.prepare("PRAGMA integrity_check(3)");
  while (check && check.step() == SQLITE_ROW) {
    const std::string said = check.text(0);
    if (said != "ok") findings.push_back({true, "the store is damaged: " + said + restore_it});
  }
  if (!check) findings.push_back({true, "the store cannot be read: " + database.error().message + restore_it});
}

/// Which of the kept values are not as they were written, so that it is known what they stop.
std::string which(Database& database, const SummedTable& table) {
  if (std::string_view(table.name) != summed_states.name) return "";
  Statement rows = database.prepare(("SELECT owner, key FROM states WHERE NOT " + sound(table) + " LIMIT 3").c_str());
  std::string names;
  while (rows && rows.step() == SQLITE_ROW)
    names += (names.empty() ? " (" : ", ") + rows.text(0) + " \"" + rows.text(1) + "\"";
  return names.empty() ? "" : names + ")";
}

/// Rows that are not as they were written, in every table that has sums.
void check_sums(Database& database, std::vector<StoreFinding>& findings) {
  for (const SummedTable& table :
       {summed_events, summed_runs, summed_run_events, summed_states, summed_versions, summed_audit}) {
    const std::string sql = std::string("SELECT count(*) FROM ") + table.name + " WHERE NOT " + sound(table);
    const auto damaged = database.ask_integer(sql.c_str());
    if (!damaged) {
      findings.push_back({true, "the store cannot be read: " + database.error().message + restore_it});
    } else if (*damaged > 0) {
      findings.push_back({true, counted(static_cast<std::size_t>(*damaged), table.row) +
                                    (*damaged == 1 ? " is" : " are") + " damaged" + which(database, table) +
                                    ": not what was written" + restore_it});
    }
  }
}

/// How far the store has come, and how large its log is.
void check_extent(Database& database, const std::filesystem::path& file, std::vector<StoreFinding>& findings) {
  StoreFiles files(file);
  if (const auto whole = check_position(files, &database); !whole) findings.push_back({true, whole.error().message});
  struct stat log = {};
  if (::stat((file.string() + "-wal").c_str(), &log) == 0 && log.st_size > large_log + (large_log >> 4))
    findings.push_back({false, log_held_up(file, log.st_size)});
}

void check_references(Database& database, std::vector<StoreFinding>& findings) {
  const std::int64_t strays =
      database.ask_integer("SELECT count(*) FROM runs WHERE event NOT IN (SELECT key FROM events)").value_or(0);
  if (strays > 0)
    findings.push_back(
        {false, counted(static_cast<std::size_t>(strays), "run") + " without the event that started it"});
  const std::int64_t homeless =
      database.ask_integer("SELECT count(*) FROM runs WHERE outcome IN (0, 4) AND flags & 2 = 0 AND version IS NULL")
          .value_or(0);
  if (homeless > 0) {
    findings.push_back({true, counted(static_cast<std::size_t>(homeless), "unfinished run") +
                                  " without the text of the workflow: call off with \"millrace runs cancel\""});
  }
}

void check_runs(Database& database, std::vector<StoreFinding>& findings) {
  Statement rows = database.prepare(("SELECT key, log FROM runs WHERE log IS NOT NULL AND " + sound(summed_runs) +
                                     " UNION ALL SELECT run, log FROM run_events WHERE " + sound(summed_run_events))
                                        .c_str());
  std::set<std::int64_t> damaged;
  std::vector<RunEvent> events;
  while (rows && rows.step() == SQLITE_ROW) {
    events.clear();
    if (!decode_events(rows.bytes(1), Value(), events)) damaged.insert(rows.integer(0));
  }
  if (!damaged.empty()) findings.push_back({true, counted(damaged.size(), "run") + " cannot be read" + restore_it});
}

void check_payloads(Database& database, std::vector<StoreFinding>& findings) {
  Statement rows =
      database.prepare(("SELECT payload FROM events WHERE payload IS NOT NULL AND " + sound(summed_events)).c_str());
  std::size_t damaged = 0;
  while (rows && rows.step() == SQLITE_ROW) {
    EventRecord event;
    if (!decode_payload(rows.bytes(0), event)) ++damaged;
  }
  if (damaged > 0) findings.push_back({true, counted(damaged, "event") + " cannot be read" + restore_it});
}

/// A store from before the chain has none.
void check_audit(const std::filesystem::path& file, std::vector<StoreFinding>& findings) {
  const auto audit = verify_audit(file, {}, now_utc());
  if (!audit || audit->faults.empty()) return;
  const std::string more = audit->faults.size() > 1 ? ", and more" : "";
  findings.push_back(
      {true, "the audit was changed: " + audit->faults.front() + more + "; see \"millrace audit verify\""});
}

}  // namespace

std::vector<StoreFinding> examine_store(const std::filesystem::path& file) {
  std::vector<StoreFinding> findings;
  struct stat facts = {};
  if (::stat(file.c_str(), &facts) == 0 && (facts.st_mode & 077) != 0)
    findings.push_back({false, file.string() + " can be read by others: chmod 600 " + file.string()});
  auto database = Database::open(file.string(), SQLITE_OPEN_READWRITE, "");
  if (!database) return {{true, database.error().message}};
  const auto prepared = prepare_for_reading(*database, file.string());
  if (!prepared) return {{true, prepared.error().message}};
  check_pages(*database, findings);
  if (!findings.empty() && findings.back().fatal) return findings;
  if (is_older(*database)) {
    auto older = read_older(std::move(*database), file.string());
    if (!older) return {{true, older.error().message}};
    *database = std::move(*older);
  }
  check_extent(*database, file, findings);
  check_sums(*database, findings);
  check_references(*database, findings);
  check_payloads(*database, findings);
  check_runs(*database, findings);
  check_audit(file, findings);
  return findings;
}

}  // namespace millrace
