#include <doctest/doctest.h>

#include "catalog/plugin_folder.hpp"
#include "value/json.hpp"

using namespace millrace;

TEST_SUITE_BEGIN("catalog");

namespace {

/// What HighLevel did not do by an answer of success with this body: a text, a list in brackets, or empty.
std::string not_done(const std::string& action, const std::string& body) {
  static const Catalog shipped = Catalog::load(std::string(TEST_DATA) + "/../plugins", "");
  const Action* found = shipped.find_action("highlevel." + action);
  REQUIRE(found != nullptr);
  REQUIRE(found->request);
  REQUIRE(found->request->refused_in_general);
  std::string told;
  for (const auto* asked : {&found->request->refused_if, &found->request->refused_in_general}) {
    if (!*asked || !told.empty()) continue;
    Bindings names;
    names.set("answer", Value::object({{"status", 201}, {"headers", Value(Map())}, {"body", test::json(body)}}));
    names.set("input", Value(Map()));
    const auto why = (*asked)->evaluate(names);
    REQUIRE_MESSAGE(why, body);
    told = why->is_text() ? why->text() : encode_json(*why);
  }
  return told;
}

}  // namespace

TEST_CASE("whatever HighLevel is asked for, an answer of success may say that it did not work") {
  for (const char* action : {"location_tags.delete", "contacts.delete", "contacts.update", "contact_notes.delete",
                             "social_posts.create", "users.delete", "locations.delete", "social_tags.list",
                             "contact_tags.update_many", "contact_business_contacts.update_many"}) {
    CAPTURE(action);
    CHECK(not_done(action, R"({"succeded": false})") == "it says that it did not work");
    CHECK(not_done(action, R"({"succeeded": false, "message": ""})") == "it says that it did not work");
    CHECK(not_done(action, R"({"success": "false", "message": "account expired"})") == "account expired");
    CHECK(not_done(action, R"({"success": false, "message": ["a", {"b": 1}]})") == R"(a; {"b":1})");
    for (const char* good : {R"({"succeded": true})", R"({"success": "true", "message": "done"})", "{}", "[]", "null",
                             R"("OK")", R"({"succeded": null, "success": null})"})
      CHECK_MESSAGE(not_done(action, good).empty(), good);
  }
}

TEST_CASE("what a change of many contacts did not do is listed, however it is told") {
  const std::string action = "contact_tags.update_many";
  const auto answer = [&](const std::string& items, const std::string& count = "0") {
    return not_done(action, R"({"succeded": true, "errorCount": )" + count + R"(, "responses": )" + items + "}");
  };
  const std::string good = R"({"contactId": "a", "type": "success"})";
  CHECK(answer("[" + good + "]").empty());
  CHECK(answer("[" + good + "]", R"("0")").empty());
  CHECK(answer("[]", "null").empty());
  CHECK(answer("[" + good + "]", "2") == R"(["errors: 2"])");
  CHECK(answer("[" + good + "]", R"("2")") == R"(["errors: \"2\""])");
  CHECK(answer("[" + good + R"(, {"contactId": "b", "type": "error", "message": "no"}])") == R"(["b: no"])");
  CHECK(answer(R"([{"contactId": "b", "type": "Error", "message": ["x", "y"]}])") == R"(["b: x, y"])");
  CHECK(answer(R"([{"contactId": null, "type": "error", "message": null}, {"type": "error"}])") ==
        R"(["a contact: no reason given","a contact: no reason given"])");
  CHECK(answer(R"([{"contactId": "b", "type": "error", "message": {"code": 7}}])") == R"(["b: {\"code\":7}"])");
  CHECK(answer(R"([7, null, {"type": 3}])").empty());
}

TEST_SUITE_END();
