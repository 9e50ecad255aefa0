#include "workflow/connections.hpp"

#include <doctest/doctest.h>

#include "base/text.hpp"
#include "workflow/case_findings.hpp"

using namespace millrace;

namespace {

Workflow workflow_with(const std::string& text) {
  LoadedWorkflow loaded = load_workflow(test::source_of("version: 1\n" + text), test::test_catalog());
  INFO(test::rendered(loaded.findings));
  REQUIRE(loaded.workflow);
  REQUIRE(loaded.findings.empty());
  return std::move(*loaded.workflow);
}

}  // namespace

TEST_SUITE_BEGIN("workflow");

TEST_CASE("a workflow runs once for each of its locations, also where none of its own steps works at one") {
  const auto where = [](const std::string& said, const std::string& step) {
    const Workflow workflow = workflow_with(said + "actions:\n  - " + step + "\n");
    const auto all = locations_of(workflow, test::test_project(), test::test_catalog(), Value(Map()));
    return all ? join(*all, " ") : all.error().message;
  };
  for (const char* step : {"action: crm.tags.list", "action: notes.write", "call: other", "set: {a: 1}"}) {
    CAPTURE(step);
    CHECK(where("locations: loc_main\n", step) == "loc_main");
    CHECK(where("locations: [loc_north, loc_main]\n", step) == "loc_north loc_main");
    CHECK(where("locations: all\n", step) == "loc_main loc_north");
    CHECK(where("locations: loc_nroth\n", step).find("has no location \"loc_nroth\"") != std::string::npos);
  }
  CHECK(where("", "action: notes.write") == "");
  CHECK(where("", "action: crm.tags.list").starts_with("it is not clear which location"));
  CHECK(where("", "{action: crm.tags.list, with: {location_id: loc_main}}") == "");
  CHECK(where("", "{action: crm.tags.list, with: {location_id: loc_main}}\n  - action: crm.tags.list")
            .starts_with("it is not clear which location"));
}

TEST_CASE("a workflow may use connections where a step does, wherever it stands, or calls another one") {
  const auto may = [](const std::string& steps) {
    const Workflow workflow = workflow_with("actions:\n" + steps);
    return may_use_connections(workflow, test::test_project(), test::test_catalog());
  };
  CHECK_FALSE(may("  - action: notes.write\n  - set: {a: 1}\n"));
  CHECK(may("  - action: notes.write\n  - action: crm.tags.list\n"));
  CHECK(may("  - if: true\n    then:\n      - for_each: [1]\n        do: [{action: crm.tags.list}]\n"));
  CHECK(may("  - action: notes.write\non_failure:\n  - action: crm.tags.list\n"));
  CHECK(may("  - {action: crm.tags.list, connection: nowhere}\n"));
  CHECK(may("  - call: other\n"));
}

TEST_SUITE_END();
