#include "plugin/binary.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>

#include "catalog/elf.hpp"
#include "catalog/pin.hpp"
#include "crypto/digest.hpp"
#include "plugin/host_bench.hpp"

using namespace millrace;
using test::built;

TEST_SUITE_BEGIN("plugin");

namespace {

std::string content_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// A plugin that did not come with Millrace.
Manifest strange(const test::TemporaryFolder& folder, const std::string& rule) {
  Manifest plugin = test::plugin_with_library(folder, "broken", built("broken_" + rule));
  plugin.shipped = false;
  plugin.text = "{}";
  return plugin;
}

}  // namespace

TEST_CASE("a library that did not come with Millrace is loaded only when trust names exactly it and its manifest") {
  const test::TemporaryFolder folder;
  Loop loop;
  Manifest plugin = strange(folder, "none");
  const std::string pin = Binary::read(plugin)->pin();

  const Status untrusted = open_plugin_host(loop, {"sha256:00"})->open(plugin);
  REQUIRE_FALSE(untrusted);
  CHECK(untrusted.error().code == ErrorCode::denied);
  CHECK(untrusted.error().message ==
        "plugin \"broken\" was refused: its library did not come with Millrace and is not trusted; if you trust it and "
        "its manifest as they are, put this into millrace.yaml: trust: [\"" +
            pin + "\"]");
  CHECK(open_plugin_host(loop, {pin}, test::way())->open(plugin));

  Manifest since = plugin;
  since.pin = "sha256:00";  // what lay there when the manifest was read
  const Status changed = open_plugin_host(loop, {pin, "sha256:00"}, test::way())->open(since);
  REQUIRE_FALSE(changed);
  CHECK(changed.error().message.find("its library lies there in another version since this process began") !=
        std::string::npos);

  Manifest other = plugin;
  other.text = "{\"effect\": \"read\"}";
  CHECK_FALSE(open_plugin_host(loop, {pin}, test::way())->open(other));

  std::ofstream(plugin.folder / "broken.so", std::ios::app) << "changed";
  CHECK_FALSE(open_plugin_host(loop, {pin}, test::way())->open(plugin));
}

TEST_CASE("a pin is what sha256sum says of the two files, and sha256sum of that") {
  Manifest plugin;
  plugin.name = "a";
  plugin.text = "{}";
  CHECK(pin_of(plugin, "elf") ==
        "sha256:" + fingerprint(fingerprint("{}") + "  a.json\n" + fingerprint("elf") + "  a.so\n"));
}

TEST_CASE("what was hashed is what is loaded, whatever becomes of the file meanwhile") {
  const test::TemporaryFolder folder;
  const Manifest plugin = strange(folder, "none");
  const std::string before = content_of(plugin.folder / "broken.so");
  const auto binary = Binary::read(plugin);
  REQUIRE(binary);
  std::ofstream(plugin.folder / "broken.so") << "something else";
  CHECK(content_of(binary->path()) == before);
  std::ofstream(binary->path(), std::ios::in | std::ios::out) << "something else";
  CHECK(content_of(binary->path()) == before);
  std::filesystem::remove(plugin.folder / "broken.so");
  CHECK_FALSE(Binary::read(plugin));
}

TEST_CASE("a library that brings others along, which no pin covers, is refused") {
  const auto refused = [](const std::string& rule, const std::string& beside) {
    const test::TemporaryFolder folder;
    Loop loop;
    const Manifest plugin = strange(folder, rule);
    if (!beside.empty()) std::ofstream(plugin.folder / beside) << "a library";
    const Status opened = open_plugin_host(loop, {Binary::read(plugin)->pin()}, test::way())->open(plugin);
    return opened ? "opened" : opened.error().message;
  };
  CHECK(refused("none", "") == "opened");
  CHECK(refused("none", "notes.txt") == "opened");
  CHECK(refused("none", "helper.so").find("beside its library lies \"helper.so\", which no pin covers") !=
        std::string::npos);
  CHECK(refused("none", "libhelper.so.1").find("\"libhelper.so.1\"") != std::string::npos);
  for (const char* brings : {"auxiliary", "filter", "audit"}) {
    CAPTURE(brings);
    CHECK(refused(brings, "").find("its library needs \"/elsewhere/data.bin\", which no pin covers") !=
          std::string::npos);
  }
  CHECK(refused("near", "").find("its library looks for others in \"near\" (RUNPATH), which no pin covers") !=
        std::string::npos);
}

TEST_CASE("what a library shows beside the symbol of the contract is known") {
  const test::TemporaryFolder folder;
  CHECK(Binary::read(strange(folder, "none"))->more_exports().empty());
  CHECK(Binary::read(strange(folder, "no_entry"))->more_exports() == std::vector<std::string>{"another_entry"});
}

TEST_CASE("a file that says nonsense about itself is read to no harm") {
  const std::string whole = content_of(built("broken_none"));
  for (std::size_t at = 0; at < 256; ++at) {
    std::string bent = whole;
    for (const char byte : {'\x7f', '\xff'}) {
      bent[at] = byte;
      read_elf(bent);
    }
    read_elf(std::string_view(whole).substr(0, whole.size() * at / 256));
  }
  CHECK(read_elf(whole).exports == std::vector<std::string>{"mr_plugin_entry"});
}

TEST_SUITE_END();
