#include <doctest/doctest.h>

#include <algorithm>

#include "plugin/job_bench.hpp"

using namespace millrace;
using test::json;

TEST_SUITE_BEGIN("plugin");

namespace {

/// Five tags, watched since June: one in use, three unused since different times, one seen unused for the first time.
struct Pruning : test::JobBench {
  Pruning() : JobBench("pruning") {
    services.answer = [this](const std::string& action, const Value& input) -> Result<Value> {
      if (action == "tags.usage") return usage;
      if (action == "location_tags.get") return tag_now(input.text_or("tag_id"));
      if (action == "contacts.search") return carriers_now;
      const auto failure = failures.find(input.text_or("tag_id"));
      if (failure != failures.end()) return failure->second;
      return json("{}");
    };
  }

  std::string prune(const std::string& action, const std::string& input) {
    Map given = json(input).map();
    given.set("location_id", "loc");
    return call(action, given);
  }
  /// A tag as it is right before it is changed: as the look at the location told it, unless a test says otherwise.
  Result<Value> tag_now(const std::string& id) const {
    if (const auto other = now.find(id); other != now.end()) return other->second;
    for (const Value& item : usage.find("items")->list()) {
      if (item.text_or("id") == id)
        return Value::object(
            {{"tag", Value::object({{"id", id}, {"name", item.text_or("name")}, {"locationId", "loc"}})}});
    }
    return Error{ErrorCode::not_found, "no such tag"};
  }
  /// What was asked and noted, the looks left out.
  std::string did() const {
    std::string all;
    for (const std::string& line : services.trace) {
      const bool looks = line.starts_with("tags.usage") || line.starts_with("location_tags.get") ||
                         line.starts_with("contacts.search");
      if (!looks) all += line.substr(0, std::min(line.find(" {\"id\":"), line.find(" [{\"step\":"))) + "\n";
    }
    return all;
  }

  Value usage = json(R"({"items": [
      {"id": "v", "name": "VIP", "contacts": 3, "unused_since": null},
      {"id": "y", "name": "young", "contacts": 0, "unused_since": "2026-09-01T00:00:00Z"},
      {"id": "o", "name": "old", "contacts": 0, "unused_since": "2026-06-02T00:00:00Z"},
      {"id": "k", "name": "keep me", "contacts": 0, "unused_since": "2026-06-01T00:00:00Z"},
      {"id": "e", "name": "Eldest", "contacts": 0, "unused_since": "2026-06-01T00:00:00Z"},
      {"id": "n", "name": "new", "contacts": 0, "unused_since": null}],
    "totals": {"tags": 6, "contacts": 3}, "dropped": null})");
  std::map<std::string, Error> failures;
  std::map<std::string, Value> now;  ///< answers of location_tags.get, by id
  Value carriers_now = json(R"({"contacts": [], "total": 0})");
};

const std::string ninety_days = R"({"unused_for": "90d", "except": ["KEEP me"]})";

}  // namespace

TEST_CASE("candidates are unused for long enough, longest first, and the others are counted by reason") {
  Pruning pruning;
  const Value told = json(pruning.prune("candidates", ninety_days));
  CHECK(encode_json(*told.find("items")) == R"([{"id":"e","name":"Eldest","unused_since":"2026-06-01T00:00:00Z"},)"
                                            R"({"id":"o","name":"old","unused_since":"2026-06-02T00:00:00Z"}])");
  CHECK(encode_json(*told.find("kept")) ==
        R"({"archived":0,"excepted":1,"not_archived":0,"not_watched":1,"renamed":0,"too_young":1,"used":1})");
  CHECK(told.find("blind")->list()[0].text().find("automations, forms and smart lists") == 0);
  CHECK(pruning.did().empty());
}

TEST_CASE("candidates may come of an earlier look, as it says, and changes never do") {
  Pruning pruning;
  Map usage = pruning.usage.map();
  usage.set("kept_since", "2026-09-21T14:00:00Z");
  pruning.usage = usage;
  const Value told = json(pruning.prune("candidates", R"({"unused_for": "90d", "max_age": "1h"})"));
  CHECK(told.text_or("kept_since") == "2026-09-21T14:00:00Z");
  CHECK(pruning.services.trace.front().find(R"("max_age":"3600000ms")") != std::string::npos);
  pruning.prune("archive", ninety_days);
  CHECK(pruning.services.trace.front().find("max_age") == std::string::npos);
}

