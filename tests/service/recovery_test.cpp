#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "journal/database.hpp"
#include "journal/keys.hpp"
#include "service_bench.hpp"
#include "stock.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using test::flow;
using test::ServiceBench;

namespace {

/// A library of which the engine dies, or at least one that was under way whenever it did.
class DeadlyJobs final : public test::StockJobs {
 public:
  Task<Result<Value>> call(const Manifest&, const Action&, Value input, CallServices&) override {
    begun.push_back(input.text_or("op"));
    while (deadly && input.text_or("op") != "harmless") {
      const bool undisturbed = co_await never.wait();
      if (!undisturbed) co_return Error{ErrorCode::cancelled, "called off"};
    }
    co_return Value(Map());
  }
  bool deadly = true;
  std::vector<std::string> begun;
  News never;
};

struct Deadly : ServiceBench {
  explicit Deadly(const std::map<std::string, std::string>& workflows) : ServiceBench(workflows) {
    auto made = std::make_unique<DeadlyJobs>();
    jobs = made.get();
    stop();
    plugins = std::move(made);
    start();
  }
  /// The engine is gone from one moment to the next, and started again.
  void die() {
    crash();
    start();
    pass(1s);
  }
  RunHead head(RunKey run) {
    const auto stored = test::ask(loop, store->history().read_run(run));
    REQUIRE(stored);
    return stored->head;
  }
  /// What is said of a run in the alarms.
  std::string alarm_about(RunKey run) {
    pass(6s);
    for (const Alarm& alarm : service->status().alarms) {
      if (alarm.about == "run " + render(run)) return alarm.message;
    }
    return "";
  }
  RunKey delivered_run(const std::string& hook, const std::string& body = "{}") {
    const RunKey run = *parse_run_key(delivered(hook, body).front());
    pass(1s);
    return run;
  }
  DeadlyJobs* jobs = nullptr;
};

const std::string deadly_job = "  - {id: work, action: stock.restock, with: {op: x}}\n";
const std::string in_loop =
    "  - for_each: \"[1, 2, 3]\"\n    do:\n      - {action: stock.restock, with: {op: \"${{ string(item) }}\"}}\n";
const std::string in_wide_loop =
    "  - for_each: \"[1, 2, 3]\"\n    parallel: 3\n    do:\n"
    "      - {action: stock.restock, with: {op: \"${{ item == 2 ? 'x' : 'harmless' }}\"}, if_unsure: try_again, retry: "
    "{attempts: 5, delay: 1s}}\n";

}  // namespace

TEST_SUITE_BEGIN("service");

TEST_CASE(
    "a step of a library that is under way at two deaths of the engine is parked, named, and done when asked for") {
  for (const std::string& actions : {deadly_job, in_loop, in_wide_loop}) {
    for (const std::string mode : {"live", "dry_run"}) {
      CAPTURE(actions);
      CAPTURE(mode);
      Deadly bench({{"boom", flow("boom", actions, mode)}, {"other", flow("other", "  - {action: shop.items}\n")}});
      const RunKey run = bench.delivered_run("boom");
      bench.die();
      CHECK(bench.head(run).outcome == RunOutcome::running);
      bench.die();
      bench.pass(10s);
      const RunHead parked = bench.head(run);
      CHECK(name_of(parked.outcome) == "parked");
      CHECK(parked.note.find("stock.restock") != std::string::npos);
      CHECK(parked.note.find("plugin \"stock\"") != std::string::npos);
      CHECK(bench.alarm_about(run).find("stock.restock") != std::string::npos);
      bench.delivered_run("other");
      CHECK(bench.outcomes("other") == std::map<std::string, int>{{"completed", 1}});
      bench.restart();  // what is parked stays so, and its alarm, too
      CHECK(bench.alarm_about(run).find("stock.restock") != std::string::npos);
      bench.jobs->deadly = false;
      REQUIRE(test::ask(bench.loop, bench.service->retry(run, "", "somebody")));
      bench.settle();
      CHECK(name_of(bench.head(run).outcome) == "completed");
      CHECK(bench.alarm_about(run).empty());
    }
  }
}

TEST_CASE("several runs of a deadly plugin end up parked, a workflow that calls it waits, and the engine lives") {
  Deadly bench({{"boom", flow("boom", deadly_job)}, {"caller", flow("caller", "  - {call: boom, with: {n: 1}}\n")}});
  std::vector<RunKey> runs;
  for (int n = 0; n < 3; ++n) runs.push_back(bench.delivered_run("boom"));
  const RunKey caller = bench.delivered_run("caller");
  bench.die();
  bench.die();
  bench.pass(5s);
  for (const RunKey run : runs) CHECK(name_of(bench.head(run).outcome) == "parked");
  CHECK(name_of(bench.head(caller).outcome) == "running");
  CHECK(bench.facts().unfinished == 1);
}

