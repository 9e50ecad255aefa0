#include "prose/condition_parts.hpp"

#include <doctest/doctest.h>

#include "prose_bench.hpp"

using namespace millrace;
using test::parsed;
using Texts = std::vector<std::string>;

TEST_SUITE_BEGIN("prose");

namespace {

Bindings tag(std::int64_t usage, const std::string& name) {
  Bindings names;
  names.set("tag", Value::object({{"usage", usage}, {"name", name}}));
  return names;
}

}  // namespace

TEST_CASE("each part of a condition is told with its value and what it saw") {
  CHECK(told_parts(parsed("tag.usage == 3 && tag.name.startsWith(\"tmp-\")"), tag(3, "vip")) ==
        Texts{"tag.usage == 3 is true, because tag.usage is 3",
              "tag.name.startsWith(\"tmp-\") is false, because tag.name is \"vip\""});
}

TEST_CASE("what stands behind the part that decides is not evaluated, and said to be so") {
  CHECK(told_parts(parsed("tag.usage == 0 && (tag.name == 'a' || !tag.x)"), tag(3, "vip")) ==
        Texts{"tag.usage == 0 is false, because tag.usage is 3", "tag.name == 'a' is not evaluated",
              "!tag.x is not evaluated"});
  CHECK(told_parts(parsed("tag.usage == 3 || tag.gone"), tag(3, "vip")) ==
        Texts{"tag.usage == 3 is true, because tag.usage is 3", "tag.gone is not evaluated"});
}

TEST_CASE("a part that fails leaves it to the other ones, as evaluation does") {
  const auto told = told_parts(parsed("tag.gone && tag.usage == 0"), tag(3, "vip"));
  REQUIRE(told.size() == 2);
  CHECK(told[0].starts_with("tag.gone cannot be evaluated (there is no \"gone\" in it"));
  CHECK(told[1] == "tag.usage == 0 is false, because tag.usage is 3");
}

TEST_CASE("of a choice the way is told that was not taken") {
  CHECK(told_parts(parsed("tag.usage > 2 ? tag.name == 'vip' : tag.usage == 0"), tag(3, "vip")) ==
        Texts{"tag.usage > 2 is true, because tag.usage is 3", "tag.name == 'vip' is true, because tag.name is \"vip\"",
              "tag.usage == 0 is not evaluated"});
  CHECK(told_parts(parsed("!(tag.usage == 0 || tag.usage == 1)"), tag(1, "vip")) ==
        Texts{"tag.usage == 0 is false, because tag.usage is 1", "tag.usage == 1 is true, because tag.usage is 1"});
}

TEST_CASE("what a plan cannot know is said to be unknown, and long values are cut") {
  Bindings names;
  names.set("tag", Value::object({{"id", Value::unknown("the id of tag vip")}, {"name", std::string(1000, 'x')}}));
  const auto told = told_parts(parsed("tag.id == 'a' && tag.name == 'b'"), names);
  REQUIRE(told.size() == 2);
  CHECK(told[0].starts_with("tag.id == 'a' is not known before the run"));
  CHECK(told[1].size() < 250);
}

TEST_CASE("of a condition that is asked of each item it is told how often each part decided") {
  Value::List items;
  for (const std::int64_t usage : {0, 0, 3, 5}) items.push_back(Value::object({{"usage", usage}, {"old", usage == 0}}));
  items.push_back(Value::object({{"usage", std::int64_t{0}}}));
  CHECK(counted_parts(parsed("item.usage == 0 && item.old"), "item", items, Bindings()) ==
        Texts{"item.usage == 0 && item.old is true for 2 of 5", "item.usage == 0 is true for 3 and false for 2",
              "item.old is true for 2 and false for 0, not evaluated for 2, cannot be evaluated for 1"});
  CHECK(counted_parts(parsed("item.usage"), "item", items, Bindings()).empty());
  CHECK(counted_parts(parsed("item.usage == 0"), "item", items, Bindings()) ==
        Texts{"item.usage == 0 is true for 3 of 5"});
}
