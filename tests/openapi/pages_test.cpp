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

constexpr const char* pet = "{type: object, properties: {id: {type: string}}}";

/// A document that lists pets: its parameters, its answer's schema, and what else it says of the operation and of its
/// answer.
std::string listing(const std::string& parameters, const std::string& schema, const std::string& more = "",
                    const std::string& of_answer = "") {
  return document(operation("/pets", "get",
                            "parameters: [" + parameters + "], " + more + "responses: {'200': {description: x, " +
                                of_answer + "content: {application/json: {schema: " + schema + "}}}}"));
}

std::string pages(const std::string& text, const std::string& overlay = "") {
  const Import import = imported({{"api.yaml", text}}, overlay);
  CHECK(unusable(import) == "");
  return of_action(import, "pets.list", {"request", "pages"});
}

std::string query(const std::string& name, const std::string& type = "integer", const std::string& more = "") {
  return "{name: '" + name + "', in: query, schema: {type: " + type + more + "}}";
}

std::string found(const std::string& member, const std::string& more) {
  return "{type: object, properties: {" + member + ": {type: array, items: " + std::string(pet) + "}, " + more + "}}";
}

std::string list_of(const std::string& list, const std::string& next) {
  return "{\"list\":\"" + list + "\",\"id\":\"id\",\"next\":\"" + next + "\"}";
}

}  // namespace

TEST_CASE("pages go on as a Link header, an address or a cursor in the answer says") {
  const std::string plain = "{type: array, items: " + std::string(pet) + "}";
  CHECK(pages(listing(query("per_page"), plain, "", "headers: {Link: {schema: {type: string}}}, ")) ==
        R"({"id":"id","next":"link"})");
  CHECK(pages(listing(query("page"), found("results", "count: {type: integer}, next: {type: string, format: uri}"))) ==
        list_of("results", "output.?next.orValue(null)"));
  CHECK(pages(listing("", found("data", "links: {type: object, properties: {next: {type: string}}}"))) ==
        list_of("data", "output.?links.?next.orValue(null)"));
  CHECK(pages(listing("", found("items",
                                "_links: {type: object, properties: {next: {type: object, properties: {href: "
                                "{type: string}}}}}"))) ==
        list_of("items", "output.?_links.?next.?href.orValue(null)"));
  CHECK(pages(listing("", found("value", "'@odata.nextLink': {type: string}"))) ==
        list_of("value", "output[?'@odata.nextLink'].orValue(null)"));
  CHECK(pages(listing(query("pageToken", "string"), found("pets", "nextPageToken: {type: string}"))) ==
        list_of("pets", "{'page_token': output.?nextPageToken.orValue(null)}"));
  CHECK(pages(listing(
            query("cursor", "string"),
            found("members", "response_metadata: {type: object, properties: {next_cursor: {type: string}}}"))) ==
        list_of("members", "{'cursor': output.?response_metadata.?next_cursor.orValue(null)}"));
  CHECK(pages(listing(query("after", "string"), found("results",
                                                      "paging: {type: object, properties: {next: {type: "
                                                      "object, properties: {after: {type: string}}}}}"))) ==
        list_of("results", "{'after': output.?paging.?next.?after.orValue(null)}"));
  CHECK(pages(listing(query("starting_after", "string"), found("data", "has_more: {type: boolean}"))) ==
        list_of("data",
                "on_page == 0 || output.?has_more == optional.of(false) ? null : {'starting_after': "
                "string(output.?data.orValue([])[on_page - 1].id)}"));
}

