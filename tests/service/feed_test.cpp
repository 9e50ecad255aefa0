#include "service/feed.hpp"

#include <doctest/doctest.h>

#include "ask.hpp"
#include "async/simulated_time.hpp"
#include "service/records.hpp"
#include "value/json.hpp"

using namespace millrace;
using test::ask;

namespace {

Entry run_entry(std::int64_t key, RunOutcome outcome = RunOutcome::running) {
  RunProgress progress;
  progress.head.key = RunKey{key};
  progress.head.workflow = "flow";
  progress.head.outcome = outcome;
  progress.head.started = Timestamp{1, 0};
  Entry entry;
  entry.runs.push_back(progress);
  return entry;
}

std::string changes_after(const Feed& feed, std::int64_t since) {
  std::string text;
  for (const Value& change : feed.after(since)) text += encode_json(change) + "\n";
  return text;
}

std::string change_of(std::int64_t seq, std::int64_t key, const std::string& outcome) {
  return "{\"seq\":" + std::to_string(seq) + ",\"what\":\"run\",\"id\":\"" + render(RunKey{key}) +
         "\",\"head\":{\"workflow\":\"flow\",\"outcome\":\"" + outcome + "\"}}\n";
}

}  // namespace

TEST_SUITE_BEGIN("service");

TEST_CASE("the feed tells each thing once, as it is by now, in the order of its last change") {
  Feed feed(100);
  feed.note(run_entry(1));
  feed.note(run_entry(2));
  feed.note(run_entry(1));
  feed.note(run_entry(1, RunOutcome::completed));
  CHECK(feed.seq() == 104);
  CHECK(changes_after(feed, 100) == change_of(102, 2, "running") + change_of(104, 1, "completed"));
  CHECK(changes_after(feed, 103) == change_of(104, 1, "completed"));
  CHECK(changes_after(feed, 104) == "");
}

TEST_CASE("the feed names what people see of an entry, and nothing that is in it") {
  Feed feed(0);
  Entry entry = run_entry(7);
  entry.runs[0].head.started = std::nullopt;
  entry.events.push_back({EventKey{9}, "hook:shop", "id-1", Timestamp{}, Value("a payload")});
  entry.states.push_back({engine_owner, "paused/flow", Value("x")});
  entry.states.push_back({engine_owner, "paused", Value("x")});
  entry.states.push_back({engine_owner, "alarm/store", Value("x")});
  entry.states.push_back({engine_owner, "down/highlevel", Value("x")});
  entry.states.push_back({engine_owner, "session/0a1b", Value("x")});
  entry.states.push_back({"tags", "paused/other", Value("x")});
  feed.note(entry);
  CHECK(changes_after(feed, 0) == "{\"seq\":1,\"what\":\"event\",\"id\":\"" + render(EventKey{9}) +
                                      "\",\"head\":{\"source\":\"hook:shop\"}}\n" + change_of(2, 7, "queued") +
                                      "{\"seq\":3,\"what\":\"workflow\",\"id\":\"flow\",\"head\":null}\n"
                                      "{\"seq\":4,\"what\":\"workflow\",\"id\":\"\",\"head\":null}\n"
                                      "{\"seq\":5,\"what\":\"alarm\",\"id\":\"store\",\"head\":null}\n"
                                      "{\"seq\":6,\"what\":\"connection\",\"id\":\"highlevel\",\"head\":null}\n");
}

TEST_CASE("who was away for too long, or was told by another life of the service, has to look anew") {
  Feed feed(1000, 8);
  for (std::int64_t i = 1; i <= 10; ++i) feed.note(run_entry(i));
  CHECK(feed.reaches_back_to(1010));
  CHECK(feed.reaches_back_to(1002));
  CHECK_FALSE(feed.reaches_back_to(1001));
  CHECK_FALSE(feed.reaches_back_to(1011));
  CHECK_FALSE(feed.reaches_back_to(3));
  CHECK(feed.after(1002).size() == 8);
}

TEST_CASE("who waits is woken by a change, and at the deadline without one") {
  SimulatedTime time{[] { return Duration::zero(); }};
  Loop loop{time};
  Feed feed(0);
  const auto change_later = [](Feed& changed) -> Task<void> {
    (void)co_await sleep_for(std::chrono::seconds(3));
    changed.note(run_entry(1));
  };
  const auto both = [&]() -> Task<void> {
    Scope scope(loop);
    scope.spawn(change_later(feed));
    const auto begun = steady_now();
    const Deadline deadline = Deadline::in(std::chrono::seconds(15));
    const bool woken = co_await feed.wait(0, deadline);
    CHECK(woken);
    CHECK(steady_now() - begun == std::chrono::seconds(3));
    const bool idle = co_await feed.wait(1, deadline);
    CHECK(idle);
    CHECK(steady_now() - begun == std::chrono::seconds(15));
    co_await scope.done();
  };
  ask(loop, both());
  CHECK(feed.listeners() == 0);
}

TEST_SUITE_END();
