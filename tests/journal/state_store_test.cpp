#include "journal/state_store.hpp"

#include <doctest/doctest.h>

#include "journal/store_bench.hpp"
#include "value/json.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

using test::ask;
using test::StoreBench;

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

  CHECK(ask(loop, store.write("tags", "at", test::morning)));
  CHECK(ask(loop, store.read("tags", "at"))->text() == render(test::morning));

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

TEST_CASE("a store of states gives back what was written last, by plugin and key") {
  StoreBench bench;
  SUBCASE("in memory") { keeps_values(bench.loop, *open_memory_state_store()); }
  SUBCASE("of a project") {
    auto store = bench.visit();
    keeps_values(bench.loop, store->states());
    bench.close(std::move(store));
  }
  SUBCASE("laid over another") {
    const auto below = open_memory_state_store();
    keeps_values(bench.loop, *overlay_state_store(*below));
  }
}

TEST_CASE("states are there for the next process, and for one beside it") {
  StoreBench bench;
  auto first = bench.visit(), second = bench.visit();
  CHECK(ask(bench.loop, first->states().write("tags", "link", "kept")));
  CHECK(ask(bench.loop, second->states().read("tags", "link"))->text() == "kept");
  CHECK(ask(bench.loop, second->states().write("tags", "link", "changed")));
  CHECK(ask(bench.loop, first->states().read("tags", "link"))->text() == "changed");
  bench.close(std::move(first));
  bench.close(std::move(second));
  auto third = bench.visit();
  CHECK(ask(bench.loop, third->states().read("tags", "link"))->text() == "changed");
  bench.close(std::move(third));
}

TEST_CASE("states written by many tasks at once all arrive") {
  StoreBench bench;
  auto store = bench.visit();
  int failures = 0;
  ask(bench.loop, write_many(bench.loop, store->states(), 40, failures));
  CHECK(failures == 0);
  for (int number = 0; number < 40; ++number)
    CHECK(ask(bench.loop, store->states().read("many", std::to_string(number)))->integer() == number);
  bench.close(std::move(store));
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
  StoreBench bench;
  auto store = bench.visit();
  const auto written = ask(bench.loop, store->states().write("tags", "link", Value::unknown("the id of tag vip")));
  CHECK(written.error().code == ErrorCode::invalid);
  CHECK_FALSE(std::filesystem::exists(bench.file));
  bench.close(std::move(store));
}

}  // namespace millrace
