#include <doctest/doctest.h>

#include "catalog/request.hpp"
#include "openapi/imported.hpp"

using namespace millrace;
using test::document;
using test::findings_of;
using test::fine;
using test::imported;
using test::of_action;
using test::operation;
using test::unusable;

namespace {

/// GET /q with one parameter.
Import with_parameter(const std::string& said, const std::string& components = "") {
  return imported(
      {{"api.yaml", document(operation("/q", "get", "parameters: [{" + said + "}], " + fine), components)}});
}

/// POST /b with a body of one type, and what stands beside its schema.
Import with_body(const std::string& type, const std::string& schema, const std::string& beside = "",
                 const std::string& version = "3.0.3", const std::string& components = "") {
  const std::string body =
      "requestBody: {required: true, content: {" + type + ": {" + beside + "schema: " + schema + "}}}, ";
  return imported({{"api.yaml", document(operation("/b", "post", body + fine), components, version)}});
}

std::string only_action(const Import& import) { return import.manifest.find("actions")->map().begin()->first.text(); }

/// What would be sent of an input: the path, or the body where there is one, or why not.
std::string sent(const Import& import, const std::string& input) {
  const auto manifest = parse_manifest(encode_json(import.manifest), "plugins/shop");
  if (!manifest) return render(manifest.error());
  const auto request = build_request(manifest->actions.at(0), *parse_json(input));
  if (!request) return request.error().message;
  return request->body.is_text() ? request->body.text() : request->path.text();
}

}  // namespace

TEST_SUITE_BEGIN("openapi");

TEST_CASE("a list is one pair where the document says so, whatever parts its schema has") {
  const std::string components =
      "  schemas:\n    Ids: {type: array, items: {type: string}}\n    Sub: {allOf: [{$ref: "
      "'#/components/schemas/Ids'}]}\n";
  for (const std::string schema :
       {"{allOf: [{type: array, items: {type: string}}]}", "{$ref: '#/components/schemas/Sub'}",
        "{anyOf: [{type: array, items: {type: string}}, {type: 'null'}]}", "{items: {type: string}}",
        "{oneOf: [{type: string}, {$ref: '#/components/schemas/Ids'}]}"}) {
    CAPTURE(schema);
    const Import import = with_parameter("name: l, in: query, explode: false, schema: " + schema, components);
    CHECK(findings_of(import) == "");
    CHECK(of_action(import, only_action(import), {"request", "styles"}) == R"({"l":"comma"})");
  }
}

TEST_CASE(
    "a mapping in a query is told wherever a schema says it, and nothing that check lets through fails at a run") {
  const std::string components = "  schemas: {Filter: {properties: {a: {type: string}}}}\n";
  for (const std::string schema :
       {"{allOf: [{$ref: '#/components/schemas/Filter'}]}", "{$ref: '#/components/schemas/Filter'}",
        "{anyOf: [{type: object}, {type: 'null'}]}", "{type: array, items: {type: object}}",
        "{type: array, items: {type: array, items: {type: string}}}"}) {
    CAPTURE(schema);
    const Import import = with_parameter("name: f, in: query, schema: " + schema, components);
    CHECK(findings_of(import).find("the parameter \"f\" in query is left out") != std::string::npos);
    CHECK(of_action(import, only_action(import), {"request", "query"}) == "");
  }
  const Import either = with_parameter("name: f, in: query, schema: {anyOf: [{type: object}, {type: integer}]}");
  CHECK(findings_of(either).find("mappings are left out of the parameter \"f\"") != std::string::npos);
  CHECK(sent(either, R"({"f": 3})") == "/q?f=3");
  const auto manifest = parse_manifest(encode_json(either.manifest), "plugins/shop");
  REQUIRE(manifest);
  CHECK(manifest->actions[0].input->check(*parse_json(R"({"f": 3})")).empty());
  CHECK_FALSE(manifest->actions[0].input->check(*parse_json(R"({"f": {"a": 1}})")).empty());
  // In its own styles it is written.
  const Import deep = with_parameter("name: f, in: query, style: deepObject, schema: {allOf: [{type: object}]}");
  CHECK(sent(deep, R"({"f": {"a": 1}})") == "/q?f%5Ba%5D=1");
}

