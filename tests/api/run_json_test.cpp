#include "api/run_json.hpp"

#include <doctest/doctest.h>

#include "api/changed_since.hpp"
#include "no_plugins.hpp"
#include "run_events.hpp"
#include "value/json.hpp"

using namespace millrace;
using test::at;
using test::event;
using test::no_plugins;

namespace {

RunEvent failure(StepPath path, ErrorCode code, const char* message, std::int64_t seconds) {
  return event(seconds, StepFailed{std::move(path), Error{code, message}});
}

StoredRun stored(std::vector<RunEvent> events) {
  StoredRun run;
  run.head.key = RunKey{1};
  run.head.event = EventKey{2};
  run.head.workflow = "hello";
  run.head.outcome = RunOutcome::failed;
  run.head.started = at(0);
  run.head.ended = at(9);
  run.head.changes = 3;
  run.text =
      "version: 1\nname: Hello\nactions:\n  - id: first\n    set: {a: 1}\n  - id: each\n    for_each: '[1, 2]'\n    "
      "do:\n"
      "      - {id: inner, set: {b: 2}}\n";
  run.events = std::move(events);
  return run;
}

Value encoded(StoredRun run) { return encode_stored_run(read_began(std::move(run), no_plugins)); }

const Value& step(const Value& run, std::size_t number) { return run.find("steps")->list().at(number); }

}  // namespace

TEST_SUITE_BEGIN("api");

TEST_CASE("a list of runs has the shape of the contract") {
  RunHead done;
  done.key = RunKey{1};
  done.event = EventKey{2};
  done.workflow = "hello";
  done.outcome = RunOutcome::completed;
  done.started = at(0);
  done.ended = at(1);
  done.changes = 2;
  RunHead queued;
  queued.key = RunKey{3};
  queued.workflow = "hello";
  const Value list = encode_runs({done, queued});
  const Value& first = list.find("runs")->list().at(0);
  CHECK(first.text_or("id") == render(RunKey{1}));
  CHECK(first.text_or("event") == render(EventKey{2}));
  CHECK(first.text_or("workflow") == "hello");
  CHECK(first.text_or("outcome") == "completed");
  CHECK(first.text_or("started") == "2026-01-01T00:00:00Z");
  CHECK(first.text_or("ended") == "2026-01-01T00:00:01Z");
  CHECK(*first.find("changes") == Value(2));
  const Value& second = list.find("runs")->list().at(1);
  CHECK(second.text_or("outcome") == "running");
  CHECK(second.find("queued")->is_true());
  CHECK(second.find("started")->is_null());
  CHECK(second.find("ended")->is_null());
  CHECK(second.find("event")->is_null());
}

TEST_CASE("a run shows each step: its attempts, what went in and came out, why it failed") {
  const Value run = encoded(
      stored({event(0, RunStarted{}), event(1, StepStarted{{0, 0}, Value::object({{"n", 1}})}),
              failure({0, 0}, ErrorCode::unavailable, "down", 2),
              event(3, StepStarted{{0, 0}, Value::object({{"n", 1}})}), event(4, StepSucceeded{{0, 0}, "out"})}));
  CHECK(run.text_or("outcome") == "failed");
  const Value& first = step(run, 0);
  CHECK(first.text_or("path") == "0/0");
  CHECK(first.text_or("id") == "first");
  CHECK(first.find("action")->is_null());
  CHECK(first.text_or("status") == "succeeded");
  CHECK(*first.find("attempts") == Value(2));
  CHECK(first.text_or("started") == "2026-01-01T00:00:01Z");
  CHECK(first.text_or("ended") == "2026-01-01T00:00:04Z");
  CHECK(encode_json(*first.find("input")) == R"({"n":1})");
  CHECK(*first.find("output") == Value("out"));
  CHECK(first.find("error")->is_null());
}

TEST_CASE("the steps of a loop's items are told although the loop has closed them") {
  RunEvent opened = event(1, BlockOpened{{0, 1}, 0, 1});
  RunEvent closed = event(3, BlockClosed{{0, 1}, 0, Value(Map())});
  const Value run = encoded(
      stored({event(0, RunStarted{}), event(1, StepStarted{{0, 1}}), opened, event(2, StepStarted{{0, 1, 0, 0}}),
              failure({0, 1, 0, 0}, ErrorCode::unsure, "no answer came", 3), closed}));
  const Value& inner = step(run, 1);
  CHECK(inner.text_or("path") == "0/1/0/0");
  CHECK(inner.text_or("id") == "inner");
  CHECK(inner.text_or("label") == "each[0]/inner");
  CHECK(inner.text_or("status") == "unsure");
  CHECK(inner.find("error")->text_or("code") == "unsure");
  CHECK(inner.find("error")->text_or("message") == "no answer came");
}

