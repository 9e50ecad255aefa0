#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <string>

#include "plugin/job_bench.hpp"

using namespace millrace;
using test::json;

TEST_SUITE_BEGIN("plugin");

namespace {

/// Four tags that nobody has carried since June, in a location that keeps what it is told to do, in its own way.
struct Again : test::JobBench {
  Again() : JobBench("pruning") {
    services.answer = [this](const std::string& action, const Value& input) -> Result<Value> {
      if (action == "tags.usage") return usage();
      if (action == "tags.forget") return json("{}");
      const std::string id = input.text_or("tag_id");
      if (action == "contacts.search") return json(R"({"contacts": [], "total": 0})");
      if (action == "location_tags.get" && there.count(id) == 0) return Error{ErrorCode::not_found, "no such tag"};
      if (action == "location_tags.get")
        return Value::object({{"tag", Value::object({{"id", id}, {"name", there[id]}})}});
      ++asked;
      const auto failure = failures.find(id);
      if (failure != failures.end() && failure->second.code != ErrorCode::unsure) return failure->second;
      if (there.count(id) == 0) return Error{ErrorCode::invalid, "Tag not found"};
      if (action == "location_tags.delete") {
        there.erase(id);
      } else {
        there[id] = keeps(input.text_or("name"));
      }
      if (failure != failures.end()) return failure->second;
      if (action == "location_tags.delete") return json("{}");
      return Value::object(
          {{"tag", Value::object({{"id", id}, {"name", echoes ? input.text_or("name") : there[id]}})}});
    };
  }

