#include <sstream>
#include <string>
#include <utility>

#include "bench.hpp"

namespace millrace {

using test::Bench;
using test::failure;
using test::success;
using namespace std::chrono_literals;

namespace {

/// The texts that were written, in their order.
std::string written(Bench& bench) {
  const std::string before = R"({"text":")";
  std::string all;
  std::istringstream trace(bench.trace());
  for (std::string line; std::getline(trace, line);) {
    const std::size_t at = line.find(before);
    if (at == std::string::npos) continue;
    const std::size_t begin = at + before.size();
    all += (all.empty() ? "" : ", ") + line.substr(begin, line.find('"', begin) - begin);
  }
  return all;
}

}  // namespace

TEST_SUITE_BEGIN("decider");

TEST_CASE("a failed step is tried again after its delay, and the next step sees its output") {
  Bench bench(R"(
    actions:
      - {id: fetch, action: note.fetch, retry: {attempts: 2, delay: 10s}}
      - {action: note.write, with: {text: "${{ fetch.body }}"}}
  )");
  bench.answer("note.fetch", {failure("503"), success(R"({"body": "hi"})")});
  bench.answer("note.write", {success()});
  bench.start();
  CHECK(bench.trace() == "0s fetch {}\n");
  bench.advance(9s);
  CHECK(bench.trace() == "");
  bench.advance(3s);
  CHECK(bench.trace() == "12s fetch {}\n12s note.write {\"text\":\"hi\"}\n12s run completed\n");
}

TEST_CASE("what cannot get better is not tried again") {
  Bench bench(R"(
    actions:
      - {id: fetch, action: note.fetch, retry: {attempts: 5, delay: 1s}}
  )");
  bench.answer("note.fetch", {failure("the token was refused", ErrorCode::denied)});
  bench.start();
  CHECK(bench.trace() == "0s fetch {}\n0s run failed: fetch: the token was refused\n");
}

TEST_CASE("the delay doubles from attempt to attempt when the backoff is exponential") {
  Bench bench(R"(
    actions:
      - {action: note.fetch, retry: {attempts: 4, backoff: exponential, delay: 10s}}
  )");
  bench.answer("note.fetch", {failure("503")});
  bench.start();
  const auto wait = [&] { return bench.wake_at()->seconds; };
  const std::int64_t first = wait();
  bench.advance(12s);
  const std::int64_t second = wait() - first;
  bench.advance(23s);
  CHECK(second >= 20);
  bench.advance(50s);
  CHECK(bench.outcome() == "failed");
}

TEST_CASE("on_error: continue goes on, and the step's result tells the error") {
  Bench bench(R"(
    actions:
      - {id: fetch, action: note.fetch, on_error: continue}
      - {action: note.write, with: {text: "${{ fetch.error.message }}"}}
  )");
  bench.answer("note.fetch", {failure("503")});
  bench.answer("note.write", {success()});
  bench.start();
  CHECK(bench.trace() == "0s fetch {}\n0s note.write {\"text\":\"fetch: 503\"}\n0s run completed\n");
}

