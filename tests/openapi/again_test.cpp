#include <doctest/doctest.h>

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

namespace {

/// A document after another: what it calls its operations.
Import after(const std::string& before, const std::string& paths, const std::string& overlay = "") {
  const Import first = imported({{"api.yaml", document(before)}});
  return imported({{"api.yaml", document(paths)}}, overlay, names_in(first.manifest));
}

ImportDifferences compared(const std::string& before, const std::string& after) {
  const Import was = imported({{"api.yaml", before}}), is = imported({{"api.yaml", after}}, "", names_in(was.manifest));
  const auto one = parse_manifest(encode_json(was.manifest), "plugins/shop");
  const auto other = parse_manifest(encode_json(is.manifest), "plugins/shop");
  REQUIRE(one);
  REQUIRE(other);
  return differences({was.manifest, *one}, {is.manifest, *other});
}

std::string words(const ImportDifferences& found) {
  std::string text;
  for (const ConnectionChange& one : found.connection) text += one.part + ": " + one.before + " -> " + one.after + "\n";
  return text;
}

/// A document at one server with one way to show who asks.
std::string shop(const std::string& server, const std::string& scheme) {
  return "openapi: 3.0.3\ninfo: {title: A shop, version: 1.2.0}\nservers: [{url: " + server +
         "}]\nsecurity: [{k: []}]\npaths:\n" + operation("/pets", "get", fine) + "components: {securitySchemes: {k: {" +
         scheme + "}}}\n";
}

}  // namespace

TEST_SUITE_BEGIN("openapi");

TEST_CASE("a name stays with its path, whatever letters that has") {
  for (const std::string word : {"r\u00e4ume", "\u65e5\u672c", "a b", "a%20b", "x|y"}) {
    CAPTURE(word);
    const std::string two = operation("'/v2/" + word + "'", "delete", fine);
    const Import first = imported({{"api.yaml", document(two)}});
    const std::string name = first.manifest.find("actions")->map().begin()->first.text();
    const std::string path = of_action(first, name, {"request", "path"});
    const Import second = after(two, operation("'/v1/" + word + "'", "delete", fine) +
                                         operation("'/v2/" + word + "/{id}'", "delete", fine) + two);
    CHECK(second.manifest.find("actions")->map().size() == 3);
    CHECK(of_action(second, name, {"request", "path"}) == path);
  }
}

TEST_CASE("paths that differ in the names of parameters alone are told, and keep their names") {
  const std::string paths = operation("/pets/{a}", "get", fine) + operation("/pets/{b}", "get", fine);
  const Import first = imported({{"api.yaml", document(paths)}});
  CHECK(findings_of(first).find(
            "error: the path is the same as /pets/{a}: requests cannot tell them apart [wrong-path]") !=
        std::string::npos);
  CHECK(names_of(first) == "pets.get = GET /pets/{a} read\npets.get_by_b = GET /pets/{b} read\n");
  CHECK(names_of(after(paths, paths)) == names_of(first));
  const std::string turned = operation("/pets/{b}", "get", fine) + operation("/pets/{a}", "get", fine);
  CHECK(names_of(after(paths, turned)) == "pets.get_by_b = GET /pets/{b} read\npets.get = GET /pets/{a} read\n");
  // A parameter that is called otherwise now is no other path.
  CHECK(names_of(after(operation("/pets/{petId}", "get", fine), operation("/pets/{id}", "get", fine))) ==
        "pets.get = GET /pets/{id} read\n");
  const std::string overlay = "operations:\n  'GET /pets/{b}': {name: pets.other}\n";
  CHECK(names_of(after(paths, paths, overlay)) == "pets.get = GET /pets/{a} read\npets.other = GET /pets/{b} read\n");
}

TEST_CASE("a second import says what is other of the connection") {
  const std::string bearer = shop("https://a.example", "type: http, scheme: bearer");
  CHECK_FALSE(compared(bearer, bearer).any());
  const auto oauth = [](const std::string& token) {
    return shop("https://a.example",
                "type: oauth2, flows: {authorizationCode: {authorizationUrl: 'https://a.example/in', tokenUrl: '" +
                    token + "'}}");
  };
  CHECK(words(compared(oauth("https://a.example/token"), oauth("https://b.example/token"))) ==
        "oauth2.token_url: https://a.example/token -> https://b.example/token\n");
  CHECK(words(compared(bearer, shop("https://b.example", "type: http, scheme: bearer"))) ==
        "millrace.yaml: base_url: https://a.example -> https://b.example\n");
  CHECK(
      words(compared(bearer, shop("https://a.example", "type: apiKey, in: header, name: X-Key"))) ==
      "auth: bearer -> none\nmillrace.yaml: auth: {token: \"secret:shop_token\"} -> {header: {name: \"X-Key\", value: "
      "\"secret:shop_token\"}}\n");
  const auto found = compared(bearer, oauth("https://b.example/token"));
  CHECK(found.any());
  CHECK(found.changed.empty());
}

TEST_CASE("an overlay in which nothing stands says nothing") {
  const std::string paths = document(operation("/pets", "get", fine));
  for (const std::string overlay : {"# only a comment\n", "\n  \n", "---\n", "operations:\n  # none now\n"}) {
    CAPTURE(overlay);
    const Import import = imported({{"api.yaml", paths}}, overlay);
    CHECK((import.manifest.is_map() || import.findings.has_errors()));
  }
  for (const std::string overlay : {"# only a comment\n", "\n  \n"}) {
    const Import import = imported({{"api.yaml", paths}}, overlay);
    CHECK(import.manifest.is_map());
    CHECK(findings_of(import) == "");
  }
}

TEST_SUITE_END();
