#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "journal/keys.hpp"
#include "service_bench.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using test::ServiceBench;

namespace {

enum class Ask { cancel, approve, retry, happened, pause, resume };

/// What one person asks, and when.
struct Demand {
  Ask ask;
  Duration after = {};
  std::optional<Status> answer = {};
};

Task<Status> put_to(Service& service, Ask ask, RunKey run) {
  const std::string from, everything;
  switch (ask) {
    case Ask::cancel:
      return service.cancel(run, "somebody");
    case Ask::approve:
      return service.approve(run, Approval{true, ""}, "somebody");
    case Ask::retry:
      return service.retry(run, from, "somebody");
    case Ask::happened:
      return service.resolve(run, Resolution{"", true, Value()}, "somebody");
    case Ask::pause:
      return service.pause(everything, "somebody");
    case Ask::resume:
      return service.resume(everything, "somebody");
  }
  return service.cancel(run, "somebody");
}

Task<void> ask_later(ServiceBench& bench, Demand& demand, RunKey run) {
  co_await sleep_for(demand.after);
  auto answer = co_await put_to(*bench.service, demand.ask, run);
  demand.answer = std::move(answer);
}

Task<void> ask_all(ServiceBench& bench, std::vector<Demand>& demands, RunKey run) {
  Scope scope(bench.loop);
  for (Demand& demand : demands) scope.spawn(ask_later(bench, demand, run));
  co_await scope.done();
}

RunHead head_of(ServiceBench& bench, RunKey run) {
  const auto stored = test::ask(bench.loop, bench.store->history().read_run(run));
  REQUIRE(stored);
  return stored->head;
}

bool granted(const std::vector<Demand>& demands, Ask ask) {
  return std::any_of(demands.begin(), demands.end(),
                     [ask](const Demand& each) { return each.ask == ask && *each.answer; });
}

std::string answers_to(const std::vector<Demand>& demands) {
  std::string text;
  for (const Demand& each : demands)
    text += (text.empty() ? "" : "; ") + (*each.answer ? std::string("done") : each.answer->error().message);
  return text;
}

const std::string workflow = R"(mode: live
concurrency: parallel
triggers:
  - {webhook: ask, verify: public}
actions:
)";
const std::string asking = workflow + "  - approve: Go on?\n  - {action: shop.push, with: {op: done}}\n";
const std::string asking_for_a_while =
    workflow + "  - approve: {message: \"Go on?\", expires: 60s}\n  - {action: shop.push, with: {op: done}}\n";
const std::string waiting = workflow + "  - wait: 60s\n  - {action: shop.push, with: {op: done}}\n";

const std::vector<std::vector<Ask>> together = {{Ask::cancel, Ask::cancel},
                                                {Ask::approve, Ask::cancel},
                                                {Ask::cancel, Ask::approve},
                                                {Ask::approve, Ask::approve},
                                                {Ask::cancel, Ask::retry},
                                                {Ask::cancel, Ask::pause, Ask::resume, Ask::cancel},
                                                {Ask::pause, Ask::approve, Ask::resume, Ask::cancel},
                                                {Ask::approve, Ask::cancel, Ask::retry, Ask::cancel}};

/// One run at a time, in the order of their coming; those of an `n` of 0 are held where the test says so.
using Workflows = std::map<std::string, std::string>;
const Workflows in_line = {{"line",
                            "mode: live\ntriggers:\n  - {webhook: ask, verify: public}\nactions:\n"
                            "  - {action: shop.add, with: {op: \"${{ string(event.n) }}\"}}\n"}};

/// What is true whatever came first: nothing is left half way, who was told that it is done finds it so, and the
/// journal agrees with the service.
void check_end(ServiceBench& bench, RunKey run, const std::vector<Demand>& demands) {
  CAPTURE(answers_to(demands));
  bench.pass(3s);
  const RunOutcome outcome = head_of(bench, run).outcome;
  CAPTURE(std::string(name_of(outcome)));
  if (granted(demands, Ask::cancel)) {
    const bool settled = outcome == RunOutcome::cancelled || granted(demands, Ask::retry);
    CHECK(settled);
  }
  CHECK(outcome != RunOutcome::running);
  CHECK(bench.far_side.arrived.size() <= 1);
  bench.restart();
  bench.pass(3s);
  CHECK(name_of(head_of(bench, run).outcome) == name_of(outcome));
}

}  // namespace

TEST_SUITE_BEGIN("service");

