#include <doctest/doctest.h>

#include <functional>

#include "ask.hpp"
#include "runtime/performer.hpp"
#include "temporary_folder.hpp"
#include "value/json.hpp"

using namespace millrace;

namespace {

constexpr const char* manifest = R"({
  "manifest": 1, "name": "acme", "version": "1.0.0", "summary": "A stranger", "library": true,
  "hosts": ["https://api.acme.example"], "files": ["acme", "shared/acme/"],
  "actions": {"go": {"summary": "Go", "effect": "create", "calls": ["acme.sent"], "output": {}},
              "idle": {"summary": "Idle", "effect": "none", "output": {}},
              "sent": {"summary": "Send", "effect": "create", "output": {},
                       "input": {"type": "object", "properties": {"url": {"type": "string"}, "text": {"type": "string"}}},
                       "request": {"method": "POST", "url_input": "url", "body": {"text": "text"}}}}
})";

/// A library as a function.
class Scripted final : public PluginHost {
 public:
  std::function<Task<Result<Value>>(CallServices&)> library;
  Status open(const Manifest&) override { return Done{}; }
  Task<Result<Value>> call(const Manifest&, const Action&, Value, CallServices& services) override {
    return library(services);
  }
  Task<Status> listen(const Manifest&, const Trigger&, Value, CallServices&, std::function<Status(Value)>) override {
    co_return Done{};
  }
};

/// Lets everything pass, and notes under which entry of the ledger.
class OpenGate final : public Gate {
 public:
  std::vector<std::string> passed;
  Task<Result<Value>> perform(const Action&, Value, CallSite site) override {
    passed.push_back(render(site.entry));
    co_return Value();
  }
  Task<Result<Value>> request(const Action&, RequestParts parts, Value, CallSite) override {
    passed.push_back(parts.path.text());
    co_return Value();
  }
  Task<Result<Value>> write_file(const Action&, std::string path, std::string, CallSite) override {
    passed.push_back(path);
    co_return Value();
  }
  Status announce(const Action&, std::int64_t, const CallSite&) override { return Done{}; }
  StateStore& state() override { return *states; }
  std::unique_ptr<StateStore> states = open_memory_state_store();
};

struct Bench {
  explicit Bench(bool strange = true) {
    folder.write("plugins/acme/acme.json", manifest);
    folder.write("plugins/acme/acme.so", "");
    const auto plugins = folder.path() / "plugins";
    catalog = strange ? Catalog::load("", plugins) : Catalog::load(plugins, "");
    for (const Catalog::Problem& problem : catalog.problems()) FAIL(problem.error.message);
  }

  /// What the library's action comes to.
  std::string go(std::function<Task<Result<Value>>(CallServices&)> library, const std::string& action = "acme.go") {
    host.library = std::move(library);
    Performer performer(project, catalog, host, gate, Timestamp{}, "UTC");
    CallSite site;
    site.entry.run = "run";
    site.states = &overlay;
    const auto outcome = test::ask(loop, performer.perform(*catalog.find_action(action), nullptr, Map(), site));
    return outcome ? encode_json(*outcome) : outcome.error().message;
  }
  std::string asks(const std::string& url) {
    return go([url](CallServices& services) { return services.http({"GET", url, {}, {}}); });
  }
  std::string writes(const std::string& path) {
    return go([path](CallServices& services) { return services.write_file(path, "x"); });
  }

  test::TemporaryFolder folder;
  Loop loop;
  Project project;
  Catalog catalog;
  Scripted host;
  OpenGate gate;
  StateOverlay overlay{*gate.states};
};

Task<Result<Value>> send_and_claim(CallServices& services) {
  const std::string send = "acme.sent", key = "claim";
  const Value input = Value::object({{"url", "https://far.example/"}, {"text", "hello"}}), nothing, mine("mine");
  co_await services.call_action(send, input);
  auto swapped = co_await services.swap_state(key, nothing, mine);
  co_return swapped;
}

Task<Result<Value>> twice(CallServices& services) {
  co_await send_and_claim(services);
  services.begin_again();
  auto second = co_await send_and_claim(services);
  co_return second;
}

Task<Result<Value>> once_more(CallServices& services) {
  co_await send_and_claim(services);
  auto second = co_await send_and_claim(services);
  co_return second;
}

}  // namespace

TEST_SUITE_BEGIN("runtime");

TEST_CASE("a stranger's library asks the hosts that its manifest names, and no others") {
  Bench bench;
  CHECK(bench.asks("https://api.acme.example/v1/things?a=b") == "null");
  CHECK(bench.asks("/below/the/connection") == "null");
  for (const std::string host : {"http://api.acme.example", "https://api.acme.example:8443", "https://acme.example",
                                 "https://api.acme.example.evil.example"}) {
    CHECK(bench.asks(host + "/") ==
          "acme.go may not ask " + host + ": its manifest does not name that under \"hosts\"");
  }
  CHECK(bench.gate.passed.size() == 2);
  CHECK(Bench(false).asks("https://elsewhere.example/") == "null");
}

TEST_CASE("an action that has no effect, as its manifest says, only reads by its requests") {
  for (const bool strange : {true, false}) {
    Bench bench(strange);
    const auto asks_with = [&bench](std::string method) {
      return bench.go(
          [method](CallServices& services) {
            return services.http({method, "/things", {}, {}});
          },
          "acme.idle");
    };
    for (const char* method : {"GET", "HEAD"}) CHECK(asks_with(method) == "null");
    for (const std::string method : {"POST", "PUT", "PATCH", "DELETE", "get"}) {
      CHECK(asks_with(method) ==
            "acme.idle asks with " + method + ", and its manifest says that it has no effect: say there which it has");
    }
    CHECK(bench.gate.passed.size() == 2);
  }
}

TEST_CASE("a stranger's library writes in the folders that its manifest names, and nowhere else") {
  Bench bench;
  for (const std::string path : {"acme/a.csv", "./acme/b/c.csv", "shared/acme/d.csv"})
    CHECK(bench.writes(path) == "null");
  for (const std::string path :
       {"a.csv", "acme", "acme2/a.csv", "acme/../a.csv", "shared/b.csv", "/acme/a.csv", "../acme/a.csv"}) {
    CHECK(bench.writes(path) ==
          "acme.go may not write \"" + path + "\": its manifest does not name that under \"files\"");
  }
  CHECK(bench.gate.passed.size() == 3);
  CHECK(Bench(false).writes("a.csv") == "null");
}

TEST_CASE("what is begun again after a death asks under the keys that it had, and finds nothing swapped") {
  Bench bench;
  CHECK(bench.go(twice) == R"({"swapped":true,"value":"mine"})");
  REQUIRE(bench.gate.passed.size() == 2);
  CHECK(bench.gate.passed[0] == bench.gate.passed[1]);

  Bench other;
  CHECK(other.go(once_more) == R"({"swapped":false,"value":"mine"})");
  CHECK(other.gate.passed[0] != other.gate.passed[1]);
}

TEST_SUITE_END();
