#include "plugin/usage_bench.hpp"

using namespace millrace;
using test::json;
using test::Location;

TEST_SUITE_BEGIN("plugin");

TEST_CASE("each location tag has the number of contacts that carry it, capitals and repetitions aside") {
  Location location;
  location.contact("1", R"(["vip", "VIP", "nobody's"])");
  location.contact("2", R"(["Vip"])");
  location.contact("2", R"(["Vip"])");
  location.contact("3", "null");
  location.contact("4", R"([7, null, {"name": "vip"}])");
  location.contact("5", R"("vip")");
  location.total = 5;
  CHECK(location.items() == "a 2, b 0");
}

TEST_CASE("contacts are read by the cursor of the last one, oldest first, until all were seen") {
  Location location;
  for (int number = 0; number < 1100; ++number) location.contact("c" + std::to_string(number), R"(["old"])");
  CHECK(location.items() == "a 0, b 1100");
  CHECK(location.searches == 3);
  const std::string& last = location.services.trace[3];
  CHECK(
      last ==
      R"(contacts.search {"location_id":"loc","page_limit":500,"sort":[{"field":"dateAdded","direction":"asc"}],"search_after":[1000]})");
}

TEST_CASE("contacts without a cursor are read by page number, as far as those reach") {
  Location location;
  for (int number = 0; number < 10'001; ++number)
    location.contacts.push_back(json(R"({"id": "c)" + std::to_string(number) + "\"}"));
  CHECK(
      location.usage() ==
      "unavailable: the contacts carry no \"searchAfter\", and without it contacts.search reaches only the first 10000 "
      "of 10001");
  location.contacts.pop_back();
  CHECK(location.items() == "a 0, b 0");
}

TEST_CASE("an incomplete list is read once more, and then nothing is told from it") {
  Location location;
  location.contact("1", R"(["vip"])");
  location.total = 2;
  CHECK(location.usage() ==
        "unavailable: contacts.search listed only 1 of 2 contacts, twice: from an incomplete list it cannot be told "
        "which tags are unused; try again later");
  CHECK(location.services.state.empty());
}

TEST_CASE("contacts that go while they are read move the others: they are read once more, and none is missed") {
  Location location;
  location.contacts_without_cursor(1100);
  location.before_search = [&location] {
    if (location.searches == 2) location.contacts.erase(location.contacts.begin());
  };
  CHECK(location.items() == "a 0, b 1099");
  CHECK(location.searches == 4 + 3);
}

TEST_CASE("contacts that go at each look leave it open which tags are unused") {
  Location location;
  location.contacts_without_cursor(1100);
  location.before_search = [&location] {
    if (location.searches == 2 || location.searches == 4 + 2) location.contacts.erase(location.contacts.begin());
  };
  CHECK(location.usage().find("contacts, twice: from an incomplete list it cannot be told") != std::string::npos);
  CHECK(location.services.state.empty());
}

TEST_CASE("a page that comes again is an error and no endless loop") {
  Location location;
  for (int number = 0; number < 600; ++number) location.contact("c" + std::to_string(number), "[]");
  location.same_page_again = true;
  CHECK(location.usage() ==
        "unavailable: contacts.search gave a page again that it had given before, after 500 of 600 contacts: what lies "
        "behind it cannot be reached");
  location.fails = true;
  CHECK(location.usage() == "unavailable: the far side is down");
}

TEST_CASE("answers without their list or their total are errors, not empty") {
  Location location;
  location.services.answer = [](const std::string& action, const Value&) {
    return json(action == "contacts.search" ? R"({"contacts": []})" : R"({"tags": []})");
  };
  CHECK(location.usage() ==
        "invalid: the answer of contacts.search has no number \"total\", so it cannot be told whether it is complete");
  location.services.answer = [](const std::string&, const Value&) { return json(R"({"tags": null, "total": 0})"); };
  CHECK(location.usage() == "invalid: the answer of location_tags.list has no list \"tags\"");
}

TEST_CASE("tags without an id or a name are left out and said") {
  Location location;
  location.tags = json(R"([{"id": "a", "name": "VIP"}, {"name": "x"}, {"id": "c"}, {"id": 7, "name": "y"}, "z",
                           {"id": "a", "name": "VIP"}])");
  location.contact("1", "[]");
  CHECK(location.items() == "a 0");
  CHECK(json(location.usage()).find("warnings")->list()[0].text() ==
        "4 location tags without an id or a name that can be compared were left out");
}

