#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "temporary_folder.hpp"
#include "workflow/case_file.hpp"
#include "workflow/case_findings.hpp"
#include "workflow/fix.hpp"
#include "yaml/rules.hpp"

using namespace millrace;

namespace {

const std::vector<std::string> case_files = {"traps.cases",   "shape.cases", "names.cases",
                                             "project.cases", "texts.cases", "permissions.cases"};

std::vector<test::Case> all_cases() {
  std::vector<test::Case> cases;
  for (const std::string& file : case_files) {
    for (test::Case& one : test::read_cases(std::string(TEST_DATA) + "/workflow/" + file)) {
      one.title = file + ":" + std::to_string(one.line) + ": " + one.title;
      cases.push_back(std::move(one));
    }
  }
  return cases;
}

std::string without_trailing_blanks(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '\n') result.erase(result.find_last_not_of(' ') + 1);
    result += c;
  }
  return result;
}

std::string step_with(const std::string& inputs) {
  return "version: 1\ntriggers: manual\nvars: {n: 5}\nactions:\n  - action: notes.write\n    with: " + inputs + "\n";
}

}  // namespace

TEST_SUITE_BEGIN("workflow");

TEST_CASE("each case file's findings are what people read") {
  const std::vector<test::Case> cases = all_cases();
  CHECK(cases.size() > 60);
  for (const test::Case& one : cases) {
    INFO(one.title);
    CHECK(without_trailing_blanks(test::rendered(test::findings_in(one.text))) == one.expected);
  }
}

TEST_CASE("every rule has a name and a sentence of its own") {
  std::set<std::string_view> names, sentences;
  int number = 0;
  for (const RuleEntry& entry : rules()) {
    CHECK(static_cast<int>(entry.rule) == number++);
    CHECK(names.insert(entry.name).second);
    CHECK(sentences.insert(entry.sentence).second);
    CHECK(entry.sentence.ends_with("."));
  }
}

TEST_CASE("every rule that a text can break is broken by a case") {
  std::string found;
  for (const test::Case& one : all_cases()) found += one.expected;
  for (const RuleEntry& entry : rules()) {
    const std::set<std::string_view> elsewhere = {
        "unreadable-file",    "file-too-large", "not-text",         "too-deep",        "missing-connection",
        "unclear-connection", "starts-itself",  "overwritten-file", "missing-secret",  "untrusted-plugin",
        "other-than-locked",  "widened",        "unknown-shape",    "unknown-matcher", "taken-id"};
    if (elsewhere.count(entry.name) != 0) continue;
    INFO(entry.name);
    CHECK(found.find("[" + std::string(entry.name) + "]") != std::string::npos);
  }
}

TEST_CASE("fixes put in leave a file in which none of them is found again") {
  int fixed_cases = 0;
  for (const test::Case& one : all_cases()) {
    std::string text = one.text;
    std::vector<Finding> findings = test::findings_in(text);
    const auto fixable = [](const Finding& finding) { return finding.suggestion.has_value(); };
    if (std::none_of(findings.begin(), findings.end(), fixable)) continue;
    ++fixed_cases;
    for (int turn = 0; turn < 5 && std::any_of(findings.begin(), findings.end(), fixable); ++turn) {
      text = apply_fixes(*findings.front().at.source, findings);
      findings = test::findings_in(text);
    }
    INFO(one.title);
    INFO(text);
    CHECK(std::none_of(findings.begin(), findings.end(), fixable));
  }
  CHECK(fixed_cases > 25);
}

TEST_CASE("fixes keep comments, order and what else stands in the line") {
  const std::string text =
      "version: 1   # the format\ntriggers: manual\nvars: {n: 5}\nactions:\n  # first\n  - acton: notes.write  # a "
      "note\n";
  const std::vector<Finding> findings = test::findings_in(text);
  REQUIRE(findings.size() == 1);
  CHECK(apply_fixes(*findings[0].at.source, findings) ==
        "version: 1   # the format\ntriggers: manual\nvars: {n: 5}\nactions:\n  # first\n  - action: notes.write  # a "
        "note\n");
}

