#include "runtime/engine.hpp"

#include <doctest/doctest.h>

#include "decider/run_state.hpp"
#include "runtime/run_bench.hpp"
#include "value/json.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

using test::RunBench;

/// How often the loop comes to it until the flag is set.
Task<void> count_turns(int& turns, const bool& over) {
  while (!over) {
    ++turns;
    const bool undisturbed = co_await sleep_for(Duration::zero());
    if (!undisturbed) co_return;
  }
}

}  // namespace

TEST_SUITE_BEGIN("runtime");

TEST_CASE("a run whose name, or whose event's name, is taken gets new ones and is carried out") {
  for (const bool of_event : {true, false}) {
    RunBench bench("  - {action: note.write, with: {text: \"${{ run.id }}\"}}\n");
    Entry taken;
    taken.events.push_back({of_event ? EventKey{0} : EventKey{7}, "hook:other", "", bench.clock->now(), Value()});
    RunHead head;
    head.key = of_event ? RunKey{7} : bench.key;
    taken.runs.push_back({head, true, {}});
    REQUIRE(test::ask(bench.loop, bench.journal->commit(std::move(taken))));
    const RunReport report = bench.run();
    CHECK(report.outcome == RunOutcome::completed);
    CHECK(report.key != bench.key);
    const auto stored = test::ask(bench.loop, bench.journal->read(report.key));
    REQUIRE(stored);
    CHECK(stored->event.source == "manual");
    CHECK(state_after(*bench.workflow, stored->events).names.find("run")->text_or("id") == render(report.key));
  }
}

TEST_CASE("a run whose event has come before does not begin, and names the one that did") {
  RunBench bench("  - {action: note.write, with: {text: once}}\n");
  bench.plan = "r06f8w3k2q1m9s";
  const RunReport first = bench.run(), second = bench.run();
  CHECK(first.outcome == RunOutcome::completed);
  CHECK_FALSE(first.instead);
  CHECK(second.outcome == RunOutcome::failed);
  CHECK(second.instead == first.key);
  CHECK(second.record.changes.empty());
}

TEST_CASE("a run performs its actions and reports its steps and the last one's output") {
  RunBench bench("  - {id: first, action: note.write, with: {text: \"${{ event.name }}\"}}\n");
  const RunReport report = bench.run(R"({"name": "Ada"})");
  CHECK(report.outcome == RunOutcome::completed);
  CHECK(bench.gate.asked == std::vector<std::string>{"first {\"text\":\"Ada\"}"});
  REQUIRE(report.steps.size() == 1);
  CHECK(report.steps[0].outcome == "succeeded");
  CHECK(encode_json(report.output) == R"({"answer":"ok"})");
}

TEST_CASE("an unknown in a live run is a failure, and leaves out nothing in silence") {
  for (const bool live : {true, false}) {
    RunBench bench(
        "  - {id: made, action: note.write, with: {text: x}}\n"
        "  - {action: note.write, if: made.answer == 'ok', with: {text: y}}\n");
    bench.live = live;
    bench.gate.answer = Value::object({{"answer", Value::unknown("the answer")}});
    const RunReport report = bench.run();
    CHECK(bench.gate.asked.size() == 1);
    CHECK(report.outcome == (live ? RunOutcome::failed : RunOutcome::completed));
    if (live) CHECK(report.error->message == "a value is not known, as only a plan may have it");
  }
}

TEST_CASE("no more items of a loop are under way than it says") {
  RunBench bench("  - for_each: event.items\n    parallel: 3\n    do: [{action: note.write, with: {count: item}}]\n");
  const RunReport report = bench.run(R"({"items": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]})");
  CHECK(report.outcome == RunOutcome::completed);
  CHECK(bench.gate.asked.size() == 10);
  CHECK(bench.gate.most == 3);
}

