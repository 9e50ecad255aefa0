#include "journal/upkeep.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <vector>

namespace millrace {

namespace {

constexpr std::int64_t events_a_step = 500;

Error failed(const Database& database, const char* doing) {
  const DatabaseError error = database.error();
  return {error.disk_full() ? ErrorCode::limited : ErrorCode::unavailable,
          std::string("cannot ") + doing + " the store: " + error.message};
}

EventKey key_before(std::int32_t days, Timestamp now) {
  now.seconds -= std::int64_t{days} * 24 * 60 * 60;
  return first_key_of(now);
}

std::int64_t bytes_in_use(Database& database) {
  const std::int64_t pages = database.ask_integer("PRAGMA page_count").value_or(0);
  const std::int64_t free = database.ask_integer("PRAGMA freelist_count").value_or(0);
  return (pages - free) * database.ask_integer("PRAGMA page_size").value_or(0);
}

/// Statements that take one event's things away.
struct Removal {
  explicit Removal(Database& database)
      : run_events(database.prepare("DELETE FROM run_events WHERE run IN (SELECT key FROM runs WHERE event = ?)")),
        runs(database.prepare("DELETE FROM runs WHERE event = ?")),
        event(database.prepare("DELETE FROM events WHERE key = ?")),
        find(database.prepare("SELECT source, id, at, origin FROM events WHERE key = ?")),
        add(database.prepare("INSERT INTO events(key, source, id, at, origin, sum)"
                             " VALUES(?1, ?2, ?3, ?4, ?5, record_sum(?1, ?2, ?3, ?4, NULL, ?5))")) {}

  bool carry_out(std::int64_t key, bool keep_id) {
    return run_events.bind(1, key).run() && runs.bind(1, key).run() &&
           (keep_id ? empty(key) : event.bind(1, key).run());
  }

  /// Made anew without its payload: a row that only becomes shorter leaves its page as it is, and no page would be
  /// free.
  bool empty(std::int64_t key) {
    const bool found = find.bind(1, key).step() == SQLITE_ROW;
    const std::string source = found ? find.text(0) : "", id = found ? find.text(1) : "",
                      origin = found ? find.text(3) : "";
    const std::int64_t at = found ? find.integer(2) : 0;
    find.reset();
    return found && event.bind(1, key).run() &&
           add.bind(1, key).bind_text(2, source).bind_text(3, id).bind(4, at).bind_text_or_null(5, origin).run();
  }

  Statement run_events, runs, event, find, add;
};

}  // namespace

Result<PruneStep> prune_some(Database& database, const HistoryBudget& budget, EventKey behind, Timestamp now) {
  const bool too_large = bytes_in_use(database) > budget.bytes;
  const EventKey too_old = key_before(budget.days, now), id_too_old = key_before(days_of_ids, now);
  Statement old = database.prepare(
      "SELECT key, id IS NOT NULL, EXISTS(SELECT 1 FROM runs WHERE event = events.key AND outcome IN (0, 4, 6)),"
      " payload IS NULL AND NOT EXISTS(SELECT 1 FROM runs WHERE event = events.key)"
      " FROM events WHERE key > ? AND key < ? ORDER BY key LIMIT ?");
  Removal removal(database);
  if (!old || !removal.add) return failed(database, "prune");
  const EventKey end = too_large ? first_key_of(now) : too_old;
  old.bind(1, static_cast<std::int64_t>(behind)).bind(2, static_cast<std::int64_t>(end)).bind(3, events_a_step);
  PruneStep step{0, behind, false};
  std::int64_t seen = 0;
  int outcome = SQLITE_ROW;
  std::vector<std::pair<std::int64_t, bool>> doomed;  // event, whether its id stays
  while ((outcome = old.step()) == SQLITE_ROW) {
    ++seen;
    step.behind = EventKey{old.integer(0)};
    const bool needed = old.integer(2) != 0, keep_id = old.integer(1) != 0 && step.behind >= id_too_old;
    const bool is_empty = old.integer(3) != 0;
    if (!needed && !(keep_id && is_empty)) doomed.emplace_back(old.integer(0), keep_id);
  }
  if (outcome != SQLITE_DONE) return failed(database, "prune");
  old.reset();
  bool fits = false;
  for (const auto& [key, keep_id] : doomed) {
    fits = EventKey{key} >= too_old && bytes_in_use(database) <= budget.bytes;
    if (fits) break;
    if (!removal.carry_out(key, keep_id)) return failed(database, "prune");
    ++step.removed;
  }
  if (step.removed > 0 && !database.run("PRAGMA incremental_vacuum(2000)")) return failed(database, "prune");
  step.more = seen == events_a_step && !fits;
  return step;
}

Result<StoreFacts> read_facts(Database& database) {
  StoreFacts facts;
  facts.bytes = bytes_in_use(database);
  facts.events = database.ask_integer("SELECT count(*) FROM events").value_or(0);
  facts.runs = database.ask_integer("SELECT count(*) FROM runs").value_or(0);
  facts.unfinished = database.ask_integer("SELECT count(*) FROM runs WHERE outcome IN (0, 4)").value_or(0);
  facts.schema = static_cast<int>(database.ask_integer("PRAGMA user_version").value_or(0));
  facts.restored =
      database.ask_integer("SELECT count(*) FROM states WHERE owner = 'engine' AND key = 'restored'").value_or(0) > 0;
  return facts;
}

Status copy_database(Database& from, const std::filesystem::path& to) {
  const int made = ::open(to.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (made < 0) {
    if (errno == EEXIST)
      return Error{ErrorCode::conflict, to.string() + " exists already; a copy goes into a new file"};
    return Error{ErrorCode::unavailable, "cannot make " + to.string() + ": " + std::strerror(errno)};
  }
  ::close(made);
  auto target = Database::open(to.string(), SQLITE_OPEN_READWRITE, "");
  if (!target) return target.error();
  sqlite3_backup* copy = sqlite3_backup_init(target->handle(), "main", from.handle(), "main");
  const int copied = copy != nullptr ? sqlite3_backup_step(copy, -1) : SQLITE_ERROR;
  const int finished = sqlite3_backup_finish(copy);
  if (copied == SQLITE_DONE && finished == SQLITE_OK) return Done{};
  Error error{ErrorCode::unavailable, "cannot write " + to.string() + ": " + target->error().message};
  target = Error{};
  std::error_code ignored;
  std::filesystem::remove(to, ignored);
  return error;
}

}  // namespace millrace
