#pragma once

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "catalog/catalog.hpp"
#include "temporary_folder.hpp"
#include "workflow/case_findings.hpp"
#include "workflow/load.hpp"

namespace millrace::test {

/// The plugins that come with Millrace. Their libraries are built beside other tests; here, where none is called, empty
/// files stand for them.
inline const Catalog& shipped_catalog() {
  static TemporaryFolder folder;  // what stands in further files of a plugin is read when it is asked for
  static const Catalog catalog = [] {
    namespace fs = std::filesystem;
    for (const auto& plugin : fs::directory_iterator(std::string(TEST_DATA) + "/../plugins")) {
      const std::string name = plugin.path().filename().string();
      if (!fs::exists(plugin.path() / (name + ".json"))) continue;
      const fs::path copy = fs::path(folder.path()) / name;
      fs::create_directories(copy);
      for (const auto& file : fs::directory_iterator(plugin.path())) {
        if (file.path().extension() == ".json") fs::copy_file(file.path(), copy / file.path().filename());
      }
      std::ofstream(copy / (name + ".so")) << "";
    }
    return Catalog::load(folder.path(), "");
  }();
  return catalog;
}

/// What people have at their first steps: it has connections to all that the samples use.
inline const Project& sample_project() {
  static const LoadedProject loaded = load_project(std::string(TEST_DATA) + "/..");
  REQUIRE(loaded.project);
  return *loaded.project;
}

inline std::vector<Finding> findings_there(const std::shared_ptr<const SourceText>& source) {
  return load_and_check(source, shipped_catalog(), &sample_project()).findings;
}

}  // namespace millrace::test