TEST_CASE("a parameter with content is written as its media type says") {
  CHECK(sent(with_parameter("name: o, in: query, content: {text/plain: {schema: {type: string}}}"),
             R"({"o": "a b"})") == "/q?o=a%20b");
  CHECK(sent(with_parameter("name: o, in: query, content: {application/json: {schema: {type: object}}}"),
             R"({"o": {"a": 1}})") == "/q?o=%7B%22a%22%3A1%7D");
  for (const std::string said :
       {"content: {application/json: {schema: {type: object}}}", "schema: {allOf: [{type: array}]}"}) {
    CAPTURE(said);
    const Import header = with_parameter("name: X-Json, in: header, " + said);
    CHECK(findings_of(header).find("one text here") != std::string::npos);
    CHECK(of_action(header, "q.get", {"input", "properties", "headers", "properties", "X-Json"}) ==
          R"({"type":"string"})");
    const Import path =
        imported({{"api.yaml",
                   document(operation("/q/{o}", "get",
                                      "parameters: [{name: o, in: path, required: true, " + said + "}], " + fine))}});
    CHECK(findings_of(path).find("one text here") != std::string::npos);
    CHECK(of_action(path, "q.get", {"input", "properties", "o"}) == R"({"type":"string","minLength":1})");
  }
}

TEST_CASE("a cookie is written as the document says, and a mapping that cannot be is told") {
  const auto cookie = [](const std::string& said, const std::string& input) {
    const Import import = with_parameter("name: c, in: cookie, " + said);
    const auto manifest = parse_manifest(encode_json(import.manifest), "plugins/shop");
    REQUIRE(manifest);
    const auto request = build_request(manifest->actions.at(0), *parse_json(input));
    REQUIRE(request);
    return request->headers.empty() ? "" : request->headers.at(0).second;
  };
  CHECK(cookie("schema: {type: array, items: {type: string}}", R"({"c": ["a", "b"]})") == "c=a%2Cb");
  CHECK(cookie("content: {application/json: {schema: {type: array}}}", R"({"c": ["a", "b"]})") ==
        "c=%5B%22a%22%2C%22b%22%5D");
  CHECK(cookie("content: {application/json: {schema: {type: string}}}", R"({"c": "hi"})") == "c=%22hi%22");
  CHECK(cookie("content: {application/json: {schema: {type: object}}}", R"({"c": {"r": 1}})") == "c=%7B%22r%22%3A1%7D");
  const Import mapping = with_parameter("name: c, in: cookie, schema: {type: object}");
  CHECK(of_action(mapping, only_action(mapping), {"request", "cookies"}) == "");
  CHECK(findings_of(mapping).find("the parameter \"c\" in cookie is left out: a manifest writes mappings into a cookie "
                                  "only as JSON [left-out-parameter]") != std::string::npos);
}

TEST_CASE("a text in JSON in a header or a path is told to be one, and a number is the same in both") {
  for (const std::string in : {"header", "path"}) {
    CAPTURE(in);
    const auto with = [&](const std::string& type) {
      return imported({{"api.yaml", document(operation("/q/{o}", "get",
                                                       "parameters: [{name: o, in: " + in +
                                                           ", required: true, content: {application/json: {schema: "
                                                           "{type: " +
                                                           type + "}}}}], " + fine))}});
    };
    CHECK(findings_of(with("string")).find("the value is one text here, in JSON [list-as-text]") != std::string::npos);
    CHECK(findings_of(with("integer")).find("[list-as-text]") == std::string::npos);
  }
}

TEST_CASE("a list with a pair for each item is written so in every style") {
  for (const std::string style : {"pipeDelimited", "spaceDelimited"}) {
    const std::string said = "name: l, in: query, style: " + style + ", schema: {type: array, items: {type: integer}}";
    CHECK(sent(with_parameter(said + ", explode: true"), R"({"l": [1, 2]})") == "/q?l=1&l=2");
    CHECK(sent(with_parameter(said), R"({"l": [1, 2]})") == (style == "pipeDelimited" ? "/q?l=1%7C2" : "/q?l=1%202"));
  }
}

TEST_CASE("a query keeps its way where a cookie is called so, and the cookie is told") {
  const std::string query = "name: f, in: query, style: deepObject, schema: {type: object}}, {name: f, in: cookie, ";
  const Import import = with_parameter(query + "schema: {type: array, items: {type: string}}");
  CHECK(sent(import, R"({"f": {"a": "b"}})") == "/q?f%5Ba%5D=b");
  CHECK(findings_of(import).find("the parameter \"f\" in cookie is left out: a manifest writes it in the same way as "
                                 "what the query calls so [left-out-parameter]") != std::string::npos);
  const Import plain = with_parameter(query + "schema: {type: string}");
  CHECK(findings_of(plain) == "");
  CHECK(sent(plain, R"({"f": {"a": "b"}, "cookie_f": "c"})") == "/q?f%5Ba%5D=b");
}