TEST_CASE("orderly stops are no deaths, however many there are") {
  Deadly bench({{"boom", flow("boom", deadly_job)}});
  const RunKey run = bench.delivered_run("boom");
  for (int i = 0; i < 5; ++i) {
    bench.restart();
    bench.pass(1s);
  }
  CHECK(bench.head(run).outcome == RunOutcome::running);
  bench.die();
  bench.restart();
  bench.pass(1s);
  CHECK(bench.head(run).outcome == RunOutcome::running);
  bench.jobs->deadly = false;
  bench.die();
  bench.settle();
  CHECK(name_of(bench.head(run).outcome) == "parked");
}

TEST_CASE("a request that is on its way at every death is sent again: the engine does not die of those") {
  ServiceBench bench({{"ask", flow("ask", "  - {action: shop.add, with: {op: x}}\n")}});
  bench.far_side.holds = [](const OutgoingRequest&) { return true; };
  bench.delivered("ask", "{}");
  bench.pass(1s);
  for (int i = 0; i < 4; ++i) {
    bench.crash();
    bench.start();
    bench.pass(1s);
  }
  bench.far_side.holds = {};
  bench.far_side.released.announce();
  bench.settle();
  CHECK(bench.outcomes() == std::map<std::string, int>{{"completed", 1}});
}

TEST_CASE("what people asked while the engine was down is done before runs go on") {
  for (const std::string mode : {"live", "dry_run"}) {
    CAPTURE(mode);
    Deadly bench({{"boom", flow("boom", deadly_job + "  - {action: shop.push, with: {op: after}}\n", mode)}});
    const RunKey run = bench.delivered_run("boom");
    bench.crash();
    REQUIRE(bench.offline([run](Control& control) { return control.cancel(run, "somebody"); }));
    bench.jobs->begun.clear();
    bench.start();
    bench.pass(2s);
    CHECK(bench.jobs->begun.empty());
    CHECK(name_of(bench.head(run).outcome) == "cancelled");
  }
  for (const std::string what : {"boom", ""}) {
    CAPTURE(what);
    Deadly bench({{"boom", flow("boom", deadly_job)}});
    const RunKey run = bench.delivered_run("boom");
    bench.crash();
    REQUIRE(bench.offline([&what](Control& control) { return control.pause(what, "somebody"); }));
    bench.jobs->begun.clear();
    bench.start();
    bench.pass(2s);
    CHECK(bench.jobs->begun.empty());
    bench.restart();
    bench.pass(2s);
    CHECK(bench.jobs->begun.empty());
    bench.jobs->deadly = false;
    REQUIRE(test::ask(bench.loop, bench.service->resume(what, "somebody")));
    bench.settle();
    CHECK(name_of(bench.head(run).outcome) == "completed");
  }
}

TEST_CASE("what a crash takes away of what was read is read again, and nothing has followed from it") {
  ServiceBench bench({{"ask", flow("ask",
                                   "  - for_each: lists.range(3)\n    do: [{action: shop.items}]\n"
                                   "  - {action: shop.add, with: {op: x}}\n")}});
  const auto count = [&](std::string_view what) {
    const auto& arrived = bench.far_side.arrived;
    return std::count_if(arrived.begin(), arrived.end(), [what](const auto& each) { return each.starts_with(what); });
  };
  bench.far_side.answer = [&](const OutgoingRequest&) {
    bench.job_takes = 1h;  // of the disk, from the first answer on
    return test::said(200);
  };
  REQUIRE(bench.delivered("ask", "{}").size() == 1);
  bench.pass(1s);
  CHECK(count("GET") == 3);
  CHECK(count("POST") == 0);
  bench.crash();
  bench.far_side.answer = nullptr;
  bench.job_takes = {};
  bench.start();
  bench.settle();
  CHECK(count("GET") == 6);
  CHECK(count("POST") == 1);
  CHECK(bench.outcomes() == std::map<std::string, int>{{"completed", 1}});
}

