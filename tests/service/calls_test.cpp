#include "service/calls.hpp"

#include <doctest/doctest.h>

#include "runs_and_lanes.hpp"

namespace millrace {

namespace {

using test::beside;
using test::run;
using enum Whereabouts;

const Lane first{"first"}, second{"second"}, third{"third"};

}  // namespace

TEST_SUITE_BEGIN("service");

TEST_CASE("a call into the lane of a run that waits for the caller would wait for ever, until that waits no more") {
  Roster roster(10);
  Calls calls(roster);
  CHECK(roster.add(run(1), first, moving));
  CHECK(roster.add(run(2), second, moving));
  CHECK_FALSE(calls.would_wait_for_ever(second, run(1), {"second", "first"}));
  calls.note(run(2), "0", run(1));
  const auto endless = calls.would_wait_for_ever(second, run(1), {"second", "first"});
  REQUIRE(endless);
  CHECK(endless->message.find("(second > first > second)") != std::string::npos);
  CHECK_FALSE(calls.would_wait_for_ever(third, run(1), {}));
  CHECK_FALSE(calls.would_wait_for_ever(beside, run(1), {}));
  calls.forget(run(2), "0");
  CHECK_FALSE(calls.would_wait_for_ever(second, run(1), {}));
}

TEST_CASE("a call into the caller's own lane would wait for ever") {
  Roster roster(10);
  const Calls calls(roster);
  CHECK(roster.add(run(1), first, moving));
  CHECK(calls.would_wait_for_ever(first, run(1), {"first"}));
}

TEST_CASE("what was called and stands in a line waits for the run that is ahead of it, in the store or held too") {
  for (const Whereabouts waiting : {coming, queued, held}) {
    Roster roster(10);
    Calls calls(roster);
    CHECK(roster.add(run(1), first, moving));
    CHECK(roster.add(run(2), second, moving));
    CHECK(roster.add(run(3), first, waiting));  // behind the first
    calls.note(run(2), "0", run(3));
    CHECK(calls.would_wait_for_ever(second, run(1), {}));
    if (waiting == held) continue;
    CHECK(roster.move(run(1), nowhere));
    CHECK(roster.next() == run(3));
    CHECK(roster.add(run(4), third, moving));
    CHECK_FALSE(calls.would_wait_for_ever(second, run(4), {}));
  }
}

TEST_CASE("a call is known from both its ends until it is forgotten, and of one that is noted anew only the new run") {
  const Roster roster(10);
  Calls calls(roster);
  calls.note(run(1), "0", run(2));
  calls.note(run(1), "1", run(3));
  calls.note(run(3), "0", run(4));
  CHECK(calls.called_by(run(1)) == std::vector<RunKey>{run(2), run(3)});
  CHECK(calls.caller_of(run(3)) == run(1));
  calls.note(run(1), "1", run(5));
  CHECK(calls.called_by(run(1)) == std::vector<RunKey>{run(2), run(5)});
  CHECK(calls.caller_of(run(5)) == run(1));
  CHECK_FALSE(calls.caller_of(run(3)));
  CHECK(calls.called_by(run(3)) == std::vector<RunKey>{run(4)});
  calls.forget(run(1), "0");
  CHECK_FALSE(calls.caller_of(run(2)));
  CHECK(calls.called_by(run(1)) == std::vector<RunKey>{run(5)});
  calls.forget_all(run(1));
  CHECK_FALSE(calls.caller_of(run(5)));
  CHECK(calls.called_by(run(1)).empty());
  CHECK(calls.caller_of(run(4)) == run(3));
}

TEST_SUITE_END();

}  // namespace millrace
