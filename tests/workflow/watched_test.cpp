#include "workflow/watched.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "workflow/case_findings.hpp"
#include "workflow/sample_project.hpp"
#include "workflow/starts.hpp"
#include "yaml/rules.hpp"

using namespace millrace;

namespace {

/// What is told of the circle of a workflow that watches and does; empty where there is none.
std::string told_of_watch(const std::string& watch, const std::string& step, const std::string& top = "") {
  const std::string text = "version: 1\n" + top + "triggers:\n  - key: item.id\n    every: 15m\n" + watch +
                           "actions:\n  - action: " + step + "\n";
  const auto source = std::make_shared<const SourceText>(SourceText{"flow.yaml", text});
  LoadedWorkflow loaded = load_workflow(source, test::shipped_catalog());
  REQUIRE_MESSAGE(loaded.workflow, text);
  REQUIRE_MESSAGE(!has_errors(loaded.findings), render(loaded.findings.front()));
  const auto findings =
      check_circles(std::vector<const Workflow*>{&*loaded.workflow}, test::shipped_catalog(), &test::sample_project());
  if (findings.empty()) return "";
  CHECK(findings.size() == 1);
  return std::string(name_of(findings[0].severity)) + ": " + findings[0].message;
}

bool may_go_round(const std::string& watch, const std::string& step, const std::string& top = "") {
  return told_of_watch(watch, step, top).starts_with("warning: this may go round in a circle: ");
}

const std::string tags = "    watch: highlevel.location_tags.list\n";
const std::string contacts = "    watch: highlevel.contacts.search\n";
const std::string creates = "highlevel.location_tags.create\n    with: {name: vip}";

}  // namespace

TEST_SUITE_BEGIN("workflow");

TEST_CASE("a workflow that watches a list and changes what is in it may go round in a circle") {
  CHECK(told_of_watch(tags, creates) ==
        "warning: this may go round in a circle: flow does highlevel.location_tags.create, and flow watches "
        "highlevel.location_tags.list; the engine ends it after a number of runs (limits: chain in millrace.yaml)");
  CHECK(may_go_round(tags, "highlevel.location_tags.update\n    with: {tag_id: a, name: vip}"));
  CHECK(may_go_round(tags, "highlevel.location_tags.delete\n    with: {tag_id: a}"));
  CHECK(may_go_round(tags, "tags.upsert\n    with: {name: vip}"));
  CHECK(may_go_round(contacts, "highlevel.contacts.upsert\n    with: {email: ada@example.com}"));
  CHECK(may_go_round(contacts, "highlevel.contact_tags.add\n    with: {contact_id: a, tags: [vip]}"));
}

TEST_CASE("reads and other kinds of things are no circle of a watch") {
  CHECK(told_of_watch(tags, "highlevel.location_tags.list").empty());
  CHECK(told_of_watch(tags, "highlevel.contacts.upsert\n    with: {email: ada@example.com}").empty());
  CHECK(told_of_watch(contacts, creates).empty());
  CHECK(told_of_watch(contacts, "log.write\n    with: {text: hello}").empty());
}

TEST_CASE("a change elsewhere than where a watch looks is no circle") {
  const std::string here = tags + "    with: {location_id: loc_main}\n";
  const auto at = [](const std::string& location) {
    return "highlevel.location_tags.create\n    with: {name: vip, location_id: " + location + "}";
  };
  CHECK(may_go_round(here, at("loc_main")));
  CHECK(told_of_watch(here, at("loc_north")).empty());
  CHECK(may_go_round(here, at("${{ event.item.name }}")));
  CHECK(may_go_round(tags, at("loc_main"), "locations: all\n"));
  CHECK(told_of_watch(tags, at("loc_north"), "locations: [loc_main]\n").empty());
  CHECK(may_go_round(tags, creates, "locations: [loc_main, loc_north]\n"));
}

TEST_CASE("a watch that does not tell of such a change is no circle") {
  const auto only = [](const std::string& change) { return tags + "    if: event.change == '" + change + "'\n"; };
  const std::string update = "highlevel.location_tags.update\n    with: {tag_id: a, name: vip}";
  CHECK(may_go_round(only("added"), creates));
  CHECK(told_of_watch(only("removed"), creates).empty());
  CHECK(may_go_round(only("changed"), update));
  CHECK(told_of_watch(only("added"), update).empty());
  const std::string joined = "    if: event.change == 'added'\n";
  const std::string tag = "highlevel.contact_tags.add\n    with: {contact_id: a, tags: [vip]}";
  CHECK(told_of_watch(contacts + joined, tag).empty());
  CHECK(may_go_round(contacts + joined + "    with: {query: ada}\n", tag));
  CHECK(may_go_round(contacts + joined, "highlevel.contacts.upsert\n    with: {email: ada@example.com}"));
}

TEST_SUITE_END();
