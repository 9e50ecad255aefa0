#include <doctest/doctest.h>

#include <algorithm>

#include "workflow/case_findings.hpp"

using namespace millrace;

namespace {

/// A workflow in which `text` stands where text is expected, with steps and loops around it whose names are words.
std::string flow_with(const std::string& text) {
  return "version: 1\ntriggers: manual\nvars: {count: 1, price: 2.5, name: Ann, words: {de: Danke}}\nactions:\n"
         "  - {id: report, action: notes.write}\n  - {id: order, action: notes.write, on_error: continue}\n"
         "  - {id: list, call: other}\n  - {id: all_tags, call: other}\n"
         "  - for_each: event.contacts\n    as: contact\n    do:\n      - for_each: contact.notes\n        do:\n"
         "          - id: note\n            action: notes.write\n            with:\n              text: " +
         text + "\n";
}

std::vector<Finding> forgotten(const std::string& text) {
  std::vector<Finding> found = test::findings_in(flow_with(text));
  std::erase_if(found, [](const Finding& finding) { return finding.rule != "forgotten-braces"; });
  return found;
}

}  // namespace

TEST_SUITE_BEGIN("workflow");

TEST_CASE("an expression without its braces is found by the names that are known there") {
  for (const std::string text : {"vars.count + 1",
                                 "vars.name",
                                 "vars.nmae",
                                 "event.a",
                                 "event.a.b.c",
                                 "event.items[0]",
                                 "event['a b']",
                                 "event.name.upper()",
                                 "item.name",
                                 "item.tags.join(', ')",
                                 "contact.mail",
                                 "contact.?mail.orValue('none')",
                                 "report.path",
                                 "order.id",
                                 "list.total",
                                 "all_tags.items.size()",
                                 "today.date",
                                 "now.getHours() + 1",
                                 "run.id",
                                 "run.location",
                                 "size(event.items)",
                                 "string(vars.count)",
                                 "days_ago(90)",
                                 "hours_ago(1.5) ",
                                 "item + 1",
                                 "item * 2",
                                 "item == 'vip'",
                                 "item > 5",
                                 "event.a == 1 && item.ok",
                                 "event.ok ? 'yes' : 'no'",
                                 "event.a || event.b",
                                 "has(event.a)",
                                 "event.contacts.map(c, c.name)",
                                 "'vip' in event.tags",
                                 "event.total / event.count",
                                 "vars.total/vars.count",
                                 "vars.words.de",
                                 "-vars.count",
                                 "event.first + ' ' + event.last",
                                 "today.start.format('%d.%m.%Y')",
                                 "double(event.a) / event.b",
                                 "event.name.split(' ')[0]",
                                 "event.a%2",
                                 "!event.ok"}) {
    CAPTURE(text);
    const auto found = forgotten(text);
    REQUIRE(found.size() == 1);
    CHECK(found[0].severity == Severity::warning);
    CHECK(found[0].corrected_line()->find("text: ${{ " + std::string(text).substr(0, text.find_last_not_of(' ') + 1) +
                                          " }}") != std::string::npos);
  }
}

TEST_CASE("a dollar with one brace is found, wherever it stands in the text") {
  const auto fixed = [](const std::string& text) {
    std::string line;
    for (const Finding& finding : forgotten(text)) line = *finding.corrected_line();
    return line.substr(line.find("text: ") + 6);
  };
  CHECK(fixed("${vars.name}") == "${{ vars.name }}");
  CHECK(fixed("Dear ${ event.name }, hello") == "Dear ${{ event.name }}, hello");
  CHECK(fixed("${item}") == "${{ item }}");
  CHECK(fixed("${event}/${{ event.b }}") == "${{ event }}/${{ event.b }}");
  CHECK(fixed("${event.a + 1} of ${{ vars.count }}") == "${{ event.a + 1 }} of ${{ vars.count }}");
  CHECK(forgotten("${event.a} and ${event.b}").size() == 2);
  for (const char* other :
       {"${HOME}/reports", "${name}", "${user.mail}", "${{ '${event.a}' }}", "$5.00", "${}", "${event.", "US${12}"}) {
    CAPTURE(other);
    CHECK(forgotten(other).empty());
  }
  const auto quoted = forgotten("\"Dear ${event.name}: hello\"");
  REQUIRE(quoted.size() == 1);
  CHECK(quoted[0].severity == Severity::hint);
}

