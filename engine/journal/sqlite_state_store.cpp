#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <system_error>
#include <utility>

#include "journal/state_store.hpp"
#include "journal/state_text.hpp"

namespace millrace {

namespace {

constexpr int busy_milliseconds = 5000;  // another process of the same project may be writing

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
struct FinishStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;
using Statement = std::unique_ptr<sqlite3_stmt, FinishStatement>;

/// The file itself. One worker at a time uses it; every call may block.
class StateFile {
 public:
  explicit StateFile(std::string path) : path_(std::move(path)) {}

  Result<std::optional<std::string>> read(const std::string& plugin, const std::string& key) {
    std::error_code ignored;
    if (!database_ && !std::filesystem::exists(path_, ignored)) return std::optional<std::string>();
    TRY(open());
    sqlite3_stmt* select = select_.get();
    bind(select, plugin, key);
    const int outcome = sqlite3_step(select);
    std::optional<std::string> text;
    if (outcome == SQLITE_ROW) {
      const void* bytes = sqlite3_column_blob(select, 0);
      const int size = sqlite3_column_bytes(select, 0);
      text.emplace(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
    }
    const bool failed = outcome != SQLITE_ROW && outcome != SQLITE_DONE;
    Error error = failed ? failure("read") : Error{};
    sqlite3_reset(select);
    if (failed) return error;
    return text;
  }

  Status write(const std::string& plugin, const std::string& key, const std::optional<std::string>& text) {
    if (broken_) return *broken_;
    TRY(open());
    sqlite3_stmt* statement = text ? upsert_.get() : erase_.get();
    bind(statement, plugin, key);
    if (text) sqlite3_bind_text64(statement, 3, text->data(), text->size(), SQLITE_STATIC, SQLITE_UTF8);
    const int outcome = sqlite3_step(statement);
    const bool failed = outcome != SQLITE_DONE;
    Error error = failed ? failure("write") : Error{};
    // After a failed flush the disk may hold either state, and a second flush would claim success without having
    // written.
    if (failed && (outcome & 0xff) == SQLITE_IOERR) {
      error.message += "; nothing more is written until Millrace is started again";
      broken_ = error;
    }
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    if (failed) return error;
    return Done{};
  }

 private:
  Status open() {
    if (database_) return Done{};
    const auto folder = std::filesystem::path(path_).parent_path();
    std::error_code problem;
    if (!folder.empty()) std::filesystem::create_directories(folder, problem);
    if (problem) return Error{ErrorCode::unavailable, "cannot make " + folder.string() + ": " + problem.message()};
    // Made here so that only its owner can read it: SQLite's log files take over these permissions.
    const int made = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (made >= 0) ::close(made);

    sqlite3* raw = nullptr;
    const int opened = sqlite3_open_v2(path_.c_str(), &raw,
                                       SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_EXRESCODE, nullptr);
    database_.reset(raw);
    if (opened != SQLITE_OK) return close_after(failure("open"));
    sqlite3_busy_timeout(raw, busy_milliseconds);
    const int prepared = sqlite3_exec(raw,
                                      "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                                      "CREATE TABLE IF NOT EXISTS plugin_state(plugin TEXT NOT NULL, key TEXT NOT NULL,"
                                      " value TEXT NOT NULL, PRIMARY KEY(plugin, key)) WITHOUT ROWID",
                                      nullptr, nullptr, nullptr);
    if (prepared != SQLITE_OK) return close_after(failure("open"));
    select_ = prepare("SELECT value FROM plugin_state WHERE plugin = ? AND key = ?");
    upsert_ = prepare(
        "INSERT INTO plugin_state(plugin, key, value) VALUES(?, ?, ?)"
        " ON CONFLICT(plugin, key) DO UPDATE SET value = excluded.value");
    erase_ = prepare("DELETE FROM plugin_state WHERE plugin = ? AND key = ?");
    if (!select_ || !upsert_ || !erase_) return close_after(failure("open"));
    return Done{};
  }

  Statement prepare(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v3(database_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    return Statement(statement);
  }

  static void bind(sqlite3_stmt* statement, const std::string& plugin, const std::string& key) {
    sqlite3_bind_text64(statement, 1, plugin.data(), plugin.size(), SQLITE_STATIC, SQLITE_UTF8);
    sqlite3_bind_text64(statement, 2, key.data(), key.size(), SQLITE_STATIC, SQLITE_UTF8);
  }

  Error failure(const char* doing) const {
    const char* reason = database_ ? sqlite3_errmsg(database_.get()) : "out of memory";
    return {ErrorCode::unavailable, "cannot " + std::string(doing) + " the store " + path_ + ": " + reason};
  }

  Error close_after(Error error) {
    select_.reset();
    upsert_.reset();
    erase_.reset();
    database_.reset();
    return error;
  }

  std::string path_;
  Database database_;
  Statement select_, upsert_, erase_;  // behind the database, so that they end before it
  std::optional<Error> broken_;
};

class SqliteStateStore final : public StateStore {
 public:
  SqliteStateStore(Loop& loop, const std::string& path) : loop_(loop), file_(path) {}

  Task<Result<Value>> read(std::string plugin, std::string key) override {
    const bool mine = co_await take_turn();
    if (!mine) co_return Error{ErrorCode::cancelled, "called off"};
    const Turn turn(*this);
    using Answer = Result<std::optional<std::string>>;
    std::function<Answer()> job = [this, &plugin, &key] { return file_.read(plugin, key); };
    auto text = co_await on_worker<Answer>(loop_, job);
    if (!text) co_return text.error();
    if (!text->has_value()) co_return Value();
    co_return state_value(**text);
  }

  Task<Status> write(std::string plugin, std::string key, Value value) override {
    std::optional<std::string> kept;
    if (!value.is_null()) {
      auto text = state_text(value);
      if (!text) co_return text.error();
      kept = std::move(*text);
    }
    const bool mine = co_await take_turn();
    if (!mine) co_return Error{ErrorCode::cancelled, "called off"};
    const Turn turn(*this);
    std::function<Status()> job = [this, &plugin, &key, &kept] { return file_.write(plugin, key, kept); };
    auto written = co_await on_worker<Status>(loop_, job);
    co_return written;
  }

 private:
  /// The file is one task's until this ends.
  struct Turn {
    explicit Turn(SqliteStateStore& of) : store(of) {}
    ~Turn() {
      store.busy_ = false;
      store.free_.announce();
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    SqliteStateStore& store;
  };

  /// False when the awaiting task was cancelled meanwhile.
  Task<bool> take_turn() {
    while (busy_) {
      const bool undisturbed = co_await free_.wait();
      if (!undisturbed) co_return false;
    }
    busy_ = true;
    co_return true;
  }

  Loop& loop_;
  StateFile file_;
  bool busy_ = false;
  News free_;
};

}  // namespace

std::unique_ptr<StateStore> open_sqlite_state_store(Loop& loop, const std::string& path) {
  return std::make_unique<SqliteStateStore>(loop, path);
}

}  // namespace millrace
