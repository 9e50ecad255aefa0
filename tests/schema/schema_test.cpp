#include "schema/schema.hpp"

#include <doctest/doctest.h>

#include "value/json.hpp"

namespace millrace {
namespace {

Value json(std::string_view text) {
  auto value = parse_marked_json(text);
  REQUIRE_MESSAGE(value, text);
  return *value;
}

std::shared_ptr<const Schema> schema(std::string_view text) {
  auto parsed = Schema::parse(json(text));
  REQUIRE_MESSAGE(parsed, (parsed ? std::string() : parsed.error().message));
  return *parsed;
}

std::string rendered(const std::vector<ShapeProblem>& problems) {
  std::string text;
  for (const ShapeProblem& problem : problems) {
    if (!text.empty()) text += "\n";
    text += problem.pointer + ": " + problem.message;
    if (!problem.suggestion.empty()) text += " -> " + problem.suggestion;
  }
  return text.empty() ? "fits" : text;
}

std::string check(std::string_view rules, std::string_view value) {
  return rendered(schema(rules)->check(json(value)));
}

std::string malformed(std::string_view text) {
  const auto parsed = Schema::parse(json(text));
  return parsed ? "accepted" : parsed.error().message;
}

// A format like that of a workflow: steps of several forms, told apart by their keys, and steps inside steps.
constexpr std::string_view steps = R"({
  "type": "object",
  "required": ["version", "actions"],
  "additionalProperties": false,
  "properties": {
    "version": {"const": 1},
    "mode": {"enum": ["paused", "dry_run", "live"]},
    "timeout": {"type": "string", "format": "duration"},
    "actions": {"$ref": "#/definitions/steps"}
  },
  "definitions": {
    "steps": {"type": "array", "minItems": 1, "items": {"$ref": "#/definitions/step"}},
    "step": {"anyOf": [
      {"$ref": "#/definitions/call"}, {"$ref": "#/definitions/loop"}, {"$ref": "#/definitions/choice"}]},
    "call": {
      "type": "object", "required": ["action"], "additionalProperties": false,
      "properties": {"id": {"type": "string"}, "action": {"type": "string"}, "with": {"type": "object"},
                     "on_error": {"anyOf": [{"enum": ["stop", "continue"]}, {"$ref": "#/definitions/steps"}]}}},
    "loop": {
      "type": "object", "required": ["for_each", "do"], "additionalProperties": false,
      "properties": {"id": {"type": "string"}, "for_each": {"type": "string"}, "do": {"$ref": "#/definitions/steps"},
                     "parallel": {"type": "integer", "minimum": 1, "maximum": 50}}},
    "choice": {
      "type": "object", "required": ["if", "then"], "additionalProperties": false,
      "properties": {"if": {"type": ["string", "boolean"]}, "then": {"$ref": "#/definitions/steps"},
                     "else": {"$ref": "#/definitions/steps"}}}
  }
})";

std::string check_steps(std::string_view actions) {
  return check(steps, R"({"version": 1, "actions": )" + std::string(actions) + "}");
}

}  // namespace

TEST_SUITE_BEGIN("schema");

TEST_CASE("a value of the wrong kind is told what was expected and what was found") {
  CHECK(check(R"({"type": "array"})", R"("abc")") == ": expected a list, found text \"abc\" -> [abc]");
  CHECK(check(R"({"type": "array"})", R"("a: b")") == ": expected a list, found text \"a: b\" -> [\"a: b\"]");
  CHECK(check(R"({"type": "string"})", "5") == ": expected text, found the number 5");
  CHECK(check(R"({"type": "string"})", "[]") == ": expected text, found a list");
  CHECK(check(R"({"type": "integer"})", "1.5") == ": expected a whole number, found the number 1.5");
  CHECK(check(R"({"type": ["integer", "boolean", "null"]})", "{}") ==
        ": expected a whole number, true or false or nothing (null), found a mapping");
  CHECK(check(R"({"type": "integer"})", "[1.0]") == ": expected a whole number, found a list");
  CHECK(check(R"({"type": "integer"})", "1.0") == "fits");
  CHECK(check(R"({"type": "integer"})", "18446744073709551615") == "fits");
  CHECK(check(R"({"type": "number"})", "3") == "fits");
}