TEST_CASE("archiving announces, renames one after the other and notes each at once") {
  Pruning pruning;
  const Value told = json(pruning.prune("archive", ninety_days));
  CHECK(encode_json(told.find("results")->list()[0]) ==
        R"({"id":"e","name":"Eldest","change":"archived","new_name":"[archived 2026-09-21] Eldest",)"
        R"("before":{"id":"e","name":"Eldest","locationId":"loc"},"at":"2026-09-21T14:13:20Z"})");
  CHECK(told.find("count")->integer() == 2);
  CHECK(pruning.did() ==
        "announce location_tags.update 2\n"
        "remember begun/loc/archived\n"
        "remember done/loc/e/archived\n"
        "remember archived/loc "
        "{\"e\":{\"name\":\"Eldest\",\"new_name\":\"[archived 2026-09-21] Eldest\",\"at\":\"2026-09-21T14:13:20Z\"}}\n"
        "location_tags.update {\"location_id\":\"loc\",\"tag_id\":\"e\",\"name\":\"[archived 2026-09-21] Eldest\"}\n"
        "remember done/loc/e/archived\n"
        "remember begun/loc/archived\n"
        "remember done/loc/o/archived\n"
        "remember archived/loc "
        "{\"e\":{\"name\":\"Eldest\",\"new_name\":\"[archived 2026-09-21] Eldest\",\"at\":\"2026-09-21T14:13:20Z\"},"
        "\"o\":{\"name\":\"old\",\"new_name\":\"[archived 2026-09-21] old\",\"at\":\"2026-09-21T14:13:20Z\"}}\n"
        "location_tags.update {\"location_id\":\"loc\",\"tag_id\":\"o\",\"name\":\"[archived 2026-09-21] old\"}\n"
        "remember done/loc/o/archived\n"
        "remember begun/loc/archived null\n");
  CHECK(
      encode_json(pruning.services.state["done/loc/o/archived"]) ==
      R"({"id":"o","name":"old","how":"archived","new_name":"[archived 2026-09-21] old","first_name":"old",)"
      R"("at":"2026-09-21T14:13:20Z","contacts":0,"unused_since":"2026-06-02T00:00:00Z","done":true,"step":"1790000000000/9827454094862353173"})");
}

TEST_CASE("a name that is taken gets a number") {
  Pruning pruning;
  Value::List items = pruning.usage.find("items")->list();
  items.push_back(json(R"({"id": "t", "name": "[ARCHIVED 2026-09-21] old", "contacts": 1, "unused_since": null})"));
  Map usage = pruning.usage.map();
  usage.set("items", items);
  pruning.usage = usage;
  const Value told = json(pruning.prune("archive", ninety_days));
  CHECK(told.find("results")->list()[1].text_or("new_name") == "[archived 2026-09-21] old (2)");
}

TEST_CASE("a tag is excepted however its name is written, and kept where its name cannot be compared") {
  for (const char* except : {"KEEP  me", " keep\\u00a0me ", "ＫＥＥＰ ＭＥ", "keep me\\u200b"}) {
    CAPTURE(except);
    Pruning pruning;
    const std::string input = std::string(R"({"unused_for": "90d", "except": [")") + except + "\"]}";
    CHECK(json(pruning.prune("candidates", input)).find("kept")->find("excepted")->integer() == 1);
  }
  Pruning pruning;
  pruning.usage = json(R"({"items": [{"id": "b", "name": " ", "contacts": 0, "unused_since": "2026-06-02T00:00:00Z"},
                                     {"id": "l", "name": "\ufffd", "contacts": 0, "unused_since": "2026-06-02T00:00:00Z"}],
                           "totals": {"tags": 2, "contacts": 3}, "dropped": null})");
  CHECK(json(pruning.prune("delete", R"({"unused_for": "90d"})")).find("count")->integer() == 0);
  CHECK(json(pruning.prune("delete", R"({"tags": [{"id": "b"}, {"id": "l"}]})")).find("count")->integer() == 0);
}

TEST_CASE("an exception whose letters were lost on the way keeps anything from being done") {
  for (const char* action : {"candidates", "archive", "delete"}) {
    Pruning pruning;
    const std::string told = pruning.prune(action, R"({"unused_for": "90d", "except": ["VIP", "keep \ufffde"]})");
    CHECK(told.starts_with("invalid: except names \"keep \uFFFDe\", of which letters were lost on the way"));
    CHECK(pruning.did().empty());
  }
}

