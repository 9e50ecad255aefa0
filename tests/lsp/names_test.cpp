#include <doctest/doctest.h>

#include "lsp/cures.hpp"
#include "lsp/diagnostics.hpp"
#include "lsp/editor_bench.hpp"
#include "lsp/names.hpp"
#include "lsp/outline.hpp"
#include "lsp/tested.hpp"

using namespace millrace;

namespace {

const std::string head = "version: 1\ntriggers: manual\n";

/// Each use in brackets.
std::string marked(const std::string& text) {
  const test::Typed at = test::typed(text);
  std::string result;
  std::size_t copied = 0;
  for (const lsp::Range& range : lsp::find_references(at.source, at.offset, test::editor_view())) {
    result += at.source.text.substr(copied, range.begin - copied) + "<" +
              at.source.text.substr(range.begin, range.end - range.begin) + ">";
    copied = range.end;
  }
  return result + at.source.text.substr(copied);
}

std::string defined(const std::string& text) {
  const test::Typed at = test::typed(text);
  const auto target = lsp::find_definition(at.source, at.offset, test::editor_view());
  if (!target) return "nowhere";
  if (!target->file.empty()) return target->file.filename().string();
  return std::to_string(lsp::TextLines(at.source.text).line_of(target->range.begin) + 1) + ": " +
         at.source.text.substr(target->range.begin, target->range.end - target->range.begin);
}

std::string renamed(const std::string& text, const std::string& name) {
  const test::Typed at = test::typed(text);
  const auto places = lsp::rename(at.source, at.offset, name, test::editor_view());
  if (!places) return "refused: " + places.error().message;
  std::string result;
  std::size_t copied = 0;
  for (const lsp::Range& range : *places) {
    result += at.source.text.substr(copied, range.begin - copied) + name;
    copied = range.end;
  }
  return result + at.source.text.substr(copied);
}

std::string drawn(const std::vector<lsp::OutlineEntry>& entries, int depth = 0) {
  std::string text;
  for (const lsp::OutlineEntry& entry : entries) {
    text += std::string(static_cast<std::size_t>(depth) * 2, ' ') + entry.name + "\n" + drawn(entry.inside, depth + 1);
  }
  return text;
}

}  // namespace

TEST_SUITE_BEGIN("lsp");

TEST_CASE("every use of a step's id is found, and nothing that only looks like one") {
  CHECK(
      marked(
          head +
          "actions:\n  - id: ma\u2038de\n    action: notes.write\n  - if: made.path != 'made' && has(made.path)\n"
          "    then:\n      - action: notes.write\n        with: {text: \"made ${{ made.path }} ${{ event.made }}\"}\n"
          "      - set: {made_too: made}\n") ==
      head +
          "actions:\n  - id: <made>\n    action: notes.write\n  - if: <made>.path != 'made' && has(<made>.path)\n"
          "    then:\n      - action: notes.write\n        with: {text: \"made ${{ <made>.path }} ${{ event.made "
          "}}\"}\n"
          "      - set: {made_too: made}\n");
}

TEST_CASE("a macro's variable and an action's item are no uses of what is called the same") {
  CHECK(marked(head + "vars: {tags: [{id: a}]}\nactions:\n  - id: ta\u2038g\n    action: notes.write\n"
                      "  - if: vars.tags.exists(tag, tag.id == 'a') && tag.path == 'b'\n    then: []\n") ==
        head +
            "vars: {tags: [{id: a}]}\nactions:\n  - id: <tag>\n    action: notes.write\n"
            "  - if: vars.tags.exists(tag, tag.id == 'a') && <tag>.path == 'b'\n    then: []\n");
  CHECK(marked(
            head +
            "actions:\n  - for_each: \"[1, 2]\"\n    as: one\n    do:\n      - for_each: \"[3]\"\n        do:\n"
            "          - action: list.filter\n            with: {items: \"[on\u2038e, item]\", where: item > one}\n") ==
        head +
            "actions:\n  - for_each: \"[1, 2]\"\n    as: <one>\n    do:\n      - for_each: \"[3]\"\n        do:\n"
            "          - action: list.filter\n            with: {items: \"[<one>, item]\", where: item > <one>}\n");
}