TEST_CASE("everything wrong is told at once, each with its place") {
  CHECK(
      check(
          R"({"required": ["a/b", "c"], "properties": {"l": {"items": {"type": "integer"}}, "x~y": {"type": "null"}}})",
          R"({"l": [1, "a", 2, true], "x~y": 1})") ==
      ": missing \"a/b\"\n: missing \"c\"\n/l/1: expected a whole number, found text \"a\"\n"
      "/l/3: expected a whole number, found true\n/x~0y: expected nothing (null), found the number 1");
}

TEST_CASE("an unknown key is told the key that was meant, and that one is not called missing too") {
  const std::string_view rules =
      R"({"required": ["name"], "properties": {"name": {}, "none": {}}, "additionalProperties": false})";
  const auto problems = schema(rules)->check(json(R"({"nmae": 1})"));
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].message == "unknown key \"nmae\", did you mean \"name\"?");
  CHECK(problems[0].suggestion == "name");
  CHECK(problems[0].key == "nmae");
  CHECK(problems[0].at_key);
  CHECK(check(rules, R"({"name": 1, "nmae": 1})") == ": unknown key \"nmae\"");
  CHECK(check(rules, R"({"else": 1})") == ": missing \"name\"\n: unknown key \"else\"");
}

TEST_CASE("one of a few words is meant") {
  const std::string_view rules = R"({"enum": ["skip", "run_once", 3]})";
  CHECK(check(rules, R"("run_onec")") ==
        ": must be one of \"skip\", \"run_once\", 3, did you mean \"run_once\"? -> run_once");
  CHECK(check(rules, R"("always")") == ": must be one of \"skip\", \"run_once\", 3, found text \"always\"");
  CHECK(check(rules, "3.0") == "fits");
  CHECK(check(R"({"const": 1})", "2") == ": must be 1, found the number 2");
}

TEST_CASE("limits say what they are") {
  CHECK(check(R"({"minimum": 1})", "0") == ": must be at least 1, found 0");
  CHECK(check(R"({"maximum": 1.5})", "1.6") == ": must be at most 1.5, found 1.6");
  CHECK(check(R"({"exclusiveMinimum": 0})", "0") == ": must be more than 0, found 0");
  CHECK(check(R"({"exclusiveMaximum": 9007199254740993})", "9007199254740992") == "fits");
  CHECK(check(R"({"multipleOf": 0.1})", "0.3") == "fits");
  CHECK(check(R"({"multipleOf": 5})", "7") == ": must be a multiple of 5, found 7");
  CHECK(check(R"({"minLength": 1})", R"("")") == ": must not be empty");
  CHECK(check(R"({"maxLength": 2})", R"("äöü")") == ": must have at most 2 characters, it has 3");
  CHECK(check(R"({"minItems": 2})", "[1]") == ": must have at least 2 items, it has 1");
  CHECK(check(R"({"maxProperties": 1})", R"({"a":1,"b":2})") == ": must have at most 1 member, it has 2");
  CHECK(check(R"({"uniqueItems": true})", R"([{"a":1,"b":[2]}, 1, {"b":[2.0],"a":1}])") == ": item 3 repeats item 1");
  CHECK(check(R"({"contains": {"const": 1}})", "[2]") == ": no item is of the kind that must be there");
}

