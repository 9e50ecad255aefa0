#include "workflow/fix.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <set>

#include "workflow/case_file.hpp"
#include "workflow/case_findings.hpp"

using namespace millrace;

namespace {

std::vector<Finding> check(const std::shared_ptr<const SourceText>& source) {
  LoadedWorkflow loaded = load_workflow(source, test::test_catalog());
  if (loaded.workflow) {
    for (Finding& one : check_workflow(*loaded.workflow, test::test_catalog(), &test::test_project()))
      loaded.findings.push_back(std::move(one));
  }
  sort_findings(loaded.findings);
  return loaded.findings;
}

Corrected corrected(const std::string& text) { return correct(test::source_of(text), check); }

std::string steps(const std::string& actions) {
  return "version: 1\ntriggers: manual\nvars: {n: 5, name: x}\nactions:\n" + actions;
}

std::string fixed_step(const std::string& actions) {
  const std::string text = corrected(steps(actions)).text;
  REQUIRE(text.starts_with(steps("")));
  return text.substr(steps("").size());
}

std::string fixed_trigger(const std::string& trigger) {
  const std::string before = "version: 1\ntriggers:\n  - ";
  const std::string text = corrected(before + trigger + "\nactions: {action: notes.write}\n").text;
  const std::string rest = text.substr(before.size());
  return rest.substr(0, rest.find('\n'));
}

std::string suggested(const std::string& text) {
  std::string all;
  for (const Finding& finding : test::findings_in(text)) {
    if (finding.suggestion) all += (all.empty() ? "" : " ") + *finding.suggestion;
  }
  return all;
}

std::multiset<std::string> sayings(const std::string& text) {
  std::multiset<std::string> said;
  for (const Finding& finding : test::findings_in(text)) said.insert(finding.rule + finding.message);
  return said;
}

}  // namespace

TEST_SUITE_BEGIN("workflow");

TEST_CASE("whatever the corpus holds, a correction leaves fewer findings, and none that was not there") {
  std::vector<std::string> texts;
  for (const char* file : {"traps.cases", "shape.cases", "names.cases", "project.cases"}) {
    for (const test::Case& one : test::read_cases(std::string(TEST_DATA) + "/workflow/" + file))
      texts.push_back(one.text);
  }
  std::size_t corrections = 0;
  for (const std::string& text : texts) {
    for (const std::string& ending : {std::string("\n"), std::string("\r\n")}) {
      std::string whole;
      for (const char c : text) whole += c == '\n' ? ending : std::string(1, c);
      INFO(whole);
      const Corrected done = corrected(whole);
      const auto before = sayings(whole), after = sayings(done.text);
      CHECK(after.size() + done.made.size() <= before.size());
      CHECK(std::includes(before.begin(), before.end(), after.begin(), after.end()));
      CHECK(corrected(done.text).made.empty());
      CHECK((done.made.empty() ? done.text == whole : done.text != whole));
      corrections += done.made.size();
    }
  }
  CHECK(corrections > 60);
}

TEST_CASE("a name that is one letter away is corrected, and one that is further away is only suggested") {
  CHECK(fixed_step("  - acton: notes.write\n") == "  - action: notes.write\n");
  CHECK(fixed_step("  - action: notes.wirte\n") == "  - action: notes.write\n");
  CHECK(fixed_step("  - action: Notes.Write\n") == "  - action: notes.write\n");
  CHECK(fixed_step("  - action: notes.wrt\n") == "  - action: notes.wrt\n");
  CHECK(suggested(steps("  - action: notes.wrt\n")) == "notes.write");
  CHECK(fixed_step("  - if: vars.m == 5\n    action: notes.write\n") ==
        "  - if: vars.m == 5\n    action: notes.write\n");
  CHECK(fixed_step("  - if: vars.nam == 'x'\n    action: notes.write\n") ==
        "  - if: vars.name == 'x'\n    action: notes.write\n");
}

