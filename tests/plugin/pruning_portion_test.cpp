#include <doctest/doctest.h>

#include <optional>
#include <set>
#include <utility>

#include "plugin/job_bench.hpp"

using namespace millrace;
using test::json;

TEST_SUITE_BEGIN("plugin");

namespace {

/// Seven tags that nobody has carried since June, in a location that keeps what it is told to do.
struct Portions : test::JobBench {
  Portions() : JobBench("pruning") {
    for (int number = 0; number < 7; ++number) there.insert("t" + std::to_string(number));
    services.answer = [this](const std::string& action, const Value& input) -> Result<Value> {
      if (action == "tags.usage") return usage();
      const std::string id = input.text_or("tag_id");
      if (action == "contacts.search") return json(R"({"contacts": [], "total": 0})");
      if (action == "location_tags.get")
        return Value::object({{"tag", Value::object({{"id", id}, {"name", "tag " + id}})}});
      if (action != "location_tags.delete") return json("{}");
      if (input.text_or("tag_id") == refused) return Error{refuses, "it is down"};
      there.erase(input.text_or("tag_id"));
      return json("{}");
    };
  }

  Value usage() const {
    Value::List items = {json(R"({"id": "used", "name": "in use", "contacts": 1, "unused_since": null})")};
    for (const std::string& id : there) {
      items.push_back(Value::object(
          {{"id", id}, {"name", "tag " + id}, {"contacts", 0}, {"unused_since", "2026-06-01T00:00:00Z"}}));
    }
    return Value::object({{"items", items}, {"totals", json(R"({"tags": 9, "contacts": 3})")}, {"dropped", Value()}});
  }
  std::string prune(const std::string& action, const std::string& input) {
    Map given = json(input).map();
    given.set("location_id", "loc");
    return call(action, given);
  }
  std::string portion(const std::string& action = "delete",
                      const std::string& input = R"({"unused_for": "90d", "at_most_a_day": 3})") {
    const std::string told = prune(action, input);
    if (!told.starts_with("{")) return told;
    return json(told).find("portion")->text_or("said", encode_json(*json(told).find("portion")));
  }
  /// What two such calls give that are under way at once.
  std::pair<Value, Value> at_once(const std::string& action, const std::string& one, const std::string& other) {
    std::optional<Result<Value>> first, second;
    Scope scope(loop);
    const Action* called = catalog.find_action("pruning." + action);
    for (auto& [input, told] : {std::pair(one, &first), std::pair(other, &second)}) {
      Map given = json(input).map();
      given.set("location_id", "loc");
      scope.spawn(test::keep(host->call(plugin, *called, given, services), *told));
    }
    test::ask(loop, scope.done());
    REQUIRE_MESSAGE(*first, first->error().message);
    REQUIRE_MESSAGE(*second, second->error().message);
    return {**first, **second};
  }
  void next_day() { services.time.seconds += 86'400; }

  std::set<std::string> there;
  std::string refused;
  ErrorCode refuses = ErrorCode::unavailable;
};

}  // namespace

TEST_CASE("a daily portion is taken and the rest goes on tomorrow, until nothing is left") {
  Portions portions;
  CHECK(portions.portion() == "3 of 7 tags are deleted today, for at_most_a_day is 3; 4 go on tomorrow");
  CHECK(portions.there == std::set<std::string>{"t3", "t4", "t5", "t6"});
  CHECK(portions.portion() ==
        "0 of 4 tags are deleted today, for at_most_a_day is 3 and 3 were before; 4 go on tomorrow");
  CHECK(portions.there.size() == 4);
  portions.next_day();
  CHECK(portions.portion() == "3 of 4 tags are deleted today, for at_most_a_day is 3; 1 go on tomorrow");
  portions.next_day();
  CHECK(portions.portion() == "1 of 1 tag is deleted today, for at_most_a_day is 3");
  CHECK(portions.portion() == "0 of 0 tags are deleted today, for at_most_a_day is 3 and 1 were before");
  CHECK(portions.there.empty());
}

TEST_CASE("only today's portion is announced, so safety limits see what will happen") {
  Portions portions;
  portions.services.most_changes = 3;
  CHECK(portions.portion().starts_with("3 of 7"));
  CHECK(portions.services.trace.at(1) == "announce location_tags.delete 3");
  portions.next_day();
  portions.services.most_changes = 2;
  CHECK(portions.portion() == "limited: that is too much");
  CHECK(portions.there.size() == 4);
  portions.services.most_changes = 3;
  CHECK(portions.portion().starts_with("3 of 4"));
}

TEST_CASE("two who prune one location at once have one portion, and neither takes what the other has taken") {
  for (int round = 0; round < 5; ++round) {
    Portions portions;
    const char* const input = R"({"unused_for": "90d", "at_most_a_day": 3})";
    const auto [one, other] = portions.at_once("delete", input, input);
    CHECK(one.find("count")->integer() + other.find("count")->integer() == 3);
    CHECK(portions.there.size() == 4);
  }
}

TEST_CASE("what two archive at once is remembered of both") {
  for (int round = 0; round < 5; ++round) {
    Portions portions;
    portions.at_once("archive", R"({"tags": [{"id": "t0"}, {"id": "t1"}, {"id": "t2"}]})",
                     R"({"tags": [{"id": "t4"}, {"id": "t5"}, {"id": "t6"}]})");
    std::set<std::string> archived;
    for (const auto& [id, entry] : portions.services.state["archived/loc"].map()) archived.insert(id.text());
    CHECK(archived == std::set<std::string>{"t0", "t1", "t2", "t4", "t5", "t6"});
  }
}

TEST_CASE("a run that ended in the middle has used its part of the day, and a tag that it began is no further one") {
  Portions portions;
  portions.refused = "t1";
  CHECK(portions.portion() == "unavailable: after 1 of 3 tags were deleted, \"tag t1\" was not: it is down");
  portions.refused.clear();
  CHECK(portions.portion() ==
        "2 of 6 tags are deleted today, for at_most_a_day is 3 and 1 were before; 4 go on tomorrow");
  CHECK(portions.there == std::set<std::string>{"t3", "t4", "t5", "t6"});
  CHECK(portions.portion().starts_with("0 of 4"));
}

TEST_CASE("the last tag of a portion that was begun and not finished is done again on the same day") {
  Portions portions;
  portions.refused = "t2";
  CHECK(portions.portion().starts_with("unavailable: after 2 of 3 tags"));
  portions.refused.clear();
  CHECK(portions.portion() ==
        "1 of 5 tags is deleted today, for at_most_a_day is 3 and 2 were before; 4 go on tomorrow");
  CHECK(portions.there == std::set<std::string>{"t3", "t4", "t5", "t6"});
}

TEST_CASE("tags that the far side refuses day by day do not take the places of the others") {
  for (const ErrorCode code : {ErrorCode::invalid, ErrorCode::conflict, ErrorCode::unavailable}) {
    Portions portions;
    portions.refuses = code;
    portions.refused = "t0";
    for (int day = 0; day < 6; ++day) {
      portions.portion("delete", R"({"unused_for": "90d", "at_most_a_day": 2})");
      portions.next_day();
    }
    CHECK(portions.there == std::set<std::string>{"t0"});
    portions.refused.clear();
    CHECK(portions.portion() == "1 of 1 tag is deleted today, for at_most_a_day is 3");
  }
}

TEST_CASE("a run of an earlier day that is tried again leaves what was taken today as it is") {
  Portions portions;
  portions.refused = "t1";
  CHECK(portions.portion().starts_with("unavailable: after 1 of 3"));
  portions.refused.clear();
  portions.next_day();
  CHECK(portions.portion("delete", R"({"unused_for": "90d", "at_most_a_day": 2})").starts_with("2 of 6"));
  portions.services.time.seconds -= 86'400;
  CHECK(portions.portion().starts_with("2 of 4"));  // of three one was deleted before
  portions.next_day();
  CHECK(portions.portion("delete", R"({"unused_for": "90d", "at_most_a_day": 2})").starts_with("0 of 2"));
}

TEST_CASE("a portion that an older program wrote counts") {
  Portions portions;
  portions.services.state["portion/loc/deleted"] = json(R"({"day": "2026-09-21", "ids": ["x", "y"]})");
  CHECK(portions.portion().starts_with("1 of 7 tags is deleted today, for at_most_a_day is 3 and 2 were before"));
}

TEST_CASE("a larger portion goes on at once, and a smaller one takes no more") {
  Portions portions;
  portions.portion();
  CHECK(portions.portion("delete", R"({"unused_for": "90d", "at_most_a_day": 5})").starts_with("2 of 4"));
  CHECK(portions.portion("delete", R"({"unused_for": "90d", "at_most_a_day": 1})").starts_with("0 of 2"));
}

TEST_CASE("archiving and deleting have a portion each, and so has each location") {
  Portions portions;
  CHECK(portions.portion("archive").starts_with("3 of 7 tags are archived today"));
  CHECK(portions.portion("delete", R"({"tags": [{"id": "t5"}, {"id": "t6"}], "at_most_a_day": 1})")
            .starts_with("1 of 2 tags is deleted"));
  Map elsewhere = json(R"({"unused_for": "90d", "at_most_a_day": 1, "location_id": "north"})").map();
  CHECK(json(portions.call("delete", elsewhere)).find("count")->integer() == 1);
  CHECK(encode_json(portions.services.state["portion/loc/deleted"]) ==
        R"({"days":{"2026-09-21":["t5"]},"refused":[]})");
}

TEST_CASE("without a portion nothing of it is remembered, and what a plan cannot know is not guessed") {
  Portions portions;
  CHECK(portions.portion("delete", R"({"unused_for": "90d"})") == "null");
  CHECK(portions.services.state.count("portion/loc/deleted") == 0);
  CHECK(portions.prune("delete", R"({"unused_for": "90d", "at_most_a_day": {"$unknown": "how many"}})") ==
        R"({"$unknown":"which tags are deleted"})");
}

TEST_CASE("on doubtful evidence no portion is taken either") {
  Portions portions;
  portions.there.clear();
  portions.services.answer = [](const std::string&, const Value&) -> Result<Value> {
    return json(
        R"({"items": [], "totals": {"tags": 0, "contacts": 3}, "dropped": "0 location tags now against 40 on 2026-09-01"})");
  };
  CHECK(portions.portion().starts_with("limited: nothing was changed: 0 location tags now against 40"));
  CHECK(portions.services.state["portion/loc/deleted"].is_null());
}

TEST_SUITE_END();