TEST_CASE("a failure has one shape wherever it is seen: {code, message}") {
  Bench bench(R"(
    actions:
      - {id: tried, action: note.fetch, on_error: continue, retry: {attempts: 2, backoff: fixed}}
      - {id: group, on_error: continue, do: [{action: note.fetch}]}
      - id: each
        for_each: [1, 2]
        do:
          - if: item == 2
            action: note.fetch
            on_error: continue
      - {id: outer, on_error: continue, for_each: [1], do: [{for_each: [a, b], do: [{action: note.fetch}]}]}
      - {id: beside, on_error: continue, parallel: [[{action: note.fetch}], [{action: note.write, with: {text: x}}]]}
      - {id: cut, on_error: continue, set: {n: "${{ 1 / int('0') }}"}}
      - stop: {outcome: failed, message: enough}
    on_failure:
      - {action: note.write, with: {text: "${{ run.error.code }} ${{ run.error.message }}"}}
  )");
  bench.answer("note.fetch", {failure("503", ErrorCode::timeout), failure("no", ErrorCode::denied)});
  bench.answer("note.write", {success()});
  bench.start();
  bench.advance(1min);
  const auto shape_of = [&](const std::string& id, std::initializer_list<const char*> path) {
    Value seen = *success(bench.result(id));
    for (const char* step : path) {
      const Value* next = seen.is_list() ? &seen.list().at(static_cast<std::size_t>(*step - '0')) : seen.find(step);
      REQUIRE(next != nullptr);
      seen = Value(*next);
    }
    if (!seen.is_map()) return seen.is_null() ? std::string("null") : "not a mapping";
    CHECK(seen.map().size() == 2);
    return seen.text_or("code") + " | " + seen.text_or("message");
  };
  CHECK(shape_of("tried", {"error"}) == "denied | tried: no");
  CHECK(shape_of("group", {"error"}).starts_with("denied | "));
  CHECK(shape_of("each", {"results", "0", "error"}) == "null");
  CHECK(shape_of("each", {"results", "1", "error"}) == "denied | each[1]/note.fetch: no");
  CHECK(shape_of("outer", {"error"}).starts_with("denied | "));
  CHECK(shape_of("beside", {"error"}).starts_with("denied | "));
  CHECK(shape_of("cut", {"error"}) == "invalid | cut: division by zero");
  CHECK(bench.trace().find("{\"text\":\"invalid enough\"}") != std::string::npos);
}

TEST_CASE("on_error with steps handles the failure of a step and of a group") {
  Bench bench(R"(
    actions:
      - do:
          - {id: fetch, action: note.fetch}
          - {action: note.write, with: {text: never}}
        on_error:
          - {action: note.write, with: {text: handled}}
      - {action: note.write, with: {text: after}}
  )");
  bench.answer("note.fetch", {failure("503")});
  bench.answer("note.write", {success()});
  bench.start();
  CHECK(bench.trace() ==
        "0s fetch {}\n0s note.write {\"text\":\"handled\"}\n0s note.write {\"text\":\"after\"}\n0s run completed\n");
}

TEST_CASE("a handler that fails fails the step") {
  Bench bench(R"(
    actions:
      - {id: fetch, action: note.fetch, on_error: [{action: note.write, with: {text: sorry}}]}
  )");
  bench.answer("note.fetch", {failure("503")});
  bench.answer("note.write", {failure("no paper")});
  bench.start();
  CHECK(bench.outcome() == "failed");
  CHECK(bench.error() == "fetch/note.write: no paper");
}

TEST_CASE("on_failure runs when the run failed, always runs in any case, and both see the error") {
  const std::string yaml = R"(
    actions:
      - {id: fetch, action: note.fetch}
    on_failure:
      - {action: note.write, with: {text: "failed: ${{ run.error.message }}"}}
    always:
      - {action: note.write, with: {text: always}}
  )";
  Bench fails(yaml);
  fails.answer("note.fetch", {failure("503")});
  fails.answer("note.write", {success()});
  fails.start();
  CHECK(fails.trace() ==
        "0s fetch {}\n0s note.write {\"text\":\"failed: fetch: 503\"}\n0s note.write {\"text\":\"always\"}\n0s run "
        "failed: fetch: 503\n");
  Bench works(yaml);
  works.answer("note.fetch", {success()});
  works.answer("note.write", {success()});
  works.start();
  CHECK(works.trace() == "0s fetch {}\n0s note.write {\"text\":\"always\"}\n0s run completed\n");
}

TEST_CASE("what was never reached is known as null to whoever comes after the failure") {
  const std::string yaml = R"(
    actions:
      - id: group
        do:
          - {id: fetch, action: note.fetch}
          - {id: inner, set: {n: 1}}
        on_error: GOES
      - {action: note.write, with: {text: "after ${{ inner == null }}"}}
    on_failure:
      - {action: note.write, with: {text: "failed ${{ inner == null }} ${{ last == null }}"}}
    always:
      - {id: last, action: note.write, with: {text: "always ${{ inner == null }}"}}
  )";
  for (const auto& [goes, trace] :
       {std::pair("continue", "after true, always true"), std::pair("stop", "failed true true, always true"),
        std::pair("[{set: {a: 1}}]", "after true, always true")}) {
    std::string text = yaml;
    Bench bench(text.replace(text.find("GOES"), 4, goes));
    bench.answer("note.fetch", {failure("503")});
    bench.answer("note.write", {success()});
    bench.start();
    CHECK_MESSAGE(written(bench) == trace, goes);
  }
}

