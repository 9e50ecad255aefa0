#include <doctest/doctest.h>

#include "base/text.hpp"
#include "expr/requirements.hpp"

using namespace millrace;

namespace {

std::string required(const std::string& text) {
  const auto parsed = Expression::parse(text);
  REQUIRE(std::holds_alternative<Expression>(parsed));
  std::string told;
  for (const Requirement& one : requirements(std::get<Expression>(parsed), "event"))
    told += (told.empty() ? "" : "; ") + join(one.path, ".") + " is " + join(one.texts, " or ");
  return told;
}

}  // namespace

TEST_SUITE_BEGIN("expr");

TEST_CASE("an expression tells which constants it cannot be true without") {
  CHECK(required("event.a == 'x'") == "a is x");
  CHECK(required("'x' == event.a.b") == "a.b is x");
  CHECK(required("event['a b'].c == 'x'") == "a b.c is x");
  CHECK(required("event.a == 'x' && event.n > 3 && (event.b == 'y' && now > event.t)") == "a is x; b is y");
  CHECK(required("event.a in ['y', 'x', 'y']") == "a is x or y");
  CHECK(required("event.a == 'con' + 'stant'") == "a is constant");
}

TEST_CASE("what could be true otherwise requires nothing") {
  for (const char* text :
       {"event.a == 'x' || event.b == 'y'", "!(event.a == 'x')", "event.a != 'x'", "event.a == 1", "event.a == event.b",
        "event.a in [event.b]", "event.a in []", "'x' in event.tags", "other.a == 'x'", "event == 'x'",
        "event.?a == 'x'", "event.a == 'x' ? true : true", "event.list[0] == 'x'", "event.a.lowerAscii() == 'x'",
        "[1].exists(event, event.a == 'x')", "'x' == 'x'"}) {
    CHECK_MESSAGE(required(text).empty(), text);
  }
}

TEST_SUITE_END();
