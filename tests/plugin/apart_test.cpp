#include <doctest/doctest.h>

#include <fstream>

#include "base/thread_time.hpp"
#include "plugin/host_bench.hpp"
#include "plugin/plugin_process.hpp"

using namespace millrace;
using test::json;
using test::told;

TEST_SUITE_BEGIN("plugin");

namespace {

std::filesystem::path made(const std::string& name) {
  return std::filesystem::path(TEST_BUILD) / "plugin" / (name + ".so");
}

PluginOptions apart_options() {
  PluginOptions options = test::way();
  options.apart = PluginOptions::Apart::all;
  return options;
}

/// The wild plugin, apart.
struct Wild {
  explicit Wild(PluginOptions options = apart_options()) : host(open_plugin_host(loop, {}, std::move(options))) {}

  std::string call(const std::string& action, const std::string& input = "1") {
    const Action called = test::action_named("wild." + action);
    return told(test::ask(loop, host->call(plugin, called, json(input), services)));
  }

  test::TemporaryFolder folder;
  Loop loop;
  Manifest plugin = test::plugin_with_library(folder, "wild", made("wild"));
  test::ScriptedServices services;
  std::unique_ptr<PluginHost> host;
};

Task<void> keep_wild_call(Wild& wild, std::string action, std::string& outcome) {
  const Action called = test::action_named("wild." + action);
  const Value input = json("7");
  const auto result = co_await wild.host->call(wild.plugin, called, input, wild.services);
  outcome = told(result);
}

/// A call that waits for an answer, and meanwhile one that does `what`.
Task<std::vector<std::string>> two_calls(Wild& wild, std::string what) {
  std::vector<std::string> outcomes(2);
  Scope scope(wild.loop);
  wild.services.hold = true;
  scope.spawn(keep_wild_call(wild, "waits", outcomes[0]));
  co_await wild.services.asked.wait();
  wild.services.hold = false;
  co_await keep_wild_call(wild, what, outcomes[1]);
  wild.services.release.announce();
  co_await scope.done();
  co_return outcomes;
}

/// Cancels a call that has asked for something.
Task<std::string> cancelled_wild_call(Wild& wild, std::string action) {
  std::string outcome = "nothing";
  Scope scope(wild.loop);
  scope.spawn(keep_wild_call(wild, action, outcome));
  co_await wild.services.asked.wait();
  co_await scope.stop();
  co_return outcome;
}

/// A call that asks more than is answered for a while: until so many questions have come. `most`: all that came then.
Task<std::string> held_up(Wild& wild, std::size_t until, std::size_t& most) {
  std::string outcome;
  Scope scope(wild.loop);
  wild.services.hold = true;
  scope.spawn(keep_wild_call(wild, "asks_at_length", outcome));
  const Deadline patience = Deadline::in(std::chrono::minutes(1));
  while (wild.services.trace.size() < until && !patience.reached()) co_await sleep_for(std::chrono::milliseconds(5));
  co_await sleep_for(std::chrono::milliseconds(200));  // in which no other may come
  most = wild.services.trace.size();
  wild.services.hold = false;
  wild.services.release.announce();
  co_await scope.done();
  co_return outcome;
}

std::string why_not_opened(const std::string& library) {
  const test::TemporaryFolder folder;
  Loop loop;
  const Manifest plugin = test::plugin_with_library(folder, "broken", made(library));
  const Status opened = open_plugin_host(loop, {}, apart_options())->open(plugin);
  REQUIRE_FALSE(opened);
  return opened.error().message;
}

}  // namespace

TEST_CASE("a death is found at the call that makes it, and its neighbours live") {
  Wild wild;
  CHECK(wild.call("dies") == "internal: wild crashed (signal 4) twice in this step");
  CHECK(wild.call("exits") == "internal: wild ended by itself (86) twice in this step");
  CHECK(wild.call("echo", "2") == "2");
  Wild other;
  CHECK(test::ask(other.loop, two_calls(other, "dies")) ==
        std::vector<std::string>{"7", "internal: wild crashed (signal 4) twice in this step"});
}

TEST_CASE("what died once is begun again alone, and what it asks is asked as if for the first time") {
  Wild wild;
  int asked = 0;
  wild.services.answer = [&asked](auto&, auto&) { return Value(++asked); };
  CHECK(wild.call("waits") == "2");
  CHECK(wild.services.begun_again == 1);
}

