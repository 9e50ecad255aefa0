#include "people/sessions.hpp"

#include <doctest/doctest.h>

#include "ask.hpp"
#include "async/simulated_time.hpp"
#include "value/time.hpp"

using namespace millrace;
using test::ask;

namespace {

class SetClock final : public Clock {
 public:
  Timestamp now() const override { return at; }
  void pass(Duration time) { at = *add(at, time); }

  Timestamp at = *parse_timestamp("2026-03-02T09:00:00Z");
};

struct SessionsBench {
  SessionsBench() { REQUIRE(ask(loop, sessions->load())); }

  void restart() {
    sessions = std::make_unique<Sessions>(*journal, clock);
    REQUIRE(ask(loop, sessions->load()));
  }

  BegunSession begun(const std::string& who = "anna", Role role = Role::admin) {
    const auto code = sessions->give_code(who, Roles(role), std::chrono::minutes(1));
    REQUIRE(code);
    auto begun = ask(loop, sessions->enter(code->code));
    REQUIRE(begun);
    return *begun;
  }

  SimulatedTime time{[] { return Duration::zero(); }};
  Loop loop{time};
  SetClock clock;
  std::unique_ptr<Journal> journal = open_memory_journal();
  std::unique_ptr<Sessions> sessions = std::make_unique<Sessions>(*journal, clock);
};

Task<void> wait(Duration time) { (void)co_await sleep_for(time); }

}  // namespace

TEST_SUITE_BEGIN("people");

TEST_CASE("a code lets in once, and whoever it was given for") {
  SessionsBench bench;
  const auto code = bench.sessions->give_code("anna", Roles(Role::editor), std::chrono::minutes(1));
  REQUIRE(code);
  CHECK(code->code.size() == 43);  // 256 bits
  const auto first = ask(bench.loop, bench.sessions->enter(code->code));
  REQUIRE(first);
  CHECK(first->head.who == "anna");
  CHECK(first->head.roles == Roles(Role::editor));
  const auto second = ask(bench.loop, bench.sessions->enter(code->code));
  REQUIRE_FALSE(second);
  CHECK(second.error().code == ErrorCode::denied);
}

TEST_CASE("a code that is over and one that never was are refused alike") {
  SessionsBench bench;
  const auto code = bench.sessions->give_code("anna", Roles(Role::admin), std::chrono::seconds(60));
  REQUIRE(code);
  ask(bench.loop, wait(std::chrono::seconds(61)));
  const auto late = ask(bench.loop, bench.sessions->enter(code->code));
  const auto never = ask(bench.loop, bench.sessions->enter("never"));
  REQUIRE_FALSE(late);
  REQUIRE_FALSE(never);
  CHECK(late.error().message == never.error().message);
  CHECK(bench.sessions->list().empty());
}

TEST_CASE("what proves a session is in the browser only; the store has hashes, and they survive a restart") {
  SessionsBench bench;
  const BegunSession begun = bench.begun();
  bench.restart();
  const auto found = bench.sessions->find(begun.secret);
  REQUIRE(found);
  CHECK(found->who == "anna");
  CHECK(Sessions::is_key(*found, begun.key));
  CHECK_FALSE(Sessions::is_key(*found, begun.secret));
  CHECK_FALSE(Sessions::is_key(*found, ""));
  CHECK_FALSE(bench.sessions->find(begun.key));
  CHECK_FALSE(bench.sessions->find(found->id));
  CHECK_FALSE(bench.sessions->find(""));
}

TEST_CASE("a session ends after 12 hours without use, and after 30 days whatever is done") {
  SessionsBench bench;
  const BegunSession idle = bench.begun(), used = bench.begun();
  for (int hours = 0; hours < 30 * 24; hours += 6) {
    CHECK(bench.sessions->find(used.secret));
    ask(bench.loop, bench.sessions->note_use(used.head.id));
    if (hours == 6 * 20) bench.restart();
    bench.clock.pass(std::chrono::hours(6));
    if (hours == 12) CHECK_FALSE(bench.sessions->find(idle.secret));
  }
  bench.clock.pass(std::chrono::seconds(1));
  CHECK_FALSE(bench.sessions->find(used.secret));
  bench.restart();
  CHECK(bench.sessions->list().empty());
}

TEST_CASE("who signs out is out at once and after a restart; the others stay") {
  SessionsBench bench;
  const BegunSession anna = bench.begun("anna"), other = bench.begun("anna"), ben = bench.begun("ben");
  REQUIRE(ask(bench.loop, bench.sessions->end(anna.head.id, "anna")));
  CHECK_FALSE(bench.sessions->find(anna.secret));
  CHECK(ask(bench.loop, bench.sessions->end(anna.head.id, "anna")).error().code == ErrorCode::not_found);
  bench.restart();
  CHECK_FALSE(bench.sessions->find(anna.secret));
  CHECK(bench.sessions->find(other.secret));
  REQUIRE(ask(bench.loop, bench.sessions->end_all_of("anna", "ben")));
  CHECK_FALSE(bench.sessions->find(other.secret));
  CHECK(bench.sessions->find(ben.secret));
}

TEST_CASE("codes that nobody uses do not pile up") {
  SessionsBench bench;
  int given = 0;
  while (bench.sessions->give_code("anna", Roles(Role::admin), std::chrono::seconds(60))) REQUIRE(++given < 1000);
  ask(bench.loop, wait(std::chrono::seconds(61)));
  CHECK(bench.sessions->give_code("anna", Roles(Role::admin), std::chrono::seconds(60)));
}

TEST_SUITE_END();
