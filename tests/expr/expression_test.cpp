#include "expr/expression.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/text.hpp"
#include "expr/evaluate.hpp"
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

TEST_CASE("an expression that would never end is stopped") {
  const char* message = "this expression takes too long or builds too much, so it was stopped";
  const std::string loop =
      "lists.range(1000).all(a, lists.range(1000).all(b, lists.range(1000).all(c, a + b + c >= 0)))";
  CHECK(parsed(loop).evaluate(Bindings()).error().message == message);
  CHECK(parsed(loop + " || true").evaluate(Bindings()).error().message == message);
  CHECK(parsed("lists.range(9000000000)").evaluate(Bindings()).error().message == message);
  std::string doubling = "'0123456789abcdef'";
  for (int times = 0; times < 40; ++times) doubling = "cel.bind(x, " + doubling + ", x + x)";
  CHECK(parsed(doubling).evaluate(Bindings()).error().message == message);
}

TEST_CASE("a list that shares its parts a million times over is refused, as it could not be written out") {
  std::string nested = "[1, 2, 3, 4, 5, 6, 7, 8, 9, 0]";
  for (int times = 0; times < 12; ++times) nested = "cel.bind(x, " + nested + ", [x, x, x, x, x, x, x, x, x, x])";
  CHECK(parsed(nested).evaluate(Bindings()).error().message == "what this builds is too large");
}

TEST_CASE("comparing large values that share their parts takes from the limit too") {
  Value shared = Value::List{1, 2, 3};
  for (int level = 0; level < 60; ++level) shared = Value::List{shared, shared};
  Value same = Value::List{1, 2, 3};
  for (int level = 0; level < 60; ++level) same = Value::List{same, same};
  Bindings names;
  names.set("a", shared);
  names.set("b", same);
  for (const char* text : {"a == b", "a in [b]", "[a, b].distinct().size() == 1", "[1].groupBy(x, a).size() == 2"}) {
    CAPTURE(text);
    const auto value = parsed(text).evaluate(names);
    CHECK_FALSE(value);
  }
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

TEST_CASE("a text that doubles uses up the budget, whichever function doubles it") {
  const auto doubled = [](const std::string& step) {
    std::string text = "'a& \"'";
    for (int time = 0; time < 40; ++time) text = "cel.bind(x, " + text + ", " + step + ")";
    return text;
  };
  Bindings names;
  names.set("now", *parse_timestamp("2026-06-01T12:00:00Z"));
  for (const std::string step : {"x + x.upper()", "x.lower() + x", "url.encode(x) + x", "json.encode([x, x])",
                                 "now.format(x.replace('%', '') + '%A') + x", "(12345).format(0, x) + x",
                                 "string(json.decode(json.encode(x))) + x.take(1000000000)"}) {
    CAPTURE(step);
    const Expression expression = parsed(doubled(step));
    Budget budget{.steps = 1'000'000, .bytes = 4 * 1024 * 1024};
    const Value* locals[slot_limit];
    Frame frame{.parsed = expression.parsed(), .names = names, .budget = budget, .locals = locals};
    Value scratch;
    CHECK(evaluate(expression.root(), frame, scratch) == nullptr);
    CHECK(frame.exhausted());
  }
}

}  // namespace millrace