TEST_CASE("of a write that is unsure nobody says that it failed, also where the library died of it") {
  Wild wild;
  wild.services.answer = [](auto&, auto&) { return Error{ErrorCode::unsure, "no answer"}; };
  CHECK(wild.call("waits") == "unsure: no answer");
}

TEST_CASE("of a call that is called off while a write is unsure nobody says anything else, whatever the library says") {
  Wild wild;
  wild.services.hold = true;
  CHECK(test::ask(wild.loop, cancelled_wild_call(wild, "asks")) == R"("done")");
  wild.services.when_called_off = ErrorCode::unsure;
  CHECK(test::ask(wild.loop, cancelled_wild_call(wild, "asks")) == "unsure: called off");
}

TEST_CASE("three failures put a plugin out of service, and that is told") {
  Wild wild;
  for (int n = 0; n < 3; ++n) CHECK(wild.call("dies").starts_with("internal: "));
  const std::string refused = wild.call("echo");
  CHECK(
      refused.starts_with("unavailable: the plugin \"wild\" is out of service for now: wild crashed (signal 4) twice"));
  REQUIRE(wild.host->troubles().size() == 1);
  CHECK(wild.host->troubles()[0].plugin == "wild");
}

TEST_CASE("a plugin that is out of service is tried at once when somebody says so, and only then") {
  Wild wild;
  CHECK_FALSE(wild.host->bring_back("wild"));
  for (int n = 0; n < 3; ++n) CHECK(wild.call("dies").starts_with("internal: "));
  CHECK(wild.call("echo", "1").starts_with("unavailable: "));
  CHECK_FALSE(wild.host->bring_back("other"));
  CHECK(wild.host->bring_back("wild"));
  CHECK(wild.call("echo", "2") == "2");
  CHECK(wild.host->troubles().empty());
  for (int n = 0; n < 2; ++n) CHECK(wild.call("dies").starts_with("internal: "));
  CHECK(wild.call("echo", "3") == "3");  // what was before does not count
}

TEST_CASE("behind a rest one call is tried: where it dies the rest is twice as long, else all is as before") {
  PluginOptions options = apart_options();
  options.rest = std::chrono::milliseconds(20);
  Wild wild(options);
  const auto waited_for = [&](const std::string& action) {
    const auto begun = steady_now();
    std::string outcome = "unavailable: ";
    while (outcome.starts_with("unavailable: ")) outcome = wild.call(action);
    return std::pair(outcome, steady_now() - begun);
  };
  for (int n = 0; n < 3; ++n) CHECK(wild.call("dies").starts_with("internal: "));
  const auto [first, short_rest] = waited_for("dies");
  CHECK(first.starts_with("internal: "));
  CHECK(wild.call("echo").starts_with("unavailable: "));  // one was enough
  const auto [second, long_rest] = waited_for("echo");
  CHECK(second == "1");
  CHECK(long_rest >= std::chrono::milliseconds(39));
  CHECK(wild.host->troubles().empty());
  CHECK(wild.call("dies").starts_with("internal: "));
  CHECK(wild.call("echo") == "1");  // what was before does not count
}

/// Calls of a plugin that is out of service, and what somebody does while they wait.
Task<std::vector<std::string>> waiting_calls(Wild& wild, std::vector<std::string> actions,
                                             std::function<void()> meanwhile) {
  std::vector<std::string> outcomes(actions.size(), "nothing");
  Scope scope(wild.loop);
  for (std::size_t n = 0; n < actions.size(); ++n) scope.spawn(keep_wild_call(wild, actions[n], outcomes[n]));
  co_await sleep_for(std::chrono::milliseconds(1));
  for (const std::string& each : outcomes) CHECK(each == "nothing");
  if (meanwhile) meanwhile();
  co_await scope.done();
  co_return outcomes;
}

TEST_CASE("in a service the calls of a plugin that is out of service wait until it is back") {
  PluginOptions options = apart_options();
  options.wait_while_out = true;
  options.rest = std::chrono::seconds(30);
  Wild wild(options);
  for (int n = 0; n < 3; ++n) CHECK(wild.call("dies").starts_with("internal: "));
  const std::vector<std::string> three = {"echo", "echo", "echo"};
  const std::vector<std::string> done = {"7", "7", "7"};
  const auto ask = [&](std::function<void()> meanwhile) {
    return test::ask(wild.loop, waiting_calls(wild, three, std::move(meanwhile)));
  };
  CHECK(ask([&] { wild.host->bring_back("wild"); }) == done);
  for (int n = 0; n < 3; ++n) CHECK(wild.call("dies").starts_with("internal: "));
  CHECK(wild.host->troubles()[0].what.find("is out of service for now, and its calls wait: ") != std::string::npos);
  const std::string revoked = "denied: it is revoked";
  CHECK(ask([&] { wild.host->forbid({{"wild", "it is revoked"}}); }) == std::vector<std::string>(3, revoked));
}