TEST_CASE("another letter and another digit make another name, which is only suggested") {
  const auto flow = [](const std::string& vars, const std::string& name) {
    return "version: 1\ntriggers: manual\nvars: {" + vars + "}\nactions:\n  - if: vars." + name +
           " == 'x'\n    action: notes.write\n";
  };
  for (const auto& [vars, name, meant] :
       std::vector<std::array<std::string, 3>>{{"sent: a", "rent", "sent"},
                                               {"paid: a", "said", "paid"},
                                               {"total_2025: a", "total_2026", "total_2025"},
                                               {"rate_19: a", "rate_16", "rate_19"},
                                               {"rate_19: a", "rate_91", "rate_19"},
                                               {"rate_19: a", "rate_1", "rate_19"},
                                               {"read1: a", "read", "read1"},
                                               {"read: a", "read2", "read"}}) {
    CHECK_MESSAGE(corrected(flow(vars, name)).text == flow(vars, name), name);
    CHECK_MESSAGE(suggested(flow(vars, name)) == meant, name);
  }
  for (const char* typo : {"stauts", "statuss", "statu", "Status", "sttus"})
    CHECK_MESSAGE(corrected(flow("status: a", typo)).text == flow("status: a", "status"), typo);
}

TEST_CASE("of the names that people do not make themselves another letter is corrected, another digit is not") {
  CHECK(fixed_step("  - axtion: notes.write\n") == "  - action: notes.write\n");
  CHECK(fixed_step("  - action: notes.wripe\n") == "  - action: notes.write\n");
  CHECK(fixed_step("  - action: notes.writ3\n") == "  - action: notes.writ3\n");
}

TEST_CASE("tabs are put right where it is clear at any width what stands inside of what, and all of them at once") {
  const std::string block = "  - if: vars.n > 3\n    then:\n";
  for (const auto& [written, meant] : std::vector<std::pair<std::string, std::string>>{
           {"\t- action: notes.write\n", "  - action: notes.write\n"},
           {"\t- action: notes.write\n\t  with: {text: a}\n\t- action: notes.write\n",
            "  - action: notes.write\n    with: {text: a}\n  - action: notes.write\n"},
           {"\t- if: vars.n > 3\n\t  then:\n\t  - action: notes.write\n",
            "  - if: vars.n > 3\n    then:\n    - action: notes.write\n"},
           {block + "\t\t- action: notes.write\n", block + "    - action: notes.write\n"}})
    CHECK_MESSAGE(fixed_step(written) == meant, written);
  const std::string inner = block + "      - action: notes.write\n        with: {text: a}\n";
  for (const std::string& unclear :
       {inner + "\t- action: notes.write\n\t  with: {text: b}\n", block + "\t- action: notes.write\n",
        inner + "\t\t- action: notes.write\n\t\t  with: {text: b}\n",
        inner + "\t  - action: notes.write\n\t    with: {text: b}\n", inner + "    \t- action: notes.write\n",
        std::string("  - action: notes.write\n\twith:\n\t\ttext: a\n"),
        std::string("\t- action: notes.write\n\t  with:\n\t\ttext: a\n")}) {
    CHECK_MESSAGE(fixed_step(unclear) == unclear, unclear);
    CHECK_FALSE(suggested(steps(unclear)).empty());
  }
}

TEST_CASE("in a block whose header tells its indentation the corrections stand where the mistakes are") {
  const auto text = [](const std::string& header, const std::string& line) {
    return "  - action: notes.write\n    with:\n      text: " + header + "\n" + line + "\n";
  };
  for (const char* header : {"|2", "|-2", "|2+", ">2", ">-2", ">1", "|1", "|", ">", "|  # a remark"})
    CHECK_MESSAGE(
        fixed_step(text(header, "         a {{ vars.n }} tags")) == text(header, "         a ${{ vars.n }} tags"),
        header);
  const std::string condition = "  - if: |2\n         vars.nmae == 'x'\n    action: notes.write\n";
  CHECK(suggested(steps(condition)) == "name");
  CHECK(fixed_step(condition) == "  - if: |2\n         vars.name == 'x'\n    action: notes.write\n");
}

