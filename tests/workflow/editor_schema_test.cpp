#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "schema/schema.hpp"
#include "temporary_folder.hpp"
#include "value/json.hpp"
#include "workflow/case_findings.hpp"
#include "workflow/format_schemas.hpp"
#include "workflow/list.hpp"
#include "workflow/model.hpp"
#include "yaml/yaml.hpp"

using namespace millrace;

namespace {

/// The manifests that come with Millrace. Their libraries are looked for, and never loaded here.
const Catalog& shipped_as_built() {
  static const test::TemporaryFolder folder;
  static const Catalog catalog = [] {
    for (const auto& plugin : std::filesystem::directory_iterator(std::string(TEST_DATA) + "/../plugins")) {
      const std::string name = plugin.path().filename().string();
      const auto manifest = plugin.path() / (name + ".json");
      if (!std::filesystem::exists(manifest)) continue;
      folder.write(name + "/" + name + ".so", "");
      std::filesystem::copy_file(manifest, folder.path() / name / (name + ".json"));
    }
    return Catalog::load(folder.path(), "");
  }();
  return catalog;
}

void collect(const Value& schema, std::vector<std::string>& references) {
  if (schema.is_list()) {
    for (const Value& item : schema.list()) collect(item, references);
  } else if (schema.is_map()) {
    for (const auto& [name, value] : schema.map()) {
      if (name.text() == "$ref" && value.is_text()) references.push_back(value.text());
      collect(value, references);
    }
  }
}

bool leads_somewhere(const Value& root, std::string reference) {
  if (!reference.starts_with("#")) return false;
  reference.erase(0, 1);
  const Value* at = &root;
  while (!reference.empty() && at != nullptr) {
    const std::size_t end = std::min(reference.find('/', 1), reference.size());
    at = at->find(reference.substr(1, end - 1));
    reference.erase(0, end);
  }
  return at != nullptr;
}

std::string broken_references(const Value& schema) {
  std::vector<std::string> references;
  collect(schema, references);
  CHECK(references.size() > 3);
  std::string broken;
  for (const std::string& reference : references) broken += leads_somewhere(schema, reference) ? "" : reference + "\n";
  return broken;
}

/// As an editor reads YAML: by its text alone.
Value plain(const Node& node) {
  if (node.is_list()) {
    Value::List items;
    for (const Node& item : node.items) items.push_back(plain(item));
    return items;
  }
  if (node.is_map()) {
    Map members;
    for (const Node::Member& member : node.members) members.set(member.key, plain(member.value));
    return members;
  }
  if (node.is_empty()) return Value();
  auto value = node.is_plain() ? parse_json(node.text) : Result<Value>(Value(node.text));
  return value && !value->is_map() && !value->is_list() ? *value : Value(node.text);
}

std::string problems_with(const Schema& schema, const Value& document) {
  std::string text;
  for (const ShapeProblem& problem : schema.check(document)) text += problem.pointer + ": " + problem.message + "\n";
  return text;
}

}  // namespace

TEST_SUITE_BEGIN("workflow");

TEST_CASE("every kind of step has its form in the schema, under its word") {
  for (const std::string_view word : step_words) CHECK_MESSAGE(workflow_part(std::string(word) + "_step"), word);
}

TEST_CASE("every reference in the schema for editors leads somewhere, those of the shipped plugins included") {
  const Value schema = workflow_schema(shipped_as_built());
  CHECK(broken_references(schema) == "");
  CHECK(encode_json(schema).find("#/definitions/action.statistics.") != std::string::npos);
  const Value& permissions = *schema.find("definitions")->find("permissions")->find("properties");
  CHECK(permissions.find("location_tags") != nullptr);
  CHECK(permissions.find("hosts") != nullptr);
}