TEST_CASE("of the calls that wait for a plugin one is tried first, and where it dies the others wait on") {
  PluginOptions options = apart_options();
  options.wait_while_out = true;
  options.rest = std::chrono::milliseconds(100);
  Wild wild(options);
  for (int n = 0; n < 3; ++n) CHECK(wild.call("dies").starts_with("internal: "));
  const auto outcomes = test::ask(wild.loop, waiting_calls(wild, {"dies", "echo", "echo"}, nullptr));
  CHECK(outcomes[0].starts_with("internal: "));
  CHECK(outcomes[1] == "7");
  CHECK(outcomes[2] == "7");
}

TEST_CASE("what is forbidden is asked for nothing, its process is ended, and it can be used again") {
  Wild wild;
  CHECK(wild.call("echo", "1") == "1");
  wild.host->forbid({{"wild", "it is revoked"}, {"paper", "it is, too"}});
  CHECK(wild.call("echo", "2") == "denied: it is revoked");
  CHECK_FALSE(wild.host->may_run("paper"));
  CHECK(wild.host->may_run("other"));
  CHECK(wild.host->troubles().size() == 2);
  wild.host->forbid({});
  CHECK(wild.call("echo", "3") == "3");
  CHECK(wild.host->troubles().empty());
}

TEST_CASE("a call that does not end is written off with its process, and the next ones have another") {
  PluginOptions options = apart_options();
  options.grace = std::chrono::milliseconds(1);
  Wild wild(options);
  CHECK(test::ask(wild.loop, cancelled_wild_call(wild, "blocks")) ==
        "cancelled: called off, and \"wild\" has not ended it");
  CHECK(wild.call("echo", "2") == "2");
  REQUIRE(wild.host->troubles().size() == 1);
  CHECK(wild.host->troubles()[0].what.find("it did not end calls whose time was over, and its process was replaced: "
                                           "wild.blocks (") != std::string::npos);
  options.longest_call = std::chrono::milliseconds(50);
  Wild limited(options);
  CHECK(limited.call("blocks") == "timeout: not done within 50ms");
}

TEST_CASE("what leaks is replaced before it comes to its limit, and no call fails of it") {
  PluginOptions options = apart_options();
  options.data_bytes = std::uint64_t{64} << 20;
  Wild wild(options);
  for (int n = 0; n < 200; ++n) REQUIRE(wild.call("leaks") == "true");
}

TEST_CASE("a process with more threads than it may have is ended") {
  Wild wild;
  const std::string outcome = wild.call("multiplies");
  CHECK(outcome.starts_with("internal: wild was ended, because it had 10"));
  CHECK(outcome.ends_with(" threads, and may have 64 twice in this step"));
}