TEST_CASE("another time or another action is never put in") {
  for (const char* trigger :
       {"schedule: weakly", "schedule: every fortnight", "schedule: every day at 9", "schedule: hourley on",
        "schedule: every munday", "schedule: every 30 seconds", "cron: 0 9 * *", "{schedule: every day, timezone: CET}",
        "{schedule: every day, timezone: EST}"})
    CHECK_MESSAGE(fixed_trigger(trigger) == trigger, std::string(trigger));
  for (const char* action : {"crm.tags.lost", "outside.pot", "notes.read", "list.sort"}) {
    const std::string step = "  - action: " + std::string(action) + "\n";
    const std::string fixed = fixed_step(step);
    CHECK_MESSAGE((fixed == step || test::findings_in(steps(fixed)).empty()), action);
  }
}

TEST_CASE("braces around whole operands are taken away, and one that is no operand gets brackets") {
  const auto fixed = [](const std::string& condition) {
    const std::string text = fixed_step("  - if: " + condition + "\n    action: notes.write\n");
    return text.substr(8, text.find('\n') - 8);
  };
  CHECK(fixed("${{ vars.n }} == 5 && vars.name == ${{ vars.name }}") == "vars.n == 5 && vars.name == vars.name");
  CHECK(fixed("${{ vars.n + 1 }} * 2 > 5") == "(vars.n + 1) * 2 > 5");
  CHECK(fixed("${{ vars.n == 1 || vars.n == 2 }} && ${{ vars.n > 0 }}") ==
        "(vars.n == 1 || vars.n == 2) && (vars.n > 0)");
  CHECK(fixed("\"${{ vars.n }} == 5\"") == "vars.n == 5");
  for (const char* unclear :
       {"vars.${{ vars.name }} == 1", "${vars.n} == ${vars.n}", "${{ vars.n }}-${{ vars.n }} == 0",
        "${{ vars.name }}${{ vars.name }} == 'a'", "${{ vars.name }}_x == 'a'", "${{ vars.name }}.com == 'a'",
        "'*${{ vars.name }}' == '*a'"}) {
    CHECK_MESSAGE(fixed(unclear) == unclear, unclear);
    CHECK_MESSAGE(suggested(steps("  - if: " + std::string(unclear) + "\n    action: notes.write\n")).empty(), unclear);
  }
  const std::string quoted = "\"${{ vars.name }}\" == \"Ann\"";
  CHECK(fixed(quoted) == quoted);
  CHECK(suggested(steps("  - if: " + quoted + "\n    action: notes.write\n")) == "vars.name == \"Ann\"");
}

TEST_CASE("text with holes where a key is computed is never made a calculation") {
  const auto workflow = [](const std::string& key) {
    return "version: 1\ntriggers: manual\nconcurrency:\n  queued:\n    key: " + key +
           "\nactions: {action: notes.write}\n";
  };
  for (const auto& [key, meant] : std::vector<std::pair<std::string, std::string>>{
           {"${{ event.a }}-${{ event.b }}", "string(event.a) + \"-\" + string(event.b)"},
           {"${{ event.a }} - ${{ event.b }}", "string(event.a) + \" - \" + string(event.b)"},
           {"${{ event.a }}${{ event.b }}", "string(event.a) + string(event.b)"},
           {"${{ event.a }}_x", "string(event.a) + \"_x\""},
           {"order-${{ event.id }}", "'\"order-\" + string(event.id)'"},
           {"\"*${{ event.a }}\"", "'\"*\" + string(event.a)'"}}) {
    CHECK_MESSAGE(corrected(workflow(key)).text == workflow(key), key);
    CHECK_MESSAGE(suggested(workflow(key)) == meant, key);
    CHECK_MESSAGE(test::findings_in(workflow(meant)).empty(), meant);
  }
  CHECK(corrected(workflow("'${{ event.a }}'")).made.empty());
}

