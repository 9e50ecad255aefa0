#include <map>
#include <set>
#include <string>

#include "journal/store_bench.hpp"

// The store in tests/golden was written by an older program (tests/golden/make_store.py).

namespace millrace {

namespace {

using test::ask;
using test::content_of;
using test::StoreBench;
using test::write_file;

void take_golden_store(const StoreBench& bench) {
  write_file(bench.file, content_of(TEST_DATA "/golden/store-2.db"));
  write_file(bench.file.string() + "-mark", content_of(TEST_DATA "/golden/store-2.db-mark"));
}

struct Found {
  std::set<std::size_t> kinds;
  std::map<std::string, int> outcomes;
};

Found found_in(Loop& loop, Store& store) {
  Found found;
  RunFilter all;
  all.limit = 1000;
  const auto runs = ask(loop, store.history().list_runs(all));
  REQUIRE(runs);
  for (const RunHead& head : *runs) {
    const auto run = ask(loop, store.history().read_run(head.key));
    REQUIRE(run);
    CHECK_FALSE(run->text.empty());
    for (const RunEvent& event : run->events) found.kinds.insert(event.what.index());
    ++found.outcomes[std::string(name_of(head.outcome))];
  }
  return found;
}

}  // namespace

TEST_CASE("a store of an older program is whole, and has every kind of event and runs of every standing") {
  StoreBench bench;
  take_golden_store(bench);
  for (const StoreFinding& finding : examine_store(bench.file)) CHECK_MESSAGE(!finding.fatal, finding.message);
  for (const auto role : {StoreOptions::Role::reader, StoreOptions::Role::guest, StoreOptions::Role::service}) {
    auto store = bench.open(role);
    const Found found = found_in(bench.loop, *store);
    for (std::size_t kind = 0; kind < 24; ++kind)  // as many as that program knew
      CHECK_MESSAGE(found.kinds.contains(kind), "kind ", kind);
    for (const char* outcome :
         {"running", "completed", "failed", "skipped", "waiting", "stopped_by_safety", "parked", "cancelled"})
      CHECK_MESSAGE(found.outcomes.contains(outcome), outcome);
    bench.close(std::move(store));
  }
}

TEST_CASE("a store of an older program remembers what plugins wrote, and who did what") {
  StoreBench bench;
  take_golden_store(bench);
  auto store = bench.serve();
  Journal& journal = store->journal();
  for (const char* owner : {"memory", "statistics", "tags"}) {
    const auto states = ask(bench.loop, journal.list_states(owner, ""));
    REQUIRE(states);
    CHECK_MESSAGE(!states->empty(), owner);
  }
  CHECK_FALSE(ask(bench.loop, journal.read_state("engine", "paused/paused"))->is_null());
  CHECK(ask(bench.loop, store->history().list_audit("paused", 10))->size() == 1);
  bench.close(std::move(store));
}

}  // namespace millrace
