#include "journal/run_rows.hpp"

#include <algorithm>

#include "journal/codec.hpp"
#include "journal/layout.hpp"

namespace millrace {

namespace {

constexpr const char* head_columns =
    "SELECT runs.key, event, w.name, v.hash, t.name, location, z.name, lane, flags, outcome, started, ended, wake_at,"
    " changes, starts, note FROM runs JOIN names w ON w.id = runs.workflow LEFT JOIN versions v ON v.id = version"
    " JOIN names t ON t.id = trigger JOIN names z ON z.id = zone ";

std::optional<Timestamp> optional_moment(const std::optional<std::int64_t>& value) {
  return value ? std::optional(moment(*value)) : std::nullopt;
}

RunHead head_in(const Statement& row) {
  RunHead head;
  head.key = RunKey{row.integer(0)};
  head.event = EventKey{row.integer(1)};
  head.workflow = row.text(2);
  head.version = row.text(3);
  head.trigger = row.text(4);
  head.location = row.text(5);
  head.zone = row.text(6);
  head.lane = row.text(7);
  head.live = (row.integer(8) & 1) != 0;
  head.foreground = (row.integer(8) & 2) != 0;
  head.left_out = (row.integer(8) & 4) != 0;
  head.outcome = static_cast<RunOutcome>(row.integer(9));
  head.started = optional_moment(row.optional_integer(10));
  head.ended = optional_moment(row.optional_integer(11));
  head.wake_at = optional_moment(row.optional_integer(12));
  head.changes = row.integer(13);
  head.starts = static_cast<std::int32_t>(row.integer(14));
  head.note = row.text(15);
  return head;
}

/// The text of the workflow that the run began with.
Result<std::string> select_text_of(Database& database, RunKey key) {
  Statement row = database.prepare_once("SELECT text, " + sound(summed_versions) +
                                        " FROM versions WHERE id = (SELECT version FROM runs WHERE key = ?)");
  if (!row) return cannot_read(database);
  const int outcome = row.bind(1, static_cast<std::int64_t>(key)).step();
  if (outcome == SQLITE_DONE) return Error{ErrorCode::internal, "the text of the workflow that it began with is gone"};
  if (outcome != SQLITE_ROW) return cannot_read(database);
  if (row.integer(1) == 0) return damaged_row(summed_versions);
  return row.text(0);
}

Result<std::vector<RunHead>> heads_of(Database& database, Statement& rows) {
  std::vector<RunHead> heads;
  int outcome = SQLITE_ROW;
  while ((outcome = rows.step()) == SQLITE_ROW) heads.push_back(head_in(rows));
  if (outcome != SQLITE_DONE) return cannot_read(database);
  return heads;
}

/// What lets SQLite see that the index of such outcomes holds all that is asked for (layout.cpp).
std::string index_of(RunOutcome outcome) {
  switch (outcome) {
    case RunOutcome::running:
    case RunOutcome::waiting:
      return " AND outcome IN (0, 4)";
    case RunOutcome::failed:
    case RunOutcome::stopped_by_safety:
    case RunOutcome::parked:
      return std::string(" AND (") + in_trouble + ")";
    case RunOutcome::completed:
    case RunOutcome::skipped:
    case RunOutcome::cancelled:
      return "";
  }
  return "";
}

/// What a filter asks of a row of runs. The numbers of its places are those of bind_filter; 5 is left to the limit.
std::string condition_of(const RunFilter& filter) {
  std::string sql = "runs.key < ?1";
  if (!filter.workflow.empty()) sql += " AND runs.workflow = (SELECT id FROM names WHERE name = ?2)";
  if (filter.outcome) sql += " AND outcome = ?3" + index_of(*filter.outcome);
  if (filter.event) sql += " AND event = ?4";
  if (filter.since) sql += " AND (ended IS NULL OR ended >= ?6)";
  if (!filter.location.empty()) sql += " AND location = ?7";
  if (!filter.trigger.empty()) sql += " AND trigger = (SELECT id FROM names WHERE name = ?8)";
  if (filter.live) sql += " AND flags & 1 = ?9";
  if (filter.took_place) sql += " AND flags & 4 = 0";
  if (filter.from) sql += " AND runs.key >= ?10";
  if (filter.after) sql += " AND runs.key > ?12";
  if (!filter.note.empty()) sql += " AND note LIKE ?11 ESCAPE '\\'";
  return sql;
}

/// What LIKE finds the text by, wherever it stands.
std::string pattern_of(const std::string& text) {
  std::string pattern = "%";
  for (const char letter : text) {
    if (letter == '%' || letter == '_' || letter == '\\') pattern += '\\';
    pattern += letter;
  }
  return pattern + "%";
}

/// `note`: the pattern of the filter's.
void bind_filter(Statement& rows, const RunFilter& filter, const std::string& note) {
  std::int64_t end = filter.before ? static_cast<std::int64_t>(*filter.before) : INT64_MAX;
  if (filter.to) end = std::min(end, static_cast<std::int64_t>(first_key_of(*filter.to)));
  rows.bind(1, end);
  if (!filter.workflow.empty()) rows.bind_text(2, filter.workflow);
  if (filter.outcome) rows.bind(3, static_cast<std::int64_t>(*filter.outcome));
  if (filter.event) rows.bind(4, static_cast<std::int64_t>(*filter.event));
  if (filter.since) rows.bind(6, nanoseconds(*filter.since));
  if (!filter.location.empty()) rows.bind_text(7, filter.location);
  if (!filter.trigger.empty()) rows.bind_text(8, filter.trigger);
  if (filter.live) rows.bind(9, std::int64_t{*filter.live});
  if (filter.from) rows.bind(10, static_cast<std::int64_t>(first_key_of(*filter.from)));
  if (filter.after) rows.bind(12, static_cast<std::int64_t>(*filter.after));
  if (!filter.note.empty()) rows.bind_text(11, note);
}

}  // namespace

std::int64_t nanoseconds(Timestamp time) noexcept { return time.seconds * 1'000'000'000 + time.nanos; }

Timestamp moment(std::int64_t nanoseconds) noexcept {
  std::int64_t seconds = nanoseconds / 1'000'000'000, rest = nanoseconds % 1'000'000'000;
  if (rest < 0) {
    rest += 1'000'000'000;
    --seconds;
  }
  return {seconds, static_cast<std::int32_t>(rest)};
}

Result<std::string> select_version(Database& database, const std::string& workflow, const std::string& hash) {
  Statement row = database.prepare_once(
      "SELECT text FROM versions WHERE workflow = (SELECT id FROM names WHERE name = ?) AND hash = ?");
  if (!row) return cannot_read(database);
  const int outcome = row.bind_text(1, workflow).bind_text(2, hash).step();
  if (outcome == SQLITE_DONE) return Error{ErrorCode::not_found, "the store has no such version of " + workflow};
  if (outcome != SQLITE_ROW) return cannot_read(database);
  return row.text(0);
}

Result<std::vector<VersionHead>> select_versions(Database& database, const std::string& workflow) {
  const std::string sql =
      "SELECT hash, text, ran.count, ran.first, ran.last, " + sound(summed_versions) +
      " FROM versions LEFT JOIN (SELECT version, count(*) AS count, min(key) AS first, max(key) AS last FROM runs"
      " WHERE workflow = (SELECT id FROM names WHERE name = ?1) GROUP BY version) ran ON ran.version = versions.id"
      " WHERE workflow = (SELECT id FROM names WHERE name = ?1) ORDER BY versions.id";
  Statement row = database.prepare_once(sql);
  if (!row) return cannot_read(database);
  row.bind_text(1, workflow);
  std::vector<std::pair<std::int64_t, VersionHead>> found;  // with the newest run until then
  int outcome = SQLITE_ROW;
  while ((outcome = row.step()) == SQLITE_ROW) {
    if (row.integer(5) == 0) return damaged_row(summed_versions);
    VersionHead head = {row.text(0), row.text(1), row.integer(2), std::nullopt, std::nullopt};
    const std::int64_t before = found.empty() ? 0 : found.back().first;
    if (head.runs > 0) {
      head.first = made_at(RunKey{row.integer(3)});
      head.last = made_at(RunKey{row.integer(4)});
    }
    found.emplace_back(head.runs > 0 ? row.integer(4) : before, std::move(head));
  }
  if (outcome != SQLITE_DONE) return cannot_read(database);
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& one, const auto& other) { return one.first < other.first; });
  std::vector<VersionHead> heads;
  for (auto each = found.rbegin(); each != found.rend(); ++each) heads.push_back(std::move(each->second));
  return heads;
}