TEST_CASE("patterns are found in linear time, and those that cannot be are let through") {
  CHECK(check(R"({"pattern": "^[a-z]+$"})", R"("abc")") == "fits");
  CHECK(check(R"({"pattern": "^[a-z]+$"})", R"("ab1")") == ": \"ab1\" must match ^[a-z]+$");
  for (const char* blank : {R"("")", R"(" \n")"}) CHECK(check(R"({"pattern": "\\S"})", blank) == ": must not be blank");
  CHECK(check(R"({"pattern": "\\S"})", R"(" a ")") == "fits");
  CHECK(check(R"({"pattern": "(?=a)b"})", R"("ab1")") == "fits");
  CHECK(check(R"({"pattern": "^(a+)+$"})", "\"" + std::string(100'000, 'a') + "b\"").ends_with("must match ^(a+)+$"));
}

TEST_CASE("formats are looked at") {
  CHECK(check(R"({"format": "duration"})", R"("5m")") == "fits");
  CHECK(check(R"({"format": "duration"})", R"("5")") ==
        ": \"5\" has no unit: write 5s for seconds, or m, h or d for minutes, hours or days");
  CHECK(check(R"({"format": "duration"})", R"("-5m")") == ": a duration cannot be negative");
  CHECK(check(R"({"format": "date-time"})", R"("2026-02-30T00:00:00Z")") ==
        ": \"2026-02-30T00:00:00Z\" is not a time: that month has no day 30");
  CHECK(check(R"({"format": "date"})", R"("2026-02-30")") == ": \"2026-02-30\" is not a date such as 2026-11-23");
  CHECK(check(R"({"format": "uri"})", R"("https://example.com/a?b=c")") == "fits");
  CHECK(check(R"({"format": "uri"})", R"("example.com")") ==
        ": \"example.com\" is not an address such as https://example.com/path");
  CHECK(check(R"({"format": "email"})", R"("ops@example.com")") == "fits");
  CHECK(check(R"({"format": "email"})", R"("ops")") == ": \"ops\" is not an e-mail address");
  CHECK(check(R"({"format": "uuid"})", R"("123e4567-e89b-12d3-a456-426614174000")") == "fits");
  CHECK(check(R"({"format": "time-zone"})", R"("Europe/Londn")") ==
        ": unknown time zone \"Europe/Londn\", did you mean \"Europe/London\"?");
  CHECK(check(R"({"format": "expression"})", R"("1 +")") == "fits");
  CHECK(check(R"({"format": "something-else"})", R"("x")") == "fits");
}

TEST_CASE("values that the engine makes itself fit where their text would") {
  const auto text = schema(R"({"type": "string", "format": "date-time"})");
  CHECK(text->check(Timestamp{}).empty());
  CHECK(text->check(Value::optional(Timestamp{})).empty());
  CHECK(schema(R"({"type": "string"})")->check(Duration(1)).empty());
  CHECK_FALSE(schema(R"({"type": "integer"})")->check(Timestamp{}).empty());
}

TEST_CASE("of several forms the nearest is taken for the one that was meant") {
  CHECK(check_steps(R"([{"action": "a"}, {"for_each": "x", "do": [{"if": true, "then": [{"action": "b"}]}]}])") ==
        "fits");
  CHECK(check_steps(R"([{"acton": "a"}])") == "/actions/0: unknown key \"acton\", did you mean \"action\"? -> action");
  CHECK(check_steps(R"([{"for_each": "x", "do": [{"action": 5}]}])") ==
        "/actions/0/do/0/action: expected text, found the number 5");
  CHECK(check_steps(R"([{"for_each": "x"}])") == "/actions/0: missing \"do\"");
  CHECK(check_steps(R"([{"for_each": "x", "do": [], "parallel": 0}])") ==
        "/actions/0/do: must not be empty\n/actions/0/parallel: must be at least 1, found 0");
  CHECK(check_steps(R"([{"if": 1, "then": [{"action": "a", "if": "x"}]}])") ==
        "/actions/0/if: expected text or true or false, found the number 1\n/actions/0/then/0: unknown key \"if\"");
  CHECK(check_steps(R"(["x"])") == "/actions/0: expected a mapping, found text \"x\"");
  CHECK(check_steps(R"([{"action": "a", "on_error": "contineu"}])") ==
        "/actions/0/on_error: must be one of \"stop\", \"continue\" or a list, did you mean \"continue\"? -> continue");
  CHECK(check_steps(R"([{"action": "a", "on_error": 5}])") ==
        "/actions/0/on_error: must be one of \"stop\", \"continue\" or a list, found the number 5");
  CHECK(check_steps(R"([{"action": "a", "on_error": [{"action": true}]}])") ==
        "/actions/0/on_error/0/action: expected text, found true");
}

TEST_CASE("where any of several keys would do all are named") {
  const std::string_view rules =
      R"({"type": "object", "oneOf": [{"required": ["cron"]}, {"required": ["schedule"]}, {"required": ["webhook"]}]})";
  CHECK(check(rules, "{}") == R"(: missing "cron", "schedule" or "webhook")");
  CHECK(check(rules, R"({"cron": 1, "webhook": 1})") == R"(: "cron" and "webhook" exclude each other)");
  CHECK(check(rules, R"({"cron": 1})") == "fits");
}

TEST_CASE("a member that says which form it is decides") {
  const std::string_view rules = R"({"oneOf": [
    {"type": "object", "properties": {"kind": {"const": "bearer"}, "token": {"type": "string"}}, "required": ["kind", "token"]},
    {"type": "object", "properties": {"kind": {"const": "basic"}, "user": {}, "password": {}}, "required": ["kind", "user", "password"]}]})";
  CHECK(check(rules, R"({"kind": "basic", "token": "x"})") == ": missing \"user\"\n: missing \"password\"");
  CHECK(check(rules, R"({"kind": "bearer", "token": 5})") == "/token: expected text, found the number 5");
}

TEST_CASE("kinds that would all do are named together") {
  CHECK(check(R"({"anyOf": [{"type": "string"}, {"type": "array"}, {"anyOf": [{"type": "object"}]}]})", "5") ==
        ": expected text, a list or a mapping, found the number 5");
  CHECK(check(R"({"anyOf": [{"const": "all"}, {"type": "array"}]})", R"("alll")") ==
        ": must be \"all\" or a list, did you mean \"all\"? -> all");
}

TEST_CASE("the rest of the draft holds: not, if, dependencies, key rules, tuples, all of") {
  CHECK(check(R"({"not": {"required": ["a"]}})", R"({"a": 1})") == ": \"a\" is not allowed here");
  CHECK(check(R"({"not": {"required": ["a", "b"]}})", R"({"a": 1, "b": 1})") == ": \"a\" and \"b\" exclude each other");
  CHECK(check(R"({"not": {"anyOf": [{"const": 1}, {"const": 2}]}})", "2") == ": must not be 2");
  CHECK(check(R"({"if": {"required": ["a"]}, "then": {"required": ["b"]}, "else": {"required": ["c"]}})",
              R"({"a": 1})") == ": missing \"b\"");
  CHECK(check(R"({"if": {"required": ["a"]}, "then": {"required": ["b"]}, "else": {"required": ["c"]}})", "{}") ==
        ": missing \"c\"");
  CHECK(check(R"({"dependencies": {"a": ["b"]}})", R"({"a": 1})") == ": missing \"b\", which \"a\" needs beside it");
  CHECK(check(R"({"propertyNames": {"pattern": "^[a-z]+$"}})", R"({"A": 1})") ==
        ": the key \"A\" is not allowed: \"A\" must match ^[a-z]+$");
  CHECK(check(R"({"patternProperties": {"^x-": {"type": "string"}}, "additionalProperties": false})",
              R"({"x-a": 1, "y": 1})") == "/x-a: expected text, found the number 1\n: unknown key \"y\"");
  CHECK(check(R"({"items": [{"type": "string"}], "additionalItems": {"type": "integer"}})", R"([1, "a"])") ==
        "/0: expected text, found the number 1\n/1: expected a whole number, found text \"a\"");
  CHECK(check(R"({"allOf": [{"required": ["a"]}, {"required": ["a", "b"]}]})", "{}") ==
        ": missing \"a\"\n: missing \"b\"");
  CHECK(check(R"({"properties": {"a": false}})", R"({"a": 1})") == ": \"a\" is not allowed here");
  CHECK(check("false", "1") == ": nothing is allowed here");
  CHECK(check(R"({"items": {"$ref": "#/definitions/a%25~1b"}, "definitions": {"a%/b": false}})", "[1]") ==
        "/0: nothing is allowed here");
  CHECK(check(R"({"minLength": 2.0})", R"("a")") == ": must have at least 2 characters, it has 1");
  CHECK(check(R"({"additionalProperties": {"type": "integer"}})", R"({"a": "b"})") ==
        "/a: expected a whole number, found text \"b\"");
}

TEST_CASE("a value that is not known yet fits everywhere") {
  CHECK(check(R"({"type": "integer", "minimum": 5})", R"({"$unknown": "x"})") == "fits");
  CHECK(check(R"({"const": [1]})", R"([{"$unknown": "x"}])") == "fits");
  CHECK(check(R"({"not": {"items": {"type": "string"}}})", R"([{"$unknown": "x"}])") == "fits");
  CHECK(check(R"({"oneOf": [{"items": {"const": 1}}, {"items": {"const": 2}}]})", R"([{"$unknown": "x"}])") == "fits");
  CHECK(check(R"({"uniqueItems": true})", R"([{"$unknown": "x"}, {"$unknown": "x"}])") == "fits");
  CHECK(check(R"({"properties": {"a": {"type": "string"}, "b": {"type": "string"}}})",
              R"({"a": {"$unknown": "x"}, "b": 1})") == "/b: expected text, found the number 1");
}

TEST_CASE("schemas may hold themselves, and one without end is noticed") {
  const std::string_view tree =
      R"({"type": "object", "properties": {"inner": {"$ref": "#"}}, "additionalProperties": false})";
  CHECK(check(tree, R"({"inner": {"inner": {}}})") == "fits");
  CHECK(check(tree, R"({"inner": {"inner": {"x": 1}}})") == "/inner/inner: unknown key \"x\"");
  CHECK(check(R"({"allOf": [{"$ref": "#"}]})", "1") == ": is nested too deeply");
}

TEST_CASE("a malformed schema is refused with the place") {
  CHECK(malformed("5") == "malformed schema at its top: expected a schema, found the number 5");
  CHECK(malformed(R"({"properties": {"a": {"type": "text"}}})") ==
        "malformed schema at /properties/a/type: unknown type \"text\"");
  CHECK(malformed(R"({"properties": {"a": 5}})") ==
        "malformed schema at /properties/a: expected a schema, found the number 5");
  CHECK(malformed(R"({"items": {"required": "a"}})") == "malformed schema at /items/required: expected a list of keys");
  CHECK(malformed(R"({"anyOf": []})") == "malformed schema at /anyOf: expected a list of schemas");
  CHECK(malformed(R"({"minLength": -1})") ==
        "malformed schema at /minLength: expected a whole number that is not negative");
  CHECK(malformed(R"({"$ref": "#/definitions/a"})") == "malformed schema at /$ref: nothing is at \"#/definitions/a\"");
  CHECK(malformed(R"({"$ref": "other.json"})") ==
        "malformed schema at /$ref: only references inside the document are followed");
  CHECK(malformed(R"({"$ref": "#"})") == "malformed schema at /$ref: the reference goes round in a circle");
  CHECK(malformed(R"({"definitions": {"a/b": {"pattern": 1}}})") ==
        "malformed schema at /definitions/a~1b/pattern: expected text");
}

TEST_CASE("a view tells what an expression may ask for") {
  const auto document = schema(steps);
  const SchemaView top(document->document(), document->document());
  CHECK(top.types() == std::vector<std::string>{"object"});
  CHECK_FALSE(top.open());
  CHECK(top.required() == std::vector<std::string>{"version", "actions"});
  CHECK(top.property("timeout").format() == "duration");
  CHECK(top.property("version").types() == std::vector<std::string>{"integer"});
  CHECK(top.property("version").allows("integer"));
  CHECK_FALSE(top.property("version").allows("string"));
  CHECK_FALSE(top.property("nothing").known());
  const SchemaView step = top.property("actions").items();
  CHECK(step.property_names() == std::vector<std::string>{"id", "action", "with", "on_error", "for_each", "do",
                                                          "parallel", "if", "then", "else"});
  CHECK(step.property("do").items().property("if").types() == std::vector<std::string>{"string", "boolean"});
  CHECK(step.property("on_error").types() == std::vector<std::string>{"string", "array"});
  const auto mixed = schema(R"({"anyOf": [{"type": "string"}, {"type": "object", "additionalProperties": false}]})");
  CHECK_FALSE(SchemaView(mixed->document(), mixed->document()).open());
  const auto either = schema(R"({"anyOf": [{"type": "object"}, {"type": "object", "additionalProperties": false}]})");
  CHECK(SchemaView(either->document(), either->document()).open());
  CHECK(SchemaView().allows("string"));
  CHECK(SchemaView().open());
  CHECK_FALSE(SchemaView().property("x").known());
}

TEST_SUITE_END();

}  // namespace millrace