  Value usage() const {
    Value::List items = {json(R"({"id": "used", "name": "in use", "contacts": 1, "unused_since": null})")};
    for (const auto& [id, name] : there) {
      items.push_back(Value::object(
          {{"id", id}, {"name", name}, {"contacts", id == carried ? 1 : 0}, {"unused_since", "2026-06-01T00:00:00Z"}}));
    }
    return Value::object({{"items", items}, {"totals", json(R"({"tags": 9, "contacts": 3})")}, {"dropped", Value()}});
  }
  std::string prune(const std::string& action, const std::string& input) {
    Map given = json(input).map();
    given.set("location_id", "loc");
    return call(action, given);
  }
  /// The ids of the results, and how many tags are kept for the reason.
  std::string told(const std::string& action, const std::string& input, const char* reason = "archived") {
    const std::string answer = prune(action, input);
    if (!answer.starts_with("{")) return answer;
    const Value output = json(answer);
    std::string ids;
    for (const Value& result : output.find("results")->list()) ids += result.text_or("id") + " ";
    CHECK(output.find("count")->integer() == std::ssize(output.find("results")->list()));
    return ids + std::to_string(output.find("kept")->find(reason)->integer());
  }
  void later(int days = 1) { services.time.seconds += days * 86'400; }

  std::map<std::string, std::string> there = {{"a", "Ape"}, {"b", "Bee"}, {"c", "Cat"}, {"d", "Dog"}};
  std::map<std::string, Error> failures;  // "unsure": it is done, and nobody hears it
  std::function<std::string(std::string)> keeps = [](std::string name) { return name; };
  bool echoes = false;  // answers what it was sent, whatever it keeps
  std::string carried;
  int asked = 0;
};

const char* const list = R"({"tags": [{"id": "a", "name": "Ape"}, {"id": "b", "name": "Bee"}]})";
const char* const unused = R"({"unused_for": "30d"})";

}  // namespace

TEST_CASE("a tag that is archived is not archived again, however often the list that names it is worked off") {
  Again again;
  CHECK(again.told("archive", list) == "a b 0");
  again.carried = "b";
  for (int round = 0; round < 3; ++round) {
    again.later();
    CHECK(again.told("archive", list) == "2");
    CHECK(again.there["a"] == "[archived 2026-09-21] Ape");
  }
  CHECK(again.services.state["archived/loc"].find("a")->text_or("name") == "Ape");
  again.carried.clear();
  again.later(60);
  CHECK(again.told("delete", R"({"archived_for": "30d", "except": ["APE"]})", "excepted") == "b 1");
}

TEST_CASE("a name that begins like an archived one is not archived over, and its exceptions hold, record or none") {
  Again again;
  again.there = {{"a", "[archived 2026-03-01] Ape"}, {"b", "[Archived 2026-03-08] [archived 2026-03-01] Bee"}};
  CHECK(again.told("archive", unused) == "2");
  CHECK(again.told("archive", list) == "2");
  CHECK(again.told("delete", R"({"archived_for": "30d"})", "not_archived") == "2");
  CHECK(again.told("delete", R"({"unused_for": "30d", "except": ["ape", "bee"]})", "excepted") == "2");
  CHECK(again.there.size() == 2);
  again.there = {{"a", "[archived 2026-13-01] Ape"}, {"b", "archived 2026-03-01 Bee"}};
  CHECK(again.told("archive", unused) == "a b 0");
}

TEST_CASE("what a step did before it failed is told by its next attempt, too") {
  for (const std::string action : {"archive", "delete"}) {
    CAPTURE(action);
    Again again;
    again.failures.emplace("b", Error{ErrorCode::unavailable, "it is down"});
    CHECK(again.prune(action, unused).starts_with("unavailable: after 1 of 4 tags were "));
    again.failures = {{"d", Error{ErrorCode::unavailable, "it is down"}}};
    CHECK(again.prune(action, unused).starts_with("unavailable: after 3 of 4 tags were "));
    again.failures.clear();
    CHECK(again.told(action, unused, "used") == "a b c d 1");
    CHECK(again.asked == 6);
    CHECK(again.told(action, unused, "used") == "1");  // it has ended, and the next one is another
  }
}

TEST_CASE("the results of an attempt that failed are those of its step, and no other's") {
  Again again;
  again.failures.emplace("b", Error{ErrorCode::unavailable, "it is down"});
  again.prune("archive", unused);
  again.failures.clear();
  CHECK(again.told("archive", R"({"unused_for": "31d"})") == "b c d 1");
  again.later();
  CHECK(again.told("archive", unused) == "4");
  again.later(-1);
  const Value output = json(again.prune("archive", unused));
  CHECK(encode_json(*output.find("results")) ==
        R"([{"id":"a","name":"Ape","change":"archived","new_name":"[archived 2026-09-21] Ape",)"
        R"("before":{"id":"a","name":"Ape","locationId":"loc"},"at":"2026-09-21T14:13:20Z"}])");
}

TEST_CASE("a change of which nobody heard whether it happened is asked for again, word for word, and told") {
  for (const std::string action : {"archive", "delete"}) {
    CAPTURE(action);
    Again again;
    again.failures.emplace("b", Error{ErrorCode::unsure, "the engine stopped"});
    CHECK(again.prune(action, unused).starts_with("unsure: after 1 of 4 tags were "));
    again.failures.clear();
    CHECK(again.told(action, unused, "used") == "a b c d 1");
    CHECK(again.services.trace.at(1) ==
          (action == "archive" ? "announce location_tags.update 3" : "announce location_tags.delete 3"));
    CHECK(again.asked == 5);
    CHECK(again.there["b"] == (action == "archive" ? "[archived 2026-09-21] Bee" : ""));
    CHECK(again.services.state["done/loc/b/" + action + "d"].find("done")->is_true());
  }
}

TEST_CASE("what somebody took back between two attempts, or an undo, is done anew, and told once") {
  Again again;
  again.failures.emplace("b", Error{ErrorCode::unavailable, "it is down"});
  again.prune("archive", unused);
  again.failures.clear();
  again.there["a"] = "Ape";
  CHECK(again.told("archive", unused) == "a b c d 0");
  CHECK(again.there["a"] == "[archived 2026-09-21] Ape");
}

TEST_CASE("of the steps that nobody goes on with, only the latest are remembered") {
  Again again;
  again.failures.emplace("a", Error{ErrorCode::unavailable, "it is down"});
  for (int day = 0; day < 15; ++day) {
    again.prune("delete", unused);
    again.later();
  }
  const Value begun = again.services.state["begun/loc/deleted"];
  REQUIRE(begun.is_list());
  CHECK(begun.list().size() == 10);
}

TEST_CASE("a tag that got another name after it was found is left alone, unless archiving gave it that name") {
  for (const std::string action : {"archive", "delete"}) {
    CAPTURE(action);
    Again again;
    again.there["a"] = "Christmas 2026";
    again.there["b"] = "  BEE ";
    again.carried = "a";
    CHECK(again.told(action, list, "renamed") == "b 1");
    CHECK(again.told(action, R"({"tags": [{"id": "c"}, {"id": "d", "name": {"$unknown": "its name"}}]})") == "c d 0");
  }
  Again again;
  again.prune("archive", R"({"tags": [{"id": "a"}, {"id": "b"}, {"id": "c"}]})");
  again.there["b"] = "Bee, after all";
  again.there["c"] = "Cat";
  CHECK(again.told("delete", R"({"tags": [{"id": "a", "name": "Ape"}, {"id": "b", "name": "Bee"},
                                          {"id": "c", "name": "[archived 2026-09-21] Cat"}]})",
                   "renamed") == "a 2");
}

