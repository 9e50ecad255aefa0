#include <set>
#include <string>
#include <utility>
#include <vector>

#include "bench.hpp"
#include "decider/written.hpp"

namespace millrace {

using test::Bench;
using test::failure;
using test::joined;
using test::success;
using test::written_in;
using namespace std::chrono_literals;

namespace {

constexpr const char* needs_connection = "do \"millrace connect shop\"";

/// Work that takes some seconds and writes one text at each of its places, by name.
const std::vector<std::pair<std::string, std::string>> works = {
    {"a loop",
     "{for_each: [1, 2, 3], do: [{wait: 1s}, {action: note.write, with: {text: 'a ${{ item }}'}}, {wait: 1s}, "
     "{action: note.write, with: {text: 'b ${{ item }}'}}]}"},
    {"a loop side by side",
     "{for_each: [1, 2, 3, 4, 5], parallel: 2, do: [{wait: 1s}, {action: note.write, with: {text: "
     "'a ${{ item }}'}}, {action: note.write, with: {text: 'b ${{ item }}'}}]}"},
    {"a loop in a loop",
     "{for_each: [1, 2], as: n, do: [{for_each: [1, 2], as: m, do: [{wait: 1s}, {action: note.write, "
     "with: {text: '${{ n }} ${{ m }}'}}]}]}"},
    {"a repeat",
     "{repeat: [{wait: 1s}, {set: {turns: '${{ vars.turns + 1 }}'}}, {action: note.write, with: {text: 'turn ${{ "
     "vars.turns }}'}}, {wait: 1s}], until: vars.turns == 3}"},
    {"branches",
     "{parallel: [[{wait: 1s}, {action: note.write, with: {text: a}}, {wait: 2s}, {action: note.write, with: "
     "{text: b}}], [{action: note.write, with: {text: c}}, {wait: 2s}, {action: note.write, with: {text: d}}], "
     "[{wait: 4s}, {action: note.write, with: {text: e}}]]}"},
    {"an if",
     "{if: 'true', then: [{wait: 1s}, {action: note.write, with: {text: a}}, {wait: 2s}, {action: note.write, with: "
     "{text: b}}]}"},
    {"a switch",
     "{switch: 1, cases: [{when: 1, do: [{wait: 1s}, {action: note.write, with: {text: a}}, {wait: 1s}, {action: "
     "note.write, with: {text: b}}]}]}"},
    {"a group in a group",
     "{do: [{do: [{wait: 1s}, {action: note.write, with: {text: a}}, {wait: 1s}]}, {action: "
     "note.write, with: {text: b}}, {wait: 1s}, {action: note.write, with: {text: c}}]}"},
    {"the handling of a failure",
     "{set: {n: \"${{ 1 / int('0') }}\"}, on_error: [{wait: 1s}, {action: note.write, with: "
     "{text: a}}, {wait: 1s}, {action: note.write, with: {text: b}}]}"},
    {"the handling of a group's failure",
     "{do: [{action: note.write, with: {text: a}}, {set: {n: \"${{ 1 / int('0') "
     "}}\"}}], on_error: [{wait: 2s}, {action: note.write, with: {text: b}}]}"},
};

std::string with_work(const std::string& work, const std::string& beside) {
  return "vars: {turns: 0}\nactions:\n  - parallel:\n      - [" + work +
         ", {action: note.write, with: {text: behind}}]\n" + beside + "  - {action: note.write, with: {text: last}}\n";
}

void run_to_end(Bench& bench) {
  for (int second = 0; second < 60 && bench.outcome() == "running"; ++second) bench.advance(1s);
}

std::multiset<std::string> undisturbed(const std::string& work) {
  Bench bench(with_work(work, ""));
  bench.answer("note.write", {success()});
  bench.start();
  run_to_end(bench);
  REQUIRE(bench.outcome() == "completed");
  return written_in(bench.trace());
}

}  // namespace

TEST_SUITE_BEGIN("decider");

TEST_CASE("a run that is parked at any moment does all that is left of it when it goes on, and nothing twice") {
  for (const auto& [name, work] : works) {
    const auto all = undisturbed(work);
    for (const bool happened : {true, false}) {
      for (int moment = 0; moment < 12; ++moment) {
        CAPTURE(moment);
        const std::string unsure = "{wait: " + std::to_string(moment) + "s}, {id: lost, action: note.fetch}";
        Bench bench(with_work(work, "      - [" + unsure + "]\n"));
        bench.answer("note.write", {success()});
        bench.answer("note.fetch", {failure("no answer came", ErrorCode::unsure), success()});
        bench.start();
        run_to_end(bench);
        REQUIRE(bench.outcome() == "parked");
        bench.advance(1h);
        bench.resolve("lost", happened);
        run_to_end(bench);
        CHECK(bench.outcome() == "completed");
        CHECK_MESSAGE(joined(written_in(bench.trace())) == joined(all), name);
      }
    }
  }
}

TEST_CASE("a run that is called off at any moment and tried again does what is left of it, and nothing twice") {
  for (const auto& [name, bare] : works) {
    const auto all = undisturbed(bare);
    const std::string handled = "[{action: note.write, with: {text: handled}}]";
    for (const std::string& work : {bare, "{timeout: 1h, on_error: continue, do: [" + bare + "]}",
                                    "{timeout: 1h, on_error: " + handled + ", do: [" + bare + "]}"}) {
      for (int moment = 0; moment < 8; ++moment) {
        CAPTURE(moment);
        Bench bench(with_work(work, "      - [{wait: 30s, timeout: 1h, on_error: continue}]\n"));
        bench.answer("note.write", {success()});
        bench.start();
        for (int second = 0; second < moment; ++second) bench.advance(1s);
        bench.cancel();
        CHECK(bench.outcome() == "cancelled");
        CHECK(bench.error() == "called off by hand");
        bench.retry();
        run_to_end(bench);
        CHECK(bench.outcome() == "completed");
        CHECK_MESSAGE(joined(written_in(bench.trace())) == joined(all), name);
      }
    }
  }
}

TEST_CASE("a run that is called off while a step waits for its next attempt makes that when it is tried again") {
  const auto write = [](const std::string& text) {
    return "{action: note.write, retry: {attempts: 3, delay: 10s}, with: {text: '" + text + "'}}";
  };
  for (const std::string& work : {"{for_each: [a, b, c], do: [" + write("${{ item }}") + "]}",
                                  "{parallel: [[" + write("a") + ", " + write("b") + "], [" + write("c") + "]]}",
                                  "{do: [" + write("a") + ", " + write("b") + ", " + write("c") + "]}"}) {
    Bench bench("actions:\n  - " + work + "\n");
    bench.answer("note.write", {success(), failure("503"), success()});
    bench.start();
    auto all = written_in(bench.trace());
    bench.cancel();
    REQUIRE(bench.outcome() == "cancelled");
    bench.retry();
    run_to_end(bench);
    CHECK(bench.outcome() == "completed");
    all.merge(written_in(bench.trace()));
    CHECK_MESSAGE(all.size() == 4, joined(all));  // one of them failed first
    CHECK_MESSAGE(std::set<std::string>(all.begin(), all.end()).size() == 3, joined(all));
  }
}

TEST_CASE("what failed beside what was left off is done with it, and what succeeded is not") {
  Bench bench(R"(
    safety: {stop_if_empty: none.items}
    actions:
      - parallel:
          - [{id: bad, action: note.fetch, with: {text: x}}, {action: note.write, with: {text: behind the bad}}]
          - - {id: all, for_each: [1, 2, 3], do: [{wait: 1s}, {action: note.write, with: {text: "${{ item }}"}}]}
  )");
  bench.answer("note.write", {success()});
  bench.answer("note.fetch", {failure("503"), success()});
  bench.start();
  bench.advance(1s);
  bench.cancel();
  CHECK(bench.outcome() == "cancelled");
  bench.retry();
  run_to_end(bench);
  CHECK(bench.outcome() == "completed");
  CHECK(joined(written_in(bench.trace())) == "1, 2, 3, behind the bad, x, x");
}

TEST_CASE("a stop among the steps is the end of what is around it: nothing is left to be tried again") {
  Bench bench(R"(
    actions:
      - {id: all, for_each: [1, 2, 3], do: [{if: item == 2, then: [stop: {outcome: completed, message: enough}]}]}
  )");
  bench.start();
  CHECK(bench.outcome() == "completed");
  CHECK(bench.result("all").find("\"results\"") != std::string::npos);
}

TEST_CASE("a repeat whose turns were not enough has as many again when it is tried again") {
  Bench bench(R"(
    vars: {turns: 0}
    actions:
      - repeat:
          - {set: {turns: "${{ vars.turns + 1 }}"}}
          - {action: note.write, with: {text: "${{ vars.turns }}"}}
        until: vars.turns == 5
        max: 2
  )");
  bench.answer("note.write", {success()});
  bench.start();
  CHECK(bench.outcome() == "failed");
  CHECK(joined(written_in(bench.trace())) == "1, 2");
  bench.retry();
  CHECK(bench.outcome() == "failed");
  CHECK(joined(written_in(bench.trace())) == "3, 4");
  bench.retry();
  CHECK(bench.outcome() == "completed");
  CHECK(joined(written_in(bench.trace())) == "5");
}

TEST_CASE("where the handling of a failure failed, too, a retry goes on at what had failed first") {
  for (const std::string work :
       {"{do: [{action: note.write, with: {text: invoice}}, {action: note.fetch}]",
        "{for_each: [1], do: [{action: note.write, with: {text: invoice}}, {action: note.fetch}]",
        "{parallel: [[{action: note.write, with: {text: invoice}}, {action: note.fetch}], [{set: "
        "{a: 1}}]]"}) {
    Bench bench("actions:\n  - " + work + ", on_error: [{action: note.fetch}]}\n");
    bench.answer("note.write", {success()});
    bench.answer("note.fetch", {failure("503"), failure("503 once more"), success()});
    bench.start();
    CHECK(bench.outcome() == "failed");
    bench.retry();
    CHECK(bench.outcome() == "completed");
    CHECK(joined(written_in(bench.trace())) == "invoice");
  }
}

TEST_CASE("what is to be connected among the steps that handle a failure is done when it is connected") {
  Bench bench(R"(
    actions:
      - set: {n: "${{ 1 / int('0') }}"}
        on_error:
          - {action: note.write, with: {text: told}}
          - {action: note.fetch}
          - {action: note.write, with: {text: told too}}
  )");
  bench.answer("note.write", {success()});
  bench.answer("note.fetch", {failure(needs_connection, ErrorCode::unconnected), success()});
  bench.start();
  CHECK(bench.outcome() == "parked");
  bench.connect();
  CHECK(bench.outcome() == "completed");
  CHECK(joined(written_in(bench.trace())) == "told, told too");
}

TEST_CASE("a run stays parked until a person has spoken of each of its unsure steps") {
  Bench bench(R"(
    actions:
      - {id: all, for_each: [a, b, c], parallel: 3, do: [{id: sent, action: note.fetch}]}
      - {action: note.write, with: {text: last}}
  )");
  bench.answer("note.fetch", {failure("no answer came", ErrorCode::unsure)});
  bench.answer("note.write", {success()});
  bench.start();
  bench.resolve("all[1]/sent", true);
  CHECK(bench.outcome() == "parked");
  bench.resolve("all[0]/sent", true);
  CHECK(bench.outcome() == "parked");
  CHECK(bench.trace().find("note.write") == std::string::npos);
  bench.resolve("all[2]/sent", true);
  CHECK(bench.outcome() == "completed");
}

TEST_CASE(
    "when a connection can be used again, what is unsure stays so, and what waited is done with the last answer") {
  Bench bench(R"(
    actions:
      - parallel:
          - [{id: sent, action: note.write, with: {text: once}}]
          - [{id: wanted, action: note.fetch}]
  )");
  bench.answer("note.write", {failure("no answer came", ErrorCode::unsure)});
  bench.answer("note.fetch", {failure(needs_connection, ErrorCode::unconnected), success()});
  bench.start();
  bench.connect();
  CHECK(bench.outcome() == "parked");
  CHECK(joined(written_in(bench.trace())) == "once");
  bench.resolve("sent", true);
  CHECK(bench.outcome() == "completed");
  CHECK(bench.trace().find("once") == std::string::npos);
}

TEST_CASE("what a step may take counts anew when its run goes on") {
  for (const std::string work :
       {"{timeout: 4s, do: [{action: note.write, with: {text: a}}, {action: note.fetch}, {wait: 3s}]}",
        "{timeout: 4s, for_each: [1], do: [{action: note.write, with: {text: a}}, {action: note.fetch}, {wait: 3s}]}",
        "{timeout: 4s, repeat: [{action: note.write, with: {text: a}}, {action: note.fetch}, {wait: 3s}], until: "
        "'true'}"}) {
    Bench parked("actions:\n  - " + work + "\n");
    parked.answer("note.write", {success()});
    parked.answer("note.fetch", {failure(needs_connection, ErrorCode::unconnected), success()});
    parked.start();
    parked.advance(10s);
    CHECK(parked.outcome() == "parked");
    parked.connect();
    parked.advance(3s);
    CHECK(parked.outcome() == "completed");
    Bench late("actions:\n  - " + work + "\n");
    late.answer("note.write", {success()});
    late.start();
    late.advance(4s);
    CHECK(late.outcome() == "failed");
    late.answer("note.fetch", {success()});
    late.retry();
    late.advance(3s);
    CHECK(late.outcome() == "completed");
    CHECK(joined(written_in(late.trace())) == "a");
    Bench slow("actions:\n  - " + work + "\n");
    slow.answer("note.write", {success()});
    slow.start();
    slow.advance(4s);
    slow.retry();
    slow.advance(4s);
    CHECK(slow.error().find("not done within 4s") != std::string::npos);  // it is no longer without an end
  }
}

TEST_CASE("the end of its time is a failure that any step's own retry and on_error answer") {
  for (const std::string work : {"do: [{wait: 5s}]", "for_each: [1, 2], do: [{wait: 5s}]",
                                 "parallel: [[{wait: 5s}], [{wait: "
                                 "6s}]]",
                                 "repeat: [{wait: 5s}], until: 'true'", "if: 'true', then: [{wait: 5s}]",
                                 "switch: 1, cases: [{when: 1, do: [{wait: 5s}]}]", "wait: 5s", "approve: Go on?",
                                 "do: [{do: [{wait: 5s}]}]", "action: note.fetch"}) {
    Bench handled("actions:\n  - {" + work +
                  ", timeout: 1s, on_error: [{action: note.write, with: {text: handled}}]}\n" +
                  "  - {action: note.write, with: {text: last}}\n");
    handled.answer("note.write", {success()});
    handled.start();
    handled.advance(1s);
    CHECK_MESSAGE(joined(written_in(handled.trace())) == "handled, last", work);
    Bench again("actions:\n  - {id: it, " + work + ", timeout: 1s, retry: {attempts: 3, delay: 1s, backoff: fixed}}\n");
    again.start();
    for (int second = 0; second < 2; ++second) again.advance(1s);
    CHECK_MESSAGE(again.outcome() == "running", work);
    for (int second = 0; second < 6; ++second) again.advance(1s);
    CHECK_MESSAGE(again.outcome() == "failed", work);
    CHECK_MESSAGE(again.state().phases[0].steps[0].attempts == 3, work);
  }
}

TEST_CASE("a repeat whose turns were not enough goes on behind the steps for its failure, whatever becomes of these") {
  for (const bool fails : {false, true}) {
    Bench bench(R"(
      actions:
        - repeat: [{action: note.write, with: {text: turn}}]
          until: "false"
          max: 2
          on_error: [{action: note.fetch}]
    )");
    bench.answer("note.write", {success()});
    bench.answer("note.fetch", {fails ? failure("no", ErrorCode::denied) : success()});
    bench.start();
    CHECK(bench.outcome() == (fails ? "failed" : "completed"));
    if (!fails) continue;
    bench.retry();
    CHECK(bench.outcome() == "failed");
    CHECK(written_in(bench.trace()).size() == 4);
  }
}

TEST_CASE("a run that is called off among the steps for its failure does only what is done always") {
  Bench bench(R"(
    actions:
      - {action: note.fetch}
    on_failure:
      - {wait: 1h}
      - {action: note.write, with: {text: never}}
    always:
      - {action: note.write, with: {text: tidied}}
  )");
  bench.answer("note.write", {success()});
  bench.answer("note.fetch", {failure("503")});
  bench.start();
  CHECK(bench.outcome() == "running");
  bench.cancel();
  CHECK(bench.outcome() == "cancelled");
  CHECK(joined(written_in(bench.trace())) == "tidied");
}

TEST_SUITE_END();

}  // namespace millrace