TEST_CASE("a step that waits says for whom or until when") {
  RunEvent waits = event(2, StepWaiting{{0, 0}, {}, "really?"});
  const Value asked = encoded(stored({event(1, StepStarted{{0, 0}}), waits}));
  CHECK(step(asked, 0).text_or("status") == "waiting");
  CHECK(step(asked, 0).text_or("waits_for") == "approval");
  waits.what = StepWaiting{{0, 0}, at(60)};
  const Value until = encoded(stored({event(1, StepStarted{{0, 0}}), waits}));
  CHECK(step(until, 0).text_or("waits_for") == "time");
  CHECK(step(until, 0).text_or("waits_until") == "2026-01-01T00:01:00Z");
}

TEST_CASE("a step that failed waits for its next attempt until that has begun") {
  std::vector<RunEvent> events = {event(1, StepStarted{{0, 0}, Value(Map())}),
                                  event(2, StepFailed{{0, 0}, Error{ErrorCode::unavailable, "down"}, at(60)})};
  const Value waiting = encoded(stored(events));
  CHECK(step(waiting, 0).text_or("status") == "waiting");
  CHECK(step(waiting, 0).text_or("waits_until") == "2026-01-01T00:01:00Z");
  events.push_back(event(60, StepStarted{{0, 0}, Value(Map())}));
  const Value again = encoded(stored(events));
  CHECK(step(again, 0).text_or("status") == "running");
  CHECK(step(again, 0).find("waits_for")->is_null());
  CHECK(step(again, 0).find("waits_until")->is_null());
}

TEST_CASE("a run that is tried again forgets what failed and keeps what was done") {
  RunEvent reopened = event(5, RunReopened{});
  const Value run =
      encoded(stored({event(1, StepStarted{{0, 0}}), event(1, StepSucceeded{{0, 0}}), event(2, StepStarted{{0, 1}}),
                      failure({0, 1}, ErrorCode::invalid, "no list", 3), reopened}));
  REQUIRE(run.find("steps")->list().size() == 1);
  CHECK(step(run, 0).text_or("path") == "0/0");
}

TEST_CASE("a run whose workflow cannot be read any more still shows its steps by their paths") {
  StoredRun run = stored({event(1, StepStarted{{0, 7}})});
  run.text = "not: [a workflow";
  const Value shown = encoded(run);
  CHECK(step(shown, 0).text_or("path") == "0/7");
  CHECK(step(shown, 0).find("id")->is_null());
}

TEST_CASE("what has changed since a run is told of what can be read, and else why it cannot be told") {
  const StoredRun run = stored({});
  const auto since = [](const StoredRun& of, const WorkflowToday& today) {
    return changed_since(read_began(of, no_plugins), today, no_plugins, Project());
  };
  const auto as_it_was = read_began(run, no_plugins).began;
  StoredRun other = run;
  other.text.replace(other.text.find("{a: 1}"), 6, "{a: 2}");
  CHECK(since(run, {as_it_was}).is_null());
  CHECK(since(other, {as_it_was}).text() == "step 1, first: a is now 1 instead of 2");
  CHECK(since(run, {}).text() == "it is gone");
  CHECK(since(run, {nullptr, true}).text() == "it cannot be read as it is now");

  other.text = "not: [a workflow";
  CHECK(since(other, {as_it_was}).text() == "it is another, and that of the run cannot be read any more");
  other.text = "";
  CHECK(since(other, {}).is_null());

  StoredRun undo = run;
  undo.head.trigger = "undo";
  CHECK(since(undo, {}).text() == "it has none: this was made to undo a run");
}

TEST_CASE("the change list of a run is told as it was written down") {
  const Value change = Value::object({{"summary", "create tag vip"}});
  const Value run = encoded(stored({event(1, ChangeMade{change})}));
  CHECK(run.find("change_list")->list().at(0).text_or("summary") == "create tag vip");
}

TEST_SUITE_END();