TEST_CASE("an archived tag is known where the far side cuts names or changes them, told or not, until it is deleted") {
  const std::string name = "a name that is a good deal longer than others";
  using Keeps = std::function<std::string(std::string)>;
  for (const Keeps& keeps : {Keeps([](std::string given) { return given.substr(0, 40); }),
                             Keeps([](std::string given) { return given.substr(1, 19) + given.substr(21); })}) {
    for (const bool echoes : {false, true}) {
      CAPTURE(echoes);
      Again again;
      again.keeps = keeps;
      again.echoes = echoes;
      again.there = {{"a", name}};
      CHECK(again.told("archive", unused) == "a 0");
      const std::string kept = again.there["a"];
      for (int week = 0; week < 3; ++week) {
        again.later(7);
        CHECK(again.told("archive", unused) == "1");
        CHECK(again.told("archive", R"({"tags": [{"id": "a"}]})") == "1");
      }
      CHECK(again.there["a"] == kept);
      again.later(30);
      CHECK(again.told("delete", R"({"archived_for": "30d"})") == "a 0");
      CHECK(again.services.state["done/loc/a/deleted"].text_or("first_name") == name);
    }
  }
}

TEST_CASE("the name that the far side answers with is the tag's name now, where it tells one") {
  Again again;
  again.keeps = [](const std::string& given) { return "(put away) " + given.substr(22); };
  const Value told = json(again.prune("archive", list));
  CHECK(told.find("results")->list()[0].text_or("new_name") == "(put away) Ape");
  CHECK(again.services.state["done/loc/a/archived"].text_or("new_name") == "(put away) Ape");
  CHECK(again.told("archive", list) == "2");
  again.keeps = [](const std::string&) { return "Cat"; };  // as it was: the answer tells nothing
  CHECK(json(again.prune("archive", R"({"tags": [{"id": "c"}]})")).find("results")->list()[0].text_or("new_name") ==
        "[archived 2026-09-21] Cat");
}

TEST_CASE("a tag that is refused holds up none of the others, and the failure names all that were") {
  for (const std::string action : {"archive", "delete"}) {
    CAPTURE(action);
    Again again;
    again.failures = {{"a", Error{ErrorCode::invalid, "it is protected"}},
                      {"c", Error{ErrorCode::conflict, "it is busy"}}};
    const std::string told = again.prune(action, unused);
    CHECK(told == "conflict: after 2 of 4 tags were " + action + "d, \"Cat\" was not: it is busy; nor \"Ape\"");
    again.failures.erase("c");
    again.failures.emplace("d", Error{ErrorCode::invalid, "not reached"});
    CHECK(again.prune(action, unused) ==
          "invalid: after 3 of 4 tags were " + action + "d, \"Ape\" was not: it is protected");
    again.failures.clear();
    CHECK(again.told(action, unused, "used") == "b c d a 1");
  }
  Again again;
  again.failures = {{"a", Error{ErrorCode::invalid, "no"}},
                    {"b", Error{ErrorCode::conflict, "no"}},
                    {"c", Error{ErrorCode::denied, "the token may not"}}};
  CHECK(again.prune("delete", unused) ==
        "denied: after 0 of 4 tags were deleted, \"Cat\" was not: the token may not; nor \"Ape\", \"Bee\"");
  CHECK(again.there.size() == 4);
}

TEST_SUITE_END();
