#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>

#include "service_bench.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using test::ServiceBench;
using test::told;

namespace {

using Outcomes = std::map<std::string, int>;

std::string hook(const std::string& name) {
  return "mode: live\ntriggers:\n  - {webhook: " + name + ", verify: public}\n";
}

/// Runs after `other`, whatever the condition says, which check cannot know.
std::string after(const std::string& other, const std::string& more = "") {
  return more + "  - after: " + other + "\n    outcome: any\n    if: event.run != ''\nactions:\n" +
         "  - {action: shop.put, with: {op: run.workflow}}\n";
}

std::string calls_if(const std::string& other, const std::string& more = "") {
  return more + "actions:\n  - if: run.id != ''\n    call: " + other + "\n";
}

std::string numbers_to(int count) {
  std::string text;
  for (int n = 1; n <= count; ++n) text += (n > 1 ? ", " : "") + std::to_string(n);
  return text;
}

std::vector<std::string> notes_of(ServiceBench& bench, const std::string& workflow, RunOutcome outcome) {
  RunFilter filter;
  filter.workflow = workflow;
  filter.outcome = outcome;
  const auto heads = test::ask(bench.loop, bench.store->history().list_runs(filter));
  REQUIRE(heads);
  std::vector<std::string> notes;
  for (const RunHead& head : *heads) notes.push_back(head.note);
  return notes;
}

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_SUITE_BEGIN("service");

TEST_CASE("runs that follow one another in a circle end after 25, with a failure that names the way") {
  ServiceBench bench({{"ping", hook("ping") + after("pong")}, {"pong", "mode: live\ntriggers:\n" + after("ping")}});
  bench.delivered("ping", "{}");
  bench.settle();
  CHECK(told(bench.outcomes()) == told({{"completed", 25}, {"failed", 1}}));
  const auto notes = notes_of(bench, "pong", RunOutcome::failed);
  REQUIRE(notes.size() == 1);
  CHECK(holds(notes.front(), "end after 25"));
  CHECK(holds(notes.front(), "ping > pong > ping > pong"));
}

TEST_CASE("the depth of a chain is kept over restarts") {
  ServiceBench bench({{"ping", hook("ping") + after("pong")}, {"pong", "mode: live\ntriggers:\n" + after("ping")}});
  bench.delivered("ping", "{}");
  for (int restarts = 0; restarts < 40; ++restarts) {
    bench.pass(25ms);
    bench.restart();
  }
  bench.settle();
  CHECK(told(bench.outcomes()) == told({{"completed", 25}, {"failed", 1}}));
}

TEST_CASE("a chain of three, and one that follows itself, end as well, and another event begins anew") {
  ServiceBench bench({{"a", hook("a") + after("c")},
                      {"b", "mode: live\ntriggers:\n" + after("a")},
                      {"c", "mode: live\ntriggers:\n" + after("b")},
                      {"self", hook("self") + after("self")}});
  bench.delivered("a", "{}");
  bench.delivered("self", "{}");
  bench.settle();
  CHECK(told(bench.outcomes()) == told({{"completed", 50}, {"failed", 2}}));
  CHECK(holds(notes_of(bench, "self", RunOutcome::failed).front(), "self > self > self"));
  bench.delivered("self", "{}");
  bench.settle();
  CHECK(told(bench.outcomes("self")) == told({{"completed", 50}, {"failed", 2}}));
}

TEST_CASE("workflows that call each other, one run at a time, fail at once and do not wait for ever") {
  ServiceBench bench(
      {{"a", hook("a") + calls_if("b")}, {"b", hook("b") + calls_if("c")}, {"c", hook("c") + calls_if("a")}});
  bench.delivered("a", "{}");
  bench.settle();
  CHECK(told(bench.outcomes()) == told({{"failed", 4}}));
  const std::string note = notes_of(bench, "c", RunOutcome::failed).front();
  CHECK(holds(note, "would wait for ever"));
  CHECK(holds(note, "a > b > c > a"));
}

TEST_CASE("two runs that call each other's workflow crosswise do not wait for ever") {
  const std::string first = "actions:\n  - {action: shop.put, with: {op: x}}\n  - if: event.first == true\n    call: ";
  ServiceBench bench({{"a", hook("a") + first + "b\n"}, {"b", hook("b") + first + "a\n"}});
  bench.far_side.holds = [](const OutgoingRequest&) { return true; };
  bench.delivered("a", "{\"first\": true}");
  bench.delivered("b", "{\"first\": true}");
  SUBCASE("in one life") {}
  SUBCASE("over restarts") {
    bench.pass(1s);
    bench.restart();
  }
  bench.far_side.holds = {};
  bench.far_side.released.announce();
  bench.settle();
  const Outcomes all = bench.outcomes();
  CHECK(all.contains("failed"));
  CHECK_FALSE(all.contains("running"));
  CHECK_FALSE(all.contains("waiting"));
}

TEST_CASE("calls that go beside each other end after 25") {
  const std::string beside = "concurrency: parallel\n";
  ServiceBench bench({{"a", beside + hook("a") + calls_if("b")}, {"b", beside + hook("b") + calls_if("a")}});
  bench.delivered("a", "{}");
  bench.settle();
  CHECK(told(bench.outcomes()) == told({{"failed", 26}}));
  const auto notes = notes_of(bench, "a", RunOutcome::failed);
  for (const std::string& note : notes) {
    CHECK(holds(note, "end after 25"));
    CHECK(note.find("the called workflow ended") == note.rfind("the called workflow ended"));
  }
}

TEST_CASE(
    "a circle in which each run calls two, whatever they do about a call that fails, ends after 40 rounds for each "
    "link") {
  const std::string twice =
      "concurrency: parallel\nactions:\n  - for_each: \"[1, 2]\"\n    parallel: 2\n    do:\n      - if: run.id != ''\n"
      "        on_error: continue\n        call: ";
  for (const bool restarts : {false, true}) {
    CAPTURE(restarts);
    ServiceBench bench({{"a", hook("a") + twice + "b\n"}, {"b", hook("b") + twice + "a\n"}});
    bench.project.chain_limit = 10;
    bench.delivered("a", "{}");
    for (int n = 0; restarts && n < 2; ++n) {
      bench.pass(20ms);
      bench.restart();
    }
    bench.settle();
    const Outcomes all = bench.outcomes();
    CAPTURE(told(all));
    CHECK_FALSE(all.contains("running"));
    // The first one, and the two that it calls, do not go round yet. Each life of the service counts anew.
    if (!restarts) CHECK(all.at("completed") == 3 + 400);
    if (restarts) CHECK(all.at("completed") <= 3 + 400 * 3);
  }
}

TEST_CASE("calls of a workflow from whose end the caller follows are no circle among callers") {
  ServiceBench bench({{"low", hook("low") + "actions:\n  - set: {n: \"${{ event.n }}\"}\n"},
                      {"top",
                       "mode: live\ntriggers:\n  - after: low\n    if: event.output.n == 0\nactions:\n"
                       "  - for_each: [" +
                           numbers_to(300) + "]\n    do:\n      - {call: low, with: {n: \"${{ item }}\"}}\n"}});
  bench.project.chain_limit = 5;
  bench.delivered("low", "{\"n\": 0}");
  bench.settle();
  CHECK(told(bench.outcomes()) == told({{"completed", 302}}));
}

TEST_CASE("a circle in which each run has several that follow it ends after 40 rounds for each link") {
  // Called, so that one end leads to several runs; followed by two; and both together.
  const std::string many =
      "  - for_each: [1, 2, 3, 4, 5]\n    parallel: 5\n    do:\n      - {call: low, on_error: continue}\n";
  const std::map<std::string, std::map<std::string, std::string>> circles = {
      {"called",
       {{"low", hook("low") + "concurrency: parallel\nactions:\n  - set: {n: 1}\n"},
        {"top",
         "mode: live\nconcurrency: parallel\ntriggers:\n  - after: low\n    outcome: any\n    if: event.run != "
         "''\nactions:\n" +
             many}}},
      {"followed",
       {{"a", hook("a") + after("b", "")},
        {"b", "mode: live\ntriggers:\n" + after("a")},
        {"c", "mode: live\ntriggers:\n" + after("a")},
        {"d", "mode: live\ntriggers:\n" + after("c")},
        {"e", "mode: live\ntriggers:\n" + after("d", "  - {after: b, outcome: any, if: \"event.run != ''\"}\n")}}},
  };
  for (const auto& [name, workflows] : circles) {
    for (const int most_active : {512, 1}) {  // one: the others wait in the store
      CAPTURE(name);
      CAPTURE(most_active);
      ServiceBudget budget;
      budget.active_runs = static_cast<std::size_t>(most_active);
      ServiceBench bench(workflows, budget);
      bench.project.chain_limit = 9;
      bench.delivered(name == "called" ? "low" : "a", "{}");
      bench.settle();
      const Outcomes all = bench.outcomes();
      CAPTURE(told(all));
      CHECK_FALSE(all.contains("running"));
      CHECK(all.at("completed") <= 2 * 5 * 9 * 40);
      if (name == "called") CHECK(bench.outcomes("top").at("completed") <= 9 * 40 + 1);
    }
  }
}

TEST_CASE(
    "a workflow that writes into the folder that it watches ends after 25, over restarts, and other files go on") {
  const std::map<std::string, std::string> flow = {
      {"flow",
       "mode: live\ntriggers:\n  - file: output/*.txt\n    if: event.size >= 0\nactions:\n"
       "  - {action: stock.list, with: {op: again}}\n"}};
  ServiceBench bench(flow);
  bench.pass(5s);
  const auto write = [&bench](const std::string& path) {
    bench.folder.write(path, "x");
    std::filesystem::last_write_time(bench.folder.path() / path,
                                     std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
  };
  write("output/first.txt");
  for (int looks = 0; looks < 40; ++looks) {
    bench.pass(3s);
    if (looks % 7 == 0) bench.restart();
    // What a run wrote counts once it has been quiet for a second, which this machine's clock says: it is made so.
    const auto again = bench.folder.path() / "output/again.txt";
    const auto now = std::filesystem::file_time_type::clock::now();
    const auto an_hour_ago = now - std::chrono::hours(1);
    if (std::filesystem::exists(again) && std::filesystem::last_write_time(again) > now - std::chrono::minutes(30))
      std::filesystem::last_write_time(again, an_hour_ago);
  }
  CHECK(told(bench.outcomes()) == told({{"completed", 25}, {"failed", 1}}));
  const auto notes = notes_of(bench, "flow", RunOutcome::failed);
  REQUIRE(notes.size() == 1);
  CHECK(holds(notes.front(), "flow > flow > flow"));
  write("output/second.txt");
  bench.pass(3s);
  CHECK(told(bench.outcomes()) == told({{"completed", 26}, {"failed", 1}}));
}

TEST_CASE("a workflow that changes the list that it watches ends after 25") {
  const std::map<std::string, std::string> flow = {
      {"flow",
       "mode: live\ntriggers:\n  - watch: shop.things\n    key: item.id\n    every: 10s\nactions:\n"
       "  - {action: shop.put, with: {op: only}}\n"}};
  ServiceBench bench(flow);
  int puts = 0;
  bench.far_side.answer = [&puts](const OutgoingRequest& request) {
    if (request.method == "PUT") ++puts;
    return test::said(200, R"({"things": [{"id": "only", "version": )" + std::to_string(puts) + "}]}");
  };
  bench.pass(30s);
  CHECK(bench.outcomes().empty());
  puts = 1;  // somebody else
  for (int looks = 0; looks < 40; ++looks) {
    bench.pass(10s);
    if (looks % 9 == 0) bench.restart();
  }
  CHECK(told(bench.outcomes()) == told({{"completed", 25}, {"failed", 1}}));
}

TEST_CASE("a long chain that is no circle goes its way, as far as millrace.yaml allows") {
  std::map<std::string, std::string> workflows = {{"w0", hook("w0") + "actions: {action: shop.put, with: {op: w0}}\n"}};
  for (int n = 1; n < 20; ++n)
    workflows["w" + std::to_string(n)] = "mode: live\ntriggers:\n" + after("w" + std::to_string(n - 1));
  ServiceBench bench(workflows);
  bench.delivered("w0", "{}");
  bench.settle();
  CHECK(told(bench.outcomes()) == told({{"completed", 20}}));
  bench.project.chain_limit = 3;
  bench.delivered("w0", "{}");
  bench.settle();
  CHECK(told(bench.outcomes()) == told({{"completed", 23}, {"failed", 1}}));
}

TEST_CASE("a circle that nothing ends is not taken over by the service, and the version before it stays") {
  ServiceBench bench(
      {{"a", hook("a") + "actions: {action: shop.put, with: {op: a}}\n"}, {"b", hook("b") + calls_if("a")}});
  bench.folder.write("workflows/a.yaml", "version: 1\nname: a\n" + hook("a") + "actions:\n  - call: b\n");
  bench.folder.write("workflows/b.yaml", "version: 1\nname: b\n" + hook("b") + "actions:\n  - call: a\n");
  test::ask(bench.loop, bench.service->reload("millrace"));
  CHECK(holds(bench.workflow("a").problem, "this goes round for ever: a calls b, b calls a"));
  CHECK(holds(bench.workflow("b").problem, "this goes round for ever: b calls a, a calls b"));
  bench.delivered("b", "{}");
  bench.settle();
  CHECK(told(bench.outcomes()) == told({{"completed", 2}}));
  bench.folder.write("workflows/a.yaml",
                     "version: 1\nname: a\n" + hook("a") + "actions: {action: shop.put, with: {op: b}}\n");
  test::ask(bench.loop, bench.service->reload("millrace"));
  CHECK(bench.workflow("a").problem.empty());
  CHECK(bench.workflow("b").problem.empty());
}

TEST_SUITE_END();