TEST_CASE("what it says is cut to what people read, and what it keeps is bounded") {
  Wild wild;
  CHECK(wild.call("fails_at_length").size() < 17'000);
  CHECK(wild.call("keeps_much").find("a value of its state has 5242882 bytes, and may have 4194304") !=
        std::string::npos);
  CHECK(wild.call("names_at_length").find("a key of its state has 2000 bytes, and may have 1024") != std::string::npos);
}

TEST_CASE("what it keeps in all is bounded, and what is written again or removed counts no longer") {
  constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;
  Wild wild;
  for (int n = 0; n < 4; ++n) CHECK(wild.call("hoards", "20") == "20");  // the same twenty keys
  const int fitting = std::stoi(wild.call("hoards", "100"));
  CHECK(fitting >= 60);
  CHECK(fitting < 64);
  wild.services.stored = 63 * mebibyte + mebibyte / 2;
  CHECK(wild.call("hoards", "10") == "0");
  CHECK(wild.call("removes") == "null");
  wild.services.stored -= 5 * mebibyte;
  CHECK(wild.call("hoards", "10") == "5");
}

TEST_CASE("there is no way to the network, and to no file but its own") {
  Wild wild;
  CHECK(wild.call("connects") == R"("Operation not permitted")");
  const std::string outside = wild.folder.write("outside", "x").string();
  std::ofstream(wild.plugin.folder / "inside") << "x";
  CHECK(wild.call("reads", "\"" + outside + "\"") == R"("Permission denied")");
  CHECK(wild.call("reads", "\"/proc/self/environ\"") != R"("read")");
  CHECK(wild.call("reads", "\"" + (wild.plugin.folder / "inside").string() + "\"") == R"("read")");
}

TEST_CASE("where the kernel guards no files a plugin is not loaded, unless the project allows that by name") {
  PluginOptions options = apart_options();
  options.most_landlock = 0;
  Wild refused(options);
  CHECK(refused.call("echo").find("it cannot be kept apart: this kernel has no Landlock") != std::string::npos);
  CHECK_FALSE(refused.host->open(refused.plugin));
  options.files_unguarded = {"wild"};
  Wild allowed(options);
  CHECK(allowed.call("echo", "2") == "2");
  CHECK(allowed.call("connects") == R"("Operation not permitted")");
}

TEST_CASE("who breaks the rules of the conversation is ended, and speaks of no call but its own") {
  Wild wild;
  CHECK(wild.call("garbage") ==
        "internal: wild was ended, because it sent a frame of more than 64 MiB twice in this step");
  Wild other;
  const auto foreign = PluginCall::start(std::make_shared<CallHub>(other.loop), "else", nullptr, nullptr);
  const auto number = std::to_string(reinterpret_cast<std::uintptr_t>(foreign->handle()));
  CHECK(other.call("forges", number) == number);
  CHECK_FALSE(foreign->ended());
  CHECK(other.call("forges", "17") == "17");
  foreign->end(Value());
}

TEST_CASE("a flood of lines or of questions holds up whoever makes it") {
  Wild wild;
  CHECK(wild.call("floods", "2") == "2");
  CHECK(wild.call("emits") == "1");
  CHECK(wild.call("asks_much") == "2000");
}

TEST_CASE("while somebody says what takes long to read, the loop is there for others") {
  Wild wild;
  CHECK(wild.call("echo") == "1");  // it is loaded
  const auto begun = std::chrono::steady_clock::now();
  const Duration had = thread_time();
  CHECK(wild.call("emits_at_length") == "1");
  // A fifth for it, and no more than that for all the rest: a slow machine only makes the whole longer.
  CHECK((thread_time() - had) * 10 < (std::chrono::steady_clock::now() - begun) * 4);
}

TEST_CASE("so much is read of long questions as is soon answered, and the rest later") {
  Wild wild;
  constexpr std::size_t held = 32;  // mebibytes, one in each
  std::size_t most = 0;
  CHECK(test::ask(wild.loop, held_up(wild, held, most)) == "100");
  CHECK(most == held);
}

TEST_CASE("a library that crashes or hangs while it is loaded is refused with a sentence") {
  const test::TemporaryFolder folder;
  Loop loop;
  const Manifest plugin = test::plugin_with_library(folder, "broken", made("broken_crashes"));
  const auto host = open_plugin_host(loop, {}, apart_options());
  const Status opened = host->open(plugin);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().message == "plugin \"broken\" was refused: its library crashed (signal 4) while it was loaded");
  test::ScriptedServices services;
  const Action action = test::action_named("broken.anything");
  const auto called = test::ask(loop, host->call(plugin, action, json("1"), services));
  REQUIRE_FALSE(called);
  CHECK(called.error().message == opened.error().message);
}

TEST_CASE("a library that takes too much while it is loaded is ended before it is open") {
  CHECK(why_not_opened("broken_open_multiplies").find("its library was ended, because it had 10") != std::string::npos);
}

TEST_CASE("why a library cannot be opened is cut to what people read") {
  const std::string why = why_not_opened("broken_open_fails_at_length");
  CHECK(why.find("xxx") != std::string::npos);
  CHECK(why.size() < 17'000);
}

TEST_CASE("frames of any bytes are read to no harm") {
  for (std::size_t size = 0; size < 64; ++size) {
    for (const char byte : {'\0', '\1', '\x7f', '\xff'}) {
      const std::string body(size, byte);
      frames::Parts parts(body);
      for (int n = 0; n < 4; ++n) parts.number(), parts.text();
      CHECK((!parts.whole() || size == 0 || byte == '\0'));
    }
  }
}

TEST_SUITE_END();
