#include "expr/expression.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

#include "base/text.hpp"
#include "expr/evaluate.hpp"
#include "expr/find_text.hpp"
#include "value/json.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

Expression parsed(std::string_view text) {
  auto result = Expression::parse(text);
  REQUIRE(std::holds_alternative<Expression>(result));
  return std::get<Expression>(std::move(result));
}

ExpressionError refused(std::string_view text) {
  auto result = Expression::parse(text);
  REQUIRE(std::holds_alternative<ExpressionError>(result));
  return std::get<ExpressionError>(std::move(result));
}

std::string repeated(std::string_view text, int times) {
  std::string result;
  for (; times > 0; --times) result += text;
  return result;
}

}  // namespace

TEST_CASE("a syntax error names its place and what should stand there") {
  const auto error = refused("item.usage = 0");
  CHECK(error.offset == 11);
  CHECK(error.length == 1);
  CHECK(error.suggestion == "==");
  CHECK(refused("a and b").suggestion == "&&");
  CHECK(refused("1 + * 2").offset == 4);
  CHECK(refused("'open").offset == 0);
}

TEST_CASE("another language is told from what somebody typed, and not from what nobody types") {
  const std::string said = "one way or another is written with ? and :, did you mean";
  std::string text = "a";
  for (int i = 0; i < 30; ++i) text += " if b";
  CHECK(refused(text + " else c").message.starts_with(said));
  for (int i = 0; i < 500; ++i) text += " if b";
  CHECK_FALSE(refused(text + " else c").message.starts_with(said));
  CHECK(refused(text + " else c").suggestion.empty());
}

TEST_CASE("who asks only whether a text is an expression is given it, or nothing") {
  const auto read = Expression::read("1 + 1");
  REQUIRE(read);
  CHECK(read->evaluate(Bindings())->integer() == 2);
  CHECK_FALSE(Expression::read("1 +"));
}

