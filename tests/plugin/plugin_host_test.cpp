#include <doctest/doctest.h>

#include <fstream>

#include "plugin/digest.hpp"
#include "plugin/host_bench.hpp"

using namespace millrace;
using test::json;
using test::told;

extern "C" int has_begin_only(void);

TEST_SUITE_BEGIN("plugin");

namespace {

std::filesystem::path built(const std::string& name) {
  return std::filesystem::path(TEST_BUILD) / "plugin" / (name + ".so");
}

/// The odd plugin, opened.
struct Odd {
  explicit Odd(int workers = 4) : loop(workers), host(open_plugin_host(loop, {})) {}

  std::string call(const std::string& action, const std::string& input = R"({"a":1})") {
    const Action called = test::action_named("odd." + action);
    return told(test::ask(loop, host->call(plugin, called, json(input), services)));
  }

  test::TemporaryFolder folder;
  Loop loop;
  Manifest plugin = test::plugin_with_library(folder, "odd", built("odd"));
  test::ScriptedServices services;
  std::unique_ptr<PluginHost> host;
};

Task<void> keep_call(Odd& odd, std::string action, std::string& outcome) {
  const Action called = test::action_named("odd." + action);
  const Value input = json("{}");
  const auto result = co_await odd.host->call(odd.plugin, called, input, odd.services);
  outcome = told(result);
}

/// Begins a call, cancels it once the plugin has asked for something, and gives its outcome.
Task<std::string> cancelled_call(Odd& odd, std::string action) {
  std::string outcome = "nothing";
  Scope scope(odd.loop);
  scope.spawn(keep_call(odd, action, outcome));
  co_await odd.services.asked.wait();
  co_await scope.stop();
  co_return outcome;
}

std::string refusal(const std::string& rule) {
  const test::TemporaryFolder folder;
  Loop loop;
  const Manifest plugin = test::plugin_with_library(folder, "broken", built("broken_" + rule));
  const auto host = open_plugin_host(loop, {});
  const Status opened = host->open(plugin);
  if (opened) return "opened";
  std::filesystem::remove_all(plugin.folder);
  const Status again = host->open(plugin);
  CHECK_MESSAGE((!again && again.error().message == opened.error().message), "a refusal is remembered");
  return opened.error().message;
}

}  // namespace

TEST_CASE("the contract's header is C, and a table says which fields it has") { CHECK(has_begin_only() == 1); }

TEST_CASE("a library that breaks a rule of the contract is refused with a sentence") {
  const std::string begin = "plugin \"broken\" was refused: ";
  CHECK(refusal("none") == "opened");
  CHECK(refusal("no_cancel") == "opened");
  CHECK(refusal("no_entry") == begin + "its library has no function mr_plugin_entry, or hides it");
  CHECK(refusal("no_table") == begin + "mr_plugin_entry gave nothing");
  CHECK(refusal("tiny_table") == begin + "its table is too short to hold a version");
  CHECK(refusal("short_table") == begin + "its table ends before \"begin\"");
  CHECK(refusal("other_major") ==
        begin +
            "it was built for version 2 of the plugin contract, and this program speaks version 1: "
            "build it again with this program's header");
  CHECK(refusal("other_name") == begin + R"(its library calls itself "others", its manifest "broken")");
  CHECK(refusal("no_open") == begin + "its table has no \"open\"");
  CHECK(refusal("no_close") == begin + "its table has no \"close\"");
  CHECK(refusal("no_begin") == begin + "its table has no \"begin\"");
  CHECK(refusal("open_fails") == begin + "it could not be opened: the licence has run out");
  CHECK(refusal("open_gives_nothing") == begin + "it could not be opened and gave no reason");
}

TEST_CASE("what is no library is refused") {
  const test::TemporaryFolder folder;
  Loop loop;
  const Manifest plugin = test::plugin_with_library(folder, "broken", built("broken_none"));
  std::ofstream(plugin.folder / "broken.so") << "not a library";
  const Status opened = open_plugin_host(loop, {})->open(plugin);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().message.starts_with("plugin \"broken\" was refused: its library cannot be loaded: "));
}

TEST_CASE("a library that did not come with Millrace is loaded only when trust names exactly it") {
  const test::TemporaryFolder folder;
  Loop loop;
  Manifest plugin = test::plugin_with_library(folder, "broken", built("broken_none"));
  plugin.shipped = false;
  const std::string digest = "sha256:" + *sha256_of(plugin.folder / "broken.so");

  const Status untrusted = open_plugin_host(loop, {"sha256:00"})->open(plugin);
  REQUIRE_FALSE(untrusted);
  CHECK(untrusted.error().code == ErrorCode::denied);
  CHECK(untrusted.error().message ==
        "plugin \"broken\" was refused: its library did not come with Millrace and is not trusted; if you trust it, "
        "put this "
        "into millrace.yaml: trust: [\"" +
            digest + "\"]");
  CHECK(open_plugin_host(loop, {digest})->open(plugin));

  std::ofstream(plugin.folder / "broken.so", std::ios::app) << "changed";
  CHECK_FALSE(open_plugin_host(loop, {digest})->open(plugin));
}

