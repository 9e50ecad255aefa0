#include <doctest/doctest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "journal/keys.hpp"
#include "service_bench.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using test::flow;
using test::ServiceBench;

namespace {

const std::string once = "  - {action: shop.add, with: {op: once}}\n",
                  other_step = "  - {action: shop.add, with: {op: other}}\n";

/// A workflow of which runs were left out, whose file is edited since, and to which people say something with and
/// without a service.
struct LeftOut : ServiceBench {
  explicit LeftOut(std::map<std::string, std::string> workflows) : ServiceBench(std::move(workflows)) {}

  RunKey delivered_run(const std::string& hook, const std::string& body = "{}") {
    return *parse_run_key(delivered(hook, body).front());
  }
  void edit(const std::string& id, const std::string& text) {
    folder.write("workflows/" + id + ".yaml", "version: 1\nname: " + id + "\n" + text);
    test::ask(loop, service->reload("somebody"));
  }
  void say_pause(bool on) {
    REQUIRE(test::ask(loop, on ? service->pause("ask", "somebody") : service->resume("ask", "somebody")));
  }
  void retry(const std::vector<RunKey>& runs, bool with_service) {
    if (with_service) {
      for (const RunKey run : runs) REQUIRE(test::ask(loop, service->retry(run, "", "somebody")));
      return;
    }
    stop();
    for (const RunKey run : runs)
      REQUIRE(offline([run](Control& control) { return control.retry(run, "", "somebody"); }));
    start();
  }
  StoredRun stored(RunKey run) {
    const auto found = test::ask(loop, store->history().read_run(run));
    REQUIRE(found);
    return *found;
  }
};

}  // namespace

TEST_SUITE_BEGIN("service");

TEST_CASE("what comes to a restored store is accepted and waits until everything is resumed") {
  ServiceBench bench({{"ask", flow("ask", "  - {action: shop.add, with: {op: x}}\n")},
                      {"line",
                       "mode: live\ntriggers:\n  - {webhook: line, verify: public}\nactions:\n"
                       "  - {action: shop.add, with: {op: \"${{ string(event.n) }}\"}}\n"},
                      {"hourly",
                       "mode: live\ntriggers:\n  - {schedule: every hour, if_missed: run_once}\nactions:\n"
                       "  - {action: shop.add, with: {op: hourly}}\n"}});
  bench.stop();
  const auto file = bench.folder.path() / "millrace.db", kept = bench.folder.path() / "kept.db";
  std::filesystem::rename(file, kept);
  REQUIRE(restore_store(kept, file, bench.clock->now()));
  bench.start();
  for (int n = 0; n < 3; ++n) {
    bench.delivered("ask", "{}");
    bench.delivered("line", "{\"n\": " + std::to_string(n) + "}");
  }
  bench.pass(3 * 3600s);
  CHECK(bench.far_side.arrived.empty());
  CHECK(bench.workflow("ask").queued == 3);
  CHECK(bench.outcomes() == std::map<std::string, int>{{"running", 6}});
  bench.restart();
  CHECK(bench.workflow("line").queued == 3);
  const RunKey one = *parse_run_key(bench.delivered("ask", "{}").front());
  REQUIRE(test::ask(bench.loop, bench.service->cancel(one, "somebody")));
  REQUIRE(test::ask(bench.loop, bench.service->resume("", "somebody")));
  bench.settle();
  CHECK(bench.outcomes("ask") == std::map<std::string, int>{{"cancelled", 1}, {"completed", 3}});
  CHECK(bench.outcomes("line") == std::map<std::string, int>{{"completed", 3}});
  CHECK(bench.outcomes("hourly") == std::map<std::string, int>{{"completed", 1}});
}

