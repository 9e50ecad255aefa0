#include <doctest/doctest.h>

#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <variant>

#include "schedule/schedule.hpp"
#include "value/json.hpp"
#include "workflow/case_findings.hpp"
#include "workflow/list.hpp"

using namespace millrace;

namespace {

Workflow workflow_of(const std::string& text) {
  LoadedWorkflow loaded = load_workflow(test::source_of(text), test::test_catalog());
  INFO(test::rendered(loaded.findings));
  REQUIRE(loaded.workflow);
  REQUIRE_FALSE(test::rendered(loaded.findings).find("error") != std::string::npos);
  return std::move(*loaded.workflow);
}

/// The value of a step's `with`, with n, tag and items known.
std::string inputs(const std::string& with, const std::string& action = "notes.write") {
  const Workflow workflow = workflow_of("version: 1\nactions:\n  - action: " + action + "\n    with:\n" + with);
  Bindings names;
  names.set("n", 5);
  names.set("tag", Value::object({{"id", "t1"}, {"labels", Value::List{"a", "b"}}}));
  const auto value = std::get<ActionStep>(workflow.steps.at(0).what).with.evaluate(names);
  REQUIRE(value);
  return encode_json(*value);
}

}  // namespace

TEST_SUITE_BEGIN("workflow");

TEST_CASE("text fields keep what was written, whatever YAML would make of it") {
  CHECK(inputs("      text: 0123\n") == R"({"text":"0123"})");
  CHECK(inputs("      text: NO\n      to: 10:30\n") == R"({"text":"NO","to":"10:30"})");
  CHECK(inputs("      text: null\n") == R"({"text":"null"})");
  CHECK(inputs("      text: Done: ${{ n }} of ${{ n + 1 }}\n") == R"({"text":"Done: 5 of 6"})");
  CHECK(inputs("      text: '${{ n }}'\n") == R"({"text":"5"})");
  CHECK(inputs("      text: |\n        one\n        two ${{ n }}\n") == "{\"text\":\"one\\ntwo 5\\n\"}");
}

TEST_CASE("fields without a schema take JSON's literals, and the rest is text") {
  CHECK(inputs("      lines: [5, 1.5, true, null, \"5\", no, 1e3, 0123, ${{ n }}, a ${{ n }}]\n") ==
        R"({"lines":[5,1.5,true,null,"5","no",1000.0,"0123",5,"a 5"]})");
  CHECK(inputs("      lines:\n        - {a: ${{ tag }}, b: x}\n") ==
        R"({"lines":[{"a":{"id":"t1","labels":["a","b"]},"b":"x"}]})");
}

TEST_CASE("other fields take an expression, bare or wholly in its braces, or a literal") {
  const std::string name = "      name: x\n";
  CHECK(inputs(name + "      labels: tag.labels\n", "crm.tags.create") == R"({"name":"x","labels":["a","b"]})");
  CHECK(inputs(name + "      labels: ${{ tag.labels }}\n", "crm.tags.create") == R"({"name":"x","labels":["a","b"]})");
  CHECK(inputs(name + "      labels: [a, '${{ tag.id }}']\n", "crm.tags.create") ==
        R"({"name":"x","labels":["a","t1"]})");
  CHECK(inputs(name + "      count: n + 1\n      weight: 1e3\n", "crm.tags.create") ==
        R"({"name":"x","count":6,"weight":1000.0})");
  CHECK(inputs(name + "      count: 1e3\n      archived: no\n", "crm.tags.create") ==
        R"({"name":"x","count":1000,"archived":false})");
  CHECK(inputs(name + "      count: n > 3 ? 1 : 2\n", "crm.tags.create") == R"({"name":"x","count":1})");
  CHECK(inputs(name + "      archived: 'a' in tag.labels\n", "crm.tags.create") == R"({"name":"x","archived":true})");
}

