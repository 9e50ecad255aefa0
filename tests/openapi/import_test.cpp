#include <doctest/doctest.h>

#include "catalog/request.hpp"
#include "openapi/differences.hpp"
#include "openapi/imported.hpp"

using namespace millrace;
using test::document;
using test::findings_of;
using test::fine;
using test::imported;
using test::names_of;
using test::of_action;
using test::operation;
using test::unusable;

TEST_SUITE_BEGIN("openapi");

TEST_CASE("what is listed, read, created, changed and deleted is named by its path, with effects by the method") {
  const std::string paths = "  /v1/pets:\n    get: {" + fine + "}\n    post: {" + fine + "}\n  /v1/pets/{petId}:\n" +
                            "    get: {" + fine + "}\n    put: {" + fine + "}\n    patch: {" + fine +
                            "}\n    delete: {" + fine + "}\n  /v1/pets/{petId}/archive: {post: {" + fine +
                            "}}\n  /v1/pets/search: {post: {" + fine + "}}\n";
  const Import import = imported({{"api.yaml", document(paths)}});
  CHECK(names_of(import) ==
        "pets.list = GET /v1/pets read\n"
        "pets.create = POST /v1/pets create\n"
        "pets.get = GET /v1/pets/{pet_id} read\n"
        "pets.replace = PUT /v1/pets/{pet_id} update\n"
        "pets.delete = DELETE /v1/pets/{pet_id} delete\n"
        "pets.update = PATCH /v1/pets/{pet_id} update\n"
        "pets.archive = POST /v1/pets/{pet_id}/archive update\n"
        "pets.search = POST /v1/pets/search update\n");
  CHECK(unusable(import) == "");
}

TEST_CASE("names that collide are told apart whatever their order, and those that were given once stay") {
  const std::string one = operation("/a/{x}/b", "get", fine), other = operation("/a/b", "get", fine);
  const std::string expected = "a_b.get_by_x";
  for (const std::string& paths : {one + other, other + one}) {
    const Import import = imported({{"api.yaml", document(paths)}});
    CHECK(of_action(import, "a_b.get", {"request", "path"}) == R"("/a/b")");
    CHECK(of_action(import, expected, {"request", "path"}) == R"("/a/{x}/b")");
  }
  const Import before = imported({{"api.yaml", document(one)}});
  CHECK(of_action(before, "a_b.get", {"request", "path"}) == R"("/a/{x}/b")");
  const Import after = imported({{"api.yaml", document(one + other)}}, "", names_in(before.manifest));
  CHECK(of_action(after, "a_b.get", {"request", "path"}) == R"("/a/{x}/b")");
  CHECK(of_action(after, "a_b.get_get", {"request", "path"}) == R"("/a/b")");
}

TEST_CASE("parameters become inputs, an operation's in place of its path's, and a header with one value is fixed") {
  const std::string paths =
      "  /pets/{petId}:\n"
      "    parameters:\n"
      "      - {name: petId, in: path, required: true, description: of all, schema: {type: string}}\n"
      "      - {name: locationId, in: query, schema: {type: string}}\n"
      "    get:\n"
      "      parameters:\n"
      "        - {name: petId, in: path, required: true, description: The pet, schema: {type: integer}}\n"
      "        - {name: Version, in: header, required: true, schema: {type: string, enum: ['2021-07-28']}}\n"
      "        - {name: X-Trace, in: header, schema: {type: string}}\n"
      "        - {name: Accept, in: header, required: true, schema: {type: string}}\n"
      "      " +
      fine + "\n";
  const Import import = imported({{"api.yaml", document(paths)}});
  CHECK(findings_of(import) == "");
  CHECK(of_action(import, "pets.get", {"input", "properties", "pet_id"}) ==
        R"({"type":"integer","description":"The pet"})");
  CHECK(of_action(import, "pets.get", {"input", "required"}) == R"(["pet_id"])");
  CHECK(of_action(import, "pets.get", {"request"}) ==
        R"({"method":"GET","path":"/pets/{pet_id}","query":{"locationId":"location_id"},)"
        R"("headers":{"Version":"2021-07-28"},"headers_input":"headers"})");
  CHECK(of_action(import, "pets.get", {"input", "properties", "headers", "properties"}) ==
        R"({"X-Trace":{"type":"string"}})");
  CHECK(unusable(import) == "");
}

