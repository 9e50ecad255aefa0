#include "rehearsal/made_changes.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "run_events.hpp"
#include "value/json.hpp"
#include "workflow/load.hpp"

namespace millrace {

namespace {

const Catalog& shipped() {
  static const Catalog catalog = Catalog::load(std::string(TEST_DATA) + "/../plugins", "");
  return catalog;
}

/// With two connections to HighLevel.
const Project& project() {
  static const Project made = [] {
    Project made;
    for (const char* name : {"highlevel", "staging"}) {
      made.connections.emplace_back();
      made.connections.back().name = name;
      made.connections.back().plugin = "highlevel";
    }
    return made;
  }();
  return made;
}

Value json(const std::string& text) { return *parse_json(text); }

/// A run whose changes a test makes up.
struct MadeUpRun {
  /// A change by a shipped action: what it was given, what was there before (or "null"), and what it gave.
  void change(const std::string& action, const std::string& input, const std::string& output,
              const std::string& before = "null", const std::string& connection = "highlevel") {
    const std::string key = "k" + std::to_string(run.events.size());
    const std::string entry = "r06f5k2m9tq3c/0/" + std::to_string(step) + "/x#0";
    if (before != "null")
      add(BeforeSeen{key, Value::object({{"before", json(before)}, {"carriers", Value()}, {"untold", Value()}})});
    const Action* known = shipped().find_action(action);
    const Effect effect = known != nullptr ? known->effect : Effect::update;
    const Value line = Value::object({{"step", "s"},
                                      {"action", action},
                                      {"effect", name_of(effect)},
                                      {"target", "t"},
                                      {"summary", action},
                                      {"request", Value::object({{"method", "POST"}})}});
    const Value record =
        Value::object({{"connection", connection}, {"location", "l"}, {"input", json(input)}, {"entry", entry}});
    add(ChangeMade{line, key, record});
    add(EffectEnded{parse_effect_key(entry), json(output)});
    ++step;
  }
  void add(Happening what) { run.events.push_back(test::event(0, std::move(what))); }

  /// "action before=... left=..." for each change.
  std::string told(const Workflow* workflow = nullptr) const {
    std::string text;
    for (const MadeChange& each : changes_in({{&run, workflow}}, shipped(), project()))
      text += each.action_name + " input=" + encode_json(each.past.input) + " output=" + encode_json(each.past.output) +
              " before=" + encode_json(each.past.before) + " left=" + encode_json(each.left) + "\n";
    return text;
  }

  MadeUpRun() { run.head.location = "l"; }

  StoredRun run;
  int step = 0;
};

const std::string tags = "highlevel.location_tags.";

}  // namespace

TEST_SUITE_BEGIN("rehearsal");

TEST_CASE("a change is told with what was there before, what it gave and what it left") {
  MadeUpRun made;
  made.change(tags + "update", R"({"tag_id":"7","name":"New"})", R"({"tag":{"id":"7","name":"new"}})",
              R"({"id":"7","name":"old"})");
  CHECK(made.told() == tags + R"(update input={"tag_id":"7","name":"New"} output={"tag":{"id":"7","name":"new"}} )" +
                           R"(before={"id":"7","name":"old"} left={"name":"new"})" + "\n");
}

TEST_CASE("what was seen first before an effect counts, whatever a later attempt saw") {
  MadeUpRun made;
  made.add(BeforeSeen{"k1", json(R"({"before":{"name":"first"}})")});
  made.change(tags + "delete", R"({"tag_id":"7"})", "{}", R"({"name":"second"})");
  CHECK(made.told().find(R"(before={"name":"first"})") != std::string::npos);
}

TEST_CASE("what was made and deleted again is no change, and several changes of one thing are one") {
  MadeUpRun made;
  made.change(tags + "create", R"({"name":"a"})", R"({"tag":{"id":"1","name":"a"}})");
  made.change(tags + "update", R"({"tag_id":"1","name":"b"})", R"({"tag":{"id":"1","name":"b"}})", R"({"name":"a"})");
  made.change(tags + "delete", R"({"tag_id":"1"})", "{}", R"({"name":"b"})");
  CHECK(made.told() == "");

  MadeUpRun kept;
  kept.change(tags + "create", R"({"name":"a"})", R"({"tag":{"id":"1","name":"a"}})");
  kept.change(tags + "update", R"({"tag_id":"1","name":"b"})", R"({"tag":{"id":"1","name":"b"}})", R"({"name":"a"})");
  CHECK(kept.told() ==
        tags + R"(create input={"name":"a"} output={"tag":{"id":"1","name":"a"}} before=null left={"name":"b"})" +
            "\n");

  MadeUpRun twice;
  twice.change(tags + "update", R"({"tag_id":"1","name":"b"})", "{}", R"({"name":"a"})");
  twice.change(tags + "update", R"({"tag_id":"1","name":"c"})", "{}", R"({"name":"b"})");
  CHECK(twice.told() ==
        tags + R"(update input={"tag_id":"1","name":"c"} output={} before={"name":"a"} left={"name":"c"})" + "\n");

  MadeUpRun gone;
  gone.change(tags + "update", R"({"tag_id":"1","name":"b"})", "{}", R"({"name":"a"})");
  gone.change(tags + "delete", R"({"tag_id":"1"})", "{}", R"({"name":"b"})");
  CHECK(gone.told() == tags + R"(delete input={"tag_id":"1"} output={} before={"name":"a"} left=null)" + "\n");
}

TEST_CASE("things of the same id at other connections or of other kinds stay two changes") {
  MadeUpRun made;
  made.change(tags + "create", R"({"name":"a"})", R"({"tag":{"id":"1","name":"a"}})");
  made.change("highlevel.contacts.delete", R"({"contact_id":"1"})", "{}", R"({"id":"1"})");
  CHECK(changes_in({{&made.run, nullptr}}, shipped(), project()).size() == 2);

  MadeUpRun twice;
  for (const char* connection : {"highlevel", "staging"})
    twice.change(tags + "update", R"({"tag_id":"1","name":"b"})", "{}", R"({"name":"a"})", connection);
  for (const char* location : {"l", "m"})
    twice.change("highlevel.contacts.update",
                 R"({"contact_id":"1","first_name":"b","location_id":")" + std::string(location) + "\"}", "{}",
                 R"({"firstName":"a"})");
  CHECK(changes_in({{&twice.run, nullptr}}, shipped(), project()).size() == 4);
}

