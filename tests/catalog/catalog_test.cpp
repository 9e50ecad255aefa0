#include <doctest/doctest.h>

#include "catalog/catalog.hpp"
#include "catalog/plugin_folder.hpp"

using namespace millrace;

TEST_SUITE_BEGIN("catalog");

namespace {

std::string manifest(const std::string& name) {
  return R"({"manifest": 1, "name": ")" + name + R"(", "version": "1.0.0", "summary": "x",
    "actions": {"things.list": {"summary": "x", "effect": "none", "result": "[1]"}},
    "triggers": {"changed": {"summary": "x", "kind": "webhook"}}})";
}

}  // namespace

TEST_CASE("a catalogue holds the plugins of both folders, by name") {
  const test::PluginFolder shipped, own;
  shipped.write("second", manifest("second"));
  shipped.write("first", manifest("first"));
  own.write("third", manifest("third"));
  const Catalog catalog = Catalog::load(shipped.path(), own.path());
  CHECK(catalog.problems().empty());
  CHECK(catalog.action_names() ==
        std::vector<std::string>{"first.things.list", "second.things.list", "third.things.list"});
  REQUIRE(catalog.find_trigger("third.changed"));
  CHECK(catalog.find_plugin("first")->shipped);
  CHECK_FALSE(catalog.find_plugin("third")->shipped);
  CHECK(catalog.find_action("first.things") == nullptr);
}

TEST_CASE("a broken manifest is a problem, and the rest goes on") {
  const test::PluginFolder shipped, own;
  shipped.write("good", manifest("good"));
  own.write("bad", "{");
  std::filesystem::create_directories(own.path() / "empty");
  std::ofstream(own.path() / "readme.txt") << "not a plugin";
  const Catalog catalog = Catalog::load(shipped.path(), own.path());
  CHECK(catalog.plugins().size() == 1);
  REQUIRE(catalog.problems().size() == 1);
  CHECK(catalog.problems().at(0).plugin == "bad");
}

TEST_CASE("a folder whose manifest has another name is a problem that says what is missing") {
  const test::PluginFolder shipped, own;
  std::filesystem::rename(own.write("mine", manifest("mine")), own.path() / "yours");
  const Catalog catalog = Catalog::load(shipped.path(), own.path());
  REQUIRE(catalog.problems().size() == 1);
  CHECK(own.shortened(catalog.problems().at(0).error.message) ==
        "there is no yours/yours.json: a plugin's manifest is named like its folder");
}

TEST_CASE("a name that is taken stays with the plugin that came with Millrace") {
  const test::PluginFolder shipped, own;
  shipped.write("twice", manifest("twice"));
  own.write("twice", manifest("twice") + "\n");
  const Catalog catalog = Catalog::load(shipped.path(), own.path());
  CHECK(catalog.find_plugin("twice")->shipped);
  REQUIRE(catalog.problems().size() == 1);
  CHECK(catalog.problems().at(0).error.code == ErrorCode::conflict);
}

TEST_CASE("the sources of a plugin that came with Millrace are no second plugin") {
  const test::PluginFolder shipped, own;
  shipped.write("twice", manifest("twice"));
  own.write("twice", manifest("twice"));
  CHECK(Catalog::load(shipped.path(), own.path()).problems().empty());
}

TEST_CASE("a plugin that was refused is taken out with all that it offers") {
  const test::PluginFolder shipped, own;
  shipped.write("first", manifest("first"));
  shipped.write("second", manifest("second"));
  Catalog catalog = Catalog::load(shipped.path(), own.path() / "missing");
  catalog.refuse("first", Error{ErrorCode::denied, "not trusted"});
  CHECK(catalog.action_names() == std::vector<std::string>{"second.things.list"});
  CHECK(catalog.trigger_names() == std::vector<std::string>{"second.changed"});
  CHECK(catalog.find_plugin("first") == nullptr);
  CHECK(catalog.problems().at(0).error.message == "not trusted");
}

TEST_SUITE_END();
