#include <doctest/doctest.h>

#include <algorithm>

#include "base/text.hpp"
#include "plugin/host_bench.hpp"

using namespace millrace;
using test::json;
using test::told;

TEST_SUITE_BEGIN("plugin");

namespace {

/// The tags plugin with a connector that keeps its tags in memory.
struct Tags {
  explicit Tags(const std::string& held) : tags(json(held).list()) {
    services.answer = [this](const std::string& action, const Value& input) { return connector(action, input); };
  }

  Result<Value> connector(const std::string& action, const Value& input) {
    if (action == "location_tags.list") return Value::object({{"tags", tags}});
    Value id = action == "location_tags.update" ? *input.find("tag_id")
               : planning                       ? Value::unknown("the id of tag " + input.text_or("name"))
               : made++ == 0                    ? Value("new")
                                                : Value("new " + std::to_string(made));
    const std::string sent = input.text_or("name");
    const std::string kept = keeps ? keeps(sent) : sent;
    const auto same = std::find_if(tags.begin(), tags.end(), [&](auto& one) { return one.text_or("name") == kept; });
    if (one_of_a_name && same != tags.end()) id = *same->find("id");
    const Value tag = Value::object({{"id", id}, {"name", kept}, {"locationId", *input.find("location_id")}});
    std::erase_if(tags, [&](const Value& one) { return *one.find("id") == id; });
    tags.push_back(tag);
    return tells ? tells(id, sent) : Value::object({{"tag", tag}});
  }

  std::string upsert(const std::string& input) {
    Map given = json(input).map();
    given.set("location_id", "loc");
    return call("upsert", given);
  }
  std::string call(const std::string& action, const Value& input) {
    services.trace.clear();
    const Action called = test::action_named("tags." + action);
    return told(test::ask(loop, host->call(plugin, called, input, services)));
  }
  /// What was written, the listing left out.
  std::string written() const {
    std::string all;
    for (const std::string& line : services.trace) {
      if (!line.starts_with("location_tags.list")) all += line + "\n";
    }
    return all;
  }

  /// How often the last call wrote to the far side.
  std::ptrdiff_t writes() const {
    return std::count_if(services.trace.begin(), services.trace.end(), [](const std::string& line) {
      return line.starts_with("location_tags.create") || line.starts_with("location_tags.update");
    });
  }

  /// "created", "unchanged", ... or the error. The key may be empty.
  std::string change(const std::string& key, const std::string& name) {
    const Value given = key.empty() ? Value() : Value(key);
    const std::string told = upsert(encode_json(Value::object({{"key", given}, {"name", name}})));
    return told.starts_with("{") ? json(told).text_or("change") : told;
  }
  std::string names() const {
    std::string all;
    for (const Value& tag : tags) all += (all.empty() ? "" : ", ") + tag.text_or("name");
    return all;
  }

  Value::List tags;
  std::function<std::string(const std::string&)> keeps;                  ///< what the far side makes of a name
  std::function<Value(const Value& id, const std::string& sent)> tells;  ///< its answer to a write, if not the truth
  bool one_of_a_name = false;  ///< asked to create a tag that is there, it answers with that one
  int made = 0;
  bool planning = false;
  test::ScriptedServices services;
  Loop loop;
  Manifest plugin = [] {
    Manifest manifest;
    manifest.name = "tags";
    manifest.folder = std::filesystem::path(TEST_BUILD) / "../plugins/tags";
    manifest.shipped = true;
    return manifest;
  }();
  std::unique_ptr<PluginHost> host = open_plugin_host(loop, {}, test::way());
};

}  // namespace

TEST_CASE("a tag that is not there is created and linked, and the same again changes nothing") {
  Tags tags(R"([{"id": "a", "name": "other", "locationId": "loc"}])");
  CHECK(tags.upsert(R"({"key": "sm-1", "name": "VIP"})") ==
        R"({"tag":{"id":"new","name":"VIP","locationId":"loc"},"change":"created","before":null})");
  CHECK(tags.written() ==
        "location_tags.create {\"location_id\":\"loc\",\"name\":\"VIP\"}\n"
        "remember link/loc/sm-1 {\"id\":\"new\",\"name\":\"VIP\"}\n"
        "swap owner/loc/new null for {\"key\":\"sm-1\"}\n");
  CHECK(tags.change("sm-1", "VIP") == "unchanged");
  CHECK(tags.written() == "remember link/loc/sm-1 {\"id\":\"new\",\"name\":\"VIP\",\"kept\":\"VIP\"}\n");
  CHECK(tags.change("sm-1", "VIP") == "unchanged");
  CHECK(tags.written().empty());
}