TEST_CASE("a write that was on its way when the run was called off offline is told as not known, and not sent again") {
  ServiceBench bench({{"ask", flow("ask", "  - {action: shop.add, with: {op: x}}\n")}});
  bench.far_side.holds = [](const OutgoingRequest&) { return true; };
  const RunKey run = *parse_run_key(bench.delivered("ask", "{}").front());
  bench.pass(1s);
  const auto sent = bench.far_side.arrived.size();
  bench.crash();
  REQUIRE(bench.offline([run](Control& control) { return control.cancel(run, "somebody"); }));
  bench.start();
  bench.pass(5s);
  CHECK(bench.far_side.arrived.size() == sent);
  const auto stored = test::ask(bench.loop, bench.store->history().read_run(run));
  REQUIRE(stored);
  CHECK(name_of(stored->head.outcome) == "cancelled");
  CHECK(stored->head.note.find("not known whether it happened") != std::string::npos);
}

TEST_CASE("a run that cannot be read is parked with a sentence and an alarm, can be looked at, and called off") {
  const std::map<std::string, std::string> damages = {
      {"an event of a kind that nobody knows", "UPDATE runs SET log = x'01016300'"},
      {"half a record", "UPDATE runs SET log = substr(log, 1, 9); UPDATE run_events SET log = substr(log, 1, 9)"},
      {"another format", "UPDATE runs SET log = x'0901'; UPDATE run_events SET log = x'0901'"},
      {"the text of the workflow is gone", "UPDATE runs SET version = NULL"},
      {"a payload nested beyond what is read", "UPDATE events SET payload = x'01' || deep || x'00'"},
  };
  for (const auto& [what, sql] : damages) {
    for (const std::string actions :
         {"  - {action: shop.add, with: {op: x}}\n", "  - approve: Go on?\n", "  - wait: 30s\n"}) {
      CAPTURE(what);
      CAPTURE(actions);
      ServiceBench bench({{"ask", flow("ask", actions)}});
      bench.far_side.holds = [](const OutgoingRequest&) { return true; };
      const RunKey run = *parse_run_key(bench.delivered("ask", "{\"n\": 1}").front());
      bench.pass(1s);
      bench.stop();
      std::string statement = sql;
      const auto levels = statement.find("deep");
      if (levels != std::string::npos) {
        std::string deep = "x'";
        for (int i = 0; i < 300; ++i) deep += "0801";
        statement.replace(levels, 4, deep + "'");
      }
      {
        auto database = Database::open((bench.folder.path() / "millrace.db").string(), SQLITE_OPEN_READWRITE, "");
        REQUIRE(database);
        REQUIRE(database->run(statement.c_str()));
      }
      bench.start();
      bench.pass(40s);
      const auto shown = test::ask(bench.loop, bench.store->history().read_run(run));
      REQUIRE(shown);
      CHECK(name_of(shown->head.outcome) == "parked");
      CHECK_FALSE(shown->head.note.empty());
      CHECK_FALSE(shown->unreadable.empty());
      bool told = false;
      for (const Alarm& alarm : bench.service->status().alarms) told = told || alarm.about == "run " + render(run);
      CHECK(told);
      const auto refused = test::ask(bench.loop, bench.service->retry(run, "", "somebody"));
      REQUIRE_FALSE(refused);
      CHECK(refused.error().message.find("cannot go on") != std::string::npos);
      REQUIRE(test::ask(bench.loop, bench.service->cancel(run, "somebody")));
      CHECK(bench.outcomes() == std::map<std::string, int>{{"cancelled", 1}});
      CHECK(bench.service->status().active_runs == 0);
    }
  }
}

TEST_CASE("a waiting run that cannot be read is called off at once, also before anybody has noticed, and offline") {
  for (const bool with_service : {true, false}) {
    ServiceBench bench({{"ask", flow("ask", "  - approve: Go on?\n")}});
    const RunKey run = *parse_run_key(bench.delivered("ask", "{}").front());
    bench.pass(1s);
    bench.stop();
    {
      auto database = Database::open((bench.folder.path() / "millrace.db").string(), SQLITE_OPEN_READWRITE, "");
      REQUIRE(database);
      REQUIRE(database->run("UPDATE runs SET log = x'01016300'"));
    }
    if (with_service) {
      bench.start();
      REQUIRE(test::ask(bench.loop, bench.service->cancel(run, "somebody")));
      bench.stop();
    } else {
      CHECK_FALSE(bench.offline([run](Control& control) {
        return control.approve(run, Approval{true, ""}, "somebody");
      }));
      REQUIRE(bench.offline([run](Control& control) { return control.cancel(run, "somebody"); }));
    }
    bench.start();
    bench.pass(1s);
    CHECK(bench.outcomes() == std::map<std::string, int>{{"cancelled", 1}});
  }
}

TEST_SUITE_END();