TEST_CASE("a closure is kept for the action, with its argument's name") {
  const Workflow workflow =
      workflow_of("version: 1\nactions:\n  - action: list.filter\n    with: {items: [1, 2], where: item > 1}\n");
  const auto closures = std::get<ActionStep>(workflow.steps[0].what).with.closures();
  REQUIRE(closures.size() == 1);
  CHECK(closures[0].name == "where");
  CHECK(closures[0].body->expression.text() == "item > 1");
}

TEST_CASE("every key of a step arrives in the model") {
  const Workflow workflow = workflow_of(R"(version: 1
name: All
mode: live
locations: [loc_main, loc_north]
safety: {max_changes: 5, max_percent: 12.5, stop_if_empty: a.path}
actions:
  - id: a
    name: A note
    if: now > now
    action: notes.write
    retry: {attempts: 3, delay: 2s, backoff: fixed, max_delay: 1m}
    timeout: 90s
    if_unsure: try_again
    on_error: continue
  - for_each: [x, y]
    as: letter
    parallel: 4
    do:
      - action: notes.write
        on_error:
          - stop: {outcome: failed, message: no}
  - repeat: {action: notes.write}
    until: true
    max: 7
  - parallel:
      - [{action: notes.write}, {set: {b: 1}}]
      - action: notes.write
  - do: {action: notes.write}
)");
  CHECK(workflow.id == "flow");
  CHECK(workflow.name == "All");
  CHECK(workflow.mode == "live");
  CHECK(workflow.locations->size() == 2);
  CHECK(workflow.safety.max_changes == 5);
  CHECK(workflow.safety.max_percent == 12.5);
  CHECK(workflow.safety.stop_if_empty->expression.text() == "a.path");
  const Step& note = workflow.steps.at(0);
  CHECK(note.name == "A note");
  CHECK(note.condition->at.column == 9);
  CHECK(note.retry.attempts == 3);
  CHECK_FALSE(note.retry.exponential);
  CHECK(note.retry.delay == std::chrono::seconds(2));
  CHECK(note.retry.max_delay == std::chrono::minutes(1));
  CHECK(note.timeout == std::chrono::seconds(90));
  CHECK(note.if_unsure == IfUnsure::try_again);
  CHECK(note.on_error == OnError::proceed);
  const auto& loop = std::get<ForEachBlock>(workflow.steps.at(1).what);
  CHECK(loop.as == "letter");
  CHECK(loop.parallel == 4);
  CHECK(loop.items.expression.text() == R"(["x", "y"])");
  CHECK(loop.body.at(0).on_error == OnError::handle);
  CHECK(std::get<StopBlock>(loop.body[0].error_steps.at(0).what).outcome == "failed");
  CHECK(std::get<RepeatBlock>(workflow.steps.at(2).what).max == 7);
  CHECK(std::get<ParallelBlock>(workflow.steps.at(3).what).branches.at(0).size() == 2);
  CHECK(std::get<ParallelBlock>(workflow.steps.at(3).what).branches.at(1).size() == 1);
  CHECK(std::get<GroupBlock>(workflow.steps.at(4).what).body.size() == 1);
}