TEST_CASE("line ends of Windows and a byte order mark change neither places nor text") {
  const std::string text =
      "\xEF\xBB\xBFversion: 1\r\ntriggers: manual\r\nactions:\r\n  - action: notes.write\r\n    with:\r\n      text: "
      "{{ now }}\r\n      to: ${{ vars.m }}\r\n";
  const std::vector<Finding> findings = test::findings_in(text);
  REQUIRE(findings.size() == 2);
  CHECK(findings[0].at.line == 6);
  CHECK(findings[0].at.column == 13);
  CHECK(*findings[0].corrected_line() == "      text: ${{ now }}");
  CHECK(findings[1].at.line == 7);
  CHECK(findings[1].at.column == 20);
}

TEST_CASE("files that are no workflows are refused in one sentence") {
  const auto only = [](const std::string& text) {
    const std::vector<Finding> findings = test::findings_in(text);
    return findings.size() == 1 ? findings[0].rule : "not one finding";
  };
  CHECK(only("") == "empty-file");
  CHECK(only("\n\n# only a comment\n") == "empty-file");
  CHECK(only(std::string("\x7F"
                         "ELF\0\0",
                         6)) == "not-text");
  CHECK(only("name: \xFF\n") == "not-text");
  CHECK(only("name: a\x01\n") == "not-text");
  CHECK(only("version: 1\rname: a\ractions:\r  - wait: 1s\r") == "not-text");
  for (const char* odd : {"name: a\rb\n", "name: \"a\rb\"\r\n", "# a\rname: b\n", "name: b\r  \n", "name: b\r"})
    CHECK(only(odd) == "not-text");  // a line to some readers
  CHECK(only("\xFF\xFEv\0e\0") == "not-text");
  CHECK(only("a: " + std::string(300'000, 'x')) == "file-too-large");
  CHECK(only("a: " + std::string(60, '[') + std::string(60, ']') + "\n") == "too-deep");
  CHECK(only("a: " + std::string(200'000, '[')) == "too-deep");
}

TEST_CASE("files that cannot be read are findings, too") {
  const Catalog& catalog = test::test_catalog();
  const auto rule = [&](const std::string& path) {
    return load_workflow_file(path, path, catalog).findings.at(0).rule;
  };
  CHECK(rule("/nowhere/at/all.yaml") == "unreadable-file");
  CHECK(rule(TEST_DATA) == "unreadable-file");
  CHECK(rule("/dev/null") == "unreadable-file");
}

TEST_CASE("of many words that are allowed the one is named that was meant, also where the message does not list it") {
  const test::TemporaryFolder folder;
  folder.write("plan/plan.json",
               R"({"manifest": 1, "name": "plan", "version": "1.0.0", "summary": "Plans.", "actions": {
    "mark": {"summary": "Marks it.", "effect": "none", "result": "1", "input": {"type": "object", "properties": {"as": {
      "enum": ["w01", "w02", "w03", "w04", "w05", "w06", "w07", "w08", "w09", "w10", "w11", "w12", "completed"]}}}}}})");
  const Catalog catalog = Catalog::load(folder.path(), "");
  const std::string text = "version: 1\ntriggers: manual\nactions: [{action: plan.mark, with: {as: done}}]\n";
  const auto findings = load_and_check(test::source_of(text), catalog, nullptr).findings;
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].message.ends_with("\"w12\" and 1 more, did you mean \"completed\"?"));
  CHECK(findings[0].suggestion == "completed");
}

TEST_CASE("a workflow cannot call itself") {
  const LoadedWorkflow loaded = load_workflow(
      test::source_of("version: 1\nactions:\n  - wait: 2h\n    on_error: [{call: flow}]\n"), test::test_catalog());
  REQUIRE(loaded.workflow);
  CHECK(test::rendered(check_workflow(*loaded.workflow, test::test_catalog(), nullptr)) ==
        "flow.yaml:4:23: error: a workflow cannot call itself: the call would wait for a run that waits for it "
        "[unknown-workflow]\n"
        "    4 |     on_error: [{call: flow}]\n      |                       ^^^^\n");
}

TEST_CASE("a connection must be there, and be the only one that fits") {
  const LoadedWorkflow loaded =
      load_workflow(test::source_of("version: 1\nactions: {action: crm.tags.list}\n"), test::test_catalog());
  REQUIRE(loaded.workflow);
  Project project;
  const auto rule = [&] { return check_workflow(*loaded.workflow, test::test_catalog(), &project).at(0).rule; };
  CHECK(rule() == "missing-connection");
  const auto add = [&](const char* name) {
    ConnectionSettings connection;
    connection.name = name;
    connection.plugin = "crm";
    connection.base_url = "http://127.0.0.1:1";
    connection.locations = {"a"};
    project.connections.push_back(connection);
  };
  add("one");
  CHECK(check_workflow(*loaded.workflow, test::test_catalog(), &project).empty());
  add("two");
  CHECK(rule() == "unclear-connection");
  CHECK(check_workflow(*loaded.workflow, test::test_catalog(), nullptr).empty());
}

TEST_CASE("no file, however broken, makes the reader stumble") {
  const std::vector<std::string> pieces = {
      "a: ",   "- ", "\n",  "  ",   "    ",         "{",          "}",
      "[",     "]",  ", ",  "${{ ", " }}",          "{{",         "'",
      "\"",    "#",  " #x", "|\n",  ">\n",          "*a",         "&a ",
      "!x",    ": ", "\t",  "\r\n", "\\",           "é",          "x",
      "---\n", "? ", "@x",  "<<: ", "version: 1\n", "actions:\n", "  - action: notes.write\n",
      "if: "};
  unsigned state = 7;
  const auto next = [&](std::size_t below) {
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % below;
  };
  for (int round = 0; round < 4000; ++round) {
    std::string text = round % 2 == 0 ? "version: 1\nactions:\n  - action: notes.write\n    with:\n      text: " : "";
    for (std::size_t left = next(14) + 1; left > 0; --left) text += pieces[next(pieces.size())];
    for (const Finding& finding : test::findings_in(text)) {
      INFO(text);
      CHECK_FALSE(finding.message.empty());
      CHECK(render(finding).size() > 10);
    }
  }
}

TEST_CASE("a long file of anything is read in a moment") {
  std::string brackets = "lines: [";
  std::string quotes = "text: ";
  for (int count = 0; count < 12'000; ++count) brackets += "${{ vars.n }}, ";
  for (int count = 0; count < 100'000; ++count) quotes += count % 3 == 0 ? "\" " : "'";
  CHECK(test::findings_in(step_with("{" + brackets + "]}")).empty());
  CHECK(test::findings_in("version: 1\nactions:\n  - action: notes.write\n    with:\n      " + quotes + "\n").empty());
}

TEST_CASE("each of the schedules that people write first passes check") {
  for (const char* said :
       {"every week", "weekly", "hourly", "daily", "monthly", "daily at 7:30", "mon-fri 7:30",
        "every 2 weeks on monday at 9:00", "first monday of the month at 8:00", "on the 1st and 15th at 6:00",
        "last day of the month", "every day at 8:00 and 17:00", "every day at 9am", "every day at noon", "@daily"}) {
    const auto findings = test::findings_in("version: 1\ntriggers:\n  - schedule: " +
                                            (said[0] == '@' ? "\"" + std::string(said) + "\"" : std::string(said)) +
                                            "\nactions: {action: notes.write}\n");
    CHECK_MESSAGE(findings.empty(), std::string(said));
  }
}

TEST_SUITE_END();