TEST_CASE("a loop's name is that of the innermost loop that gives it") {
  const std::string text =
      head +
      "actions:\n  - for_each: \"[1]\"\n    as: x\n    do:\n      - for_each: \"[x]\"\n        as: x\n"
      "        do:\n          - action: notes.write\n            with: {text: \"${{ x }}\"}\n";
  std::string inner = text;
  inner.insert(inner.find("{ x }") + 3, "\u2038");
  CHECK(defined(inner) == "8: x");
  std::string outer = text;
  outer.insert(outer.find("[x]") + 1, "\u2038");
  CHECK(defined(outer) == "5: x");
}

TEST_CASE("a name leads to where it is said, in this file or another") {
  CHECK(defined(head + "vars: {grace: 5}\nactions:\n  - if: vars.gra\u2038ce > 1\n    then: []\n") == "3: grace");
  CHECK(defined(head + "actions:\n  - call: nigh\u2038tly\n") == "nightly.yaml");
  CHECK(defined(head + "actions:\n  - action: crm.tags.create\n    connection: ma\u2038in\n") == "millrace.yaml");
  const auto in_test = test::typed("version: 1\ntests:\n  - name: a\n    expect: {steps: {su\u2038re: skipped}}\n",
                                   "workflows/nightly.test.yaml");
  const auto step = lsp::find_definition(in_test.source, in_test.offset, test::editor_view());
  REQUIRE(step);
  CHECK(step->file.filename() == "nightly.yaml");
  CHECK(std::string(test::nightly).substr(step->range.begin, step->range.end - step->range.begin) == "sure");
  CHECK(defined(head + "actions:\n  - if: now > tod\u2038ay.start\n    then: []\n") == "nowhere");
}

TEST_CASE("a name becomes another everywhere at once, and never one that check would refuse") {
  const std::string text = head +
                           "vars: {tags: [{id: a}]}\nactions:\n  - id: ma\u2038de\n    action: notes.write\n"
                           "  - action: notes.write\n    with: {text: \"${{ made.path }}\"}\n";
  std::string other = text;
  other.erase(other.find("\u2038"), 3);
  std::string wanted = other;
  wanted.replace(wanted.find("id: made"), 8, "id: done").replace(wanted.find("made.path"), 9, "done.path");
  CHECK(renamed(text, "done") == wanted);
  for (const char* taken : {"event", "for", "two words", "", "1st"}) CHECK(renamed(text, taken).starts_with("refused"));
  CHECK(renamed(head + "vars: {gra\u2038ce: 5}\nactions:\n  - if: vars.grace > 1\n    then:\n      - wait: 1s\n",
                "days") == head + "vars: {days: 5}\nactions:\n  - if: vars.days > 1\n    then:\n      - wait: 1s\n");
  CHECK(renamed(head + "actions:\n  - wa\u2038it: 1s\n", "x").starts_with("refused"));
}

