#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>

#include "workflow/load.hpp"
#include "workflow/permissions.hpp"
#include "workflow/sample_project.hpp"

namespace millrace::test {

inline std::shared_ptr<const Workflow> workflow_of(const std::string& text, const std::string& name = "flow.yaml") {
  auto source = std::make_shared<const SourceText>(SourceText{name, "version: 1\n" + text});
  LoadedWorkflow loaded = load_workflow(std::move(source), shipped_catalog());
  for (const Finding& finding : loaded.findings) INFO(render(finding));
  REQUIRE(loaded.workflow);
  return std::make_shared<const Workflow>(std::move(*loaded.workflow));
}

/// `permissions: {...}` of a file, where it is the second line.
inline std::shared_ptr<const Bounds> bounds_of(const std::string& permissions) {
  const auto workflow = workflow_of("permissions: " + permissions + "\nactions: [{set: {x: 1}}]\n");
  REQUIRE(workflow->permissions != nullptr);
  return workflow->permissions;
}

}  // namespace millrace::test
