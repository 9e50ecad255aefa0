#include "expr/template.hpp"

#include <doctest/doctest.h>

#include "value/json.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

PlacedExpression placed(std::string_view text, int line = 1) {
  SourceMark at{.source = nullptr, .line = line, .column = 5, .length = static_cast<int>(text.size())};
  return {std::get<Expression>(Expression::parse(text)), at};
}

Bindings sample() {
  Bindings names;
  names.set("name", "vip");
  names.set("usage", 3);
  names.set("tags", Value::List{"a", "b"});
  names.set("id", Value::unknown("the id of tag vip"));
  return names;
}

/// The inner texts of the holes, joined by '|'.
std::string holes_of(std::string_view text) {
  const Holes found = find_holes(text);
  std::string shown;
  for (const Hole& hole : found.holes) {
    CHECK(text.substr(hole.begin, 3) == "${{");
    CHECK(text.substr(hole.end - 2, 2) == "}}");
    shown += std::string(text.substr(hole.inner, hole.inner_end - hole.inner)) + '|';
  }
  return found.unclosed ? shown + "unclosed at " + std::to_string(*found.unclosed) : shown;
}

}  // namespace

TEST_CASE("holes are found where braces and quotes say so") {
  CHECK(holes_of("no hole, $ {{ x }} $x") == "");
  CHECK(holes_of("${{ a }} and ${{b}}") == "a|b|");
  CHECK(holes_of("${{ {'a': {'b': 1}} }}") == "{'a': {'b': 1}}|");
  CHECK(holes_of("${{ {'a': 1}}}") == "{'a': 1}|");
  CHECK(holes_of("${{ {'a': '}}'} }}") == "{'a': '}}'}|");
  CHECK(holes_of(R"(${{ "\"}}" }}!)") == R"("\"}}"|)");
  CHECK(holes_of(R"(${{ r"\" + "}}" }}!)") == R"(r"\" + "}}"|)");
  CHECK(holes_of("${{ '''it's }}''' }}") == "'''it's }}'''|");
  CHECK(holes_of("${{}}") == "|");
  CHECK(holes_of("${{ a \n + b }}") == "a \n + b|");
}

TEST_CASE("a hole that is not closed tells where it begins") {
  CHECK(holes_of("${{ a }} ${{ b }") == "a|unclosed at 9");
  CHECK(holes_of("x ${{ {'a': 1 }") == "unclosed at 2");
}

TEST_CASE("an open quote ends with the hole, so that the expression can complain about it") {
  CHECK(holes_of("${{ it's }} and ${{ b }}") == "it's|b|");
}

