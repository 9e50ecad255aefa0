#include "journal/state_store.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "ask.hpp"
#include "temporary_folder.hpp"
#include "value/json.hpp"

namespace millrace {

namespace {

using test::ask;

Value json(const char* text) { return *parse_json(text); }

/// What every store does alike.
void keeps_values(Loop& loop, StateStore& store) {
  CHECK(ask(loop, store.read("tags", "absent"))->is_null());

  CHECK(ask(loop, store.write("tags", "link", json(R"({"id":"t1","n":[1,2.5,null]})"))));
  CHECK(encode_json(*ask(loop, store.read("tags", "link"))) == R"({"id":"t1","n":[1,2.5,null]})");
  CHECK(ask(loop, store.read("statistics", "link"))->is_null());

  CHECK(ask(loop, store.write("tags", "link", "second")));
  CHECK(ask(loop, store.read("tags", "link"))->text() == "second");

  CHECK(ask(loop, store.write("tags", "", Value::List{})));
  CHECK(encode_json(*ask(loop, store.read("tags", ""))) == "[]");

  CHECK(ask(loop, store.write("tags", "link", Value())));
  CHECK(ask(loop, store.read("tags", "link"))->is_null());
}

Task<void> write_one(StateStore& store, int number, int& failures) {
  const std::string key = std::to_string(number);
  const Value value(number);
  const auto written = co_await store.write("many", key, value);
  if (!written) ++failures;
}

Task<void> write_many(Loop& loop, StateStore& store, int count, int& failures) {
  Scope scope(loop);
  for (int number = 0; number < count; ++number) scope.spawn(write_one(store, number, failures));
  co_await scope.done();
}

}  // namespace

TEST_CASE("a store gives back what was written last, by plugin and key") {
  const test::TemporaryFolder folder;
  Loop loop;
  SUBCASE("in memory") { keeps_values(loop, *open_memory_state_store()); }
  SUBCASE("on disk") { keeps_values(loop, *open_sqlite_state_store(loop, folder.path() / "state" / "millrace.db")); }
  SUBCASE("laid over another") {
    const auto below = open_memory_state_store();
    keeps_values(loop, *overlay_state_store(*below));
  }
}

TEST_CASE("reading makes no file, the first write makes it for its owner only") {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "state" / "millrace.db";
  Loop loop;
  const auto store = open_sqlite_state_store(loop, path);
  CHECK(ask(loop, store->read("tags", "link"))->is_null());
  CHECK_FALSE(std::filesystem::exists(folder.path() / "state"));

  CHECK(ask(loop, store->write("tags", "link", true)));
  const auto others = std::filesystem::perms::group_all | std::filesystem::perms::others_all;
  CHECK((std::filesystem::status(path).permissions() & others) == std::filesystem::perms::none);
}

TEST_CASE("what was written is there for the next process, and for one beside it") {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "millrace.db";
  Loop loop;
  const auto first = open_sqlite_state_store(loop, path);
  CHECK(ask(loop, first->write("tags", "link", "kept")));
  const auto second = open_sqlite_state_store(loop, path);
  CHECK(ask(loop, second->read("tags", "link"))->text() == "kept");
  CHECK(ask(loop, second->write("tags", "link", "changed")));
  CHECK(ask(loop, first->read("tags", "link"))->text() == "changed");
}

TEST_CASE("writes of many tasks at once all arrive") {
  const test::TemporaryFolder folder;
  Loop loop(4);
  const auto store = open_sqlite_state_store(loop, folder.path() / "millrace.db");
  int failures = 0;
  ask(loop, write_many(loop, *store, 40, failures));
  CHECK(failures == 0);
  for (int number = 0; number < 40; ++number) {
    CHECK(ask(loop, store->read("many", std::to_string(number)))->integer() == number);
  }
}

TEST_CASE("a plan's writes do not reach the store below, and its unknowns come back unknown") {
  Loop loop;
  const auto below = open_memory_state_store();
  CHECK(ask(loop, below->write("tags", "link", "real")));
  const auto plan = overlay_state_store(*below);
  CHECK(ask(loop, plan->read("tags", "link"))->text() == "real");

  const Value planned = Value::object({{"id", Value::unknown("the id of tag vip")}});
  CHECK(ask(loop, plan->write("tags", "link", planned)));
  CHECK(ask(loop, plan->read("tags", "link"))->find("id")->unknown_what() == "the id of tag vip");
  CHECK(ask(loop, below->read("tags", "link"))->text() == "real");
}

TEST_CASE("an unknown is never written for real") {
  const test::TemporaryFolder folder;
  Loop loop;
  const auto store = open_sqlite_state_store(loop, folder.path() / "millrace.db");
  const auto written = ask(loop, store->write("tags", "link", Value::unknown("the id of tag vip")));
  CHECK(written.error().code == ErrorCode::invalid);
}

TEST_CASE("a store that cannot be opened says which and why") {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "millrace.db";
  std::ofstream(path) << "this is no database, and it is long enough to be looked at closely";
  Loop loop;
  const auto store = open_sqlite_state_store(loop, path);
  CHECK(ask(loop, store->read("tags", "link")).error().message ==
        "cannot open the store " + path.string() + ": file is not a database");
}

}  // namespace millrace