TEST_CASE("a handler that had nothing to do is known as null, also in the turn after one in which it had") {
  Bench bench(R"(
    vars: {turn: 0}
    actions:
      - repeat:
          - {id: fetch, action: note.fetch, on_error: [{id: handled, set: {why: x}}]}
          - {action: note.write, with: {text: "${{ handled == null }}"}}
          - set: {turn: "${{ vars.turn + 1 }}"}
        until: vars.turn == 2
      - for_each: [1, 2]
        do:
          - {if: item == 1, then: [{id: one, set: {n: 1}}]}
          - {id: get, action: note.fetch, on_error: [{id: inside, set: {n: 1}}]}
          - {action: note.write, with: {text: "${{ one == null }} ${{ inside == null }}"}}
  )");
  bench.answer("note.fetch", {failure("503"), success()});
  bench.answer("note.write", {success()});
  bench.start();
  CHECK(written(bench) == "false, true, false true, true true");
}

TEST_CASE("a step that takes longer than its timeout is cancelled and fails") {
  Bench bench(R"(
    actions:
      - {id: fetch, action: note.fetch, timeout: 30s}
  )");
  bench.start();
  bench.advance(29s);
  CHECK(bench.outcome() == "running");
  bench.advance(1s);
  CHECK(bench.trace() == "0s fetch {}\n30s fetch cancelled\n30s run failed: fetch: not done within 30s\n");
}

TEST_CASE("the timeout of a group cancels what runs inside and begins nothing more") {
  Bench bench(R"(
    actions:
      - id: both
        timeout: 10s
        on_error: continue
        do:
          - {id: slow, action: note.fetch, on_error: continue}
          - {action: note.write, with: {text: never}}
      - {action: note.write, with: {text: "${{ both.error.code }}"}}
  )");
  bench.answer("note.write", {success()});
  bench.start();
  bench.advance(10s);
  CHECK(bench.trace() ==
        "0s both/slow {}\n10s both/slow cancelled\n10s note.write {\"text\":\"timeout\"}\n10s run completed\n");
}

TEST_CASE("a safety limit stops the run whatever on_error says, and on_failure runs") {
  Bench bench(R"(
    actions:
      - {id: save, action: note.fetch, on_error: continue, retry: {attempts: 3}}
      - {action: note.write, with: {text: never}}
    on_failure:
      - {action: note.write, with: {text: stopped}}
  )");
  bench.answer("note.fetch", {failure("more than 5 changes", ErrorCode::limited)});
  bench.answer("note.write", {success()});
  bench.start();
  CHECK(bench.trace() ==
        "0s save {}\n0s note.write {\"text\":\"stopped\"}\n0s run stopped_by_safety: save: more than 5 changes\n");
}

TEST_CASE("stop_if_empty stops before the next step when the list is empty, and not otherwise") {
  const std::string yaml = R"(
    safety: {stop_if_empty: tags.items}
    actions:
      - {id: tags, action: note.fetch}
      - {action: note.write, with: {text: go}}
  )";
  Bench empty(yaml);
  empty.answer("note.fetch", {success(R"({"items": []})")});
  empty.start();
  CHECK(empty.outcome() == "stopped_by_safety");
  CHECK(empty.trace().find("note.write") == std::string::npos);
  Bench full(yaml);
  full.answer("note.fetch", {success(R"({"items": [1]})")});
  full.answer("note.write", {success()});
  full.start();
  CHECK(full.outcome() == "completed");
}

