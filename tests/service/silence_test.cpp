#include <doctest/doctest.h>

#include <optional>

#include "service/records.hpp"
#include "service_bench.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using test::ask;
using test::ServiceBench;

namespace {

std::string beat(const std::string& more = "alert_if_no_run_for: 8m\n") {
  return "mode: live\n" + more +
         "triggers:\n  - {webhook: beat, verify: public}\nactions:\n  - {action: shop.put, with: {op: one}}\n";
}

std::string silence(ServiceBench& bench, const std::string& workflow = "beat") {
  for (const Alarm& alarm : bench.service->status().alarms) {
    if (alarm.about == "silence of " + workflow) return alarm.message;
  }
  return "";
}

void rewrite(ServiceBench& bench, const std::string& workflow, const std::string& text) {
  bench.folder.write("workflows/" + workflow + ".yaml", "version: 1\nname: " + workflow + "\n" + text);
  bench.pass(1s);
  ask(bench.loop, bench.service->reload("ada"));
}

void pause(ServiceBench& bench, bool on, const std::string& workflow = "") {
  const auto said =
      ask(bench.loop, on ? bench.service->pause(workflow, "anna") : bench.service->resume(workflow, "anna"));
  REQUIRE(said);
}

/// As a `millrace run --live` beside the service leaves it.
void run_in_foreground(ServiceBench& bench, RunOutcome outcome) {
  Journal& journal = bench.store->journal();
  const Timestamp now = bench.clock->now();
  RunHead head;
  head.key = journal.keys().next_run(now);
  head.event = journal.keys().next_event(now);
  head.workflow = "beat";
  head.trigger = "manual";
  head.zone = "UTC";
  head.live = head.foreground = true;
  head.started = head.ended = now;
  head.outcome = outcome;
  Entry entry;
  entry.events.push_back({head.event, "manual", "", now, Value()});
  entry.runs.push_back({head, true, {}});
  note_foreground_end(entry);
  REQUIRE(ask(bench.loop, journal.commit(std::move(entry))));
}

std::string last_success(ServiceBench& bench) {
  const std::string line = bench.shown("millrace_last_success_timestamp_seconds{workflow=\"beat\"}");
  return line.empty() ? "" : line.substr(line.rfind(' ') + 1, line.size() - line.rfind(' ') - 2);
}

}  // namespace

TEST_SUITE_BEGIN("service");

TEST_CASE("silence is counted from when the workflow was first seen, over restarts, reloads and edits") {
  ServiceBench bench({{"beat", beat()}});
  for (int minute = 0; minute < 7; ++minute) {
    bench.pass(1min);
    bench.restart();
    rewrite(bench, "beat", beat() + "description: edited at minute " + std::to_string(minute) + "\n");
    bench.pass(6s);
    CHECK(silence(bench) == "");
  }
  bench.pass(66s);
  CHECK(silence(bench).find("it has not run for 8m; it never did, and is there since 2026-01-01T01:00:00") == 0);
  bench.restart();
  CHECK(silence(bench) != "");
  CHECK(bench.workflow("beat").silent_too_long);
}

TEST_CASE("silence is counted from the last run, also where that was before a restart or in the foreground") {
  ServiceBench bench({{"beat", beat()}});
  bench.pass(7min);
  bench.delivered("beat", "{}");
  bench.settle();
  bench.restart();
  bench.pass(7min);
  CHECK(silence(bench) == "");
  bench.pass(66s);
  CHECK(silence(bench).find("the last time was 2026-01-01T01:07:") != std::string::npos);
  run_in_foreground(bench, RunOutcome::failed);
  bench.pass(6s);
  CHECK(silence(bench) == "");
  bench.pass(8min);
  CHECK(silence(bench) != "");
}

TEST_CASE("runs that did not take place are no sign of life, however many they are") {
  std::string text = beat("alert_if_no_run_for: 8m\nconcurrency: skip_if_running\n");
  bool waits_in_line = false;
  SUBCASE("left out while another one is going on") {
    text.replace(text.find("  - {action"), std::string::npos, "  - wait: 1h\n");
  }
  SUBCASE("refused at once") { text.replace(text.find("skip_if_running"), 15, "{queued: {key: event.nothing}}"); }
  SUBCASE("called off in the line") {
    text = beat("alert_if_no_run_for: 8m\n");
    text.replace(text.find("  - {action"), std::string::npos, "  - wait: 1h\n");
    waits_in_line = true;
  }
  ServiceBench bench({{"beat", text}});
  for (int n = 0; n < 30; ++n) {
    const auto runs = bench.delivered("beat", "{}");
    if (waits_in_line && n > 0) REQUIRE(ask(bench.loop, bench.service->cancel(*parse_run_key(runs.front()), "anna")));
    bench.pass(18s);
  }
  CHECK(silence(bench) != "");
  bench.restart();
  bench.pass(6s);
  CHECK(silence(bench) != "");
}

TEST_CASE("a run that leaves its work out by itself is one all the same") {
  std::string text = beat();
  text.replace(text.find("  - {action"), std::string::npos, "  - stop: {outcome: skipped}\n");
  ServiceBench bench({{"beat", text}});
  for (int n = 0; n < 10; ++n) {
    bench.delivered("beat", "{}");
    bench.pass(1min);
    if (n == 8) bench.restart();
  }
  CHECK(silence(bench) == "");
}