TEST_CASE("one & or | joins conditions only where a condition stands") {
  const auto text = [](const std::string& value) {
    return "  - action: notes.write\n    with:\n      text: ${{ " + value + " }}\n";
  };
  for (const char* value : {"vars.name & vars.name", "vars.name | vars.name", "vars.n == 1 & vars.n == 2"})
    CHECK_MESSAGE(fixed_step(text(value)) == text(value), value);
  CHECK(suggested(steps(text("vars.name & vars.name"))) == "+");
  CHECK(suggested(steps(text("vars.name | vars.name"))).empty());
  CHECK(fixed_step("  - if: vars.n > 1 & vars.n < 9\n    action: notes.write\n") ==
        "  - if: vars.n > 1 && vars.n < 9\n    action: notes.write\n");
}

TEST_CASE("what is put into a scalar fits the quotes around it") {
  const auto text = [](const std::string& value) {
    return "  - action: notes.write\n    with:\n      text: " + value + "\n";
  };
  CHECK(fixed_step(text("'${{ vars.name == \u201Cx\u201D ? \"yes\" : \"no\" }}'")) ==
        text("'${{ vars.name == ''x'' ? \"yes\" : \"no\" }}'"));
  CHECK(fixed_step(text("\"${{ vars.name == \u201Cx\u201D ? 'yes' : 'no' }}\"")) ==
        text("\"${{ vars.name == 'x' ? 'yes' : 'no' }}\""));
  CHECK(fixed_step(text("\"${{ vars.name is not \\\"x\\\" and vars.n > 1 }}\"")) ==
        text("\"${{ vars.name != \\\"x\\\" && vars.n > 1 }}\""));
  CHECK(fixed_step(text("'{{ vars.name | replace(''x'', ''y'') }}'")) ==
        text("'${{ vars.name.replace(''x'', ''y'') }}'"));
}

TEST_CASE("of two names that are equally near neither is put in, and a key stays in its quotes") {
  const auto flow = [](const std::string& name) {
    return "version: 1\ntriggers: manual\nvars: {cat: a, car: b}\nactions:\n  - if: vars." + name +
           " == 'x'\n    action: notes.write\n";
  };
  CHECK(corrected(flow("cas")).text == flow("cas"));
  CHECK(suggested(flow("cas")).empty());
  CHECK(corrected(flow("carr")).text == flow("car"));
  CHECK(fixed_step("  - if: vars['nmae'] == 'x'\n    action: notes.write\n") ==
        "  - if: vars['name'] == 'x'\n    action: notes.write\n");
}

TEST_CASE("a word without quotes in the place of a text stays a text: its quotes are suggested") {
  const auto condition = [](const std::string& text) { return "  - if: " + text + "\n    action: notes.write\n"; };
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"vars.name == new", "'new'"},
      {"rum != vars.name", "'rum'"},
      {"vars.name in [new, rnu]", "'new' 'rnu'"},
      {"(vars.n == 5 ? new : vars.name) == vars.name", "'new'"},
      {"vars.name.startsWith(rum)", "'rum'"}};
  for (const auto& [text, meant] : cases) {
    CHECK_MESSAGE(fixed_step(condition(text)) == condition(text), text);
    CHECK_MESSAGE(suggested(steps(condition(text))) == meant, text);
  }
  CHECK(fixed_step(condition("vras.name == 'x'")) == condition("vars.name == 'x'"));
  const std::string quoted = "  - action: notes.write\n    with:\n      text: '${{ vars.name == new }}'\n";
  CHECK(suggested(steps(quoted)) == "''new''");
  CHECK(suggested(steps("  - action: notes.write\n    with:\n      text: don't ${{ vars.name == new }}\n")) == "'new'");
}

TEST_CASE("what a sign denies as a whole is not cut in two") {
  const auto fixed = [](const std::string& condition) {
    const std::string text = fixed_step("  - if: " + condition + "\n    action: notes.write\n");
    return text.substr(8, text.find('\n') - 8);
  };
  for (const char* denied : {"\"! vars.name is null\"", "\"!vars.name is not null\"", "\"!vars.name not in ['a']\"",
                             "\"!vars.n between 1 and 5\""})
    CHECK_MESSAGE(fixed(denied) == denied, denied);
}

