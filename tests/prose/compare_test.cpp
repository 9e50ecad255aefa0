#include "prose/compare.hpp"

#include <doctest/doctest.h>

#include "prose/prose_bench.hpp"

using namespace millrace;
using Texts = std::vector<std::string>;

TEST_SUITE_BEGIN("prose");

namespace {

std::vector<Difference> between_texts(const std::string& before, const std::string& now) {
  return compare(test::account_of_text(before), test::account_of_text(now), test::shipped_catalog(),
                 test::sample_project());
}

/// "kind: text" each.
Texts differences(const std::string& before, const std::string& now) {
  Texts told;
  for (const Difference& each : between_texts(before, now))
    told.push_back(std::string(name_of(each.kind)) + ": " + each.text);
  return told;
}

bool tells(const Texts& told, const std::string& text) {
  for (const std::string& each : told) {
    if (each == text) return true;
  }
  for (const std::string& each : told) MESSAGE(each);
  return false;
}

std::string delete_after(const std::string& days, const std::string& more = "") {
  return more + "actions:\n  - id: deleted\n    action: pruning.delete\n    with: {unused_for: " + days + "}\n";
}

const std::string three = "actions:\n  - {id: a, set: {x: 1}}\n  - {id: b, set: {x: 2}}\n  - {id: c, set: {x: 3}}\n";

}  // namespace

TEST_CASE("layout, comments, quotes, the order of keys and how a value is written change nothing") {
  const std::string before =
      "name: A\nactions:\n  - id: kept\n    action: list.filter\n    with:\n      items: event.tags\n"
      "      where: item.usage==0&&item.name.startsWith('a')\n  - wait: 60m\n";
  const std::string now =
      "# a comment\nactions:\n  - action: list.filter   # another\n    with: {where: 'item.usage == 0 && "
      "(item.name.startsWith(\"a\"))', items: \"${{ event.tags }}\"}\n    id: kept\n\n  - wait: 1h\nname: \"A\"\n";
  CHECK(differences(before, now) == Texts{});
  CHECK(in_short(between_texts(before, now)) == "nothing changed in meaning");
  CHECK(differences(delete_after("90d"), delete_after("2160h")) == Texts{});
}

TEST_CASE("an input is told with what it was") {
  CHECK(differences(delete_after("90d"), delete_after("60d")) ==
        Texts{"changed: step 1, deleted: unused_for is now 60 days instead of 90 days"});
}

TEST_CASE("an approval that is gone is told as such") {
  const std::string asked = "actions:\n  - approve: Delete them?\n  - wait: 1m\n";
  CHECK(differences(asked, "actions:\n  - wait: 1m\n") ==
        Texts{"removed: no approval any more: step 1 is gone: Wait until a person agrees to \"Delete them?\""});
  CHECK(tells(differences("actions:\n  - wait: 1m\n", asked),
              "added: new step 1: Wait until a person agrees to \"Delete them?\""));
}

TEST_CASE("what it may do more comes first, what it may do less behind that") {
  const std::string reads = "actions:\n  - action: highlevel.location_tags.list\n";
  const std::string posts =
      "actions:\n  - action: http.request\n    with: {method: POST, url: https://api.example.com/x}\n";
  const auto told = differences(reads, posts);
  REQUIRE(told.size() >= 4);
  CHECK(told[0] == "wider: may write to api.example.com (line 3)");
  CHECK(tells(told, "narrower: no longer: may read location tags (line 3)"));
  CHECK(tells(told, "narrower: no longer: may work through highlevel (line 3)"));
  CHECK(told.back().starts_with("removed: step 1 is gone"));
  const std::string deletes = "actions:\n  - action: highlevel.location_tags.delete\n    with: {tag_id: x}\n";
  const auto more = differences(reads, deletes);
  CHECK(tells(more, "wider: may delete location tags (line 3)"));
  CHECK(tells(more, "wider: the token of highlevel needs locations/tags.write"));
}