TEST_CASE("what is nested too deeply is refused, and what is long is not") {
  CHECK(refused(repeated("(", 100'000)).message == "the expression is nested too deeply");
  CHECK(refused(repeated("[", 100'000)).message == "the expression is nested too deeply");
  CHECK(refused(repeated("!-", 100'000) + "1").message == "the expression is nested too deeply");
  CHECK(refused("1" + repeated(" + 1", 100'000)).message == "the expression is longer than 256 KiB");
  CHECK(refused("1" + repeated(" + 1", 20'000)).message == "the expression is nested too deeply");
  CHECK(refused("a" + repeated(".a", 100'000)).message == "the expression is nested too deeply");
  CHECK(refused("a" + repeated("?a:a", 10'000)).message == "the expression is nested too deeply");
  CHECK(refused(repeated("[1].map(x,", 10'000)).message == "the expression is nested too deeply");
  CHECK(parsed("true" + repeated(" && true", 10'000)).evaluate(Bindings())->is_true());
  CHECK(parsed("1" + repeated(" + 1", 500)).evaluate(Bindings())->integer() == 501);
  CHECK(parsed(repeated("(", 90) + "1" + repeated(")", 90)).evaluate(Bindings())->integer() == 1);
}

TEST_CASE("names come from the innermost bindings, and variables of macros hide them") {
  Bindings outer;
  outer.set("x", 1);
  outer.set("y", 2);
  Bindings inner(&outer);
  inner.set("x", 10);
  CHECK(parsed("x + y").evaluate(inner)->integer() == 12);
  CHECK(encode_json(*parsed("[5].map(x, x + y) + [x, .x]").evaluate(inner)) == "[7,10,10]");
  CHECK(encode_json(*parsed("[1, 2].map(a, [10, 20].map(b, a + b))").evaluate(inner)) == "[[11,21],[12,22]]");
  inner.set("x", 20);
  CHECK(parsed("x").evaluate(inner)->integer() == 20);
}

TEST_CASE("the longest qualified name wins, and a container is looked through outwards") {
  Bindings names;
  names.set("a.b.c", "long");
  names.set("a.b", Value::object({{"c", "short"}, {"d", "member"}}));
  names.set("n.m.x", "inner");
  names.set("n.x", "outer");
  names.set("x", "root");
  CHECK(parsed("a.b.c").evaluate(names)->text() == "long");
  CHECK(parsed("a.b.d").evaluate(names)->text() == "member");
  const auto contained = std::get<Expression>(Expression::parse("x + ' ' + .x", "n.m"));
  CHECK(contained.evaluate(names)->text() == "inner root");
}

TEST_CASE("an expression tells which names it takes from outside") {
  const auto expression = parsed("items.filter(t, t.usage < limit && t.at < now) + [limit, .root]");
  CHECK(expression.roots() == std::vector<std::string>{"items", "limit", "now", "root"});
  CHECK(expression.text() == "items.filter(t, t.usage < limit && t.at < now) + [limit, .root]");
}

TEST_CASE("an expression tells the members that it reads, as they are written") {
  const auto expression =
      parsed("event.tag.name == vars.wanted && has(event.at) && items.filter(t, t.usage > 1)[0].id != ''");
  CHECK(expression.paths() == std::vector<std::string>{"event.tag.name", "vars.wanted", "event.at", "items"});
}

TEST_CASE("a cell of a table is empty where a member is not there, and every other mistake stays one") {
  const Value row = Value::object({{"name", "x"}, {"of", Value()}, {"tags", Value(Value::List{})}});
  const auto cell = [&](const char* text) { return parsed(text).evaluate_cell("item", row, Bindings()); };
  CHECK(cell("item.name")->text() == "x");
  CHECK(cell("item.email")->is_null());
  CHECK(cell("item.of.id")->is_null());
  CHECK(cell("item.tags[0]")->is_null());
  CHECK(cell("item.email == null || item.name == 'y'")->is_null());
  CHECK_FALSE(cell("item.name - 1"));
  CHECK_FALSE(cell("nobody.name"));
}

TEST_CASE("a result outlives the bindings and temporary values it came from") {
  Value result;
  {
    Bindings names;
    names.set("item", Value::object({{"deep", Value::object({{"text", "a text that needs the heap to live on"}})}}));
    result = *parsed("[item, item].map(x, {'in': x.deep})[1]['in'].text").evaluate(names);
  }
  CHECK(result.text() == "a text that needs the heap to live on");
}

TEST_CASE("the functions are listed once each, sorted, with how they are used") {
  const auto& entries = function_entries();
  const auto named = [&](std::string_view name) {
    return std::count_if(entries.begin(), entries.end(), [&](const auto& entry) { return entry.name == name; });
  };
  for (const char* name : {"size", "days_ago", "sortBy", "if", "has", "math.abs", "matches", "cel.bind"})
    CHECK(named(name) == 1);
  CHECK(std::is_sorted(entries.begin(), entries.end(),
                       [](const auto& left, const auto& right) { return left.name < right.name; }));
  for (const auto& entry : entries) {
    CAPTURE(entry.name);
    CHECK_FALSE(entry.summary.empty());
    CHECK(entry.signature.find(entry.name.substr(entry.name.rfind('.') + 1)) != std::string::npos);
  }
}

TEST_CASE("every function and macro has an example, and what it says is so") {
  Bindings names;
  names.set("now", *parse_timestamp("2026-06-01T12:00:00Z"));
  for (const FunctionEntry& entry : function_entries()) {
    CAPTURE(entry.name);
    REQUIRE_FALSE(entry.example.empty());
    for (const std::string& line : split(entry.example, '\n')) {
      CAPTURE(line);
      const std::size_t arrow = line.find("  =>  ");
      REQUIRE(arrow != std::string::npos);
      CHECK(line.find(entry.name) != std::string::npos);
      const auto value = parsed("(" + line.substr(0, arrow) + ") == (" + line.substr(arrow + 6) + ")").evaluate(names);
      REQUIRE(value);
      CHECK(value->is_true());
    }
  }
}

TEST_CASE("a name stands for the same throughout an expression, however many there are and whatever hides it") {
  Bindings names;
  std::string sum = "0";
  for (int number = 0; number < 3 * name_limit; ++number) {
    const std::string name = "n" + std::to_string(number % (2 * name_limit));
    names.set(name, 1);
    sum += " + " + name;
  }
  CHECK(*parsed(sum).evaluate(names) == Value(3 * name_limit));
  names.set("x", 5);
  CHECK(parsed("[1, 2].map(x, x + .x) == [6, 7] && x == 5 && .x == 5").evaluate(names)->is_true());
  CHECK(parsed("[1, 2].map(y, [x].map(x, x * y)[0] + x) == [10, 15]").evaluate(names)->is_true());
  CHECK(parsed("[1, 2, 3].filter(y, nothing || y > 1) == [2, 3]").evaluate(names).error().message ==
        "there is nothing called \"nothing\" here");
  CHECK(parsed("[1, 2, 3].exists(y, nothing && y > 1 || y == 3)").evaluate(names)->is_true());
  names.set("int", 7);
  CHECK(parsed("[0, 0].map(y, int) == [7, 7] && type(x) == .double || x == 5").evaluate(names)->is_true());
}

TEST_CASE("texts are found where the standard library finds them") {
  std::uint32_t chance = 1;
  const auto random = [&chance](std::uint32_t below) {
    chance = chance * 1664525 + 1013904223;
    return (chance >> 16) % below;
  };
  const auto text_of = [&random](std::size_t length) {
    std::string text;
    for (std::size_t at = 0; at < length; ++at) text += static_cast<char>('a' + random(2));
    return text;
  };
  for (int round = 0; round < 20'000; ++round) {
    const std::string text = text_of(random(20)), part = text_of(random(6));
    const std::size_t at = random(22);
    REQUIRE(find_text(text, part, at) == text.find(part, at));
    REQUIRE(find_text_last(text, part, at) == text.rfind(part, at));
    REQUIRE(find_text_last(text, part) == text.rfind(part));
  }
}

}  // namespace millrace