TEST_CASE("a write of which it is not known whether it happened parks the run, unless it may be tried again") {
  Bench parked(R"(
    actions:
      - {id: save, action: note.write, on_error: continue, with: {text: x}}
    always:
      - {action: note.fetch}
  )");
  parked.answer("note.write", {failure("no answer came", ErrorCode::unsure)});
  parked.start();
  CHECK(parked.trace() == "0s save {\"text\":\"x\"}\n0s run parked: save: no answer came\n");
  Bench again(R"(
    actions:
      - {id: save, action: note.write, if_unsure: try_again, with: {text: x}}
  )");
  again.answer("note.write", {failure("no answer came", ErrorCode::unsure), success()});
  again.start();
  again.advance(5s);
  CHECK(again.outcome() == "completed");
}

TEST_CASE("a run that is called off cancels what is under way and begins nothing more") {
  Bench bench(R"(
    actions:
      - {id: slow, action: note.fetch, on_error: continue}
      - {action: note.write, with: {text: never}}
  )");
  bench.start();
  bench.cancel();
  CHECK(bench.trace() == "0s slow {}\n0s slow cancelled\n0s run cancelled: called off by hand\n");
}

TEST_CASE("what depends on an unknown is left open and told, and the rest of the plan goes on") {
  Bench bench(R"(
    actions:
      - {id: made, action: note.write, with: {text: x}}
      - if: made.id == 'tag_1'
        then:
          - {id: inner, action: note.fetch}
      - {action: note.fetch, if: inner == null}
      - {action: note.write, with: {text: "last ${{ made.name }}"}}
  )");
  bench.answer("note.write", {success(R"({"id": {"$unknown": "the id of tag x"}, "name": "x"})"), success()});
  bench.start();
  CHECK(bench.trace() == "0s made {\"text\":\"x\"}\n0s note.write {\"text\":\"last x\"}\n0s run completed\n");
  CHECK(bench.result("inner").find("the id of tag x") != std::string::npos);
}

TEST_CASE("a restart finds the same state: it is nothing but the fold of the events") {
  Bench bench(R"(
    actions:
      - {id: first, action: note.fetch}
      - id: all
        for_each: event.names
        parallel: 2
        do:
          - {id: one, action: note.write, retry: {attempts: 3, delay: 1m}, with: {text: "${{ item }}"}}
  )");
  bench.answer("note.fetch", {success("{}")});
  bench.start(R"({"names": ["a", "b", "c"]})");
  bench.end("all[0]/one", failure("503"));
  bench.end("all[1]/one", success("2"));
  const RunState again = bench.folded();
  const StepState& now = bench.state().phases[0].steps[1];
  const StepState& then = again.phases[0].steps[1];
  CHECK(then.active == now.active);
  CHECK(then.opened == now.opened);
  CHECK(then.results.size() == now.results.size());
  CHECK(then.results[1] == now.results[1]);
  CHECK(then.blocks[0].steps[0].again_at == now.blocks[0].steps[0].again_at);
  CHECK(then.blocks[0].steps[0].attempts == 1);
  CHECK(*again.names.find("first") == *bench.state().names.find("first"));
}

TEST_CASE("a run that comes to hold too much fails with a sentence, and can still tell somebody") {
  const std::map<std::string, std::string> sentences = {
      {"vars.texts + [vars.texts[0].upper()]", "the run would hold more than 256 MiB"},
      {"[vars.texts[0] + vars.texts[0]]", "this expression takes too long or builds too much"}};
  for (const auto& [texts, sentence] : sentences) {
    Bench bench(R"(
      vars: {texts: "${{ [lists.range(262144).map(n, '0123456789abcdef').join('')] }}"}
      actions:
        - repeat:
            - set: {texts: "${{ )" +
                texts + R"( }}"}
          until: "false"
          max: 100
      on_failure:
        - {action: note.write, with: {text: "${{ run.error.message }}"}}
    )");
    bench.answer("note.write", {success()});
    bench.start();
    const std::string trace = bench.trace();
    CHECK(trace.find("note.write {\"text\":\"" + sentence) != std::string::npos);
    CHECK(bench.outcome() == "failed");
  }
}

TEST_SUITE_END();

}  // namespace millrace
