#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace millrace {

/// What a call of SQLite gave, where that was not what was wanted.
struct DatabaseError {
  int code = SQLITE_OK;  ///< extended
  std::string message;
  bool disk_full() const noexcept { return (code & 0xff) == SQLITE_FULL; }
  /// The disk did not do what was asked: nobody knows what it holds now.
  bool disk_failed() const noexcept {
    const int kind = code & 0xff;
    if (code == SQLITE_IOERR_NOMEM) return false;
    return kind == SQLITE_IOERR || kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB;
  }
  bool damaged() const noexcept { return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB; }
  bool out_of_memory() const noexcept { return (code & 0xff) == SQLITE_NOMEM || code == SQLITE_IOERR_NOMEM; }
  bool name_taken() const noexcept {
    return code == SQLITE_CONSTRAINT_PRIMARYKEY || code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_ROWID;
  }
};

/// Statements that nobody uses at the moment, the one that was used last at the end. One thread at a time.
class IdleStatements {
 public:
  IdleStatements() { idle_.reserve(most); }
  ~IdleStatements();
  IdleStatements(const IdleStatements&) = delete;
  IdleStatements& operator=(const IdleStatements&) = delete;

  void keep(sqlite3_stmt* statement) noexcept;
  sqlite3_stmt* take(std::string_view sql) noexcept;  ///< nullptr where there is none of this text

 private:
  static constexpr std::size_t most = 64;
  std::vector<sqlite3_stmt*> idle_;
};

/// A prepared statement. Bind, step, read, reset; failures are remembered by the database.
class Statement {
 public:
  Statement() = default;
  /// With `home` it goes there when nobody uses it any more, as long as that is there.
  explicit Statement(sqlite3_stmt* statement, std::weak_ptr<IdleStatements> home = {})
      : statement_(statement, Finish{std::move(home)}) {}
  explicit operator bool() const noexcept { return statement_ != nullptr; }

  Statement& bind(int place, std::int64_t value);
  Statement& bind(int place, const std::optional<std::int64_t>& value);
  Statement& bind_text(int place, std::string_view text);           ///< must live until `reset`
  Statement& bind_text_or_null(int place, std::string_view text);   ///< null where it is empty
  Statement& bind_blob_or_null(int place, std::string_view bytes);  ///< the same with bytes; must live until `reset`

  int step();  ///< SQLITE_ROW, SQLITE_DONE, or an error
  bool run();  ///< true where it was done; resets
  void reset();

  std::int64_t integer(int column) const;
  std::optional<std::int64_t> optional_integer(int column) const;
  std::string text(int column) const;
  std::string_view bytes(int column) const;  ///< until the next step
  bool is_null(int column) const;

 private:
  struct Finish {
    void operator()(sqlite3_stmt* statement) const;
    std::weak_ptr<IdleStatements> home;
  };
  std::unique_ptr<sqlite3_stmt, Finish> statement_;
};

/// One connection to a file. One thread at a time.
class Database {
 public:
  /// `flags` as sqlite3_open_v2 has them; `vfs` empty: the usual one. Its SQL knows record_sum(...), the checksum of
  /// the values of a row, and audit_hash(...) (audit_chain.hpp).
  static Result<Database> open(const std::string& file, int flags, const std::string& vfs);

  /// Runs statements that give nothing; false where one failed.
  bool run(const char* sql);
  Statement prepare(const char* sql);
  /// The same for what is asked again and again: to prepare it takes longer than most answers.
  Statement prepare_once(const std::string& sql);
  /// The first column of the first row, or nothing.
  std::optional<std::int64_t> ask_integer(const char* sql);
  DatabaseError error() const;
  /// Closing this connection leaves a log that holds something as it is, even when it is the last one. (It would move
  /// it into the file.) REQUIRES: the file was read.
  void leave_log();
  /// Writes the log once more as it is, and flushes it. After a failed flush the system takes what was not written for
  /// written: who reads it back and goes on behind it would build on what a power cut takes away. False where one
  /// failed.
  bool write_log_again();
  std::int64_t changes() const { return sqlite3_changes64(database_.get()); }
  sqlite3* handle() const noexcept { return database_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
  };
  explicit Database(sqlite3* database) : database_(database) {}
  sqlite3_file* log() const;  ///< nullptr where it is not open
  std::unique_ptr<sqlite3, Close> database_;
  std::shared_ptr<IdleStatements> idle_ = std::make_shared<IdleStatements>();
};

/// What is said where a question to it fails.
Error cannot_read(const Database& database);

}  // namespace millrace
