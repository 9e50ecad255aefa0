#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>

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

TEST_CASE("a manifest that came with Millrace is read when its plugin is asked for, and its mistakes when all are") {
  const test::PluginFolder shipped, own;
  shipped.write("bad", "{");
  shipped.write("good", manifest("good"));
  const auto late = shipped.write("late", "{");
  own.write("wrong", "{");
  Catalog catalog = Catalog::load(shipped.path(), own.path());
  REQUIRE(catalog.own_problems().size() == 1);
  CHECK(catalog.own_problems().at(0).plugin == "wrong");
  std::ofstream(late / "late.json") << manifest("late");
  CHECK(catalog.find_action("good.things.list") != nullptr);
  CHECK(catalog.find_action("late.things.list") != nullptr);
  CHECK(catalog.find_action("bad.things.list") == nullptr);
  CHECK(catalog.find_connection_kind("bad") == nullptr);
  CHECK(catalog.plugins().size() == 2);
  REQUIRE(catalog.problems().size() == 2);
  CHECK(catalog.problems().at(0).plugin == "bad");
  catalog.refuse("bad", Error{ErrorCode::denied, "revoked"});
  CHECK(catalog.problems().size() == 2);
  CHECK(catalog.own_problems().size() == 2);
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

namespace {

/// A further file of the plugin "big", with one action of this name.
std::string further(const std::string& action, const std::string& more = "") {
  return R"({"manifest": 1, "name": "big", "version": "1.0.0", "summary": "x", )" + more + R"("actions": {")" + action +
         R"(": {"summary": "x", "effect": "read", "output": {"$ref": "#/definitions/thing"},
           "request": {"method": "GET", "path": "/x"}}}, "definitions": {"thing": {"type": "object"}}})";
}

const char* const big = R"({"manifest": 1, "name": "big", "version": "1.0.0", "summary": "x",
  "connection": {"locations": true}, "actions": {}})";

}  // namespace

TEST_CASE("what lies in further files of a plugin is offered as if it stood in its manifest") {
  const test::PluginFolder shipped;
  const auto folder = shipped.write("big", big);
  std::ofstream(folder / "big.users.json") << further("users.get");
  std::ofstream(folder / "big.tags.json") << further("tags.get");
  const Catalog catalog = Catalog::load(shipped.path(), "");
  const Action* found = catalog.find_action("big.users.get");
  REQUIRE(found != nullptr);
  CHECK(found->located);  // by the connection of the manifest
  CHECK(found->connection);
  CHECK(found->outputs().types() == std::vector<std::string>{"object"});
  CHECK(catalog.find_action("big.users.get") == found);
  for (const char* absent : {"big.users.got", "big.users", "big", "small.users.get", "users.get"})
    CHECK(catalog.find_action(absent) == nullptr);
  CHECK(catalog.action_names() == std::vector<std::string>{"big.tags.get", "big.users.get"});
  const auto whole = catalog.whole(*catalog.find_plugin("big"));
  REQUIRE(whole);
  CHECK(whole->actions.size() == 2);
}

TEST_CASE(
    "a further file is not read before something in it is asked for, and its mistakes are told to whoever checks") {
  const test::PluginFolder shipped;
  const auto folder = shipped.write("big", big);
  std::ofstream(folder / "big.bad.json") << R"({"actions": {"bad.get": )";
  std::ofstream(folder / "big.good.json") << further("good.get");
  const Catalog catalog = Catalog::load(shipped.path(), "");
  CHECK(catalog.problems().empty());
  CHECK(catalog.find_action("big.good.get") != nullptr);
  CHECK(catalog.find_action("big.bad.get") == nullptr);
  CHECK(catalog.action_names() == std::vector<std::string>{"big.good.get"});
  const auto whole = catalog.whole(*catalog.find_plugin("big"));
  REQUIRE_FALSE(whole);
  CHECK(whole.error().message.find("big.bad.json") != std::string::npos);
}

TEST_CASE("a further file of another version is none of the plugin's") {
  const test::PluginFolder shipped;
  std::string newer = big;
  newer.replace(newer.find("1.0.0"), 5, "1.1.0");
  const auto folder = shipped.write("big", newer);
  std::ofstream(folder / "big.users.json") << further("users.get");
  const Catalog catalog = Catalog::load(shipped.path(), "");
  CHECK(catalog.find_action("big.users.get") == nullptr);
  CHECK(catalog.whole(*catalog.find_plugin("big")).error().message.find("is of version 1.0.0, and big of 1.1.0") !=
        std::string::npos);
}

TEST_CASE("a plugin from elsewhere is its one manifest, which is what was trusted") {
  const test::PluginFolder shipped, own;
  const auto folder = own.write("big", big);
  std::ofstream(folder / "big.users.json") << further("users.get");
  const Catalog catalog = Catalog::load(shipped.path(), own.path());
  REQUIRE(catalog.find_plugin("big") != nullptr);
  CHECK(catalog.find_action("big.users.get") == nullptr);
  CHECK(catalog.whole(*catalog.find_plugin("big"))->actions.empty());
}

TEST_CASE("no further file that comes with Millrace is broken, and no name is there twice") {
  const Catalog shipped = Catalog::load(std::string(TEST_DATA) + "/../plugins", "");
  for (const auto& plugin : shipped.plugins()) {
    const auto whole = shipped.whole(*plugin);
    INFO((whole ? std::string() : render(whole.error())));
    CHECK(whole);
  }
  std::vector<std::string> names = shipped.action_names();
  CHECK(std::adjacent_find(names.begin(), names.end()) == names.end());
  names = shipped.trigger_names();
  CHECK(std::adjacent_find(names.begin(), names.end()) == names.end());
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
