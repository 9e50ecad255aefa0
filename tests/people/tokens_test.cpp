#include "people/tokens.hpp"

#include <doctest/doctest.h>

#include "ask.hpp"
#include "async/simulated_time.hpp"
#include "set_clock.hpp"

using namespace millrace;
using test::ask;

TEST_SUITE_BEGIN("people");

TEST_CASE("a program's token has a name and roles of its own, survives a restart, and ends when it is revoked") {
  SimulatedTime time{[] { return Duration::zero(); }};
  Loop loop{time};
  test::SetClock clock;
  const auto journal = open_memory_journal();
  ProgramTokens tokens(*journal, clock);
  REQUIRE(ask(loop, tokens.load()));
  const auto token = ask(loop, tokens.add("reporting", Roles(Role::viewer), "anna"));
  REQUIRE(token);
  CHECK(token->starts_with("mr_"));
  CHECK(ask(loop, tokens.add("reporting", Roles(Role::admin), "anna")).error().code == ErrorCode::conflict);
  CHECK(ask(loop, tokens.add("a name with blanks", Roles(Role::admin), "anna")).error().code == ErrorCode::invalid);
  ProgramTokens again(*journal, clock);
  REQUIRE(ask(loop, again.load()));
  const auto found = again.find(*token);
  REQUIRE(found);
  CHECK(found->name == "reporting");
  CHECK(found->roles == Roles(Role::viewer));
  CHECK(found->made_by == "anna");
  CHECK_FALSE(again.find(*token + "x"));
  CHECK_FALSE(again.find(""));
  CHECK_FALSE(again.find("reporting"));
  REQUIRE(ask(loop, again.revoke("reporting", "anna")));
  CHECK_FALSE(again.find(*token));
  CHECK(ask(loop, again.revoke("reporting", "anna")).error().code == ErrorCode::not_found);
  ProgramTokens last(*journal, clock);
  REQUIRE(ask(loop, last.load()));
  CHECK(last.list().empty());
}

TEST_SUITE_END();
