#include <doctest/doctest.h>

#include <fstream>

#include "plugin/call_places.hpp"
#include "plugin/host_bench.hpp"

using namespace millrace;
using test::built;
using test::json;
using test::told;

extern "C" int has_begin_only(void);

TEST_SUITE_BEGIN("plugin");

namespace {

/// The odd plugin, opened.
struct Odd {
  explicit Odd(int workers = 4, const PluginOptions& options = test::way())
      : loop(workers), host(open_plugin_host(loop, {}, options)) {}

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

/// Begins a call, cancels it once the plugin has asked for so much, and gives its outcome.
Task<std::string> cancelled_call(Odd& odd, std::string action, std::size_t asked = 1) {
  std::string outcome = "nothing";
  odd.services.trace.clear();
  Scope scope(odd.loop);
  scope.spawn(keep_call(odd, action, outcome));
  while (odd.services.trace.size() < asked) {
    co_await odd.services.asked.wait();
  }
  co_await scope.stop();
  co_return outcome;
}

const PluginOptions impatient = {.grace = std::chrono::milliseconds(1), .farewell = std::chrono::milliseconds(1)};
constexpr const char* written_off = "cancelled: called off, and \"odd\" has not ended it";
constexpr const char* worn_out =
    "unavailable: the plugin \"odd\" takes no more calls: its places are held by calls that it has not ended when "
    "their "
    "time was over; start the engine again";

/// Cancels so many calls that block, and gives what becomes of one that waits in line behind them.
Task<std::string> call_beside_lost(Odd& odd, std::size_t count) {
  std::vector<std::string> outcomes(count);
  std::string next;
  Scope scope(odd.loop), in_line(odd.loop);
  for (std::string& outcome : outcomes) scope.spawn(keep_call(odd, "blocks", outcome));
  while (odd.services.trace.size() < count) {
    co_await odd.services.asked.wait();
  }
  in_line.spawn(keep_call(odd, "echo", next));
  co_await scope.stop();
  co_await in_line.done();
  co_return next;
}

/// Answers each call from a worker of the loop, and with a further call inside as deep as it shall go.
class Inner final : public test::ScriptedServices {
 public:
  Inner(Odd& odd, int further, int depth = 0) : odd_(odd), further_(further), depth_(depth) {}
  Task<Result<Value>> call_action(std::string, Value input) override {
    if (further_ == 0) {
      std::function<Result<Value>()> job = [] { return Result<Value>(Value::object({{"from", "a worker"}})); };
      auto answer = co_await on_worker<Result<Value>>(odd_.loop, std::move(job));
      co_return answer;
    }
    Inner inner(odd_, further_ - 1, depth_ + 1);
    const Action called = test::action_named("odd.asks_and_waits");
    auto answer = co_await odd_.host->call(odd_.plugin, called, input, inner);
    co_return answer;
  }
  int depth() const override { return depth_; }

