#include <doctest/doctest.h>

#include "openapi/imported.hpp"

using namespace millrace;
using test::document;
using test::findings_of;
using test::fine;
using test::imported;
using test::names_of;
using test::of_action;
using test::operation;

namespace {

bool tells(const Import& import, const std::string& words) {
  return findings_of(import).find(words) != std::string::npos;
}

Import with_parameters(const std::string& list, const std::string& components = "", const std::string& beside = "") {
  return imported(
      {{"api.yaml", document(operation("/q", "get", beside + "parameters: [" + list + "], " + fine), components)}});
}

}  // namespace

TEST_SUITE_BEGIN("openapi");

TEST_CASE("what stands under a path and is no method is told") {
  const Import import =
      imported({{"api.yaml", document("  /upper: {GET: {" + fine + "}, copy: {" + fine +
                                          "}, summary: x, parameters: [], x-more: 1}\n  /num: {$ref: 5}\n",
                                      "", "3.2.0")}});
  CHECK(tells(import,
              "api.yaml:5 /paths/~1upper/GET error: a method is written in small letters: get, not GET; it is left out "
              "[wrong-operation]"));
  CHECK(tells(import,
              "/paths/~1upper/copy error: \"copy\" is no method of OpenAPI 3.0 or 3.1, and is not carried over "
              "[wrong-operation]"));
  CHECK(tells(import, "/paths/~1num/$ref error: a $ref is a text that says where the path is written [wrong-path]"));
  CHECK(import.findings.list().size() == 3);
}

TEST_CASE("methods beside a path's reference are methods of the path") {
  const Import import = imported(
      {{"api.yaml", document("  /pi: {$ref: '#/components/pathItems/X', parameters: [], post: {" + fine + "}}\n",
                             "  pathItems: {X: {get: {" + fine + "}}}\n", "3.1.0")}});
  CHECK(names_of(import) == "pi.get = GET /pi read\npi.create = POST /pi create\n");
  CHECK(tells(import,
              "warning: what stands beside the $ref of a path is not carried over to what it leads to: parameters"));
}

TEST_CASE("parameters that contradict OpenAPI are told, each at its place") {
  const Import import = with_parameters(
      "{name: q, in: query, schema: {type: string}}, {name: q, in: query, schema: {type: integer}}, "
      "{name: s, in: query, style: wrong, schema: {type: string}}, {name: none, in: query}, "
      "{name: both, in: query, schema: {type: string}, content: {text/plain: {}}}");
  const std::string place = "/paths/~1q/get/parameters/";
  CHECK(tells(import, place + "1 error: the parameter \"q\" in query stands twice in one list: the last one counts"));
  CHECK(tells(import, place + "2 error: in query there is no style \"wrong\": the usual one is taken"));
  CHECK(tells(import, place + "3 error: the parameter has no \"schema\": every value is taken"));
  CHECK(tells(import, place + "4 error: a parameter has a \"schema\" or \"content\", not both: the schema is taken"));
  CHECK(import.findings.list().size() == 4);
}

TEST_CASE("nobody is asked for what the connection shows, and for nothing less") {
  const std::string schemes =
      "  securitySchemes:\n    Key: {type: apiKey, in: IN, name: NAME}\n    Other: {type: apiKey, in: cookie, name: "
      "sid}\n";
  const auto asked = [&](const std::string& in, const std::string& name, const std::string& parameter) {
    std::string components = schemes;
    components.replace(components.find("IN"), 2, in);
    components.replace(components.find("NAME"), 4, name);
    const Import import = with_parameters(parameter, components, "security: [{Key: []}], ");
    return of_action(import, "q.get", {"input", "required"});
  };
  CHECK(asked("query", "api_key", "{name: api_key, in: query, required: true, schema: {type: string}}") == "");
  CHECK(asked("header", "X-App", "{name: x-app, in: header, required: true, schema: {type: string}}") == "");
  CHECK(asked("cookie", "session", "{name: session, in: cookie, required: true, schema: {type: string}}") == "");
  CHECK(asked("header", "sid", "{name: sid, in: cookie, required: true, schema: {type: string}}") == R"(["sid"])");
  CHECK(asked("query", "api_key", "{name: API_KEY, in: query, required: true, schema: {type: string}}") ==
        R"(["api_key"])");
}

TEST_CASE("ways to show who asks that are needed together, or that are not there, are told") {
  const std::string schemes =
      "  securitySchemes:\n    A: {type: apiKey, in: header, name: X-App}\n    B: {type: apiKey, in: header, name: "
      "X-Key}\n";
  const auto secured = [&](const std::string& security) {
    return imported({{"api.yaml", document(operation("/q", "get", "security: " + security + ", " + fine), schemes)}});
  };
  const Import both = secured("[{A: [], B: []}]");
  CHECK(tells(both,
              "warning: A and B are needed together, and a connection shows one of them: A; requests without the other "
              "will be refused [left-out-security]"));
  CHECK_FALSE(tells(both, "[many-schemes]"));
  CHECK(secured("[{A: [], B: []}, {B: []}]").auth == R"({header: {name: "X-Key", value: "secret:shop_token"}})");
  CHECK(secured("[{}, {B: []}]").auth == R"({header: {name: "X-Key", value: "secret:shop_token"}})");
  CHECK(tells(secured("[{Nope: []}]"),
              "/paths/~1q/get/security/0 error: components/securitySchemes has no Nope [wrong-security]"));
  CHECK(tells(secured("x"), "error: expected a list of ways to show who asks [wrong-security]"));
}

