#include <doctest/doctest.h>

#include "openapi/imported.hpp"

using namespace millrace;
using test::document;
using test::findings_of;
using test::fine;
using test::imported;
using test::names_of;
using test::operation;
using test::unusable;

TEST_SUITE_BEGIN("openapi");

namespace {

/// JSON, because it is written without an end in sight.
std::string json_document(const std::string& paths, const std::string& schemas = "{}") {
  return R"({"openapi": "3.0.3", "info": {"title": "x", "version": "1"}, "paths": )" + paths +
         R"(, "components": {"schemas": )" + schemas + "}}";
}

const std::string answers_with_first =
    R"({"/pets": {"get": {"responses": {"200": {"description": "x", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/S0"}}}}}}}})";

}  // namespace

TEST_CASE("a way of a hundred thousand references is walked without a stack, and each bad one is counted") {
  constexpr int many = 100'000;
  std::string chain = "{", bad = "{";
  for (int at = 0; at < many; ++at) {
    const std::string next = std::to_string(at + 1), name = "\"S" + std::to_string(at) + "\": ";
    chain += name + R"({"allOf": [{"$ref": "#/components/schemas/S)" + next + R"("}]}, )";
    bad += name + R"({"properties": {"a": {"$ref": "#/components/schemas/S)" + next +
           R"("}, "b": {"$ref": "#/nowhere"}}}, )";
  }
  const std::string last = "\"S" + std::to_string(many) + "\": {}}";
  CHECK(imported({{"api.yaml", json_document(answers_with_first, chain + last)}}).findings.list().size() > 0);
  const Import import = imported({{"api.yaml", json_document(answers_with_first, bad + last)}});
  CHECK(import.findings.list().size() == 201);  // and that no server is named
  CHECK(import.findings.more().at("unresolved-reference") == many - 200);
}

TEST_CASE("parts that refer to the next ones over and over end in time, in bodies and in answers") {
  std::string ladder, self = "{allOf: [";
  for (int at = 0; at < 7; ++at) {
    ladder += "    S" + std::to_string(at) + ": {allOf: [";
    for (int times = 0; times < 14; ++times)
      ladder += "{$ref: '#/components/schemas/S" + std::to_string(at + 1) + "'}, ";
    ladder += "{type: object, properties: {p" + std::to_string(at) + ": {type: string}}}]}\n";
  }
  for (int times = 0; times < 24; ++times) self += "{$ref: '#/components/schemas/Self'}, ";
  const std::string schemas = "  schemas:\n" + ladder +
                              "    S7: {type: object, properties: {id: {type: string}}}\n    Self: " + self +
                              "{type: object, properties: {id: {type: string}}}]}\n";
  for (const std::string name : {"S0", "Self"}) {
    const std::string schema = "content: {application/json: {schema: {$ref: '#/components/schemas/" + name + "'}}}";
    const std::string gives = "responses: {200: {description: x, " + schema + "}}";
    const std::string said = "requestBody: {required: true, " + schema + "}, " + gives;
    const Import import =
        imported({{"api.yaml", document("  /a: {get: {responses: {200: {description: x, content: "
                                        "{application/json: {schema: {type: array, items: {$ref: "
                                        "'#/components/schemas/" +
                                            name + "'}}}}}}}, post: {" + said + "}}\n  /a/{id}: {get: {" + gives +
                                            "}, patch: {" + said + "}}\n",
                                        schemas)}});
    CHECK(import.manifest.find("actions")->map().size() == 4);
    CHECK(unusable(import) == "");
  }
}

TEST_CASE("what is written into a manifest is cut, and steers nobody's terminal") {
  const std::string large(1u << 20, 'a');
  const std::string paths = R"({"/pets": {"get": {"operationId": "\u001b[31mx\n\u202e", "summary": ")" + large +
                            R"(", "parameters": [{"name": ")" + large +
                            R"(", "in": "query", "description": "\u001b[2J)" + large + R"("}], "responses": {}}}})";
  const Import import = imported({{"api.yaml", json_document(paths)}});
  CHECK(unusable(import) == "");
  const Value& action = *import.manifest.find("actions")->find("pets.get");
  CHECK(action.text_or("summary").size() <= 163);
  for (const auto& [name, schema] : action.find("input")->find("properties")->map()) {
    CHECK(name.text().size() <= 81);
    CHECK(schema.text_or("description").find('\x1b') == std::string::npos);
  }
}

