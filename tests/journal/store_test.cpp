#include "journal/store.hpp"

#include <doctest/doctest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "journal/store_bench.hpp"
#include "value/json.hpp"

namespace millrace {

namespace {

using test::ask;
using test::begin;
using test::StoreBench;
using test::with_sqlite;

constexpr const char* old_table =
    "PRAGMA journal_mode=WAL; CREATE TABLE plugin_state(plugin TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, "
    "PRIMARY KEY(plugin, key))"
    " WITHOUT ROWID; INSERT INTO plugin_state VALUES('tags', 'link', '{\"id\":\"t1\"}')";

/// How often SQLite would make a table in memory to do this in the store: it then does so for each row.
std::size_t tables_in_memory(const StoreBench& bench, const std::string& sql) {
  sqlite3* database = nullptr;
  std::vector<std::string> steps;
  const auto note = [](void* into, int, char** values, char**) {
    static_cast<std::vector<std::string>*>(into)->emplace_back(values[1]);
    return 0;
  };
  sqlite3_open(bench.file.c_str(), &database);
  const bool told = sqlite3_exec(database, ("EXPLAIN " + sql).c_str(), note, &steps, nullptr) == SQLITE_OK;
  sqlite3_close(database);
  CHECK_MESSAGE(told, sql);
  return static_cast<std::size_t>(std::count(steps.begin(), steps.end(), "OpenEphemeral"));
}

}  // namespace

TEST_CASE("no index makes writing a row of it more than writing a row") {
  StoreBench bench;
  bench.close(bench.serve());
  SUBCASE("of a store that is new") {}
  SUBCASE("of a store whose index was a list of outcomes") {
    with_sqlite(bench.file,
                "DROP INDEX runs_in_trouble; CREATE INDEX troubled_runs ON runs(outcome) WHERE outcome IN (2, 5, 6)");
    REQUIRE(tables_in_memory(bench, "UPDATE runs SET outcome = 1 WHERE key = 1") > 0);
    bench.close(bench.serve());
  }
  CHECK(tables_in_memory(bench,
                         "INSERT INTO runs(event, workflow, trigger, zone, flags, outcome, changes, starts)"
                         " VALUES(1, 1, 1, 1, 1, 0, 0, 0)") == 0);
  CHECK(tables_in_memory(bench, "UPDATE runs SET outcome = 1, note = 'x' WHERE key = 1") == 0);
  CHECK(tables_in_memory(bench, "INSERT INTO events(key, source, at) VALUES(1, 'x', 1)") == 0);
  CHECK(tables_in_memory(bench, "INSERT INTO run_events(run, n, log) VALUES(1, 1, 'x')") == 0);
  CHECK(tables_in_memory(bench, "UPDATE position SET entries = entries + 1") == 0);
}

TEST_CASE("reading makes no file, the first write of a guest makes it for its owner only") {
  StoreBench bench;
  auto store = bench.visit();
  auto reader = bench.look();
  for (Store* each : {store.get(), reader.get()}) {
    CHECK(ask(bench.loop, each->states().read("tags", "link"))->is_null());
    CHECK(ask(bench.loop, each->journal().unfinished())->empty());
    CHECK(ask(bench.loop, each->history().list_events("", 10))->empty());
    CHECK(ask(bench.loop, each->facts())->events == 0);
    CHECK(ask(bench.loop, each->journal().read(RunKey{1})).error().code == ErrorCode::not_found);
    CHECK(ask(bench.loop, each->backup(bench.folder.path() / "copy.db")).error().code == ErrorCode::not_found);
  }
  CHECK_FALSE(std::filesystem::exists(bench.file.parent_path()));

  CHECK(ask(bench.loop, store->states().write("tags", "link", true)));
  const auto others = std::filesystem::perms::group_all | std::filesystem::perms::others_all;
  for (const char* part : {"", "-wal", "-shm"}) {
    const auto permissions = std::filesystem::status(bench.file.string() + part).permissions();
    CHECK((permissions & others) == std::filesystem::perms::none);
  }
  CHECK(ask(bench.loop, reader->states().read("tags", "link"))->is_true());
  bench.close(std::move(reader));
  bench.close(std::move(store));
}

TEST_CASE("a reader writes nothing, not even when it is the last one to close") {
  StoreBench bench;
  auto store = bench.serve();
  bench.commit(*store, begin(store->journal().keys(), "e-1"));
  // As a crash leaves it: the log holds what the file does not.
  const auto crashed = bench.folder.path() / "crashed" / "millrace.db";
  for (const char* part : {"", "-wal"})
    test::write_file(crashed.string() + part, test::content_of(bench.file.string() + part));
  bench.close(std::move(store));
  const std::string before = test::content_of(crashed), log = test::content_of(crashed.string() + "-wal");
  REQUIRE_FALSE(log.empty());

  bench.file = crashed;
  auto reader = bench.look();
  CHECK(ask(bench.loop, reader->journal().unfinished())->size() == 1);
  const auto refused = ask(bench.loop, reader->states().write("tags", "link", true));
  CHECK(refused.error().code == ErrorCode::internal);
  bench.close(std::move(reader));
  CHECK((test::content_of(crashed) == before));
  CHECK((test::content_of(crashed.string() + "-wal") == log));
}

TEST_CASE("a second service is refused, and the first is named") {
  StoreBench bench;
  auto first = bench.serve();
  const auto second = bench.try_open(StoreOptions::Role::service);
  REQUIRE_FALSE(second);
  CHECK(second.error().code == ErrorCode::conflict);
  CHECK(second.error().message ==
        "another service has the store " + bench.file.string() + ": process " + std::to_string(getpid()));
  bench.close(std::move(first));
  bench.close(bench.serve());
}

TEST_CASE("whoever is kept out by a service hears which project it is of") {
  StoreBench bench;
  StoreOptions options;
  options.role = StoreOptions::Role::service;
  options.folder = bench.folder.path() / "a shop of old";
  auto service = open_store(bench.loop, bench.file, options);
  REQUIRE(service);
  auto guest = bench.visit();
  const auto holder = guest->served_by();
  REQUIRE((holder && *holder));
  CHECK((*holder)->process == "process " + std::to_string(getpid()));
  CHECK((*holder)->folder == options.folder);
  CHECK(bench.try_open(StoreOptions::Role::service).error().message.ends_with(" of " + options.folder.string()));
  bench.close(std::move(guest));
  bench.close(std::move(*service));
}

TEST_CASE("the first events of a run lie in its row, also where it was kept before it began") {
  StoreBench bench;
  auto store = bench.serve();
  bench.commit(*store, begin(store->journal().keys(), "at once"));
  Entry entry = begin(store->journal().keys(), "later");
  entry.runs.front().events.clear();
  const RunHead head = entry.runs.front().head;
  bench.commit(*store, std::move(entry));
  bench.commit(*store, test::go_on(head, {test::started("payload")}));
  CHECK(with_sqlite(bench.file, "SELECT count(*) FROM runs WHERE log IS NOT NULL") == "2");
  CHECK(with_sqlite(bench.file, "SELECT count(*) FROM run_events") == "0");
  for (int i = 1; i <= 2; ++i) bench.commit(*store, test::go_on(head, {test::succeeded(i)}));
  CHECK(with_sqlite(bench.file, "SELECT group_concat(n) FROM run_events") == "1,2");
  bench.close(std::move(store));
}

TEST_CASE("large first events lie beside the row of their run, so that what changes in it does not move them") {
  StoreBench bench;
  auto store = bench.serve();
  const Value large(std::string(100'000, 'x'));
  Entry at_once = begin(store->journal().keys(), "at once");
  at_once.runs.front().events = {test::with_input(large)};
  RunHead head = at_once.runs.front().head;
  bench.commit(*store, std::move(at_once));
  bench.commit(*store, test::go_on(head, {test::succeeded(1)}));
  Entry later = begin(store->journal().keys(), "later");
  later.runs.front().events.clear();
  head = later.runs.front().head;
  bench.commit(*store, std::move(later));
  bench.commit(*store, test::go_on(head, {test::with_input(large)}));
  CHECK(with_sqlite(bench.file, "SELECT count(*) FROM runs WHERE log IS NOT NULL") == "0");
  CHECK(with_sqlite(bench.file, "SELECT group_concat(n || ':' || (length(log) > 100000)) FROM run_events") ==
        "1:1,2:0,1:1");
  bench.close(std::move(store));
}

TEST_CASE("the file of the version that only kept states becomes a store, and keeps them") {
  StoreBench bench;
  with_sqlite(bench.file, old_table);
  auto store = bench.serve();
  CHECK(encode_json(*ask(bench.loop, store->states().read("tags", "link"))) == R"({"id":"t1"})");
  bench.commit(*store, begin(store->journal().keys(), "e-1"));
  bench.close(std::move(store));
  CHECK(with_sqlite(bench.file, "SELECT count(*) FROM sqlite_schema WHERE name = 'plugin_state'") == "0");
  CHECK(with_sqlite(bench.file, "PRAGMA auto_vacuum") == "2");  // so that it can become smaller
}

TEST_CASE("reading a file of the version that only kept states gives them and leaves it as it is") {
  StoreBench bench;
  with_sqlite(bench.file, old_table);
  const std::string before = test::content_of(bench.file);
  auto store = bench.visit();
  const auto value = ask(bench.loop, store->states().read("tags", "link"));
  REQUIRE_MESSAGE(value, value.error().message);
  CHECK(encode_json(*value) == R"({"id":"t1"})");
  CHECK(ask(bench.loop, store->journal().unfinished())->empty());
  bench.close(std::move(store));
  CHECK((test::content_of(bench.file) == before));
}

TEST_CASE("a file that is there and empty is an empty store") {
  StoreBench bench;
  test::write_file(bench.file, "");
  auto reader = bench.look();
  const auto unfinished = ask(bench.loop, reader->journal().unfinished());
  REQUIRE_MESSAGE(unfinished, unfinished.error().message);
  CHECK(unfinished->empty());
  bench.close(std::move(reader));
  bench.close(bench.serve());
}

TEST_CASE("a file that is no store, of another program or of a newer version is refused with what it is") {
  StoreBench bench;
  std::string expected;
  SUBCASE("no database") {
    test::write_file(bench.file, "this is no database, and it is long enough to be looked at closely");
    expected = " is no store of Millrace: it is not an SQLite file, or it is damaged";
  }
  SUBCASE("another program's") {
    with_sqlite(bench.file, "CREATE TABLE bookmarks(url TEXT); INSERT INTO bookmarks VALUES('x')");
    expected = " is an SQLite file of another program; give Millrace a file of its own";
  }
  SUBCASE("a newer version's") {
    bench.close(bench.serve());
    with_sqlite(bench.file, "PRAGMA user_version = 999");
    expected =
        " was written by a newer version of Millrace (its layout is 999, this program knows 4): use that version, or "
        "restore a backup";
  }
  const std::string before = test::content_of(bench.file);
  const auto service = bench.try_open(StoreOptions::Role::service);
  REQUIRE_FALSE(service);
  CHECK(service.error().code == ErrorCode::invalid);
  CHECK(service.error().message == bench.file.string() + expected);
  for (const auto role : {StoreOptions::Role::guest, StoreOptions::Role::reader}) {
    auto store = bench.open(role);
    CHECK(ask(bench.loop, store->states().read("tags", "link")).error().message == bench.file.string() + expected);
    if (role == StoreOptions::Role::guest)
      CHECK(ask(bench.loop, store->states().write("tags", "link", 1)).error().message ==
            bench.file.string() + expected);
    bench.close(std::move(store));
  }
  CHECK((test::content_of(bench.file) == before));
}

}  // namespace millrace