Result<EventRecord> select_event(Database& database, EventKey key) {
  const std::string sql =
      "SELECT source, id, at, payload, origin, " + sound(summed_events) + " FROM events WHERE key = ?";
  Statement row = database.prepare_once(sql);
  if (!row) return cannot_read(database);
  const int outcome = row.bind(1, static_cast<std::int64_t>(key)).step();
  if (outcome == SQLITE_DONE) return Error{ErrorCode::not_found, "there is no event " + render(key) + " in the store"};
  if (outcome != SQLITE_ROW) return cannot_read(database);
  if (row.integer(5) == 0) return damaged_row(summed_events);
  EventRecord event;
  event.key = key;
  event.source = row.text(0);
  event.id = row.text(1);
  event.at = moment(row.integer(2));
  event.origin = row.text(4);
  if (!row.is_null(3)) TRY(decode_payload(row.bytes(3), event));
  return event;
}

Result<StoredRun> select_run(Database& database, RunKey key) {
  StoredRun run;
  const std::string sql = std::string(head_columns) + "WHERE runs.key = ?";
  Statement head = database.prepare_once(sql);
  if (!head) return cannot_read(database);
  const int outcome = head.bind(1, static_cast<std::int64_t>(key)).step();
  if (outcome == SQLITE_DONE) return Error{ErrorCode::not_found, "there is no run " + render(key) + " in the store"};
  if (outcome != SQLITE_ROW) return cannot_read(database);
  run.head = head_in(head);
  const auto cannot_tell = [&run](const Error& why) {
    if (run.unreadable.empty()) run.unreadable = why.message;
  };
  auto event = select_event(database, run.head.event);
  if (event) {
    run.event = std::move(*event);
  } else if (event.error().code == ErrorCode::unavailable) {
    return event.error();
  } else {
    cannot_tell(event.error());
  }
  auto text = select_text_of(database, key);
  if (!text && text.error().code == ErrorCode::unavailable) return text.error();
  if (text) run.text = std::move(*text);
  if (!text) cannot_tell(text.error());
  const auto take = [&run, &cannot_tell](std::string_view log, bool whole, const SummedTable& table) {
    const auto read =
        whole ? decode_events(log, run.event.payload, run.events, run.event.delivery) : Status(damaged_row(table));
    if (!read) cannot_tell(read.error());
  };
  Statement first = database.prepare_once("SELECT log, " + sound(summed_runs) + " FROM runs WHERE key = ?");
  if (!first || first.bind(1, static_cast<std::int64_t>(key)).step() != SQLITE_ROW) return cannot_read(database);
  if (first.integer(1) == 0) cannot_tell(damaged_row(summed_runs));
  if (!first.is_null(0)) take(first.bytes(0), first.integer(1) != 0, summed_runs);
  Statement more =
      database.prepare_once("SELECT log, " + sound(summed_run_events) + " FROM run_events WHERE run = ? ORDER BY n");
  if (!more) return cannot_read(database);
  more.bind(1, static_cast<std::int64_t>(key));
  int next = SQLITE_ROW;
  while ((next = more.step()) == SQLITE_ROW && run.unreadable.empty())
    take(more.bytes(0), more.integer(1) != 0, summed_run_events);
  if (next != SQLITE_DONE && next != SQLITE_ROW) return cannot_read(database);
  return run;
}

