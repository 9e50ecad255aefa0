#include "prose/expression_words.hpp"

#include <doctest/doctest.h>

#include <chrono>

#include "prose_bench.hpp"

using namespace millrace;
using test::parsed;

TEST_SUITE_BEGIN("prose");

namespace {

std::string condition(const std::string& text, const Surroundings& around = {}) {
  return condition_words(parsed(text), around);
}

std::string value(const std::string& text, const Surroundings& around = {}) { return words_of(parsed(text), around); }

bool same(const std::string& one, const std::string& other) {
  return meaning_of(parsed(one)) == meaning_of(parsed(other));
}

const Surroundings in_a_loop = {{"tag"}};

}  // namespace

TEST_CASE("a condition about the item of a loop speaks of what is its own") {
  CHECK(condition("tag.usage == 0 && tag.name.startsWith(\"tmp-\")", in_a_loop) ==
        "its usage is 0 and its name begins with \"tmp-\"");
  CHECK(condition("tag.usage == 0 && event.all", in_a_loop) == "the tag's usage is 0 and the event's all is true");
  CHECK(condition("tag.seen < days_ago(90) || tag.seen == null", in_a_loop) ==
        "its seen is before 90 days ago or its seen has no value");
  CHECK(condition("tag.size > vars.least", in_a_loop) == "its size is above the variable least");
}

TEST_CASE("a condition names where its values come from") {
  CHECK(condition("event.change != 'removed'") == "the event's change is not \"removed\"");
  CHECK(condition("run.location in [\"a\", \"b\", \"c\"]") == "the run's location is one of \"a\", \"b\" or \"c\"");
  CHECK(condition("'promoter' in found.contacts[0].tags") == "\"promoter\" is in the contacts[0].tags of found");
  CHECK(condition("asked.first") == "the first of asked is true");
  CHECK(condition("today.date >= \"2026-01-01\"") == "today's date is at least \"2026-01-01\"");
  CHECK(condition("delivery.headers.host.matches('x+')") == "the delivery's headers.host matches the pattern \"x+\"");
  CHECK(condition("has(event.tag)") == "the event's tag is there");
  CHECK(condition("event.?a.hasValue()") == "the event's a is there");
  CHECK(condition("event.at > timestamp(event.since)") == "the event's at is after the event's since");
}

TEST_CASE("a condition that is turned round says the opposite") {
  CHECK(condition("!event.dnd") == "the event's dnd is false");
  CHECK(condition("!!event.dnd") == "the event's dnd is true");
  CHECK(condition("!(event.a == 1 && event.b < 2)") == "the event's a is not 1 or the event's b is at least 2");
  CHECK(condition("!(event.a in [1, 2])") == "the event's a is none of 1 or 2");
  CHECK(condition("!event.name.contains('x')") == "the event's name does not contain \"x\"");
  CHECK(condition("!has(event.tag)") == "the event's tag is not there");
  CHECK(condition("!(size(event.tags) == 0)") == "something is in the event's tags");
}

TEST_CASE("sizes of nothing and of something are said so") {
  CHECK(condition("size(same.items) == 0") == "nothing is in the items of same");
  CHECK(condition("size(same.items) > 0") == "something is in the items of same");
  CHECK(condition("same.items.size() >= 1") == "something is in the items of same");
  CHECK(condition("size(same.items) < 5") == "the size of the items of same is below 5");
}

TEST_CASE("a value that may not be there is said to be so") {
  CHECK(condition("event.?date_added.orValue(null) != null") == "the event's date_added has a value");
  CHECK(condition("known.?contact.?dnd.orValue(null) == false") ==
        "the contact.dnd of known (where there is one) is false");
  CHECK(condition("event.?kind.orValue(\"x\") == \"y\"") == "the event's kind (or else \"x\") is \"y\"");
}

TEST_CASE("and and or stand in brackets where they are mixed") {
  CHECK(condition("event.a && (event.b || event.c)") ==
        "the event's a is true and (the event's b is true or the event's c is true)");
  CHECK(condition("event.a && event.b || event.c") ==
        "(the event's a is true and the event's b is true) or the event's c is true");
}

