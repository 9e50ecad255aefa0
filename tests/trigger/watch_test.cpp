#include <doctest/doctest.h>

#include "trigger/trigger_bench.hpp"
#include "trigger/watch.hpp"
#include "value/json.hpp"

using namespace millrace;

namespace {

const TriggerSpec& watching() {
  static const TriggerSpec spec = test::trigger_of("{watch: crm.tags.list, key: item.id, every: 15m}");
  return spec;
}

/// The changes as JSON, or the error.
std::string told(const std::string& output, const Value& checkpoint) {
  const auto watched = compare_watched(watching(), *parse_json(output), checkpoint, "it");
  if (!watched) return watched.error().message;
  std::string text;
  for (const WatchedChange& change : watched->changes) text += encode_json(change.event) + "\n";
  return text;
}

Value checkpoint_of(const std::string& output) {
  const auto watched = compare_watched(watching(), *parse_json(output), Value(), "it");
  REQUIRE(watched);
  CHECK(watched->changes.empty());
  return *parse_json(encode_json(watched->checkpoint));  // as a state is kept
}

}  // namespace

TEST_SUITE_BEGIN("trigger");

TEST_CASE("the first reading only remembers; the next tells what was added, changed and removed") {
  const Value before = checkpoint_of(R"({"tags":[{"id":"a","n":1},{"id":"b","n":1},{"id":"c","n":1}],"total":3})");
  CHECK(told(R"({"tags":[{"id":"d"},{"n":1,"id":"a"},{"id":"b","n":2}]})", before) ==
        R"({"change":"added","key":"d","item":{"id":"d"},"before":null})"
        "\n"
        R"({"change":"changed","key":"b","item":{"id":"b","n":2},"before":{"id":"b","n":1}})"
        "\n"
        R"({"change":"removed","key":"c","item":{"id":"c","n":1},"before":{"id":"c","n":1}})"
        "\n");
}

TEST_CASE("a checkpoint is of one list with its inputs, its key and its address, and an old one of any") {
  const auto thing = [](const std::string& trigger, const char* address = "crm https://crm.test") {
    return watched_thing(test::trigger_of(trigger), address);
  };
  const std::string it = thing("{watch: crm.tags.list, key: item.id, every: 15m}");
  const Value kept = compare_watched(watching(), *parse_json("[]"), Value(), it)->checkpoint;
  CHECK(is_of(kept, it));
  CHECK(is_of(Value(), it));
  CHECK(is_of(*parse_json(R"({"items": {}})"), it));
  CHECK(is_of(kept, thing("{watch: crm.tags.list, key: item.id, every: 1h, if: event.change == 'added'}")));
  for (const char* other :
       {"{watch: crm.contacts.list, key: item.id, every: 15m}", "{watch: crm.tags.list, key: item.name, every: 15m}",
        "{watch: crm.tags.list, key: item.id, every: 15m, with: {page: 2}}"})
    CHECK_FALSE(is_of(kept, thing(other)));
  CHECK_FALSE(is_of(kept, thing("{watch: crm.tags.list, key: item.id, every: 15m}", "crm https://crm.example")));
}

TEST_CASE("a list that begins empty is remembered, too") {
  const Value before = checkpoint_of("[]");
  CHECK(told(R"([{"id":"a"}])", before) == R"({"change":"added","key":"a","item":{"id":"a"},"before":null})"
                                           "\n");
}

TEST_CASE("a time is the same after it was kept as text") {
  const auto output = [](Timestamp time) {
    return Value(Value::List{Value::object({{"id", "a"}, {"at", time}}), Value::object({{"id", "b"}, {"at", time}})});
  };
  const auto first = compare_watched(watching(), output({100, 0}), Value(), "it");
  REQUIRE(first);
  const Value kept = *parse_json(encode_json(first->checkpoint));
  CHECK(compare_watched(watching(), output({100, 0}), kept, "it")->changes.empty());
  CHECK(compare_watched(watching(), output({101, 0}), kept, "it")->changes.size() == 2);
}

TEST_CASE("a reading that cannot be trusted tells nothing") {
  const Value before = checkpoint_of(R"([{"id":"a"},{"id":"b"}])");
  CHECK(told("[]", before) ==
        "the list is empty all at once, and held 2 items: this is taken for a fault of the far side, not for their "
        "removal");
  CHECK(told(R"([{"id":"a"},{"id":"a"}])", before) == "two items have the key \"a\"");
  CHECK(told(R"([{"id":"a"},{"name":"b"}])", before).starts_with("key of item 2: "));
  CHECK(told(R"([{"id":""}])", before) == "key of item 1 is empty");
  CHECK(told(R"([{"id":{}}])", before).starts_with("key of item 1: "));
  CHECK(told(R"({"total":3})", before) == "the result holds no list that could be watched");
  CHECK(told(R"({"a":[],"b":[]})", before) ==
        "the result holds several lists, so it is not clear which one is watched");
  CHECK(told("[]", checkpoint_of(R"([{"id":"a"}])")).starts_with(R"({"change":"removed","key":"a")"));
}

TEST_SUITE_END();