TEST_CASE("an expression in the marks of other programs is found") {
  const auto fixed = [](const std::string& text) {
    const auto found = forgotten(text);
    REQUIRE(found.size() == 1);
    CHECK(found[0].severity == (text[0] == '"' ? Severity::hint : Severity::warning));
    const std::string line = *found[0].corrected_line();
    return line.substr(line.find("text: ") + 6);
  };
  CHECK(fixed("$vars.name") == "${{ vars.name }}");
  CHECK(fixed("Dear $event.name.") == "Dear ${{ event.name }}.");
  CHECK(fixed("$ {vars.name}") == "${{ vars.name }}");
  CHECK(fixed("a $ { vars.count } b") == "a ${{ vars.count }} b");
  CHECK(fixed("= vars.count + 1") == "${{ vars.count + 1 }}");
  CHECK(fixed("=vars.count") == "${{ vars.count }}");
  CHECK(fixed("\"= item\"") == "\"${{ item }}\"");
  CHECK(fixed("$(vars.count)") == "${{ vars.count }}");
  CHECK(fixed("$(size(event.list) + 1) of them") == "${{ size(event.list) + 1 }} of them");
  CHECK(fixed("Dear <%= vars.name %>") == "Dear ${{ vars.name }}");
  CHECK(fixed("\"#{vars.count}\"") == "\"${{ vars.count }}\"");
  CHECK(fixed("\"@{item} is here\"") == "\"${{ item }} is here\"");
  CHECK(fixed("\"%{item.name}\"") == "\"${{ item.name }}\"");
  CHECK(fixed("\"[[ vars.count ]]\"") == "\"${{ vars.count }}\"");
  CHECK(forgotten("$vars.name and $(vars.count) or ${item}").size() == 3);
  for (const char* other : {"= 5",
                            "=5 + 3",
                            "=> vars.count",
                            "== vars.count",
                            "= name",
                            "$(document)",
                            "$(document.body)",
                            "$(vars.count",
                            "$event",
                            "$user.name",
                            "$event.csv",
                            "$.event.a",
                            "\"#{1}\"",
                            "\"#{name}\"",
                            "a #{vars.count}",
                            "<%= 5 %>",
                            "<%= name %>",
                            "\"[[ 5 ]]\"",
                            "\"[[event]]\"",
                            "\"[[ event.csv ]]\"",
                            "$5.00 (item.)",
                            "${{ '$vars.name' }}"}) {
    CAPTURE(other);
    CHECK(forgotten(other).empty());
  }
}

TEST_CASE("the name of a loop's item that stands alone is found inside the loop, where it is text") {
  for (const std::string name : {"item", "contact"}) {
    const auto found = forgotten(name);
    REQUIRE(found.size() == 1);
    CHECK(found[0].severity == Severity::warning);
    CHECK(found[0].corrected_line()->find("text: ${{ " + name + " }}") != std::string::npos);
    CHECK(forgotten("'" + name + "'").empty());
    CHECK(forgotten("the " + name).empty());
  }
  const auto findings = [](const std::string& steps) {
    return test::findings_in(
        "version: 1\ntriggers: manual\nactions:\n  - for_each: event.list\n    as: person\n    do:\n" + steps);
  };
  const auto twice = findings("      - set: {z: person, y: item, x: 'person'}\n  - set: {z: person}\n");
  REQUIRE(twice.size() == 1);
  CHECK(twice[0].at.line == 7);
}

TEST_CASE("printed quotes around the whole of a plain text are told, and never taken away unasked") {
  const auto told = [](const std::string& text) {
    std::vector<Finding> found = test::findings_in(flow_with(text));
    std::erase_if(found, [](const Finding& finding) { return finding.rule != "printed-quotes"; });
    if (found.empty()) return std::string("nothing");
    CHECK(found[0].severity == Severity::warning);
    return found[0].suggestion.value_or("");
  };
  CHECK(told("‘a.txt’") == "'a.txt'");
  CHECK(told("“hello”") == "'hello'");
  CHECK(told("„x“") == "'x'");
  CHECK(told("„x”") == "'x'");
  CHECK(told("‚x‘") == "'x'");
  CHECK(told("«x»") == "'x'");
  CHECK(told("»x«") == "'x'");
  CHECK(told("‹x›") == "'x'");
  CHECK(told("”x”") == "'x'");
  CHECK(told("“”") == "''");
  CHECK(told("‘don’t’").find("don’t") == 1);
  CHECK(told("“a: b”") == "'a: b'");
  CHECK(told("“${{ vars.name }}”") == "'${{ vars.name }}'");
  for (const char* text : {"'“hello”'", "\"“hello”\"", "“hello” she said", "“a” and “b”", "‘a’ or ‘b’", "“", "don’t",
                           "’tis", "“a’", "»"}) {
    CAPTURE(text);
    CHECK(told(text) == "nothing");
  }
  CHECK(test::findings_in("version: 1\nname: “Smart”\ntriggers: manual\nvars: {a: ‘b’}\nactions: [{set: {c: «d»}}]\n")
            .size() == 3);
}

