#include "rehearsal/workflow_test.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "temporary_folder.hpp"

namespace millrace {

TEST_SUITE_BEGIN("rehearsal");

namespace {

/// A project with one workflow and the tests of it, as they are run: only plugins without a library.
struct Stage {
  explicit Stage(
      const std::string& actions, const std::string& tests, const std::function<void()>& before = [] {}) {
    folder.write("millrace.yaml",
                 "version: 1\n"
                 "connections:\n"
                 "  highlevel:\n"
                 "    plugin: highlevel\n"
                 "    base_url: https://highlevel.invalid\n"
                 "    auth: {token: \"secret:nobody_has_it\"}\n"
                 "    locations: [loc_main]\n");
    const std::string text = "version: 1\ntriggers: manual\n" + actions;
    const auto workflow = folder.write("workflows/w.yaml", text);
    const auto file = folder.write("workflows/w.test.yaml", "version: 1\ntests:\n" + tests);
    project = *load_project(folder.path()).project;
    loaded = load_test_file({file, "w.test.yaml"}, catalog, &project);
    for (const Finding& finding : loaded.findings) MESSAGE(render(finding));
    REQUIRE(loaded.workflow != nullptr);
    branches.emplace(*loaded.workflow);
    before();
    TestBench bench(folder.path(), project, catalog, {});
    for (const WorkflowTest& test : loaded.file->tests) results.push_back(bench.run(test, loaded.workflow, *branches));
  }

  /// What is wrong with the test, in its order: "line: message".
  std::string problems(std::size_t test = 0) const {
    std::string text;
    for (const TestProblem& problem : results.at(test).problems)
      text += std::to_string(problem.at.line) + ": " + problem.message + "\n";
    return text;
  }

  std::vector<std::string> missed() const {
    std::vector<std::string> names;
    for (const Branch& branch : branches->all()) {
      if (!branch.taken) names.push_back(std::to_string(branch.at.line) + " " + branch.what);
    }
    return names;
  }