TEST_CASE("what is switched off is not silent, and is counted anew when it is switched on") {
  for (const bool all : {false, true}) {
    for (const bool restarts : {false, true}) {
      ServiceBench bench({{"beat", beat()}});
      bench.pass(9min);
      REQUIRE(silence(bench) != "");
      pause(bench, true, all ? "" : "beat");
      bench.pass(6s);
      CHECK(silence(bench) == "");
      bench.pass(9min);
      CHECK(silence(bench) == "");
      if (restarts) bench.restart();
      pause(bench, false, all ? "" : "beat");
      bench.pass(7min);
      CHECK(silence(bench) == "");
      bench.pass(2min);
      CHECK(silence(bench) != "");
    }
  }
}

TEST_CASE("the switch of a file counts like that of a person, and a dry run is watched as a live one is") {
  ServiceBench bench({{"beat", beat()}});
  std::string paused = beat(), dry = beat();
  paused.replace(0, 10, "mode: paused");
  dry.replace(0, 10, "mode: dry_run");
  bench.pass(9min);
  rewrite(bench, "beat", paused);
  bench.pass(9min);
  CHECK(silence(bench) == "");
  rewrite(bench, "beat", dry);
  bench.pass(7min);
  CHECK(silence(bench) == "");
  bench.pass(2min);
  CHECK(silence(bench) != "");
  bench.delivered("beat", "{}");
  bench.settle();
  bench.pass(6s);
  CHECK(silence(bench) == "");
}

TEST_CASE("nobody is told of the silence of what is gone, of what no longer wants it, or of what is called otherwise") {
  ServiceBench bench({{"beat", beat()}});
  bench.pass(9min);
  REQUIRE(silence(bench) != "");
  rewrite(bench, "beat", beat(""));
  bench.pass(6s);
  CHECK(silence(bench) == "");
  rewrite(bench, "beat", beat());
  bench.pass(6s);
  CHECK(silence(bench) != "");
  std::filesystem::rename(bench.folder.path() / "workflows/beat.yaml", bench.folder.path() / "workflows/pulse.yaml");
  ask(bench.loop, bench.service->reload("ada"));
  bench.pass(7min);
  CHECK(bench.service->status().alarms.empty());
  bench.pass(2min);
  CHECK(silence(bench) == "");
  CHECK(silence(bench, "pulse") != "");
}

TEST_CASE("an alarm has a metric, is kept in the store with its beginning, and is over when what it is about is well") {
  ServiceBench bench({{"beat", beat()}});
  const auto kept = [&] {
    const auto stored = ask(bench.loop, bench.store->journal().list_states(std::string(engine_owner), "alarm/"));
    REQUIRE(stored);
    return alarms_in(*stored);
  };
  CHECK(bench.shown("millrace_alarms") == "");
  bench.pass(9min);
  CHECK(bench.shown("millrace_alarms{").find("{about=\"silence of beat\"} 1\n") != std::string::npos);
  REQUIRE(kept().size() == 1);
  const Timestamp since = kept().front().since;
  bench.pass(1min);
  bench.restart();
  bench.pass(6s);
  REQUIRE(bench.service->status().alarms.size() == 1);
  CHECK(bench.service->status().alarms.front().since == since);
  bench.delivered("beat", "{}");
  bench.settle();
  bench.pass(6s);
  CHECK(bench.shown("millrace_alarms{").find("{about=\"silence of beat\"} 0\n") != std::string::npos);
  CHECK(kept().empty());
}

TEST_CASE("what went wrong while no service ran is no alarm of the next one where it is well by then") {
  ServiceBench bench({{"beat", beat()}, {"broken", beat()}});
  rewrite(bench, "broken", "nonsense: 1\n");
  bench.pass(6s);
  REQUIRE(bench.service->status().alarms.size() == 1);
  bench.stop();
  bench.folder.write("workflows/broken.yaml", "version: 1\nname: broken\n" + beat());
  bench.start();
  bench.pass(6s);
  for (const Alarm& alarm : bench.service->status().alarms) CHECK(alarm.message.find("broken") == std::string::npos);
}

TEST_CASE("the last success is known after a restart, and so is one in the foreground while the service runs") {
  ServiceBench bench({{"beat", beat("")}});
  bench.pass(10s);
  CHECK(last_success(bench) == "");
  bench.delivered("beat", "{}");
  bench.settle();
  const std::string first = last_success(bench);
  REQUIRE(first != "");
  bench.metrics = {};
  bench.restart();
  bench.pass(1s);
  CHECK(last_success(bench) == first);
  CHECK(bench.workflow("beat").last_run.has_value());
  run_in_foreground(bench, RunOutcome::failed);
  bench.pass(6s);
  CHECK(last_success(bench) == first);
  run_in_foreground(bench, RunOutcome::completed);
  bench.pass(6s);
  const std::string second = last_success(bench);
  CHECK(second != first);
  bench.metrics = {};
  bench.restart();
  bench.pass(1s);
  CHECK(last_success(bench) == second);
}

TEST_CASE("when a workflow ran last is known as soon as that run has ended, of each workflow by itself") {
  ServiceBench bench({{"beat", beat("")}, {"other", test::flow("other", test::behind)}});
  bench.pass(10s);
  CHECK_FALSE(bench.workflow("beat").last_run);
  std::optional<Timestamp> before;
  for (int runs = 0; runs < 3; ++runs) {
    bench.delivered("beat", "{}");
    bench.pass(1s);
    const auto last = bench.workflow("beat").last_run;
    REQUIRE(last);
    CHECK((!before || *before < *last));
    before = last;
  }
  CHECK_FALSE(bench.workflow("other").last_run);
}

TEST_SUITE_END();
