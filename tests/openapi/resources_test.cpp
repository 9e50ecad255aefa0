#include <doctest/doctest.h>

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

/// Notes that are listed, read, made, changed and deleted; `summary` is what the list shows of one, `whole` the get.
Import notes(const std::string& summary, const std::string& whole, const std::string& body,
             const std::string& schemas = "") {
  const auto answer = [](const std::string& schema) {
    return "responses: {200: {description: x, content: {application/json: {schema: " + schema + "}}}}";
  };
  const std::string write = "requestBody: {required: true, content: {application/json: {schema: " + body + "}}}, ";
  return imported({{"api.yaml", document("  /notes:\n    get: {" + answer("{type: array, items: " + summary + "}") +
                                             "}\n    post: {" + write + answer(whole) +
                                             "}\n  /notes/{id}:\n    parameters: [{name: id, in: path, required: "
                                             "true, schema: {type: string}}]\n    get: {" +
                                             answer(whole) + "}\n    patch: {" + write + answer(whole) +
                                             "}\n    delete: {" + fine + "}\n",
                                         schemas.empty() ? "" : "  schemas:\n" + schemas)}});
}

}  // namespace

TEST_SUITE_BEGIN("openapi");

TEST_CASE("a resource has the fields that its get shows beside its list's, and none that can only be written") {
  const std::string id = "id: {type: string, readOnly: true}, title: {type: string}";
  const std::string whole = "{type: object, properties: {" + id +
                            ", text: {type: string}, password: {type: string, writeOnly: true}, pin: {$ref: "
                            "'#/components/schemas/Pin'}}}";
  const Import import = notes("{type: object, properties: {" + id + ", colour: {type: string}}}", whole,
                              "{type: object, properties: {" + id +
                                  ", text: {type: string}, colour: {type: string}, password: {type: string}, pin: "
                                  "{type: string}, other: {type: string}}}",
                              "    Pin: {type: string, writeOnly: true}\n");
  for (const std::string action : {"notes.create", "notes.update"})
    CHECK(of_action(import, action, {"resource", "fields"}) == R"({"title":"title","text":"text","colour":"colour"})");
  CHECK(of_action(import, "notes.update", {"inverse"}) == R"("notes.update")");
  CHECK(unusable(import) == "");
}

TEST_CASE("what is made of parts is a resource like what is written in one, and what is none is told") {
  const std::string schemas =
      "    New: {type: object, required: [name], properties: {name: {type: string}}}\n"
      "    Pet: {allOf: [{$ref: '#/components/schemas/New'}, {type: object, properties: {id: {type: integer}}}]}\n";
  const std::string pet = "{$ref: '#/components/schemas/Pet'}", made = "{$ref: '#/components/schemas/New'}";
  const Import import = notes(pet, pet, made, schemas);
  CHECK(findings_of(import) == "");
  CHECK(of_action(import, "notes.create", {"inverse"}) == R"("notes.delete")");
  CHECK(of_action(import, "notes.delete", {"inverse"}) == R"("notes.create")");
  CHECK(of_action(import, "notes.create", {"resource", "fields"}) == R"({"name":"name"})");
  const Import none = notes("{type: object, properties: {code: {type: string}}}", pet, made, schemas);
  CHECK(of_action(none, "notes.create", {"inverse"}) == "");
  CHECK(findings_of(none).find("hint: it is not clear which list shows these things with the id that /notes/{id} goes "
                               "on with: they are no resource, and nothing takes back what is done to them "
                               "[no-resource]") != std::string::npos);
}

TEST_CASE("the connection shows the way that most operations want, whether they say so or the document does for all") {
  const auto paths = [](int inherited, int own) {
    std::string text;
    for (int at = 0; at < inherited; ++at)
      text += operation("/a" + std::to_string(at), "get", "parameters: [], " + fine);
    for (int at = 0; at < own; ++at)
      text += operation("/b" + std::to_string(at), "get", "security: [{basic: []}], " + fine);
    return text;
  };
  const auto shown = [](const std::string& text) {
    return imported({{"api.yaml", "security: [{token: []}]\n" +
                                      document(text,
                                               "  securitySchemes: {basic: {type: http, scheme: basic}, token: {type: "
                                               "http, scheme: bearer}}\n")},
                     {"part.yaml", "get: {" + fine + "}\npost: {" + fine + "}\n"}})
        .auth;
  };
  const std::string token = R"({token: "secret:shop_token"})";
  CHECK(shown(paths(3, 2)) == token);
  CHECK(shown(paths(2, 2)) == token);
  CHECK(shown(paths(1, 2)) == R"({basic: {user: USER, password: "secret:shop_token"}})");
  CHECK(shown("  /c: {$ref: part.yaml}\n" + paths(0, 1)) == token);
  CHECK(shown(operation("/open", "get", "security: [], " + fine) + paths(0, 1)) ==
        R"({basic: {user: USER, password: "secret:shop_token"}})");
}

TEST_CASE("a token that nobody asks for anew is told, where no flow says where it comes from") {
  const auto told = [](const std::string& flows) {
    return findings_of(
        imported({{"api.yaml", document(operation("/pets", "get", "security: [{main: []}], " + fine),
                                        "  securitySchemes: {main: {type: oauth2, flows: {" + flows + "}}}\n")}}));
  };
  CHECK(told("clientCredentials: {tokenUrl: 'https://x.example/token', scopes: {}}")
            .find("the token is one that a person puts there: nobody asks for another when it has run out") !=
        std::string::npos);
  CHECK(told("authorizationCode: {authorizationUrl: 'https://x.example/in', tokenUrl: /token}") == "");
}

TEST_CASE("a server's variables are filled in wherever they stand, and its path is kept where it has no host") {
  const auto at = [](const std::string& server) {
    return imported({{"api.yaml", "openapi: 3.0.3\ninfo: {title: x, version: 1.0}\nservers: [{" + server +
                                      "}]\npaths:\n" + operation("/a", "get", fine)}});
  };
  const std::string variables = ", variables: {base: {default: v1}, host: {default: x.example}}";
  CHECK(at("url: 'https://{host}/{base}/{base}'" + variables).base_url == "https://x.example/v1/v1");
  const Import relative = at("url: /api/v3/");
  CHECK(relative.base_url == "");
  CHECK(relative.base_path == "/api/v3");
  CHECK(findings_of(relative).find("with /api/v3 at its end") != std::string::npos);
  CHECK(relative.version == "1.0");
  CHECK(relative.manifest.text_or("version") == "1.0.0");
}

TEST_SUITE_END();