Result<std::vector<RunHead>> select_unfinished(Database& database) {
  const std::string sql = std::string(head_columns) + "WHERE outcome IN (0, 4) AND flags & 2 = 0";
  Statement rows = database.prepare_once(sql);
  if (!rows) return cannot_read(database);
  auto heads = TRY(heads_of(database, rows));
  std::sort(heads.begin(), heads.end(),
            [](const RunHead& one, const RunHead& other) { return made_before(one.key, other.key); });
  return heads;
}

Result<std::vector<UnfinishedEvent>> select_unfinished_events(Database& database) {
  Statement rows = database.prepare_once(
      "SELECT key, source, ifnull(length(payload), 0) FROM events WHERE key IN "
      "(SELECT event FROM runs WHERE outcome IN (0, 4) AND flags & 2 = 0)");
  if (!rows) return cannot_read(database);
  std::vector<UnfinishedEvent> events;
  int next = SQLITE_ROW;
  while ((next = rows.step()) == SQLITE_ROW) {
    events.push_back({EventKey{rows.integer(0)}, std::string(rows.text(1)), static_cast<std::size_t>(rows.integer(2))});
  }
  if (next != SQLITE_DONE) return cannot_read(database);
  return events;
}

Result<std::vector<RunHead>> select_runs(Database& database, const RunFilter& filter) {
  const std::string sql = std::string(head_columns) + "WHERE " + condition_of(filter) + " ORDER BY runs.key " +
                          (filter.oldest_first ? "ASC" : "DESC") + " LIMIT ?5";
  Statement rows = database.prepare_once(sql);
  if (!rows) return cannot_read(database);
  const std::string note = pattern_of(filter.note);
  bind_filter(rows, filter, note);
  rows.bind(5, static_cast<std::int64_t>(filter.limit));
  return heads_of(database, rows);
}

