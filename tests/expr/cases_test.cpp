#include <doctest/doctest.h>

#include <fstream>
#include <string>

#include "base/text.hpp"
#include "expr/expression.hpp"
#include "value/json.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

Value sample_items() {
  Value::List items;
  for (const auto& [name, usage] : {std::pair("tmp-a", 0), std::pair("b", 2), std::pair("c", 1), std::pair("a", 2)}) {
    items.push_back(Value::object({{"name", name}, {"usage", usage}}));
  }
  return items;
}

Expression expression_of(std::string_view text) { return std::get<Expression>(Expression::parse(text)); }

std::string evaluated(std::string_view text, const Bindings& names) {
  const auto expression = Expression::parse(text);
  if (const auto* error = std::get_if<ExpressionError>(&expression)) return "error: " + error->message;
  const auto value = std::get<Expression>(expression).evaluate(names);
  return value ? encode_json(*value) : "error: " + value.error().message;
}

}  // namespace

TEST_CASE("every case of cel.cases gives what stands behind its arrow") {
  Bindings elsewhere;
  elsewhere.set("limit", 1);
  Bindings names;
  names.set("now", *parse_timestamp("2026-06-01T12:00:00Z"));
  names.set("later", Value::unknown("when the tag was used"));
  names.set("items", sample_items());
  names.set("item", Value::object(
                        {{"name", "tmp-a"}, {"usage", 0}, {"note", nullptr}, {"two words", true}, {"pattern", "^a"}}));
  names.set("where", Closure{expression_of("item.usage > limit"), "item", &elsewhere});
  names.set("shout", Closure{expression_of("item + '!'"), "item", &elsewhere});
  names.set("endless", Closure{expression_of("endless(item)"), "item", &names});

  std::ifstream file(TEST_DATA "/expr/cel.cases");
  REQUIRE(file);
  int count = 0;
  for (std::string line; std::getline(file, line);) {
    const std::size_t arrow = line.find("  =>  ");
    if (line.starts_with('#') || arrow == std::string::npos) continue;
    CAPTURE(line);
    CHECK(evaluated(std::string_view(line).substr(0, arrow), names) == line.substr(arrow + 6));
    ++count;
  }
  CHECK(count > 150);
}

}  // namespace millrace