TEST_CASE("a name does not become one that something else has where it is used, or is used where it would be seen") {
  const std::string write = "    action: notes.write\n";
  // A loop's item has the new name already, and the step is used inside the loop.
  CHECK(renamed(head + "actions:\n  - id: ma\u2038de\n" + write +
                    "  - for_each: \"[{'path': 1}]\"\n    as: done\n    do:\n      - if: made.path == 'a'\n"
                    "        then: [{wait: 1s}]\n",
                "done")
            .starts_with("refused"));
  // The loop's name would hide the step, which is used inside the loop.
  CHECK(renamed(head + "actions:\n  - id: made\n" + write +
                    "  - for_each: \"[{'path': 'b'}]\"\n    as: o\u2038ne\n    do:\n"
                    "      - if: made.path == one.path\n        then: [{wait: 1s}]\n",
                "made")
            .starts_with("refused"));
  // An outer loop has it.
  CHECK(renamed(head + "actions:\n  - for_each: \"[1]\"\n    as: outer\n    do:\n      - for_each: \"[2]\"\n"
                       "        as: in\u2038ner\n        do:\n          - if: outer > inner\n"
                       "            then: [{wait: 1s}]\n",
                "outer")
            .starts_with("refused"));
  // A macro gives it, and the step is used inside the macro.
  CHECK(renamed(head + "actions:\n  - id: ma\u2038de\n" + write + "  - if: \"['a'].exists(x, x == made.path)\"\n" +
                    "    then: [{wait: 1s}]\n",
                "x")
            .starts_with("refused"));
  // What an action asks of each item is called so.
  CHECK(renamed(head + "vars: {n: 1}\nactions:\n  - for_each: \"[1]\"\n    as: o\u2038ne\n    do:\n"
                       "      - action: list.filter\n        with: {items: \"[1, 2]\", where: item > one}\n",
                "item") == "refused: in line 9 \"item\" would be something else: choose another name");
  // Another variable has it: one that a step sets.
  CHECK(renamed(head + "vars: {gra\u2038ce: 5}\nactions:\n  - set: {days: 3}\n  - if: vars.grace > vars.days\n"
                       "    then: [{wait: 1s}]\n",
                "days")
            .starts_with("refused"));
  // Where the two never meet, both may have it.
  const std::string apart = head + "actions:\n  - for_each: \"[1]\"\n    as: done\n    do:\n      - if: done > 1\n" +
                            "        then: [{wait: 1s}]\n  - for_each: \"[2]\"\n    as: o\u2038ne\n    do:\n" +
                            "      - if: one > 1\n        then: [{wait: 1s}]\n";
  CHECK(!renamed(apart, "done").starts_with("refused"));
}

TEST_CASE("a macro gives as many names as the form of it that is written") {
  const std::string step = "actions:\n  - id: i\n    action: notes.write\n  - id: x\u2038\n    action: notes.write\n";
  for (const std::string condition :
       {"'[1].all(i, x, i > x)'", "'[1].exists(i, x, x > 1)'", "'[1].transformList(i, x, i > 1, x) == []'"}) {
    CAPTURE(condition);
    const std::string text = head + step + "  - if: " + condition + "\n    then: [{wait: 1s}]\n";
    std::string plain = text;
    plain.replace(plain.find("x\u2038"), 4, "<x>");
    CHECK(marked(text) == plain);
  }
  const std::string mapped = head + step + "  - if: '[1].map(i, x, i) == []'\n    then: [{wait: 1s}]\n";
  CHECK(marked(mapped).find("map(i, <x>, i)") != std::string::npos);
}

TEST_CASE("the outline shows steps inside one another, whatever is being typed") {
  const SourceText source = {
      "workflows/flow.yaml",
      head +
          "vars: {n: 1}\nactions:\n  - id: made\n    action: notes.write\n  - if: a\n    then:\n"
          "      - name: Tell them\n        action: notes.write\n      - wai\n  - for_each: (\n    do:\n"
          "      - stop: {}\n"};
  CHECK(drawn(lsp::outline(source)) ==
        "version\ntriggers\n  manual\nvars\n  n\nactions\n  made\n  if a\n    Tell them\n  for_each (\n    "
        "stop\n");
}

TEST_CASE("the outline of tests has their names") {
  const SourceText source = {"workflows/nightly.test.yaml",
                             "version: 1\ntests:\n  - name: it goes well\n    even\n  -\n"};
  CHECK(drawn(lsp::outline(source)) == "version\ntests\n  it goes well\n  test\n");
}

