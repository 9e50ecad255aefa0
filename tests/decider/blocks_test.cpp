#include "bench.hpp"

namespace millrace {

using test::Bench;
using test::failure;
using test::success;
using namespace std::chrono_literals;

TEST_SUITE_BEGIN("decider");

TEST_CASE("steps run in order, and a step sees the results of those before it") {
  Bench bench(R"(
    actions:
      - {id: fetch, action: note.fetch}
      - action: note.write
        with: {text: "${{ fetch.body }}!"}
  )");
  bench.answer("note.fetch", {success(R"({"body": "hi"})")});
  bench.answer("note.write", {success()});
  bench.start();
  CHECK(bench.trace() == "0s fetch {}\n0s note.write {\"text\":\"hi!\"}\n0s run completed\n");
}

TEST_CASE("vars may use the event, and set changes them for the steps behind it") {
  Bench bench(R"(
    vars:
      greeting: Hello ${{ event.name }}
    actions:
      - set: {greeting: "${{ vars.greeting }} and all"}
      - {action: note.write, with: {text: "${{ vars.greeting }}"}}
  )");
  bench.answer("note.write", {success()});
  bench.start(R"({"name": "Ada"})");
  CHECK(bench.trace() == "0s note.write {\"text\":\"Hello Ada and all\"}\n0s run completed\n");
}

TEST_CASE("a step whose condition is false is skipped, and its result is null") {
  Bench bench(R"(
    actions:
      - {id: fetch, action: note.fetch, if: event.wanted}
      - {action: note.write, if: fetch == null, with: {text: nothing}}
  )");
  bench.answer("note.write", {success()});
  bench.start(R"({"wanted": false})");
  CHECK(bench.trace() == "0s note.write {\"text\":\"nothing\"}\n0s run completed\n");
}

TEST_CASE("if takes one branch, and steps inside are known behind it") {
  const std::string yaml = R"(
    actions:
      - if: event.score >= 9
        then:
          - {id: thanks, action: note.fetch}
        else:
          - {id: sorry, action: note.fetch}
      - {action: note.write, with: {text: "${{ thanks == null ? 'sorry' : 'thanks' }}"}}
  )";
  for (const auto& [event, label, text] :
       {std::tuple{R"({"score": 10})", "thanks", "thanks"}, std::tuple{R"({"score": 3})", "sorry", "sorry"}}) {
    Bench bench(yaml);
    bench.answer("note.fetch", {success("{}")});
    bench.answer("note.write", {success()});
    bench.start(event);
    CHECK(bench.trace() ==
          std::string("0s ") + label + " {}\n0s note.write {\"text\":\"" + text + "\"}\n0s run completed\n");
  }
}

TEST_CASE("switch takes the case that is equal or lists the value, else the default") {
  const std::string yaml = R"(
    actions:
      - switch: event.change
        cases:
          - when: "'added'"
            do: [{action: note.write, with: {text: one}}]
          - when: "['updated', 'renamed']"
            do: [{action: note.write, with: {text: two}}]
        default: [{action: note.write, with: {text: three}}]
  )";
  for (const auto& [change, text] :
       {std::pair{"added", "one"}, std::pair{"renamed", "two"}, std::pair{"gone", "three"}}) {
    Bench bench(yaml);
    bench.answer("note.write", {success()});
    bench.start(std::string(R"({"change": ")") + change + "\"}");
    CHECK(bench.trace() == std::string("0s note.write {\"text\":\"") + text + "\"}\n0s run completed\n");
  }
}

TEST_CASE("a case that compares takes what it holds for, in quotes as without them") {
  const std::string yaml = R"(
    vars: {limit: 8}
    actions:
      - switch: event.n
        cases:
          - {when: < 3, do: [{action: note.write, with: {text: few}}]}
          - {when: "<= vars.limit", do: [{action: note.write, with: {text: some}}]}
          - {when: '== 100', do: [{action: note.write, with: {text: all}}]}
        default: [{action: note.write, with: {text: many}}]
  )";
  for (const auto& [n, text] : {std::pair{"2", "few"}, std::pair{"3", "some"}, std::pair{"8", "some"},
                                std::pair{"100", "all"}, std::pair{"9.5", "many"}}) {
    Bench bench(yaml);
    bench.answer("note.write", {success()});
    bench.start(std::string(R"({"n": )") + n + "}");
    CHECK(bench.trace() == std::string("0s note.write {\"text\":\"") + text + "\"}\n0s run completed\n");
  }
}

