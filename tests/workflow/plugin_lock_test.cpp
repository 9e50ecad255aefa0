#include "workflow/plugin_lock.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>

using namespace millrace;

namespace {

/// A project's folder with this lock.
struct Folder {
  explicit Folder(const std::string& lock) {
    std::string name = (std::filesystem::temp_directory_path() / "lock-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
    std::filesystem::create_directory(path / "plugins");
    std::ofstream(path / plugin_lock_file) << lock;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

PluginLock sample() {
  LockedPlugin plugin;
  plugin.name = "acme";
  plugin.version = "1.4.0";
  plugin.manifest = std::string(64, 'a');
  plugin.library = std::string(64, 'b');
  plugin.permissions = {{"update it's: #1"}, {"contacts.list", "contacts.get?"}, {"https://a.example"}, {"acme"}, 256};
  plugin.keys = {"RW" + std::string(54, 'Q')};
  plugin.by = "os:anna";
  plugin.at = "2026-11-27T00:00:00Z";
  LockedPlugin small = plugin;
  small.name = "small";
  small.library = "";
  small.keys = {};
  small.permissions = {};
  PluginLock lock;
  lock.keys = {{"RW" + std::string(54, 'Q'), "Acme \"& sons\": it's #1\\", "2026-11-27T00:00:00Z"}};
  lock.plugins = {plugin, small};
  return lock;
}

}  // namespace

TEST_SUITE_BEGIN("workflow");

TEST_CASE("a lock that was written is read as it was") {
  const PluginLock written = sample();
  const Folder folder(encode(written));
  const LoadedLock read = load_plugin_lock(folder.path);
  for (const Finding& finding : read.findings) MESSAGE(render(finding));
  REQUIRE(read.lock);
  REQUIRE(read.lock->plugins.size() == 2);
  const LockedPlugin& acme = read.lock->plugins.front();
  CHECK(acme.version == "1.4.0");
  CHECK(acme.manifest == written.plugins.front().manifest);
  CHECK(acme.library == written.plugins.front().library);
  CHECK(acme.permissions == written.plugins.front().permissions);
  CHECK(acme.keys == written.plugins.front().keys);
  CHECK(acme.by == "os:anna");
  CHECK(acme.mark.line > 1);
  CHECK(read.lock->plugins.back().library.empty());
  CHECK(read.lock->keys.front().name == written.keys.front().name);
  CHECK(encode(*read.lock) == encode(written));
}

TEST_CASE("without a file nothing was agreed to, and one that does not fit is no lock") {
  CHECK(load_plugin_lock("/nonexistent").lock->plugins.empty());
  const std::string good = encode(sample());
  for (const std::string& wrong : {std::string(), std::string("version: 2\n"), good + good, good + "more: 1\n",
                                   std::string("version: 1\nplugins:\n  acme: {}\n"),
                                   std::string("version: 1\nplugins:\n  ../acme: {}\n"), std::string("- 1\n")}) {
    const Folder folder(wrong);
    const LoadedLock read = load_plugin_lock(folder.path);
    CHECK_FALSE(read.lock);
    CHECK_FALSE(read.findings.empty());
  }
}

TEST_CASE("the pin of an entry is what trust: would name") {
  const LockedPlugin plugin = sample().plugins.front();
  CHECK(plugin.pin().starts_with("sha256:"));
  CHECK(sample().plugins.back().pin().empty());
}

TEST_SUITE_END();
