#include "workflow/starts.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <map>

#include "workflow/case_findings.hpp"
#include "yaml/rules.hpp"

using namespace millrace;

namespace {

/// Workflows by id: what stands behind the version.
std::vector<Finding> circles(const std::map<std::string, std::string>& texts) {
  std::deque<Workflow> workflows;
  std::vector<const Workflow*> all;
  for (const auto& [id, text] : texts) {
    const auto source = std::make_shared<const SourceText>(SourceText{id + ".yaml", "version: 1\n" + text});
    LoadedWorkflow loaded = load_workflow(source, test::test_catalog());
    REQUIRE_MESSAGE(loaded.workflow, text);
    REQUIRE_MESSAGE(!has_errors(loaded.findings), render(loaded.findings.front()));
    all.push_back(&workflows.emplace_back(std::move(*loaded.workflow)));
  }
  Project project;
  project.public_url = "https://mill.example";
  return check_circles(all, test::test_catalog(), &project);
}

/// "error a.yaml b.yaml": the severities are one, the files those that are told.
std::string circles_told(const std::map<std::string, std::string>& texts) {
  std::string files;
  std::string severity;
  for (const Finding& finding : circles(texts)) {
    CHECK(finding.rule == "starts-itself");
    const std::string name(name_of(finding.severity));
    CHECK((severity.empty() || severity == name));
    severity = name;
    files += " " + finding.at.source->name;
  }
  return severity + files;
}

std::string calls(const std::string& other, const std::string& more = "") {
  return "triggers: manual\n" + more + "actions:\n  - call: " + other + "\n";
}
std::string inside(const std::string& block) { return "triggers: manual\nvars: {n: 1}\nactions:\n" + block; }

const std::string quiet = "actions: {action: notes.write}\n";

}  // namespace

TEST_SUITE_BEGIN("workflow");

TEST_CASE("workflows that call each other in a circle are refused, however many they are") {
  CHECK(circles_told({{"a", calls("b")}, {"b", calls("a")}}) == "error a.yaml b.yaml");
  CHECK(circles_told({{"a", calls("b")}, {"b", calls("c")}, {"c", calls("a")}}) == "error a.yaml b.yaml c.yaml");
  CHECK(circles_told({{"a", calls("b")}, {"b", calls("c")}, {"c", calls("b")}}) == "error b.yaml c.yaml");
  CHECK(circles_told({{"a", calls("b")}, {"b", calls("c")}, {"c", "triggers: manual\n" + quiet}}).empty());
  CHECK(circles_told({{"a", calls("b")}, {"b", calls("c")}, {"c", calls("d")}, {"d", calls("d2")}}).empty());
}

TEST_CASE("a circle is told with the way that it takes") {
  const auto findings = circles({{"a", calls("b")}, {"b", calls("c")}, {"c", calls("a")}});
  REQUIRE(findings.size() == 3);
  CHECK(findings[0].message == "this goes round for ever: a calls b, b calls c, c calls a");
  CHECK(findings[0].at.line == 4);
}

TEST_CASE("what a run always comes to is certain; what a condition, a stop or a person may end is a warning") {
  const std::string b = calls("a");
  const auto with = [&](const std::string& block) { return circles_told({{"a", inside(block)}, {"b", b}}); };
  for (const char* block : {
           "  - do:\n      - call: b\n",
           "  - parallel:\n      - - call: b\n      - - action: notes.write\n",
           "  - repeat:\n      - call: b\n    until: vars.n > 0\n",
           "  - action: notes.write\n  - call: b\n",
       })
    CHECK_MESSAGE(with(block) == "error a.yaml b.yaml", block);
  for (const char* block : {
           "  - if: vars.n > 3\n    call: b\n",
           "  - if: vars.n > 3\n    then:\n      - call: b\n",
           "  - if: vars.n > 3\n    then:\n      - action: notes.write\n    else:\n      - call: b\n",
           "  - switch: vars.n\n    cases:\n      - {when: 1, do: [{call: b}]}\n",
           "  - for_each: '[1]'\n    do:\n      - call: b\n",
           "  - action: notes.write\n    on_error:\n      - call: b\n",
           "  - if: vars.n > 3\n    then:\n      - stop: {outcome: completed}\n  - call: b\n",
           "  - approve: May it go on?\n  - call: b\n",
       })
    CHECK_MESSAGE(with(block) == "warning a.yaml b.yaml", block);
  CHECK(circles_told({{"a", "triggers: manual\n" + quiet + "on_failure:\n  - call: b\n"}, {"b", b}}) ==
        "warning a.yaml b.yaml");
  CHECK(circles_told({{"a", "triggers: manual\n" + quiet + "always:\n  - call: b\n"}, {"b", b}}) ==
        "error a.yaml b.yaml");
}

