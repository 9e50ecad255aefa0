#include <doctest/doctest.h>

#include <map>
#include <set>

#include "base/text.hpp"
#include "running_sandbox.hpp"
#include "value/json.hpp"

using namespace millrace;
using test::Reply;
using test::RunningSandbox;

TEST_SUITE_BEGIN("sandbox");

namespace {

Value world(RunningSandbox& sandbox, int seed) {
  REQUIRE(sandbox.ask("POST", "/_sandbox/reset", Value::object({{"seed", seed}})).status == 200);
  return sandbox.ask("GET", "/_sandbox/state").body;
}

const Value::List& list(const Value& state, const char* key) { return state.find(key)->list(); }

/// The names of a location's tags that none of its contacts carries.
std::set<std::string> unused(const Value& state, const std::string& location) {
  std::set<std::string> names;
  for (const Value& tag : list(state, "location_tags")) {
    if (tag.text_or("locationId") == location) names.insert(tag.text_or("name"));
  }
  for (const Value& contact : list(state, "contacts")) {
    if (contact.text_or("locationId") != location) continue;
    for (const Value& tag : contact.find("tags")->list()) names.erase(tag.text());
  }
  return names;
}

}  // namespace

TEST_CASE("the first world is a shop with hundreds of tags, a few of which nobody carries") {
  RunningSandbox sandbox;
  const Value state = sandbox.ask("GET", "/_sandbox/state").body;
  CHECK(sandbox.ask("GET", "/locations/loc_main/tags").at("tags").list().size() == 240);
  CHECK(unused(state, "loc_main").size() == 12);
  CHECK(unused(state, "loc_north").size() == 3);
  CHECK(sandbox.ask("GET", "/locations/loc_north/tags").at("tags").list().size() == 40);
  std::map<std::string, Value> by_email;
  for (const Value& contact : list(state, "contacts")) by_email[contact.text_or("email")] = contact;
  REQUIRE(by_email.count("ada@example.com"));
  REQUIRE(by_email.count("dora@example.com"));
  CHECK_FALSE(by_email["ada@example.com"].find("dnd")->is_true());
  CHECK(by_email["dora@example.com"].find("dnd")->is_true());
  CHECK(list(state, "contacts").size() == 460);
  CHECK(list(state, "social_posts").size() == 140);
  CHECK(state.find("now")->is_null());
}

TEST_CASE("ids are unlike, and posts carry tags and accounts that there are") {
  RunningSandbox sandbox({"--limit", "off"});
  for (int seed = 1; seed < 8; ++seed) {
    const Value state = world(sandbox, seed);
    std::set<std::string> ids;
    for (const char* key : {"location_tags", "contacts", "social_accounts"}) {
      for (const Value& thing : list(state, key)) CHECK(ids.insert(thing.text_or("id")).second);
    }
    for (const char* key : {"social_tags", "social_posts"}) {
      for (const Value& thing : list(state, key)) CHECK(ids.insert(thing.text_or("_id")).second);
    }
    for (const Value& post : list(state, "social_posts")) {
      CHECK(ids.count(post.text_or("accountId")) == 1);
      for (const Value& tag : post.find("tags")->list()) CHECK(ids.count(tag.text()) == 1);
    }
  }
}

TEST_CASE("seeds make up small worlds, some of which lack a thing") {
  RunningSandbox sandbox({"--limit", "off"});
  std::size_t no_tags = 0, no_contacts = 0, no_accounts = 0, capitals = 0;
  for (int seed = 2; seed < 42; ++seed) {
    const Value state = world(sandbox, seed);
    std::map<std::string, std::size_t> tags, contacts, accounts;
    for (const Value& tag : list(state, "location_tags")) ++tags[tag.text_or("locationId")];
    for (const Value& contact : list(state, "contacts")) ++contacts[contact.text_or("locationId")];
    for (const Value& account : list(state, "social_accounts")) ++accounts[account.text_or("locationId")];
    std::set<std::string> social;
    for (const Value& tag : list(state, "social_tags")) {
      if (!social.insert(tag.text_or("locationId") + lower(tag.text_or("tag"))).second) ++capitals;
    }
    for (const char* location : {"loc_main", "loc_north"}) {
      CHECK(tags[location] <= 40);
      CHECK(contacts[location] <= 60);
      CHECK(accounts[location] <= 4);
      no_tags += tags[location] == 0;
      no_contacts += contacts[location] == 0;
      no_accounts += accounts[location] == 0;
    }
  }
  CHECK(no_tags > 2);
  CHECK(no_contacts > 2);
  CHECK(no_accounts > 2);
  CHECK(capitals > 2);
}

TEST_CASE("a state that makes no sense is refused, and says why") {
  RunningSandbox sandbox;
  const auto refused = [&](const std::string& rest) {
    const Reply reply = sandbox.ask("POST", "/_sandbox/reset",
                                    Value(R"({"state": {"locations": [{"id": "loc_main"}], )" + rest + "}}"));
    CHECK(reply.status == 400);
    return reply.at("message").is_text() ? reply.at("message").text() : "";
  };
  CHECK(refused(R"("contacts": [{"id": "a", "locationId": "l"}, {"id": "a", "locationId": "l"}])") ==
        "state: two contacts have the id a");
  CHECK(refused(R"("contacts": [{"id": "a"}])") == "state: a contact needs an id and a locationId");
  CHECK(refused(R"("contacts": [{"id": "a", "locationId": "l", "emial": "x"}])") ==
        R"(state: contact a: a contact has no field "emial", did you mean "email"?)");
  CHECK(refused(R"("contacts": [{"id": "a", "locationId": "l", "tags": [7]}])") ==
        "state: contact a: tags must be a list of texts");
  CHECK(refused(R"("now": "soon")").starts_with("state: "));
  CHECK(refused(R"("social_posts": [{"_id": "x"}])").find("locationId") != std::string::npos);
}

TEST_CASE("states may be large, other requests may not") {
  RunningSandbox sandbox;
  std::string contacts;
  const std::string name(5000, 'x');
  for (int number = 0; number < 1000; ++number) {
    contacts += (number == 0 ? "" : ",") + std::string(R"({"id":"c)") + std::to_string(number) +
                R"(","locationId":"loc_main","name":")" + name + R"("})";
  }
  CHECK(sandbox
            .ask("POST", "/_sandbox/reset",
                 Value(R"({"state":{"locations":[{"id":"loc_main"}],"contacts":[)" + contacts + "]}}"))
            .status == 200);
  CHECK(sandbox.ask("POST", "/locations/loc_main/tags", Value(R"({"name":")" + std::string(5u << 20, 'x') + R"("})"))
            .status == 413);
}

TEST_SUITE_END();