TEST_CASE("a limit that is raised or gone and a new secret are what a person should look at") {
  const std::string fifty = delete_after("90d", "safety: {max_changes: 50, max_percent: 10}\n");
  const std::string more = delete_after("90d", "safety: {max_changes: 500, max_percent: 20}\n");
  const auto raised = differences(fifty, more);
  CHECK(tells(raised, "wider: may change 500 things at most in a run, before 50 things at most"));
  CHECK(tells(raised, "wider: may change 20 percent at most of what it has read of a kind, before 10 percent at most"));
  CHECK(tells(raised, "changed: now 500 changes at most in one run; before 50 changes at most in one run"));
  for (const std::string& each : differences(more, fifty)) CHECK(each.starts_with("changed"));
  const std::string hook = "triggers:\n  - webhook: a\n    verify: {bearer: \"secret:one\"}\nactions: [{wait: 1m}]\n";
  const std::string other = "triggers:\n  - webhook: a\n    verify: {bearer: \"secret:two\"}\nactions: [{wait: 1m}]\n";
  CHECK(tells(differences(hook, other), "wider: may use the secret two"));
}

TEST_CASE("triggers are new, gone or changed") {
  const std::string steps = "actions: [{wait: 1m}]\n";
  const std::string monday = "triggers:\n  - schedule: every monday at 09:00\n" + steps;
  CHECK(differences(monday, "triggers:\n  - schedule: every friday at 09:00\n" + steps) ==
        Texts{"changed: now at 09:00 on Friday, by the clocks of Europe/London; before at 09:00 on Monday, by the "
              "clocks of Europe/London"});
  CHECK(differences(monday, "triggers:\n  - schedule: every monday at 09:00\n  - manual\n" + steps) ==
        Texts{"added: new: by hand"});
  CHECK(differences("triggers:\n  - schedule: every monday at 09:00\n    if_missed: skip\n" + steps, monday) ==
        Texts{"removed: at 09:00 on Monday, by the clocks of Europe/London: no longer: a time that is missed while the "
              "service is down is left out"});
}

TEST_CASE("mode, locations, variables and concurrency are told") {
  const std::string steps = "actions: [{wait: 1m}]\n";
  CHECK(differences("mode: dry_run\n" + steps, "mode: live\n" + steps) ==
        Texts{"changed: now live: it changes what it says below (mode: live); before dry: the service plans its "
              "changes and makes none (mode: dry_run)"});
  CHECK(differences("vars: {days: 90}\n" + steps, "vars: {days: 60, keep: vip}\n" + steps) ==
        Texts{"changed: variable: days is now 60 instead of 90", "added: variable: new: keep: \"vip\""});
  CHECK(differences("concurrency: parallel\n" + steps, steps).size() == 1);
}

TEST_CASE("steps are told as new, gone, moved or changed, by their ids") {
  CHECK(differences(three, "actions:\n  - {id: a, set: {x: 1}}\n  - {id: c, set: {x: 3}}\n  - {id: b, set: {x: 2}}\n")
            .size() == 1);
  CHECK(tells(
      differences(three, "actions:\n  - {id: c, set: {x: 3}}\n  - {id: a, set: {x: 1}}\n  - {id: b, set: {x: 2}}\n"),
      "moved: step 1, c was step 3: it stands elsewhere now"));
  CHECK(differences(three, "actions:\n  - {id: a, set: {x: 1}}\n  - {id: c, set: {x: 3}}\n") ==
        Texts{"removed: step 2, b is gone: Note this value"});
  CHECK(differences(three, three + "  - {id: d, set: {x: 4}}\n") == Texts{"added: new step 4, d: Note this value"});
  CHECK(
      differences(three, "actions:\n  - {id: a, set: {x: 1}}\n  - {id: b, set: {x: 5}}\n  - {id: c, set: {x: 3}}\n") ==
      Texts{"changed: step 2, b: x is now 5 instead of 2"});
}

TEST_CASE("a step that went into a block has moved and is no other one") {
  const std::string before = "actions:\n  - {id: a, set: {x: 1}}\n";
  const std::string now = "actions:\n  - if: event.sure\n    then:\n      - {id: a, set: {x: 1}}\n";
  const auto told = differences(before, now);
  CHECK(tells(told, "added: new step 1: If the event's sure is true"));
  CHECK(tells(told, "moved: step 1.1, a was step 1: it stands elsewhere now"));
  CHECK(told.size() == 2);
}

TEST_CASE("a step in front of others makes none of them another, with or without ids") {
  const std::string before = "actions:\n  - {set: {x: 1}}\n  - {set: {y: 2}}\n";
  CHECK(differences(before, "actions:\n  - wait: 1m\n  - {set: {x: 1}}\n  - {set: {y: 2}}\n") ==
        Texts{"added: new step 1: Wait 1 minute"});
}