TEST_CASE("for_each gives one result an item, in the items' order") {
  Bench bench(R"(
    actions:
      - id: all
        for_each: event.names
        as: name
        do:
          - {action: note.write, with: {text: "${{ name }}"}}
  )");
  bench.answer("note.write", {success("1"), success("2")});
  bench.start(R"({"names": ["a", "b"]})");
  CHECK(bench.trace() ==
        "0s all[0]/note.write {\"text\":\"a\"}\n0s all[1]/note.write {\"text\":\"b\"}\n0s run completed\n");
  CHECK(
      bench.result("all") ==
      R"({"results":[{"item":"a","outcome":"succeeded","output":1,"error":null},{"item":"b","outcome":"succeeded","output":2,"error":null}]})");
}

TEST_CASE("for_each with parallel keeps that many items under way, and results stay in order") {
  Bench bench(R"(
    actions:
      - id: all
        for_each: event.names
        parallel: 2
        do:
          - {action: note.write, with: {text: "${{ item }}"}}
  )");
  bench.start(R"({"names": ["a", "b", "c"]})");
  CHECK(bench.waiting() == 2);
  bench.end("all[1]/note.write", success("\"second\""));
  CHECK(bench.waiting() == 2);
  bench.end("all[2]/note.write", success("\"third\""));
  bench.end("all[0]/note.write", success("\"first\""));
  CHECK(bench.outcome() == "completed");
  CHECK(bench.result("all").find("first") < bench.result("all").find("second"));
  CHECK(bench.result("all").find("second") < bench.result("all").find("third"));
}

TEST_CASE("names inside a loop's item do not leak to the next item") {
  Bench bench(R"(
    actions:
      - for_each: event.names
        do:
          - {id: once, action: note.fetch, if: item == 'a'}
          - if: once != null
            then:
              - {id: more, action: note.double, with: {count: "${{ once.n }}"}}
              - {action: note.write, with: {text: "${{ item }} ${{ more.count }}"}}
  )");
  bench.answer("note.fetch", {success(R"({"n": 21})")});
  bench.answer("note.write", {success()});
  bench.start(R"({"names": ["a", "b"]})");
  CHECK(bench.trace() == "0s for_each[0]/once {}\n0s for_each[0]/note.write {\"text\":\"a 42\"}\n0s run completed\n");
}

TEST_CASE("an item that fails ends the loop; with on_error: continue the others still run") {
  const auto yaml = [](const std::string& on_error) {
    return "    actions:\n      - id: all\n        for_each: event.names\n        do:\n          - {action: "
           "note.write, on_error: " +
           on_error + ", with: {text: \"${{ item }}\"}}\n";
  };
  Bench stops(yaml("stop"));
  stops.answer("note.write", {failure("503"), success()});
  stops.start(R"({"names": ["a", "b"]})");
  CHECK(stops.trace() == "0s all[0]/note.write {\"text\":\"a\"}\n0s run failed: all[0]/note.write: 503\n");
  Bench goes_on(yaml("continue"));
  goes_on.answer("note.write", {failure("503"), success("7")});
  goes_on.start(R"({"names": ["a", "b"]})");
  CHECK(goes_on.outcome() == "completed");
  CHECK(goes_on.result("all").find(R"("outcome":"failed")") != std::string::npos);
  CHECK(goes_on.result("all").find(R"("outcome":"succeeded","output":7)") != std::string::npos);
}

TEST_CASE("parallel branches run at once, and all end before the next step") {
  Bench bench(R"(
    actions:
      - parallel:
          - [{id: left, action: note.fetch}]
          - [{id: right, action: note.fetch}]
      - {action: note.write, with: {text: "${{ left }}${{ right }}"}}
  )");
  bench.start();
  CHECK(bench.waiting() == 2);
  bench.end("right", success("2"));
  CHECK(bench.waiting() == 1);
  bench.end("left", success("1"));
  CHECK(bench.trace() == "0s left {}\n0s right {}\n0s note.write {\"text\":\"12\"}\n");
}

