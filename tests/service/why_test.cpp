#include <doctest/doctest.h>

#include <algorithm>

#include "service/why_facts.hpp"
#include "workflow/load.hpp"

namespace millrace {

namespace {

const Catalog no_plugins = Catalog::load("/nonexistent", "/nonexistent");
constexpr Timestamp now{1767225600, 0};  // 2026-01-01T00:00:00Z
constexpr Timestamp before(std::int64_t seconds) { return {now.seconds - seconds, 0}; }

std::shared_ptr<const Workflow> workflow_of(const std::string& text) {
  const auto source = std::make_shared<const SourceText>(SourceText{"workflows/hello.yaml", text});
  LoadedWorkflow loaded = load_workflow(source, no_plugins);
  REQUIRE(loaded.workflow);
  return std::make_shared<const Workflow>(std::move(*loaded.workflow));
}

const std::string steps = "actions:\n  - id: first\n    set: {a: 1}\n";

/// A workflow that is well: live, served, with a webhook, and nothing has happened to it.
WhyFacts well(const std::string& mode = "live", const std::string& trigger = "webhook: hello\n    verify: public\n") {
  WhyFacts facts;
  facts.workflow = "hello";
  facts.audience = {now};
  facts.exists = true;
  facts.content = workflow_of("version: 1\nname: Hello\nmode: " + mode + "\ntriggers:\n  - " + trigger + steps);
  facts.service = ServiceRecord{before(3600), 1, std::nullopt};
  facts.service_alive = true;
  facts.sources = {"hook:hello"};
  facts.triggers = {"webhook /hooks/hello"};
  facts.next = {std::nullopt};
  return facts;
}

RunFacts run_that(RunOutcome outcome, std::string note = "") {
  RunFacts run;
  run.head.key = RunKey{1};
  run.head.event = EventKey{2};
  run.head.workflow = "hello";
  run.head.live = true;
  run.head.outcome = outcome;
  run.head.started = before(120);
  if (outcome != RunOutcome::running && outcome != RunOutcome::waiting) run.head.ended = before(60);
  run.head.note = std::move(note);
  return run;
}

EventRecord event_of(std::string source, Value payload, std::string id = "") {
  return {EventKey{2}, std::move(source), std::move(id), before(60), std::move(payload)};
}

bool says(const WhyFacts& facts, const std::string& part) {
  const auto sentences = explain(facts);
  for (const std::string& sentence : sentences) INFO(sentence);
  return std::any_of(sentences.begin(), sentences.end(),
                     [&](const std::string& sentence) { return sentence.find(part) != std::string::npos; });
}

bool begins(const WhyFacts& facts, const std::string& part) {
  const auto sentences = explain(facts);
  REQUIRE_FALSE(sentences.empty());
  INFO(sentences.front());
  return sentences.front().find(part) != std::string::npos;
}

const std::string name = render(RunKey{1});

}  // namespace

TEST_SUITE_BEGIN("service");

TEST_CASE("why: there is no such workflow, and which was meant") {
  WhyFacts facts;
  facts.workflow = "helo";
  facts.known = {"hello", "other"};
  CHECK(begins(facts, "there is no workflow \"helo\", did you mean \"hello\"?"));
}

TEST_CASE("why: its file is broken, and the version before it goes on") {
  WhyFacts facts = well();
  facts.content.reset();
  facts.problem = "workflows/hello.yaml:3:1: error: unknown key";
  CHECK(begins(facts, "its file is broken, so the running service keeps the version before it"));
  CHECK(says(facts, "hello.yaml:3:1"));
  facts.service_alive = false;
  CHECK(begins(facts, "so a service that starts goes on with the version before it"));
}

TEST_CASE("why: its file is good, and the service does not use it, because others are in its way") {
  WhyFacts facts = well();
  facts.alarm = "its file is broken: /hooks/hello is read in another way by the workflow \"other\"";
  CHECK(begins(facts, facts.alarm));
}

TEST_CASE("why: its file says paused") { CHECK(begins(well("paused"), "its file says mode: paused")); }

TEST_CASE("why: it runs but changes nothing") {
  WhyFacts facts = well("dry_run");
  CHECK(begins(facts, "its file says mode: dry_run"));
  RunFacts run = run_that(RunOutcome::completed);
  run.head.live = false;
  run.head.changes = 2;
  facts.runs = {run};
  CHECK(says(facts, "as a dry run: it would have made 2 changes, and changed nothing"));
}

TEST_CASE("why: somebody paused it") {
  WhyFacts facts = well();
  facts.paused = Value::object({{"by", "anna"}, {"since", "2025-12-31T21:00:00Z"}});
  CHECK(begins(facts, "it is paused by hand, by anna, since 2025-12-31T21:00:00Z (3h ago); \"millrace resume hello\""));
}

TEST_CASE("why: everything is paused, or was restored from a backup") {
  WhyFacts facts = well();
  facts.everything_paused = Value::object({{"by", "anna"}, {"since", "2025-12-31T21:00:00Z"}});
  CHECK(begins(facts, "everything is paused, by anna"));
  facts.restored = Value("2025-12-31T23:00:00Z");
  CHECK(begins(facts, "the store was restored from a backup, since 2025-12-31T23:00:00Z (1h ago)"));
}

TEST_CASE("why: no trigger listens to where the event came from") {
  WhyFacts facts = well();
  facts.event = event_of("hook:goodbye", Value(Map()));
  facts.asked_for_event = true;
  CHECK(begins(facts, "none of its triggers listens to hook:goodbye; it listens to webhook /hooks/hello"));
}

TEST_CASE("why: the trigger's condition was false, and what it saw") {
  WhyFacts facts =
      well("live", "webhook: hello\n    verify: public\n    if: event.kind == \"vip\" && event.score > 3\n");
  facts.event = event_of("hook:hello", Value::object({{"kind", "guest"}, {"score", 7}}));
  facts.asked_for_event = true;
  CHECK(begins(facts,
               "the trigger's condition event.kind == \"vip\" && event.score > 3 was false; event.kind was \"guest\", "
               "event.score was 7"));
  facts.asked_for_event = false;
  CHECK(says(facts, "the last event of its sources"));
}

TEST_CASE("why: a condition that cannot be evaluated is told as such") {
  WhyFacts facts = well("live", "webhook: hello\n    verify: public\n    if: event.kind == \"vip\"\n");
  facts.event = event_of("hook:hello", Value(Map()));
  facts.asked_for_event = true;
  CHECK(begins(facts, "could not be evaluated"));
}

TEST_CASE("why: a further delivery is a duplicate of the first") {
  WhyFacts facts = well();
  facts.event = event_of("hook:hello", Value(Map()), "msg_1");
  facts.asked_for_event = true;
  facts.runs = {run_that(RunOutcome::completed)};
  CHECK(says(facts, "a further delivery of that id is a duplicate"));
  CHECK(says(facts, "\"msg_1\""));
}

TEST_CASE("why: it waits for the run before it") {
  WhyFacts facts = well();
  RunFacts run = run_that(RunOutcome::running);
  run.head.started.reset();
  run.behind = RunKey{9};
  facts.runs = {run};
  CHECK(begins(facts, "run " + name + " waits for its turn: run " + render(RunKey{9}) + " of the same queue"));
}

TEST_CASE("why: another run was going on") {
  WhyFacts facts = well();
  facts.runs = {run_that(RunOutcome::skipped, "another run was going on, and concurrency says skip_if_running")};
  CHECK(begins(facts, "skip_if_running"));
}

TEST_CASE("why: its time has not come") {
  WhyFacts facts = well("live", "schedule: every monday at 09:00\n");
  facts.sources = {"schedule:hello/0"};
  facts.triggers = {"schedule: every monday at 09:00"};
  facts.next = {Timestamp{now.seconds + 7200, 0}};
  CHECK(begins(facts, "schedule: every monday at 09:00 is due next at 2026-01-01T02:00:00Z (in 2h)"));
}

TEST_CASE("why: the engine was down at its time, and such times are left out") {
  WhyFacts facts = well();
  facts.skipped_slots = SkippedSlots{{before(7200), before(3600)}, 2, "skip", before(60)};
  CHECK(begins(facts,
               "the engine was not running at 2025-12-31T23:00:00Z (1h ago) and 1 time before, and the trigger "
               "says if_missed: skip"));
}

TEST_CASE("why: the engine is not running") {
  WhyFacts facts = well();
  facts.service_alive = false;
  CHECK(begins(facts, "it began 2025-12-31T23:00:00Z (1h ago) and ended without being stopped"));
  facts.service->stopped = before(60);
  CHECK(begins(facts, "the service is not running: it was stopped"));
  facts.service.reset();
  CHECK(begins(facts, "no service has run on this project yet; \"millrace serve\" starts it"));
}

TEST_CASE("why: it failed, at which step and why, and what helps") {
  StoredRun stored;
  stored.head = run_that(RunOutcome::failed).head;
  stored.text = "version: 1\nname: Hello\n" + steps;
  stored.events = {{now, StepFailed{{0, 0}, Error{ErrorCode::denied, "the token may not do this"}}}};
  WhyFacts facts = well();
  facts.runs = {facts_of(stored, no_plugins)};
  CHECK(begins(facts,
               "failed 2025-12-31T23:59:00Z (1m ago) at the step first: the token may not do this; \"millrace "
               "runs retry " +
                   name));
}

TEST_CASE("why: it waits for a person") {
  WhyFacts facts = well();
  RunFacts run = run_that(RunOutcome::waiting);
  run.step = "ask";
  run.waits_for_person = true;
  run.asks = "delete 30 tags?";
  facts.runs = {run};
  CHECK(begins(facts, "waits at the step ask for somebody to agree (\"delete 30 tags?\"): \"millrace approve " + name));
}

TEST_CASE("why: it waits for a time, or to try again") {
  WhyFacts facts = well();
  RunFacts run = run_that(RunOutcome::waiting);
  run.head.wake_at = Timestamp{now.seconds + 600, 0};
  facts.runs = {run};
  CHECK(begins(facts, "waits until 2026-01-01T00:10:00Z (in 10m)"));
  run.step = "send";
  run.failure = "the far side is busy";
  run.again_at = run.head.wake_at;
  facts.runs = {run};
  CHECK(begins(facts, "the step send failed: the far side is busy; it is tried again 2026-01-01T00:10:00Z"));
}

TEST_CASE("why: nobody knows whether a step happened") {
  WhyFacts facts = well();
  RunFacts run = run_that(RunOutcome::parked);
  run.step = "send";
  run.failure = "no answer came";
  facts.runs = {run};
  CHECK(
      begins(facts, "is parked at the step send: no answer came; look at the far side, then \"millrace runs resolve"));
}

TEST_CASE("why: a safety limit stopped it") {
  WhyFacts facts = well();
  facts.runs = {run_that(RunOutcome::stopped_by_safety, "60 changes pass the limit of 50")};
  CHECK(begins(facts, "was stopped by a safety limit: 60 changes pass the limit of 50"));
}

TEST_CASE("why: the engine crashed with it again and again") {
  WhyFacts facts = well();
  facts.runs = {run_that(RunOutcome::parked, "the engine died 3 times while carrying it out, so it waits")};
  CHECK(begins(facts, "is set aside: the engine died 3 times"));
}

TEST_CASE("why: a connection is down") {
  WhyFacts facts = well();
  facts.down = {{"highlevel", "cannot connect to 127.0.0.1"}};
  CHECK(begins(facts, "the connection highlevel is down, and what needs it waits until it is back: cannot connect"));
}

TEST_CASE("why: the far side wants no requests for long, which is an alarm until it takes some") {
  WhyFacts facts = well();
  facts.held_up = {{"highlevel", "the far side takes no requests for 59m"}};
  CHECK(begins(facts, "of the connection highlevel: the far side takes no requests for 59m"));
}

TEST_CASE("why: nothing has come for it, or nothing starts it by itself") {
  CHECK(begins(well(), "no event has come for it yet; it listens to webhook /hooks/hello"));
  WhyFacts facts = well("live", "manual\n");
  facts.sources = {""};
  CHECK(begins(facts, "it has no trigger that starts it by itself"));
}

TEST_SUITE_END();

}  // namespace millrace