TEST_CASE(
    "an archived tag is known by its name however the far side keeps it, and left alone where it may be another") {
  const auto kept = [](const char* reason, const std::string& name, const std::string& input) {
    Pruning pruning;
    pruning.services.state["archived/loc"] =
        json(R"({"e": {"name": "Été", "new_name": "[archived 2026-08-01] Été", "at": "2026-08-01T00:00:00Z"}})");
    Value item = json(R"({"id": "e", "contacts": 0, "unused_since": "2026-06-01T00:00:00Z"})");
    Map members = item.map();
    members.set("name", name);
    pruning.usage = Value::object({{"items", Value::List{members}}, {"totals", json(R"({"tags": 1, "contacts": 3})")}});
    const Value told = json(pruning.prune("delete", input));
    return told.find("kept")->find(reason)->integer() == 1 && told.find("count")->integer() == 0;
  };
  const std::string unused = R"({"unused_for": "30d"})", archived = R"({"archived_for": "30d"})";
  CHECK(kept("archived", "[archived 2026-08-01]  ÉTÉ ", unused));
  CHECK_FALSE(kept("not_archived", "[archived 2026-08-01] e\u0301te\u0301", archived));
  CHECK(kept("archived", "［archived 2026-08-01］ été", unused));
  CHECK(kept("not_archived", "［archived 2026-08-01］ été", archived));
}

TEST_CASE("deleting notes each and takes them out of the observation") {
  Pruning pruning;
  pruning.prune("delete", ninety_days);
  CHECK(pruning.did() ==
        "announce location_tags.delete 2\n"
        "remember begun/loc/deleted\n"
        "remember done/loc/e/deleted\n"
        "location_tags.delete {\"location_id\":\"loc\",\"tag_id\":\"e\"}\n"
        "remember done/loc/e/deleted\n"
        "remember begun/loc/deleted\n"
        "remember done/loc/o/deleted\n"
        "location_tags.delete {\"location_id\":\"loc\",\"tag_id\":\"o\"}\n"
        "remember done/loc/o/deleted\n"
        "tags.forget {\"location_id\":\"loc\",\"tag_ids\":[\"e\",\"o\"]}\n"
        "remember begun/loc/deleted null\n");
}

TEST_CASE(
    "an archived tag is no candidate again; it is deleted by archived_for, while its name is the one it was given") {
  Pruning pruning;
  pruning.services.state["archived/loc"] = json(R"({
    "e": {"name": "eldest of all", "new_name": "eldest", "at": "2026-08-01T00:00:00Z"},
    "o": {"name": "older", "new_name": "archived older", "at": "2026-08-01T00:00:00Z"},
    "y": {"name": "younger", "new_name": "young", "at": "2026-09-20T00:00:00Z"},
    "v": {"name": "vip", "new_name": "VIP", "at": "2026-08-01T00:00:00Z"}})");
  const Value found = json(pruning.prune("candidates", ninety_days));
  CHECK(found.find("items")->list().size() == 1);
  CHECK(found.find("items")->list()[0].text_or("id") == "o");
  const Value told = json(pruning.prune("delete", R"({"archived_for": "30d"})"));
  CHECK(told.find("count")->integer() == 1);
  CHECK(encode_json(*told.find("kept")) ==
        R"({"archived":0,"excepted":0,"not_archived":3,"not_watched":0,"renamed":0,"too_young":1,"used":1})");
  CHECK(pruning.services.state["done/loc/e/deleted"].text_or("first_name") == "eldest of all");
  CHECK(pruning.services.state["archived/loc"].find("e") == nullptr);
  CHECK(pruning.services.state["archived/loc"].find("y") != nullptr);
}

TEST_CASE("an archived tag is excepted by the name that it had before, too") {
  for (const char* except : {"Eldest of All", "eldest"}) {
    for (const char* which : {R"("archived_for": "30d")", R"("tags": [{"id": "e"}])"}) {
      CAPTURE(except);
      CAPTURE(which);
      Pruning pruning;
      pruning.services.state["archived/loc"] =
          json(R"({"e": {"name": "eldest of all", "new_name": "eldest", "at": "2026-08-01T00:00:00Z"}})");
      const std::string input = std::string("{") + which + R"(, "except": [")" + except + "\"]}";
      const Value told = json(pruning.prune("delete", input));
      CHECK(told.find("count")->integer() == 0);
      CHECK(told.find("kept")->find("excepted")->integer() == 1);
    }
  }
}

