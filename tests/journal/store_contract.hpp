#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <utility>

#include "ask.hpp"
#include "journal/journal.hpp"
#include "journal/store.hpp"
#include "journal/store_bench.hpp"
#include "slow_disk.hpp"
#include "temporary_folder.hpp"

namespace millrace::test {

/// What is to be held to the contract, open; `close` is asked for at the end and says whether all of it was kept.
struct OpenJournal {
  std::unique_ptr<Journal> memory;  ///< one of these two
  std::unique_ptr<Store> store;
  Journal& journal() { return store ? store->journal() : *memory; }
};

inline Committed commit(Loop& loop, Journal& journal, Entry entry) {
  const auto committed = ask(loop, journal.commit(std::move(entry)));
  if (!committed) FAIL(committed.error().message);
  return *committed;
}

/// One contract, many implementations: runs `check` for each of them, opened anew. Another store is held to it by a
/// line here; what only SQLite's files do (marks, logs, power cuts) has tests of its own.
inline void in_every_journal(const std::function<void(Loop&, Journal&)>& check) {
  Loop loop;
  lay_slow_disk();
  const TemporaryFolder folder;
  OpenJournal open;
  const auto on_disk = [&](StoreOptions::Role role) {
    StoreOptions options;
    options.role = role;
    auto store = open_store(loop, folder.path() / "millrace.db", options);
    REQUIRE(store);
    open.store = std::move(*store);
  };
  SUBCASE("in memory") { open.memory = open_memory_journal(); }
  SUBCASE("on disk") { on_disk(StoreOptions::Role::service); }
  SUBCASE("on disk, of a guest") { on_disk(StoreOptions::Role::guest); }
  check(loop, open.journal());
  if (open.store) CHECK(ask(loop, open.store->close()));
}

/// The same for what looks back, which a journal in memory does not.
inline void in_every_store(const std::function<void(StoreBench&, Store&)>& check) {
  StoreBench bench;
  std::unique_ptr<Store> store;
  SUBCASE("on disk") { store = bench.serve(); }
  SUBCASE("on disk, of a guest") { store = bench.visit(); }
  check(bench, *store);
  bench.close(std::move(store));
}

}  // namespace millrace::test