TEST_CASE("a trigger that another one on its path keeps from hearing is told, in one file and in two") {
  const auto deaf = [](const std::string& first, const std::string& second, bool asks_both) {
    const auto read = [](const std::string& id, const std::string& triggers) {
      const std::string text = "version: 1\ntriggers:\n" + triggers + quiet;
      LoadedWorkflow loaded =
          load_workflow(std::make_shared<const SourceText>(SourceText{id + ".yaml", text}), test::test_catalog());
      REQUIRE_MESSAGE(loaded.workflow, text);
      return std::move(*loaded.workflow);
    };
    const Workflow a = read("a", first), b = read("b", second);
    std::vector<const Workflow*> asked = {&a}, others = {&b};
    if (asks_both) asked.push_back(&b);
    std::string told;
    for (const Finding& each : check_shared_paths(asked, others, test::test_catalog()))
      told += each.at.source->name + " " + each.message + "\n";
    return told;
  };
  const std::string rule = "\": triggers on one path need the same verify, parse, dedupe, challenge and respond\n";
  const std::string open = "  - {webhook: x, verify: public}\n",
                    waits = "  - {webhook: /x/, verify: public, respond: wait}\n";
  CHECK(deaf(open, open, true).empty());
  CHECK(deaf(open, "  - {webhook: y, verify: public, parse: form}\n", true).empty());
  CHECK(deaf(open, waits, true) == "b.yaml /hooks/x is read in another way by the workflow \"a" + rule);
  CHECK(deaf(open, waits, false) == "a.yaml /hooks/x is read in another way by the workflow \"b" + rule);
  CHECK(deaf(open + waits, "  - manual\n", false) ==
        "a.yaml /hooks/x is read in another way by the workflow \"a" + rule);
}

TEST_CASE("a workflow that leaves a second run out ends a circle of calls") {
  CHECK(circles_told({{"a", calls("b", "concurrency: skip_if_running\n")}, {"b", calls("a")}}) ==
        "warning a.yaml b.yaml");
}

TEST_CASE("runs after runs in a circle are refused, and an outcome or a condition makes it a possible one") {
  const auto after = [](const std::string& other, const std::string& more = "") {
    return "triggers:\n  - after: " + other + "\n" + more + quiet;
  };
  CHECK(circles_told({{"ping", after("pong")}, {"pong", after("ping")}}) == "error ping.yaml pong.yaml");
  CHECK(circles_told({{"a", after("c")}, {"b", after("a")}, {"c", after("b", "    outcome: any\n")}}) ==
        "error a.yaml b.yaml c.yaml");
  CHECK(circles_told({{"ping", after("ping")}}) == "error ping.yaml");
  CHECK(circles_told({{"ping", after("pong", "    outcome: failed\n")}, {"pong", after("ping")}}) ==
        "warning ping.yaml pong.yaml");
  CHECK(circles_told({{"ping", after("pong", "    if: event.output.more == true\n")}, {"pong", after("ping")}}) ==
        "warning ping.yaml pong.yaml");
  CHECK(circles_told({{"a", after("b")}, {"b", after("c")}}).empty());
}

TEST_CASE("a call and a run after it make a circle, too") {
  CHECK(circles_told({{"a", "triggers:\n  - after: b\nactions:\n  - call: b\n"},
                      {"b", "triggers: manual\n" + quiet}}) == "error a.yaml a.yaml");
}

