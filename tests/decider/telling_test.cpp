#include "bench.hpp"

namespace millrace {

using test::Bench;
using test::failure;
using test::success;

namespace {

const std::string facts =
    R"({"link":"https://mill/approve/r1","count":3,"changes":["delete tag a","delete tag b"],"notes":["more may come"]})";

const std::string asks = R"(
    actions:
      - approve:
          message: Delete them?
          expires: 1h
          notify:
            - {id: chat, action: note.write, with: {text: "${{ approval.text }}"}}
      - {id: go, action: note.fetch}
)";

}  // namespace

TEST_CASE("people are told the question, the link and what a yes would allow, before it is waited for") {
  Bench bench(asks);
  bench.prepare(facts);
  bench.answer("note.write", {success()});
  bench.answer("note.fetch", {success()});
  bench.start();
  CHECK(
      bench.trace() ==
      R"~(0s chat {"text":"Delete them?\nhttps://mill/approve/r1\nIt would allow 3 changes:\n- delete tag a\n- delete tag b\nand 1 more\n(more may come)"})~"
      "\n");
  bench.advance(std::chrono::minutes(5));
  CHECK(bench.trace().empty());
  bench.agree();
  CHECK(bench.trace() == "300s go {}\n300s run completed\n");
}

TEST_CASE("a message that cannot be sent is tried again, and neither loses nor parks the question") {
  for (const ErrorCode code : {ErrorCode::unavailable, ErrorCode::unsure, ErrorCode::unconnected, ErrorCode::invalid}) {
    Bench bench(asks);
    bench.prepare(facts);
    bench.answer("note.write", {failure("no way", code)});
    bench.answer("note.fetch", {success()});
    bench.start();
    bench.advance(std::chrono::seconds(30));
    bench.trace();
    CHECK(bench.outcome() == "running");
    bench.agree();
    CHECK(bench.trace() == "30s go {}\n30s run completed\n");
  }
}

TEST_CASE(
    "who answers while others are told ends the telling: what is on its way comes to its end, nothing new begins") {
  Bench bench(R"(
    actions:
      - approve:
          message: Go?
          notify:
            - {id: first, action: note.write, with: {text: x}}
            - {id: second, action: note.write, with: {text: x}}
      - {id: go, action: note.fetch}
  )");
  bench.prepare(facts);
  bench.answer("note.fetch", {success()});
  bench.start();
  CHECK(bench.trace() == "0s first {\"text\":\"x\"}\n");
  bench.agree();
  CHECK(bench.trace().empty());
  bench.end("first", failure("too late"));
  CHECK(bench.trace() == "0s go {}\n0s run completed\n");
}

TEST_CASE("who answers before it is known what a yes would allow need not be told") {
  Bench bench(asks);
  bench.prepare(std::nullopt);
  bench.answer("note.fetch", {success()});
  bench.start();
  CHECK(bench.trace().empty());
  bench.agree();
  CHECK(bench.trace() == "0s go {}\n0s run completed\n");
}

TEST_CASE("the time to answer ends while people are told, and so does a run that is called off") {
  Bench late(asks);
  late.prepare(facts);
  late.answer("note.write", {failure("down")});
  late.start();
  late.advance(std::chrono::minutes(59));
  CHECK(late.outcome() == "running");
  late.advance(std::chrono::minutes(2));
  CHECK(late.outcome() == "failed");
  CHECK(late.error().find("nobody has agreed in time") != std::string::npos);
  Bench off(asks);
  off.prepare(facts);
  off.start();
  off.cancel();
  CHECK(off.outcome() == "cancelled");
  CHECK(off.waiting() == 0);
}

TEST_CASE("what handles a message that failed is seen to its end, too, however the question ends") {
  for (const std::string ends : {"answered", "expired", "timed out", "called off"}) {
    CAPTURE(ends);
    Bench bench(std::string(R"(
      actions:
        - approve:
            message: Go?
            expires: 30m
            notify:
              - id: chat
                action: note.write
                on_error: [{id: other, action: note.fetch}, {action: note.fetch}]
              - {id: second, action: note.write}
          on_error: continue
          timeout: )") +
                (ends == "timed out" ? "10m" : "1h") + "\n");
    bench.prepare(facts);
    bench.answer("note.write", {failure("no", ErrorCode::denied)});
    bench.start();
    REQUIRE(bench.waiting() == 1);
    CHECK(bench.trace().find("chat/other") != std::string::npos);
    if (ends == "answered") bench.agree();
    if (ends == "called off") bench.cancel();
    bench.advance(std::chrono::minutes(ends == "timed out" ? 10 : ends == "expired" ? 30 : 0));
    if (ends == "answered" || ends == "expired") {  // the others call it off
      CHECK(bench.outcome() == "running");
      bench.end("chat/other", success());
    }
    CHECK(bench.waiting() == 0);
    CHECK(bench.outcome() == (ends == "called off" ? "cancelled" : "completed"));
    CHECK(bench.trace().find("second") == std::string::npos);
  }
}

TEST_CASE("each item of a loop asks and tells by itself") {
  Bench bench(R"(
    actions:
      - for_each: "[1, 2]"
        parallel: 2
        as: n
        do:
          - approve: {message: "Delete ${{ n }}?", notify: {action: note.write, with: {text: "${{ approval.message }}"}}}
  )");
  bench.prepare(facts);
  bench.answer("note.write", {success()});
  bench.start();
  const std::string told = bench.trace();
  CHECK(told.find("Delete 1?") != std::string::npos);
  CHECK(told.find("Delete 2?") != std::string::npos);
  bench.agree();
  bench.agree();
  CHECK(bench.outcome() == "completed");
  CHECK(bench.trace() == "0s run completed\n");
}

}  // namespace millrace