TEST_CASE("on an empty or halved list nothing is changed, unless it is said to be right") {
  for (const char* usage :
       {R"({"items": [], "totals": {"tags": 0, "contacts": 3}, "dropped": null})",
        R"({"items": [{"id": "o", "name": "old", "contacts": 0, "unused_since": "2026-06-02T00:00:00Z"}],
            "totals": {"tags": 1, "contacts": 0}, "dropped": null})",
        R"({"items": [{"id": "o", "name": "old", "contacts": 0, "unused_since": "2026-06-02T00:00:00Z"}],
            "totals": {"tags": 1, "contacts": 2}, "dropped": "2 contacts now against 9 on 2026-09-20"})"}) {
    Pruning pruning;
    pruning.usage = json(usage);
    for (const char* action : {"archive", "delete"}) {
      for (const char* input : {R"({"unused_for": "90d"})", R"({"tags": [{"id": "o", "name": "old"}]})"}) {
        const std::string told = pruning.prune(action, input);
        CHECK(told.starts_with("limited: nothing was changed: "));
        CHECK(told.ends_with("; if it is right, say accept_drop: true"));
        CHECK(pruning.did().empty());
      }
    }
    const Value candidates = json(pruning.prune("candidates", R"({"unused_for": "90d"})"));
    CHECK(candidates.find("items")->list().empty());
    CHECK(candidates.find("doubt")->is_text());
    pruning.prune("archive", R"({"unused_for": "90d", "accept_drop": true})");
    CHECK(pruning.services.trace[0] == R"(tags.usage {"location_id":"loc","social_tags":false,"accept_drop":true})");
    CHECK(pruning.did().empty() == pruning.usage.find("items")->list().empty());
  }
}

TEST_CASE("a tag that turns out to be carried right before its change is kept, however the far side shows it") {
  const std::string named = R"({"tags": [{"id": "o", "name": "old"}]})";
  for (const char* carriers : {R"({"contacts": [{"id": "c1", "tags": ["x", "OLD"]}], "total": 1})",
                               R"({"contacts": [{"id": "c1"}]})", R"({"contacts": [], "total": 2})"}) {
    for (const char* action : {"archive", "delete"}) {
      for (const std::string& which :
           {named, std::string(R"({"unused_for": "90d", "except": ["Eldest", "keep me"]})")}) {
        CAPTURE(carriers);
        CAPTURE(action);
        Pruning pruning;
        pruning.carriers_now = json(carriers);
        const Value told = json(pruning.prune(action, which));
        CHECK(told.find("count")->integer() == 0);
        CHECK(told.find("kept")->find("used")->integer() == (which == named ? 1 : 2));
        CHECK(pruning.did().find("remember done") == std::string::npos);
      }
    }
  }
  Pruning pruning;
  pruning.carriers_now = json(R"({"contacts": [{"id": "c1", "tags": ["older"]}], "total": 1})");
  CHECK(json(pruning.prune("delete", named)).find("count")->integer() == 1);
  CHECK(pruning.services.trace[2] == R"(location_tags.get {"location_id":"loc","tag_id":"o"})");
  CHECK(pruning.services.trace[3] == R"(contacts.search {"location_id":"loc","page_limit":500,)"
                                     R"("filters":[{"field":"tags","operator":"eq","value":"old"}]})");
}

TEST_CASE("a tag that has another name right before its change, or is another thing, is kept, and the others are not") {
  for (const char* now : {R"({"tag": {"id": "e", "name": "VIP customers", "locationId": "loc"}})",
                          R"({"tag": {"id": "zzz", "name": "Eldest", "locationId": "loc"}})",
                          R"({"tag": {"id": "e", "name": "Eldest", "locationId": "loc_other"}})", "{}"}) {
    for (const char* action : {"archive", "delete"}) {
      CAPTURE(now);
      CAPTURE(action);
      Pruning pruning;
      pruning.now["e"] = json(now);
      const Value told = json(pruning.prune(action, ninety_days));
      CHECK(told.find("count")->integer() == 1);
      CHECK(told.find("results")->list()[0].text_or("id") == "o");
      CHECK(told.find("kept")->find("renamed")->integer() == 1);
    }
  }
}

TEST_CASE("a tag that cannot be looked at right before its change is not changed") {
  Pruning pruning;
  pruning.carriers_now = json("{}");
  CHECK(pruning.prune("delete", ninety_days).starts_with("invalid: after 0 of 2 tags were deleted, \"old\" was not: "));
  CHECK(pruning.did().find("location_tags.delete {") == std::string::npos);
  pruning.carriers_now = Value::unknown("who carries it");  // in a plan
  CHECK(json(pruning.prune("delete", ninety_days)).find("count")->integer() == 2);
}

