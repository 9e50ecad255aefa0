#include "value/value.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <thread>

namespace millrace {

TEST_CASE("a value remembers its kind and content through copies and moves") {
  Value text = "hello, a text too long for the small buffer";
  const Value copy = text;
  Value moved = std::move(text);
  CHECK(copy == moved);
  CHECK(copy.text() == "hello, a text too long for the small buffer");
  moved = 7;
  CHECK(moved.integer() == 7);
  const Value& itself = moved;
  moved = itself;
  CHECK(moved.integer() == 7);
  CHECK(Value().is_null());
  CHECK(Value(true).is_true());
  CHECK(Value(std::string_view("x")).is_text());
  CHECK(Value(1u).is(Kind::unsigned_integer));
  CHECK(Value(Timestamp{-1, 999}).timestamp() == Timestamp{-1, 999});
  CHECK(Value(Duration(5)).duration() == Duration(5));
  CHECK(Value::type("int").type_name() == "int");
  CHECK(Value::bytes("\xff").bytes() == "\xff");
  CHECK(sizeof(Value) == 16);
}

TEST_CASE("a value outlives the list that held it") {
  Value inner;
  {
    const Value list = Value::List{"first", Value::List{"second"}};
    inner = list.list()[1];
  }
  CHECK(inner == Value(Value::List{"second"}));
}

TEST_CASE("numbers are equal across their types, as CEL has it") {
  CHECK(Value(1) == Value(1u));
  CHECK(Value(1) == Value(1.0));
  CHECK(Value(1u) == Value(1.0));
  CHECK_FALSE(Value(-1) == Value(std::numeric_limits<std::uint64_t>::max()));
  CHECK_FALSE(Value(1) == Value(1.5));
  CHECK_FALSE(Value(1) == Value(true));
  CHECK_FALSE(Value(1) == Value("1"));
  CHECK_FALSE(Value(std::nan("")) == Value(std::nan("")));
  CHECK(Value(0.0) == Value(-0.0));
  CHECK(Value::List{1, 2.0} == Value::List{1u, 2});
}

TEST_CASE("text, bytes and types are never equal to each other") {
  CHECK_FALSE(Value("int") == Value::type("int"));
  CHECK_FALSE(Value("int") == Value::bytes("int"));
}

TEST_CASE("optionals are equal when both are empty or hold equal values") {
  CHECK(Value::no_optional() == Value::no_optional());
  CHECK(Value::optional(1) == Value::optional(1.0));
  CHECK_FALSE(Value::optional(nullptr) == Value::no_optional());
  CHECK(Value::no_optional().optional_value() == nullptr);
}

TEST_CASE("maps are equal in any order") {
  CHECK(Value::object({{"a", 1}, {"b", 2}}) == Value::object({{"b", 2u}, {"a", 1}}));
  CHECK_FALSE(Value::object({{"a", 1}}) == Value::object({{"a", 1}, {"b", 2}}));
  CHECK_FALSE(Value::object({{"a", 1}}) == Value::object({{"b", 1}}));
}

TEST_CASE("a map keeps the order of insertion and finds equal keys, small or large") {
  for (const int size : {3, 8, 9, 1000}) {
    CAPTURE(size);
    Map map;
    for (int key = 0; key < size; ++key) {
      map.set(key, key * 10);
      map.set("k" + std::to_string(key), key);
    }
    map.set(1u, "replaced");
    map.set(true, "yes");
    CHECK(map.size() == static_cast<std::size_t>(size) * 2 + 1);
    CHECK(map.begin()->first == Value(0));
    CHECK((map.begin() + 2)->second == Value("replaced"));
    CHECK(*map.find(Value(2u)) == Value(20));
    CHECK(*map.find(Value(2.0)) == Value(20));
    CHECK(map.find(Value(2.5)) == nullptr);
    CHECK(map.find(Value(-1)) == nullptr);
    CHECK(map.find(Value(false)) == nullptr);
    CHECK(*map.find(Value(true)) == Value("yes"));
    CHECK(*map.find("k2") == Value(2));
    CHECK(map.find("k") == nullptr);
  }
}

TEST_CASE("an erased key is gone and the others keep their order") {
  Map map;
  for (int key = 0; key < 10; ++key) map.set(std::to_string(key), key);
  map.erase("0");
  map.erase("5");
  map.erase("none");
  CHECK(map.size() == 8);
  CHECK(map.find("5") == nullptr);
  CHECK(*map.find("9") == Value(9));
  CHECK(map.begin()->first == Value("1"));
  map.set("5", "again");
  CHECK((map.end() - 1)->second == Value("again"));
}

TEST_CASE("keys near the limits of numbers do not collide by rounding") {
  Map map;
  map.set(std::numeric_limits<std::int64_t>::max(), "int");
  CHECK(map.find(Value(0x1p63)) == nullptr);
  CHECK(map.find(Value(std::nan(""))) == nullptr);
  CHECK(map.find(Value(std::numeric_limits<std::uint64_t>::max())) == nullptr);
  map.set(std::uint64_t{1} << 63, "uint");
  CHECK(*map.find(Value(0x1p63)) == Value("uint"));
}

TEST_CASE("members are found by name, and what is no map has none") {
  const Value tag = Value::object({{"name", "vip"}, {"usage", 3}});
  CHECK(tag.find("usage")->integer() == 3);
  CHECK(tag.find("nmae") == nullptr);
  CHECK(Value(1).find("name") == nullptr);
  CHECK(tag.text_or("name") == "vip");
  CHECK(tag.text_or("usage", "none") == "none");
}

TEST_CASE("an unknown is seen through everything that contains it") {
  const Value unknown = Value::unknown("the id of tag vip");
  CHECK(unknown.unknown_what() == "the id of tag vip");
  CHECK(unknown.contains_unknown());
  CHECK(Value(Value::List{1, Value::object({{"id", Value::optional(unknown)}})}).contains_unknown());
  CHECK_FALSE(Value(Value::List{1, Value::object({{"id", 2}})}).contains_unknown());
  CHECK_FALSE(Value::no_optional().contains_unknown());
}

TEST_CASE("the weight of a value counts what it shares as often as it would be written") {
  Value list = Value::List{1, 2, 3};
  CHECK(list.weight() == 4);
  for (int level = 0; level < 40; ++level) list = Value::List{list, list, list};
  CHECK(list.weight() == (1u << 31) - 1);
  CHECK(Value(std::string(6400, 'x')).weight() == 101);
  CHECK(Value::object({{"a", Value::optional(1)}}).weight() == 4);
}

TEST_CASE("a shared value may be copied and dropped by several threads at once") {
  const Value shared = Value::List{"a text that lives on the heap, as it is long", 2};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&shared] {
      for (int round = 0; round < 10'000; ++round) {
        const Value mine = shared;
        const Value text = mine.list()[0];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(shared.list()[0].text().size() == 44);
}

}  // namespace millrace