TEST_CASE("the outline says what a step does, whatever the condition under which it does it") {
  for (const std::string does : {"set: {a: 1}", "for_each: x", "repeat: []", "parallel: []", "do: []", "stop: now",
                                 "wait: 1s", "approve: Well?", "call: nightly", "switch: x", "action: notes.write"}) {
    CAPTURE(does);
    const SourceText source = {"workflows/flow.yaml", head + "actions:\n  - if: a\n    " + does + "\n"};
    CHECK(drawn(lsp::outline(source)).find("\n  " + does.substr(0, does.find(':'))) != std::string::npos);
  }
}

TEST_CASE("a step is found wherever a test of its workflow names it, and nowhere else") {
  const std::string tests =
      "version: 1\n"
      "tests:\n"
      "  - name: made\n"
      "    event: {made: 1}\n"
      "    answers:\n"
      "      made: {answers: {made: 2}}\n"
      "      made_later: 3\n"
      "    approve: {made: yes}\n"
      "    fail: [\"made 503 x2\", made lost, made_later lost]\n"
      "    before:\n"
      "      - {answers: {made: 4}, fail: 'made 500'}\n"
      "    expect:\n"
      "      outcome: made\n"
      "      steps: {made: completed, made_later: skipped}\n"
      "      changes: [{step: made, summary: made it}]\n";
  const auto marked_in = [&tests](const std::string& file, const std::string& workflow) {
    std::string text = tests;
    const auto places = lsp::step_in_tests({file, tests}, workflow, "made");
    for (auto place = places.rbegin(); place != places.rend(); ++place)
      text.replace(place->begin, place->end - place->begin, "<>");
    return text;
  };
  std::string wanted = tests;
  const auto mark = [&wanted](const std::string& line, const std::string& with) {
    wanted.replace(wanted.find(line), line.size(), with);
  };
  mark("      made: {", "      <>: {");
  mark("{made: yes}", "{<>: yes}");
  mark("[\"made 503 x2\", made lost", "[\"<> 503 x2\", <> lost");
  mark("{answers: {made: 4}, fail: 'made 500'}", "{answers: {<>: 4}, fail: '<> 500'}");
  mark("{made: completed", "{<>: completed");
  mark("{step: made,", "{step: <>,");
  CHECK(marked_in("workflows/flow.test.yaml", "flow") == wanted);
  CHECK(marked_in("workflows/other.test.yaml", "flow") == tests);
  CHECK(lsp::step_in_tests({"workflows/flow.test.yaml", "workflow: other\n" + tests}, "flow", "made").empty());
  CHECK(lsp::step_in_tests({"workflows/odd.test.yaml", "workflow: flow\n" + tests}, "flow", "made").size() == 8);
  for (const char* text : {"", "tests", "tests: 1\n", "tests: [1, {answers: 2, expect: 3, before: x}]\n"})
    CHECK(lsp::step_in_tests({"workflows/flow.test.yaml", text}, "flow", "made").empty());
}

TEST_CASE("each suggestion is offered where its finding stands, and all that need no judgement together") {
  const SourceText source = {"workflows/flow.yaml",
                             head + "actions:\n  - action: notes.wirte\n    with: {text: \"\u00e4 {{ event.x }}\"}\n"};
  const auto findings = lsp::findings_in(std::make_shared<const SourceText>(source), test::editor_view());
  const std::size_t at = source.text.find("notes.wirte");
  const auto here = lsp::cures_in(source, findings, {at, at});
  REQUIRE(here.size() == 1);
  CHECK(here[0].title == "Write notes.write");
  CHECK(here[0].edit.range == lsp::Range{at, at + 11});
  const auto all = lsp::fix_all(source, test::editor_view());
  REQUIRE(all);
  std::string fixed = source.text;
  fixed.replace(all->range.begin, all->range.end - all->range.begin, all->text);
  CHECK(fixed == head + "actions:\n  - action: notes.write\n    with: {text: \"\u00e4 ${{ event.x }}\"}\n");
}

TEST_SUITE_END();