TEST_CASE("a run that was left out because of a pause is started by a person, with and without a service") {
  for (const std::string paused : {"ask", ""}) {
    for (const bool with_service : {true, false}) {
      ServiceBench bench({{"ask", flow("ask", "  - {action: shop.add, with: {op: x}}\n")}});
      REQUIRE(test::ask(bench.loop, bench.service->pause(paused, "somebody")));
      const RunKey run = *parse_run_key(bench.delivered("ask", "{}").front());
      CHECK(bench.outcomes() == std::map<std::string, int>{{"skipped", 1}});
      REQUIRE(test::ask(bench.loop, bench.service->resume(paused, "somebody")));
      if (with_service) {
        REQUIRE(test::ask(bench.loop, bench.service->retry(run, "", "somebody")));
      } else {
        bench.stop();
        REQUIRE(bench.offline([run](Control& control) { return control.retry(run, "", "somebody"); }));
        bench.start();
      }
      bench.settle();
      CHECK(bench.outcomes() == std::map<std::string, int>{{"completed", 1}});
      CHECK(bench.far_side.arrived.size() == 1);
    }
  }
}

TEST_CASE("a run that was left out begins with the text that the file has by then, which is kept with it") {
  for (const bool with_service : {true, false}) {
    for (const bool restarts : {true, false}) {
      CAPTURE(with_service);
      CAPTURE(restarts);
      LeftOut bench({{"ask", flow("ask", once)}});
      bench.say_pause(true);
      const RunKey run = bench.delivered_run("ask");
      bench.say_pause(false);
      bench.edit("ask", flow("ask", other_step + "  - wait: 1m\n" + once));
      bench.retry({run}, with_service);
      bench.pass(1s);
      if (restarts) bench.restart();
      bench.settle();
      CHECK(bench.far_side.arrived ==
            std::vector<std::string>{R"(POST/add {"op":"other"})", R"(POST/add {"op":"once"})"});
      CHECK(bench.stored(run).text.find("wait: 1m") != std::string::npos);
    }
  }
}

TEST_CASE("a run that was left out is live or a dry run as the file says by then, and a dry run does not become live") {
  struct Modes {
    std::string came, by_then;
    std::size_t arrived;
  };
  for (const Modes& modes : {Modes{"live", "live", 1}, Modes{"live", "dry_run", 0}, Modes{"paused", "live", 1},
                             Modes{"paused", "dry_run", 0}, Modes{"dry_run", "live", 0}}) {
    for (const bool with_service : {true, false}) {
      CAPTURE(modes.came);
      CAPTURE(modes.by_then);
      CAPTURE(with_service);
      LeftOut bench({{"ask", flow("ask", once, modes.came)}});
      bench.say_pause(true);
      const RunKey run = bench.delivered_run("ask");
      bench.say_pause(false);
      bench.edit("ask", flow("ask", once, modes.by_then));
      bench.retry({run}, with_service);
      bench.settle();
      CHECK(bench.stored(run).head.outcome == RunOutcome::completed);
      CHECK(bench.far_side.arrived.size() == modes.arrived);
    }
  }
}

TEST_CASE("what a dry run called or brought about while the file said paused stays a dry run") {
  for (const std::string mode : {"live", "dry_run"}) {
    const std::string listens =
        "mode: MODE\nconcurrency: parallel\ntriggers:\n  - {after: ask}\nactions:\n" + other_step;
    const auto with = [&listens](const std::string& said) { return std::string(listens).replace(6, 4, said); };
    LeftOut bench({{"ask", flow("ask", "  - {call: called, on_error: continue}\n", mode)},
                   {"called", flow("called", once, "paused")},
                   {"follow", with("paused")}});
    bench.delivered("ask", "{}");
    bench.settle();
    bench.edit("called", flow("called", once));
    bench.edit("follow", with("live"));
    for (const std::string workflow : {"called", "follow"}) {
      const auto runs = bench.runs(workflow);
      REQUIRE(runs.size() == 1);
      CHECK(runs.front().outcome == RunOutcome::skipped);
      bench.retry({runs.front().key}, true);
    }
    bench.settle();
    CHECK(bench.outcomes() == std::map<std::string, int>{{"completed", 3}});
    CHECK(bench.far_side.arrived.size() == (mode == "live" ? 2 : 0));
  }
}