TEST_CASE("a form is written as the encoding of its members says, and what cannot be said is told") {
  const std::string schema =
      "{type: object, properties: {a: {type: array, items: {type: string}}, b: {type: array, items: {type: string}}, "
      "c: {type: object}, d: {type: object}, e: {type: string}}}";
  const Import import = with_body(
      "application/x-www-form-urlencoded", schema,
      "encoding: {b: {explode: false}, c: {contentType: application/json}, e: {contentType: application/xml}}, ");
  CHECK(of_action(import, "b.create", {"request", "styles"}) == R"({"b":"comma","c":"json"})");
  CHECK(sent(import, R"({"a": ["1", "2"], "b": ["1", "2"], "c": {"x": 1}, "d": {"x": 1}})") ==
        "a=1&a=2&b=1%2C2&c=%7B%22x%22%3A1%7D&d%5Bx%5D=1");
  const std::string told = findings_of(import);
  CHECK(told.find("hint: a mapping is written as d[...]=..., for which a document says style: deepObject "
                  "[left-out-encoding]") != std::string::npos);
  CHECK(told.find("hint: \"e\" is written as plain text, and not as \"application/xml\" [left-out-encoding]") !=
        std::string::npos);
}

TEST_CASE("the query's way stays where a member of a form is called so") {
  const std::string list = "{type: array, items: {type: string}}";
  const Import import =
      imported({{"api.yaml", document(operation("/b", "post",
                                                "parameters: [{name: e, in: query, explode: false, schema: " + list +
                                                    "}], requestBody: {content: {application/x-www-form-urlencoded: "
                                                    "{schema: {type: object, properties: {e: " +
                                                    list + "}}}}}, " + fine))}});
  CHECK(of_action(import, "b.create", {"request", "styles"}) == R"({"e":"comma"})");
  CHECK(findings_of(import).find("\"e\" is written as what the query or a cookie calls so") != std::string::npos);
}

TEST_CASE("parts have the media type that the document says, and their headers are told") {
  const std::string schema =
      "{type: object, properties: {j: {type: string}, img: {type: string, format: binary}, list: {type: array, items: "
      "{type: string}}}}";
  const Import import = with_body("multipart/form-data", schema,
                                  "encoding: {j: {contentType: application/xml}, img: {contentType: 'image/png, "
                                  "image/jpeg', headers: {X-Part: {}}}, "
                                  "list: {contentType: application/json}}, ");
  CHECK(of_action(import, "b.create", {"request", "part_types"}) ==
        R"({"j":"application/xml","list":"application/json"})");
  CHECK(findings_of(import).find("headers of a part are left out") != std::string::npos);
  CHECK(unusable(import) == "");
}