TEST_CASE("paths that lead elsewhere are left out, and names stay names whatever the paths are") {
  const std::string paths = operation("/a/../b", "get", fine) + operation("/%2e%2e/b", "get", fine) +
                            operation("//evil.example/x", "get", fine) + operation("'/x#y'", "get", fine) +
                            operation("/open{x", "get", fine) + operation("no-slash", "get", fine) +
                            operation("/☃", "get", fine) + operation("/2fa", "get", fine) +
                            operation("/a b", "get", fine) + operation("/", "get", fine);
  const Import import = imported({{"api.yaml", document(paths)}});
  CHECK(unusable(import) == "");
  CHECK(names_of(import) ==
        "x.get = GET /%E2%98%83 read\nx2fa.get = GET /2fa read\na_b.get = GET /a%20b read\nroot.get = GET / read\n");
  CHECK(import.left_out.size() == 6);
}

TEST_CASE("thousands of one name, and parts that are referred to from every depth, end in time") {
  std::string paths = "{", properties = "{";
  for (int at = 0; at < 20'000; ++at) {
    const std::string name = "n" + std::to_string(at);
    paths += R"("/a/{)" + name + R"(}/b": {"get": {"responses": {}}}, )";
    properties += "\"" + name + R"(": {"x": {"$ref": "#/components/schemas/S0/properties/n)" +
                  std::to_string((at + 1) % 20'000) + R"(/x"}}, )";
  }
  Import import = imported({{"api.yaml", json_document(paths + R"("/c": {}})")}});
  CHECK(unusable(import) == "");
  CHECK(import.left_out.size() == 10'000);
  CHECK(import.left_out.front().why == "a plugin has at most 10,000 actions");
  import = imported(
      {{ "api.yaml",
         json_document(answers_with_first, R"({"S0": {"properties": )" + properties + R"("c": {}}}})") }});
  CHECK(unusable(import) == "");
}

TEST_CASE("a small document does not become a large plugin") {
  std::string members, paths;
  for (int at = 0; at < 250; ++at)
    members += "\"m" + std::to_string(at) + R"(": {"type": "string", "description": "one of the many members"}, )";
  for (int at = 0; at < 5'000; ++at)
    paths +=
        "\"/p" + std::to_string(at) + R"(": {"post": {"requestBody": {"$ref": "#/components/requestBodies/B"}}}, )";
  const std::string text =
      R"({"openapi": "3.0.3", "paths": {)" + paths +
      R"("/c": {}}, "components": {"requestBodies": {"B": {"content": {"application/json": {"schema": {"properties": {)" +
      members + R"("c": {}}}}}}}}})";
  const Import import = imported({{"api.yaml", text}});
  CHECK(import.manifest.weight() < 3'000'000);
  CHECK(import.left_out.back().why == "the plugin is too large already: leave others out, in an overlay");
  CHECK(unusable(import) == "");
}

TEST_CASE("what is no OpenAPI document makes nothing, and says why") {
  const auto why = [](const std::string& text) {
    const Import import = imported({{"api.yaml", text}});
    CHECK(import.manifest.is_null());
    return findings_of(import);
  };
  CHECK(why("swagger: '2.0'\n").find("convert it to OpenAPI 3 first [no-openapi]") != std::string::npos);
  CHECK(why("{}").find("this is no OpenAPI document") != std::string::npos);
  CHECK(why("[1]").find("[no-openapi]") != std::string::npos);
  CHECK(why("").find("the file is empty") != std::string::npos);
  CHECK(why("{\"a\": 1, \"a\": 2}").find("[unreadable-document]") != std::string::npos);
  CHECK(why("a: [").find("error") != std::string::npos);
  CHECK(why("\xff\xfe").find("not UTF-8") != std::string::npos);
  std::string deep;
  for (int level = 0; level < 100'000; ++level) deep += "[";
  CHECK(why("a: " + std::string(100, '[') + std::string(100, ']')).find("[too-deep]") != std::string::npos);
  CHECK(why("{\"a\": " + deep).find("deep") != std::string::npos);
}

TEST_CASE("every kind of value in every place gives findings and no more") {
  for (const char* odd : {"7", "null", "true", "\"x\"", "[]", "[1]", "{}", "{\"a\": null}", "[[{}]]"}) {
    for (const char* place : {"info", "servers", "paths", "components", "security"}) {
      const std::string text = std::string(R"({"openapi": "3.1.0", ")") + place + "\": " + odd + "}";
      (void)imported({{"api.yaml", text}});
    }
    for (const char* place :
         {"parameters", "requestBody", "responses", "security", "servers", "summary", "operationId", "deprecated"}) {
      const std::string paths = std::string(R"({"/pets/{id}": {"post": {")") + place + "\": " + odd + "}}}";
      const Import import = imported({{"api.yaml", json_document(paths)}});
      CHECK(unusable(import) == "");
    }
  }
}

TEST_SUITE_END();
