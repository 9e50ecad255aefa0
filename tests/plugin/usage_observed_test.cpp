#include "plugin/usage_bench.hpp"

using namespace millrace;
using test::json;
using test::Location;

TEST_SUITE_BEGIN("plugin");

TEST_CASE("a tag is unused since the first of an unbroken row of observations that saw it so") {
  Location location;
  for (const char* id : {"1", "3"}) location.contact(id, R"(["vip"])");
  CHECK(location.items() == "a 2, b 0");
  location.a_day_later();
  CHECK(location.items() == "a 2, b 0 since 2026-09-21");
  location.a_day_later();
  CHECK(location.items() == "a 2, b 0 since 2026-09-21");
  location.contact("2", R"(["old"])");
  CHECK(location.items() == "a 2, b 1");
  location.contacts.pop_back();
  location.a_day_later();
  CHECK(location.items() == "a 2, b 0");
  location.a_day_later();
  CHECK(location.items() == "a 2, b 0 since 2026-09-24");
  location.tags = json(R"([{"id": "a", "name": "VIP"}, {"id": "c", "name": "new"}])");
  location.usage();
  CHECK(encode_json(location.services.state["usage/loc"]) ==
        R"({"at":"2026-09-25T14:13:20Z","tags":2,"contacts":2,"unused":{"c":"2026-09-25T14:13:20Z"}})");
}

TEST_CASE("an answer that is suddenly empty or halved is told and changes nothing that is known") {
  Location location;
  for (const char* id : {"1", "2", "3", "4"}) location.contact(id, R"(["vip"])");
  location.usage();
  location.a_day_later(3);
  location.usage();
  const Value known = location.services.state["usage/loc"];
  location.contacts.resize(2);
  location.a_day_later();
  CHECK(json(location.usage()).text_or("dropped") ==
        "2 contacts now against 4 on 2026-09-24: a list that is suddenly empty or halved may be an error of the far "
        "side");
  location.contacts.clear();
  CHECK(location.items() == "a 0, b 0 since 2026-09-21");
  location.tags = json("[]");
  CHECK(json(location.usage()).text_or("dropped") ==
        "0 location tags now against 2 on 2026-09-24, and 0 contacts now against 4 on 2026-09-24: a list that is "
        "suddenly empty or halved may be an error of the far side");
  CHECK(location.services.state["usage/loc"] == known);
  CHECK(json(location.usage(R"({"social_tags": false, "accept_drop": true})")).find("dropped")->is_null());
  CHECK(json(location.usage()).find("before")->find("contacts")->integer() == 0);
}

TEST_CASE("contacts that are all there and suddenly carry half of the tags or fewer are not believed") {
  Location location;
  const auto world = [&](int used) {
    Value::List tags;
    location.contacts.clear();
    for (int number = 0; number < 7; ++number) {
      const std::string name = "tag " + std::to_string(number);
      tags.push_back(Value::object({{"id", name}, {"name", name}}));
      location.contact("c" + std::to_string(number), number < used ? R"([")" + name + R"("])" : "[]");
    }
    location.tags = tags;
    return test::told(*json(location.usage()).find("dropped"));
  };
  CHECK(world(6) == "null");
  const std::string ending =
      " on 2026-09-21: a list that is suddenly empty or halved may be an error of the far side\"";
  for (const int used : {0, 1, 3}) {
    location.a_day_later();
    CHECK(world(used) == "\"" + std::to_string(used) + (used == 1 ? " used location tag" : " used location tags") +
                             " now against 6" + ending);
  }
  CHECK(world(4) == "null");

  SUBCASE("where very few are in use, one that loses its last contact is nothing strange") {
    for (const int used : {3, 1, 0}) CHECK(world(used) == "null");
  }
}

TEST_CASE("a tag that a doubtful answer shows in use loses its time all the same") {
  Location location;
  for (const char* id : {"1", "2", "3", "4"}) location.contact(id, R"(["vip"])");
  location.usage();
  location.contacts.clear();
  location.contact("5", R"(["old"])");
  location.a_day_later();
  CHECK(location.items() == "a 0, b 1");
  CHECK(encode_json(location.services.state["usage/loc"]) ==
        R"({"at":"2026-09-21T14:13:20Z","tags":2,"contacts":4,"unused":{}})");
}
TEST_CASE("a look is given again for as long as is said, with the time of it, and otherwise made anew") {
  Location location;
  location.contact("1", R"(["vip"])");
  location.posts = json(R"([{"_id": "p", "tags": ["s"]}])");
  location.social = json(R"([{"_id": "s", "tag": "S"}])");
  const Value seen = json(location.usage(R"({"max_age": "1h"})"));
  CHECK(seen.find("kept_since")->is_null());
  location.contact("2", R"(["old"])");

  const Value again = json(location.usage(R"({"max_age": "1h"})"));
  CHECK(location.searches == 1);
  CHECK(again.text_or("kept_since").size() == 20);
  CHECK(*again.find("items") == *seen.find("items"));
  CHECK(*again.find("social") == *seen.find("social"));
  const Value without = json(location.usage(R"({"max_age": "1h", "social_tags": false})"));
  CHECK(location.searches == 1);
  CHECK(encode_json(*without.find("social")) + encode_json(*without.find("totals")) ==
        R"([]{"tags":2,"contacts":1,"social_tags":null,"posts":null})");

  SUBCASE("one who says nothing of an age") { CHECK(location.items() == "a 1, b 1"); }
  SUBCASE("one who wants more of it") {
    CHECK(location.items(R"({"max_age": "1h", "posts_within": "30d"})") == "a 1, b 1");
  }
  SUBCASE("one to whom it is too old") {
    Map kept = location.services.state["look/loc"].map();
    kept.set("at", kept.find("at")->integer() - 3'600'001);
    location.services.state["look/loc"] = kept;
    CHECK(location.items(R"({"max_age": "1h"})") == "a 1, b 1");
    CHECK(location.items(R"({"max_age": "1h"})") == "a 1, b 1");
  }
  SUBCASE("after tags were removed on purpose") {
    location.call("forget", json(R"({"location_id": "loc", "tag_ids": ["b"]})"));
    CHECK(location.items(R"({"max_age": "1h"})") == "a 1, b 1");
  }
  CHECK(location.searches == 2);
}

TEST_CASE("a look that is not believed is not kept, and none is for those who say nothing of an age") {
  Location location;
  location.contact("1", R"("vip")");
  location.usage(R"({"max_age": "1h"})");
  location.contacts.clear();
  location.contact("1", R"(["vip"])");
  location.usage();
  CHECK(location.services.state["look/loc"].is_null());
}

TEST_CASE("tags that were removed on purpose are not missed") {
  Location location;
  location.contact("1", R"(["vip"])");
  location.usage();
  CHECK(location.call("forget", json(R"({"location_id": "loc", "tag_ids": ["b"]})")) == R"({"tags":1})");
  location.tags = json(R"([{"id": "a", "name": "VIP"}])");
  CHECK(json(location.usage()).find("dropped")->is_null());
}
TEST_SUITE_END();
