#include "workflow/safety.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>

#include "workflow/case_findings.hpp"
#include "workflow/load.hpp"

using namespace millrace;

TEST_SUITE_BEGIN("workflow");

namespace {

Limits limits(const std::string& safety) {
  const std::string text = "version: 1\nname: Sweep\ntriggers: manual\n" + safety +
                           "actions:\n  - action: sweep.some\n  - do:\n      - action: sweep.few\n";
  auto source = std::make_shared<const SourceText>(SourceText{"sweep.yaml", text});
  const LoadedWorkflow loaded = load_workflow(std::move(source), test::test_catalog());
  REQUIRE(loaded.workflow);
  return limits_of(*loaded.workflow, test::test_catalog());
}

}  // namespace

TEST_CASE("a workflow that sets no limits has the strictest of the jobs that it uses, and knows whose they are") {
  const Limits found = limits("");
  CHECK(found.max_changes == 5);
  CHECK(found.max_changes_from == "sweep.few");
  CHECK(found.max_percent == 10);
  CHECK(found.max_percent_from == "sweep.some");
}

TEST_CASE("what a workflow says about its limits goes before what its jobs bring") {
  const Limits found = limits("safety: {max_changes: 500}\n");
  CHECK(found.max_changes == 500);
  CHECK(found.max_changes_from.empty());
  CHECK(found.max_percent == 10);
}

TEST_CASE("whatever comes with Millrace and deletes brings limits") {
  const Catalog shipped = Catalog::load(std::string(TEST_BUILD) + "/../plugins", "");
  int deleting = 0;
  for (const auto& plugin : shipped.plugins()) {
    for (const Action& action : plugin->actions) {
      if (action.effect != Effect::remove) continue;
      CAPTURE(action.name);
      ++deleting;
      CHECK(action.safety.max_changes);
    }
  }
  CHECK(deleting >= 3);
}

TEST_SUITE_END();
