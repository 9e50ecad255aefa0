#pragma once

#include <string>
#include <vector>

#include "catalog/catalog.hpp"
#include "workflow/load.hpp"
#include "yaml/files.hpp"

namespace millrace::test {

inline const Catalog& test_catalog() {
  static const Catalog catalog = Catalog::load(std::string(TEST_DATA) + "/workflow/plugins", "");
  return catalog;
}

inline const Project& test_project() {
  static const LoadedProject loaded = load_project(std::string(TEST_DATA) + "/workflow/project");
  return *loaded.project;
}

inline std::shared_ptr<const SourceText> source_of(std::string text) {
  return std::make_shared<const SourceText>(SourceText{"flow.yaml", std::move(text)});
}

/// Everything that `check` finds in the text.
inline std::vector<Finding> findings_in(const std::string& text) {
  return load_and_check(source_of(text), test_catalog(), &test_project()).findings;
}

inline std::string rendered(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& one : findings) text += render(one) + "\n";
  const std::string folder = TEST_DATA;  // wherever the tests stand
  for (auto at = text.find(folder); at != std::string::npos; at = text.find(folder))
    text.replace(at, folder.size(), "tests");
  return text;
}

}  // namespace millrace::test