TEST_CASE("what contradicts itself in a schema is told with what was found") {
  const auto told = [](const std::string& schema, const std::string& words) {
    CAPTURE(schema);
    const Import import = with_parameters("{name: a, in: query, schema: " + schema + "}");
    const bool is_told = tells(import, "error: " + words);
    CHECK_MESSAGE(is_told, findings_of(import));
  };
  told("{enum: []}", "expected a list of values, found an empty list");
  told("{type: integer, multipleOf: 0}", "expected a number above 0, found 0");
  told("{type: string, minLength: -1}", "expected a whole number that is not negative, found -1");
  told("{allOf: []}", "expected a list of schemas, found an empty list");
  told("{minimum: 5, maximum: 1}", "minimum 5 is above maximum 1: nothing fits");
  told("{minItems: 2, maxItems: 1}", "minItems 2 is above maxItems 1: nothing fits");
  told("{type: string, nullable: 'yes'}", "expected true or false, found text");
  CHECK(findings_of(with_parameters("{name: a, in: query, schema: {minimum: 1, maximum: 1}}")) == "");
  CHECK(tells(with_parameters("{name: a, in: query, explode: 'false', schema: {type: string}}"),
              "error: \"explode\" is true or false, without quotes"));
}

TEST_CASE("answers, bodies and calls of the far side that are none are told") {
  const auto said = [](const std::string& of) {
    return imported({{"api.yaml", document(operation("/q", "post", of))}});
  };
  CHECK(tells(said("responses: [1]"), "/paths/~1q/post/responses error: expected the answers, each by its status"));
  CHECK(tells(said("responses: {200: ok}"), "/responses/200 error: expected what the answer holds"));
  CHECK(tells(said("requestBody: {content: {json: {}}}, " + fine),
              "error: \"json\" is no media type, such as application/json"));
  const auto sending = [&said](const std::string& type) {
    return said("requestBody: {content: {" + type + ": {schema: {type: string, format: binary}}}}, " + fine);
  };
  CHECK(tells(sending("application/octet-stream"),
              "hint: the body is a text here: files of the project go in parts alone"));
  CHECK(tells(said("requestBody: {content: {'image/*': {}}}, " + fine),
              "hint: the body goes as text/plain: \"image/*\" is no one type"));
  CHECK(tells(said("callbacks: {}, " + fine),
              "hint: what the far side calls by itself is no action [left-out-webhooks]"));
}

TEST_CASE("a header of cookies is left out where cookies are inputs, and allowReserved is told") {
  const Import import = with_parameters(
      "{name: Cookie, in: header, schema: {type: string}}, {name: a, in: cookie, schema: {type: string}}, "
      "{name: i, in: query, allowReserved: true, schema: {type: string}}");
  CHECK(tells(import, "the parameter \"Cookie\" in header is left out: cookies are inputs of their own"));
  CHECK(of_action(import, "q.get", {"request", "headers_input"}) == "");
  CHECK(tells(import, "hint: letters such as / and : are percent-encoded here, too: allowReserved does not count"));
}

TEST_CASE("anchors in a document are told with what a document has instead") {
  const Import import = imported({{"api.yaml", document("  /q: {get: &one {" + fine + "}}\n")}});
  CHECK(tells(import, "anchors and aliases are not read: write a $ref, or save the document as JSON"));
}

TEST_CASE("a server of an operation is the document's where both lead to one address") {
  const auto at = [](const std::string& region) {
    const std::string server = "servers: [{url: 'https://{r}.x.example/v1', variables: {r: {default: ";
    return imported(
        {{"api.yaml", "openapi: 3.0.3\ninfo: {title: S, version: '1'}\n" + server + "us}}}]\npaths:\n  /here: {get: {" +
                          server + region + "}}}], " + fine + "}}\n"}});
  };
  CHECK(at("us").left_out.empty());
  REQUIRE(at("eu").left_out.size() == 1);
  CHECK(at("eu").left_out[0].why == "it goes to a server of its own, and a connection has one address");
}

TEST_CASE("a place behind a reference in percent signs is shown with its line") {
  const Import import =
      imported({{"api.yaml", document("  /a{id}: {$ref: 'paths.yaml#/~1a%7Bid%7D'}\n")},
                {"paths.yaml", "other: 1\n/a{id}:\n  get:\n    parameters:\n      - {name: q}\n    " + fine + "\n"}});
  CHECK(tells(import, "paths.yaml:5 /~1a{id}/get/parameters/0 error"));
}

TEST_CASE("a name that the next page's expression does not have is told where the overlay stands") {
  const Import import = imported({{"api.yaml", document(operation("/pets", "get", fine))}},
                                 "operations:\n  GET /pets: {pages: {next: \"outptu.x\"}}\n");
  CHECK(import.manifest.is_null());
  CHECK(tells(import,
              "shop.overlay.yaml:2 /operations error: pages: next: there is no \"outptu\"; it has output, asked, link, "
              "on_page and so_far"));
}

TEST_SUITE_END();