TEST_CASE("where no contact carries any of many tags nothing is changed, unless it is said to be right") {
  Pruning pruning;
  Map usage = pruning.usage.map();
  Value::List items = pruning.usage.find("items")->list();
  items.erase(items.begin());
  usage.set("items", items);
  pruning.usage = usage;
  for (const char* action : {"archive", "delete"}) {
    CHECK(
        pruning.prune(action, ninety_days) ==
        "limited: nothing was changed: none of the 5 tags is carried by any contact, which may be an error of the far "
        "side; if it is right, say accept_drop: true");
    CHECK(pruning.did().empty());
  }
  CHECK(json(pruning.prune("delete", R"({"unused_for": "90d", "accept_drop": true})")).find("count")->integer() == 3);
}

TEST_CASE("over the announced limit nothing is changed") {
  Pruning pruning;
  pruning.services.most_changes = 1;
  CHECK(pruning.prune("delete", ninety_days) == "limited: that is too much");
  CHECK(pruning.did() == "announce location_tags.delete 2\n");
}

TEST_CASE("a tag that is gone already is nothing to do, and any other failure ends after what was done is noted") {
  Pruning pruning;
  pruning.failures.emplace("e", Error{ErrorCode::not_found, "no such tag"});
  CHECK(json(pruning.prune("delete", ninety_days)).find("count")->integer() == 1);
  pruning.failures.clear();
  pruning.failures.emplace("o", Error{ErrorCode::unavailable, "it is down"});
  CHECK(pruning.prune("delete", ninety_days) ==
        "unavailable: after 1 of 2 tags were deleted, \"old\" was not: it is down");
  CHECK(pruning.services.state["done/loc/e/deleted"].text_or("how") == "deleted");
  CHECK(pruning.did().ends_with("tags.forget {\"location_id\":\"loc\",\"tag_ids\":[\"e\"]}\n"));
}

TEST_CASE("what undoing will need is written before the change, and a later deletion leaves what archiving wrote") {
  Pruning pruning;
  pruning.failures.emplace("e", Error{ErrorCode::unsure, "the engine stopped"});
  pruning.prune("archive", ninety_days);
  CHECK(
      encode_json(pruning.services.state["done/loc/e/archived"]) ==
      R"({"id":"e","name":"Eldest","how":"archived","new_name":"[archived 2026-09-21] Eldest","first_name":"Eldest",)"
      R"("at":"2026-09-21T14:13:20Z","contacts":0,"unused_since":"2026-06-01T00:00:00Z","done":false,"step":"1790000000000/9827454094862353173"})");
  pruning.failures.clear();
  pruning.prune("archive", ninety_days);
  const Value archived = pruning.services.state["done/loc/e/archived"];
  CHECK(archived.find("done")->is_true());
  pruning.prune("delete", R"({"tags": [{"id": "e"}]})");
  CHECK(encode_json(pruning.services.state["done/loc/e/archived"]) == encode_json(archived));
  CHECK(pruning.services.state["done/loc/e/deleted"].find("done")->is_true());
}

TEST_CASE("named tags are taken as they are now: those in use are refused with all others") {
  Pruning pruning;
  CHECK(
      pruning.prune("delete", R"({"tags": [{"id": "o", "name": "old"}, {"id": "v", "name": "VIP"}]})") ==
      "conflict: tag \"VIP\" is not deleted, and none of the others: 3 contacts carry it now; take it out of the list, "
      "or take it from them first");
  CHECK(pruning.did().empty());
  const Value told = json(pruning.prune(
      "archive", R"({"tags": [{"id": "n"}, {"id": "n"}, {"id": "gone"}, {"id": "k"}], "except": ["keep ME"]})"));
  CHECK(told.find("count")->integer() == 1);
  CHECK(told.find("results")->list()[0].text_or("name") == "new");
}

TEST_CASE("which tags are meant is said once, and not rashly") {
  Pruning pruning;
  CHECK(pruning.prune("archive", "{}") ==
        "invalid: it is not said which tags are meant: give one of unused_for (such as 90d), tags or, for "
        "pruning.delete, archived_for");
  CHECK(pruning.prune("delete", R"({"unused_for": "9d", "archived_for": "9d"})").starts_with("invalid: which tags"));
  CHECK(pruning.prune("archive", R"({"unused_for": "23h"})") ==
        "invalid: unused_for is \"23h\", and less than a day is too rash: write 1d or more");
  CHECK(pruning.services.trace.empty());
}

TEST_CASE("what only the run will tell is not pruned in a plan") {
  Pruning pruning;
  CHECK(pruning.prune("archive", R"({"tags": {"$unknown": "the tags"}})") ==
        R"({"$unknown":"which tags are archived"})");
  pruning.usage = Value::unknown("the answer");
  CHECK(pruning.prune("candidates", ninety_days) == R"({"$unknown":"which tags are unused"})");
}

TEST_SUITE_END();
