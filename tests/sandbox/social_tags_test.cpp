#include <doctest/doctest.h>

#include <set>

#include "running_sandbox.hpp"

using namespace millrace;
using test::Reply;
using test::RunningSandbox;

TEST_SUITE_BEGIN("sandbox");

namespace {

const std::string social_tags = "/social-media-posting/loc_main/tags";

/// A state with twelve social tags in loc_main, named "tag 0" and so on; the last is marked as deleted.
Value twelve_tags() {
  Value::List list;
  for (int number = 0; number < 12; ++number) {
    list.push_back(Value::object({{"_id", "id" + std::to_string(number)},
                                  {"tag", "Tag " + std::to_string(number)},
                                  {"locationId", "loc_main"},
                                  {"deleted", number == 11}}));
  }
  const Value location = Value::object({{"id", "loc_main"}});
  return Value::object({{"state", Value::object({{"locations", Value::List{location}}, {"social_tags", list}})}});
}

}  // namespace

TEST_CASE("social tags have the documented shape and nothing else") {
  RunningSandbox sandbox;
  const Reply reply = sandbox.ask("GET", social_tags);
  CHECK(reply.status == 200);
  CHECK(reply.at("success") == Value(true));
  CHECK(reply.at("statusCode") == Value(200));
  CHECK(reply.at("message").is_text());
  CHECK(reply.at("results.count") == Value(30));
  const Value page = reply.at("results.tags");
  for (const Value& tag : page.list()) {
    std::set<std::string> names;
    for (const auto& [name, value] : tag.map()) names.insert(name.text());
    CHECK(names == std::set<std::string>{"_id", "createdAt", "createdBy", "deleted", "locationId", "tag", "updatedAt"});
    CHECK(tag.text_or("_id").size() == 24);
  }
}

TEST_CASE("social tags come in pages, whose numbers are text, and count tells how many there are in all") {
  RunningSandbox sandbox;
  sandbox.ask("POST", "/_sandbox/reset", twelve_tags());
  CHECK(sandbox.ask("GET", social_tags).at("results.tags").list().size() == 10);

  const Reply page = sandbox.ask("GET", social_tags + "?limit=5&skip=10");
  CHECK(page.at("results.tags").list().size() == 2);
  CHECK(page.at("results.tags.1.deleted") == Value(true));
  CHECK(page.at("results.count") == Value(12));

  const Reply found = sandbox.ask("GET", social_tags + "?searchText=tAG%201&limit=1");
  CHECK(found.at("results.count") == Value(3));
  CHECK(found.at("results.tags.0.tag") == Value("Tag 1"));

  for (const std::string query : {"?limit=ten", "?skip=-1", "?limit=", "?limit=1.5"}) {
    CHECK(sandbox.ask("GET", social_tags + query).status == 422);
  }
}

TEST_CASE("social tags are found by their ids, in the order asked for, with 201 because the documents say so") {
  RunningSandbox sandbox;
  sandbox.ask("POST", "/_sandbox/reset", twelve_tags());
  const Value asked = Value::object({{"tagIds", Value::List{"id3", "nobody", "id1"}}});
  const Reply reply = sandbox.ask("POST", social_tags + "/details", asked);
  CHECK(reply.status == 201);
  CHECK(reply.at("statusCode") == Value(201));
  CHECK(reply.at("results.count") == Value(2));
  CHECK(reply.at("results.tags.0._id") == Value("id3"));
  CHECK(reply.at("results.tags.1._id") == Value("id1"));

  for (const Value& body :
       {Value(Map()), Value::object({{"tagIds", "id1"}}), Value::object({{"tagIds", Value::List{1}}})}) {
    CHECK(sandbox.ask("POST", social_tags + "/details", body).status == 422);
  }
}

TEST_SUITE_END();