TEST_CASE("a contact carries a tag however it writes the tag's name") {
  const std::vector<std::pair<std::string, std::string>> written = {{"Promo", "promo"},
                                                                    {"VIỆT NAM", "việt nam"},
                                                                    {"Ștefan", "ștefan"},
                                                                    {"ΟΔΟΣ", "οδος"},
                                                                    {"Café", "cafe\u0301"},
                                                                    {"trailing ", "trailing"},
                                                                    {"two  blanks", "two blanks"},
                                                                    {"no\u00A0break", "No break"},
                                                                    {"🔥 Hot", "🔥 hot"},
                                                                    {"Straße", "STRASSE"},
                                                                    {"ısparta", "ISPARTA"},
                                                                    {"İzmir", "izmir"},
                                                                    {"ＶＩＰ", "vip"},
                                                                    {"zero\u200Bwidth", "Zerowidth"},
                                                                    {"bell\u0007x", "bellx"},
                                                                    {std::string("null\0byte", 9), "nullbyte"},
                                                                    {"tag\U000E0041letter", "tagletter"},
                                                                    {"braille\u2800x", "braille x"}};
  Location location;
  Value::List tags, carried;
  for (const auto& [name, other] : written) {
    tags.push_back(Value::object({{"id", name}, {"name", name}}));
    carried.push_back(other);
  }
  tags.push_back(json(R"({"id": "idle", "name": "idle"})"));
  location.tags = tags;
  location.contact("1", encode_json(carried));
  const Value told = json(location.usage());
  for (const Value& item : told.find("items")->list()) {
    CAPTURE(item.text_or("name"));
    CHECK(item.find("contacts")->integer() == (item.text_or("id") == "idle" ? 0 : 1));
  }
}

TEST_CASE("a tag whose name cannot be compared is left out, so nobody takes it for unused") {
  Location location;
  location.tags =
      json(R"([{"id": "a", "name": "VIP"}, {"id": "blank", "name": "  "}, {"id": "lost", "name": "hot \ufffd"}])");
  location.contact("1", R"(["vip"])");
  CHECK(location.items() == "a 1");
  CHECK(json(location.usage()).find("warnings")->list()[0].text() ==
        "2 location tags without an id or a name that can be compared were left out");
}

TEST_CASE("contacts of which it is not known what they carry make no tag unused") {
  for (const char* unknown :
       {"null", R"("vip")", R"([7])", R"([{"name": "vip"}])", R"(["b\ufffd"])", R"(["x", "\ufffd"])"}) {
    CAPTURE(unknown);
    Location location;
    location.contact("1", R"(["vip"])");
    location.usage();
    location.a_day_later();
    const Value known = location.services.state["usage/loc"];
    location.contact("2", unknown);
    location.contact("3", "[]");
    CHECK(location.items() == "a 1, b 0");
    CHECK(json(location.usage()).text_or("dropped") ==
          "1 contact came without a list of names of tags: what cannot be read is not empty");
    CHECK(location.services.state["usage/loc"] == known);
    CHECK(location.items(R"({"social_tags": false, "accept_drop": true})") == "a 1, b 0 since 2026-09-21");
  }
  Location location;
  location.contacts.push_back(json(R"({"id": "1"})"));
  CHECK(json(location.usage()).text_or("dropped").starts_with("1 contact came without a list"));
}
TEST_CASE("social tags are counted by posts, each once, and deleted ones are marked") {
  Location location;
  location.contact("1", "[]");
  Value::List posts;
  for (int number = 0; number < 250; ++number) {
    posts.push_back(json(R"({"_id": "p)" + std::to_string(number % 240) + R"(", "tags": ["s1", "s1"]})"));
  }
  location.posts = posts;
  location.social =
      json(R"([{"_id": "s1", "tag": "Sale"}, {"_id": "s2", "tag": "Old", "deleted": true}, {"tag": "?"}])");
  const Value usage = json(location.usage(R"({"posts_within": "10d"})"));
  CHECK(encode_json(*usage.find("social")) ==
        R"([{"id":"s1","name":"Sale","posts":240,"deleted":false},{"id":"s2","name":"Old","posts":0,"deleted":true}])");
  CHECK(encode_json(*usage.find("totals")) == R"({"tags":2,"contacts":1,"social_tags":2,"posts":240})");
  CHECK(
      location.services.trace[2] ==
      R"(social_posts.list {"location_id":"loc","from_date":"2026-09-11T14:13:20Z","to_date":"2026-09-21T14:13:20Z","include_users":"false","skip":"0","limit":"100"})");
}
TEST_CASE("a tag that is only planned is listed with the id that is not known yet") {
  Location location;
  location.contact("1", R"(["vip"])");
  location.tags = json(R"([{"id": {"$unknown": "the id of tag vip"}, "name": "vip"}])");
  CHECK(encode_json(*json(location.usage()).find("items")) ==
        R"([{"id":{"$unknown":"the id of tag vip"},"name":"vip","contacts":1,"unused_since":null}])");
}

