#include <doctest/doctest.h>

#include "base/text.hpp"
#include "plugin/tags_bench.hpp"

using namespace millrace;
using test::json;
using test::Tags;

TEST_SUITE_BEGIN("plugin");

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

TEST_CASE("a tag that somebody renamed over there gets the other system's name back, each time") {
  for (const auto& habit : std::vector<std::function<std::string(const std::string&)>>{
           nullptr, [](const std::string& name) { return lower(name).substr(0, 6); }}) {
    Tags tags("[]");
    tags.keeps = habit;
    tags.change("sm-1", "Spring Sale");
    const std::string kept = tags.names();
    for (const char* by_hand : {"autumn", "winter", "autumn", "autumn"}) {
      tags.rename_there(by_hand);
      CHECK(tags.change("sm-1", "Spring Sale") == "renamed");
      CHECK(tags.names() == kept);
      CHECK(tags.change("sm-1", "Spring Sale") == "unchanged");
    }
  }
}

TEST_CASE("a renaming that was undone is done again, whatever the far side makes of names and answers") {
  for (const bool truth : {true, false}) {
    for (const bool cuts : {true, false}) {
      Tags tags("[]");
      if (cuts) tags.keeps = [](const std::string& name) { return name.substr(0, 6); };
      if (!truth) tags.tells = [](const Value&, const std::string&) { return json("{\"tag\": {}}"); };
      tags.tags = {json(R"({"id": "a", "name": "Spring", "locationId": "loc"})")};
      tags.services.state["link/loc/sm-1"] = json(R"({"id": "a", "name": "Spring sale"})");
      CHECK(tags.change("sm-1", "Summer sale") == "renamed");
      const std::string renamed = tags.names();
      for (int undone = 0; undone < 2; ++undone) {
        tags.rename_there("Spring");
        CHECK(tags.change("sm-1", "Summer sale") == "renamed");
        CHECK(tags.names() == renamed);
      }
      CHECK(tags.change("sm-1", "Summer sale") == "unchanged");
    }
  }
}

TEST_CASE("a name that an earlier version took for the far side's way is asked for once more") {
  Tags tags(R"([{"id": "a", "name": "by hand", "locationId": "loc"}])");
  tags.services.state["link/loc/sm-1"] = json(R"({"id": "a", "name": "Spring sale", "kept": "by hand"})");
  CHECK(tags.change("sm-1", "Spring sale") == "renamed");
  CHECK(tags.names() == "Spring sale");
  tags.keeps = [](const std::string& name) { return name.substr(0, 6); };
  tags.rename_there("Spring");
  tags.services.state["link/loc/sm-1"] = json(R"({"id": "a", "name": "Spring sale"})");
  CHECK(tags.change("sm-1", "Spring sale") == "renamed");
  CHECK(tags.change("sm-1", "Spring sale") == "unchanged");
  CHECK(tags.names() == "Spring");
}

TEST_CASE("a far side that answers with what was sent and keeps another case is not asked again either") {
  Tags tags("[]");
  tags.change("sm-1", "VIP");
  tags.rename_there("vip");
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
  tags.rename_there("Gold");
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
  tags.rename_there("Autumn");  // by somebody over there: it is another tag now
  CHECK(json(tags.upsert(R"({"name": "Spring Sale"})")).text_or("change") == "created");
  CHECK(tags.names() == "Autumn, Spr");
}

TEST_SUITE_END();