TEST_CASE("a file that is written where the same workflow watches is a circle") {
  const auto file = [](const std::string& pattern, const std::string& path) {
    return "triggers:\n  - file: '" + pattern + "'\nactions:\n  - action: outside.save\n    with: {file: '" + path +
           "'}\n";
  };
  CHECK(circles_told({{"a", file("output/*.csv", "x.csv")}}) == "error a.yaml");
  CHECK(circles_told({{"a", file("output/**", "deep/down/x.csv")}}) == "error a.yaml");
  CHECK(circles_told({{"a", file("output/*.csv", "x.txt")}}).empty());
  CHECK(circles_told({{"a", file("inbox/*.csv", "x.csv")}}).empty());
  CHECK(circles_told({{"a", file("output/*.csv", "${{ event.name }}")}}) == "warning a.yaml");
  CHECK(circles_told({{"a", file("output/done/*.csv", "new/${{ event.name }}")}}).empty());
  CHECK(circles_told({{"a", file("output/b/*", "a/x")}, {"b", file("output/a/*", "b/x")}}) == "error a.yaml b.yaml");
}

TEST_CASE("an action that may keep an answer in a file writes one only where a step names it") {
  const auto fetch = [](const std::string& with) {
    return "triggers:\n  - file: output/*.csv\nactions:\n"
           "  - action: outside.fetch\n    with: " +
           with + "\n";
  };
  CHECK(circles_told({{"a", fetch("{url: 'https://other.example'}")}}).empty());
  CHECK(circles_told({{"a", fetch("{url: 'https://other.example/${{ event.name }}'}")}}).empty());
  CHECK(circles_told({{"a", fetch("{url: 'https://other.example', save_as: x.csv}")}}) == "error a.yaml");
  CHECK(circles_told({{"a", fetch("{url: 'https://other.example', save_as: '${{ event.name }}'}")}}) ==
        "warning a.yaml");
}

TEST_CASE("a delivery to a hook of the service itself is a circle") {
  const auto hook = [](const std::string& path, const std::string& url) {
    return "triggers:\n  - {webhook: " + path +
           ", verify: public}\nactions:\n  - action: outside.post\n    with: {url: '" + url + "'}\n";
  };
  CHECK(circles_told({{"a", hook("a", "http://127.0.0.1:8710/hooks/a")}}) == "error a.yaml");
  CHECK(circles_told({{"a", hook("a", "http://localhost:8710/hooks/a?x=1")}}) == "error a.yaml");
  CHECK(circles_told({{"a", hook("a", "https://mill.example/hooks/b")},
                      {"b", hook("b", "https://mill.example/hooks/a")}}) == "error a.yaml b.yaml");
  CHECK(circles_told({{"a", hook("a", "https://mill.example/hooks/${{ event.next }}")}}) == "warning a.yaml");
  CHECK(circles_told({{"a", hook("a", "https://elsewhere.example/hooks/a")}}).empty());
  CHECK(circles_told({{"a", hook("a", "http://127.0.0.1:9999/hooks/a")}}).empty());
  for (const char* url :
       {"http://LOCALHOST:8710/hooks/a", "http://[::1]:8710/hooks/a#x", "http://127.0.0.1:8710/hooks/%61",
        "https://Mill.example:443/hooks/a", "http://mill.example/hooks/a"})
    CHECK_MESSAGE(circles_told({{"a", hook("a", url)}}) == "error a.yaml", url);
  // However its path is written, a hook listens at one.
  for (const char* path : {"/a", "a/", "//a//"})
    CHECK_MESSAGE(circles_told({{"a", hook(path, "http://127.0.0.1:8710/hooks/a")}}) == "error a.yaml", path);
  for (const char* url : {"http://mill.example:8710/hooks/a", "http://127.0.0.1.example:8710/hooks/a",
                          "https://mill.example/other/hooks/a", "http://127.0.0.1:8710/hooks"})
    CHECK_MESSAGE(circles_told({{"a", hook("a", url)}}).empty(), url);
}

TEST_CASE("a delivery to an own hook whose address ends in a secret may be a circle") {
  const auto hook = [](const std::string& url) {
    return "triggers:\n  - {webhook: a, verify: {secret_path: secret:way}}\nactions:\n  - action: outside.post\n    "
           "with: "
           "{url: '" +
           url + "'}\n";
  };
  CHECK(circles_told({{"a", hook("http://127.0.0.1:8710/hooks/a/anything")}}) == "warning a.yaml");
  CHECK(circles_told({{"a", hook("http://127.0.0.1:8710/hooks/ab/anything")}}).empty());
}

TEST_SUITE_END();