TEST_CASE("things of the same id below other parents stay two changes") {
  const std::string update = "highlevel.contact_notes.update";
  MadeUpRun made;
  for (const char* contact : {"a", "b", "a"})
    made.change(update, R"({"contact_id":")" + std::string(contact) + R"(","id":"1","body":"new"})", "{}",
                R"({"body":"of )" + std::string(contact) + "\"}");
  made.change("highlevel.contact_notes.delete", R"({"contact_id":"b","id":"1"})", "{}", R"({"body":"new"})");
  CHECK(made.told() == update + R"( input={"contact_id":"a","id":"1","body":"new"} output={} )" +
                           R"(before={"body":"of a"} left={"body":"new"})" + "\n" +
                           R"(highlevel.contact_notes.delete input={"contact_id":"b","id":"1"} output={} )" +
                           R"(before={"body":"of b"} left=null)" + "\n");
}

TEST_CASE(
    "what was done below a contact that was deleted later is told so, and what was done below another one is not") {
  for (const bool same : {true, false}) {
    MadeUpRun made;
    made.change("highlevel.contact_tags.add", R"({"contact_id":"a","tags":["x"]})", "{}");
    made.change("highlevel.contacts.delete", same ? R"({"contact_id":"a"})" : R"({"contact_id":"b"})", "{}",
                R"({"id":"a"})");
    CHECK(changes_in({{&made.run, nullptr}}, shipped(), project()).front().on_deleted == same);
  }
}

TEST_CASE("what a step before has read serves where nobody looked: a list or the one thing") {
  for (const char* read : {"highlevel.location_tags.list}", "highlevel.location_tags.get, with: {tag_id: \"7\"}}"}) {
    const auto loaded = load_version(
        "w",
        "version: 1\nname: W\nlocations: [l]\ntriggers: manual\nactions:\n  - {connection: highlevel, action: " +
            std::string(read) + "\n",
        shipped());
    REQUIRE(loaded.workflow);
    const bool list = std::string(read).find("list") != std::string::npos;
    MadeUpRun made;
    made.add(StepStarted{{0, 0}, list ? json("{}") : json(R"({"tag_id":"7"})")});
    made.add(StepSucceeded{{0, 0},
                           list ? json(R"({"tags":[{"id":"6","name":"x"},{"id":"7","name":"old"}]})")
                                : json(R"({"tag":{"id":"7","name":"old"}})")});
    made.change(tags + "update", R"({"location_id":"l","tag_id":"7","name":"new"})", "{}");
    CHECK(made.told(&*loaded.workflow).find(R"("name":"old"} left)") != std::string::npos);
    CHECK(made.told().find("before=null") != std::string::npos);
    made.run.events.pop_back();
    made.run.events.pop_back();
    made.change(tags + "update", R"({"location_id":"l","tag_id":"7","name":"new"})", "{}", "null", "staging");
    CHECK(made.told(&*loaded.workflow).find("before=null") != std::string::npos);
  }
}

TEST_CASE("a change whose record is of an older version, or whose plugin is gone, is told as such") {
  MadeUpRun made;
  made.change("shop.gone", "{}", "{}");
  made.add(ChangeMade{
      json(R"({"action":"highlevel.location_tags.delete","effect":"delete","summary":"x","request":{}})"), "k"});
  made.add(ChangeMade{json(R"({"action":"files.write","effect":"create","summary":"y","request":null})"), "f"});
  const auto changes = changes_in({{&made.run, nullptr}}, shipped(), project());
  REQUIRE(changes.size() == 3);
  CHECK(changes[0].action == nullptr);
  CHECK_FALSE(changes[1].recorded);
  CHECK(changes[2].file);
}

TEST_SUITE_END();

}  // namespace millrace