TEST_CASE("pages are counted by a number or an offset, as texts too, until the answer says that there are no more") {
  CHECK(pages(listing(query("page"), found("data", "x: {type: string}"))) ==
        list_of("data", "on_page == 0 ? null : {'page': int(asked.?page.orValue(0)) + 1}"));
  CHECK(
      pages(listing(query("pageNumber", "integer", ", default: 0"), found("data", "totalPages: {type: integer}"))) ==
      list_of(
          "data",
          "on_page == 0 || output.?totalPages.optMap(last, type(last) == type(0) && int(asked.?page_number.orValue(0))"
          " + 1 >= last).orValue(false) ? null : {'page_number': int(asked.?page_number.orValue(0)) + 1}"));
  // Which number the first page has, where the document tells it; else the second one must not be left out.
  const auto numbered = [](const std::string& more, const std::string& description = "") {
    const std::string said = description.empty() ? "" : ", description: '" + description + "'";
    return pages(listing("{name: page, in: query" + said + ", schema: {type: integer" + more + "}}",
                         found("data", "total_pages: {type: integer}")));
  };
  for (const std::string& one :
       {numbered(", default: 1"), numbered(", minimum: 1"), numbered("", "Pages, starting at 1")})
    CHECK(one.find("int(asked.?page.orValue(1)) >= last") != std::string::npos);
  for (const std::string& zero : {numbered(", default: 0"), numbered("", "Zero-based number")})
    CHECK(zero.find("int(asked.?page.orValue(0)) + 1 >= last") != std::string::npos);
  for (const std::string& unknown : {numbered(""), numbered(", minimum: 0")})
    CHECK(unknown.find("int(asked.?page.orValue(0)) >= last") != std::string::npos);
  CHECK(pages(listing(query("skip", "string") + ", " + query("limit", "string"),
                      found("tags", "total: {type: integer}"))) ==
        list_of(
            "tags",
            "on_page == 0 || output.?total.optMap(all, type(all) == type(0) && so_far >= all).orValue(false) ? null : "
            "{'skip': string(int(asked.?skip.orValue(0)) + on_page)}"));
  CHECK(pages(listing(query("page[offset]"), found("data", "has_more: {type: boolean}"))) ==
        list_of("data",
                "on_page == 0 || output.?has_more == optional.of(false) ? null : {'page_offset': "
                "int(asked.?page_offset.orValue(0)) + on_page}"));
}

TEST_CASE("an input that may be null as well counts pages and takes cursors, as 3.0 says it and as 3.1 does") {
  const auto said = [](bool newer, const std::string& name, const std::string& type) {
    return newer ? query(name, "[" + type + ", 'null']") : query(name, type, ", nullable: true");
  };
  const auto may_be_null = [](bool newer, const std::string& parameters, const std::string& schema) {
    std::string text = listing(parameters, schema);
    if (newer) text.replace(text.find("3.0.3"), 5, "3.1.0");
    return pages(text);
  };
  for (const bool newer : {false, true}) {
    CAPTURE(newer);
    CHECK(may_be_null(newer, said(newer, "page", "integer"), found("data", "x: {type: string}")) ==
          list_of("data", "on_page == 0 ? null : {'page': int(asked.?page.orValue(0)) + 1}"));
    CHECK(may_be_null(newer, said(newer, "skip", "string"), found("data", "x: {type: string}")) ==
          list_of("data", "on_page == 0 ? null : {'skip': string(int(asked.?skip.orValue(0)) + on_page)}"));
    CHECK(may_be_null(newer, said(newer, "cursor", "integer"), found("data", "next_cursor: {type: integer}")) ==
          list_of("data", "{'cursor': output.?next_cursor.orValue(null)}"));
  }
  CHECK(may_be_null(true, query("page"),
                    "{type: object, properties: {data: {type: [array, 'null'], items: " + std::string(pet) + "}}}") ==
        list_of("data", "on_page == 0 ? null : {'page': int(asked.?page.orValue(0)) + 1}"));
}

TEST_CASE("extensions and the overlay say pages before all else, and the overlay last") {
  const std::string data = found("data",
                                 "nextLink: {type: string}, meta: {type: object, properties: {cursor: {type: "
                                 "string}}}");
  const std::string parameters = query("cursor", "string") + ", " + query("page");
  CHECK(pages(listing(parameters, data, "x-ms-pageable: {nextLinkName: nextLink, itemName: data}, ")) ==
        list_of("data", "output.?nextLink.orValue(null)"));
  CHECK(pages(listing(parameters, data,
                      "x-speakeasy-pagination: {type: cursor, inputs: [{name: cursor, in: parameters, type: cursor}], "
                      "outputs: {results: $.data, nextCursor: $.meta.cursor}}, ")) ==
        list_of("data", "{'cursor': output.?meta.?cursor.orValue(null)}"));
  CHECK(pages(listing(parameters, data, "x-fern-pagination: {offset: $request.page, results: $response.data}, ")) ==
        list_of("data", "on_page == 0 ? null : {'page': int(asked.?page.orValue(0)) + 1}"));
  const Import unread =
      imported({{"api.yaml", listing("", found("data", "x: {type: string}"), "x-fern-pagination: {custom: true}, ")}});
  CHECK(findings_of(unread).find("/paths/~1pets/get/x-fern-pagination hint: \"x-fern-pagination\" says pages in a way "
                                 "that is not read: say them in the overlay [unread-pages]") != std::string::npos);
  const std::string overlay = "operations:\n  GET /pets: {pages: {next: \"{'page': asked.?page.orValue(1) + 1}\"}}\n";
  CHECK(pages(listing(parameters, data), overlay) == list_of("data", "{'page': asked.?page.orValue(1) + 1}"));
  CHECK(pages(listing(parameters, data), "operations:\n  GET /pets: {pages: {list: data, id: code, next: link}}\n") ==
        R"({"list":"data","id":"code","next":"link"})");
  CHECK(pages(listing(parameters, data), "operations:\n  GET /pets: {pages: false}\n") == "");
  const Import wrong =
      imported({{"api.yaml", listing(parameters, data)}}, "operations:\n  GET /pets: {pages: {next: '1 +'}}\n");
  CHECK(wrong.manifest.is_null());
  CHECK(findings_of(wrong).find("shop.overlay.yaml:2 /operations error: pages: next: ") != std::string::npos);
}