TEST_CASE("lists and mappings in a query are written as the document says, and what cannot be said is told") {
  const std::string paths =
      "  /pets:\n    get:\n      parameters:\n"
      "        - {name: many, in: query, schema: {type: array, items: {type: string}}}\n"
      "        - {name: comma, in: query, explode: false, schema: {type: array, items: {type: string}}}\n"
      "        - {name: pipe, in: query, style: pipeDelimited, schema: {type: array, items: {type: string}}}\n"
      "        - {name: filter, in: query, style: deepObject, schema: {type: object}}\n"
      "        - {name: rules, in: query, content: {application/json: {schema: {type: object}}}}\n"
      "        - {name: spread, in: query, schema: {type: object}}\n"
      "      " +
      fine +
      "\n"
      "  /keys:\n    get:\n      parameters: [{name: key, in: query, required: true, schema: {type: object}}]\n   "
      "   " +
      fine + "\n";
  const Import import = imported({{"api.yaml", document(paths)}});
  CHECK(of_action(import, "pets.get", {"request", "styles"}) ==
        R"({"comma":"comma","pipe":"pipe","filter":"deep","rules":"json"})");
  CHECK(findings_of(import) ==
        "api.yaml:13 /paths/~1pets/get/parameters/5 warning: the parameter \"spread\" in query is left out: a manifest "
        "writes "
        "mappings into a query only in the style deepObject [left-out-parameter]\n");
  REQUIRE(import.left_out.size() == 1);
  CHECK(import.left_out[0].operation == "GET /keys");
  CHECK(import.left_out[0].why ==
        "the parameter \"key\" in query is needed, and a manifest writes mappings into a query only in the style "
        "deepObject");
  const auto manifest = parse_manifest(encode_json(import.manifest), "plugins/shop");
  REQUIRE(manifest);
  const auto request = build_request(manifest->actions.at(0), *parse_json(R"({"many": ["a", "b"], "comma": ["a", "b"],
      "pipe": ["a", "b"], "filter": {"state": "sold", "of": ["x", "y"], "at": [{"n": 1}]}})"));
  REQUIRE(request);
  CHECK(
      request->path.text() ==
      "/pets?many=a&many=b&comma=a%2Cb&pipe=a%7Cb&filter%5Bstate%5D=sold&filter%5Bof%5D%5B%5D=x&filter%5Bof%5D%5B%5D=y&"
      "filter%5Bat%5D%5B0%5D%5Bn%5D=1");
}

TEST_CASE("the members of a body are inputs, and what is no plain mapping is one input") {
  const auto posting = [](const std::string& schema, const std::string& type = "application/json",
                          bool required = true) {
    const std::string body = "requestBody: {required: " + std::string(required ? "true" : "false") + ", content: {" +
                             type + ": {schema: " + schema + "}}}, ";
    return imported(
        {{"api.yaml",
          document(
              operation("/pets/{id}/tags", "post",
                        "parameters: [{name: id, in: path, required: true, schema: {type: string}}], " + body + fine),
              "  schemas:\n    Named: {type: object, required: [name], properties: {name: {type: string}}}\n")}});
  };
  const std::string all =
      "{allOf: [{$ref: '#/components/schemas/Named'}, {type: object, required: [id], properties: {id: {type: string}, "
      "made: {type: string, readOnly: true}}}]}";
  Import import = posting(all);
  CHECK(of_action(import, "pets_tags.create", {"request", "body"}) == R"({"name":"name","id":"body_id"})");
  CHECK(of_action(import, "pets_tags.create", {"input", "required"}) == R"(["id","name","body_id"])");
  CHECK(unusable(import) == "");
  for (const std::string schema :
       {"{type: array, items: {type: string}}", "{oneOf: [{$ref: '#/components/schemas/Named'}, {type: 'null'}]}",
        "{type: object, additionalProperties: true}"}) {
    import = posting(schema);
    CHECK(of_action(import, "pets_tags.create", {"request", "body_input"}) == R"("body")");
    CHECK(of_action(import, "pets_tags.create", {"input", "required"}) == R"(["id","body"])");
    CHECK(unusable(import) == "");
  }
  // A body that may be missing, and must have a name where it is there, stays whole.
  CHECK(of_action(posting(all, "application/json", false), "pets_tags.create", {"input", "required"}) == R"(["id"])");
  import = posting("{$ref: '#/components/schemas/Named'}", "application/merge-patch+json");
  CHECK(of_action(import, "pets_tags.create", {"request", "headers"}) ==
        R"({"Content-Type":"application/merge-patch+json"})");
  import = posting("{type: string}", "text/csv");
  CHECK(of_action(import, "pets_tags.create", {"request"}) ==
        R"({"method":"POST","path":"/pets/{id}/tags","headers":{"Content-Type":"text/csv"},"body_input":"body"})");
}