TEST_CASE("text with holes writes out what has a plain text") {
  const Template greeting =
      Template::text({"tag ", placed("name"), " is used ", placed("usage * 2"), "x", placed("null")});
  CHECK_FALSE(greeting.is_constant());
  CHECK(greeting.evaluate(sample())->text() == "tag vip is used 6x");
  CHECK(*as_text(2.5) == "2.5");
  CHECK(*as_text(true) == "true");
  CHECK(*as_text(*parse_timestamp("2026-01-02T03:04:05Z")) == "2026-01-02T03:04:05Z");
  CHECK(*as_text(Duration(1'500'000'000)) == "1.5s");
  CHECK(*as_text(Value::optional("x")) == "x");
}

TEST_CASE("Infinity and NaN are no values of fields, alone, in text or inside others") {
  const std::vector<Template> fields = {Template::expression(placed("usage / 0.0", 7)),
                                        Template::text({"rate: ", placed("0.0 / 0.0", 7)}),
                                        Template::expression(placed("[{'a': -1.0 / 0}]", 7)),
                                        Template::map({{"a", Template::expression(placed("usage / 0.0", 7))}})};
  for (const Template& field : fields) {
    const auto value = field.evaluate(sample());
    REQUIRE_FALSE(value);
    CHECK(value.error().message.starts_with("this gives Infinity or NaN"));
    CHECK(value.error().at->line == 7);
  }
  CHECK(Template::expression(placed("usage / 0.0 > 5")).evaluate(sample())->boolean());
}

TEST_CASE("a list in text is an error at the expression it came from") {
  const auto value = Template::text({"tags: ", placed("name"), placed("tags", 7)}).evaluate(sample());
  REQUIRE_FALSE(value);
  CHECK(value.error().message ==
        "a list cannot stand inside text, put its texts together with .join(\", \") or take one item");
  CHECK(value.error().at->line == 7);
}

TEST_CASE("bytes in text are an error that says how they get there") {
  const auto refused = as_text(Value::bytes("\xff"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "bytes cannot stand inside text, base64.encode() makes text of them");
}

TEST_CASE("what a template would gather beyond its limit is refused at the place where it gets too much") {
  Bindings names;
  names.set("large", std::string(std::size_t{30} << 20, 'x'));
  const auto large = [](int line) { return placed("large + 'x'", line); };
  const Template text = Template::text({large(1), large(2), large(3), large(4), large(5), large(6), large(7)});
  const Template list = Template::list({Template::expression(large(1)), text});
  for (const Template& whole : {text, list, Template::map({{"a", list}})}) {
    const auto made = whole.evaluate(names);
    REQUIRE_FALSE(made);
    CHECK(made.error().message == "this would make more than 192 MiB at once: take less at a time");
    CHECK(made.error().at->line == 7);
  }
  std::vector<Template> many(7, Template::expression(large(1)));
  CHECK_FALSE(Template::list(many).evaluate(names));
  many.pop_back();
  CHECK(Template::list(many).evaluate(names));
}

TEST_CASE("text with an unknown in it is unknown") {
  const auto value = Template::text({"https://host/", placed("id")}).evaluate(sample());
  CHECK(value->unknown_what() == "the id of tag vip");
}

TEST_CASE("a mapping evaluates its members, and a failure names its expression") {
  const Template with =
      Template::map({{"fixed", Template::constant(1)},
                     {"list", Template::list({Template::expression(placed("usage + 1")), Template()})},
                     {"id", Template::expression(placed("id"))}});
  CHECK(encode_json(*with.evaluate(sample())) ==
        R"({"fixed":1,"list":[4,null],"id":{"$unknown":"the id of tag vip"}})");
  CHECK(with.member("fixed")->constant_value()->integer() == 1);
  CHECK(with.member("none") == nullptr);
  CHECK_FALSE(with.is_constant());

  const auto failed = Template::map({{"a", Template::expression(placed("usage + name", 3))}}).evaluate(sample());
  REQUIRE_FALSE(failed);
  CHECK(failed.error().at->line == 3);
}

TEST_CASE("what has no expression inside is constant") {
  const Template list = Template::list({Template::constant("a"), Template::text({"b", "c"}), Template()});
  REQUIRE(list.is_constant());
  CHECK(encode_json(*list.constant_value()) == R"(["a","bc",null])");
  const Template map = Template::map({{"x", list}});
  CHECK(map.is_constant());
  CHECK(map.member("x")->is_constant());
}

TEST_CASE("a closure is left out of the value and called by name") {
  const Template with = Template::map({{"items", Template::expression(placed("[1, 2, 3]"))},
                                       {"where", Template::closure(placed("item > usage - 2"), "item")}});
  CHECK(encode_json(*with.evaluate(sample())) == R"({"items":[1,2,3]})");
  REQUIRE(with.closures().size() == 1);
  CHECK(with.closures()[0].name == "where");
  CHECK(with.closures()[0].parameter == "item");

  const Bindings outside = sample();
  Bindings inside;
  inside.set("items", *with.evaluate(outside)->find("items"));
  inside.set("where", Closure{with.closures()[0].body->expression, "item", &outside});
  const auto result =
      std::get<Expression>(Expression::parse("{'items': items.filter(item, where(item))}")).evaluate(inside);
  CHECK(encode_json(*result) == R"({"items":[2,3]})");
}

TEST_CASE("every expression inside is visited, closures with the name of their argument") {
  const Template with = Template::map({{"a", Template::list({Template::text({"x", placed("name")})})},
                                       {"b", Template::expression(placed("usage"))},
                                       {"c", Template::closure(placed("item"), "item")}});
  std::string seen;
  with.each_expression([&](const PlacedExpression& expression, const std::string& parameter) {
    seen += expression.expression.text() + '(' + parameter + ") ";
  });
  CHECK(seen == "name() usage() item(item) ");
}

}  // namespace millrace
