#include "expr/type.hpp"

#include <doctest/doctest.h>

#include "value/json.hpp"

namespace millrace {

namespace {

std::shared_ptr<const Schema> sample_schema() {
  static const auto schema = *Schema::parse(*parse_json(R"({
    "type": "object", "additionalProperties": false,
    "properties": {
      "name": {"type": "string"}, "usage": {"type": "integer"}, "ratio": {"type": "number"},
      "note": {"type": ["string", "null"]}, "created": {"type": "string", "format": "date-time"},
      "wait": {"type": "string", "format": "duration"},
      "labels": {"type": "array", "items": {"type": "string"}},
      "extra": {"type": "object", "properties": {"x": {"type": "integer"}}},
      "parts": {"type": "array", "items": {"type": "object", "additionalProperties": false, "properties": {"size": {"type": "integer"}}}}
    }})"));
  return schema;
}

TypeCheck checked(std::string_view text) {
  const auto schema = sample_schema();
  const TypedNames names = {{"tag", Type::of(SchemaView(schema->document(), schema->document()))},
                            {"now", Type::of(Kind::timestamp)},
                            {"event", Type()}};
  return check_types(std::get<Expression>(Expression::parse(text)), names, {"where"});
}

/// The problems as "offset+length: message [suggestion]", one a line.
std::string problems(std::string_view text) {
  std::string shown;
  for (const auto& problem : checked(text).problems) {
    shown += std::to_string(problem.offset) + '+' + std::to_string(problem.length) + ": " + problem.message;
    shown += problem.suggestion.empty() ? "\n" : " [" + problem.suggestion + "]\n";
  }
  return shown;
}

}  // namespace

TEST_CASE("what is right gives no finding") {
  for (const char* text : {"tag.usage == 0 && tag.name.startsWith('tmp-')",
                           "tag.created < now - duration('2160h')",
                           "tag.labels.filter(l, l.size() > 2).map(l, l + '!')",
                           "event.anything.at[0].all == 1",
                           "tag.note == null",
                           "tag.name == null",
                           "tag.note != '' && tag.note.startsWith('a')",
                           "tag.ratio > 1 && tag.usage > 0.5",
                           "tag.ratio * 2.0 + 1.0",
                           "tag.extra.x + tag.extra.more",
                           "tag.parts.map(p, p.size).sum()",
                           "where(tag)",
                           "event.map(x, x.y).exists(y, y)",
                           "has(tag.note) ? tag.note : 'none'",
                           "tag.?note.orValue('x') + '!'",
                           "tag.parts.sortBy(p, p.size, true).first().value().size",
                           "type(tag) == map",
                           "duration(tag.wait) > duration('1h')",
                           "{'a': tag.usage}.a + 1",
                           "cel.bind(u, tag.usage, u + 1)",
                           "days_ago(90) > tag.created",
                           "tag.labels.groupBy(l, l.size()).map(g, g.items.map(i, i + string(g.key)))"}) {
    CAPTURE(text);
    CHECK(problems(text) == "");
  }
}

TEST_CASE("names and members that do not exist are found at their place, with the nearest that does") {
  CHECK(problems("tga.usage + 1") == "0+3: there is nothing called \"tga\" here, did you mean \"tag\"? [tag]\n");
  CHECK(problems("tag.usgae > 1") == "4+5: there is no \"usgae\" in it, did you mean \"usage\"? [usage]\n");
  CHECK(problems("tag['usgae'] > 1") == "4+7: there is no \"usgae\" in it, did you mean \"usage\"? [usage]\n");
  CHECK(problems("tag.parts.filter(p, p.sise > 1)") ==
        "22+4: there is no \"sise\" in it, did you mean \"size\"? [size]\n");
  CHECK(problems("tag.parts[0].sise") == "13+4: there is no \"sise\" in it, did you mean \"size\"? [size]\n");
  CHECK(problems("has(tag.nmae)") == "8+4: there is no \"nmae\" in it, did you mean \"name\"? [name]\n");
  CHECK(problems("tag.name.first") == "9+5: text has no \"first\"\n");
  CHECK(problems("[1].map(x, y)") == "11+1: there is nothing called \"y\" here\n");
  CHECK(checked("tga").problems[0].unknown_name);
}

TEST_CASE("unknown functions and wrong arguments are found") {
  CHECK(problems("tag.name.startWith('a')") ==
        "9+9: there is no function \"startWith\", did you mean \"startsWith\"? [startsWith]\n");
  CHECK(problems("tag.labels.length()") == "11+6: there is no function \"length\", did you mean \"size\"? [size]\n");
  CHECK(problems("wheer(tag)") == "0+5: there is no function \"wheer\", did you mean \"where\"? [where]\n");
  CHECK(problems("where(tag, 1)") == "0+5: \"where\" takes one value: where(item)\n");
  CHECK(problems("tag.name.contains()") == "9+8: \"contains\" is used as text.contains(part)\n");
  CHECK(problems("tag.usage.startsWith('a')") ==
        "10+10: \"startsWith\" does not work on a whole number, it is used as text.startsWith(part)\n");
  CHECK(problems("event.x > duration('90d')").find("is no duration") != std::string::npos);
}

TEST_CASE("operators between kinds that never fit are found") {
  CHECK(problems("tag.name + tag.usage") ==
        "9+1: \"+\" does not work between text and a whole number, turn the other into text with string(...)\n");
  CHECK(problems("tag.usage == '3'") == "10+2: a whole number and text are never equal\n");
  CHECK(problems("tag.created < '2026-01-01'") == "12+1: \"<\" does not work between a timestamp and text\n");
  CHECK(problems("tag.wait > duration('1h')") == "9+1: \">\" does not work between text and a duration\n");
  CHECK(problems("tag.name && true") == "4+4: a condition is true or false, and this is text\n");
  CHECK(problems("tag.usage in tag.name") == "10+2: \"in\" looks into a list or a mapping, not into text\n");
  CHECK(problems("tag.name.map(x, x)") == "9+3: \"map\" goes through a list or a mapping, not through text\n");
  CHECK(problems("-tag.name") == "0+1: \"-\" does not work on text\n");
}

TEST_CASE("every problem of an expression is reported, in the order of the text") {
  CHECK(problems("tga == 1 || tag.usgae == 1 || foo()") ==
        "0+3: there is nothing called \"tga\" here, did you mean \"tag\"? [tag]\n"
        "16+5: there is no \"usgae\" in it, did you mean \"usage\"? [usage]\n"
        "30+3: there is no function \"foo\"\n");
}

TEST_CASE("the type of the whole expression is known where it can be") {
  CHECK(checked("tag.usage + 1").type.kind() == Kind::integer);
  CHECK(checked("tag.usage > 1 && true").type.kind() == Kind::boolean);
  CHECK(checked("now - days_ago(1)").type.kind() == Kind::duration);
  CHECK(checked("tag.parts.map(p, p.size)").type.element().kind() == Kind::integer);
  CHECK(checked("{'a': tag.name}").type.member("a")->kind() == Kind::text);
  CHECK_FALSE(checked("{'a': tag.name}").type.member("b"));
  CHECK(checked("event.x").type.is_any());
  CHECK(checked("tag.created").type.render() == "a timestamp");
  CHECK(checked("tag.note").type.render() == "null or text");
  CHECK(checked("tag.usage").type.render() == "a whole number");
  CHECK(checked("tag.ratio").type.render() == "a number");
}

}  // namespace millrace
