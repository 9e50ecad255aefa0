#include "workflow/test_file.hpp"

#include <doctest/doctest.h>

#include "temporary_folder.hpp"
#include "value/json.hpp"
#include "value/time.hpp"
#include "workflow/list.hpp"
#include "workflow/load.hpp"

namespace millrace {

TEST_SUITE_BEGIN("workflow");

namespace {

const Catalog& shipped_manifests() {
  static const Catalog catalog = Catalog::load(std::string(TEST_DATA) + "/../plugins", "");
  return catalog;
}

constexpr const char* workflow =
    "version: 1\n"
    "triggers: manual\n"
    "actions:\n"
    "  - id: found\n"
    "    action: highlevel.contacts.search\n"
    "    with: {page_limit: 1}\n"
    "  - id: some\n"
    "    action: list.filter\n"
    "    with: {items: found.contacts, where: item.id != ''}\n"
    "  - id: sure\n"
    "    approve: go on?\n"
    "  - action: highlevel.contact_tags.add\n"
    "    with: {contact_id: \"${{ found.contacts[0].id }}\", tags: [vip]}\n";

LoadedTestFile load(const std::string& tests, const std::string& name = "w.test.yaml") {
  const test::TemporaryFolder folder;
  folder.write("w.yaml", workflow);
  const auto file = folder.write(name, tests);
  return load_test_file({file, name}, shipped_manifests(), nullptr);
}

/// "line:column rule", each on a line of its own.
std::string findings(const std::string& tests) {
  std::string text;
  for (const Finding& each : load(tests).findings)
    text += std::to_string(each.at.line) + ":" + std::to_string(each.at.column) + " " + each.rule +
            (each.suggestion ? " -> " + *each.suggestion : "") + "\n";
  return text;
}

std::string one(const std::string& members) { return "version: 1\ntests:\n  - name: x\n" + members; }

}  // namespace

TEST_CASE("braces in a test are somebody's data, and stay as they are") {
  CHECK(findings(one("    event: {comment: \"{{ first_name }} {% if %} ${{ x }}\"}\n"
                     "    answers: {found: {contacts: [{name: \"{{ name }}\"}], total: 1}}\n"
                     "    expect:\n"
                     "      output: \"{{ x }}\"\n"))
            .empty());
}

TEST_CASE("one test, one earlier run and one change stand for the list of one") {
  const auto loaded = load(
      "version: 1\ntests:\n  name: x\n  before: {event: {n: 1}}\n  fail: found 503\n  expect: {changes: create tag}\n");
  CHECK(loaded.findings.empty());
  REQUIRE(loaded.file);
  REQUIRE(loaded.file->tests.size() == 1);
  const WorkflowTest& test = loaded.file->tests[0];
  CHECK(test.before.size() == 1);
  CHECK(test.faults.size() == 1);
  const auto changes = [](const std::string& said) {
    const auto file = load(one("    expect: {changes: " + said + "}\n"));
    CHECK(file.findings.empty());
    return file.file->tests.at(0).expect.member("changes")->kind;
  };
  CHECK(changes("create tag") == Expected::Kind::list);
  CHECK(changes("{action: highlevel.contact_tags.add}") == Expected::Kind::list);
  CHECK(changes("1") == Expected::Kind::value);
  CHECK(changes("any") == Expected::Kind::any);
  CHECK(changes("{where: size(value) > 1}") == Expected::Kind::where);
}

TEST_CASE("a test file says what is given and what is expected") {
  const auto loaded =
      load(one("    event: {score: 9, zip: 01234}\n"
               "    location: loc_main\n"
               "    now: 2026-03-01T09:00:00Z\n"
               "    answers:\n"
               "      highlevel.contacts.search: [{contacts: []}, {fail: 503}]\n"
               "      highlevel.contact_tags.add: {tags: [vip]}\n"
               "    fail: [found 503 x2, highlevel lost]\n"
               "    approve: no\n"
               "    files: {inbox/a.csv: a}\n"
               "    expect:\n"
               "      error: {contains: gone}\n"
               "      steps: {found: failed}\n"
               "      changes: [create tag]\n"));
  CHECK(loaded.findings.empty());
  REQUIRE(loaded.file);
  CHECK(loaded.workflow != nullptr);
  CHECK(loaded.file->workflow == "w");
  const WorkflowTest& test = loaded.file->tests.at(0);
  CHECK(encode_json(*test.event) == R"({"score":9,"zip":"01234"})");
  CHECK(render(test.now) == "2026-03-01T09:00:00Z");
  REQUIRE(test.answers.size() == 2);
  CHECK_FALSE(test.answers[0].to_each);
  CHECK(test.answers[0].answers[1].fault->status == 503);
  CHECK(test.answers[1].to_each);
  REQUIRE(test.faults.size() == 2);
  CHECK(test.faults[0].target == "found");
  CHECK(test.faults[0].times == 2);
  CHECK((test.faults[1].fault.kind == TestFault::Kind::lost));
  CHECK_FALSE(test.approvals.at(0).yes);
  CHECK(test.expect.text() ==
        R"({outcome: "failed", error: {message: {contains: "gone"}}, steps: {found: {outcome: "failed"}}, )"
        R"(changes: [{summary: "create tag"}]})");
}

TEST_CASE("a test file belongs to the workflow beside it, or to the one that it names") {
  CHECK(load("version: 1\nworkflow: w\ntests: [{name: x}]\n", "other.test.yaml").findings.empty());
  const auto lost = load("version: 1\ntests: [{name: x}]\n", "other.test.yaml");
  REQUIRE(lost.findings.size() == 1);
  CHECK(lost.findings[0].rule == "unknown-workflow");
  CHECK(is_test_file("a/b.test.yaml"));
  CHECK(is_test_file("b.test.yml"));
  CHECK_FALSE(is_test_file("b.yaml"));
}

TEST_CASE("slips in a test file are found with their place, and the word that was meant") {
  CHECK(findings("version: 1\n") == "1:1 missing-key\n");
  CHECK(findings(one("    evnt: {}\n")) == "4:5 unknown-key -> event\n");
  CHECK(findings(one("    answers: {highlevel.contact.search: {}}\n")) ==
        "4:15 unknown-action -> highlevel.contacts.search\n");
  CHECK(findings(one("    answers: {some: {items: []}}\n")) == "4:15 wrong-value\n");  // list.filter is computed
  CHECK(findings(one("    answers: {found: {contacts: 3}}\n")).starts_with("4:33 "));
  CHECK(findings(one("    fail: found 503 twice\n")) == "4:11 wrong-value\n");
  CHECK(findings(one("    fail: found 200\n")) == "4:11 wrong-value\n");
  CHECK(findings(one("    fail: fond 503\n")) == "4:11 unknown-name\n");
  CHECK(findings(one("    approve: maybe\n")) == "4:14 wrong-value\n");
  CHECK(findings(one("    approve: {shure: yes}\n")).starts_with("4:15 unknown-name -> sure\n"));
  CHECK(findings(one("    now: yesterday\n")).starts_with("4:10 wrong-value\n"));
  CHECK(findings(one("    files: {../a: x}\n")) == "4:13 wrong-value\n");
}

TEST_CASE("slips in what is expected are found: matchers, steps, members and words that do not exist") {
  const auto expecting = [](const std::string& members) { return findings(one("    expect:\n" + members)); };
  CHECK(expecting("      output: {a: {contians: x}}\n") == "5:20 unknown-matcher -> contains\n");
  CHECK(expecting("      output: {n: {gt: 3}}\n") == "5:20 unknown-matcher\n");  // as elsewhere
  CHECK(expecting("      output: {contains: x, least: 3}\n") == "5:29 unknown-matcher\n");
  CHECK(expecting("      output: {where: valu > 3}\n") == "5:23 unknown-name\n");
  CHECK(expecting("      output: {where: value >}\n").find("expression-syntax") != std::string::npos);
  CHECK(expecting("      output: {matches: \"(\"}\n") == "5:25 wrong-value\n");
  CHECK(expecting("      steps: {fond: failed}\n") == "5:15 unknown-name -> found\n");
  CHECK(expecting("      steps: {found: faild}\n") == "5:22 wrong-value -> failed\n");
  CHECK(expecting("      steps: {found: {outptu: 1}}\n") == "5:23 unknown-key -> output\n");
  CHECK(expecting("      changes: [{taget: x}]\n") == "5:18 unknown-key -> target\n");
  CHECK(expecting("      outcome: succeeded\n").starts_with("5:16 wrong-value"));
  CHECK(expecting("      output: {there: 1, other: any}\n") == "");  // data may be called anything
}

TEST_CASE("of two files of one id the first one is the workflow, and the second one an error") {
  const test::TemporaryFolder temporary;
  const std::filesystem::path& folder = temporary.path();
  std::filesystem::create_directories(folder / "workflows" / "folder.yaml");
  for (const char* name :
       {"two.yaml", "two.yml", "Two.yml", "two.test.yaml", "two.test.yml", "alone.yml", "folder.yml", "a.b.yml"})
    temporary.write(std::string("workflows/") + name, "version: 1\n");
  std::filesystem::create_symlink("nowhere", folder / "workflows" / "a.b.yaml");
  const auto names = [](const std::vector<WorkflowFile>& files) {
    std::string all;
    for (const WorkflowFile& file : files) all += file.path.filename().string() + " ";
    return all;
  };
  const std::string firsts = names(list_workflow_files(folder)), seconds = names(list_second_files(folder));
  const auto by_id = find_workflow_file(folder, "two");
  std::string wrong;
  for (const WorkflowFile& file : list_yaml_files_below(folder)) {
    if (const auto second = why_second(file)) wrong += file.path.filename().string() + ": " + second->message + "\n";
  }
  const auto loaded = load_and_check(folder / "workflows" / "two.yml", "workflows/two.yml", Catalog(), nullptr);
  CHECK(firsts == "Two.yml a.b.yaml alone.yml folder.yml two.yaml ");
  CHECK(seconds == "a.b.yml two.yml ");
  REQUIRE(by_id);
  CHECK(by_id->shown_as == "workflows/two.yaml");
  CHECK(wrong ==
        "a.b.yml: \"a.b\" is the id of a.b.yaml already, so this file is not used: it needs another name\n"
        "two.test.yml: \"two.test\" is the id of two.test.yaml already, so this file is not used: it needs another "
        "name\n"
        "two.yml: \"two\" is the id of two.yaml already, so this file is not used: it needs another name\n");
  CHECK_FALSE(load_test_file({folder / "workflows" / "two.test.yml", "two.test.yml"}, Catalog(), nullptr).file);
  CHECK_FALSE(loaded.workflow);
  REQUIRE(loaded.findings.size() == 1);
  CHECK(render(loaded.findings.front()).starts_with("workflows/two.yml: error: \"two\" is the id of two.yaml already"));
}

TEST_CASE("the tests of a workflow may be called .yml, too") {
  const test::TemporaryFolder temporary;
  for (const char* name : {"one.yaml", "two.yml", "two.test.yml", "both.yaml", "both.test.yaml", "both.test.yml"})
    temporary.write(std::string("workflows/") + name, "version: 1\n");
  const auto tests_of = [&](const std::string& id) {
    return test_file_of(*find_workflow_file(temporary.path(), id)).shown_as;
  };
  CHECK(tests_of("one") == "workflows/one.test.yaml");
  CHECK(tests_of("two") == "workflows/two.test.yml");
  CHECK(tests_of("both") == "workflows/both.test.yaml");
  const auto files = find_files(temporary.path(), "two");
  REQUIRE((files && files->size() == 2));
  CHECK(files->back().path == temporary.path() / "workflows" / "two.test.yml");
}

TEST_CASE("below a folder linked ones are looked into, once each, and links that lead nowhere hide nothing") {
  const test::TemporaryFolder temporary;
  const std::filesystem::path& folder = temporary.path();
  temporary.write("project/a.yaml", "version: 1\n");
  temporary.write("project/inner/b.yaml", "version: 1\n");
  temporary.write("elsewhere/c.yaml", "version: 1\n");
  temporary.write("elsewhere/.hidden/d.yaml", "version: 1\n");
  std::filesystem::create_symlink(folder / "elsewhere", folder / "project" / "linked");
  std::filesystem::create_symlink("..", folder / "project" / "inner" / "up");
  std::filesystem::create_symlink("round", folder / "project" / "inner" / "round");
  std::filesystem::create_symlink("nowhere", folder / "project" / "lost");
  std::string found;
  for (const WorkflowFile& file : list_workflow_files_below(folder / "project"))
    found += file.path.lexically_relative(folder).string() + " ";
  CHECK(found == "project/a.yaml project/inner/b.yaml project/linked/c.yaml ");
}

TEST_SUITE_END();

}  // namespace millrace