TEST_CASE("runs that were left out and begin after all go one at a time, over a restart, too") {
  const std::string one_at_a_time =
      "mode: live\nconcurrency: CHOICE\ntriggers:\n  - {webhook: ask, verify: public}\nactions:\n" + once;
  for (const std::string choice : {"queued", "skip_if_running"}) {
    for (const bool with_service : {true, false}) {
      CAPTURE(choice);
      CAPTURE(with_service);
      LeftOut bench({{"ask", std::string(one_at_a_time).replace(one_at_a_time.find("CHOICE"), 6, choice)}});
      bench.far_side.holds = [](const OutgoingRequest&) { return true; };
      bench.say_pause(true);
      std::vector<RunKey> runs;
      for (int n = 0; n < 3; ++n) runs.push_back(bench.delivered_run("ask"));
      bench.say_pause(false);
      bench.retry(runs, with_service);
      for (int life = 0; life < 2; ++life) {
        bench.pass(2s);
        CHECK(bench.far_side.arrived.size() == 1);
        if (life == 0) bench.far_side.arrived.clear(), bench.restart();
      }
      bench.far_side.holds = {};
      bench.far_side.released.announce();
      bench.settle();
      CHECK(bench.outcomes() == std::map<std::string, int>{{"completed", 3}});
    }
  }
}

TEST_CASE("what is tried again while the service starts is carried out once, at whatever moment that is said") {
  for (int late = 0; late < 40; ++late) {
    CAPTURE(late);
    ServiceBench bench({{"flow", flow("flow", "  - {action: shop.add, with: {op: x}}\n")}});
    bench.far_side.answer = [](const OutgoingRequest&) { return test::said(404); };
    const RunKey run = *parse_run_key(bench.delivered("flow", "{}").front());
    bench.settle();
    CHECK(bench.outcomes() == std::map<std::string, int>{{"failed", 1}});
    bench.stop();
    bench.far_side.answer = {};
    bench.far_side.arrived.clear();
    Scope meanwhile(bench.loop);
    Status told = Done{};
    meanwhile.spawn([](ServiceBench& in, RunKey key, int after, Status& answer) -> Task<void> {
      co_await sleep_for(after * 200us);
      answer = co_await in.service->retry(key, "", "somebody");
    }(bench, run, late, told));
    bench.start();
    test::ask(bench.loop, meanwhile.done());
    CHECK(told);
    bench.settle();
    CHECK(bench.outcomes() == std::map<std::string, int>{{"completed", 1}});
    CHECK(bench.far_side.arrived.size() == 1);
  }
}

TEST_CASE("what comes while the service starts stands behind what it was doing before, at whatever moment it comes") {
  const std::string one_at_a_time =
      "mode: live\ntriggers:\n  - {webhook: flow, verify: public}\nactions:\n"
      "  - {action: shop.add, with: {op: \"${{ event.op }}\"}}\n";
  for (int late = 0; late < 40; ++late) {
    CAPTURE(late);
    ServiceBench bench({{"flow", one_at_a_time}});
    bench.far_side.holds = [](const OutgoingRequest&) { return true; };
    for (const char* op : {"a", "b"}) bench.delivered("flow", "{\"op\": \"" + std::string(op) + "\"}");
    bench.pass(1s);
    bench.stop();
    bench.far_side.arrived.clear();
    Scope meanwhile(bench.loop);
    int answered = 0;
    meanwhile.spawn([](ServiceBench& in, int after, int& status) -> Task<void> {
      co_await sleep_for(after * 200us);
      IncomingRequest request;
      request.method = "POST";
      request.path = "/hooks/flow";
      request.headers.add("Content-Type", "application/json");
      request.body = "{\"op\": \"c\"}";
      const OutgoingResponse answer = co_await in.service->hook(std::move(request));
      status = answer.status;
    }(bench, late, answered));
    bench.start();
    test::ask(bench.loop, meanwhile.done());
    CHECK(answered == 202);
    bench.pass(1s);
    CHECK(bench.workflow("flow").active == 1);
    CHECK(bench.workflow("flow").queued == 2);
    bench.far_side.holds = {};
    bench.far_side.released.announce();
    bench.settle();
    REQUIRE(bench.far_side.arrived.size() >= 3);
    CHECK(bench.far_side.arrived.back() == "POST/add {\"op\":\"c\"}");
  }
}

