#include <doctest/doctest.h>

#include "plugin/tags_bench.hpp"

using namespace millrace;
using test::json;
using test::Tags;

TEST_SUITE_BEGIN("plugin");

TEST_CASE("a tag that is not there is created and linked, and the same again changes nothing") {
  Tags tags(R"([{"id": "a", "name": "other", "locationId": "loc"}])");
  CHECK(tags.upsert(R"({"key": "sm-1", "name": "VIP"})") ==
        R"({"tag":{"id":"new","name":"VIP","locationId":"loc"},"change":"created","before":null})");
  CHECK(tags.written() ==
        "location_tags.create {\"location_id\":\"loc\",\"name\":\"VIP\"}\n"
        "remember link/loc/sm-1 {\"id\":\"new\",\"name\":\"VIP\"}\n"
        "swap owner/loc/new null for {\"key\":\"sm-1\"}\n");
  CHECK(tags.change("sm-1", "VIP") == "unchanged");
  CHECK(tags.written().empty());
}

TEST_CASE("a tag of the same name ignoring case is taken and linked") {
  Tags tags(R"([{"id": "a", "name": "Été VIP", "locationId": "loc", "extra": 1}])");
  CHECK(
      tags.upsert(R"({"key": "sm-1", "name": "ÉTÉ vip"})") ==
      R"({"tag":{"id":"a","name":"Été VIP","locationId":"loc"},"change":"unchanged","before":{"id":"a","name":"Été VIP","locationId":"loc"}})");
  CHECK(tags.written() ==
        "remember link/loc/sm-1 {\"id\":\"a\",\"name\":\"ÉTÉ vip\"}\n"
        "swap owner/loc/a null for {\"key\":\"sm-1\"}\n");
}

TEST_CASE("a tag is taken however its name is written there, by upsert and by diff") {
  for (const char* there : {"việt  nam", " VIỆT NAM", "Việt\u00A0Nam", "vie\u0323\u0302t nam\u200B"}) {
    CAPTURE(there);
    Tags tags("[]");
    const Value tag = Value::object({{"id", "a"}, {"name", there}, {"locationId", "loc"}});
    tags.tags = {tag};
    CHECK(json(tags.upsert(R"({"key": "sm-1", "name": "Việt Nam"})")).text_or("change") == "unchanged");
    const Value same =
        Value::object({{"from", Value::List{json(R"({"id": "b", "name": "Việt Nam"})")}}, {"to", tags.tags}});
    CHECK(tags.call("diff", same) == R"({"missing":[],"extra":[],"renamed":[]})");
  }
  Tags tags(R"([{"id": "a", "name": "ＶＩＰ", "locationId": "loc"}])");
  CHECK(json(tags.upsert(R"({"name": "VIP"})")).text_or("change") == "created");
  CHECK(tags.upsert(R"({"name": " \u00a0"})") == "invalid: a tag needs a name: \" \u00a0\" is blank or damaged");
}

TEST_CASE("a linked tag whose name changed is renamed, not created") {
  Tags tags(R"([{"id": "a", "name": "old", "locationId": "loc"}, {"id": "b", "name": "other", "locationId": "loc"}])");
  tags.services.state["link/loc/sm-1"] = json(R"({"id": "a"})");
  CHECK(
      tags.upsert(R"({"key": "sm-1", "name": "new"})") ==
      R"({"tag":{"id":"a","name":"new","locationId":"loc"},"change":"renamed","before":{"id":"a","name":"old","locationId":"loc"}})");
  CHECK(tags.written() ==
        "location_tags.update {\"location_id\":\"loc\",\"tag_id\":\"a\",\"name\":\"new\"}\n"
        "remember link/loc/sm-1 {\"id\":\"a\",\"name\":\"new\"}\n"
        "swap owner/loc/a null for {\"key\":\"sm-1\"}\n");
}

