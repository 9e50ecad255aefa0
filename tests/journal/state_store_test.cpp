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

/// How every store counts what somebody keeps.
void counts_bytes(Loop& loop, StateStore& store) {
  const auto size = [&](const char* plugin) { return *ask(loop, store.size(plugin)); };
  CHECK(size("heavy") == 0);
  CHECK(ask(loop, store.write("heavy", "name", "caf\u00e9")));
  CHECK(size("heavy") == 4 + 7);  // in bytes, with the signs around a text
  CHECK(ask(loop, store.write("heavy", "n", 12345)));
  CHECK(ask(loop, store.write("heavier", "n", 1)));
  CHECK(ask(loop, store.write("heav", "n", 1)));
  CHECK(size("heavy") == 4 + 7 + 1 + 5);
  CHECK(ask(loop, store.write("heavy", "name", 1)));
  CHECK(ask(loop, store.write("heavy", "n", Value())));
  CHECK(size("heavy") == 4 + 1);
}

/// How every store swaps.
void swaps_values(Loop& loop, StateStore& store) {
  const auto swap = [&](const char* expected, const char* value) {
    return encode_json(*ask(loop, store.swap("memory", "k", json(expected), json(value))));
  };
  CHECK(swap("1", "2") == R"({"swapped":false,"value":null})");
  CHECK(swap("null", R"({"a":1,"b":[2.5]})") == R"({"swapped":true,"value":{"a":1,"b":[2.5]}})");
  CHECK(swap("null", "2") == R"({"swapped":false,"value":{"a":1,"b":[2.5]}})");
  CHECK(swap(R"({"b":[2.5],"a":1.0})", "null") == R"({"swapped":true,"value":null})");  // the same, written otherwise
  CHECK(swap("null", "3") == R"({"swapped":true,"value":3})");

  std::vector<StateChange> changes = {{"memory", "other", 1, std::nullopt}, {"memory", "k", 4, Value(2)}};
  CHECK(ask(loop, store.write_all(changes)).error().code == ErrorCode::conflict);
  CHECK(ask(loop, store.read("memory", "other"))->is_null());
  changes.back().expected = Value(3);
  CHECK(ask(loop, store.write_all(changes)));
  CHECK(ask(loop, store.read("memory", "k"))->integer() == 4);
  CHECK(ask(loop, store.read("memory", "other"))->integer() == 1);
}

Task<void> count_one(StateStore& store, int& failures) {
  auto held = co_await store.read("many", "count");
  while (held) {
    const Value next(held->is_null() ? 1 : held->integer() + 1);
    const auto swap = co_await store.swap("many", "count", *held, next);
    if (!swap) break;
    if (swap->find("swapped")->is_true()) co_return;
    held = *swap->find("value");
  }
  ++failures;
}

Task<void> count_many(Loop& loop, std::vector<StateStore*> stores, int count, int& failures) {
  Scope scope(loop);
  for (int number = 0; number < count; ++number) {
    for (StateStore* store : stores) scope.spawn(count_one(*store, failures));
  }
  co_await scope.done();
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
    StateOverlay overlay(*below);
    keeps_values(bench.loop, overlay);
  }
}

TEST_CASE("what somebody keeps is counted in bytes, as it is now") {
  StoreBench bench;
  SUBCASE("in memory") { counts_bytes(bench.loop, *open_memory_state_store()); }
  SUBCASE("of a project") {
    auto store = bench.visit();
    counts_bytes(bench.loop, store->states());
    bench.close(std::move(store));
  }
}

TEST_CASE("a swap writes only where the key holds what was expected, and of what is written together all or nothing") {
  StoreBench bench;
  SUBCASE("in memory") { swaps_values(bench.loop, *open_memory_state_store()); }
  SUBCASE("of a project") {
    auto store = bench.visit();
    swaps_values(bench.loop, store->states());
    bench.close(std::move(store));
  }
  SUBCASE("laid over another") {
    const auto below = open_memory_state_store();
    StateOverlay overlay(*below);
    swaps_values(bench.loop, overlay);
  }
}

TEST_CASE("of many who swap at once, in one process and in two, nobody's swap is lost") {
  StoreBench bench;
  auto first = bench.visit(), second = bench.visit();
  int failures = 0;
  ask(bench.loop, count_many(bench.loop, {&first->states(), &second->states()}, 10, failures));
  CHECK(failures == 0);
  CHECK(ask(bench.loop, first->states().read("many", "count"))->integer() == 20);
  bench.close(std::move(first));
  bench.close(std::move(second));
}

TEST_CASE("programs that find no store and make it at the same moment all have it") {
  for (int round = 0; round < 10; ++round) {
    StoreBench bench;
    auto first = bench.visit(), second = bench.visit(), third = bench.visit();
    int failures = 0;
    ask(bench.loop, count_many(bench.loop, {&first->states(), &second->states(), &third->states()}, 10, failures));
    CHECK(failures == 0);
    for (auto* store : {&first, &second, &third}) bench.close(std::move(*store));
  }
}

TEST_CASE("an overlay gives what is to be written below, with what its swaps found there at first") {
  Loop loop;
  const auto below = open_memory_state_store();
  CHECK(ask(loop, below->write("tags", "swapped", 1)));
  StateOverlay overlay(*below);
  const auto lay = [&] {
    CHECK(ask(loop, overlay.swap("tags", "swapped", 1, 2))->find("swapped")->is_true());
    CHECK(ask(loop, overlay.swap("tags", "swapped", 2, 3))->find("swapped")->is_true());
    CHECK(ask(loop, overlay.write("tags", "both", "record")));
    CHECK(ask(loop, overlay.swap("tags", "both", "record", "swap"))->find("swapped")->is_true());
  };
  const auto told = [](const std::vector<StateChange>& changes) {
    std::string text;
    for (const StateChange& change : changes) {
      text += change.key + " " + encode_json(change.value);
      text += (change.expected ? " for " + encode_json(*change.expected) : "") + "; ";
    }
    return text;
  };
  lay();
  CHECK(told(overlay.take()) == R"(both "swap"; swapped 3 for 1; )");
  CHECK(overlay.take().empty());
  lay();
  CHECK(ask(loop, overlay.write("tags", "plain", 7)));
  CHECK(told(overlay.take_written()) == R"(both "record"; plain 7; )");
  CHECK(overlay.take_written().empty());
  CHECK(ask(loop, overlay.read("tags", "both"))->text() == "swap");
  CHECK(told(overlay.take()) == R"(both "swap" for "record"; swapped 3 for 1; )");
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
  StateOverlay plan(*below);
  CHECK(ask(loop, plan.read("tags", "link"))->text() == "real");

  const Value planned = Value::object({{"id", Value::unknown("the id of tag vip")}});
  CHECK(ask(loop, plan.write("tags", "link", planned)));
  CHECK(ask(loop, plan.read("tags", "link"))->find("id")->unknown_what() == "the id of tag vip");
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