TEST_CASE("signs too many in a comparison are taken out") {
  CHECK(fixed_step("  - if: vars.n === 5\n    action: notes.write\n") ==
        "  - if: vars.n == 5\n    action: notes.write\n");
  CHECK(fixed_step("  - if: vars.n !== 5\n    action: notes.write\n") ==
        "  - if: vars.n != 5\n    action: notes.write\n");
  CHECK(fixed_step("  - if: vars.n = 5\n    action: notes.write\n") ==
        "  - if: vars.n == 5\n    action: notes.write\n");
  for (const auto& [written, meant] : std::vector<std::pair<std::string, std::string>>{
           {">==", ">="}, {"<==", "<="}, {"= =", "=="}, {"> =", ">="}, {"! =", "!="}})
    CHECK_MESSAGE(fixed_step("  - if: vars.n " + written + " 5\n    action: notes.write\n") ==
                      "  - if: vars.n " + meant + " 5\n    action: notes.write\n",
                  written);
  for (const char* unclear : {"vars.n += 5", "=vars.n"})
    CHECK_MESSAGE(suggested(steps("  - if: " + std::string(unclear) + "\n    action: notes.write\n")).empty(), unclear);
  CHECK(fixed_step("  - if: vars.n => 5\n    action: notes.write\n") ==
        "  - if: vars.n >= 5\n    action: notes.write\n");
  CHECK(fixed_step("  - if: vars.n > 5 &&& vars.n < 9\n    action: notes.write\n") ==
        "  - if: vars.n > 5 && vars.n < 9\n    action: notes.write\n");
}

TEST_CASE("a mapping that stands where a list is wanted is not put in brackets, whatever lists are in it") {
  const std::string before =
      "  - {id: one, action: http.request, with: {url: /x}}\n  - {id: both, set: {a: [1], b: [2]}}\n"
      "  - {id: none, set: {n: 1}}\n  - action: notes.write\n    with: {lines: ";
  for (const std::string name : {"one", "both", "none", "one.headers", "'${{ both }}'"})
    CHECK_MESSAGE(fixed_step(before + name + "}\n") == before + name + "}\n", name);
}

TEST_CASE("a step that stands where a list is wanted is not put in brackets: its list is suggested") {
  const std::string sorted = "  - id: sorted\n    action: list.filter\n    with: {items: '[3, 1]', where: item > 1}\n";
  for (const char* use : {"  - action: notes.write\n    with: {lines: sorted}\n",
                          "  - action: notes.write\n    with:\n      lines: ${{ sorted }}\n",
                          "  - for_each: sorted\n    do: [{action: notes.write}]\n"}) {
    CHECK(fixed_step(sorted + use) == sorted + use);
    CHECK_MESSAGE(suggested(steps(sorted + use)) == "sorted.items", use);
  }
}

TEST_CASE("words where a list is wanted are put in brackets, and an expression that cannot be read never is") {
  const auto step = [](const std::string& lines) {
    return "  - action: notes.write\n    with: {lines: " + lines + "}\n";
  };
  for (const char* words :
       {"vip", "summer sale", "größer", "new-customer", "food and drink", "\"2024\"", "a@b.example"})
    CHECK(fixed_step(step(words)) == step("[" + std::string(words) + "]"));
  for (const char* broken :
       {"'vars.name.filter(g, size(g) < 6'", "\"['vip', 'customer'\"", "'vars.name]'", "\"['vip' 'x']\"",
        "'vars.items[0'", "\"'vip', 'x'\"", "vip -", "a + ", "a = b", "vars.n and vip"}) {
    CHECK_MESSAGE(fixed_step(step(broken)) == step(broken), broken);
    for (const Finding& finding : test::findings_in(steps(step(broken)))) CHECK(finding.rule == "expression-syntax");
  }
  const std::string several = "  - action: notes.write\n    with:\n      lines: vip, customer\n";
  CHECK(fixed_step(several) == several);
  CHECK(suggested(steps(several)) == "[vip, customer]");
}

