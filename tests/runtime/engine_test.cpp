#include "runtime/engine.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "ask.hpp"
#include "decider/run_state.hpp"
#include "runtime/clocks.hpp"
#include "value/json.hpp"
#include "value/time.hpp"
#include "workflow/load.hpp"

namespace millrace {

namespace {

/// Answers `note.fetch` never and `note.write` after a moment, and remembers what was asked.
class SlowGate final : public Gate {
 public:
  Task<Result<Value>> perform(const Action& action, Value input, CallSite site) override {
    asked.push_back(site.step + " " + encode_json(input));
    keys.push_back(site.key);
    most = std::max(most, ++under_way);
    const bool never = action.name == "note.fetch";
    const bool whole =
        co_await sleep_for(never ? Duration(std::chrono::hours(1)) : Duration(std::chrono::milliseconds(5)));
    --under_way;
    if (!whole) {
      ++cancelled;
      co_return Error{ErrorCode::cancelled, "called off"};
    }
    if (failures > 0) {
      --failures;
      co_return Error{ErrorCode::unavailable, "not now"};
    }
    co_return answer;
  }
  Task<Result<Value>> request(const Action&, RequestParts, Value, CallSite) override { co_return Value(); }
  Task<Result<Value>> write_file(const Action&, std::string, std::string, CallSite) override { co_return Value(); }
  Status announce(const Action&, std::int64_t) override { return Done{}; }
  StateStore& state() override { return *state_; }

  std::vector<std::string> asked, keys;
  int under_way = 0, most = 0, failures = 0, cancelled = 0;
  Value answer = Value::object({{"answer", "ok"}});

 private:
  std::unique_ptr<StateStore> state_ = open_memory_state_store();
};

/// Hands on to the one gate of a test.
class SharedGate final : public Gate {
 public:
  explicit SharedGate(Gate& gate) : gate_(gate) {}
  Task<Result<Value>> perform(const Action& action, Value input, CallSite site) override {
    return gate_.perform(action, std::move(input), std::move(site));
  }
  Task<Result<Value>> request(const Action& action, RequestParts parts, Value input, CallSite site) override {
    return gate_.request(action, std::move(parts), std::move(input), std::move(site));
  }
  Task<Result<Value>> write_file(const Action& action, std::string path, std::string content, CallSite site) override {
    return gate_.write_file(action, std::move(path), std::move(content), std::move(site));
  }
  Status announce(const Action& action, std::int64_t count) override { return gate_.announce(action, count); }
  StateStore& state() override { return gate_.state(); }

 private:
  Gate& gate_;
};

/// A run of a workflow on a real loop, with the clock of the system.
struct RunBench : Gates, Callees {
  explicit RunBench(const std::string& actions)
      : catalog(Catalog::load(std::string(TEST_DATA) + "/data/plugins", "")), plugins(open_plugin_host(loop, {})) {
    const std::string text = "version: 1\nname: Bench\ntriggers:\n  - manual\nactions:\n" + actions;
    LoadedWorkflow loaded = load_workflow(std::make_shared<const SourceText>(SourceText{"bench.yaml", text}), catalog);
    for (const Finding& finding : loaded.findings) MESSAGE(render(finding));
    REQUIRE(loaded.workflow);
    workflow = std::make_shared<const Workflow>(std::move(*loaded.workflow));
  }

  RunReport run(const std::string& event = "{}") {
    World world{loop, project, catalog, *plugins, *journal, *clock, *this, *this};
    RunRequest request;
    request.workflow = workflow;
    request.head.key = key;
    request.head.zone = "Europe/London";
    request.head.live = live;
    request.event = *parse_json(event);
    request.keep_notes = true;
    Entry beginning;
    beginning.events.push_back({request.head.event, "manual", plan, clock->now(), request.event});
    return test::ask(loop, carry_out(world, std::move(request), std::move(beginning)));
  }

  std::unique_ptr<Gate> open(const Workflow&, bool, Ledger&) override { return std::make_unique<SharedGate>(gate); }
  Task<Result<Value>> call(CallOrder order) override {
    co_return Error{ErrorCode::not_found, "there is no workflow " + order.workflow};
  }

  const RunKey key{1};
  bool live = true;
  std::string plan;

  Loop loop;
  Project project;
  Catalog catalog;
  std::unique_ptr<PluginHost> plugins;
  std::unique_ptr<Journal> journal = open_memory_journal();
  std::unique_ptr<Clock> clock = open_system_clock();
  std::shared_ptr<const Workflow> workflow;
  SlowGate gate;
};

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