TEST_CASE("a block of which the condition, the list or the time is another is the same block") {
  CHECK(differences("actions:\n  - if: event.n > 3\n    then: [{wait: 1m}]\n",
                    "actions:\n  - if: event.n > 4\n    then: [{wait: 1m}]\n") ==
        Texts{"changed: step 1: now If the event's n is above 4; before If the event's n is above 3"});
  CHECK(differences("actions:\n  - for_each: event.a\n    do: [{wait: 1m}]\n",
                    "actions:\n  - for_each: event.b\n    do: [{wait: 2m}]\n") ==
        Texts{"changed: step 1: now For each item in the event's b; before For each item in the event's a",
              "changed: step 1.1: now Wait 2 minutes; before Wait 1 minute"});
  CHECK(differences("actions:\n  - switch: event.a\n    cases: [{when: '1', do: [{wait: 1m}]}]\n",
                    "actions:\n  - switch: event.a\n    cases: [{when: '2', do: [{wait: 1m}]}]\n")
            .size() == 1);
  const auto compared = [](const std::string& with) {
    return "actions:\n  - switch: event.n\n    cases: [{when: '" + with + "', do: [{wait: 1m}]}]\n";
  };
  CHECK(differences(compared("< 3"), compared(">= 8")) ==
        Texts{"changed: step 1: now if it is at least 8; before if it is below 3"});
  CHECK(differences(compared("< 3"), compared("> event.most * 2")) ==
        Texts{"changed: step 1: now if it is \"> event.most * 2\"; before if it is below 3"});
  CHECK(differences("actions:\n  - repeat: [{wait: 1m}]\n    until: event.a\n",
                    "actions:\n  - repeat: [{wait: 1m}]\n    until: event.a\n    max: 5\n") ==
        Texts{"changed: step 1: now Repeat, 5 times at most, until the event's a is true; before Repeat, 100 times at "
              "most, until the event's a is true"});
}

TEST_CASE("steps after a failure and at the end are called so") {
  const std::string before = "actions: [{wait: 1m}]\non_failure: [{wait: 1m}]\n";
  CHECK(differences(before, "actions: [{wait: 1m}]\nalways: [{wait: 1m}]\n") ==
        Texts{"moved: step 1 at the end was step 1 after a failure: it stands elsewhere now"});
  CHECK(differences(before, "actions: [{wait: 1m}]\non_failure: [{wait: 2m}]\n") ==
        Texts{"changed: step 1 after a failure: now Wait 2 minutes; before Wait 1 minute"});
}

TEST_CASE("a long value is told beside the one before it") {
  const auto filter = [](const std::string& where) {
    return "actions:\n  - {id: kept, action: list.filter, with: {items: event.tags, where: '" + where + "'}}\n";
  };
  CHECK(
      differences(filter("item.usage == 0 && item.unused_since != null"),
                  filter("item.usage == 1 && item.unused_since != null")) ==
      Texts{"changed: step 1, kept: where: now its usage is 1 and its unused_since has a value; before its usage is 0 "
            "and its unused_since has a value"});
}

TEST_CASE("what is said beside a step is told with it: conditions, retries, time limits, what a failure means") {
  const std::string before = "actions:\n  - {id: a, set: {x: 1}, if: 'event.n > 3', timeout: 1m}\n";
  const auto told = differences(
      before, "actions:\n  - {id: a, set: {x: 1}, if: 'event.n > 4', on_error: continue, retry: {attempts: 2}}\n");
  CHECK(
      tells(told, "changed: step 1, a: now only if the event's n is above 4; before only if the event's n is above 3"));
  CHECK(tells(told, "removed: step 1, a: no longer: fails when it takes longer than 1 minute"));
  CHECK(tells(told, "added: step 1, a: new: the run goes on where this fails"));
  CHECK(told.size() == 4);
}

TEST_CASE("permissions that are said otherwise are told") {
  const std::string reads = "actions:\n  - action: highlevel.location_tags.list\n";
  CHECK(tells(
      differences("permissions: {location_tags: read}\n" + reads, "permissions: {location_tags: delete}\n" + reads),
      "changed: now its permissions: it may read, create, update and delete location_tags; before its "
      "permissions: it may read location_tags"));
}

TEST_CASE("in one line the most important ones stand, and how many more there are") {
  CHECK(in_short(between_texts(delete_after("90d"), delete_after("60d"))) ==
        "step 1, deleted: unused_for is now 60 days instead of 90 days");
  CHECK(
      in_short(between_texts("actions: [{wait: 1m}]\n", "name: B\nmode: live\ndescription: x\nactions: [{wait: 2m}]\n"))
          .ends_with("; and 2 more"));
}