Result<std::vector<OutcomeCount>> select_counts(Database& database, const RunFilter& filter) {
  const std::string slot = std::to_string(keys_in_a_quarter);
  const std::string sql = "SELECT key / " + slot + " * " + slot + " AS slot, outcome, count(*) FROM runs WHERE " +
                          condition_of(filter) + " GROUP BY slot, outcome ORDER BY slot, outcome";
  Statement rows = database.prepare(sql.c_str());
  if (!rows) return cannot_read(database);
  const std::string note = pattern_of(filter.note);
  bind_filter(rows, filter, note);
  std::vector<OutcomeCount> counts;
  int next = SQLITE_ROW;
  while ((next = rows.step()) == SQLITE_ROW)
    counts.push_back({made_at(RunKey{rows.integer(0)}), static_cast<RunOutcome>(rows.integer(1)), rows.integer(2)});
  if (next != SQLITE_DONE) return cannot_read(database);
  return counts;
}

Result<std::map<std::string, LastOutcomes>> select_last_outcomes(Database& database,
                                                                 const std::vector<std::string>& workflows, int limit) {
  Statement rows = database.prepare_once(
      "SELECT key, outcome FROM runs WHERE workflow = (SELECT id FROM names WHERE name = ?1)"
      " ORDER BY key DESC LIMIT ?2");
  if (!rows) return cannot_read(database);
  std::map<std::string, LastOutcomes> all;
  for (const std::string& workflow : workflows) {
    rows.bind_text(1, workflow).bind(2, std::int64_t{limit});
    int next = SQLITE_ROW;
    while ((next = rows.step()) == SQLITE_ROW)
      all[workflow].emplace_back(RunKey{rows.integer(0)}, static_cast<RunOutcome>(rows.integer(1)));
    rows.reset();
    if (next != SQLITE_DONE) return cannot_read(database);
  }
  return all;
}

Result<std::vector<EventHead>> select_events(Database& database, const std::string& source, int limit,
                                             std::optional<EventKey> before) {
  std::string sql = "SELECT key, source, id, at FROM events WHERE key < ?3";
  if (!source.empty()) sql += " AND source = ?1";
  sql += " ORDER BY key DESC LIMIT ?2";
  Statement rows = database.prepare_once(sql);
  if (!rows) return cannot_read(database);
  if (!source.empty()) rows.bind_text(1, source);
  rows.bind(2, static_cast<std::int64_t>(limit)).bind(3, before ? static_cast<std::int64_t>(*before) : INT64_MAX);
  std::vector<EventHead> heads;
  int outcome = SQLITE_ROW;
  while ((outcome = rows.step()) == SQLITE_ROW) {
    EventHead head;
    head.key = EventKey{rows.integer(0)};
    head.source = rows.text(1);
    head.id = rows.text(2);
    head.at = moment(rows.integer(3));
    head.runs = static_cast<std::int64_t>(select_runs_of(database, head.key).size());
    heads.push_back(std::move(head));
  }
  if (outcome != SQLITE_DONE) return cannot_read(database);
  return heads;
}

Result<std::vector<AuditEntry>> select_audit(Database& database, const std::string& about, int limit,
                                             std::int64_t before) {
  std::string sql = "SELECT id, at, who, what, about, detail FROM audit WHERE id < ?3";
  if (!about.empty()) sql += " AND about = ?1";
  sql += " ORDER BY id DESC LIMIT ?2";
  Statement rows = database.prepare_once(sql);
  if (!rows) return cannot_read(database);
  if (!about.empty()) rows.bind_text(1, about);
  rows.bind(2, static_cast<std::int64_t>(limit)).bind(3, before > 0 ? before : INT64_MAX);
  std::vector<AuditEntry> lines;
  int outcome = SQLITE_ROW;
  while ((outcome = rows.step()) == SQLITE_ROW) {
    AuditLine line{moment(rows.integer(1)), rows.text(2), rows.text(3), rows.text(4), rows.text(5)};
    lines.push_back({rows.integer(0), std::move(line), ""});
  }
  if (outcome != SQLITE_DONE) return cannot_read(database);
  return lines;
}

std::vector<RunKey> select_runs_of(Database& database, EventKey event) {
  Statement rows = database.prepare_once("SELECT key FROM runs WHERE event = ? ORDER BY key");
  std::vector<RunKey> keys;
  if (!rows) return keys;
  rows.bind(1, static_cast<std::int64_t>(event));
  while (rows.step() == SQLITE_ROW) keys.push_back(RunKey{rows.integer(0)});
  return keys;
}

}  // namespace millrace