TEST_CASE("what has no words stands as it is written, and only that part") {
  CHECK(condition("event.a == 1 && event.list.exists(x, x > 2)") ==
        "the event's a is 1 and \"event.list.exists(x, x > 2)\"");
  CHECK(condition("!event.list.exists(x, x > 2)") == "not \"event.list.exists(x, x > 2)\"");
  CHECK(condition("size(a.results) + size(b.results) > 0") == "\"size(a.results) + size(b.results) > 0\"");
  CHECK(condition("(event.a + 1) * 2 == 4 || event.b") == "\"(event.a + 1) * 2 == 4\" or the event's b is true");
  CHECK(value("archived.results + deleted.results") == "\"archived.results + deleted.results\"");
  CHECK(value("event.a ? 1 : 2") == "\"event.a ? 1 : 2\"");
  CHECK(value("event.list.map(x, x.y)[0].z") == "\"event.list.map(x, x.y)[0].z\"");
}

TEST_CASE("an expression that is no condition is the value that it gives") {
  CHECK(value("all_tags.items") == "the items of all_tags");
  CHECK(value("found") == "the result of found");
  CHECK(value("vars.keep") == "the variable keep");
  CHECK(value("event") == "the event");
  CHECK(value("item.name", {{"item"}}) == "its name");
  CHECK(value("item", {{"item"}}) == "it");
  CHECK(value("size(tags.tags)") == "the size of the tags of tags");
  CHECK(value("days_ago(90)") == "90 days ago");
  CHECK(value("item.a == 1 && item.b", {{"item"}}) == "its a is 1 and its b is true");
}

TEST_CASE("values that are written out read as people write them") {
  CHECK(words_of(Value("vip")) == "\"vip\"");
  CHECK(words_of(Value("secret:ops")) == "the secret ops");
  CHECK(words_of(Value()) == "nothing");
  CHECK(words_of(Value(Value::List{Value("a"), Value(std::int64_t{2}), Value(true)})) == "\"a\", 2 and true");
  CHECK(words_of(Value(Value::List())) == "an empty list");
  CHECK(words_of(std::chrono::hours(24 * 90)) == "90 days");
  CHECK(words_of(std::chrono::minutes(90)) == "1 hour and 30 minutes");
  CHECK(words_of(std::chrono::milliseconds(1500)) == "1.5s");
  CHECK(words_of(Value(std::string(500, 'x'))).ends_with("... (500 characters in all)"));
}

TEST_CASE("how an expression is laid out plays no part in its meaning") {
  CHECK(same("tag.usage==0&&tag.name.startsWith('tmp-')", "tag.usage == 0 &&\n  (tag.name.startsWith(\"tmp-\"))"));
  CHECK(same("a + 2 * 3", "a + 6"));
  CHECK(same("list.filter(x, x > 1)", "list.filter(y, y > 1)"));
  CHECK(same("(a && b) && c", "a && b && c") == same("a && b && c", "(a && b) && c"));
  CHECK_FALSE(same("a < 60", "a < 90"));
  CHECK_FALSE(same("a < 60", "a <= 60"));
  CHECK_FALSE(same("a == b", "a != b"));
  CHECK_FALSE(same("a + b", "a - b"));
  CHECK_FALSE(same("f(a)", "g(a)"));
  CHECK_FALSE(same("[a, ?b]", "[a, b]"));
  CHECK_FALSE(same("a == 1", "a == 1.0"));
  CHECK_FALSE(same("a == \"1\"", "a == 1"));
  CHECK_FALSE(same("a && b", "a || b"));
  CHECK_FALSE(same("a.b", "a.?b"));
  CHECK_FALSE(same("a.b", "a.c"));
  CHECK_FALSE(same("x.all(i, i)", "x.exists(i, i)"));
  CHECK_FALSE(same("event.a", "event.b"));
}
