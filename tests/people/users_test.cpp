#include "people/users.hpp"

#include <doctest/doctest.h>

#include "ask.hpp"
#include "async/simulated_time.hpp"
#include "set_clock.hpp"

using namespace millrace;
using test::ask;

namespace {

const std::string password = "correct horse battery";

struct UsersBench {
  UsersBench() { REQUIRE(ask(loop, users->load())); }

  void restart() {
    users = std::make_unique<Users>(loop, *journal, clock);
    REQUIRE(ask(loop, users->load()));
  }

  std::string invited(const std::string& name = "anna", Role role = Role::approver) {
    const auto invitation = ask(loop, users->add(name, Roles(role), "root"));
    REQUIRE(invitation);
    return *invitation;
  }

  SimulatedTime time{[] { return Duration::zero(); }};
  Loop loop{time};
  test::SetClock clock;
  std::unique_ptr<Journal> journal = open_memory_journal();
  std::unique_ptr<Users> users = std::make_unique<Users>(loop, *journal, clock);
};

Task<void> minute_passes() { (void)co_await sleep_for(std::chrono::seconds(61)); }

}  // namespace

TEST_SUITE_BEGIN("people");

TEST_CASE("who is invited sets a password once, and comes in by it from then on") {
  UsersBench bench;
  const std::string invitation = bench.invited();
  bench.restart();
  CHECK(ask(bench.loop, bench.users->check("anna", "")).error().code == ErrorCode::denied);
  CHECK(ask(bench.loop, bench.users->accept(invitation, "short")).error().code == ErrorCode::invalid);
  const auto accepted = ask(bench.loop, bench.users->accept(invitation, password));
  REQUIRE(accepted);
  CHECK(accepted->roles == Roles(Role::approver));
  CHECK(ask(bench.loop, bench.users->accept(invitation, password)).error().code == ErrorCode::denied);
  bench.restart();
  const auto known = ask(bench.loop, bench.users->check("anna", password));
  REQUIRE(known);
  CHECK(known->name == "anna");
}

TEST_CASE("a wrong password and a name that nobody has are refused alike") {
  UsersBench bench;
  REQUIRE(ask(bench.loop, bench.users->accept(bench.invited(), password)));
  const auto wrong = ask(bench.loop, bench.users->check("anna", password + "x"));
  const auto nobody = ask(bench.loop, bench.users->check("ben", password));
  REQUIRE_FALSE(wrong);
  REQUIRE_FALSE(nobody);
  CHECK(wrong.error().message == nobody.error().message);
}

TEST_CASE("a name is tried five times a minute, with the right password, too; other names are not held up") {
  UsersBench bench;
  REQUIRE(ask(bench.loop, bench.users->accept(bench.invited(), password)));
  for (int i = 0; i < 5; ++i) CHECK_FALSE(ask(bench.loop, bench.users->check("anna", "a wrong password")));
  CHECK(ask(bench.loop, bench.users->check("anna", password)).error().code == ErrorCode::limited);
  CHECK(ask(bench.loop, bench.users->check("ben", password)).error().code == ErrorCode::denied);
  ask(bench.loop, minute_passes());
  CHECK(ask(bench.loop, bench.users->check("anna", password)));
}

TEST_CASE("an invitation is over after 7 days, and a user who is removed is nobody") {
  UsersBench bench;
  const std::string late = bench.invited("ben");
  bench.clock.pass(std::chrono::hours(24 * 7 + 1));
  CHECK(ask(bench.loop, bench.users->accept(late, password)).error().code == ErrorCode::denied);
  REQUIRE(ask(bench.loop, bench.users->accept(bench.invited(), password)));
  REQUIRE(ask(bench.loop, bench.users->remove("anna", "root")));
  CHECK_FALSE(ask(bench.loop, bench.users->check("anna", password)));
  CHECK(ask(bench.loop, bench.users->remove("anna", "root")).error().code == ErrorCode::not_found);
}

TEST_SUITE_END();