TEST_CASE("a linked tag that was deleted is looked for by its name, then created") {
  Tags tags(R"([{"id": "b", "name": "vip", "locationId": "loc"}])");
  tags.services.state["link/loc/sm-1"] = json(R"({"id": "gone"})");
  tags.services.state["link/loc/sm-2"] = json(R"({"id": "gone too"})");
  CHECK(json(tags.upsert(R"({"key": "sm-1", "name": "VIP"})")).text_or("change") == "unchanged");
  CHECK(tags.services.state["link/loc/sm-1"].text_or("id") == "b");
  CHECK(json(tags.upsert(R"({"key": "sm-2", "name": "other"})")).text_or("change") == "created");
}

TEST_CASE("of several tags of one name in the other system the first is carried over, and the others are refused") {
  for (const bool planning : {false, true}) {
    Tags tags("[]");
    tags.planning = planning;
    CHECK(tags.change("sm-1", "VIP") == "created");
    for (int run = 0; run < 2; ++run) {
      CHECK(tags.change("sm-1", "VIP") == "unchanged");
      CHECK(tags.change("sm-2", "vip") ==
            "conflict: the tag \"vip\" (sm-2) of the other system was not carried over: \"VIP\" is linked to another "
            "one there, whose name comes to the same (sm-1), and both would rename it in turn; give one of them "
            "another name");
      CHECK(tags.change("sm-3", " VIP").starts_with("conflict: "));
      CHECK(tags.written().empty());
    }
    CHECK(tags.names() == "VIP");
  }
  Tags tags(R"([{"id": "a", "name": "vip", "locationId": "loc"}])");
  CHECK(tags.change("sm-1", "VIP") == "unchanged");
  CHECK(tags.change("sm-2", "VIP").starts_with("conflict: "));
  CHECK(tags.change("sm-1", "Gold") == "renamed");
  CHECK(tags.change("sm-2", "VIP") == "created");
  CHECK(tags.change("sm-1", "vip").starts_with("conflict: "));
  CHECK(tags.names() == "Gold, VIP");
}

TEST_CASE("of two tags of one name that are carried over in the same moment one is linked, and the other is refused") {
  Tags tags(R"([{"id": "a", "name": "VIP", "locationId": "loc"}])");
  tags.services.interfere = [&] {
    tags.services.state["link/loc/sm-2"] = json(R"({"id": "a", "name": "vip"})");
    tags.services.state["owner/loc/a"] = json(R"({"key": "sm-2"})");
  };
  CHECK(tags.change("sm-1", "VIP") ==
        "conflict: the tag \"VIP\" (sm-1) of the other system was not carried over: \"VIP\" is linked to another one "
        "there, "
        "whose name comes to the same (sm-2), and both would rename it in turn; give one of them another name");
  CHECK(encode_json(tags.services.state["owner/loc/a"]) == R"({"key":"sm-2"})");
}

TEST_CASE("two tags that an earlier version linked to one part: the first keeps it, the other gets one of its own") {
  Tags tags(R"([{"id": "a", "name": "VIP", "locationId": "loc"}])");
  tags.services.state["link/loc/sm-1"] = json(R"({"id": "a", "name": "VIP"})");
  tags.services.state["link/loc/sm-2"] = json(R"({"id": "a", "name": "vip"})");
  CHECK(tags.change("sm-1", "VIP") == "unchanged");
  CHECK(tags.change("sm-2", "vip").starts_with("conflict: "));
  CHECK(tags.change("sm-2", "Gold") == "created");
  CHECK(tags.change("sm-1", "VIP") == "unchanged");
  CHECK(tags.names() == "VIP, Gold");
}

TEST_CASE("without a key the name alone decides") {
  Tags tags("[]");
  CHECK(json(tags.upsert(R"({"name": "vip"})")).text_or("change") == "created");
  CHECK(json(tags.upsert(R"({"name": "VIP", "key": null})")).text_or("change") == "unchanged");
  CHECK(tags.names() == "vip");
}