TEST_CASE("an expression that gives one item stays an expression where it becomes a list") {
  const std::string use = "  - action: notes.write\n    with:\n      lines: ";
  CHECK(fixed_step(use + "vars.name\n") == use + "['${{ vars.name }}']\n");
  CHECK(suggested(steps(use + "vars.name\n        + 'x'\n")).empty());
}

TEST_CASE("a dollar sign with one pair of braces is text, in brackets too, and stays an input of its own") {
  for (const char* with : {"{text: ${vars.name}}", "{text: ${vars.name}, to: b}", "{to: b, text: a ${vars.name} c}"}) {
    const std::string step = "  - action: notes.write\n    with: " + std::string(with) + "\n";
    for (const Finding& finding : test::findings_in(steps(step)))
      CHECK_MESSAGE(finding.severity != Severity::error, render(finding));
    const auto loaded = load_workflow(test::source_of(steps(step)), test::test_catalog());
    REQUIRE(loaded.workflow);
    const auto& action = std::get<ActionStep>(loaded.workflow->steps.front().what);
    const Value* constant = action.with.constant_value();
    const bool given =
        action.with.member("text") != nullptr || (constant != nullptr && constant->find("text") != nullptr);
    CHECK_MESSAGE(given, with);
    for (const Finding& finding : test::findings_in(corrected(steps(step)).text))
      CHECK_MESSAGE(finding.severity != Severity::error, render(finding));
  }
}

TEST_CASE("what looks like text behind a # is kept, and what may be a remark stays one") {
  CHECK(fixed_step("  - action: notes.write\n    with:\n      text: Report #5\n") ==
        "  - action: notes.write\n    with:\n      text: 'Report #5'\n");
  CHECK(fixed_step("  - action: notes.write\n    with:\n      text: Report #TODO\n") ==
        "  - action: notes.write\n    with:\n      text: Report #TODO\n");
  const auto fixed = [](const std::string& text) {
    const std::string before = "  - action: notes.write\n    with:\n      text: ";
    return fixed_step(before + text + "\n").substr(before.size());
  };
  CHECK(fixed("Report #5   # five of them") == "'Report #5'   # five of them\n");
  CHECK(fixed("Report #5 and #6\t# both") == "'Report #5 and #6'\t# both\n");
  CHECK(fixed("Report #${{ vars.n }}  # of ${{ vars.name }}") == "'Report #${{ vars.n }}'  # of ${{ vars.name }}\n");
  CHECK(fixed("Report #5 ${{ 'a # b' }} # five") == "\"Report #5 ${{ 'a # b' }}\" # five\n");
  for (const char* remark :
       {"Report # five of them ${{ vars.n }}", "Report # five #5", "Report #was ${{ vars.n }} before",
        "Report #TODO # 5", "Report ${{ 'a #1' }} #TODO", "Report ${{ 'a #1' }} # ${{ vars.n }}"})
    CHECK_MESSAGE(fixed(remark) == std::string(remark) + "\n", remark);
}

TEST_CASE("comments, line ends and a byte order mark stay, and it is said what was corrected") {
  const std::string text =
      "\xEF\xBB\xBFverson: 1   # the format\r\ntriggers: manual\r\nactions:\r\n  # first\r\n"
      "  - acton: notes.write  # a note\r\n";
  const Corrected done = corrected(text);
  CHECK(done.text ==
        "\xEF\xBB\xBFversion: 1   # the format\r\ntriggers: manual\r\nactions:\r\n  # first\r\n"
        "  - action: notes.write  # a note\r\n");
  REQUIRE(done.made.size() == 2);
  CHECK(done.made[0].at.line == 1);
  CHECK(done.made[0].before == "verson");
  CHECK(done.made[0].after == "version");
  CHECK(done.made[1].at.line == 5);
}

TEST_SUITE_END();
