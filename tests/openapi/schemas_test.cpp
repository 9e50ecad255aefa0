#include <doctest/doctest.h>

#include "openapi/imported.hpp"

using namespace millrace;
using test::document;
using test::findings_of;
using test::imported;
using test::of_action;
using test::operation;
using test::unusable;

TEST_SUITE_BEGIN("openapi");

namespace {

/// What a schema becomes as the output of an operation, and what was told of it.
struct Written {
  std::string schema, told, definitions;
};

Written written(const std::string& schema, const std::string& components = "", const std::string& version = "3.0.3") {
  const std::string said = "responses: {200: {description: x, content: {application/json: {schema: " + schema + "}}}}";
  const Import import = imported(
      {{"api.yaml",
        document("  /pets/{id}: {parameters: [{name: id, in: path, required: true, schema: {type: string}}], get: {" +
                     said + "}}\n",
                 components.empty() ? "" : "  schemas:\n" + components, version)}});
  CHECK(unusable(import) == "");
  const Value* definitions = import.manifest.find("definitions");
  return {of_action(import, "pets.get", {"output"}), findings_of(import),
          definitions != nullptr ? encode_json(*definitions) : ""};
}

}  // namespace

TEST_CASE("schemas of 3.0 become JSON Schema") {
  CHECK(written("{type: string, nullable: true, enum: [a, b]}").schema ==
        R"({"type":["string","null"],"enum":["a","b",null]})");
  CHECK(written("{type: integer, minimum: 3, exclusiveMinimum: true, maximum: 9, exclusiveMaximum: false}").schema ==
        R"({"type":"integer","minimum":3,"exclusiveMinimum":3,"maximum":9})");
  CHECK(written("{type: object, required: [id, name], properties: {id: {type: string, readOnly: true}, name: {type: "
                "string}}}")
            .schema ==
        R"({"type":"object","required":["name"],"properties":{"id":{"type":"string"},"name":{"type":"string"}}})");
  CHECK(written("{type: string, format: date-time, example: x, default: y, title: z, x-any: 1}").schema ==
        R"({"type":"string","format":"date-time"})");
  CHECK(written("{type: string, format: uri}").schema == R"({"type":"string"})");
  const std::string pet = "    Pet: {type: object}\n";
  CHECK(written("{nullable: true, allOf: [{$ref: '#/components/schemas/Pet'}]}", pet).schema ==
        R"({"anyOf":[{"allOf":[{"$ref":"#/definitions/Pet"}]},{"type":"null"}]})");
  CHECK(written("{$ref: '#/components/schemas/Pet', minProperties: 1}", pet).told ==
        "api.yaml:5 /paths/~1pets~1{id}/get/responses/200/content/application~1json/schema hint: what stands beside a "
        "$ref does "
        "not count in OpenAPI 3.0: minProperties [beside-reference]\n");
}

TEST_CASE("what is read only is asked for nowhere, however the schema says so, and what is only written is") {
  const std::string schemas =
      "    Id: {type: string, readOnly: true}\n"
      "    Base: {type: object, properties: {id: {$ref: '#/components/schemas/Id'}, name: {type: string}}}\n";
  for (const std::string id : {"{$ref: '#/components/schemas/Id'}", "{allOf: [{$ref: '#/components/schemas/Id'}]}",
                               "{type: string, readOnly: true}"}) {
    CAPTURE(id);
    CHECK(written("{type: object, required: [id, name], properties: {id: " + id + ", name: {type: string}}}", schemas)
              .schema.find(R"("required":["name"])") != std::string::npos);
    const std::string body =
        "requestBody: {required: true, content: {application/json: {schema: {type: object, required: "
        "[id, name], properties: {id: " +
        id + ", name: {type: string}}}}}}, ";
    const Import import =
        imported({{"api.yaml", document(operation("/pets", "post", body + test::fine), "  schemas:\n" + schemas)}});
    CHECK(of_action(import, "pets.create", {"request", "body"}) == R"({"name":"name"})");
  }
  CHECK(written("{allOf: [{$ref: '#/components/schemas/Base'}], required: [id, name]}", schemas)
            .schema.find(R"("required":["name"])") != std::string::npos);
  CHECK(written("{type: object, required: [key], properties: {key: {type: string, writeOnly: true}}}")
            .schema.find(R"("required":["key"])") != std::string::npos);
}

TEST_CASE("what needs another member is checked, and a schema is found by the name that it gives itself") {
  const Written needs = written("{type: object, dependentRequired: {a: [b]}}", "", "3.1.0");
  CHECK(needs.schema == R"({"type":"object","dependentRequired":{"a":["b"]}})");
  CHECK(needs.told == "");
  CHECK(written("{dependentRequired: {a: b}}", "", "3.1.0").told.find("[wrong-schema]") != std::string::npos);
  const Written named = written("{$ref: '#pet'}", "    Pet: {$anchor: pet, type: object}\n", "3.1.0");
  CHECK(named.told == "");
  CHECK(named.definitions == R"({"Pet":{"type":"object"}})");
  CHECK(written("{$ref: '#dog'}", "    Pet: {$anchor: pet, type: object}\n", "3.1.0").told.find("nothing is at") !=
        std::string::npos);
}

TEST_CASE("schemas of 3.1 are JSON Schema, with what draft 7 calls otherwise") {
  const std::string pet = "    Pet: {type: [object, 'null']}\n";
  CHECK(written("{type: [string, 'null'], const: a}", "", "3.1.0").schema ==
        R"({"type":["string","null"],"const":"a"})");
  CHECK(written("{type: array, prefixItems: [{type: string}], items: false}", "", "3.1.0").schema ==
        R"({"type":"array","items":[{"type":"string"}],"additionalItems":false})");
  CHECK(written("{$ref: '#/components/schemas/Pet', minProperties: 1}", pet, "3.1.0").schema ==
        R"({"allOf":[{"$ref":"#/definitions/Pet"},{"minProperties":1}]})");
  CHECK(written("{unevaluatedProperties: false}", "", "3.1.0")
            .told.find("hint: \"unevaluatedProperties\" is not checked here [not-checked]") != std::string::npos);
  CHECK(written("true", "", "3.1.0").schema == "{}");
}

TEST_CASE("what is wrong in a schema is told with its place, and the rest goes on") {
  const Written wrong =
      written("{type: file, minLength: -1, required: true, properties: {a: 7, b: {type: string, enum: x}}}");
  CHECK(wrong.schema == R"({"properties":{"a":{},"b":{"type":"string"}}})");
  for (const char* said :
       {"/schema/type error: there is no type \"file\": every value is taken there [wrong-type]",
        "/schema/minLength error: expected a whole number that is not negative, found -1; it is not carried "
        "over [wrong-schema]",
        "/schema/required error: expected a list of names", "/schema/properties/a error: expected a schema",
        "/schema/properties/b/enum error: expected a list of values"}) {
    CAPTURE(said);
    CAPTURE(wrong.told);
    CHECK(wrong.told.find(said) != std::string::npos);
  }
  CHECK(written("{type: string, pattern: '(?<=a)b'}").told.find("hint: the pattern is not checked here") !=
        std::string::npos);
}

TEST_CASE("a schema that holds itself stays one, and one that is made of itself is cut") {
  const Written tree = written("{$ref: '#/components/schemas/Node'}",
                               "    Node: {type: object, properties: {next: {$ref: '#/components/schemas/Node'}}}\n");
  CHECK(tree.definitions == R"({"Node":{"type":"object","properties":{"next":{"$ref":"#/definitions/Node"}}}})");
  CHECK(tree.told == "");
  const Written circle = written("{$ref: '#/components/schemas/A'}",
                                 "    A: {allOf: [{$ref: '#/components/schemas/B'}, {type: object}]}\n    B: {allOf: "
                                 "[{$ref: '#/components/schemas/A'}]}\n");
  CHECK(circle.definitions == R"({"A":{"allOf":[{"$ref":"#/definitions/B"},{"type":"object"}]},"B":{"allOf":[{}]}})");
  CHECK(circle.told ==
        "api.yaml:9 /components/schemas/B warning: the schema is made of itself, which nothing can be: that part is "
        "not checked [circular-schema]\n");
  CHECK(written("{$ref: '#/components/schemas/A'}", "    A: {$ref: '#/components/schemas/A'}\n")
            .told.find("[circular-reference]") != std::string::npos);
}

TEST_CASE("parts that are referred to again and again do not multiply") {
  std::string components;
  for (int level = 0; level < 40; ++level) {
    const std::string next = "{$ref: '#/components/schemas/L" + std::to_string(level + 1) + "'}";
    components += "    L" + std::to_string(level) + ": {oneOf: [" + next + ", " + next + "]}\n";
  }
  components += "    L40: {type: string}\n";
  CHECK(written("{$ref: '#/components/schemas/L0'}", components).told.find("[entangled-schema]") != std::string::npos);
}

TEST_CASE("references lead to other files of the folder, and nowhere else") {
  const std::string said = "responses: {200: {description: x, content: {application/json: {schema: {$ref: '";
  const auto reading = [&](const std::string& reference) {
    return imported({{"api.yaml", document(operation("/pets", "get", said + reference + "'}}}}}"))},
                     {"parts/pet.yaml", "Pet: {type: object, properties: {owner: {$ref: '../owner.json#/Owner'}}}\n"},
                     {"owner.json", R"({"Owner": {"type": "string"}})"}});
  };
  const Import inside = reading("parts/pet.yaml#/Pet");
  CHECK(findings_of(inside) == "");
  CHECK(encode_json(*inside.manifest.find("definitions")) ==
        R"({"Owner":{"type":"string"},"Pet":{"type":"object","properties":{"owner":{"$ref":"#/definitions/Owner"}}}})");
  CHECK(findings_of(reading("https://example.com/pet.json")).find("error: nothing is fetched") != std::string::npos);
  CHECK(findings_of(reading("//example.com/pet.json")).find("[remote-reference]") != std::string::npos);
  for (const char* outside :
       {"../pet.yaml", "parts/../../pet.yaml", "/etc/passwd", "%2e%2e/pet.yaml", "parts/..%2F..%2Fpet.yaml"})
    CHECK(findings_of(reading(outside)).find("[outside-reference]") != std::string::npos);
  CHECK(findings_of(reading("missing.yaml#/A")).find("\"missing.yaml\": there is no such file") != std::string::npos);
  CHECK(findings_of(reading("#/components/schemas/None"))
            .find("nothing is at \"#/components/schemas/None\" [unresolved-reference]") != std::string::npos);
}

TEST_SUITE_END();