TEST_CASE("a digest is that of the file's bytes") {
  const test::TemporaryFolder folder;
  CHECK(*sha256_of(folder.write("abc", "abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(*sha256_of(folder.write("empty", "")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK_FALSE(sha256_of(folder.path() / "missing"));
}

TEST_CASE("a call gives what the plugin finishes with, at once or later from a thread of its own") {
  Odd odd;
  CHECK(odd.call("echo") == R"({"a":1})");
  CHECK(odd.call("echo", R"({"id": {"$unknown": "the id"}})") == R"({"id":{"$unknown":"the id"}})");
  CHECK(odd.call("later") == R"({"a":1})");
}

TEST_CASE("a call ends once: what comes after the first end is ignored") {
  Odd odd;
  CHECK(odd.call("twice") == R"({"a":1})");
  CHECK(odd.call("asks_late") == R"({"a":1})");
  CHECK(odd.call("echo", "7") == "7");
}

TEST_CASE("failures of a plugin become errors with their code") {
  Odd odd;
  CHECK(odd.call("fails") == "limited: enough");
  CHECK(odd.call("fails_badly") == "internal: plugin \"odd\" failed and gave no reason that can be read");
  CHECK(odd.call("throws") == "internal: the plugin \"odd\" let an exception escape");
  CHECK(odd.call("not_json").starts_with("internal: plugin \"odd\" gave a broken output: not valid JSON at line 1"));
}

TEST_CASE("services answer a plugin that waits and one that does not") {
  Odd odd;
  CHECK(odd.call("asks") == R"({"a":1})");
  CHECK(odd.call("asks_and_waits", R"({"a":{"$unknown":"x"}})") == R"({"a":{"$unknown":"x"}})");
  CHECK(odd.services.trace ==
        std::vector<std::string>{R"(things.list {"a":1})", R"(things.list {"a":{"$unknown":"x"}})"});
  odd.services.answer = [](auto&, auto&) { return Error{ErrorCode::denied, "no \"scope\""}; };
  CHECK(odd.call("asks") == R"(internal: {"code":"denied","message":"no \"scope\""})");
  CHECK(
      odd.call("asks_nonsense")
          .starts_with(R"(internal: {"code":"internal","message":"plugin \"odd\" gave a broken input of things.list)"));
  CHECK(odd.call("writes") == R"({"file":"a.txt","bytes":7})");
}

TEST_CASE("a plugin's own request follows the rules of mappings") {
  Odd odd;
  CHECK(odd.call("sends", R"({"method": "POST", "path": "/a", "query": {"b": "c d"}, "body": {"e": 1}})") ==
        R"({"status":200})");
  CHECK(odd.services.trace == std::vector<std::string>{R"(POST "/a?b=c%20d" {"e":1})"});
  CHECK(odd.call("sends", R"({"method": "GET", "url": "ftp://x"})").find("must be a path") != std::string::npos);
}

TEST_CASE("more blocked calls than workers do not keep each other from their answers") {
  Odd odd(2);
  std::vector<std::string> outcomes(20);
  const auto all = [](Odd& of, std::vector<std::string>& into) -> Task<void> {
    Scope scope(of.loop);
    for (std::string& outcome : into) scope.spawn(keep_call(of, "asks_and_waits", outcome));
    co_await scope.done();
  };
  test::ask(odd.loop, all(odd, outcomes));
  CHECK(outcomes == std::vector<std::string>(20, "{}"));
}

TEST_CASE("a cancelled call ends when the plugin has ended it") {
  Odd odd;
  CHECK(test::ask(odd.loop, cancelled_call(odd, "polls")) == R"("stopped")");
  CHECK(test::ask(odd.loop, cancelled_call(odd, "hangs")) == "cancelled: stopped by cancel");
  odd.services.hold = true;
  CHECK(test::ask(odd.loop, cancelled_call(odd, "asks_and_waits")) ==
        R"(cancelled: {"code":"cancelled","message":"called off"})");
}

TEST_CASE("a library is closed only after its last function has returned") {
  Odd odd;
  CHECK(odd.call("lingers") == R"({"a":1})");
  odd.host.reset();
}

TEST_SUITE_END();