TEST_CASE("a form is sent as one") {
  const std::string body =
      "requestBody: {content: {application/x-www-form-urlencoded: {encoding: {expand: {style: deepObject}}, schema: "
      "{type: object, properties: "
      "{name: {type: string}, expand: {type: array, items: {type: string}}, meta: {type: object}}}}}}, ";
  const Import import = imported({{"api.yaml", document(operation("/charges", "post", body + fine))}});
  const auto manifest = parse_manifest(encode_json(import.manifest), "plugins/shop");
  REQUIRE(manifest);
  const auto request = build_request(manifest->actions.at(0),
                                     *parse_json(R"({"name": "A & B", "expand": ["x", "y"], "meta": {"of": "me"}})"));
  REQUIRE(request);
  CHECK(request->body.text() == "name=A%20%26%20B&expand%5B%5D=x&expand%5B%5D=y&meta%5Bof%5D=me");
  REQUIRE(request->headers.size() == 1);
  CHECK(request->headers[0].second == "application/x-www-form-urlencoded");
}

TEST_CASE("a body of parts is sent as one, with files of the project") {
  const auto posting = [](const std::string& more) {
    const std::string schema =
        "{type: object, required: [photo], properties: {photo: {type: string, format: binary}, "
        "note: {type: string}, " +
        more + "}}";
    const std::string body =
        "requestBody: {required: true, content: {multipart/form-data: {schema: " + schema + "}}}, ";
    return imported({{"api.yaml", document(operation("/pets/photos", "post", body + fine))}});
  };
  const Import import = posting("mark: {type: string, contentMediaType: image/png}");
  CHECK(
      of_action(import, "pets_photos.create", {"request"}) ==
      R"({"method":"POST","path":"/pets/photos","body_format":"multipart","body":{"photo":"photo","note":"note","mark":"mark"}})");
  CHECK(of_action(import, "pets_photos.create", {"input", "properties", "photo", "format"}) == R"("file")");
  CHECK(of_action(import, "pets_photos.create", {"input", "properties", "mark", "format"}) == R"("file")");
  CHECK(of_action(import, "pets_photos.create", {"input", "required"}) == R"(["photo"])");
  CHECK(unusable(import) == "");
  const std::string list = "more: {type: array, items: {type: string, format: binary}}";
  const Import many = posting(list);
  CHECK(findings_of(many) == "");
  CHECK(
      of_action(many, "pets_photos.create", {"input", "properties", "more"}) ==
      R"({"type":"array","items":{"type":"string","format":"file","description":"A file below the project's folder"}})");
  CHECK(unusable(many) == "");
}

TEST_CASE("the answers of 2XX are the output, else the default one; what is no JSON is a whole response") {
  const auto giving = [](const std::string& responses) {
    return imported({{"api.yaml", document(operation("/pets", "get", "responses: " + responses))}});
  };
  CHECK(of_action(giving("{2XX: {description: x, content: {application/json: {schema: {type: string}}}}}"), "pets.get",
                  {"output"}) == R"({"type":"string"})");
  CHECK(of_action(giving("{default: {description: x, content: {application/json: {schema: {type: integer}}}}, '404': "
                         "{description: y}}"),
                  "pets.get", {"output"}) == R"({"type":"integer"})");
  CHECK(of_action(giving("{200: {description: x, content: {application/json: {schema: {type: string}}}}, 206: "
                         "{description: x, content: {application/json: {schema: {type: integer}}}}}"),
                  "pets.get", {"output"}) == R"({"anyOf":[{"type":"string"},{"type":"integer"}]})");
  CHECK(of_action(giving("{200: {description: x, content: {text/csv: {schema: {type: string}}}}}"), "pets.get",
                  {"request", "whole_response"}) == "true");
  CHECK(of_action(giving("{200: {description: x, content: {application/vnd.shop+json: {schema: {type: array}}}}}"),
                  "pets.list", {"request", "headers"}) == R"({"Accept":"application/vnd.shop+json"})");
}

TEST_CASE("an overlay says what a document does not, at each import") {
  const std::string paths = operation("/pets/search", "post", fine) + operation("/pets/{id}", "delete", fine) +
                            operation("/old", "get", fine);
  const std::string overlay =
      "operations:\n  POST /pets/search: {effect: read, name: pets.find}\n  GET /old: {leave_out: true}\n  GET /gone: "
      "{effect: read}\n";
  const Import import = imported({{"api.yaml", document(paths)}}, overlay);
  CHECK(names_of(import) == "pets.find = POST /pets/search read\npets.delete = DELETE /pets/{id} delete\n");
  CHECK(import.left_out.at(0).why == "the overlay says so");
  CHECK(
      findings_of(import).find("shop.overlay.yaml:4  error: the document has no operation GET /gone [wrong-overlay]") !=
      std::string::npos);
  const Import wrong = imported({{"api.yaml", document(paths)}}, "operations:\n  POST /pets/search: {efect: read}\n");
  CHECK(wrong.manifest.is_null());
  CHECK(findings_of(wrong).find("shop.overlay.yaml:2 /operations/POST ~1pets~1search error: unknown key \"efect\"") !=
        std::string::npos);
}

TEST_CASE("a connection shows what the document's security asks for") {
  const auto secured = [](const std::string& scheme) {
    return imported(
        {{"api.yaml", document(operation("/pets", "get", "security: [{main: [pets.read, pets.list]}], " + fine),
                               "  securitySchemes: {main: {" + scheme + "}}\n")}});
  };
  const Import bearer = secured("type: http, scheme: bearer");
  CHECK(bearer.auth == R"({token: "secret:shop_token"})");
  CHECK(encode_json(*bearer.manifest.find("connection")) == R"({"auth":"bearer"})");
  CHECK(of_action(bearer, "pets.get", {"scope"}) == R"("pets.read pets.list")");
  CHECK(bearer.base_url == "https://api.shop.example/v1");
  CHECK(secured("type: apiKey, in: header, name: X-Key").auth ==
        R"({header: {name: "X-Key", value: "secret:shop_token"}})");
  CHECK(secured("type: apiKey, in: query, name: key").auth == R"({query: {name: "key", value: "secret:shop_token"}})");
  CHECK(secured("type: http, scheme: basic").auth == R"({basic: {user: USER, password: "secret:shop_token"}})");
  CHECK(secured("type: oauth2, flows: {}").auth == R"({token: "secret:shop_token"})");
  CHECK(encode_json(*secured("type: oauth2, flows: {authorizationCode: {authorizationUrl: "
                             "'https://shop.example/agree', tokenUrl: /token}}")
                         .manifest.find("connection")) ==
        R"({"auth":"bearer","oauth2":{"authorize_url":"https://shop.example/agree","token_url":"/token"}})");
  CHECK(encode_json(
            *secured("type: oauth2, flows: {authorizationCode: {authorizationUrl: 'javascript:x', tokenUrl: /token}}")
                 .manifest.find("connection")) == R"({"auth":"bearer"})");
  CHECK(findings_of(secured("type: mutualTLS")).find("[left-out-security]") != std::string::npos);
}

TEST_CASE("what lists, reads, creates, changes and deletes one kind of thing is a resource, and nothing else is") {
  const auto answer = [](const std::string& schema) {
    return "responses: {200: {description: x, content: {application/json: {schema: " + schema + "}}}}";
  };
  const std::string pet = "{$ref: '#/components/schemas/Pet'}";
  const std::string body = "requestBody: {required: true, content: {application/json: {schema: " + pet + "}}}, ";
  const auto shop = [&](const std::string& list, const std::string& made) {
    return imported(
        {{"api.yaml",
          document("  /shops/{shop}/pets:\n    get: {" + answer(list) + "}\n    post: {" + body + answer(made) +
                       "}\n  /shops/{shopId}/pets/{petId}:\n    get: {" + answer(pet) + "}\n    patch: {" + body +
                       fine + "}\n    put: {" + body + fine + "}\n    delete: {" + fine + "}\n",
                   "  schemas:\n    Pet: {type: object, properties: {id: {type: string, readOnly: true}, "
                   "name: {type: string}}}\n")}});
  };
  const Import import =
      shop("{type: object, properties: {pets: {type: array, items: " + pet + "}, total: {type: integer}}}",
           "{type: object, properties: {pet: " + pet + "}}");
  CHECK(unusable(import) == "");
  CHECK(of_action(import, "shops_pets.list", {"resource"}) ==
        R"({"kind":"shops_pet","collection":"/shops/{shop}/pets","id":"id","list_path":"pets"})");
  CHECK(of_action(import, "shops_pets.create", {"resource"}) ==
        R"({"kind":"shops_pet","collection":"/shops/{shop}/pets","id":"id","echo":"pet","fields":{"name":"name"}})");
  CHECK(of_action(import, "shops_pets.get", {"resource"}) ==
        R"({"kind":"shops_pet","collection":"/shops/{shop_id}/pets","id":"id","id_input":"pet_id"})");
  CHECK(
      of_action(import, "shops_pets.update", {"resource"}) ==
      R"({"kind":"shops_pet","collection":"/shops/{shop_id}/pets","id":"id","id_input":"pet_id","fields":{"name":"name"}})");
  CHECK(
      of_action(import, "shops_pets.replace", {"resource"}) ==
      R"({"kind":"shops_pet","collection":"/shops/{shop_id}/pets","id":"id","id_input":"pet_id","fields":{"name":"name"},"replaces":true})");
  CHECK(of_action(import, "shops_pets.delete", {"resource"}) ==
        R"({"kind":"shops_pet","collection":"/shops/{shop_id}/pets","id":"id","id_input":"pet_id"})");
  // Each takes back another, where that can be told: a create is taken back by its id, the rest by what the get shows.
  CHECK(of_action(import, "shops_pets.create", {"inverse"}) == R"("shops_pets.delete")");
  CHECK(of_action(import, "shops_pets.delete", {"inverse"}) == R"("shops_pets.create")");
  CHECK(of_action(import, "shops_pets.update", {"inverse"}) == R"("shops_pets.update")");
  CHECK(of_action(import, "shops_pets.get", {"inverse"}) == "");
  // Two lists, or things without that id: nobody knows.
  const std::string list = "{type: array, items: " + pet + "}";
  for (const std::string& unclear : {"{type: object, properties: {a: " + list + ", b: " + list + "}}",
                                     std::string("{type: array, items: {type: string}}")})
    CHECK(of_action(shop(unclear, pet), "shops_pets.delete", {"resource"}) == "");
  CHECK(of_action(shop(list, pet), "shops_pets.list", {"resource"}) ==
        R"({"kind":"shops_pet","collection":"/shops/{shop}/pets","id":"id"})");
}

TEST_CASE("a second import says which actions are new, gone or other, shared schemas included") {
  const auto made = [](const std::string& paths, const std::string& type) {
    const Import import = imported(
        {{"api.yaml", document(paths, "  schemas: {Pet: {type: object, properties: {age: {type: " + type + "}}}}\n")}});
    return std::pair(import.manifest, *parse_manifest(encode_json(import.manifest), "plugins/shop"));
  };
  const std::string pet =
      "responses: {200: {description: x, content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}}}";
  const auto before = made(operation("/pets", "get", pet) + operation("/old", "get", fine), "string");
  const auto after = made(operation("/pets", "get", pet) + operation("/new", "get", fine), "integer");
  const auto found = differences({before.first, before.second}, {after.first, after.second});
  CHECK(found.added == std::vector<std::string>{"new.get"});
  CHECK(found.removed == std::vector<std::string>{"old.get"});
  REQUIRE(found.changed.size() == 1);
  CHECK(found.changed[0].first == "pets.get");
  CHECK(found.changed[0].second == std::vector<std::string>{"output"});
  CHECK_FALSE(differences({before.first, before.second}, {before.first, before.second}).any());
}

TEST_SUITE_END();