TEST_CASE("orders for a waiting run at the same moment are heard one after the other, and each answer is true") {
  for (const std::string& text : {asking, waiting}) {
    for (const auto& asks : together) {
      for (const Duration apart : {0ms, 10ms}) {
        ServiceBench bench({{"ask", text}});
        const RunKey run = *parse_run_key(bench.delivered("ask", "{}").front());
        bench.pass(1s);
        REQUIRE(head_of(bench, run).outcome == RunOutcome::waiting);
        std::vector<Demand> demands;
        for (const Ask ask : asks) demands.push_back({ask, apart * static_cast<int>(demands.size())});
        test::ask(bench.loop, ask_all(bench, demands, run));
        check_end(bench, run, demands);
      }
    }
  }
}

TEST_CASE("a second order to call a run off is refused only when its end is on the disk") {
  ServiceBench bench({{"ask", asking}});
  const RunKey run = *parse_run_key(bench.delivered("ask", "{}").front());
  bench.pass(1s);
  for (int i = 0; i < 5; ++i) {
    const auto answer = test::ask(bench.loop, put_to(*bench.service, Ask::cancel, run));
    if (answer) continue;
    CHECK(answer.error().message == "the run has ended already");
    CHECK(head_of(bench, run).outcome == RunOutcome::cancelled);
  }
  CHECK(head_of(bench, run).outcome == RunOutcome::cancelled);
}

TEST_CASE("an order at the moment at which a timer wakes the run is heard, or refused, and not forgotten") {
  for (const std::string& text : {waiting, asking_for_a_while}) {
    for (const Ask ask : {Ask::cancel, Ask::approve}) {
      for (Duration at = 59'970ms; at < 60'030ms; at += 10ms) {
        ServiceBench bench({{"ask", text}});
        const RunKey run = *parse_run_key(bench.delivered("ask", "{}").front());
        std::vector<Demand> demands = {{ask, at}, {ask, at}};
        test::ask(bench.loop, ask_all(bench, demands, run));
        bench.pass(70s);
        CAPTURE(answers_to(demands));
        const RunOutcome outcome = head_of(bench, run).outcome;
        CAPTURE(std::string(name_of(outcome)));
        CHECK(has_ended(outcome));
        if (granted(demands, Ask::cancel)) CHECK(outcome == RunOutcome::cancelled);
        if (granted(demands, Ask::approve)) CHECK(outcome == RunOutcome::completed);
      }
    }
  }
}

TEST_CASE("orders reach a run at whatever moment of its beginning and its steps they come") {
  const std::string quick =
      workflow + "  - {action: shop.items}\n  - approve: Go on?\n  - {action: shop.push, with: {op: done}}\n";
  for (const Ask ask : {Ask::cancel, Ask::approve}) {
    for (Duration at = 0ms; at < 100ms; at += 10ms) {
      ServiceBench bench({{"ask", quick}});
      const RunKey run = *parse_run_key(bench.delivered("ask", "{}").front());
      std::vector<Demand> demands = {{ask, at}, {ask, at}, {Ask::cancel, at + 1ms}};
      test::ask(bench.loop, ask_all(bench, demands, run));
      bench.pass(3s);
      CAPTURE(answers_to(demands));
      const RunOutcome outcome = head_of(bench, run).outcome;
      CAPTURE(std::string(name_of(outcome)));
      CHECK(has_ended(outcome));
      if (granted(demands, Ask::cancel)) CHECK(outcome == RunOutcome::cancelled);
    }
  }
}

TEST_CASE("what was told to a run in memory is acted on by the next life, however soon this one ends") {
  const std::string short_wait =
      workflow + "  - approve: {message: \"Go on?\", expires: 4s}\n  - {action: shop.add, with: {op: done}}\n";
  for (Duration after = 0ms; after < 40ms; after += 8ms) {
    ServiceBench bench({{"ask", short_wait}});
    const RunKey run = *parse_run_key(bench.delivered("ask", "{}").front());
    bench.pass(1s);
    REQUIRE(test::ask(bench.loop, put_to(*bench.service, Ask::approve, run)));
    bench.pass(after);
    bench.restart();
    bench.pass(3s);
    CHECK(head_of(bench, run).outcome == RunOutcome::completed);
  }
}

TEST_CASE("two who call off a run that waits for its turn both hear the truth, and the next in line begins") {
  ServiceBench bench(in_line);
  bench.far_side.holds = [](const OutgoingRequest& request) { return request.body == R"({"op":"0"})"; };
  std::vector<RunKey> runs;
  for (int n = 0; n < 3; ++n)
    runs.push_back(*parse_run_key(bench.delivered("ask", "{\"n\": " + std::to_string(n) + "}").front()));
  std::vector<Demand> demands = {{Ask::cancel}, {Ask::cancel}};
  test::ask(bench.loop, ask_all(bench, demands, runs[1]));
  CHECK(answers_to(demands) == "done; the run has ended already");
  bench.far_side.holds = {};
  bench.far_side.released.announce();
  bench.settle();
  CHECK(bench.outcomes() == std::map<std::string, int>{{"cancelled", 1}, {"completed", 2}});
}