TEST_CASE("quotes make text of what reads as an expression") {
  for (const char* text : {"'vars.count + 1'", "\"event.a\"", "'days_ago(90)'", "|\n                event.a",
                           ">-\n                vars.name"}) {
    CAPTURE(text);
    CHECK(forgotten(text).empty());
  }
}

TEST_CASE("prose, hosts, files, addresses and the like are no expressions") {
  for (const std::string text : {"today",
                                 "now",
                                 "event",
                                 "run",
                                 "order",
                                 "report",
                                 "all_tags",
                                 "vars",
                                 "note",
                                 "now or never",
                                 "now and then",
                                 "today only",
                                 "event.",
                                 "event...",
                                 "item 5",
                                 "item no. 5",
                                 "run.example.com",
                                 "event.example.com",
                                 "item.example.org",
                                 "today.example.de",
                                 "contact.shop.co.uk",
                                 "order.acme.io",
                                 "event.csv",
                                 "report.csv",
                                 "report.pdf",
                                 "order.json",
                                 "list.txt",
                                 "note.md",
                                 "contact.vcf",
                                 "item.html",
                                 "output/report.csv",
                                 "report-2026.csv",
                                 "report/order.csv",
                                 "event@example.com",
                                 "order@run.example.com",
                                 "https://run.example.com/event.a",
                                 "run.example.com/item/5",
                                 "mailto:contact@example.com",
                                 "item-5",
                                 "event-2026",
                                 "order-17",
                                 "now-ish",
                                 "today-1",
                                 "run-7",
                                 "item/3",
                                 "event/today",
                                 "item/order",
                                 "order - 2026",
                                 "event - today",
                                 "item - 5",
                                 "contact / order",
                                 "note in order",
                                 "item in list",
                                 "order + note",
                                 "item, event",
                                 "event: today",
                                 "order (17)",
                                 "order(s)",
                                 "item(s)",
                                 "event(17)",
                                 "Event.Name",
                                 "Now.getHours()",
                                 "Dear contact.name",
                                 "event.name is here",
                                 "The event.name of it",
                                 "contact.name, contact.mail",
                                 "item #5",
                                 "order!",
                                 "list?",
                                 "now!",
                                 "report: all good",
                                 "10:30",
                                 "1.10",
                                 "0123",
                                 "v1.2",
                                 "10.0.0.1",
                                 "2026-01-31",
                                 "a.b",
                                 "e.g. event.a",
                                 "etc.",
                                 "5 + 3",
                                 "5+3",
                                 "1/2",
                                 "50%",
                                 "3 > 2",
                                 "C++",
                                 "a && b",
                                 "tom & jerry",
                                 "Q&A",
                                 "yes/no",
                                 "rock'n'roll",
                                 "[x]",
                                 "(optional)",
                                 "f(x)",
                                 "int(11)",
                                 "max(3)",
                                 "string",
                                 "true",
                                 "null",
                                 "-",
                                 "--",
                                 "...",
                                 "?",
                                 "*",
                                 "item*",
                                 "*.csv",
                                 "inbox/*.csv",
                                 "event.*",
                                 "$event",
                                 "#vip",
                                 "@contact",
                                 "+49 30 123",
                                 "+12055550142",
                                 "-5.00",
                                 "order.2026",
                                 "report.v2.pdf",
                                 "today.",
                                 ".event",
                                 "event..a",
                                 "SELECT * FROM contact",
                                 "contact.id = 5",
                                 "if item then note",
                                 "all_tags.csv",
                                 "application/json",
                                 "text/csv",
                                 "user.name",
                                 "customer.email",
                                 "tag.name",
                                 "result.items",
                                 "Grüße.csv",
                                 "über.uns",
                                 "items.count",
                                 "vars.csv",
                                 "vars.yaml",
                                 "x.y + 1"}) {
    CAPTURE(text);
    CHECK(forgotten(text).empty());
  }
}

TEST_SUITE_END();
