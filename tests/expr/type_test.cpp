#include "expr/type.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "value/json.hpp"

namespace millrace {

namespace {

std::shared_ptr<const Schema> sample_schema() {
  static const auto schema = *Schema::parse(*parse_json(R"({
    "type": "object", "additionalProperties": false,
    "properties": {
      "name": {"type": "string"}, "usage": {"type": "integer"}, "ratio": {"type": "number"},
      "note": {"type": ["string", "null"]}, "created": {"type": "string", "format": "date-time"},
      "wait": {"type": "string", "format": "duration"},
      "labels": {"type": "array", "items": {"type": "string"}},
      "loose": {"properties": {"parts": {"type": "array", "items": {"properties": {"size": {"type": "integer"}}}}}},
      "extra": {"type": "object", "properties": {"x": {"type": "integer"}}},
      "parts": {"type": "array", "items": {"type": "object", "additionalProperties": false, "properties": {"size": {"type": "integer"}}}}
    }})"));
  return schema;
}

TypeCheck checked(std::string_view text) {
  const auto schema = sample_schema();
  const TypedNames names = {{"tag", Type::of(SchemaView(schema->document(), schema->document()))},
                            {"now", Type::of(Kind::timestamp)},
                            {"event", Type()}};
  return check_types(std::get<Expression>(Expression::parse(text)), names, {{"where", Type()}});
}

/// The problems as "offset+length: message [suggestion]", one a line.
std::string problems(std::string_view text) {
  std::string shown;
  for (const auto& problem : checked(text).problems) {
    shown += std::to_string(problem.offset) + '+' + std::to_string(problem.length) + ": " + problem.message;
    shown += problem.suggestion.empty() ? "\n" : " [" + problem.suggestion + "]\n";
  }
  return shown;
}

}  // namespace

TEST_CASE("what is right gives no finding") {
  for (const char* text : {"tag.usage == 0 && tag.name.startsWith('tmp-')",
                           "tag.created < now - duration('2160h')",
                           "tag.labels.filter(l, l.size() > 2).map(l, l + '!')",
                           "event.anything.at[0].all == 1",
                           "tag.note == null",
                           "tag.name == null",
                           "tag.note != '' && tag.note.startsWith('a')",
                           "tag.ratio > 1 && tag.usage > 0.5",
                           "tag.ratio * 2.0 + 1.0",
                           "tag.extra.x + tag.extra.more",
                           "tag.parts.map(p, p.size).sum()",
                           "tag.loose.parts.exists(p, p.size > 1)",
                           "tag.loose.parts[0].size + 1",
                           "tag.loose['parts'].size()",
                           "where(tag)",
                           "event.map(x, x.y).exists(y, y)",
                           "has(tag.note) ? tag.note : 'none'",
                           "tag.?note.orValue('x') + '!'",
                           "tag.parts.sortBy(p, p.size, true).first().value().size",
                           "type(tag) == map",
                           "duration(tag.wait) > duration('1h')",
                           "{'a': tag.usage}.a + 1",
                           "cel.bind(u, tag.usage, u + 1)",
                           "days_ago(90) > tag.created",
                           "tag.labels.groupBy(l, l.size()).map(g, g.items.map(i, i + string(g.key)))"}) {
    CAPTURE(text);
    CHECK(problems(text) == "");
  }
}

TEST_CASE("names and members that do not exist are found at their place, with the nearest that does") {
  CHECK(problems("tga.usage + 1") == "0+3: there is nothing called \"tga\" here, did you mean \"tag\"? [tag]\n");
  CHECK(problems("tag.usgae > 1") == "4+5: there is no \"usgae\" in it, did you mean \"usage\"? [usage]\n");
  CHECK(problems("tag['usgae'] > 1") == "4+7: there is no \"usgae\" in it, did you mean \"usage\"? ['usage']\n");
  CHECK(problems("tag.parts.filter(p, p.sise > 1)") ==
        "22+4: there is no \"sise\" in it, did you mean \"size\"? [size]\n");
  CHECK(problems("tag.parts[0].sise") == "13+4: there is no \"sise\" in it, did you mean \"size\"? [size]\n");
  CHECK(problems("has(tag.colour) || tag.?colour.hasValue()") == "");  // it works, and is never so
  CHECK(checked("has(tag.colour)").doubts.size() == 1);
  CHECK(problems("has(tag.nmae)") == "8+4: there is no \"nmae\" in it, did you mean \"name\"? [name]\n");
  CHECK(problems("tag.name.first") == "9+5: text has no \"first\"\n");
  CHECK(problems("[1].map(x, y)") == "11+1: there is nothing called \"y\" here\n");
  CHECK(checked("tga").problems[0].unknown_name);
}

TEST_CASE("a shape is followed through conditions, optionals and functions") {
  CHECK(problems("(event.x ? tag : {'nome': 'x'}).nmae") ==
        "32+4: there is no \"nmae\" in it, did you mean \"name\"? [name]\n");
  CHECK(problems("(event.x ? tag : {'nome': 'x'}).nome + 'a'") == "");
  CHECK(problems("tag.parts.first().value().sise") ==
        "26+4: there is no \"sise\" in it, did you mean \"size\"? [size]\n");
  CHECK(problems("tag.parts[?0].?sise.orValue(1)") ==
        "15+4: there is no \"sise\" in it, did you mean \"size\"? [size]\n");
  CHECK(problems("tag.parts.filter(p, p.size > 1).map(p, {'n': p.size})[0].m").find("no \"m\" in it") !=
        std::string::npos);
  CHECK(problems("[tag, {'name': 'x'}].map(t, t.nmae)").find("did you mean \"name\"") != std::string::npos);
  CHECK(checked("tag.parts.first().orValue({'size': 1}).size").type.render() == "a whole number");
  CHECK(problems("{'a': tag, 'b': tag}.transformMap(k, t, t.nmae)").find("did you mean \"name\"") != std::string::npos);
  CHECK(problems("{'a': 1}.exists(k, k + 1 > 2)") != "");
  CHECK(problems("{1: 'a'}.exists(k, k + 1 > 2)") == "");
  CHECK(checked("tag.name.split(',').map(n, n.size())").type.element().render() == "a whole number");
}

TEST_CASE("arguments behind the first are of the kinds that the signature names") {
  CHECK(problems("tag.name.startsWith(tag.usage)") ==
        "24+5: \"startsWith\" does not take a whole number as part, it is used as text.startsWith(part)\n");
  CHECK(problems("tag.name.substring('1')") ==
        "19+3: \"substring\" does not take text as begin, it is used as text.substring(begin) or text.substring(begin, "
        "end)\n");
  CHECK(problems("now.format('%H', 2)") != "");
  CHECK(problems("tag.ratio.format(2, '.', ',')") == "");
  CHECK(problems("tag.labels.contains('a')").find("item in list") != std::string::npos);
}

TEST_CASE("a member of which an open shape does not speak is doubted where it is nearly one that it names") {
  const auto doubted = [](std::string_view text) {
    const TypeCheck found = checked(text);
    CHECK(found.problems.empty());
    return found.doubts.empty() ? std::string() : found.doubts[0].message;
  };
  CHECK(doubted("tag.extra.more") == "");
  const auto schema = *Schema::parse(
      *parse_json(R"({"type": "object", "properties": {"firstName": {"type": "string"}, "x": {"type": "integer"}}})"));
  const TypedNames names = {{"contact", Type::of(SchemaView(schema->document(), schema->document()))}};
  const auto doubts = [&](std::string_view text) {
    return check_types(std::get<Expression>(Expression::parse(text)), names).doubts;
  };
  REQUIRE(doubts("contact.frstName").size() == 1);
  CHECK(doubts("contact.frstName")[0].suggestion == "firstName");
  CHECK(doubts("contact.frstName")[0].unknown_name);
  CHECK(doubts("contact.somethingElse").empty());
  CHECK(doubts("contact.firstName2").empty());
}

TEST_CASE("what nobody knows before the run is told once for each value") {
  const auto unknowns = [](std::string_view text) {
    std::string shown;
    for (const ExpressionError& one : checked(text).unknowns)
      shown += std::string(text.substr(one.offset, one.length)) + ";";
    return shown;
  };
  CHECK(unknowns("event.contact.name == event.other[0]") == "event;event;");
  CHECK(unknowns("tag.name == 'a' && event == 1") == "");
  CHECK(unknowns("event.list.map(x, x.y.z)") == "event;");
  CHECK(unknowns("json.decode(tag.name).a.b") == "decode;");
}

TEST_CASE("who writes as in another language is told what it is called here") {
  const auto said = [](std::string_view text) {
    const auto read = Expression::parse(text);
    const auto* error = std::get_if<ExpressionError>(&read);
    if (error == nullptr) return std::string("nothing");
    std::string corrected(text);
    if (!error->suggestion.empty()) corrected.replace(error->offset, error->length, error->suggestion);
    return error->suggestion.empty() ? error->message : corrected;
  };
  CHECK(said("a and b or c AND d") == "a && b || c && d");
  CHECK(said("not a > 3") == "!(a > 3)");
  CHECK(said("not a.b && c") == "!a.b && c");
  CHECK(said("a not in b.c && d") == "!(a in b.c) && d");
  CHECK(said("a is not null") == "a != null");
  CHECK(said("a <> 3") == "a != 3");
  CHECK(said("a between 3 and 9") == "a >= 3 && a <= 9");
  CHECK(said("'x' if a > 3 else 'y'") == "a > 3 ? 'x' : 'y'");
  CHECK(said("a startsWith 'b'") == "a.startsWith('b')");
  CHECK(said("a.exists(x => x == 1)") == "a.exists(x, x == 1)");
  CHECK(said("a.exists((x) => x == 1)") == "a.exists(x, x == 1)");
  CHECK(said("a.filter(lambda x: x == 1)") == "a.filter(x, x == 1)");
  CHECK(said("a.b | upper") == "a.b.upper()");
  CHECK(said("a.b | join(', ')") == "a.b.join(', ')");
  CHECK(said("a > 3 | b") == "a > 3 || b");
  CHECK(said("now - a > 90d") == "now - a > duration('2160h')");
  CHECK(said("a.0.b") == "a[0].b");
  CHECK(said("a > 3;") == "a > 3");
  CHECK(said("a == \u201Cb\u201D") == "a == 'b'");
  CHECK(said("a\u00A0== 3") == "a == 3");
  CHECK(said("new Date() > a") == "now > a");
  CHECK(said("a ?? 'b'").find("orValue") != std::string::npos);
  CHECK(said("a?.b").find("orValue") != std::string::npos);
  CHECK(said("$json.name").find("event") != std::string::npos);
  CHECK(said("'a and b' + 'not'") == "nothing");
}

TEST_CASE("unknown functions and wrong arguments are found") {
  CHECK(problems("tag.name.startWith('a')") ==
        "9+9: there is no function \"startWith\", did you mean \"startsWith\"? [startsWith]\n");
  CHECK(problems("tag.labels.length()") == "11+6: there is no function \"length\", did you mean \"size\"? [size]\n");
  CHECK(problems("tag.toJSON()") == "4+6: there is no function \"toJSON\", did you mean \"json.encode\"?\n");
  CHECK(problems("toJSON(tag)") ==
        "0+6: there is no function \"toJSON\", did you mean \"json.encode\"? [json.encode]\n");
  CHECK(problems("tag.name.toUpperCase()") ==
        "9+11: there is no function \"toUpperCase\", did you mean \"upper\"? [upper]\n");
  CHECK(problems("wheer(tag)") == "0+5: there is no function \"wheer\", did you mean \"where\"? [where]\n");
  CHECK(problems("where(tag, 1)") == "0+5: \"where\" takes one value: where(item)\n");
  CHECK(problems("tag.name.contains()") == "9+8: \"contains\" is used as text.contains(part)\n");
  CHECK(problems("tag.usage.startsWith('a')") ==
        "10+10: \"startsWith\" does not work on a whole number, it is used as text.startsWith(part)\n");
  CHECK(problems("event.x > duration('90d')").find("is no duration") != std::string::npos);
}

TEST_CASE("operators between kinds that never fit are found") {
  CHECK(problems("tag.name + tag.usage") ==
        "9+1: \"+\" does not work between text and a whole number, turn the other into text with string(...)\n");
  CHECK(problems("tag.usage == '3'") == "10+2: a whole number and text are never equal\n");
  CHECK(problems("tag.created < '2026-01-01'") == "12+1: \"<\" does not work between a timestamp and text\n");
  CHECK(problems("tag.wait > duration('1h')") == "9+1: \">\" does not work between text and a duration\n");
  CHECK(problems("tag.name && true") == "4+4: a condition is true or false, and this is text\n");
  CHECK(problems("tag.usage in tag.name") == "10+2: \"in\" looks into a list or a mapping, not into text\n");
  CHECK(problems("tag.name.map(x, x)") == "9+3: \"map\" goes through a list or a mapping, not through text\n");
  CHECK(problems("-tag.name") == "0+1: \"-\" does not work on text\n");
}

TEST_CASE("every problem of an expression is reported, in the order of the text") {
  CHECK(problems("tga == 1 || tag.usgae == 1 || foo()") ==
        "0+3: there is nothing called \"tga\" here, did you mean \"tag\"? [tag]\n"
        "16+5: there is no \"usgae\" in it, did you mean \"usage\"? [usage]\n"
        "30+3: there is no function \"foo\"\n");
}

TEST_CASE("a division is doubted where both sides can be whole numbers, with the line that gives decimals") {
  const auto doubts = [](std::string_view text) {
    std::string shown;
    for (const auto& doubt : checked(text).divisions) {
      shown += std::string(text.substr(doubt.offset, doubt.length)) + " -> " + doubt.suggestion + "; ";
      CHECK(doubt.message.find("is cut to one") != std::string::npos);
    }
    return shown;
  };
  CHECK(doubts("tag.usage / 3") == "tag.usage -> double(tag.usage); ");
  CHECK(doubts("event.opens / event.sent") == "event.opens -> double(event.opens); ");
  CHECK(doubts("tag.labels.size() / size(tag.parts)") == "tag.labels.size() -> double(tag.labels.size()); ");
  CHECK(doubts("tag.ratio / tag.usage") == "tag.ratio -> double(tag.ratio); ");  // 5 is read as a whole number
  CHECK(doubts("tag.usage * 100 / event.n") == "tag.usage * 100 -> double(tag.usage * 100); ");
  CHECK(doubts("(tag.usage + 1) / event.n > 0") == "(tag.usage + 1) -> double((tag.usage + 1)); ");
  CHECK(doubts("1 + tag.usage / event.n") == "tag.usage -> double(tag.usage); ");
  CHECK(doubts("7 / 2") == "7 -> 7.0; ");
  CHECK(doubts("100 / tag.usage") == "100 -> 100.0; ");
  CHECK(doubts("event.list.map(x, x.a / x.b)") == "x.a -> double(x.a); ");
  CHECK(doubts("event.a / event.b / event.c") == "event.a -> double(event.a); ");
  for (const std::string content :
       {"int(tag.usage / 3)", "uint(event.a / event.b)", "int(event.a / event.b / 2)", "int(7 / 2)", "8 / 2",
        "double(event.a) / event.b", "event.a / double(event.b)", "tag.usage / 3.0", "tag.usage * 1.0 / event.n",
        "event.a % event.b", "int(event.a) * 2", "duration('1h').getMinutes() * 2"}) {
    CAPTURE(content);
    CHECK(doubts(content) == "");
    CHECK(problems(content) == "");
  }
  CHECK(doubts("int(event.a / event.b + 0.5)") == "event.a -> double(event.a); ");
}

TEST_CASE("numbers of both kinds go together, and what comes of them is known") {
  CHECK(checked("tag.usage * tag.ratio").problems.empty());
  CHECK(checked("tag.usage * 1.5").type.kind() == Kind::number);
  CHECK(checked("1.5 - tag.usage").type.kind() == Kind::number);
  CHECK(checked("tag.usage + tag.usage").type.render() == "a whole number");
  CHECK(checked("tag.ratio * tag.ratio").type.render() == "a number");
  CHECK(checked("math.round(tag.usage * 1.5)").problems.empty());
  CHECK(checked("math.round(tag.usage)").problems.empty());
  CHECK(problems("tag.usage % 1.5") == "10+1: \"%\" does not work between a whole number and a number\n");
  CHECK(problems("tag.usage * duration('1h')") == "10+1: \"*\" does not work between a whole number and a duration\n");
}

TEST_CASE("null behind .? is no finding, and without it is one") {
  CHECK(problems("{'a': null}.?a.?b.orValue('x')") == "");
  CHECK(problems("{'a': null}.a.?b.orValue('x')") == "");
  CHECK(problems("{'a': null}.a[?0].orValue('x')") == "");
  CHECK(problems("{'a': null}.a.b") != "");
}

TEST_CASE("what is literal is tried before the run, wherever it stands") {
  for (const std::string wrong : {"event.name.matches('(')",
                                  "event.name.matches('[a-z')",
                                  "matches(event.name, '*')",
                                  "event.list.filter(x, x.matches('(?<n>x)'))",
                                  "event.ok && event.name.matches('a{2000}')",
                                  "now.getHours('Mars')",
                                  "now.getDate('Europe/Lodnon')",
                                  "event.at.getFullYear('utc+1')",
                                  "now.format('%d.%m.%Y', 'Berlin')",
                                  "now.format('%Q', event.zone)",
                                  "event.at.addMonths(1, 'Nowhere')",
                                  "now.firstDayOfMonth('X')",
                                  "'%q'.format([event.a])",
                                  "'%.9999f'.format(event.list)",
                                  "'%s and %s'.format([event.a])",
                                  "'100%'.format([event.a])",
                                  "(event.n).format(-1)",
                                  "(event.n).format(2, '.', '.')",
                                  "event.n / 0",
                                  "event.n % 0",
                                  "5 / 0",
                                  "tag.usage / 0u",
                                  "event.n / (1 - 1)",
                                  "event.list[-1]",
                                  "tag.labels[-2]",
                                  "event.list[?-1]",
                                  "[1, 2][5]",
                                  "event.name.charAt(-1)",
                                  "event.name.substring(-1)",
                                  "event.name.substring(3, 1)",
                                  "event.name.indexOf('x', -1)",
                                  "event.list.slice(-2, 1)",
                                  "event.list.slice(3, 1)",
                                  "event.list.take(-1)",
                                  "event.name.take(-3)",
                                  "event.list.flatten(-1)",
                                  "math.bitShiftLeft(event.n, -1)",
                                  "timestamp('x') < now",
                                  "timestamp('2026-02-30T00:00:00Z')",
                                  "timestamp('2026-01-01')",
                                  "now - duration('1 day')",
                                  "event.n + int('x')",
                                  "int('+-1') + event.n",
                                  "double('nan(ab)') > event.n",
                                  "bool('yes') || event.x",
                                  "base64.decode('*') == event.b",
                                  "json.decode('{') == event.b",
                                  "url.decode('%') == event.b",
                                  "days_ago(200000)",
                                  "hours_ago(1e300)",
                                  "['1', 'x'].map(x, int(x)).sum() + event.n",
                                  "event.list.map(e, ['x'].map(y, int(y)))",
                                  "{'a': ['(']}.a.exists(p, 'x'.matches(p)) && event.x",
                                  "[3, 1].map(x, x / 0)",
                                  "cel.bind(z, 'x', int(z)) + event.n"}) {
    CAPTURE(wrong);
    const std::string found = problems(wrong);
    CHECK(found != "");
    CHECK(std::count(found.begin(), found.end(), '\n') == 1);
  }
  CHECK(problems("event.a + int('x') * 2") == "10+3: \"x\" is no whole number\n");
  CHECK(problems("event.name.matches('(')") == "11+7: \"(\" is no valid pattern: missing ): (\n");
  for (const std::string good : {"event.name.matches('^[a-z]+$')",
                                 "event.name.matches(event.pattern)",
                                 "now.getHours('Europe/London')",
                                 "now.getHours('+02:00')",
                                 "now.getHours(event.zone)",
                                 "now.format('%d.%m.%Y', 'Europe/Berlin')",
                                 "'%s: %.2f %%'.format([event.a, event.b])",
                                 "'%s'.format(event.list)",
                                 "'%s %s'.format([?event.?a, event.b])",
                                 "(event.n).format(2, '.', ',')",
                                 "event.n / event.m * 2.0",
                                 "event.ratio / 0.0",
                                 "event.list[0]",
                                 "event.list[?0]",
                                 "{-1: 'a'}[-1] + event.b",
                                 "event.name.substring(0, 3)",
                                 "event.name.replace('a', 'b', -1)",
                                 "event.name.split(',', -1)",
                                 "event.list.slice(0, 9)",
                                 "event.list.take(3)",
                                 "now.addMonths(-3)",
                                 "lists.range(-1).size() + event.n",
                                 "days_ago(90) < now",
                                 "[1, 2].map(x, x * 2).sum() + event.n",
                                 "['a'].exists(x, x == event.a)",
                                 "json.decode('[1]')[0] + event.n"}) {
    CAPTURE(good);
    CHECK(problems(good) == "");
  }
}

TEST_CASE("the type of the whole expression is known where it can be") {
  CHECK(checked("tag.usage + 1").type.kind() == Kind::integer);
  CHECK(checked("tag.usage > 1 && true").type.kind() == Kind::boolean);
  CHECK(checked("now - days_ago(1)").type.kind() == Kind::duration);
  CHECK(checked("tag.parts.map(p, p.size)").type.element().kind() == Kind::integer);
  CHECK(checked("{'a': tag.name}").type.member("a")->kind() == Kind::text);
  CHECK_FALSE(checked("{'a': tag.name}").type.member("b"));
  CHECK(checked("event.x").type.is_any());
  CHECK(checked("tag.created").type.render() == "a timestamp");
  CHECK(checked("tag.note").type.render() == "null or text");
  CHECK(checked("tag.usage").type.render() == "a whole number");
  CHECK(checked("tag.ratio").type.render() == "a number");
}

}  // namespace millrace
