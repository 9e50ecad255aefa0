#include "journal/audit_chain.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "journal/run_rows.hpp"

namespace millrace {

namespace {

constexpr std::int64_t lines_a_step = 5000;

void put_number(std::string& text, std::int64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8)
    text += static_cast<char>(static_cast<std::uint64_t>(number) >> shift & 0xff);
}

std::string_view bytes_in(sqlite3_value* value) {
  const auto* bytes = static_cast<const char*>(sqlite3_value_blob(value));
  return bytes == nullptr ? std::string_view()
                          : std::string_view(bytes, static_cast<std::size_t>(sqlite3_value_bytes(value)));
}

void hash_in_sql(sqlite3_context* context, int, sqlite3_value** values) {
  const std::string hash =
      audit_hash(bytes_in(values[0]), sqlite3_value_int64(values[1]), sqlite3_value_int64(values[2]),
                 bytes_in(values[3]), bytes_in(values[4]), bytes_in(values[5]), bytes_in(values[6]));
  sqlite3_result_blob(context, hash.data(), static_cast<int>(hash.size()), SQLITE_TRANSIENT);
}

/// Lines of before there were hashes, in their order; they get numbers without gaps.
bool chain_lines(Database& database) {
  Statement lines = database.prepare("SELECT id FROM audit ORDER BY id");
  Statement renumber = database.prepare("UPDATE audit SET id = ?2 WHERE id = ?1");
  Statement add = database.prepare(
      "INSERT INTO audit_chain SELECT id, audit_hash((SELECT hash FROM audit_chain WHERE number = ?1 - 1), id, at, who,"
      " what, about, detail) FROM audit WHERE id = ?1");
  if (!lines || !renumber || !add) return false;
  std::vector<std::int64_t> ids;
  int outcome = SQLITE_ROW;
  while ((outcome = lines.step()) == SQLITE_ROW) ids.push_back(lines.integer(0));
  if (outcome != SQLITE_DONE) return false;
  lines.reset();
  std::int64_t number = 0;
  for (const std::int64_t id : ids) {
    ++number;
    if (id != number && !renumber.bind(1, id).bind(2, number).run()) return false;
    if (!add.bind(1, number).run()) return false;
  }
  return true;
}

/// The number of the last line that is beyond the budget; 0: none is, or too few to make a line of that.
std::optional<std::int64_t> last_doomed(Database& database, const AuditBudget& budget, Timestamp now) {
  constexpr std::int64_t day = 24 * 60 * 60;
  now.seconds -= day * budget.days;
  const std::int64_t too_old = nanoseconds(now);
  now.seconds -= day;
  Statement find = database.prepare(
      "SELECT coalesce((SELECT max(id) FROM audit WHERE id < coalesce((SELECT min(id) FROM audit WHERE at >= ?1),"
      " (SELECT max(id) + 1 FROM audit))), 0), coalesce((SELECT max(id) FROM audit), 0),"
      " coalesce((SELECT min(id) FROM audit), 1), coalesce((SELECT min(at) FROM audit), ?1) < ?2");
  if (!find || find.bind(1, too_old).bind(2, nanoseconds(now)).step() != SQLITE_ROW) return std::nullopt;
  const std::int64_t by_age = find.integer(3) != 0 ? find.integer(0) : 0;
  const std::int64_t lines = find.integer(1) - find.integer(2) + 1;
  const std::int64_t by_number = lines > budget.lines + budget.lines / 16 ? find.integer(1) - budget.lines : 0;
  return std::max(by_age, by_number);
}

/// When the store had been restored last before the line was written.
std::optional<std::int64_t> epoch_at(Database& database, std::int64_t number) {
  Statement restored = database.prepare(
      "SELECT at FROM audit WHERE what = 'restore' AND about = 'store' AND id <= ? ORDER BY id DESC LIMIT 1");
  Statement pruned =
      database.prepare("SELECT detail FROM audit WHERE what = 'prune' AND about = 'audit' ORDER BY id DESC LIMIT 1");
  if (!restored || !pruned) return std::nullopt;
  if (restored.bind(1, number).step() == SQLITE_ROW) return moment(restored.integer(0)).seconds;
  return pruned.step() == SQLITE_ROW ? epoch_in_words(pruned.text(0)) : 0;
}

}  // namespace

std::string audit_hash(std::string_view before, std::int64_t number, std::int64_t at, std::string_view who,
                       std::string_view what, std::string_view about, std::string_view detail) {
  std::string text;
  put_number(text, number);
  put_number(text, at);
  for (const std::string_view part : {before, who, what, about, detail}) {
    put_number(text, static_cast<std::int64_t>(part.size()));
    text += part;
  }
  return sha256(text);
}

