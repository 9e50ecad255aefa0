#include "catalog/inverse.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

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
  const auto taken = inputs_back(write, *by, {test::json(input), test::json(output), test::json(before)});
  return taken ? encode_json(taken->input) : taken.error().message;
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
  CHECK(encode_json(inputs->input) == R"({"contact_id":"c","phone":"1","city":"York"})");
}

TEST_CASE("of what an update set only the fields come back, and the inputs that no field covers are named") {
  const Action& write = shipped_action("locations.update");
  const auto taken = inputs_back(
      write, write,
      {test::json(R"({"location_id":"l","company_id":"new","name":"New","twilio":{"sid":"x"},"snapshot":{"id":"s"}})"),
       Value(), test::json(R"({"id":"l","companyId":"c","name":"Old","city":"York"})")});
  REQUIRE(taken);
  CHECK(encode_json(taken->input) == R"({"location_id":"l","name":"Old","company_id":"c"})");
  CHECK(taken->untold == std::vector<std::string>{"twilio", "snapshot"});
}

TEST_CASE("what stands in the query is written where there is no body, and else says which thing is meant") {
  Action write = shipped_action("contact_tasks.complete");
  write.request->query = {{"completed", "completed"}, {"assignee", "assigned_to"}};
  const Past past = {test::json(R"({"contact_id":"c","task_id":"t","completed":true,"assigned_to":"u"})"), Value(),
                     test::json(R"({"id":"t","completed":false})")};
  CHECK(inputs_back(write, write, past)->untold.empty());
  write.request->body = Value();
  CHECK(inputs_back(write, write, past)->untold == std::vector<std::string>{"assigned_to"});
}

TEST_CASE("two that call the place in their collection otherwise take each other back by where it stands") {
  const test::PluginFolder folder;
  folder.write("teams", R"({"manifest": 1, "name": "teams", "version": "1.0.0", "summary": "Teams", "connection": {},
    "actions": {
      "members.add": {"summary": "Add", "effect": "create", "output": {}, "inverse": "members.drop",
        "input": {"type": "object", "required": ["team", "name"], "properties": {"team": {}, "name": {}}},
        "request": {"method": "POST", "path": "/teams/{team}/members", "body": {"name": "name"}},
        "resource": {"kind": "member", "collection": "/teams/{team}/members", "id": "id", "fields": {"name": "name"}}},
      "members.drop": {"summary": "Drop", "effect": "delete", "output": {}, "inverse": "members.add",
        "input": {"type": "object", "required": ["team_id", "member"], "properties": {"team_id": {}, "member": {}}},
        "request": {"method": "DELETE", "path": "/teams/{team_id}/members/{member}"},
        "resource": {"kind": "member", "collection": "/teams/{team_id}/members", "id": "id", "id_input": "member"}},
      "members.drop_elsewhere": {"summary": "Drop", "effect": "delete", "output": {},
        "input": {"type": "object", "required": ["team_id", "member"], "properties": {"team_id": {}, "member": {}}},
        "request": {"method": "DELETE", "path": "/clubs/{team_id}/members/{member}"},
        "resource": {"kind": "member", "collection": "/clubs/{team_id}/members", "id": "id", "id_input": "member"}}}})");
  const Catalog catalog = Catalog::load("", folder.path());
  const auto back = [&](const char* write, const char* by, const char* input, const char* output, const char* before) {
    const Action *one = catalog.find_action(write), *other = catalog.find_action(by);
    REQUIRE(one != nullptr);
    REQUIRE(other != nullptr);
    const auto inputs = inputs_back(*one, *other, {test::json(input), test::json(output), test::json(before)});
    return inputs ? encode_json(inputs->input) : inputs.error().message;
  };
  CHECK(back("teams.members.add", "teams.members.drop", R"({"team":"t","name":"Ada"})", R"({"id":"m"})", "null") ==
        R"({"team_id":"t","member":"m"})");
  CHECK(back("teams.members.drop", "teams.members.add", R"({"team_id":"t","member":"m"})", "null",
             R"({"id":"m","name":"Ada"})") == R"({"team":"t","name":"Ada"})");
  CHECK(back("teams.members.add", "teams.members.drop_elsewhere", R"({"team":"t","name":"Ada"})", R"({"id":"m"})",
             "null") == "the input \"team_id\" of teams.members.drop_elsewhere is not known");
}

TEST_CASE("what the run gave and nothing shows is not given again as what was there before") {
  const test::PluginFolder folder;
  const auto users = [&folder](const std::string& more, const std::string& required) {
    folder.write(
        "users",
        R"({"manifest": 1, "name": "users", "version": "1.0.0", "summary": "Users", "connection": {},
      "actions": {"set": {"summary": "Set", "effect": "update", "output": {}, "inverse": "set",
        "input": {"type": "object", "properties": {"id": {}, "name": {}, "password": {}}, "required": ["id")" +
            required +
            R"(]}, "request": {"method": "PUT", "path": "/users/{id}", "body": {"name": "name", "password": "password"}},
        "resource": {"kind": "user", "collection": "/users", "id": "id", "id_input": "id", "fields": {"name": "name"})" +
            more + "}}}}");
    const Catalog catalog = Catalog::load("", folder.path());
    const Action* set = catalog.find_action("users.set");
    REQUIRE(set != nullptr);
    const auto inputs = inputs_back(
        *set, *set,
        {test::json(R"({"id":"u","name":"B","password":"p2"})"), Value(), test::json(R"({"id":"u","name":"A"})")});
    return inputs ? encode_json(inputs->input) : inputs.error().message;
  };
  CHECK(users("", "") == R"({"id":"u","name":"A"})");
  CHECK(users("", ", \"password\"") ==
        "nothing can be put back without its password, which nothing that was read shows");
  CHECK(users(R"(, "replaces": true)", "") == "it is written as a whole, and nothing that was read shows its password");
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