 private:
  Odd& odd_;
  int further_, depth_;
};

Task<void> keep_inner_call(Odd& odd, Inner& services, std::string& outcome) {
  const Action called = test::action_named("odd.asks_and_waits");
  const Value input = json("{}");
  const auto result = co_await odd.host->call(odd.plugin, called, input, services);
  outcome = told(result);
}

Task<std::vector<std::string>> call_often(Odd& odd, Inner& services, std::size_t count) {
  std::vector<std::string> outcomes(count);
  Scope scope(odd.loop);
  for (std::string& outcome : outcomes) scope.spawn(keep_inner_call(odd, services, outcome));
  co_await scope.done();
  co_return outcomes;
}

Task<void> keep_listening(Odd& odd) {
  Trigger trigger;
  trigger.name = "odd.polls";
  const Value with = json("{}");
  std::function<Status(Value)> hear = [](const Value&) { return Status(Done{}); };
  co_await odd.host->listen(odd.plugin, trigger, with, odd.services, hear);
}

Task<std::vector<std::string>> call_among_listeners(Odd& odd, Inner& services, int listeners) {
  Scope listening(odd.loop);
  for (int i = 0; i < listeners; ++i) listening.spawn(keep_listening(odd));
  while (odd.services.trace.size() < static_cast<std::size_t>(listeners)) {
    co_await odd.services.asked.wait();
  }
  auto outcomes = co_await call_often(odd, services, 50);
  co_await listening.stop();
  co_return outcomes;
}

/// Cancels calls that do not heed it, and tells what can be done beside them.
Task<std::string> call_beside_stubborn(Odd& odd, int count) {
  std::vector<std::string> outcomes(static_cast<std::size_t>(count));
  Scope scope(odd.loop), stopping(odd.loop);
  for (std::string& outcome : outcomes) scope.spawn(keep_call(odd, "ignores", outcome));
  while (odd.services.trace.size() < outcomes.size()) {
    co_await odd.services.asked.wait();
  }
  stopping.spawn(scope.stop());
  co_await sleep_for(Duration::zero());
  std::function<std::string()> job = [] { return std::string("a worker is free"); };
  auto seen = co_await on_worker<std::string>(odd.loop, std::move(job));
  std::string stubborn, released;
  co_await keep_call(odd, "stubborn", stubborn);
  co_await keep_call(odd, "releases", released);
  co_await stopping.done();
  CHECK(outcomes == std::vector<std::string>(outcomes.size(), "\"released\""));
  co_return seen + ", " + stubborn + " are stubborn";
}

Task<void> take_place(CallPlaces& places, std::string name, int depth, std::string& trace) {
  const std::string plugin = name == "f(other) " ? "other" : "odd";
  const bool taken = co_await places.take(plugin, depth);
  if (taken) trace += name;
}

Task<void> take_in_turn(Loop& loop, CallPlaces& places, std::string& trace) {
  Scope scope(loop), leaving(loop);
  scope.spawn(take_place(places, "a ", 0, trace));
  scope.spawn(take_place(places, "b ", 0, trace));
  leaving.spawn(take_place(places, "left ", 0, trace));
  scope.spawn(take_place(places, "c ", 0, trace));
  scope.spawn(take_place(places, "d ", 0, trace));
  scope.spawn(take_place(places, "e(inside) ", 1, trace));
  scope.spawn(take_place(places, "f(other) ", 0, trace));
  co_await sleep_for(Duration::zero());
  co_await leaving.stop();
  trace += "| ";
  places.give_back("odd", 0);
  co_await sleep_for(std::chrono::milliseconds(1));
  trace += "| ";
  places.give_back("odd", 0);
  co_await scope.done();
  trace += "|";
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

TEST_CASE("a call gives what the plugin finishes with, at once or later from a thread of its own") {
  Odd odd;
  CHECK(odd.call("echo") == R"({"a":1})");
  CHECK(odd.call("echo", R"({"id": {"$unknown": "the id"}})") == R"({"id":{"$unknown":"the id"}})");
  CHECK(odd.call("later") == R"({"a":1})");
}

TEST_CASE("what a plugin gives is data whatever it is called, unless it was told something unknown itself") {
  Odd odd;
  const Value data = *parse_json(R"({"rows":[{"$unknown":"x"},{"$$unknown":"y"}]})");
  const auto call = [&odd](const char* action, const Value& input) {
    const Action called = test::action_named(std::string("odd.") + action);
    return test::ask(odd.loop, odd.host->call(odd.plugin, called, input, odd.services));
  };
  for (const char* action : {"echo", "later", "asks_and_waits"}) {
    odd.services.answer = [&data](auto&, auto&) { return data; };
    const auto given = call(action, data);
    REQUIRE(given);
    CHECK_FALSE(given->contains_unknown());
    CHECK(encode_json(*given) == encode_json(data));
  }
  CHECK_FALSE(call("invents", data)->contains_unknown());
  CHECK(call("invents", Value::object({{"id", Value::unknown("the id")}}))->is_unknown());
  // Beside a real one, data stays data.
  const Value mixed = Value::object({{"data", data}, {"id", Value::unknown("the id")}});
  CHECK(encode_marked_json(*call("echo", mixed)) == encode_marked_json(mixed));
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

TEST_CASE("calls that wait for what needs a worker end, however many they are, and leave room for those further in") {
  for (const int depth : {0, 1, 8}) {
    for (const int workers : {1, 32}) {
      CAPTURE(depth);
      CAPTURE(workers);
      Odd odd(workers);
      Inner services(odd, depth);
      CHECK(test::ask(odd.loop, call_often(odd, services, 100)) ==
            std::vector<std::string>(100, R"({"from":"a worker"})"));
    }
  }
}

TEST_CASE("listening triggers hold neither workers nor the places of calls") {
  Odd odd(1);
  Inner services(odd, 1);
  CHECK(test::ask(odd.loop, call_among_listeners(odd, services, 40)) ==
        std::vector<std::string>(50, R"({"from":"a worker"})"));
}

TEST_CASE("a cancelled call that does not end holds no worker, and of its plugin no more than its own place") {
  Odd odd(1);
  CHECK(test::ask(odd.loop, call_beside_stubborn(odd, 6)) == "a worker is free, 6 are stubborn");
}

TEST_CASE("a plugin holds a bounded number of threads, and who waits for one has it in his turn or leaves") {
  Loop loop;
  CallPlaces places(2);
  std::string trace;
  test::ask(loop, take_in_turn(loop, places, trace));
  CHECK(trace == "a b e(inside) f(other) | c | d |");
}

TEST_CASE("a cancelled call ends when the plugin has ended it") {
  Odd odd;
  CHECK(test::ask(odd.loop, cancelled_call(odd, "polls")) == R"("stopped")");
  CHECK(test::ask(odd.loop, cancelled_call(odd, "hangs")) == "cancelled: stopped by cancel");
  odd.services.hold = true;
  CHECK(test::ask(odd.loop, cancelled_call(odd, "asks_and_waits")) ==
        R"(cancelled: {"code":"cancelled","message":"called off"})");
}

TEST_CASE("a call that does not end when it is told to is written off, and is told where it holds a thread") {
  Odd odd(1, impatient);
  CHECK(test::ask(odd.loop, cancelled_call(odd, "never")) == written_off);
  CHECK(odd.host->troubles().empty());
  odd.services.from = "step \"slow\" of w";
  CHECK(test::ask(odd.loop, cancelled_call(odd, "blocks")) == written_off);
  CHECK(odd.call("echo") == R"({"a":1})");
  const auto troubles = odd.host->troubles();
  REQUIRE(troubles.size() == 1);
  CHECK(troubles[0].plugin == "odd");
  CHECK(troubles[0].what ==
        "it does not come back from 1 call, each of which holds a thread until the engine is started again: "
        "odd.blocks (step \"slow\" of w)");
}

TEST_CASE("what was written off while one of its writes is unsure is unsure itself") {
  Odd odd(1, impatient);
  odd.services.answer = [](auto&, auto&) { return Error{ErrorCode::unsure, "the far side has not answered"}; };
  CHECK(test::ask(odd.loop, cancelled_call(odd, "asks_and_blocks", 2)) == "unsure: the far side has not answered");
}

TEST_CASE("where all places are held for good, calls are refused at once, those in line among them") {
  Odd odd(1, impatient);
  CHECK(test::ask(odd.loop, call_beside_lost(odd, 8)) == worn_out);
  CHECK(odd.call("echo") == worn_out);
}

TEST_CASE("what hangs in one plugin holds up neither another one nor the end of the host") {
  Odd odd(1, impatient);
  Manifest memory;
  memory.name = "memory";
  memory.folder = std::filesystem::path(TEST_BUILD) / "../plugins/memory";
  memory.shipped = true;
  CHECK(test::ask(odd.loop, cancelled_call(odd, "asks_and_blocks", 2)) == written_off);  // its answers' thread is held
  const Action changes = test::action_named("memory.changes");
  const Value input = json(R"({"key": "k", "items": [1]})");
  CHECK(told(test::ask(odd.loop, odd.host->call(memory, changes, input, odd.services))).find("added") !=
        std::string::npos);
  CHECK(odd.call("blocks_behind_its_end") == R"({"a":1})");
  odd.host.reset();
}

TEST_CASE("a library is closed only after its last function has returned") {
  Odd odd;
  CHECK(odd.call("lingers") == R"({"a":1})");
  odd.host.reset();
}

TEST_SUITE_END();
