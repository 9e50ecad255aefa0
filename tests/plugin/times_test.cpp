#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include "async/loop.hpp"
#include "plugin/host_bench.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using test::json;
using test::told;

namespace {

constexpr const char* inputs = R"({"properties": {
  "since": {"type": "string", "format": "date-time"},
  "within": {"type": "string", "format": "duration"},
  "steps": {"type": "array", "items": {"type": "object", "properties": {"after": {"type": "string", "format": "duration"}}}},
  "title": {"type": "string"}}})";

/// The plugin that gives back what it was given, built in one of its forms.
struct Timed {
  explicit Timed(const std::string& built) {
    std::filesystem::create_directories(folder.path() / "timed");
    std::filesystem::copy_file(std::string(TEST_BUILD) + "/plugin/" + built + ".so", folder.path() / "timed/timed.so");
    std::ofstream(folder.path() / "timed/timed.json")
        << R"({"manifest": 1, "name": "timed", "version": "1.0.0", "summary": "What it was given", "library": true,
               "actions": {"echo": {"summary": "It", "effect": "none", "input": )"
        << inputs << R"(, "output": {"type": "object"}}},
               "triggers": {"tells": {"summary": "It", "kind": "library", "with": )"
        << inputs << R"(, "event": {"type": "object"}, "examples": [{"summary": "It", "input": {}, "output": {}}]}}})";
    catalog = Catalog::load(folder.path(), "");
    REQUIRE(catalog.find_action("timed.echo") != nullptr);
    REQUIRE(catalog.find_trigger("timed.tells") != nullptr);
    host = open_plugin_host(loop, {}, test::way());
  }

  /// What reaches the library as an action's input.
  std::string given(const Value& input) {
    return told(test::ask(
        loop, host->call(*catalog.find_plugin("timed"), *catalog.find_action("timed.echo"), input, services)));
  }
  /// The same as a trigger's `with`.
  std::string given_to_trigger(const Value& with) {
    std::string heard;
    std::function<Status(Value)> hear = [&heard](Value event) -> Status {
      heard = encode_json(event);
      return Done{};
    };
    const Status ended = test::ask(
        loop, host->listen(*catalog.find_plugin("timed"), *catalog.find_trigger("timed.tells"), with, services, hear));
    return heard.empty() ? ended.error().message : heard;
  }

  test::TemporaryFolder folder;
  Catalog catalog;
  Loop loop;
  test::ScriptedServices services;
  std::unique_ptr<PluginHost> host;
};

const Value written = json(R"({"since": "2026-03-29T02:30:00.25+02:00", "within": "1h30m", "steps": [{"after": "P1D"}],
                               "title": "90d"})");

}  // namespace

TEST_SUITE_BEGIN("plugin");

TEST_CASE("times and durations in inputs reach a library as whole milliseconds, wherever they stand") {
  Timed timed("timed");
  const std::string ready = R"({"since":1774744200250,"within":5400000,"steps":[{"after":86400000}],"title":"90d"})";
  CHECK(timed.given(written) == ready);
  CHECK(timed.given_to_trigger(written) == ready);
}

TEST_CASE("a time or duration that an expression made reaches a library as one that was written") {
  Timed timed("timed");
  CHECK(timed.given(Value::object({{"since", Timestamp{1'774'744'200, 999'999}}, {"within", Duration(1500ms)}})) ==
        R"({"since":1774744200000,"within":1500})");
  CHECK(timed.given(Value::object({{"since", Timestamp{-1, 500'000'000}}})) == R"({"since":-500})");
}

TEST_CASE("what is not known in a dry run, or not given, stays so") {
  Timed timed("timed");
  const std::string open = R"({"since":{"$unknown":"when"},"within":null,"steps":[]})";
  CHECK(timed.given(json(open)) == open);
  CHECK(timed.given(json("{}")) == "{}");
}

TEST_CASE("a library is not called with what is no time or duration") {
  Timed timed("timed");
  CHECK(timed.given(json(R"({"within": "soon"})")) ==
        "invalid: within is \"soon\", which is not a duration: write such as 12h or 90d");
  CHECK(timed.given(json(R"({"steps": [{"after": "1d"}, {"after": "-5m"}]})")) ==
        "invalid: after is \"-5m\", which is not a duration: write such as 12h or 90d");
  CHECK(timed.given_to_trigger(json(R"({"since": "2026-02-30T00:00:00Z"})")) ==
        "since is \"2026-02-30T00:00:00Z\", which is not a time: write such as 2026-11-23T09:00:00Z");
}

TEST_CASE(
    "a library that does not ask for milliseconds, or was built before it could, gets times as they were written") {
  for (const char* built : {"timed_as_written", "timed_before"}) {
    CAPTURE(built);
    Timed timed(built);
    CHECK(timed.given(written) == encode_json(written));
    CHECK(timed.given_to_trigger(written) == encode_json(written));
    CHECK(timed.given(json(R"({"within": "soon"})")) == R"({"within":"soon"})");
  }
}

TEST_SUITE_END();