TEST_CASE(
    "a run of a paused workflow whose time comes waits until it is resumed, over restarts, too, and goes on once") {
  const std::string push = "  - {action: shop.push, with: {op: x}}\n";
  const std::map<std::string, std::string> waits = {
      {"a wait", "  - wait: 1m\n" + push},
      {"a further attempt", "  - {action: shop.push, with: {op: x}, retry: {attempts: 3, delay: 1m}}\n"},
      {"a question whose time ends", "  - {approve: Go on?, timeout: 1m, on_error: continue}\n" + push},
      {"what it called", "  - {call: below, with: {}}\n" + push}};
  for (const auto& [what, actions] : waits) {
    for (const std::string paused : {"ask", ""}) {
      for (const std::string when : {"while it runs", "and it is stopped", "and it dies"}) {
        CAPTURE(what);
        CAPTURE(paused);
        CAPTURE(when);
        if (what == "what it called" && when == "while it runs") continue;  // that is in the middle of a step
        ServiceBench bench({{"ask", flow("ask", actions)}, {"below", flow("below", "  - wait: 1m\n")}});
        bool refused = what == "a further attempt";
        bench.far_side.answer = [&refused](const OutgoingRequest&) {
          return test::said(std::exchange(refused, false) ? 409 : 200);
        };
        bench.delivered("ask", "{}");
        bench.pass(10s);
        const auto sent = bench.far_side.arrived.size();
        REQUIRE(test::ask(bench.loop, bench.service->pause(paused, "somebody")));
        if (when == "and it is stopped") bench.restart();
        if (when == "and it dies") bench.crash(), bench.start();
        bench.pass(1h);
        CHECK(bench.far_side.arrived.size() == sent);
        CHECK(bench.outcomes("ask").count("completed") == 0);
        const RunKey run = bench.runs("ask").front().key;
        const auto late = test::ask(bench.loop, bench.service->approve(run, Approval{true, ""}, "somebody"));
        REQUIRE_FALSE(late);  // also where something was asked: its time is over
        REQUIRE(test::ask(bench.loop, bench.service->resume(paused, "somebody")));
        bench.pass(2min);
        CHECK(bench.far_side.arrived.size() == sent + 1);
        CHECK(bench.outcomes("ask") == std::map<std::string, int>{{"completed", 1}});
      }
    }
  }
}

TEST_CASE("a workflow that is paused while the service starts is paused, at whatever moment that is said") {
  for (int late = 0; late < 40; ++late) {
    CAPTURE(late);
    ServiceBench bench({{"ask", flow("ask", "  - {action: shop.add, with: {op: x}}\n")}});
    bench.stop();
    Scope meanwhile(bench.loop);
    Status told = Done{};
    meanwhile.spawn([](ServiceBench& in, int after, Status& answer) -> Task<void> {
      co_await sleep_for(after * 200us);
      answer = co_await in.service->pause("ask", "somebody");
    }(bench, late, told));
    bench.start();
    test::ask(bench.loop, meanwhile.done());
    if (!told) FAIL_CHECK(told.error().message);
    bench.delivered("ask", "{}");
    CHECK(bench.outcomes() == std::map<std::string, int>{{"skipped", 1}});
  }
}

TEST_SUITE_END();
