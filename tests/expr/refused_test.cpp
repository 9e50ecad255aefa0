#include <doctest/doctest.h>

#include <algorithm>

#include "expr/functions.hpp"
#include "expr/type.hpp"

using namespace millrace;

// What the check refuses must fail, whatever the values are: here for every function and operator, with every
// combination of kinds.

namespace {

std::vector<Value> samples() {
  return {Value(),
          Value(true),
          Value(std::int64_t{1}),
          Value(std::uint64_t{1}),
          Value(1.5),
          Value(2.0),
          Value("a"),
          Value("1"),
          Value("%d"),
          Value("UTC"),
          Value("2026-01-01T00:00:00Z"),
          Value::bytes("a"),
          Value(Value::List{Value(std::int64_t{1}), Value(std::int64_t{2})}),
          Value(Value::List{Value("a")}),
          Value(Value::List{}),
          Value(Map()),
          Value::object({{"a", std::int64_t{1}}}),
          Value(Timestamp{0, 0}),
          Value(Duration{1'000'000'000}),
          Value::type("int"),
          Value::optional(Value("a"))};
}

/// Calls `text`, which has the names a, b and c, with every combination of values; gives those that are refused and
/// work all the same.
std::string refused_and_work(const std::string& text, std::size_t names) {
  const auto parsed = Expression::parse(text);
  if (!std::holds_alternative<Expression>(parsed)) return text + " cannot be read\n";
  const Expression& expression = std::get<Expression>(parsed);
  static const std::vector<Value> values = samples();
  std::string found;
  std::vector<std::size_t> at(names, 0);
  for (bool more = true; more;) {
    Bindings bindings;
    TypedNames types;
    std::string kinds;
    for (std::size_t i = 0; i < names; ++i) {
      const std::string name(1, static_cast<char>('a' + i));
      bindings.set(name, values[at[i]]);
      types.emplace_back(name, Type::of(values[at[i]].kind()));
      kinds += " " + types.back().second.render();
    }
    const TypeCheck checked = check_types(expression, types);
    if (!checked.problems.empty() && expression.evaluate(bindings))
      found += text + " with" + kinds + ": " + checked.problems[0].message + "\n";
    more = false;
    for (std::size_t i = 0; i < names && !more; ++i) {
      at[i] = (at[i] + 1) % values.size();
      more = at[i] != 0;
    }
  }
  return found;
}

std::string call_of(const Function& function, bool member, std::size_t count) {
  std::string inside;
  for (std::size_t i = member ? 1 : 0; i < count; ++i)
    inside += (inside.empty() ? "" : ", ") + std::string(1, static_cast<char>('a' + i));
  return (member ? "a." : "") + std::string(function.name) + "(" + inside + ")";
}

}  // namespace

TEST_SUITE_BEGIN("expr");

TEST_CASE("what is refused of a function's arguments fails, whatever they are") {
  int calls = 0;
  for (const FunctionEntry& entry : function_entries()) {
    const Function* function = find_function(entry.name);
    if (function == nullptr) continue;  // a macro
    for (std::size_t count = function->least; count <= std::min<std::size_t>(function->most, 3); ++count) {
      for (const bool member : {false, true}) {
        if (function->style != Style::either && member != (function->style == Style::member)) continue;
        if (member && count == 0) continue;
        const std::string text = call_of(*function, member, count);
        const std::string found = refused_and_work(text, count);
        CHECK_MESSAGE(found.empty(), found.substr(0, 400));
        ++calls;
      }
    }
  }
  CHECK(calls > 100);
}

TEST_CASE("what is refused of an operator's sides fails, whatever they are") {
  for (const char* text : {
           "a + b",
           "a - b",
           "a * b",
           "a / b",
           "a % b",
           "a < b",
           "a <= b",
           "a > b",
           "a >= b",
           "a in b",
           "a[b]",
           "a[?b]",
           "-a",
           "!a",
           "a.a",
           "a.?a",
           "a ? b : b",
           "{a: b}",
           "a.map(x, x)",
           "a.filter(x, x)",
           "a.exists(x, x)",
           "a.sortBy(x, x)",
           "a.groupBy(x, b)",
       }) {
    const std::string found = refused_and_work(text, 2);
    CHECK_MESSAGE(found.empty(), found.substr(0, 800));
  }
}

TEST_SUITE_END();
