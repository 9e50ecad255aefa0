#include "plugin/staged_package.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "support/temporary_folder.hpp"

using namespace millrace;

namespace {

Package package(const std::string& version) {
  Package made;
  made.name = "paper";
  made.manifest = R"({"manifest": 1, "name": "paper", "version": ")" + version + R"(", "summary": "x"})";
  made.sums = "sums";
  return made;
}

std::string text_of(const std::filesystem::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::size_t entries_in(const std::filesystem::path& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

}  // namespace

TEST_SUITE_BEGIN("plugin");

TEST_CASE("a staged package is no plugin until it changes places, and can be put back") {
  const test::TemporaryFolder folder;
  const std::filesystem::path plugins = folder.path() / "plugins", manifest = plugins / "paper" / "paper.json";
  {
    auto first = StagedPackage::write(plugins, package("1.0.0"));
    REQUIRE(first);
    CHECK(Catalog::load("/nonexistent", plugins).plugins().empty());
    CHECK(first->exchange());
  }
  CHECK(text_of(manifest) == package("1.0.0").manifest);
  CHECK(entries_in(plugins) == 1);
  {
    auto second = StagedPackage::write(plugins, package("2.0.0"));
    REQUIRE(second);
    CHECK(second->exchange());
    CHECK(text_of(manifest) == package("2.0.0").manifest);
    CHECK(second->exchange());
  }
  CHECK(text_of(manifest) == package("1.0.0").manifest);
  CHECK(entries_in(plugins) == 1);
}

TEST_CASE("one package is staged at a time, and what was left behind is cleared away") {
  const test::TemporaryFolder folder;
  const std::filesystem::path plugins = folder.path() / "plugins";
  std::filesystem::create_directories(plugins / ".adding-abc" / "paper");
  const auto first = StagedPackage::write(plugins, package("1.0.0"));
  REQUIRE(first);
  CHECK(entries_in(plugins) == 1);
  const auto second = StagedPackage::write(plugins, package("1.0.0"));
  REQUIRE_FALSE(second);
  CHECK(second.error().code == ErrorCode::conflict);
}

TEST_CASE("a package whose manifest cannot be used leaves nothing behind") {
  const test::TemporaryFolder folder;
  CHECK_FALSE(StagedPackage::write(folder.path(), package("no version")));
  Package with_library = package("1.0.0");
  with_library.library = "not told";
  CHECK_FALSE(StagedPackage::write(folder.path(), with_library));
  CHECK(entries_in(folder.path()) == 0);
}

TEST_SUITE_END();