  test::TemporaryFolder folder;
  Catalog catalog = Catalog::load(std::string(TEST_DATA) + "/../plugins", "");
  Project project;
  LoadedTestFile loaded;
  std::optional<Branches> branches;
  std::vector<TestResult> results;
};

constexpr const char* add_tag =
    "actions:\n"
    "  - id: made\n"
    "    action: highlevel.location_tags.create\n"
    "    with: {name: \"${{ event.name }}\"}\n";

}  // namespace

TEST_CASE("a test gives event and answers, and what the run changes is what is expected") {
  const Stage stage(add_tag,
                    "  - name: creates the tag\n"
                    "    event: {name: vip}\n"
                    "    answers: {made: {tag: {id: t1, name: vip}}}\n"
                    "    expect:\n"
                    "      steps: {made: {output: {tag: {id: t1}}}}\n"
                    "      changes: [{action: highlevel.location_tags.create, request: {body: {name: vip}}}]\n"
                    "  - name: is wrong about it\n"
                    "    event: {name: vip}\n"
                    "    answers: {highlevel.location_tags.create: {tag: {id: t1, name: vip}}}\n"
                    "    expect:\n"
                    "      changes:\n"
                    "        - request: {body: {name: old}}\n");
  CHECK(stage.problems(0) == "");
  CHECK(stage.problems(1).starts_with("14: changes[0].request.body.name: expected \"old\", got \"vip\"\n"));
}

TEST_CASE("what is called and not answered is told with the line to add, and what is not used is told too") {
  const Stage stage(add_tag,
                    "  - name: has no answer\n"
                    "    event: {name: vip}\n"
                    "  - name: has one too many\n"
                    "    event: {name: vip}\n"
                    "    answers:\n"
                    "      made: [{tag: {id: t1}}, {tag: {id: t2}}]\n"
                    "      highlevel.contacts.search: {contacts: []}\n"
                    "    fail: highlevel.contacts.search 503\n"
                    "    approve: yes\n");
  CHECK(stage.problems(0).find("3: step \"made\" calls highlevel.location_tags.create, and the test has no answer to "
                               "it: add to answers:  highlevel.location_tags.create: {") != std::string::npos);
  CHECK(stage.problems(1) ==
        "8: \"made\" was called 1 time, and 2 answers are given: leave out what is not used\n"
        "9: nothing called \"highlevel.contacts.search\", so its answer was not used: leave it out\n"
        "10: \"highlevel.contacts.search 503\" was met by 0 requests alone: nothing else was asked of it\n"
        "11: nothing asked for this approval\n");
}

TEST_CASE("a fault meets the courier: reads are tried again by themselves, and a step as its retry says") {
  const std::string search =
      "actions:\n"
      "  - id: found\n"
      "    action: highlevel.contacts.search\n"
      "    with: {page_limit: 1}\n";
  const Stage stage(search,
                    "  - name: gets through\n"
                    "    fail: found 503 x2\n"
                    "    answers: {found: {contacts: []}}\n"
                    "    expect: {steps: {found: {outcome: succeeded, attempts: 1}}}\n"
                    "  - name: is refused\n"
                    "    fail: highlevel 403\n"
                    "    expect: {error: {code: denied}, steps: {found: failed}}\n");
  CHECK(stage.problems(0) == "");
  CHECK(stage.problems(1) == "");
  const Stage retried(search + "    retry: {attempts: 3, backoff: exponential, delay: 1h}\n",
                      "  - name: fails and is tried again\n"
                      "    answers: {found: [{fail: {code: unavailable, message: busy}}, {contacts: []}]}\n"
                      "    expect: {steps: {found: {outcome: succeeded, attempts: 2}}}\n");
  CHECK(retried.problems() == "");
  CHECK(retried.results[0].simulated >= std::chrono::minutes(30));
  CHECK(retried.missed().empty());
}

TEST_CASE("an answer is what the action gives: of all pages the things of all, in one answer") {
  const std::string search =
      "actions:\n"
      "  - id: found\n"
      "    action: highlevel.contacts.search\n"
      "    with: {page_limit: 2, all_pages: true}\n";
  const std::string of_three_pages =
      "{contacts: [{id: a, searchAfter: [1, a]}, {id: b, searchAfter: [2, b]}, {id: c, searchAfter: [3, c]},"
      " {id: d, searchAfter: [4, d]}, {id: e, searchAfter: [5, e]}]}";
  const std::string all_five =
      "    expect: {steps: {found: {attempts: 1, output: {where: \"size(value.contacts) == 5\"}}}}\n";
  const Stage stage(search,
                    "  - name: is given it each time\n    answers: {found: " + of_three_pages + "}\n" + all_five +
                        "  - name: is given it once, behind a fault\n    fail: found 503\n    answers: {found: [" +
                        of_three_pages + "]}\n" + all_five);
  CHECK(stage.problems(0) == "");
  CHECK(stage.problems(1) == "");
}

TEST_CASE("a write that left without an answer parks the run, as in earnest") {
  const Stage stage(add_tag,
                    "  - name: is not known\n"
                    "    event: {name: vip}\n"
                    "    fail: made lost\n"
                    "    expect: {outcome: parked, steps: {made: unsure}}\n");
  CHECK(stage.problems() == "");
}

TEST_CASE("a wait of a month takes no time, and the clock has moved on") {
  const Stage stage(
      "actions:\n"
      "  - wait: 30d\n"
      "  - id: made\n"
      "    action: highlevel.location_tags.create\n"
      "    with: {name: \"${{ string(now) }}\"}\n",
      "  - name: waits\n"
      "    now: 2026-03-01T09:00:00Z\n"
      "    answers: {made: {tag: {id: t1}}}\n"
      "    expect: {steps: {made: {input: {name: \"2026-03-01T09:00:00Z\"}}}}\n");
  CHECK(stage.problems() == "");
  CHECK(stage.results[0].simulated >= std::chrono::hours(24 * 30));
}

TEST_CASE("people's answers are given beforehand, and without one the run waits") {
  const std::string asking =
      "actions:\n"
      "  - id: sure\n"
      "    approve: create it?\n"
      "  - id: made\n"
      "    action: highlevel.location_tags.create\n"
      "    with: {name: vip}\n";
  const Stage stage(asking,
                    "  - name: is agreed to\n"
                    "    approve: yes\n"
                    "    answers: {made: {tag: {id: t1}}}\n"
                    "    expect: {changes: 1}\n"
                    "  - name: is refused\n"
                    "    approve: {sure: no}\n"
                    "    expect: {error: any, steps: {made: not_reached}, changes: []}\n"
                    "  - name: is not answered\n"
                    "    expect: {outcome: waiting}\n"
                    "  - name: forgets to say\n");
  CHECK(stage.problems(0) == "");
  CHECK(stage.problems(1) == "");
  CHECK(stage.problems(2) == "");
  CHECK(stage.problems(3).find("it asks people, so say what they answer (approve: yes or no)") != std::string::npos);
  CHECK(stage.missed().empty());
}

TEST_CASE("branches that no test takes are told with their lines") {
  const Stage stage(
      "actions:\n"
      "  - switch: event.kind\n"
      "    cases:\n"
      "      - when: a\n"
      "        do: [{set: {x: 1}}]\n"
      "      - when: b\n"
      "        do: [{set: {x: 2}}]\n"
      "  - if: event.many\n"
      "    then:\n"
      "      - for_each: event.items\n"
      "        do:\n"
      "          - id: twice\n"
      "            if: item > 1\n"
      "            set: {y: 1}\n"
      "on_failure:\n"
      "  - set: {z: 1}\n",
      "  - name: takes some\n"
      "    event: {kind: a, many: true, items: [2, 3]}\n");
  CHECK(stage.problems() == "");
  CHECK(stage.missed() == std::vector<std::string>{"9 case \"b\"", "14 \"twice\" is skipped",
                                                   "10 the condition of the if does not hold", "18 on_failure"});
}

TEST_CASE("where no folder for the files of tests can be made, tests fail and nothing is touched where one stands") {
  const test::TemporaryFolder here;
  const auto kept = here.write("project/kept.txt", "somebody's");
  const auto before = std::filesystem::current_path();
  const char* const place = std::getenv("TMPDIR");
  const std::optional<std::string> set = place != nullptr ? std::optional<std::string>(place) : std::nullopt;
  const test::TemporaryFolder folder;
  std::string problems;
  for (const char* elsewhere : {"/proc", "/nowhere-at-all"}) {
    const Stage stage(add_tag, "  - name: creates the tag\n    answers: {made: {tag: {id: t1}}}\n", [&] {
      std::filesystem::current_path(here.path());
      ::setenv("TMPDIR", elsewhere, 1);
    });
    std::filesystem::current_path(before);
    set ? ::setenv("TMPDIR", set->c_str(), 1) : ::unsetenv("TMPDIR");
    CHECK(stage.problems().starts_with("3: "));
    CHECK(stage.problems().find("TMPDIR") != std::string::npos);
    CHECK(std::filesystem::exists(kept));
  }
}

TEST_SUITE_END();

}  // namespace millrace