TEST_CASE("a tag of the same name ignoring case is taken and linked") {
  Tags tags(R"([{"id": "a", "name": "Été VIP", "locationId": "loc", "extra": 1}])");
  CHECK(
      tags.upsert(R"({"key": "sm-1", "name": "ÉTÉ vip"})") ==
      R"({"tag":{"id":"a","name":"Été VIP","locationId":"loc"},"change":"unchanged","before":{"id":"a","name":"Été VIP","locationId":"loc"}})");
  CHECK(tags.written() ==
        "remember link/loc/sm-1 {\"id\":\"a\",\"name\":\"ÉTÉ vip\",\"kept\":\"Été VIP\"}\n"
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

TEST_CASE("a far side that makes names small, trims or cuts them is not asked for the same again") {
  const std::vector<std::function<std::string(const std::string&)>> habits = {
      [](const std::string& name) { return lower(name); },
      [](const std::string& name) { return std::string(trim(name)); },
      [](const std::string& name) { return name.substr(0, 3); }, [](const std::string&) { return "tag"; }};
  for (const auto& habit : habits) {
    Tags tags("[]");
    tags.keeps = habit;
    CHECK(tags.change("sm-1", " Spring Sale ") == "created");
    for (int run = 0; run < 2; ++run) {
      CHECK(tags.change("sm-1", " Spring Sale ") == "unchanged");
      CHECK(tags.writes() == 0);
    }
    CHECK(tags.change("sm-1", "Gold Members") == "renamed");
    CHECK(tags.change("sm-1", "Gold Members") == "unchanged");
    CHECK(tags.writes() == 0);
    CHECK(tags.names() == habit("Gold Members"));
  }
}

TEST_CASE("a tag that somebody renamed over there gets the other system's name back, once") {
  Tags tags("[]");
  tags.keeps = [](const std::string& name) { return lower(name).substr(0, 6); };
  tags.change("sm-1", "Spring Sale");
  Map tag = tags.tags[0].map();
  tag.set("name", "autumn");
  tags.tags[0] = tag;
  CHECK(tags.change("sm-1", "Spring Sale") == "renamed");
  CHECK(tags.names() == "spring");
  CHECK(tags.change("sm-1", "Spring Sale") == "unchanged");
}

TEST_CASE("a far side that answers with what was sent and keeps another case is not asked again either") {
  Tags tags("[]");
  tags.change("sm-1", "VIP");
  Map tag = tags.tags[0].map();
  tag.set("name", "vip");
  tags.tags[0] = tag;
  CHECK(tags.change("sm-1", "VIP") == "unchanged");
  CHECK(tags.change("sm-1", "Vip") == "renamed");  // it is called so now, over here
}

namespace {

/// Answers that tell nothing of the name that is kept.
const std::vector<std::function<Value(const Value&, const std::string&)>> answers_without_the_truth = {
    [](const Value& id, const std::string& sent) {
      return Value::object({{"tag", Value::object({{"id", id}, {"name", sent}})}});
    },
    [](const Value& id, const std::string& sent) {
      return Value::object({{"tag", Value::object({{"id", id}, {"name", lower(trim(sent))}})}});
    },
    [](const Value& id, const std::string&) {
      return Value::object({{"tag", Value::object({{"id", id}})}});
    },
    [](const Value& id, const std::string&) {
      return Value::object({{"tag", Value::object({{"id", id}, {"name", ""}})}});
    }};

std::string cut(const std::string& name) { return name.substr(0, 8); }

}  // namespace

TEST_CASE("a far side whose answer tells not what it keeps is asked once for a name") {
  for (const auto& answer : answers_without_the_truth) {
    for (const char* key : {"sm-1", ""}) {
      CAPTURE(key);
      Tags tags("[]");
      tags.keeps = cut;
      tags.tells = answer;
      CHECK(tags.change(key, "summer offer one") == "created");
      for (int run = 0; run < 3; ++run) {
        CHECK(tags.change(key, "summer offer one") == "unchanged");
        CHECK(tags.writes() == 0);
      }
      CHECK(tags.change(key, "winter offer one") == (*key == '\0' ? "created" : "renamed"));
      for (int run = 0; run < 3; ++run) {
        CHECK(tags.change(key, "winter offer one") == "unchanged");
        CHECK(tags.writes() == 0);
      }
      CHECK(tags.names() == (*key == '\0' ? "summer o, winter o" : "winter o"));
    }
  }
}

TEST_CASE("a renamed tag is known again where the answer to its renaming has no tag, or one without id and name") {
  for (const char* answer : {"{}", R"({"tag": {}})", R"({"tag": null})"}) {
    Tags tags(R"([{"id": "a", "locationId": "loc"}])");
    tags.services.state["link/loc/sm-1"] = json(R"({"id": "a", "name": "spring"})");
    tags.keeps = cut;
    tags.tells = [&](const Value&, const std::string&) { return json(answer); };
    const Value told = json(tags.upsert(R"({"key": "sm-1", "name": "summer offer one"})"));
    CHECK(encode_json(*told.find("tag")) == R"({"id":"a","name":"summer offer one","locationId":"loc"})");
    CHECK(tags.change("sm-1", "summer offer one") == "unchanged");
    CHECK(tags.names() == "summer o");
  }
}

TEST_CASE("a tag that was made without a key and then renamed by somebody over there is another one") {
  Tags tags("[]");
  tags.change("", "VIP");
  tags.change("", "VIP");
  Map tag = tags.tags[0].map();
  tag.set("name", "Gold");
  tags.tags[0] = tag;
  CHECK(tags.change("", "VIP") == "created");
  CHECK(tags.names() == "Gold, VIP");
}

TEST_CASE("of two tags that the far side makes into one the first is carried over, and the second is refused") {
  for (const bool truth : {false, true}) {
    Tags tags("[]");
    tags.keeps = cut;
    tags.one_of_a_name = true;
    if (!truth) tags.tells = answers_without_the_truth[0];
    CHECK(tags.change("a", "summer offer one") == "created");
    for (int run = 0; run < 2; ++run) {
      CHECK(tags.change("b", "summer offer two") ==
            "conflict: the tag \"summer offer two\" (b) of the other system was not carried over: \"summer o\" is "
            "linked to another one there, whose name comes to the same (a), and both would rename it in turn; give one "
            "of them another name");
      CHECK(tags.change("a", "summer offer one") == "unchanged");
      CHECK(tags.writes() == 0);
    }
    CHECK(tags.change("b", "winter offer one") == "created");
    CHECK(tags.change("b", "summer offer two").starts_with("conflict: "));
  }
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

TEST_CASE("without a key a far side that gives tags other names is not asked for the same again either") {
  const std::vector<std::function<std::string(const std::string&)>> habits = {
      [](const std::string& name) { return lower(name); }, [](const std::string& name) { return name.substr(0, 3); },
      [](const std::string&) { return "tag"; }};
  for (const auto& habit : habits) {
    Tags tags("[]");
    tags.keeps = habit;
    const auto change = [&] { return json(tags.upsert(R"({"name": "Spring Sale"})")).text_or("change"); };
    CHECK(change() == "created");
    for (int run = 0; run < 2; ++run) {
      CHECK(change() == "unchanged");
      CHECK(tags.writes() == 0);
    }
    CHECK(tags.names() == habit("Spring Sale"));
  }
  Tags tags("[]");
  tags.keeps = [](const std::string& name) { return name.substr(0, 3); };
  tags.upsert(R"({"name": "Spring Sale"})");
  Map tag = tags.tags[0].map();
  tag.set("name", "Autumn");  // by somebody over there: it is another tag now
  tags.tags[0] = tag;
  CHECK(json(tags.upsert(R"({"name": "Spring Sale"})")).text_or("change") == "created");
  CHECK(tags.names() == "Autumn, Spr");
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

TEST_SUITE_END();