TEST_CASE(
    "what is inside a step is told for every kind of step, with its number, when it runs, and who sees its names") {
  const Workflow workflow = workflow_of(R"(
version: 1
name: All
actions:
  - {action: notes.write}
  - {if: true, then: {set: {b: 1}}, else: [{set: {b: 2}}, {set: {b: 3}}]}
  - {switch: 1, cases: [{when: 1, do: {set: {b: 4}}}, {when: 2, do: {set: {b: 5}}}], default: {set: {b: 6}}}
  - {for_each: [x, y], do: {set: {b: 7}}, on_error: [{set: {b: 8}}]}
  - {repeat: {set: {b: 9}}, until: true}
  - {parallel: [{set: {b: 10}}, {set: {b: 11}}]}
  - {do: {set: {b: 12}}}
  - {set: {b: 13}}
  - {stop: {outcome: failed, message: no}}
  - {wait: 5s}
  - {approve: {message: Shall we, notify: {action: notes.write}}}
  - {call: other}
)");
  const auto told = [](const Step& step) {
    std::string all;
    each_block(step, [&](const Block& block) {
      if (block.runs == Block::Runs::on_error && block.steps.empty()) return;
      constexpr std::array<const char*, 5> runs = {"always", "chosen", "each turn", "each item", "on error"};
      const std::string number = block.number == handler_block ? "" : std::to_string(block.number) + " ";
      all += (all.empty() ? "" : ", ") + number + runs.at(static_cast<std::size_t>(block.runs));
      all += "(" + std::to_string(block.steps.size()) + (block.shares_names() ? ")" : ", own names)");
    });
    return all;
  };
  const std::map<std::size_t, std::string> expected = {{1, "0 chosen(1), 1 chosen(2)"},
                                                       {2, "0 chosen(1), 1 chosen(1), 2 chosen(1)"},
                                                       {3, "0 each item(1, own names), on error(1)"},
                                                       {4, "0 each turn(1)"},
                                                       {5, "0 always(1), 1 always(1)"},
                                                       {6, "0 always(1)"},
                                                       {10, "0 chosen(1)"}};
  std::set<std::string_view> words;
  for (std::size_t at = 0; at < workflow.steps.size(); ++at) {
    CAPTURE(at);
    words.insert(word_of(workflow.steps[at].what));
    CHECK(told(workflow.steps[at]) == (expected.contains(at) ? expected.at(at) : ""));
  }
  CHECK(words == std::set<std::string_view>(step_words.begin(), step_words.end()));

  std::string order;
  each_step(workflow, [&](const Step& step) {
    if (const auto* set = std::get_if<SetBlock>(&step.what))
      order += " " + encode_json(*set->values.constant_value()->find("b"));
  });
  CHECK(order == " 1 2 3 4 5 6 7 8 9 10 11 12 13");
}

TEST_CASE("half a comparison in a case is completed with the subject") {
  Bindings names;
  names.set("age", Duration(std::chrono::hours(2400)));
  const auto taken = [&names](const std::string& subject, const std::string& when) {
    const Workflow workflow = workflow_of("version: 1\nactions:\n  switch: " + subject + "\n  cases: {when: " + when +
                                          ", do: {action: notes.write}}\n");
    const SwitchBlock::Case& one = std::get<SwitchBlock>(workflow.steps.at(0).what).cases.at(0);
    return one.comparison + ": " + encode_json(*one.when.expression.evaluate(names));
  };
  CHECK(taken("5", "> 3") == "> 3: true");
  CHECK(taken("age", "> 90d") == "> 90d: true");
  CHECK(taken("age", "> 100d") == "> 100d: false");
}

TEST_CASE("a project is read, and the environment lies over it") {
  const Project& project = test::test_project();
  CHECK(project.timezone == "Europe/London");
  CHECK(project.find_connection("main")->token == "secret:main");
  CHECK(project.find_connection("main")->locations.size() == 2);
  CHECK(project.find_connection("none") == nullptr);
  setenv("MILLRACE_STORE", "sqlite:elsewhere.db", 1);
  setenv("MILLRACE_TIMEZONE", "CET", 1);
  const LoadedProject over = load_project(std::string(TEST_DATA) + "/workflow/project");
  unsetenv("MILLRACE_STORE");
  unsetenv("MILLRACE_TIMEZONE");
  CHECK_FALSE(over.project);
  CHECK(test::rendered(over.findings).find("MILLRACE_TIMEZONE: error: \"CET\"") == 0);
  CHECK(load_project("/nowhere").project->store == "sqlite:state/millrace.db");
}

