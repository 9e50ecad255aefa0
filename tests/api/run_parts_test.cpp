#include "api/run_parts.hpp"

#include <doctest/doctest.h>

#include "json.hpp"
#include "no_plugins.hpp"
#include "run_events.hpp"
#include "value/json.hpp"

using namespace millrace;
using test::at;
using test::event;
using test::no_plugins;

namespace {

/// A loop over three items, of which the second failed and the third is under way.
ReadRun looping(Value output = "out") {
  StoredRun run;
  run.head.key = RunKey{1};
  run.head.workflow = "hello";
  run.event.payload = Value::object({{"n", 1}});
  run.text =
      "version: 1\nname: Hello\nactions:\n  - {id: first, set: {a: 1}}\n  - id: each\n    for_each: '[1, 2, 3]'\n"
      "    do:\n      - {id: inner, set: {b: 2}}\n";
  const Error no{ErrorCode::invalid, "no"};
  run.events = {event(0, RunStarted{}),
                event(1, StepStarted{{0, 0}, Value::object({{"n", 1}})}),
                event(2, StepFailed{{0, 0}, {ErrorCode::unavailable, "down"}, at(9)}),
                event(9, StepStarted{{0, 0}, Value::object({{"n", 1}})}),
                event(10, BeforeSeen{"r0000000000001/0/0", Value::object({{"before", "old"}})}),
                event(11, StepSucceeded{{0, 0}, std::move(output)}),
                event(11, ChangeMade{Value::object({{"step", "first"},
                                                    {"action", "set"},
                                                    {"effect", "update"},
                                                    {"target", "a"},
                                                    {"summary", "sets a"},
                                                    {"request", Value::object({{"body", "long"}})}})}),
                event(12, StepStarted{{0, 1}}),
                event(12, LoopOpened{{0, 1}, Value(Value::List{1, 2, 3})}),
                event(12, BlockOpened{{0, 1}, 0, 1}),
                event(12, StepStarted{{0, 1, 0, 0}}),
                event(13, StepSucceeded{{0, 1, 0, 0}, 1}),
                event(13, BlockClosed{{0, 1}, 0, Value::object({{"item", 1}, {"outcome", "succeeded"}})}),
                event(14, BlockOpened{{0, 1}, 1, 2}),
                event(15, BlockClosed{{0, 1}, 1, Value::object({{"outcome", "failed"}, {"error", "no"}}), no}),
                event(16, BlockOpened{{0, 1}, 2, 3})};
  return read_began(std::move(run), no_plugins);
}

}  // namespace

TEST_SUITE_BEGIN("api");

TEST_CASE("a run without payloads tells how much there is, and how the items of loops stand, and holds none of it") {
  const Value run = Value(encode_without_payloads(looping(), {}, {}));
  const Value::List& steps = run.find("steps")->list();
  REQUIRE(steps.size() == 2);
  CHECK(steps[0].find("input") == nullptr);
  CHECK(steps[0].find("input_bytes")->unsigned_integer() > 0);
  CHECK(*steps[0].find("attempts") == Value(2));
  CHECK(steps[0].find("items")->is_null());
  CHECK(steps[1].text_or("path") == "0/1");
  CHECK(steps[0].text_or("kind") == "set");
  CHECK(steps[1].text_or("kind") == "for_each");
  CHECK(encode_json(*steps[1].find("items")) == R"({"failed":1,"running":1,"succeeded":1})");
  CHECK(run.find("payload") == nullptr);
  CHECK(run.find("payload_bytes")->unsigned_integer() > 0);
  CHECK(encode_json(*run.find("change_list")) ==
        R"([{"step":"first","action":"set","effect":"update","target":"a","summary":"sets a"}])");
}

TEST_CASE("a step is told with its attempts and what was there before") {
  const auto step = encode_step_of(looping(), *parse_step_path("0.0"));
  REQUIRE(step);
  CHECK(step->text_or("output") == "out");
  CHECK(encode_json(*step->find("before")) == R"(["old"])");
  const Value::List& history = step->find("history")->list();
  REQUIRE(history.size() == 2);
  CHECK(history[0].find("error")->text_or("message") == "down");
  CHECK(history[0].text_or("again_at") == "2026-01-01T00:00:09Z");
  CHECK(history[1].find("error")->is_null());
  CHECK(history[1].text_or("ended") == "2026-01-01T00:00:11Z");
  CHECK(encode_step_of(looping(), *parse_step_path("0.1.0.0"))->find("output")->integer() == 1);
  CHECK(encode_step_of(looping(), *parse_step_path("0.7")).error().code == ErrorCode::not_found);
}

TEST_CASE("of a large value a step gives the beginning and says so, whole characters only") {
  std::string text = "x";
  for (int i = 0; i < 50'000; ++i) text += "\u00e9";
  const auto step = encode_step_of(looping(text), {0, 0});
  REQUIRE(step);
  const Value* output = step->find("output");
  CHECK(output->find("shortened")->is_true());
  CHECK(*output->find("bytes") == Value(100'003));
  const std::string preview = output->text_or("preview");
  CHECK(preview.size() <= 65536);
  CHECK(preview.size() > 65530);
  CHECK(static_cast<unsigned char>(preview.back()) == 0xa9);
}

TEST_CASE("items of a loop come a page at a time, by how they ended") {
  const ReadRun run = looping();
  const auto first = encode_items_of(run, {0, 1}, {{}, "", 2});
  REQUIRE(first);
  CHECK(first->find("items")->list().size() == 2);
  CHECK(*first->find("next") == Value(1));
  const auto rest = encode_items_of(run, {0, 1}, {1, "", 2});
  REQUIRE(rest->find("items")->list().size() == 1);
  CHECK(rest->find("items")->list()[0].text_or("outcome") == "running");
  CHECK(rest->find("next")->is_null());
  const auto failed = encode_items_of(run, {0, 1}, {{}, "failed", 50});
  REQUIRE(failed->find("items")->list().size() == 1);
  CHECK(*failed->find("items")->list()[0].find("item") == Value(2));
  CHECK(failed->find("items")->list()[0].text_or("error") == "no");
  CHECK(encode_items_of(run, {0, 0}, {}).error().code == ErrorCode::not_found);
}

TEST_CASE("paths of steps are read as addresses have them") {
  CHECK(parse_step_path("0.2") == StepPath{0, 2});
  CHECK(parse_step_path("0/2/17/0") == StepPath{0, 2, 17, 0});
  for (const char* text : {"", "0", "0.", ".0", "0.1.2", "a.b", "0.-1", "0.4294967296"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_step_path(text));
  }
}

TEST_SUITE_END();