TEST_CASE("what lists without pages, changes something or is no list has none, and an unclear list is told") {
  CHECK(pages(listing(query("limit"), found("data", "x: {type: string}"))) == "");
  CHECK(pages(listing(query("page", "array"), found("data", "x: {type: string}"))) == "");
  const std::string deep =
      "{type: object, properties: {a: {type: object, properties: {b: {type: object, properties: "
      "{tags: {type: array, items: {}}}}}}}}";
  CHECK(pages(listing(query("page"), deep)) == "");
  const Import unclear =
      imported({{"api.yaml", listing(query("page"), found("cats", "dogs: {type: array, items: {}}"))}});
  CHECK(of_action(unclear, "pets.get", {"request", "pages"}) == "");
  CHECK(findings_of(unclear).find("it lists by pages, and it is not clear which of its lists that is") !=
        std::string::npos);
  const std::string schema = found("data", "next: {type: string, format: uri}");
  const Import post = imported(
      {{"api.yaml", document(operation("/pets/search", "post",
                                       "responses: {'200': {description: x, content: {application/json: {schema: " +
                                           schema + "}}}}"))}});
  CHECK(of_action(post, "pets.search", {"request", "pages"}) == "");
}

TEST_CASE("cookies are inputs, and the one that shows who asks is the connection's") {
  const std::string parameters =
      "parameters: [{name: session, in: cookie, required: true, schema: {type: string}}, {name: seen, in: cookie, "
      "schema: {type: array, items: {type: string}}}], ";
  const Import import = imported({{"api.yaml", document(operation("/pets", "get", parameters + test::fine))}});
  CHECK(findings_of(import) == "");
  CHECK(import.left_out.empty());
  CHECK(of_action(import, "pets.get", {"request", "cookies"}) == R"({"session":"session","seen":"seen"})");
  CHECK(of_action(import, "pets.get", {"input", "required"}) == R"(["session"])");
  CHECK(unusable(import) == "");
  const Import shown =
      imported({{"api.yaml", document(operation("/pets", "get", parameters + "security: [{main: []}], " + test::fine),
                                      "  securitySchemes: {main: {type: apiKey, in: cookie, name: session}}\n")}});
  CHECK(of_action(shown, "pets.get", {"request", "cookies"}) == R"({"seen":"seen"})");
  CHECK(shown.auth == R"({header: {name: Cookie, value: "session=secret:shop_token"}})");
}

TEST_CASE("a value that fits two forms of a oneOf may be given") {
  const std::string components =
      "  schemas:\n    Cat: {type: object, properties: {kind: {type: string}, lives: {type: integer}}}\n    Dog: "
      "{type: "
      "object, properties: {kind: {type: string}, tricks: {type: integer}}}\n";
  const std::string body =
      "requestBody: {required: true, content: {application/json: {schema: {oneOf: [{$ref: "
      "'#/components/schemas/Cat'}, {$ref: '#/components/schemas/Dog'}], discriminator: {propertyName: kind}}}}}, ";
  const Import import = imported({{"api.yaml", document(operation("/pets", "post", body + test::fine), components)}});
  const auto manifest = parse_manifest(encode_json(import.manifest), "plugins/shop");
  REQUIRE(manifest);
  const Action& action = manifest->actions.at(0);
  for (const char* given : {R"({"body": {}})", R"({"body": {"kind": "Cat"}})", R"({"body": {"lives": 3}})"})
    CHECK(action.input->check(*parse_json(given)).empty());
  CHECK_FALSE(action.input->check(*parse_json(R"({"body": {"lives": "many", "tricks": "few"}})")).empty());
}

TEST_SUITE_END();
