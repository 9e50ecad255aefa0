#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "workflow/load.hpp"

using namespace millrace;

namespace {

/// The blocks of a page that are said to be YAML.
std::vector<std::string> examples_in(const std::string& page) {
  std::ifstream file(std::filesystem::path(TEST_DATA) / "../docs" / page);
  std::vector<std::string> blocks;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("```")) {
      inside = line == "```yaml";
      if (inside) blocks.emplace_back();
    } else if (inside) {
      blocks.back() += line + "\n";
    }
  }
  return blocks;
}

/// A whole workflow around what a page shows of one; empty where it shows something else.
std::string workflow_around(const std::string& example) {
  const std::string actions = "actions: {set: {seen: true}}\n";
  if (example.starts_with("version:")) return example;
  if (example.starts_with("triggers:")) return "version: 1\n" + example + actions;
  return "";
}

}  // namespace

TEST_SUITE_BEGIN("workflow");

TEST_CASE("each workflow that the guide shows can be read, and nothing in it is an error") {
  const Catalog shipped = Catalog::load(std::string(TEST_DATA) + "/../plugins", "");
  int read = 0;
  for (const std::string& example : examples_in("workflows.md")) {
    const std::string text = workflow_around(example);
    if (text.empty()) continue;
    ++read;
    const auto source = std::make_shared<const SourceText>(SourceText{"flow.yaml", text});
    for (const Finding& finding : load_and_check(source, shipped, nullptr).findings) {
      INFO(render(finding));
      const bool unbuilt = finding.rule == "broken-plugin";  // its library is not beside its manifest here
      CHECK((unbuilt || finding.severity != Severity::error));
    }
  }
  CHECK(read >= 3);
}

TEST_SUITE_END();