TEST_CASE("what is wrong in millrace.yaml is found with its place") {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("millrace-project-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder / "workflows");
  std::ofstream(folder / "millrace.yaml")
      << "version: 1\ntimezone: CET\nconnection: {}\nconnections:\n  a:\n    plugin: crm\n    auth: {token: pit-123}\n"
         "    base_url: example.com\n    locations: all\ntrust: [abc]\n";
  for (const char* name : {"b.yaml", "a.yaml", "a.test.yaml", "notes.txt"})
    std::ofstream(folder / "workflows" / name) << "version: 1\n";
  const std::string found = test::rendered(load_project(folder).findings);
  const auto files = list_workflow_files(folder);
  const auto by_id = find_workflow_file(folder, "b");
  const auto unknown = find_workflow_file(folder, "aa");
  std::filesystem::remove_all(folder);
  for (const char* finding :
       {"millrace.yaml:2:11: error: \"CET\"", "millrace.yaml:3:1: error: unknown key \"connection\"",
        "millrace.yaml:7:19: error: a token is named", "millrace.yaml:8:15: error: an address begins with https://",
        "millrace.yaml:10:9: error: \"abc\" must match"}) {
    INFO(found);
    CHECK(found.find(finding) != std::string::npos);
  }
  REQUIRE(files.size() == 2);
  CHECK(files[0].shown_as == "workflows/a.yaml");
  REQUIRE(by_id);
  CHECK(by_id->shown_as == "workflows/b.yaml");
  CHECK_FALSE(unknown);
}

TEST_CASE("locations are a list of ids, ids with names, or all, and one without a name is called by its id") {
  const auto project = [](const std::string& locations) {
    return load_project(
        "/nowhere",
        std::make_shared<const SourceText>(SourceText{
            "millrace.yaml", "version: 1\nconnections:\n  crm: {plugin: crm, locations: " + locations + "}\n"}));
  };
  const LoadedProject named = project("{loc_north: North Gate, loc_main: Main Street}");
  REQUIRE(named.project);
  CHECK(named.findings.empty());
  CHECK(named.project->connections.front().locations == std::vector<std::string>{"loc_north", "loc_main"});
  CHECK_FALSE(named.project->connections.front().all_locations);
  CHECK(named.project->location_name("loc_main") == "Main Street");
  CHECK(named.project->location_name("loc_other") == "loc_other");
  const LoadedProject listed = project("[loc_main]");
  REQUIRE(listed.project);
  CHECK(listed.project->connections.front().locations == std::vector<std::string>{"loc_main"});
  CHECK(listed.project->location_name("loc_main") == "loc_main");
  for (const char* bad : {"{}", "{loc_main: }", "{loc_main: [Main Street]}", "[{loc_main: Main Street}]"})
    CHECK_MESSAGE(!project(bad).project, std::string(bad));
}

TEST_CASE("a store that does not exist yet, or that names no file, is refused with what to say") {
  const auto findings = [](const std::string& store) {
    setenv("MILLRACE_STORE", store.c_str(), 1);
    const LoadedProject loaded = load_project("/nowhere");
    unsetenv("MILLRACE_STORE");
    CHECK(loaded.project.has_value() == loaded.findings.empty());
    return test::rendered(loaded.findings);
  };
  for (const char* good :
       {"sqlite:state/millrace.db", "sqlite:/var/lib/millrace.db", "sqlite:a b.db", "sqlite:../x.db"})
    CHECK_MESSAGE(findings(good) == "", good);
  for (const char* bad : {"postgresql://host/db",
                          "postgres:db",
                          "POSTGRESQL://host/db",
                          "mysql://host/db",
                          "redis:x",
                          "http://host",
                          "sqlite:///state/millrace.db",
                          "sqlite:////var/x.db",
                          "sqlite://x.db",
                          "sqlite:",
                          "sqlite::memory:",
                          "sqlite:state/",
                          "sqlite:x.db?mode=memory",
                          "state/millrace.db",
                          "SQLite:x.db",
                          "file:x.db",
                          "sqlite:~/x.db",
                          "sqlite:$HOME/x.db",
                          "sqlite:${HOME}/x.db",
                          "sqlite: state/x.db",
                          "sqlite:state/x.db ",
                          "sqlite: ",
                          "sqlite:state",
                          "sqlite:./STATE",
                          "sqlite:.",
                          "sqlite:..",
                          "sqlite:data/..",
                          "sqlite:state/vault",
                          "sqlite:state/api-token",
                          "sqlite:state/../state/plan-key",
                          "sqlite:output",
                          "sqlite:millrace.yaml"}) {
    const std::string found = findings(bad);
    CHECK_MESSAGE(found.find("sqlite:state/millrace.db") != std::string::npos, found);
  }
  CHECK(findings("postgresql://host/db").find("cannot keep its store in PostgreSQL yet") != std::string::npos);
}

TEST_CASE("of a changed millrace.yaml a running service takes new connections, and says of the rest that it does not") {
  Project used = test::test_project();
  const ConnectionSettings* before = used.find_connection("main");
  CHECK(take_over(used, test::test_project()).empty());
  Project fresh = used;
  ConnectionSettings added = *before;
  added.name = "added";
  fresh.connections.push_front(added);
  CHECK(take_over(used, fresh) == std::vector<std::string>{"connection \"added\" is new, and can be used"});
  CHECK(used.find_connection("added") != nullptr);
  CHECK(used.find_connection("main") == before);
  CHECK(take_over(used, fresh).empty());
  fresh.chain_limit = 3;
  CHECK(take_over(used, fresh).empty());
  CHECK(used.chain_limit == 3);
  for (const auto& [change, said] : std::vector<std::pair<std::function<void(Project&)>, std::string>>{
           {[](Project& to) { to.timezone = "UTC"; }, "\"timezone\""},
           {[](Project& to) { to.store = "sqlite:x"; }, "\"store\""},
           {[](Project& to) { to.listen = "127.0.0.1:1"; }, "\"server\""},
           {[](Project& to) { to.hosts = {"mill.lan"}; }, "\"server\""},
           {[](Project& to) { to.public_url = "https://x"; }, "\"server\""},
           {[](Project& to) { to.trust.push_back("x"); }, "\"trust\""},
           {[](Project& to) { to.connections.front().base_url += "/x"; }, "connection \"added\" is another one"},
           {[](Project& to) { to.connections.back().token = "secret:x"; }, "is another one"},
           {[](Project& to) { to.connections.front().locations = {"x"}; }, "is another one"},
           {[](Project& to) { to.connections.front().location_names["loc"] = "x"; }, "is another one"},
           {[](Project& to) { to.connections.pop_front(); }, "connection \"added\" is gone"}}) {
    Project changed = fresh;
    change(changed);
    const std::vector<std::string> told = take_over(used, changed);
    REQUIRE(told.size() == 1);
    CHECK_MESSAGE(told[0].find(said) != std::string::npos, told[0]);
    CHECK(told[0].find("started again") != std::string::npos);
  }
}

TEST_CASE("the schema for editors knows the installed actions") {
  const Value schema = workflow_schema(test::test_catalog());
  const std::string text = encode_json(schema);
  CHECK(text.find(R"("const":"crm.tags.create")") != std::string::npos);
  CHECK(text.find(R"("const":"hooks.tag.changed")") != std::string::npos);
  const auto parsed = Schema::parse(schema);
  REQUIRE(parsed);
  const auto problems = [&](const char* workflow) { return (*parsed)->check(*parse_json(workflow)).size(); };
  CHECK(
      problems(
          R"({"version": 1, "triggers": ["manual"], "actions": [{"action": "crm.tags.create", "with": {"name": "x", "count": "n + 1"}}]})") ==
      0);
  CHECK(problems(R"({"version": 1, "actions": [{"action": "crm.tags.create", "with": {"nme": "x"}}]})") > 0);
  CHECK(problems(R"({"version": 1, "actions": [{"action": "crm.tags.creat"}]})") > 0);
}

TEST_SUITE_END();
