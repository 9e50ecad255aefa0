#include "journal/database.hpp"

#include <algorithm>
#include <cstring>

#include "journal/audit_chain.hpp"
#include "journal/store_files.hpp"

namespace millrace {

namespace {
constexpr int busy_milliseconds = 10'000;  // a guest and the service take turns
constexpr int log_part = 1 << 16;          // SQLite writes no 128 KiB at once
/// Every step gives another sum for another word, so that no damage to a single word goes unseen.
class Sum {
 public:
  void add(std::uint64_t word) noexcept {
    sum_ = (sum_ ^ word) * 0x9e3779b97f4a7c15;
    sum_ ^= sum_ >> 32;
  }
  void add(std::string_view bytes) noexcept {
    add(bytes.size());
    for (; bytes.size() >= sizeof(std::uint64_t); bytes.remove_prefix(sizeof(std::uint64_t))) add(word_of(bytes));
    if (!bytes.empty()) add(word_of(bytes));
  }
  std::int64_t value() const noexcept { return static_cast<std::int64_t>(sum_); }

 private:
  static std::uint64_t word_of(std::string_view bytes) noexcept {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), std::min(bytes.size(), sizeof word));
    return word;
  }
  std::uint64_t sum_ = 1;
};

/// What SQL knows as record_sum(...): the checksum of the values of a row.
void sum_up(sqlite3_context* context, int count, sqlite3_value** values) {
  Sum sum;
  for (int i = 0; i < count; ++i) {
    const int type = sqlite3_value_type(values[i]);
    sum.add(static_cast<std::uint64_t>(type));
    if (type == SQLITE_INTEGER) sum.add(static_cast<std::uint64_t>(sqlite3_value_int64(values[i])));
    if (type != SQLITE_TEXT && type != SQLITE_BLOB) continue;
    const auto* bytes = static_cast<const char*>(sqlite3_value_blob(values[i]));
    if (bytes != nullptr) sum.add(std::string_view(bytes, static_cast<std::size_t>(sqlite3_value_bytes(values[i]))));
  }
  sqlite3_result_int64(context, sum.value());
}

}  // namespace

IdleStatements::~IdleStatements() {
  for (sqlite3_stmt* statement : idle_) sqlite3_finalize(statement);
}

void IdleStatements::keep(sqlite3_stmt* statement) noexcept {
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
  if (idle_.size() == most) {
    sqlite3_finalize(idle_.front());
    idle_.erase(idle_.begin());
  }
  idle_.push_back(statement);
}

sqlite3_stmt* IdleStatements::take(std::string_view sql) noexcept {
  const auto found =
      std::find_if(idle_.begin(), idle_.end(), [sql](sqlite3_stmt* each) { return sqlite3_sql(each) == sql; });
  if (found == idle_.end()) return nullptr;
  sqlite3_stmt* statement = *found;
  idle_.erase(found);
  return statement;
}

void Statement::Finish::operator()(sqlite3_stmt* statement) const {
  if (const auto kept = home.lock()) {
    kept->keep(statement);
  } else {
    sqlite3_finalize(statement);
  }
}

Statement& Statement::bind(int place, std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), place, value);
  return *this;
}

Statement& Statement::bind(int place, const std::optional<std::int64_t>& value) {
  if (value) return bind(place, *value);
  sqlite3_bind_null(statement_.get(), place);
  return *this;
}

Statement& Statement::bind_text(int place, std::string_view text) {
  sqlite3_bind_text64(statement_.get(), place, text.data() != nullptr ? text.data() : "", text.size(), SQLITE_STATIC,
                      SQLITE_UTF8);
  return *this;
}

Statement& Statement::bind_text_or_null(int place, std::string_view text) {
  if (!text.empty()) return bind_text(place, text);
  sqlite3_bind_null(statement_.get(), place);
  return *this;
}

Statement& Statement::bind_blob_or_null(int place, std::string_view bytes) {
  if (bytes.empty()) {
    sqlite3_bind_null(statement_.get(), place);
  } else {
    sqlite3_bind_blob64(statement_.get(), place, bytes.data(), bytes.size(), SQLITE_STATIC);
  }
  return *this;
}