namespace {

/// A location with 150 posts of one social tag, which are two pages.
struct Busy : Location {
  Busy() {
    social = json(R"([{"_id": "s", "tag": "Spring"}])");
    for (int number = 0; number < 150; ++number) list.push_back(post(number));
    posts = list;
  }
  static Value post(int number) { return json(R"({"_id": "p)" + std::to_string(number) + R"(", "tags": ["s"]})"); }
  Value::List list;
  int pages = 0;
};

}  // namespace

TEST_CASE("posts that move between pages because one went are read again, and none is missed") {
  Busy location;
  location.before_page = [&](const std::string& action) {
    if (action != "social_posts.list" || ++location.pages != 2) return;
    location.list.erase(location.list.begin());  // the first of the second page is on the first one now
    location.posts = location.list;
  };
  const Value told = json(location.usage("{}"));
  CHECK(test::told(*told.find("social")->list()[0].find("posts")) == "150");  // the one that went was there, too
  CHECK(test::told(*told.find("warnings")) == "[]");
  CHECK(location.pages == 4);
}

TEST_CASE("where fewer posts came than were told, that is said") {
  Busy location;
  location.not_listed = 7;
  const Value told = json(location.usage("{}"));
  CHECK(test::told(*told.find("warnings")) ==
        R"(["7 of the posts that were told did not come","7 of the social tags that were told did not come"])");
}

TEST_CASE("posts that never stand still are said to be so") {
  Busy location;
  int next = 1000;
  location.before_page = [&](const std::string& action) {
    if (action != "social_posts.list" || ++location.pages % 2 == 1) return;
    location.list.insert(location.list.begin(), Busy::post(next++));
    location.posts = location.list;
  };
  const Value told = json(location.usage("{}"));
  CHECK(test::told(*told.find("warnings")) ==
        R"(["posts came or went while they were read, three times over: some may be missing"])");
  CHECK(location.pages == 6);
}

TEST_CASE("tags and contacts of another location tell nothing of this one") {
  for (const bool of_tags : {true, false}) {
    test::Location location;
    location.contact("c1", R"(["VIP"])");
    Value::List things = of_tags ? location.tags.list() : location.contacts;
    Map strange = things.back().map();
    strange.set("locationId", "loc_other");
    things.back() = strange;
    if (of_tags) location.tags = things;
    if (!of_tags) location.contacts = things;
    const std::string told = location.usage();
    CHECK(told.starts_with("unavailable: "));
    CHECK(told.find("of location loc and gave some of location loc_other") != std::string::npos);
    CHECK(location.services.state.empty());
    strange.set("locationId", "loc");
    things.back() = strange;
    if (of_tags) location.tags = things;
    if (!of_tags) location.contacts = things;
    CHECK(location.items() == "a 1, b 0");
  }
}

TEST_SUITE_END();