TEST_CASE("a run that waits for its turn and is called off as that comes either never begins or ends called off") {
  for (Duration at = 0ms; at < 80ms; at += 10ms) {
    ServiceBench bench(in_line);
    std::vector<RunKey> runs;
    for (int n = 0; n < 3; ++n)
      runs.push_back(*parse_run_key(bench.delivered("ask", "{\"n\": " + std::to_string(n) + "}").front()));
    std::vector<Demand> demands = {{Ask::cancel, at}, {Ask::cancel, at}};
    test::ask(bench.loop, ask_all(bench, demands, runs[1]));
    bench.settle();
    CAPTURE(answers_to(demands));
    const auto outcomes = bench.outcomes();
    CHECK(outcomes.count("cancelled") == (granted(demands, Ask::cancel) ? 1 : 0));
    CHECK(bench.service->status().active_runs == 0);
    CHECK(bench.service->status().queued_runs == 0);
  }
}

TEST_CASE("what is said of a parked step when the run is called off does not take it up again") {
  ServiceBench bench({{"ask", workflow + "  - {action: shop.push, with: {op: done}}\n"}});
  bench.far_side.answer = [](const OutgoingRequest&) -> Result<IncomingResponse> {
    return Error{ErrorCode::unsure, "the line broke"};
  };
  for (const auto& asks : std::vector<std::vector<Ask>>{{Ask::happened, Ask::cancel},
                                                        {Ask::cancel, Ask::happened},
                                                        {Ask::cancel, Ask::cancel},
                                                        {Ask::retry, Ask::cancel}}) {
    const RunKey run = *parse_run_key(bench.delivered("ask", "{}").front());
    bench.pass(3s);
    REQUIRE(head_of(bench, run).outcome == RunOutcome::parked);
    std::vector<Demand> demands;
    for (const Ask ask : asks) demands.push_back({ask});
    test::ask(bench.loop, ask_all(bench, demands, run));
    bench.pass(3s);
    CAPTURE(answers_to(demands));
    const RunHead head = head_of(bench, run);
    CAPTURE(std::string(name_of(head.outcome)));
    if (granted(demands, Ask::cancel)) CHECK(head.outcome == RunOutcome::cancelled);
    if (asks.front() == Ask::cancel) {
      CHECK(answers_to({demands.front()}) == "done");
      CHECK(head.note.find("called off by somebody") != std::string::npos);
      CHECK(head.note.find("the line broke") != std::string::npos);
    }
  }
}

TEST_CASE("what is unsure is told when the run is called off before it is parked, and asked when it is tried again") {
  const std::string lost = "{action: shop.push, with: {op: lost}}", slow = "{action: shop.items}";
  ServiceBench bench({{"ask", workflow + "  - parallel:\n      - [" + lost + "]\n      - [" + slow + "]\n"}});
  bench.far_side.answer = [](const OutgoingRequest& request) -> Result<IncomingResponse> {
    if (request.method == "GET") return test::said(200);
    return Error{ErrorCode::unsure, "the line broke"};
  };
  bench.far_side.holds = [](const OutgoingRequest& request) { return request.method == "GET"; };
  const RunKey run = *parse_run_key(bench.delivered("ask", "{}").front());
  bench.pass(1s);
  REQUIRE(head_of(bench, run).outcome == RunOutcome::running);
  CHECK(test::ask(bench.loop, bench.service->cancel(run, "somebody")));
  bench.settle();
  CHECK(head_of(bench, run).outcome == RunOutcome::cancelled);
  CHECK(head_of(bench, run).note.find("the line broke") != std::string::npos);
  CHECK_FALSE(test::ask(bench.loop, bench.service->resolve(run, Resolution{"", true, Value()}, "somebody")));
  CHECK(head_of(bench, run).outcome == RunOutcome::cancelled);
  bench.far_side.holds = nullptr;
  CHECK(test::ask(bench.loop, bench.service->retry(run, "", "somebody")));
  bench.pass(3s);
  CHECK(head_of(bench, run).outcome == RunOutcome::parked);
  bench.restart();
  CHECK(test::ask(bench.loop, bench.service->resolve(run, Resolution{"", true, Value()}, "somebody")));
  bench.settle();
  CHECK(head_of(bench, run).outcome == RunOutcome::completed);
  const auto pushes = std::count_if(bench.far_side.arrived.begin(), bench.far_side.arrived.end(),
                                    [](const std::string& each) { return each.find("lost") != std::string::npos; });
  CHECK(pushes == 1);
}

