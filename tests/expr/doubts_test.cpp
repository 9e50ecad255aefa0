#include <doctest/doctest.h>

#include "expr/type.hpp"

namespace millrace {

namespace {

TypeCheck checked_for_doubts(std::string_view text) {
  const TypedNames names = {
      {"now", Type::of(Kind::timestamp)},
      {"event", Type()},
      {"tag", Type::map_of({{"name", Type::of(Kind::text)}, {"usage", Type::of(Kind::integer)}}, Type::Others::some)}};
  return check_types(std::get<Expression>(Expression::parse(text)), names);
}

/// The problems as "offset+length: message", one a line.
std::string doubts_of(std::string_view text) {
  std::string shown;
  for (const auto& problem : checked_for_doubts(text).problems)
    shown += std::to_string(problem.offset) + '+' + std::to_string(problem.length) + ": " + problem.message + "\n";
  return shown;
}

}  // namespace

TEST_CASE("a format of a time without a clause is doubted, with the clauses that were probably meant") {
  const auto meant = [](const std::string& format) {
    const std::string text = "now.format(\"" + format + "\")";
    const TypeCheck found = checked_for_doubts(text);
    CHECK(found.problems.empty());
    if (found.doubts.empty()) return std::string("nothing");
    CHECK(text.substr(found.doubts[0].offset, found.doubts[0].length) == '"' + format + '"');
    return found.doubts[0].suggestion;
  };
  CHECK(meant("dd.MM.yyyy") == "\"%d.%m.%Y\"");
  CHECK(meant("YYYY-MM-DD") == "\"%Y-%m-%d\"");
  CHECK(meant("yyyy-mm-dd") == "\"%Y-%m-%d\"");
  CHECK(meant("yyyyMMddTHHmmss") == "\"%Y%m%dT%H%M%S\"");
  CHECK(meant("d.M.yy HH:mm") == "\"%-d.%-m.%y %H:%M\"");
  CHECK(meant("mm:ss") == "\"%M:%S\"");
  CHECK(meant("hh:mm") == "");         // morning or evening
  CHECK(meant("dd MMMM 'at'") == "");  // words that nobody can tell
  CHECK(meant("today") == "");
  CHECK(meant("") == "");
  CHECK(meant("%d.%m.%Y") == "nothing");
  CHECK(meant("week %V") == "nothing");
  CHECK(checked_for_doubts("now.format('YYYY', 'Europe/Berlin')").doubts.size() == 1);
  CHECK(checked_for_doubts("event.at.format('HH:mm')").doubts.size() == 1);
  for (const std::string other : {"event.n.format(2)", "'none'.format([])", "now.format(event.format)"})
    CHECK(checked_for_doubts(other).doubts.empty());
}

TEST_CASE("a literal that is none of the words that a text can be never equals it") {
  const TypedNames names = {{"change", Type::one_of({"added", "changed", "removed"})},
                            {"maybe", Type::any_of({Type::one_of({"added"}), Type::of(Kind::null)})},
                            {"either", Type::any_of({Type::one_of({"added"}), Type::of(Kind::text)})}};
  const auto said = [&](const std::string& text) {
    std::string shown;
    for (const auto& problem : check_types(std::get<Expression>(Expression::parse(text)), names).problems)
      shown += text.substr(problem.offset, problem.length) + " -> " + problem.message + " [" + problem.suggestion + "]";
    return shown;
  };
  CHECK(said("change == 'Added'") == "'Added' -> this is never \"Added\", did you mean \"added\"? ['added']");
  CHECK(said("\"remove\" != change") ==
        "\"remove\" -> this is never \"remove\", did you mean \"removed\"? [\"removed\"]");
  CHECK(said("change == 'new'") == "'new' -> this is never \"new\": it is one of added, changed, removed []");
  CHECK(said("change in ['added', 'new']") == "[ -> this is never \"new\": it is one of added, changed, removed []");
  CHECK(said("[change].filter(c, c == 'new')") != "");
  CHECK(said("(change == 'added' ? change : maybe) == 'removed'") == "");
  CHECK(said("maybe == 'removed'") != "");
  for (const std::string right :
       {"change == 'added'", "change in ['added', 'removed']", "either == 'removed'", "maybe == null",
        "change.upper() == 'ADDED'", "change == maybe", "change < 'b'", "'new' in [change]"}) {
    CAPTURE(right);
    CHECK(said(right) == "");
  }
}

TEST_CASE("division by a literal zero is found, whichever zero it is and whatever is divided") {
  const auto doubted = [](const std::string& text) {
    const TypeCheck found = checked_for_doubts(text);
    CHECK(found.problems.empty());
    return found.doubts.size() == 1 && found.doubts[0].message.starts_with("division by zero");
  };
  for (const char* text : {"tag.usage / 0.0", "event.n / -0.0", "event.n / double('0')", "1 / 0.0", "1.5 / 0",
                           "[0.0 / 0.0]", "double(tag.usage) / 0", "double(event.n) / 0u", "event.n / (1.0 - 1.0)"}) {
    CAPTURE(text);
    CHECK(doubted(text));
  }
  for (const char* text : {"tag.usage / 0", "event.n / 0", "event.n / 0u", "event.n % 0", "1 / 0"}) {
    CAPTURE(text);
    CHECK(doubts_of(text).ends_with(": division by zero\n"));
  }
  CHECK(checked_for_doubts("event.n / 0.5").doubts.empty());
  CHECK(checked_for_doubts("event.n * 0.0 - 0.0").doubts.empty());
}

TEST_CASE("what sets the digits of a number apart is looked at before the run, where it is written out") {
  CHECK(doubts_of("event.n.format(2, ',', '')")
            .ends_with("nothing sets the decimals apart, say what does: "
                       "number.format(2, \".\", \",\")\n"));
  CHECK(doubts_of("event.n.format(2, '1')").find("\"1\" cannot set digits apart") != std::string::npos);
  CHECK(doubts_of("event.n.format(2, ',', event.sign)").empty());
  CHECK(doubts_of("event.n.format(0, ',', '')").empty());
}

TEST_CASE("both sides of a choice have to be true or false where a condition is asked for") {
  CHECK(doubts_of("(event.x ? 'a' : tag.usage > 1) && event.y") ==
        "11+3: a condition is true or false, and this is text\n");
  CHECK(doubts_of("event.list.filter(i, i.x ? (i.y ? null : true) : false)") ==
        "34+4: a condition is true or false, and this is null\n");
  CHECK(doubts_of("(event.x ? event.y : false) || (event.x ? true : tag.extra.z)") == "");
  const auto ways = [](const std::string& text) {
    std::string shown;
    for (const auto& way : checked_for_doubts(text).ways)
      shown += text.substr(way.offset, way.length) + ": " + way.type.render() + "; ";
    return shown;
  };
  CHECK(ways("event.x ? 'a' : 'b' == event.y") == "'a': text; 'b' == event.y: true/false; ");
  CHECK(ways("event.x ? (event.y ? null : 1) : tag.name") == "null: null; 1: a whole number; tag.name: text; ");
  CHECK(ways("tag.usage + 1") == "tag.usage + 1: a whole number; ");
}

}  // namespace millrace