TEST_CASE("in a dry run a planned tag is known again by its link, though its id is not") {
  Tags tags("[]");
  tags.planning = true;
  CHECK(
      tags.upsert(R"({"key": "sm-1", "name": "vip"})") ==
      R"({"tag":{"id":{"$unknown":"the id of tag vip"},"name":"vip","locationId":"loc"},"change":"created","before":null})");
  CHECK(json(tags.upsert(R"({"key": "sm-1", "name": "vip"})")).text_or("change") == "unchanged");
  CHECK(json(tags.upsert(R"({"key": "sm-1", "name": "gold"})")).text_or("change") == "renamed");
  CHECK(json(tags.upsert(R"({"key": "sm-1", "name": "gold"})")).text_or("change") == "unchanged");
  CHECK(tags.tags.size() == 1);
}

TEST_CASE("an answer without its list is an error, not an empty list") {
  Tags tags("[]");
  tags.services.answer = [](auto&, auto&) { return json("{}"); };
  CHECK(tags.upsert(R"({"name": "vip"})") == "invalid: the answer of location_tags.list has no list \"tags\"");
  tags.services.answer = [](auto&, auto&) { return Error{ErrorCode::limited, "enough"}; };
  CHECK(tags.upsert(R"({"name": "vip"})") == "limited: enough");
  CHECK(tags.upsert(R"({"name": ""})") == "invalid: a tag needs a name");
}

TEST_CASE("two lists of tags differ by what is missing, extra and renamed") {
  Tags tags("[]");
  CHECK(tags.call("diff", json(R"({"from": [{"id": "a", "name": "VIP"}, {"id": "b", "name": "New"}, {"name": "same"}],
                                   "to": [{"id": "a", "name": "Very"}, {"id": "c", "name": "Old"}, {"id": "d", "name": "SAME"}]})")) ==
        R"({"missing":[{"id":"b","name":"New"}],"extra":[{"id":"c","name":"Old"}],)"
        R"("renamed":[{"from":{"id":"a","name":"VIP"},"to":{"id":"a","name":"Very"}}]})");
  CHECK(tags.call("diff", json(R"({"from": [], "to": {"$unknown": "the tags"}})")) ==
        R"({"$unknown":"how the tags differ"})");
  CHECK(tags.call("diff", json(R"({"from": []})")) == "invalid: the input has no list \"to\"");
}

TEST_CASE("a tag is missing also where one that is renamed has its name, and so for a tag too many") {
  Tags tags("[]");
  CHECK(tags.call("diff", json(R"({"from": [{"id": "a", "name": "News"}, {"id": "b", "name": "Old"}],
                                   "to": [{"id": "a", "name": "Old"}]})")) ==
        R"({"missing":[{"id":"b","name":"Old"}],"extra":[],)"
        R"("renamed":[{"from":{"id":"a","name":"News"},"to":{"id":"a","name":"Old"}}]})");
  CHECK(tags.call("diff", json(R"({"from": [{"id": "a", "name": "X"}, {"id": "b", "name": "Y"}],
                                   "to": [{"id": "a", "name": "Y"}, {"id": "c", "name": "X"}]})")) ==
        R"({"missing":[{"id":"b","name":"Y"}],"extra":[{"id":"c","name":"X"}],)"
        R"("renamed":[{"from":{"id":"a","name":"X"},"to":{"id":"a","name":"Y"}}]})");
  CHECK(tags.call("diff", json(R"({"from": [{"id": "a", "name": "X"}, {"id": "b", "name": "Y"}, {"name": "x"}],
                                   "to": [{"id": "a", "name": "Y"}, {"id": "b", "name": "X"}]})")) ==
        R"({"missing":[],"extra":[],"renamed":[{"from":{"id":"a","name":"X"},"to":{"id":"a","name":"Y"}},)"
        R"({"from":{"id":"b","name":"Y"},"to":{"id":"b","name":"X"}}]})");
  CHECK(tags.call("diff", json(R"({"from": [{"id": "1", "name": "VIP"}, {"id": "2", "name": "vip"}],
                                   "to": [{"id": "1", "name": "VIP"}]})")) ==
        R"({"missing":[],"extra":[],"renamed":[]})");
}

TEST_SUITE_END();
