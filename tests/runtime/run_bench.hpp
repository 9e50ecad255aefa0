#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ask.hpp"
#include "runtime/clocks.hpp"
#include "runtime/engine.hpp"
#include "value/json.hpp"
#include "workflow/load.hpp"

namespace millrace::test {

/// Answers `note.write` after a moment and `note.fetch` never, unless it is told to, and remembers what was asked.
class SlowGate final : public Gate {
 public:
  Task<Result<Value>> perform(const Action& action, Value input, CallSite site) override {
    asked.push_back(site.step + " " + encode_json(input));
    keys.push_back(site.key);
    lanes.push_back(site.lane);
    most = std::max(most, ++under_way);
    if (on_asked) on_asked(action);
    const bool never = action.name == "note.fetch" && !fetches;
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
  Status announce(const Action&, std::int64_t, const CallSite&) override { return Done{}; }
  StateStore& state() override { return *state_; }

  std::vector<std::string> asked, keys;
  std::vector<BudgetLane> lanes;
  std::function<void(const Action&)> on_asked;
  bool fetches = false;
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
  Status announce(const Action& action, std::int64_t count, const CallSite& site) override {
    return gate_.announce(action, count, site);
  }
  StateStore& state() override { return gate_.state(); }

 private:
  Gate& gate_;
};

/// A run of a workflow on a real loop, with the clock of the system.
struct RunBench : Gates, Callees {
  explicit RunBench(const std::string& actions, const std::string& triggers = "  - manual\n")
      : catalog(Catalog::load(std::string(TEST_DATA) + "/data/plugins", "")), plugins(open_plugin_host(loop, {})) {
    const std::string text = "version: 1\nname: Bench\ntriggers:\n" + triggers + "actions:\n" + actions;
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
    request.head.trigger = trigger;
    request.head.foreground = foreground;
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
  std::string plan, trigger;
  bool foreground = false;

  Loop loop;
  Project project;
  Catalog catalog;
  std::unique_ptr<PluginHost> plugins;
  std::unique_ptr<Journal> journal = open_memory_journal();
  std::unique_ptr<Clock> clock = open_system_clock();
  std::shared_ptr<const Workflow> workflow;
  SlowGate gate;
};

}  // namespace millrace::test