TEST_CASE("a retry of a run that is parked for a write sends nothing again: that is for who says what happened") {
  const std::string lost = "{id: lost, action: shop.push, with: {op: lost}}";
  const std::vector<std::string> places = {
      "  - " + lost + "\n", "  - for_each: [1, 2]\n    parallel: 2\n    do:\n      - " + lost + "\n",
      "  - parallel:\n      - [" + lost + "]\n      - [{action: shop.items, on_error: continue}]\n",
      "  - {action: shop.items, on_error: [" + lost + "]}\n"};
  for (const std::string& place : places) {
    CAPTURE(place);
    ServiceBench bench({{"ask", workflow + place}});
    bool broken = true;
    bench.far_side.answer = [&broken](const OutgoingRequest& request) -> Result<IncomingResponse> {
      if (broken && request.method != "GET") return Error{ErrorCode::unsure, "the line broke"};
      return test::said(request.method == "GET" ? 404 : 200);
    };
    const RunKey run = *parse_run_key(bench.delivered("ask", "{}").front());
    bench.pass(3s);
    REQUIRE(head_of(bench, run).outcome == RunOutcome::parked);
    const int sent = bench.arrivals("lost");
    const auto refused = test::ask(bench.loop, bench.service->retry(run, "", "somebody"));
    CHECK(refused.error().message.find("nothing is sent twice unasked") != std::string::npos);
    bench.crash();
    CHECK_FALSE(bench.offline([run](Control& control) { return control.retry(run, "", "somebody"); }));
    bench.start();
    bench.pass(3s);
    CHECK(head_of(bench, run).outcome == RunOutcome::parked);
    CHECK(bench.arrivals("lost") == sent);
    broken = false;
    const std::vector<std::string> steps =
        sent == 2 ? std::vector<std::string>{"0/0/0/0", "0/0/1/0"} : std::vector<std::string>{""};
    for (const std::string& step : steps)
      CHECK(test::ask(bench.loop, bench.service->resolve(run, Resolution{step, false, Value()}, "somebody")));
    bench.pass(3s);
    CHECK(bench.arrivals("lost") == 2 * sent);
    CHECK(head_of(bench, run).outcome == RunOutcome::completed);
  }
}

TEST_CASE("a run that its own workflow ended is not tried again behind that, unless a person names the step") {
  const std::string behind = "  - {id: behind, action: shop.push, with: {op: behind}}\n";
  const std::string pushes = "{action: shop.push, with: {op: first}}";
  const std::map<std::string, std::string> ends = {
      {"stopped as failed", "  - stop: {outcome: failed, message: enough}\n"},
      {"stopped as left out", "  - stop: {outcome: skipped}\n"},
      {"stopped in a branch", "  - if: event.n == 1\n    then:\n      - stop: {outcome: failed}\n"},
      {"stopped in a loop", "  - for_each: \"[1, 2]\"\n    do:\n      - stop: {outcome: failed}\n"},
      {"stopped for a failure",
       "  - action: shop.push\n    with: {op: first}\n    on_error:\n      - stop: {outcome: failed}\n"},
      {"stopped beside a failure", "  - parallel:\n      - - stop: {outcome: failed}\n      - - " + pushes + "\n"},
      {"stopped by safety", "  - {id: found, set: {items: []}}\n"},
  };
  for (const auto& [name, steps] : ends) {
    CAPTURE(name);
    const std::string safety = name == "stopped by safety" ? "safety: {stop_if_empty: found.items}\n" : "";
    ServiceBench bench({{"ask", safety + workflow + steps + behind}});
    int asked = 0;
    bench.far_side.answer = [&asked](const OutgoingRequest& request) -> Result<IncomingResponse> {
      if (request.body.find("behind") != std::string::npos) ++asked;
      return test::said(request.body.find("first") != std::string::npos ? 400 : 200);
    };
    const RunKey run = *parse_run_key(bench.delivered("ask", "{\"n\": 1}").front());
    bench.settle();
    const RunOutcome ended = head_of(bench, run).outcome;
    CHECK(ended != RunOutcome::completed);
    for (int restart = 0; restart < 2; ++restart) {
      const auto answer = test::ask(bench.loop, bench.service->retry(run, "", "somebody"));
      REQUIRE_FALSE(answer);
      CHECK(answer.error().code == ErrorCode::conflict);
      CHECK(answer.error().message.find("name the step to repeat it from") != std::string::npos);
      bench.settle();
      CHECK(head_of(bench, run).outcome == ended);
      CHECK(asked == 0);
      bench.restart();
    }
    CHECK(test::ask(bench.loop, bench.service->retry(run, "behind", "somebody")));
    bench.settle();
    CHECK(asked == (safety.empty() ? 1 : 0));  // what is not normal is looked at again
  }
}

TEST_SUITE_END();