TEST_CASE("a run that decides much gives the loop back in between, and acts once all is decided") {
  RunBench bench(R"yaml(  - for_each: lists.range(300)
    do: [{set: {n: 1}, if: "!event.text.contains(string(item))"}]
  - parallel:
    - - {action: note.write, with: {count: 1}}
    - - {for_each: lists.range(300), do: [{set: {n: 1}, if: "!event.text.contains(string(item))"}]}
    - - {action: note.write, with: {count: 2}}
)yaml");
  for (const bool live : {true, false}) {
    CAPTURE(live);
    bench.live = live;
    bench.journal = open_memory_journal();
    int turns = 0;
    std::vector<int> turns_before_writes;
    bench.gate.on_asked = [&](const Action&) { turns_before_writes.push_back(turns); };
    Scope others(bench.loop);
    bool over = false;
    others.spawn(count_turns(turns, over));
    const RunReport report = bench.run("{\"text\": \"" + std::string(std::size_t{1} << 20, 'x') + "\"}");
    over = true;
    test::ask(bench.loop, others.done());
    CHECK(report.outcome == RunOutcome::completed);
    REQUIRE(turns_before_writes.size() == 2);
    CHECK(turns_before_writes.front() > 30);
  }
}

TEST_CASE("an action that does not answer in time is cancelled, and the run says so") {
  RunBench bench("  - {id: slow, action: note.fetch, timeout: 20ms}\n");
  const RunReport report = bench.run();
  CHECK(report.outcome == RunOutcome::failed);
  CHECK(report.error->message == "slow: not done within 20ms");
  CHECK(bench.gate.cancelled == 1);
}

TEST_CASE("every attempt of a step has the same key, and every item its own") {
  RunBench bench(
      "  - for_each: event.items\n    do: [{action: note.write, retry: {attempts: 2, delay: 1ms}, with: {count: "
      "item}}]\n");
  bench.gate.failures = 1;
  const RunReport report = bench.run(R"({"items": [1, 2]})");
  CHECK(report.outcome == RunOutcome::completed);
  REQUIRE(bench.gate.keys.size() == 3);
  CHECK(bench.gate.keys[0] == bench.gate.keys[1]);
  CHECK(bench.gate.keys[1] != bench.gate.keys[2]);
}

TEST_CASE("the journal holds everything: its fold is the run") {
  RunBench bench(
      "  - {id: first, action: note.write, with: {text: a}}\n  - {id: second, action: note.double, with: {count: "
      "21}}\n");
  bench.run();
  const auto stored = test::ask(bench.loop, bench.journal->read(bench.key));
  REQUIRE(stored);
  RunState state;
  for (const RunEvent& event : stored->events) fold(*bench.workflow, state, event);
  CHECK(state.outcome == RunOutcome::completed);
  CHECK(encode_json(*state.names.find("second")) == R"({"count":42})");
}

TEST_CASE("a plan waits for no time and for nobody, and what it holds of that is what a run holds") {
  RunBench bench(
      "  - {id: later, wait: 30d, timeout: 60d}\n  - {id: agreed, approve: {message: \"Go on?\", expires: 1h}}\n"
      "  - {id: told, action: note.write, with: {text: \"${{ later.until }} ${{ agreed.approved }}\"}}\n");
  bench.clock = open_clock_from(*parse_timestamp("2026-06-01T00:00:00Z"));
  bench.live = false;
  const RunReport report = bench.run();
  CHECK(report.outcome == RunOutcome::completed);
  REQUIRE(bench.gate.asked.size() == 1);
  CHECK(bench.gate.asked[0].starts_with("told {\"text\":\"2026-07-01T00:00:"));
  CHECK(bench.gate.asked[0].ends_with(" true\"}"));
  const auto stored = test::ask(bench.loop, bench.journal->read(bench.key));
  REQUIRE(stored);
  const auto waited = std::count_if(stored->events.begin(), stored->events.end(), [](const RunEvent& event) {
    return std::holds_alternative<StepWaiting>(event.what) || std::holds_alternative<AnswerGiven>(event.what);
  });
  CHECK(waited == 3);
}

TEST_CASE("today is the date in the run's zone, and stays the same through the run") {
  RunBench bench("  - {action: note.write, with: {text: \"${{ today.date }} ${{ today.weekday }}\"}}\n");
  bench.clock = open_clock_from(*parse_timestamp("2026-06-30T23:30:00Z"));
  bench.run();
  CHECK(bench.gate.asked == std::vector<std::string>{"note.write {\"text\":\"2026-07-01 wednesday\"}"});
}

TEST_SUITE_END();

}  // namespace millrace