int Statement::step() { return sqlite3_step(statement_.get()); }

bool Statement::run() {
  const int outcome = step();
  reset();
  return outcome == SQLITE_DONE || outcome == SQLITE_ROW;
}

void Statement::reset() { sqlite3_reset(statement_.get()); }

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }

std::optional<std::int64_t> Statement::optional_integer(int column) const {
  return is_null(column) ? std::nullopt : std::optional(integer(column));
}

std::string_view Statement::bytes(int column) const {
  const void* bytes = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return {static_cast<const char*>(bytes), bytes != nullptr ? static_cast<std::size_t>(size) : 0};
}

std::string Statement::text(int column) const { return std::string(bytes(column)); }

bool Statement::is_null(int column) const { return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL; }

Result<Database> Database::open(const std::string& file, int flags, const std::string& vfs) {
  if (vfs.empty()) TRY(check_store_files(file));
  sqlite3* raw = nullptr;
  const int outcome = sqlite3_open_v2(file.c_str(), &raw, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                                      vfs.empty() ? nullptr : vfs.c_str());
  Database database(raw);
  if (outcome != SQLITE_OK) {
    const std::string reason = raw != nullptr ? sqlite3_errmsg(raw) : "out of memory";
    return Error{ErrorCode::unavailable, "cannot open the store " + file + ": " + reason};
  }
  sqlite3_busy_timeout(raw, busy_milliseconds);
  // From the first statement on: who moves the log into the file says so in the mark, and only the writer does.
  sqlite3_wal_autocheckpoint(raw, 0);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_create_function_v2(raw, "record_sum", -1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr, sum_up, nullptr,
                             nullptr, nullptr);
  add_audit_hash(raw);
  return database;
}

bool Database::run(const char* sql) {
  return sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK;
}

Statement Database::prepare(const char* sql) {
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v3(database_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  return Statement(statement);
}

Statement Database::prepare_once(const std::string& sql) {
  if (sqlite3_stmt* idle = idle_->take(sql)) return Statement(idle, idle_);
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v3(database_.get(), sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  return Statement(statement, idle_);
}

std::optional<std::int64_t> Database::ask_integer(const char* sql) {
  Statement question = prepare(sql);
  if (!question || question.step() != SQLITE_ROW || question.is_null(0)) return std::nullopt;
  return question.integer(0);
}

sqlite3_file* Database::log() const {
  sqlite3_file* log = nullptr;
  sqlite3_file_control(database_.get(), "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
  return log != nullptr && log->pMethods != nullptr ? log : nullptr;
}

void Database::leave_log() {
  sqlite3_int64 size = 0;
  sqlite3_file* file = log();
  if (file == nullptr || file->pMethods->xFileSize(file, &size) != SQLITE_OK || size == 0) return;
  sqlite3_db_config(database_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

bool Database::write_log_again() {
  if (!run("BEGIN IMMEDIATE")) return false;  // also reads the log, which opens it
  bool good = true;
  if (sqlite3_file* file = log()) {
    sqlite3_int64 size = 0;
    good = file->pMethods->xFileSize(file, &size) == SQLITE_OK;
    std::string part(log_part, '\0');
    for (sqlite3_int64 place = 0; good && place < size; place += log_part) {
      const int amount = static_cast<int>(std::min<sqlite3_int64>(log_part, size - place));
      good = file->pMethods->xRead(file, part.data(), amount, place) == SQLITE_OK &&
             file->pMethods->xWrite(file, part.data(), amount, place) == SQLITE_OK;
    }
    good = good && (size == 0 || file->pMethods->xSync(file, SQLITE_SYNC_NORMAL) == SQLITE_OK);
  }
  return run("COMMIT") && good;
}

DatabaseError Database::error() const {
  return {sqlite3_extended_errcode(database_.get()), sqlite3_errmsg(database_.get())};
}

Error cannot_read(const Database& database) {
  return {ErrorCode::unavailable, "cannot read the store: " + database.error().message};
}

}  // namespace millrace
