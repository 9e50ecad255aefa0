#include "catalog/inverse.hpp"

#include <doctest/doctest.h>

#include "catalog/plugin_folder.hpp"
#include "value/json.hpp"

using namespace millrace;

TEST_SUITE_BEGIN("catalog");

namespace {

const Catalog& shipped() {
  static const Catalog catalog = Catalog::load(std::string(TEST_DATA) + "/../plugins", "");
  return catalog;
}

const Action& shipped_action(const std::string& name) {
  const Action* action = shipped().find_action("highlevel." + name);
  REQUIRE(action != nullptr);
  return *action;
}

/// The inputs that take back what the shipped action did, as its resources say.
std::string back(const std::string& name, const std::string& input, const std::string& output,
                 const std::string& before = "null") {
  const Action& write = shipped_action(name);
  REQUIRE(write.inverse);
  const Action* by = shipped().find_action(write.inverse->action);
  REQUIRE(by != nullptr);
  const auto inputs = inputs_back(write, *by, {test::json(input), test::json(output), test::json(before)});
  return inputs ? encode_json(*inputs) : inputs.error().message;
}

/// The same by the expressions of its manifest.
std::string by_expressions(const std::string& name, const std::string& input, const std::string& before,
                           const std::string& now) {
  const Action& write = shipped_action(name);
  const Action* by = shipped().find_action(write.inverse->action);
  Bindings names;
  names.set("input", test::json(input));
  names.set("output", Value());
  names.set("before", test::json(before));
  names.set("now", test::json(now));
  const auto inputs = inputs_by(write.inverse->with, names, shared_inputs(test::json(input), *by));
  return inputs ? encode_json(*inputs) : inputs.error().message;
}

}  // namespace

TEST_CASE("what was made is taken back by its id, which only the answer tells") {
  CHECK(back("location_tags.create", R"({"location_id":"l","name":"vip"})", R"({"tag":{"id":"t","name":"vip"}})") ==
        R"({"location_id":"l","tag_id":"t"})");
  CHECK(back("location_tags.create", R"({"location_id":"l","name":"vip"})", "null") ==
        "the id of what was made is not known");
  CHECK(back("contact_notes.create", R"({"contact_id":"c","body":"x"})", R"({"note":{"id":"n"}})") ==
        R"({"contact_id":"c","id":"n"})");
}

TEST_CASE("what was changed gets back the fields that were changed, and what was deleted all that it is made of") {
  const std::string before = R"({"id":"t","name":"as before","locationId":"l"})";
  CHECK(back("location_tags.update", R"({"location_id":"l","tag_id":"t","name":"new"})", "null", before) ==
        R"({"tag_id":"t","location_id":"l","name":"as before"})");
  CHECK(back("location_tags.delete", R"({"location_id":"l","tag_id":"t"})", "null", before) ==
        R"({"location_id":"l","name":"as before"})");
  CHECK(back("contacts.update", R"({"contact_id":"c","city":"Leeds"})", "null",
             R"({"id":"c","city":"York","phone":"1"})") == R"({"contact_id":"c","city":"York"})");
  CHECK(back("location_tags.delete", R"({"location_id":"l","tag_id":"t"})", "null") ==
        "what it was before is not known");
}

TEST_CASE("where a change makes the whole thing anew, all of it is put back") {
  Action write = shipped_action("contacts.update");
  const Past past = {test::json(R"({"contact_id":"c","city":"Leeds"})"), Value(),
                     test::json(R"({"id":"c","city":"York","phone":"1"})")};
  const Action back = write;
  write.resource->replaces = true;
  const auto inputs = inputs_back(write, back, past);
  REQUIRE(inputs);
  CHECK(encode_json(*inputs) == R"({"contact_id":"c","phone":"1","city":"York"})");
}

TEST_CASE("where neither is about a thing, one takes what the other was given") {
  CHECK(back("contact_followers.add", R"({"contact_id":"c","followers":["u"]})", "null") ==
        R"({"contact_id":"c","followers":["u"]})");
}

TEST_CASE("an inverse that lacks an input it needs says which") {
  const Action& write = shipped_action("contact_notes.delete");
  const Action* by = shipped().find_action(write.inverse->action);
  const auto inputs = inputs_back(write, *by, {test::json(R"({"contact_id":"c","id":"n"})"), {}, test::json("{}")});
  REQUIRE_FALSE(inputs);
  CHECK(inputs.error().message == "the input \"body\" of highlevel.contact_notes.create is not known");
}

TEST_CASE("only tags that were new are taken off, as far as they are still there, however their names are written") {
  const std::string input = R"({"contact_id":"c","tags":["A","b","C"]})";
  CHECK(by_expressions("contact_tags.add", input, R"(["a"])", R"(["a","B","c"])") ==
        R"({"contact_id":"c","tags":["b","C"]})");
  CHECK(by_expressions("contact_tags.add", input, R"(["a"])", R"(["a","c"])") == R"({"contact_id":"c","tags":["C"]})");
  CHECK(by_expressions("contact_tags.add", input, "null", R"(["a","b","c"])") ==
        R"({"contact_id":"c","tags":["A","b","C"]})");
  CHECK(by_expressions("contact_tags.remove", input, R"(["a","b"])", R"(["b"])") ==
        R"({"contact_id":"c","tags":["a"]})");  // as the contact had it
}

TEST_CASE("a write is looked at with the read of its resource, where its manifest says nothing else") {
  const auto look = [](const std::string& name) {
    const Action& action = shipped_action(name);
    return action.inverse && action.inverse->before ? action.inverse->before->action : "none";
  };
  CHECK(look("location_tags.delete") == "highlevel.location_tags.get");
  CHECK(look("location_tags.create") == "none");
  CHECK(look("contacts.delete") == "highlevel.contacts.get");  // in the manifest that this file lies beside
  CHECK(look("location_custom_values.update") == "highlevel.location_custom_values.get");
}

TEST_CASE("inputs that need to know how it is now are left out until that is known") {
  const Action& again = shipped_action("location_tags.delete");
  REQUIRE(again.inverse->carriers);
  Bindings names;
  names.set("carrier", "con_1");
  names.set("before", test::json(R"({"name":"vip"})"));
  const auto first = inputs_by(again.inverse->carriers->with, names);
  REQUIRE(first);
  CHECK(encode_json(*first) == R"({"contact_id":"con_1"})");
  names.set("now", test::json(R"(["VIP"])"));
  CHECK(encode_json(*inputs_by(again.inverse->carriers->with, names)) == R"({"contact_id":"con_1","tags":[]})");
}

TEST_SUITE_END();
