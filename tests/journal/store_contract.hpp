#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <utility>

#include "ask.hpp"
#include "journal/journal.hpp"
#include "journal/store.hpp"
#include "journal/store_bench.hpp"

namespace millrace::test {

inline Committed commit(Loop& loop, Journal& journal, Entry entry) {
  const auto committed = ask(loop, journal.commit(std::move(entry)));
  if (!committed) FAIL(committed.error().message);
  return *committed;
}

// One contract, many implementations. Another store is held to all of it by a bench of its own and a line in
// `in_every_kind_of_store`; what only SQLite's files do (marks, logs, power cuts) has tests of its own.
//
// A journal in memory takes part in what `Journal` promises. It is no store: it is of one plan or test, so nobody
// shares it or takes it over, and it has no `History`, because nobody lists what a plan did: a second implementation of
// the lists would be there for its tests alone.

/// What several programs share, and may take from one another: runs `check` with a place for each kind of store.
inline void in_every_kind_of_store(const std::function<void(StoreBench&)>& check) {
  SUBCASE("on disk") {
    StoreBench bench;
    check(bench);
  }
}

/// What one program finds in its store, as a service and beside one.
inline void in_every_store(const std::function<void(StoreBench&, Store&)>& check) {
  in_every_kind_of_store([&check](StoreBench& bench) {
    std::unique_ptr<Store> store;
    SUBCASE("of a service") { store = bench.serve(); }
    SUBCASE("of a guest") { store = bench.visit(); }
    check(bench, *store);
    bench.close(std::move(store));
  });
}

inline void in_every_journal(const std::function<void(Loop&, Journal&)>& check) {
  SUBCASE("in memory") {
    Loop loop;
    check(loop, *open_memory_journal());
  }
  in_every_store([&check](StoreBench& bench, Store& store) { check(bench.loop, store.journal()); });
}

}  // namespace millrace::test
