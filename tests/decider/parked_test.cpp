#include <string>

#include "bench.hpp"
#include "decider/written.hpp"

namespace millrace {

using test::Bench;
using test::failure;
using test::joined;
using test::success;
using test::written_in;
using namespace std::chrono_literals;

TEST_SUITE_BEGIN("decider");

TEST_CASE("a limit that is met while a person is waited for stops the run, which tells of both") {
  const std::string got = "[{id: got, action: note.write, with: {text: read}}]",
                    lost = "[{id: lost, action: note.fetch}]";
  for (const std::string& branches : {got + ", " + lost, lost + ", " + got, lost + ", [{wait: 10s}], " + got}) {
    for (const bool by_list : {true, false}) {
      CAPTURE(branches);
      Bench bench(
          "safety: {stop_if_empty: got.items}\nactions:\n  - parallel: [" + branches +
          "]\n  - {action: note.write, with: {text: never}}\non_failure:\n  - {id: told, action: note.double, with: "
          "{count: 1}}\n");
      bench.start();
      bench.end("lost", failure("no answer came", ErrorCode::unsure));
      bench.end("got", by_list ? success(R"({"items": []})") : failure("more than 5 changes", ErrorCode::limited));
      if (branches.find("wait") != std::string::npos) bench.advance(10s);
      CHECK(bench.outcome() == "stopped_by_safety");
      CHECK(bench.error().find(by_list ? "\"got.items\" is empty" : "more than 5 changes") != std::string::npos);
      CHECK(bench.error().find("no answer came") != std::string::npos);
      CHECK(bench.error().find("no answer came") == bench.error().rfind("no answer came"));
      CHECK(joined(written_in(bench.trace())) == "read");
      CHECK(bench.result("told").find("2") != std::string::npos);
    }
  }
}

TEST_CASE("what ends a run is what a block failed of, whatever failed in it before, and can be tried again") {
  for (const std::string on_error : {"continue", "[{action: note.double, with: {count: 1}}]"}) {
    Bench bench(
        "actions:\n  - parallel:\n      - [{id: bad, action: note.fetch}]\n      - [{id: much, action: note.write, "
        "with: {text: a}}, {action: note.write, with: {text: b}}]\n    on_error: " +
        on_error + "\n");
    bench.start();
    bench.end("bad", failure("no", ErrorCode::denied));
    bench.end("much", failure("more than 5 changes", ErrorCode::limited));
    CHECK(bench.outcome() == "stopped_by_safety");
    CHECK(bench.why_not_reopened().empty());
    bench.answer("note.fetch", {success()});
    bench.answer("note.write", {success()});
    bench.retry();
    CHECK(bench.outcome() == "completed");
    CHECK(joined(written_in(bench.trace())) == "a, a, b");
  }
}

TEST_CASE("a run that ended otherwise asks what is unsure when it is tried again, and sends nothing twice") {
  Bench bench(R"(
    actions:
      - parallel:
          - [{id: sent, action: note.write, with: {text: once}}]
          - [{id: slow, action: note.fetch}]
      - {action: note.double, with: {count: 1}}
  )");
  bench.answer("note.write", {failure("no answer came", ErrorCode::unsure)});
  bench.start();
  bench.cancel();
  CHECK(bench.outcome() == "cancelled");
  CHECK(bench.why_not_reopened().empty());
  bench.answer("note.fetch", {success()});
  bench.retry();
  CHECK(bench.outcome() == "parked");
  CHECK(bench.error() == "sent: no answer came");
  CHECK(joined(written_in(bench.trace())) == "once");
  SUBCASE("it happened") {
    bench.resolve("sent", true);
    CHECK(bench.outcome() == "completed");
    CHECK(written_in(bench.trace()).empty());
  }
  SUBCASE("it did not, and is sent again") {
    bench.answer("note.write", {success()});
    bench.resolve("sent", false);
    CHECK(bench.outcome() == "completed");
    CHECK(joined(written_in(bench.trace())) == "once");
  }
}

TEST_CASE("what fails while a person is waited for has its further attempts when the run goes on") {
  for (const std::string work :
       {"{id: flaky, action: note.write, retry: {attempts: 3, delay: 1s}, with: {text: a}}",
        "{retry: {attempts: 2, delay: 1s}, do: [{id: flaky, action: note.write, with: {text: a}}]}",
        "{id: flaky, action: note.write, if_unsure: try_again, with: {text: a}}"}) {
    const bool unsure = work.find("if_unsure") != std::string::npos;
    Bench bench("actions:\n  - parallel:\n      - [{id: lost, action: note.fetch}]\n      - [" + work + "]\n");
    bench.start();
    bench.end("lost", failure("no answer came", ErrorCode::unsure));
    bench.end("flaky", failure("503", unsure ? ErrorCode::unsure : ErrorCode::unavailable));
    CHECK_MESSAGE(bench.outcome() == "parked", work);
    bench.advance(1h);
    bench.answer("note.write", {success()});
    bench.resolve("lost", true);
    CHECK_MESSAGE(bench.outcome() == "completed", work);
    CHECK(written_in(bench.trace()).size() == 2);
  }
}

TEST_CASE("a time that ran out while a person was waited for is answered by the step's own retry and on_error") {
  const std::string inside =
      "parallel: [[{id: lost, action: note.fetch}], [{id: slow, action: note.write, with: {text: a}}]]";
  const std::string loop =
      "for_each: [1, 2], parallel: 2, do: [{if: item == 1, then: [{id: lost, action: note.fetch}], "
      "else: [{id: slow, action: note.write, with: {text: a}}]}]";
  for (const std::string& work : {inside, loop, "do: [{" + inside + "}]"}) {
    Bench bench("actions:\n  - {" + work + ", timeout: 3s, on_error: [{action: note.double, with: {count: 1}}]}\n" +
                "  - {id: last, action: note.double, with: {count: 2}}\n");
    bench.start();
    const bool in_loop = work == loop;
    bench.end(in_loop ? "for_each[0]/lost" : "lost", failure("no answer came", ErrorCode::unsure));
    bench.advance(3s);
    CHECK_MESSAGE(bench.outcome() == "parked", work);
    bench.resolve(in_loop ? "for_each[0]/lost" : "lost", true);
    CHECK_MESSAGE(bench.outcome() == "completed", work);
    CHECK(bench.result("last").find("4") != std::string::npos);
  }
}

TEST_SUITE_END();

}  // namespace millrace