TEST_CASE("a part is a file wherever a document means bytes, whatever parts its schema has, and else it is not") {
  const auto part = [](const std::string& schema, const std::string& encoding = "",
                       const std::string& version = "3.1.0") {
    const Import import =
        with_body("multipart/form-data", "{type: object, properties: {f: " + schema + ", note: {type: string}}}",
                  encoding.empty() ? "" : "encoding: {f: {contentType: '" + encoding + "'}}, ", version,
                  "  schemas: {File: {type: string, format: binary}}\n");
    CHECK(unusable(import) == "");
    return of_action(import, "b.create", {"input", "properties", "f"});
  };
  const auto is_file = [](const std::string& written) {
    return written.find(R"("format":"file")") != std::string::npos;
  };
  const std::string binary = "{type: string, format: binary}", null = "{type: 'null'}";
  for (const std::string& schema :
       {"{anyOf: [" + binary + ", " + null + "]}", "{oneOf: [" + null + ", " + binary + "]}",
        std::string("{allOf: [{$ref: '#/components/schemas/File'}]}"),
        std::string("{anyOf: [{$ref: '#/components/schemas/File'}, {type: 'null'}]}"),
        std::string("{type: [string, 'null'], format: binary}"),
        std::string("{type: string, contentMediaType: image/png}")}) {
    CAPTURE(schema);
    CHECK(is_file(part(schema)));
    const std::string list = part("{type: array, items: " + schema + "}");
    CHECK(list.find(R"("type":"array")") != std::string::npos);
    CHECK(is_file(list));
    CHECK(is_file(part("{anyOf: [{type: array, items: " + schema + "}, " + null + "]}")));
  }
  for (const std::string type : {"image/png", "image/*", "application/octet-stream", "text/plain, application/pdf"}) {
    CAPTURE(type);
    CHECK(is_file(part("{}", type)));
    CHECK(is_file(part("{type: string}", type, "3.0.3")));
    CHECK(is_file(part("{type: array, items: {}}", type)));
    CHECK_FALSE(is_file(part("{type: string, format: byte}", type, "3.0.3")));
    CHECK_FALSE(is_file(part("{type: object, properties: {a: {type: string}}}", type)));
  }
  for (const std::string type : {"application/json", "text/csv", "application/xml", "*/*", ""}) {
    CAPTURE(type);
    CHECK_FALSE(is_file(part("{}", type)));
    CHECK_FALSE(is_file(part("{type: string}", type)));
  }
  CHECK_FALSE(is_file(part("{type: string, contentMediaType: application/json}")));
  CHECK_FALSE(is_file(part("{type: string, contentMediaType: image/png, contentEncoding: base64}")));
}

TEST_CASE("a part that may be a file or something else is a file, and that is told") {
  const Import import = with_body(
      "multipart/form-data",
      "{type: object, properties: {f: {oneOf: [{type: string, format: binary}, {type: string, format: uri}]}}}");
  CHECK(of_action(import, "b.create", {"input", "properties", "f", "format"}) == R"("file")");
  CHECK(findings_of(import).find("\"f\" is the path of a file here, whose content is sent: the document lets it be "
                                 "something else, too [left-out-encoding]") != std::string::npos);
}

TEST_CASE("a body in JSON that may be a text says so, and no other does") {
  const auto format = [](const std::string& type, const std::string& schema) {
    return of_action(with_body(type, schema), "b.create", {"request", "body_format"});
  };
  for (const std::string schema :
       {"{type: string}", "{}", "{type: string, nullable: true}", "{oneOf: [{type: string}, {type: integer}]}"}) {
    CAPTURE(schema);
    CHECK(format("application/json", schema) == R"("json")");
    CHECK(format("application/vnd.x+json", schema) == R"("json")");
  }
  CHECK(format("application/json", "{type: array, items: {type: string}}") == "");
  CHECK(format("text/plain", "{type: string}") == "");
  CHECK(format("'*/*'", "{type: string}") == "");
}

TEST_CASE("what a body needs and nothing describes is an input all the same") {
  const Import import = with_body(
      "application/json",
      "{type: object, required: [zz, made], properties: {a: {type: string}, made: {type: string, readOnly: true}}}");
  CHECK(of_action(import, "b.create", {"request", "body"}) == R"({"a":"a","zz":"zz"})");
  CHECK(of_action(import, "b.create", {"input", "required"}) == R"(["zz"])");
}

TEST_CASE("what stands beside a body's reference counts from 3.1 on") {
  const std::string components = "  schemas: {Cat: {type: object, properties: {age: {type: integer}}}}\n";
  const std::string schema = "{$ref: '#/components/schemas/Cat', required: [age], properties: {extra: {type: string}}}";
  const Import newer = with_body("application/json", schema, "", "3.1.0", components);
  CHECK(of_action(newer, "b.create", {"request", "body_input"}) == R"("body")");
  const auto manifest = parse_manifest(encode_json(newer.manifest), "plugins/shop");
  REQUIRE(manifest);
  CHECK(manifest->actions[0].input->check(*parse_json(R"({"body": {"age": 1, "extra": "x"}})")).empty());
  CHECK_FALSE(manifest->actions[0].input->check(*parse_json(R"({"body": {"extra": "x"}})")).empty());
  CHECK(of_action(with_body("application/json", schema, "", "3.0.3", components), "b.create", {"request", "body"}) ==
        R"({"age":"age"})");
  CHECK(of_action(with_body("application/json", "{$ref: '#/components/schemas/Cat', description: a cat}", "", "3.1.0",
                            components),
                  "b.create", {"request", "body"}) == R"({"age":"age"})");
}

TEST_SUITE_END();