TEST_CASE("a plugin may refer to any part of its own schemas, and another one may call its parts the same") {
  test::TemporaryFolder folder;
  const std::string inputs =
      R"({"type": "object", "$id": "https://example.com/inputs", "properties": {"day": {"$ref": "#/definitions/day"},
      "same": {"$ref": "#/properties/day"}, "tree": {"$ref": "#/definitions/tree"}, "$ref": {"type": "integer"}},
      "definitions": {"day": {"enum": [DAYS]}, "tree": {"type": "object", "additionalProperties": false, "properties":
      {"under": {"$ref": "#/definitions/tree"}}}}})";
  for (const auto& [name, days] : {std::pair("one", R"("mon")"), std::pair("two", R"("tue")")}) {
    std::string of = inputs;
    of.replace(of.find("DAYS"), 4, days);
    folder.write(
        std::string("plugins/") + name + "/" + name + ".json",
        std::string(R"({"manifest": 1, "version": "1.0.0", "summary": "Days", "connection": {"auth": "none"}, )") +
            R"("name": ")" + name + R"(", "actions": {"do": {"summary": "Do", "effect": "read", "input": )" + of +
            R"(, "output": {"type": "object"}, "request": {"method": "GET", "path": "/"}, )" +
            R"("repeat": "idempotent", "connection": true, "examples": []}}})");
  }
  const Catalog catalog = Catalog::load(folder.path() / "plugins", "");
  for (const Catalog::Problem& problem : catalog.problems()) FAIL(problem.error.message);
  const Value document = workflow_schema(catalog);
  CHECK(broken_references(document) == "");
  const auto schema = Schema::parse(document);
  REQUIRE(schema);
  const auto fits = [&](const std::string& action, const std::string& with) {
    const auto workflow = parse_json(R"({"version": 1, "name": "x", "triggers": ["manual"], "actions": [{"action": ")" +
                                     action + R"(", "with": )" + with + "}]}");
    REQUIRE(workflow);
    return problems_with(**schema, *workflow).empty();
  };
  CHECK(fits("one.do", R"({"day": "mon", "same": "mon", "tree": {"under": {"under": {}}}})"));
  CHECK(fits("two.do", R"({"day": "tue"})"));
  CHECK_FALSE(fits("one.do", R"({"tree": {"under": {"over": {}}}})"));
  CHECK_FALSE(fits("one.do", R"({"day": 7})"));
}

TEST_CASE("for editors a step is of the one form that its key says, and begun with the keys of all") {
  const auto schema = Schema::parse(workflow_schema(shipped_as_built()));
  REQUIRE(schema);
  const auto step_problems = [&schema](const std::string& step) {
    const auto workflow = parse_json(R"({"version": 1, "triggers": ["manual"], "actions": [)" + step + "]}");
    REQUIRE(workflow);
    return problems_with(**schema, *workflow);
  };
  CHECK(step_problems(R"({"id": "a"})") == "");
  CHECK(step_problems(R"({"for_each": "a", "do": [{"wait": "1s"}], "parallel": 2, "if": "b"})") == "");
  CHECK(step_problems(R"({"do": [{"wait": "1s"}], "if": "b"})") == "");
  CHECK(step_problems(R"({"if": "a", "then": [{"wait": "1s"}]})") == "");
  CHECK(step_problems(R"({"if": "a"})").find("then") != std::string::npos);
  CHECK(step_problems(R"({"wait": "1s", "then": []})").find("then") != std::string::npos);
  CHECK(step_problems(R"({"nothing": 1})").find("nothing") != std::string::npos);
  CHECK(step_problems(R"({"action": "no.such"})") != "");
}

TEST_CASE("for editors one item may stand for its list, as it may for check") {
  const auto schema = Schema::parse(workflow_schema(shipped_as_built()));
  REQUIRE(schema);
  const auto problems_of = [&schema](const std::string& text) { return problems_with(**schema, *parse_json(text)); };
  CHECK(problems_of(R"({"version": 1, "triggers": "manual", "actions": {"if": "a", "then": {"wait": "1s"}}})") == "");
  CHECK(problems_of(R"({"version": 1, "triggers": {"schedule": "daily"}, "actions": [{"wait": "1s"}]})") == "");
  CHECK(problems_of(R"({"version": 1, "triggers": "manual", "actions": {"nothing": 1}})").find("nothing") !=
        std::string::npos);
}