void add_audit_hash(sqlite3* database) {
  sqlite3_create_function_v2(database, "audit_hash", 7, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr, hash_in_sql,
                             nullptr, nullptr, nullptr);
}

bool begin_audit_chain(Database& database) {
  return database.run(
             "CREATE TABLE IF NOT EXISTS audit_chain(number INTEGER PRIMARY KEY, hash BLOB NOT NULL);"
             "DELETE FROM audit_chain;"
             // Of another store everything is another hash.
             "INSERT INTO audit_chain SELECT 0, audit_hash(x'', 0, store, '', '', '', '') FROM position") &&
         chain_lines(database);
}

std::string add_audit_line_sql() {
  return "INSERT INTO audit(id, at, who, what, about, detail, sum) SELECT max(coalesce((SELECT max(id) FROM audit), 0),"
         " (SELECT max(number) FROM audit_chain)) + 1, ?1, ?2, ?3, ?4, ?5, record_sum(?1, ?2, ?3, ?4, ?5)";
}

std::string add_audit_hash_sql() {
  return "INSERT INTO audit_chain SELECT (SELECT max(id) FROM audit), audit_hash(hash, (SELECT max(id) FROM audit),"
         " ?1, ?2, ?3, ?4, ?5) FROM audit_chain ORDER BY number DESC LIMIT 1";
}

Statement& bind_audit_line(Statement& statement, const AuditLine& line) {
  statement.bind(1, nanoseconds(line.at)).bind_text(2, line.who).bind_text(3, line.what);
  return statement.bind_text(4, line.about).bind_text(5, line.detail);
}

bool add_audit_line(Database& database, const AuditLine& line) {
  for (const std::string& sql : {add_audit_line_sql(), add_audit_hash_sql()}) {
    Statement add = database.prepare(sql.c_str());
    if (!add || !bind_audit_line(add, line).run()) return false;
  }
  return true;
}

AuditHead head_of_audit(Database& database, Timestamp now) {
  AuditHead head;
  head.at = now;
  head.store = database.ask_integer("SELECT store FROM position").value_or(0);
  Statement newest = database.prepare("SELECT number, hash FROM audit_chain ORDER BY number DESC LIMIT 1");
  if (!newest || newest.step() != SQLITE_ROW) return head;  // of before there was a chain
  head.number = newest.integer(0);
  head.hash = std::string(newest.bytes(1));
  head.epoch = epoch_at(database, head.number).value_or(0);
  return head;
}

std::string pruned_words(std::int64_t number, std::string_view hash, std::int64_t epoch) {
  return "up to " + std::to_string(number) + ", " + hex(hash) + ", epoch " + std::to_string(epoch);
}

std::int64_t epoch_in_words(std::string_view pruned) {
  std::int64_t epoch = 0;
  const std::size_t last = pruned.rfind(' ') + 1;
  std::from_chars(pruned.data() + last, pruned.data() + pruned.size(), epoch);
  return epoch;
}

Result<std::int64_t> prune_audit(Database& database, const AuditBudget& budget, Timestamp now) {
  const auto refused = [&database] {
    const DatabaseError error = database.error();
    return Error{error.disk_full() ? ErrorCode::limited : ErrorCode::unavailable,
                 "cannot prune the audit: " + error.message};
  };
  const auto doomed = last_doomed(database, budget, now);
  const auto first = database.ask_integer("SELECT coalesce(min(id), 0) FROM audit");
  if (!doomed || !first) return refused();
  const std::int64_t last = std::min(*doomed, *first + lines_a_step - 1);
  if (*first == 0 || last < *first) return std::int64_t{0};
  Statement hash = database.prepare("SELECT hash FROM audit_chain WHERE number = ?");
  if (!hash || hash.bind(1, last).step() != SQLITE_ROW) return refused();
  const auto epoch = epoch_at(database, last);
  if (!epoch) return refused();
  const std::string said = pruned_words(last, hash.bytes(0), *epoch);
  hash.reset();
  for (const char* sql : {"DELETE FROM audit WHERE id <= ?", "DELETE FROM audit_chain WHERE number < ?"}) {
    Statement take = database.prepare(sql);
    if (!take || !take.bind(1, last).run()) return refused();
  }
  if (!add_audit_line(database, {now, "millrace", "prune", "audit", said})) return refused();
  return last - *first + 1;
}

}  // namespace millrace
