#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "expr/evaluate.hpp"
#include "expr/expression.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

Expression read_as_expression(std::string_view text) {
  auto result = Expression::read(text);
  REQUIRE(result);
  return std::move(*result);
}

std::string many(std::string_view text, int times) {
  std::string result;
  for (; times > 0; --times) result += text;
  return result;
}

/// How many steps an evaluation takes; nothing where it was stopped.
std::optional<std::int64_t> steps_of(const std::string& text, const Bindings& names, EvaluationBudget budget = {}) {
  const Expression expression = read_as_expression(text);
  const std::int64_t given = budget.steps;
  Slots slots;
  Frame frame{.parsed = expression.parsed(), .names = names, .budget = budget, .slots = slots.values};
  Value scratch;
  evaluate_root(frame, scratch);
  return frame.exhausted() ? std::nullopt : std::optional(given - budget.steps);
}

Bindings two_texts(std::string a, std::string b) {
  Bindings names;
  names.set("a", std::move(a));
  names.set("b", std::move(b));
  return names;
}

}  // namespace

TEST_CASE("whatever looks at a text takes from the limit by its bytes") {
  const std::size_t large = 1 << 20;
  const Bindings little = two_texts("xxx", "y");
  const Bindings much = two_texts(std::string(large, 'x'), "y");
  for (const char* text : {"a.contains(b)",
                           "a.startsWith(a)",
                           "a.endsWith(b)",
                           "a.indexOf(b)",
                           "a.lastIndexOf(b)",
                           "a.replace(b, '')",
                           "a.split(b).size()",
                           "a.lowerAscii()",
                           "a.lower()",
                           "a.trim()",
                           "a.reverse()",
                           "a.size()",
                           "size(a)",
                           "a == a + ''",
                           "a != a + ''",
                           "a < a + ''",
                           "a >= b",
                           "a in [a + '']",
                           "[a] == [a + '']",
                           "a in {'k': 1}",
                           "{'k': 1}[?a]",
                           "{a: 1}.size()",
                           "bytes(a).size()",
                           "a.matches('z')",
                           "[a, b].sort()",
                           "[a, b].min()",
                           "[1, 2].sortBy(x, a)",
                           "[a, b].distinct()",
                           "[1, 2].groupBy(x, a)",
                           "[1].transformMapEntry(i, x, {a: x})",
                           "a.sameName(b)",
                           "json.encode(a)",
                           "url.encode(a)",
                           "base64.encode(bytes(a))",
                           "a.charAt(1)",
                           "a.substring(1)",
                           "strings.quote(a)"}) {
    CAPTURE(text);
    const auto few = steps_of(text, little), many = steps_of(text, much);
    REQUIRE(few);
    REQUIRE(many);
    CHECK(*few < 500);
    CHECK(*many >= *few + static_cast<std::int64_t>(large / 600));
  }
}