TEST_CASE("for editors one item may stand for its list in tests, too") {
  const auto schema = Schema::parse(test_schema());
  REQUIRE(schema);
  const auto problems_of = [&schema](const std::string& tests) {
    return problems_with(**schema, *parse_json(R"({"version": 1, "tests": )" + tests + "}"));
  };
  CHECK(problems_of(R"({"name": "x", "before": {"event": 1}, "fail": "tags 503"})") == "");
  for (const char* changes : {R"("delete tag old")", R"({"action": "tags.delete"})", "2", R"(["delete tag old"])"})
    CHECK(problems_of(std::string(R"([{"name": "x", "expect": {"changes": )") + changes + "}}]") == "");
  CHECK(problems_of(R"({"nmae": "x"})").find("nmae") != std::string::npos);
  CHECK(problems_of(R"({"name": "x", "before": {"evnt": 1}})").find("evnt") != std::string::npos);
}

TEST_CASE("for editors a text field takes what looks like a number, as it does for check, and no other field does") {
  const auto schema = Schema::parse(workflow_schema(shipped_as_built()));
  REQUIRE(schema);
  const auto step_problems = [&schema](const std::string& step) {
    return problems_with(**schema,
                         *parse_json(R"({"version": 1, "name": 2024, "triggers": "manual", "actions": )" + step + "}"));
  };
  for (const char* step : {R"({"action": "files.write", "with": {"file": "a.txt", "text": 10}})",
                           R"({"action": "files.write", "with": {"file": "a.txt", "text": true}})",
                           R"({"action": "highlevel.location_tags.create", "with": {"name": 2026}})",
                           R"({"action": "http.request", "with": {"url": "/a", "headers": {"X-Version": 2}}})",
                           R"({"stop": {"message": 1.5}})"})
    CHECK(step_problems(step) == "");
  for (const char* step :
       {R"({"wait": 10})", R"({"action": 7})", R"({"action": "files.write", "with": {"text": [10]}})",
        R"({"action": "http.request", "with": {"url": "/a", "method": 7}})"})
    CHECK(step_problems(step) != "");
  const auto project = Schema::parse(project_schema());
  REQUIRE(project);
  const auto with_user = [&project](const std::string& user) {
    return problems_with(**project, *parse_json(R"({"version": 1, "connections": {"far": {"plugin": "http", "base_url":
        "https://a.example", "auth": {"basic": {"user": )" +
                                                user + R"(, "password": "secret:far"}}}}})"));
  };
  CHECK(with_user("1234") == "");
  CHECK(with_user(R"({"name": "ada"})") != "");
  const auto tests = Schema::parse(test_schema());
  REQUIRE(tests);
  CHECK(problems_with(**tests, *parse_json(R"({"version": 1, "tests": {"name": 2024, "files": {"a.csv": 7}}})")) == "");
  CHECK(problems_with(**tests, *parse_json(R"({"version": 1, "tests": {"name": "a", "now": 2024}})")) != "");
}

TEST_CASE("every sample fits the schema for editors") {
  const auto schema = Schema::parse(workflow_schema(shipped_as_built()));
  REQUIRE(schema);
  const auto files = list_workflow_files(std::string(TEST_DATA) + "/..");
  CHECK(files.size() > 5);
  for (const WorkflowFile& file : files) {
    const auto source = read_source(file.path, file.shown_as);
    const YamlDocument document = read_yaml(std::get<std::shared_ptr<const SourceText>>(source));
    REQUIRE(document.root);
    INFO(file.shown_as);
    CHECK(problems_with(**schema, plain(*document.root)) == "");
  }
}

TEST_SUITE_END();
