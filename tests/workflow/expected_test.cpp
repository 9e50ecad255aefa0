#include <doctest/doctest.h>

#include "value/json.hpp"
#include "value/time.hpp"
#include "workflow/expected.hpp"

namespace millrace {

TEST_SUITE_BEGIN("workflow");

namespace {

Expected the(Value value) {
  Expected expected;
  expected.value = std::move(value);
  return expected;
}

Expected with(Expected::Kind kind, std::vector<Expected> items) {
  Expected expected;
  expected.kind = kind;
  expected.items = std::move(items);
  return expected;
}

Expected map_of(std::vector<Expected::Member> members) {
  Expected expected;
  expected.kind = Expected::Kind::map;
  expected.members = std::move(members);
  return expected;
}

Expected where(const char* expression) {
  Expected expected;
  expected.kind = Expected::Kind::where;
  expected.where = std::get<Expression>(Expression::parse(expression));
  return expected;
}

std::string differences(const Expected& expected, const Value& actual) {
  std::vector<Mismatch> found;
  compare(expected, &actual, "at", found);
  std::string text;
  for (const Mismatch& each : found) text += each.place + ": " + each.expected + " / " + each.got + "\n";
  return text;
}

}  // namespace

TEST_CASE("what is written is what is expected: numbers of any kind, times and durations as people write them") {
  CHECK(differences(the(3), 3.0) == "");
  CHECK(differences(the("2026-03-02T10:00:00+01:00"), *parse_timestamp("2026-03-02T09:00:00Z")) == "");
  CHECK(differences(the("90m"), Duration(std::chrono::hours(1) + std::chrono::minutes(30))) == "");
  CHECK(differences(the(nullptr), Value()) == "");
  CHECK(differences(the(3), "3") == "at: 3 / \"3\"\n");
  CHECK(differences(the("vip"), "VIP") == "at: \"vip\" / \"VIP\"\n");
}

TEST_CASE("of a mapping the named members are looked at, a list is compared whole") {
  const Value actual = Value::object({{"name", "vip"}, {"id", 7}});
  CHECK(differences(map_of({{"name", the("vip")}}), actual) == "");
  CHECK(differences(map_of({{"name", the("old")}, {"gone", the(1)}}), actual) ==
        "at.name: \"old\" / \"vip\"\nat.gone: 1 / nothing\n");
  CHECK(differences(map_of({{"gone", the(nullptr)}}), actual) == "");
  const Value list = Value::List{1, 2};
  CHECK(differences(with(Expected::Kind::list, {the(1), the(2)}), list) == "");
  CHECK(differences(with(Expected::Kind::list, {the(1)}), list) == "at[1]: nothing / 2\n");
  CHECK(differences(with(Expected::Kind::list, {the(1), the(2), the(3)}), list) == "at[2]: 3 / nothing\n");
  CHECK(differences(map_of({}), "text") == "at: {} / \"text\"\n");
  CHECK(differences(map_of({{"larger", the(3)}}), 4) ==
        "at: {larger: 3} / 4 (\"larger\" is taken for a member: matchers are any, contains, matches and where)\n");
}

TEST_CASE("matchers look at a part, a pattern or a condition") {
  Expected any;
  any.kind = Expected::Kind::any;
  CHECK(differences(any, 0) == "");
  CHECK(differences(any, Value()) == "at: any / null\n");
  const Expected part = with(Expected::Kind::contains, {the(503)});
  CHECK(differences(part, "it said 503") == "");
  CHECK(differences(part, "it said 502") == "at: {contains: 503} / \"it said 502\"\n");
  CHECK(differences(with(Expected::Kind::contains, {map_of({{"id", the(2)}})}),
                    Value::List{Value::object({{"id", 1}}), Value::object({{"id", 2}})}) == "");
  Expected pattern = the("^v.p$");
  pattern.kind = Expected::Kind::matches;
  CHECK(differences(pattern, "vip") == "");
  CHECK(differences(pattern, "vips") == "at: {matches: \"^v.p$\"} / \"vips\"\n");
  CHECK(differences(pattern, 7) == "at: {matches: \"^v.p$\"} / 7\n");
  CHECK(differences(where("value > 3"), 4) == "");
  CHECK(differences(where("value > 3"), 3) == "at: {where: value > 3} / 3\n");
  CHECK(differences(where("value > 3"), "x").starts_with("at: {where: value > 3} / \"x\" ("));
  CHECK(differences(with(Expected::Kind::all, {part, pattern}), "it said 503") ==
        "at: {matches: \"^v.p$\"} / \"it said 503\"\n");
}

TEST_SUITE_END();

}  // namespace millrace
