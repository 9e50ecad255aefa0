#include <doctest/doctest.h>

#include <fstream>
#include <iterator>

#include "base/text.hpp"
#include "catalog/catalog.hpp"
#include "catalog/inverse.hpp"
#include "catalog/plugin_folder.hpp"

using namespace millrace;

TEST_SUITE_BEGIN("catalog");

namespace {

struct Case {
  std::string title, manifest, expected;
};

/// Cases stand one after the other: a line "# title", the manifest of a plugin "demo", a line "---", the error as
/// rendered.
std::vector<Case> read_cases(const std::string& file) {
  std::ifstream stream(file);
  std::vector<Case> cases;
  std::string* part = nullptr;
  for (std::string line; std::getline(stream, line);) {
    if (line.starts_with("# ")) {
      cases.push_back({.title = line.substr(2), .manifest = {}, .expected = {}});
      part = &cases.back().manifest;
    } else if (line == "---") {
      part = &cases.back().expected;
    } else if (part != nullptr) {
      *part += line + "\n";
    }
  }
  return cases;
}

}  // namespace

TEST_CASE("a manifest that is wrong is refused with the place and the cure") {
  const std::vector<Case> cases = read_cases(std::string(TEST_DATA) + "/catalog/manifest.cases");
  REQUIRE(cases.size() > 10);
  for (const Case& one : cases) {
    CAPTURE(one.title);
    const test::PluginFolder plugins;
    const auto loaded = load_manifest(plugins.write("demo", one.manifest));
    REQUIRE_FALSE(loaded);
    CHECK(trim(plugins.shortened(render(loaded.error()))) == trim(one.expected));
  }
}

TEST_CASE("what a manifest does not say has its default, and the default effect is a write") {
  const test::PluginFolder plugins;
  const auto manifest = plugins.demo(R"({"summary": "Do it", "request": {"method": "POST", "path": "/things"}})");
  REQUIRE(manifest);
  const Action& action = manifest->actions.at(0);
  CHECK(action.name == "demo.do");
  CHECK(action.effect == Effect::update);
  CHECK(action.repeat == Repeat::neither);
  CHECK(action.connection);
}

TEST_CASE("inputs are closed unless the manifest opens them, and know the location where things have one") {
  const test::PluginFolder plugins;
  const auto manifest = plugins.demo(
      R"({"summary": "Do it", "request": {"method": "GET", "path": "/{id}"}, "effect": "read",
          "input": {"properties": {"id": {"type": "string"}}}})");
  REQUIRE(manifest);
  const Action& action = manifest->actions.at(0);
  CHECK_FALSE(action.inputs().open());
  CHECK(action.inputs().property_names() == std::vector<std::string>{"id", "location_id"});
  CHECK(action.input->check(test::json(R"({"id": "a", "location_id": "loc"})")).empty());
  CHECK_FALSE(action.input->check(test::json(R"({"id": "a", "extra": 1})")).empty());
}

TEST_CASE("schemas that actions share stand once in a manifest, and each action has those that it reaches") {
  const test::PluginFolder plugins;
  const std::string node =
      R"("node": {"type": "object", "properties": {"at": {"$ref": "#/definitions/time"}, "next": {"$ref": "#/definitions/node"}}})";
  const std::string shared = R"("connection": {}, "definitions": {)" + node +
                             R"(, "time": {"type": "string", "format": "date-time"}, "other": {}})";
  const std::string action =
      R"({"summary": "x", "request": {"method": "GET", "path": "/"}, "output": {"$ref": "#/definitions/node"},
      "input": {"properties": {"n": {"type": "integer"}}}})";
  const auto manifest = plugins.demo(action, shared);
  REQUIRE(manifest);
  const Action& one = manifest->actions.at(0);
  CHECK(one.outputs().property("next").property("next").property("at").format() == "date-time");
  CHECK(one.gives_times);
  CHECK(one.output->document().find("definitions")->map().size() == 2);
  CHECK(one.input->document().find("definitions") == nullptr);
  const auto refused = [&](const std::string& output, const std::string& more) {
    const auto read =
        plugins.demo(R"({"summary": "x", "request": {"method": "GET", "path": "/"}, "output": )" + output + "}", more);
    return read ? std::string() : render(read.error());
  };
  CHECK(refused(R"({"$ref": "#/definitions/none"})", shared).find("nothing is at \"#/definitions/none\"") !=
        std::string::npos);
  CHECK(refused("{}", R"("connection": {}, "definitions": {"a": {"type": "strin"}})").find("unknown type") !=
        std::string::npos);
}

TEST_CASE("{id} in a target is the input that holds the thing's id") {
  const test::PluginFolder plugins;
  const auto manifest = plugins.demo(
      R"({"summary": "Do it", "target": "tag:{id}", "request": {"method": "DELETE", "path": "/tags/{tag_id}"},
          "input": {"properties": {"tag_id": {"type": "string"}}}, "resource": {"kind": "tag", "id_input": "tag_id"}})");
  REQUIRE(manifest);
  CHECK(manifest->actions.at(0).target == "tag:{tag_id}");
}

TEST_CASE("partners are found by their full names") {
  const test::PluginFolder plugins;
  const auto manifest = plugins.demo(
      R"({"summary": "Do it", "request": {"method": "POST", "path": "/x"}, "inverse": "undo"},
          "undo": {"summary": "Undo it", "request": {"method": "DELETE", "path": "/x"}})");
  REQUIRE(manifest);
  REQUIRE(manifest->actions.at(0).inverse);
  CHECK(manifest->actions.at(0).inverse->action == "demo.undo");
}

TEST_SUITE_END();
