#pragma once

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include "ask.hpp"
#include "journal/entries.hpp"
#include "journal/store.hpp"
#include "slow_disk.hpp"
#include "temporary_folder.hpp"

namespace millrace::test {

/// A loop, a folder and a store's place in it. Of another kind of store than SQLite's, a bench of its own says how it
/// is opened and taken over; `file` is for tests of what only SQLite's files do.
struct StoreBench {
  TemporaryFolder folder;
  std::filesystem::path file = folder.path() / "state" / "millrace.db";
  Loop loop;

  StoreBench() { lay_slow_disk(); }
  virtual ~StoreBench() = default;

  virtual Result<std::unique_ptr<Store>> try_open(StoreOptions::Role role, HistoryBudget budget = {}) {
    StoreOptions options;
    options.role = role;
    options.budget = budget;
    return open_store(loop, file, options);
  }
  std::unique_ptr<Store> open(StoreOptions::Role role, HistoryBudget budget = {}) {
    auto store = try_open(role, budget);
    if (!store) FAIL(store.error().message);
    return std::move(*store);
  }
  std::unique_ptr<Store> serve(HistoryBudget budget = {}) { return open(StoreOptions::Role::service, budget); }
  std::unique_ptr<Store> visit() { return open(StoreOptions::Role::guest); }
  std::unique_ptr<Store> look() { return open(StoreOptions::Role::reader); }

  /// Another service has the store, although the one that had it lives: what keeps a second one off is lost.
  virtual std::unique_ptr<Store> take_over() {
    std::filesystem::remove(file.string() + "-service");
    return serve();
  }

  /// Commits and gives the key of its first run.
  RunKey commit(Store& store, Entry entry) {
    const auto committed = ask(loop, store.journal().commit(std::move(entry)));
    if (!committed) FAIL(committed.error().message);
    return committed->runs.empty() ? RunKey{} : committed->runs.front();
  }
  void close(std::unique_ptr<Store> store) {
    const auto closed = ask(loop, store->close());
    if (!closed) FAIL(closed.error().message);
  }
};

/// Another program at a file: the result of the last statement's first row, or the error.
inline std::string with_sqlite(const std::filesystem::path& file, const std::string& sql) {
  std::filesystem::create_directories(file.parent_path());
  sqlite3* database = nullptr;
  std::string said;
  const auto note = [](void* into, int, char** values, char**) {
    *static_cast<std::string*>(into) = values[0] != nullptr ? values[0] : "null";
    return 0;
  };
  sqlite3_open(file.c_str(), &database);
  if (sqlite3_exec(database, sql.c_str(), note, &said, nullptr) != SQLITE_OK) said = sqlite3_errmsg(database);
  sqlite3_close(database);
  return said;
}

inline std::string content_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline void write_file(const std::filesystem::path& file, const std::string& content) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary | std::ios::trunc) << content;
}

}  // namespace millrace::test
