#pragma once

#include <doctest/doctest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "temporary_folder.hpp"
#include "workflow/load.hpp"
#include "workflow/permissions.hpp"

namespace millrace::test {

/// The manifests that come with Millrace. Their libraries are looked for, and never loaded here.
inline const Catalog& shipped_catalog() {
  static const TemporaryFolder folder;
  static const Catalog catalog = [] {
    for (const auto& file : std::filesystem::recursive_directory_iterator(std::string(TEST_DATA) + "/../plugins")) {
      const std::string plugin = file.path().parent_path().filename().string();
      if (file.path().extension() != ".json" || !file.path().filename().string().starts_with(plugin)) continue;
      folder.write(plugin + "/" + plugin + ".so", "");
      std::filesystem::copy_file(file.path(), folder.path() / plugin / file.path().filename());
    }
    return Catalog::load(folder.path(), "");
  }();
  return catalog;
}

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
