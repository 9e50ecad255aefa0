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

/// A document after another: what it calls its operations.
Import after(const std::string& before, const std::string& paths, const std::string& overlay = "") {
  const Import first = imported({{"api.yaml", document(before)}});
  return imported({{"api.yaml", document(paths)}}, overlay, names_in(first.manifest));
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

TEST_SUITE_END();