TEST_CASE("repeat runs until its condition is true, and fails at its maximum") {
  const std::string yaml = R"(
    actions:
      - repeat:
          - {id: page, action: note.fetch}
        until: page.last
        max: 3
  )";
  Bench ends(yaml);
  ends.answer("note.fetch", {success(R"({"last": false})"), success(R"({"last": true})")});
  ends.start();
  CHECK(ends.trace() == "0s page {}\n0s page {}\n0s run completed\n");
  Bench never(yaml);
  never.answer("note.fetch", {success(R"({"last": false})")});
  never.start();
  CHECK(never.outcome() == "failed");
  CHECK(never.error().find("repeated 3 times") != std::string::npos);
}

TEST_CASE("stop ends the run with the outcome that it names, from inside a loop too") {
  Bench bench(R"(
    actions:
      - for_each: event.names
        do:
          - if: item == 'b'
            then:
              - stop: {outcome: skipped, message: "no more"}
          - {action: note.write, with: {text: "${{ item }}"}}
      - {action: note.write, with: {text: end}}
  )");
  bench.answer("note.write", {success()});
  bench.start(R"({"names": ["a", "b", "c"]})");
  CHECK(bench.trace() == "0s for_each[0]/note.write {\"text\":\"a\"}\n0s run skipped\n");
}

TEST_CASE("a pure action is evaluated in place, with the expressions that it calls item by item") {
  Bench bench(R"(
    vars: {least: 2}
    actions:
      - id: kept
        action: note.keep
        with:
          items: event.numbers
          where: item >= vars.least
      - {action: note.write, with: {items: kept.items}}
  )");
  bench.answer("note.write", {success()});
  bench.start(R"({"numbers": [1, 2, 3]})");
  CHECK(bench.trace() == "0s note.write {\"items\":[2,3]}\n0s run completed\n");
}

TEST_CASE("an input that does not fit the action's schema fails the step before anything is done") {
  Bench bench(R"(
    actions:
      - {id: save, action: note.write, with: {count: event.count}}
  )");
  bench.start(R"({"count": "many"})");
  CHECK(bench.trace().find("run failed: save: count: ") != std::string::npos);
}

TEST_CASE("what a run makes is given away to be written before it makes much more") {
  constexpr std::size_t mebibyte = std::size_t{1} << 20;
  for (const std::string loop :
       {"repeat: [{set: {text: \"${{ vars.text.upper() }}\"}}], until: \"false\", max: 40",
        "for_each: lists.range(40), as: n, do: [{set: {text: \"${{ vars.text.upper() }}\"}}, {set: {n: 1}}]"}) {
    CAPTURE(loop);
    Bench bench("\n    actions:\n      - {action: note.write, with: {text: x}}\n      - {" + loop +
                "}\n    vars: {text: \"${{ lists.range(65536).map(n, '0123456789abcdef').join('') }}\"}\n");
    bench.answer("note.write", {success()});
    bench.start();
    CHECK(bench.largest_decision() < 24 * mebibyte);
    CHECK(bench.folded().outcome == bench.state().outcome);
    CHECK(bench.outcome() == (loop.starts_with("repeat") ? "failed" : "completed"));
  }
}

TEST_CASE("a decision that takes much work is broken off and goes on, and nothing that follows is different") {
  const auto made_with = [](const std::string& text, int& decisions) {
    Bench bench(R"yaml(
      actions:
        - for_each: lists.range(60)
          as: n
          parallel: 3
          do:
            - {set: {found: "${{ n % 20 == 0 }}"}, if: "!event.text.contains(string(n) + '!')"}
            - {action: note.write, if: vars.found, with: {text: "${{ n }}"}}
        - repeat: [{if: "!event.text.contains('?')", set: {last: "${{ event.text.size() > 0 }}"}}]
          until: "false"
          max: 20
          on_error: continue
    )yaml");
    bench.answer("note.write", std::vector<Result<Value>>(3, success()));
    bench.start("{\"text\": \"" + text + "\"}");
    decisions = bench.decisions();
    CHECK(bench.outcome() == "completed");
    CHECK(bench.folded().outcome == bench.state().outcome);
    return bench.trace();
  };
  int few = 0, many = 0;
  CHECK(made_with("x", few) == made_with(std::string(std::size_t{2} << 20, 'x'), many));
  CHECK(few <= 5);
  CHECK(many > few + 15);
}

TEST_SUITE_END();

}  // namespace millrace
