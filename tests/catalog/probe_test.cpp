#include "catalog/probe.hpp"

#include <doctest/doctest.h>

#include "catalog/plugin_folder.hpp"
#include "value/json.hpp"

using namespace millrace;

TEST_SUITE_BEGIN("catalog");

namespace {

const Timestamp sent_at{1'772'784'000, 0};  // 2026-03-06T08:00:00Z

/// What the shipped `write` is told by its probe's answer: its output, "did not happen", or "unsure".
std::string told(const std::string& write, const std::string& input, const Result<Value>& answer) {
  static const Catalog shipped = Catalog::load(std::string(TEST_DATA) + "/../plugins", "");
  const Action* action = shipped.find_action(write);
  REQUIRE(action != nullptr);
  REQUIRE(action->probe);
  const auto told = told_by(*action->probe, test::json(input), answer, sent_at);
  if (!told) return std::string(name_of(told.error().code));
  return *told ? encode_json(**told) : "did not happen";
}

std::string told(const std::string& write, const std::string& input, const std::string& answer) {
  return told(write, input, test::json(answer));
}

Probe plain() { return {"demo.get", std::nullopt}; }

}  // namespace

TEST_CASE("a read of one thing tells that it is there, or that it is not, and every other answer tells nothing") {
  const auto there = told_by(plain(), {}, test::json(R"({"id": 1})"), sent_at);
  REQUIRE(there);
  REQUIRE(*there);
  CHECK(encode_json(**there) == R"({"id":1})");
  const auto absent = told_by(plain(), {}, Error{ErrorCode::not_found, "no such thing"}, sent_at);
  REQUIRE(absent);
  CHECK_FALSE(*absent);
  for (const ErrorCode code : {ErrorCode::unavailable, ErrorCode::denied, ErrorCode::timeout, ErrorCode::cancelled}) {
    const auto failed = told_by(plain(), {}, Error{code, "no answer"}, sent_at);
    REQUIRE_FALSE(failed);
    CHECK(failed.error().code == ErrorCode::unsure);
    CHECK(failed.error().message.find("no answer") != std::string::npos);
  }
}

TEST_CASE("a tag was made where the list shows one of its name, as the far side writes it") {
  const std::string create = "highlevel.location_tags.create", input = R"({"name": "VIP  Client"})";
  CHECK(told(create, input, R"({"tags": [{"id": "a", "name": "other"}, {"id": "b", "name": "vip client"}]})") ==
        R"({"tag":{"id":"b","name":"vip client"}})");
  CHECK(told(create, input, R"({"tags": []})") == "did not happen");
  CHECK(told(create, input, R"({"tags": [{"id": "a", "name": "vip clients"}]})") == "did not happen");
  CHECK(told(create, input, R"({"tags": [{"id": "a", "name": "VIP Client"}, {"id": "b", "name": "vip client"}]})") ==
        "unsure");
  CHECK(told(create, input, R"({"labels": []})") == "unsure");
  CHECK(told(create, input, R"({"tags": [{"id": "a"}]})") == "unsure");
  CHECK(told(create, input, Error{ErrorCode::not_found, "no such location"}) == "unsure");
}

TEST_CASE("details of a tag were pushed where the list shows all of them, and figures where it shows the same ones") {
  const std::string details = "users_api.tag_details.push",
                    tag = R"({"tag_id": "t", "tag_name": "vip", "color": "#fff"})";
  CHECK(told(details, tag, R"({"tags": [{"tagId": "t", "tagName": "vip", "color": "#fff"}]})") ==
        R"({"tag":{"tagId":"t","tagName":"vip","color":"#fff"}})");
  CHECK(told(details, tag, R"({"tags": [{"tagId": "t", "tagName": "vip", "color": "#000"}]})") == "did not happen");
  CHECK(told(details, tag, R"({"tags": [{"tagId": "u", "tagName": "vip", "color": "#fff"}]})") == "did not happen");

  const std::string push = "users_api.statistics.push";
  const std::string figures = R"({"metrics": {"likes": 57}, "timestamp": "2026-08-31T00:00:00Z"})";
  const std::string same = R"({"metrics": {"likes": 57.0}, "timestamp": "2026-08-31T02:00:00+02:00"})";
  CHECK(told(push, figures, "{\"statistics\": [" + same + "]}") == R"({"accepted":true})");
  CHECK(told(push, figures, "{\"statistics\": [" + same + "," + same + "]}") == "unsure");
  CHECK(told(push, figures, R"({"statistics": [{"metrics": {"likes": 57}, "timestamp": "2026-08-30T00:00:00Z"}]})") ==
        "did not happen");
  CHECK(told(push, figures, R"({"statistics": [{"metrics": {"likes": 58}, "timestamp": "2026-08-31T00:00:00Z"}]})") ==
        "did not happen");
}

TEST_CASE("a probe is asked with what the read calls the write's inputs, where they are called differently") {
  Probe probe = plain();
  const Value input = test::json(R"({"email": "a@b.c", "phone": "1", "name": "x", "location_id": "l"})");
  CHECK(question_of(probe, input) == input);
  probe.with = {{"email", "email"}, {"number", "phone"}, {"fax", "fax"}};
  CHECK(encode_json(question_of(probe, input)) == R"({"email":"a@b.c","number":"1","location_id":"l"})");
}

TEST_CASE("a probe that nothing of the input could be asked with is none") {
  const Catalog shipped = Catalog::load(std::string(TEST_DATA) + "/../plugins", "");
  const Action& create = *shipped.find_action("highlevel.contacts.create");
  CHECK(probe_for(create, test::json(R"({"phone": "1"})")) == &*create.probe);
  for (const char* input : {R"({"first_name": "Ada", "location_id": "l"})", R"({"email": "", "phone": null})", "{}"})
    CHECK(probe_for(create, test::json(input)) == nullptr);
  const Action& tag = *shipped.find_action("highlevel.location_tags.create");
  CHECK(probe_for(tag, test::json("{}")) == &*tag.probe);  // its list is asked for as a whole
  CHECK(probe_for(*shipped.find_action("highlevel.contacts.delete"), test::json("{}")) == nullptr);
}

TEST_CASE("a contact was made where one of its address or number is there that is no older than the request") {
  const std::string create = "highlevel.contacts.create", input = R"({"email": "a@b.c", "phone": "1"})";
  const auto found = [](const std::string& more) { return R"({"contact": {"id": "c")" + more + "}}"; };
  const std::string made = R"(, "dateAdded": "2026-03-06T08:00:01.000Z")";
  CHECK(told(create, input, found(made)) == R"({"contact":{"id":"c","dateAdded":"2026-03-06T08:00:01.000Z"}})");
  CHECK(told(create, input, found(made + R"(, "email": "A@B.C")")).starts_with("{"));
  // Their clock may be a little behind ours.
  CHECK(told(create, input, found(R"(, "dateAdded": "2026-03-06T09:58:00+02:00")")).starts_with("{"));
  CHECK(told(create, input, found(R"(, "dateAdded": "2026-03-06T07:00:00.000Z")")) == "did not happen");
  CHECK(told(create, input, found(R"(, "dateAdded": "2025-07-01T07:00:00.000Z")")) == "did not happen");
  CHECK(told(create, input, found(made + R"(, "email": "other@b.c")")) == "did not happen");
  CHECK(told(create, input, found("")) == "unsure");  // how old it is is not told
  CHECK(told(create, input, R"({"contact": null})") == "did not happen");
  CHECK(told(create, input, "{}") == "did not happen");
  CHECK(told(create, input, Error{ErrorCode::invalid, "no"}) == "unsure");
}

TEST_CASE("a task, a note, a field and a value were made where the list shows them") {
  CHECK(told("highlevel.contact_tasks.create", R"({"title": "a", "due_date": "2026-03-06T09:00:00Z"})",
             R"({"tasks": [{"id": "1", "title": "a", "dueDate": "2026-03-07T09:00:00Z"},
                           {"id": "2", "title": "a", "body": "", "dueDate": "2026-03-06T09:00:00.000Z"}]})") ==
        R"({"task":{"id":"2","title":"a","body":"","dueDate":"2026-03-06T09:00:00.000Z"}})");
  CHECK(told("highlevel.contact_notes.create", R"({"body": "a"})",
             R"({"notes": [{"id": "1", "body": "<p>a</p>", "bodyText": "a"}, {"id": "2", "body": "b"}]})") ==
        R"({"note":{"id":"1","body":"<p>a</p>","bodyText":"a"}})");
  CHECK(told("highlevel.location_custom_fields.create", R"({"name": "Colour"})",
             R"({"customFields": [{"id": "1", "name": "colour"}]})") ==
        R"({"customField":{"id":"1","name":"colour"}})");
  CHECK(told("highlevel.location_custom_values.create", R"({"name": "Hours", "value": "9"})",
             R"({"customValues": [{"id": "1", "name": "hours", "value": "8"}]})") == "did not happen");
}

TEST_SUITE_END();