TEST_CASE("a pattern is charged by its program, and one out of data has a length") {
  Bindings names = two_texts(std::string(100'000, 'x'), "z");
  const auto plain = steps_of("a.matches('z')", names), heavy = steps_of("a.matches('(x|y|[0-9]){1,200}z')", names);
  REQUIRE(plain);
  REQUIRE(heavy);
  CHECK(*heavy > 100 * *plain);
  CHECK_FALSE(steps_of("a.matches('((x|y|[0-9]){1,20}z){1,40}')", two_texts(std::string(3 << 20, 'x'), "")));
  CHECK(read_as_expression("a.matches(b)").evaluate(names)->kind() == Kind::boolean);
  names.set("b", std::string(2001, 'x'));
  CHECK(read_as_expression("a.matches(b)").evaluate(names).error().message ==
        "the pattern has 2001 bytes, and one that is not in the file has at most 2000");
}

TEST_CASE("sorting long texts is charged by what it compares, however often they are the same") {
  const Bindings names = two_texts(std::string(1 << 20, 'x'), "");
  CHECK_FALSE(steps_of("lists.range(1000).map(i, a).sort()", names));
  CHECK_FALSE(steps_of("lists.range(1000).sortBy(i, a)", names));
  CHECK_FALSE(steps_of("lists.range(1000).map(i, a).max()", names));
  CHECK_FALSE(steps_of("lists.range(1000).groupBy(i, a)", names));
}

TEST_CASE("what stands for a sender's text takes less than what a run may take") {
  const std::string loop = "lists.range(1000).all(x, lists.range(1000).all(y, x + y >= 0))";
  CHECK(read_as_expression(loop).evaluate(Bindings())->is_true());
  CHECK_FALSE(read_as_expression(loop).evaluate(Bindings(), Effort::intake));
  CHECK(read_as_expression("a.contains('y')")
            .evaluate(two_texts(std::string(4 << 20, 'x'), ""), Effort::intake)
            ->is(Kind::boolean));
}

TEST_CASE("names of zones that are data are charged, right or wrong, and nobody guesses what was meant") {
  Bindings names;
  Value::List wrong, right;
  for (int number = 0; number < 20'000; ++number) {
    wrong.emplace_back("Europe/Z" + std::to_string(number));
    right.emplace_back(number % 2 == 0 ? "Europe/London" : "America/New_York");
  }
  names.set("now", *parse_timestamp("2026-06-01T12:00:00Z"));
  names.set("wrong", wrong);
  names.set("right", right);
  CHECK(read_as_expression("now.getHours(wrong[0])").evaluate(names).error().message ==
        "unknown time zone \"Europe/Z0\": write a name such as Europe/London, or an offset such as +02:00");
  for (const char* text : {"wrong.exists(x, now.getHours(x) == 99)", "right.exists(x, now.getHours(x) == 99)",
                           "right.exists(x, now.format('%H', x) == '99')", "wrong.exists(x, now.addMonths(1, x) < now)",
                           "right.exists(x, now.firstDayOfMonth(x) > now)"}) {
    CAPTURE(text);
    CHECK_FALSE(read_as_expression(text).evaluate(names, Effort::intake));
  }
  CHECK(read_as_expression("right.exists(x, now.getHours('Europe/London') == 99)")
            .evaluate(names, Effort::intake)
            ->is(Kind::boolean));
  CHECK(read_as_expression("right.take(2000).exists(x, now.getHours(x) == 99)")
            .evaluate(names, Effort::intake)
            ->is(Kind::boolean));
}

TEST_CASE("what becomes many values, or much more text, is refused before it is made") {
  Bindings names = two_texts(std::string(4 << 20, ','), std::string(10'000, 'b'));
  names.set("c", std::string(6'000, 'a'));
  names.set("j", "[" + many("[],", 1'000'000) + "0]");
  names.set("l", Value(Value::List(6'000, Value(std::string(10'000, 'b')))));
  for (const char* text :
       {"a.split(',').size()", "a.split('').size()", "a.split(',', 3000000).size()", "c.replace('a', b).size()",
        "a.replace('', 'b').size()", "json.decode(j).size()", "l.join().size()", "l.map(x, x + 'c').size()",
        "l.map(x, x.upper()).size()", "repeat.format(l).size()", "lists.range(400000).map(x, [x]).flatten().size()",
        "lists.range(400000).groupBy(x, x).size()", "lists.range(400000).distinct().size()", "a.sameName(a + 'b')",
        "a.upper() == b"}) {
    CAPTURE(text);
    names.set("repeat", many("%s", 6'000));
    CHECK_FALSE(read_as_expression(text).evaluate(names, Effort::intake));
  }
  names.set("a", std::string(100'000, ','));
  for (const char* text :
       {"a.split(',').size() == 100001", "a.split('').size() == 100000", "a.split('', 2)[1].size() > 1",
        "''.split('') == []", "c.replace('a', 'bcd').size() == 18000", "l.size() == 6000"}) {
    CAPTURE(text);
    CHECK(read_as_expression(text).evaluate(names, Effort::intake)->is_true());
  }
}

TEST_CASE("what is not there is charged by the names it is compared with") {
  Bindings names;
  Map large;
  for (int number = 0; number < 300; ++number) large.set(std::string(50, 'k') + std::to_string(number), number);
  for (int number = 0; number < 10; ++number) large.set(std::string(1 << 20, 'l') + std::to_string(number), number);
  names.set("large", Value(std::move(large)));
  names.set("list", Value(Value::List(1'000, Value(std::string(52, 'k')))));
  CHECK_FALSE(read_as_expression("list.exists(x, large[x] == 1)").evaluate(names, Effort::intake));
  CHECK(read_as_expression("list.exists(x, x in large)").evaluate(names, Effort::intake)->is(Kind::boolean));
  CHECK(read_as_expression("large.abc").evaluate(names).error().message == "there is no \"abc\" in it");
}

TEST_CASE("all that is evaluated for one delivery takes from one allowance") {
  const Expression loop = read_as_expression("list.all(x, list.take(300).all(y, x + y >= 0))");
  Bindings names;
  names.set("list", Value(Value::List(1'000, Value(1))));
  Allowance left;
  int held = 0;
  while (held < 20 && loop.evaluate(names, left)) ++held;
  CHECK(held == 1);
  CHECK(loop.evaluate(names, left).error().message.starts_with("this takes longer than a trigger may"));
  CHECK(loop.evaluate(names, Effort::intake)->is_true());
}

TEST_CASE("steps are counted over all evaluations of a thread") {
  const Expression loop = read_as_expression("list.all(x, x >= 0)");
  Bindings names;
  names.set("list", Value(Value::List(1'000, Value(1))));
  const std::int64_t before = steps_taken();
  REQUIRE(loop.evaluate(names));
  const std::int64_t once = steps_taken() - before;
  CHECK(once >= 3'000);
  REQUIRE(loop.evaluate(names, Effort::intake));
  CHECK(steps_taken() - before == 2 * once);
}

TEST_CASE("the fuse ends what is charged too little, and is not looked at by what is short") {
  const std::string loop = "lists.range(1000).all(x, lists.range(1000).all(y, x + y >= 0))";
  EvaluationBudget burnt;
  burnt.time = std::chrono::milliseconds(-1);
  CHECK_FALSE(steps_of(loop, Bindings(), burnt));
  CHECK(steps_of("lists.range(1000).all(x, x >= 0)", Bindings(), burnt));
}

TEST_CASE("an expression that would never end is stopped") {
  const char* message = "this expression takes too long or builds too much, so it was stopped";
  const std::string loop =
      "lists.range(1000).all(a, lists.range(1000).all(b, lists.range(1000).all(c, a + b + c >= 0)))";
  CHECK(read_as_expression(loop).evaluate(Bindings()).error().message == message);
  CHECK(read_as_expression(loop + " || true").evaluate(Bindings()).error().message == message);
  CHECK(read_as_expression("lists.range(9000000000)").evaluate(Bindings()).error().message == message);
  std::string doubling = "'0123456789abcdef'";
  for (int times = 0; times < 40; ++times) doubling = "cel.bind(x, " + doubling + ", x + x)";
  CHECK(read_as_expression(doubling).evaluate(Bindings()).error().message == message);
}

TEST_CASE("a list that shares its parts a million times over is refused, as it could not be written out") {
  std::string nested = "[1, 2, 3, 4, 5, 6, 7, 8, 9, 0]";
  for (int times = 0; times < 12; ++times) nested = "cel.bind(x, " + nested + ", [x, x, x, x, x, x, x, x, x, x])";
  CHECK(read_as_expression(nested).evaluate(Bindings()).error().message == "what this builds is too large");
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
    const auto value = read_as_expression(text).evaluate(names);
    CHECK_FALSE(value);
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
  for (const std::string step :
       {"x + x.upper()", "x.lower() + x", "url.encode(x) + x", "json.encode([x, x])",
        "now.format(x.replace('%', '') + '%A') + x", "(1000).format(0, x).replace('1', 'a').replace('0', 'b') + x",
        "string(json.decode(json.encode(x))) + x.take(1000000000)"}) {
    CAPTURE(step);
    const Expression expression = read_as_expression(doubled(step));
    EvaluationBudget budget{.steps = 1'000'000, .bytes = 4 * 1024 * 1024};
    Slots slots;
    Frame frame{.parsed = expression.parsed(), .names = names, .budget = budget, .slots = slots.values};
    Value scratch;
    CHECK(evaluate_root(frame, scratch) == nullptr);
    CHECK(frame.exhausted());
  }
}

}  // namespace millrace
