#include <doctest/doctest.h>

#include "hostile_texts.hpp"
#include "rehearsal/undo.hpp"
#include "value/json.hpp"
#include "workflow/load.hpp"
#include "yaml/quotes.hpp"
#include "yaml/yaml.hpp"

namespace millrace {

TEST_SUITE_BEGIN("rehearsal");

TEST_CASE(
    "an undo is a workflow: a loop with a step for each shape of reversals, in their order, with every value in its "
    "event") {
  const Catalog catalog = Catalog::load(std::string(TEST_DATA) + "/../plugins", "");
  const Action* create = catalog.find_action("highlevel.location_tags.create");
  const Action* add = catalog.find_action("highlevel.contact_tags.add");
  REQUIRE(create != nullptr);
  Undo undo;
  const std::string odd = "${{ item }} \"quoted\" 営業";
  undo.reversals = {{create, "highlevel", Value::object({{"name", odd}})},
                    {create, "highlevel", Value::object({{"name", "b"}})},
                    {create, "other", Value::object({{"name", "c"}})},
                    {add, "highlevel", Value::object({{"contact_id", "1"}, {"tags", Value::List{Value("b")}}})},
                    {create, "highlevel", Value::object({{"name", "d"}})}};
  RunHead head;
  head.key = *parse_run_key("r06f8w3k2q1m9s");
  head.workflow = "prune";
  head.location = "loc_main";
  const UndoWorkflow made = workflow_of(undo, head);
  CHECK(made.id == "undo-r06f8w3k2q1m9s");
  CHECK(made.text.find(odd) == std::string::npos);
  CHECK(encode_json(made.event) ==
        R"({"undoes":"r06f8w3k2q1m9s","steps":[)"
        R"({"step":"highlevel_location_tags_create_1","with":{"name":"${{ item }} \"quoted\" 営業"}},)"
        R"({"step":"highlevel_location_tags_create_1","with":{"name":"b"}},)"
        R"({"step":"highlevel_location_tags_create_2","with":{"name":"c"}},)"
        R"({"step":"highlevel_contact_tags_add_3","with":{"contact_id":"1","tags":["b"]}},)"
        R"({"step":"highlevel_location_tags_create_1","with":{"name":"d"}}]})");
  const auto loaded = load_version(made.id, made.text, catalog);
  REQUIRE(loaded.workflow);
  CHECK(loaded.findings.empty());
  CHECK(loaded.workflow->steps.size() == 2);  // and one that tells what was refused
}

TEST_CASE("however much is undone, and however it is mixed, its workflow stays small") {
  const Catalog catalog = Catalog::load(std::string(TEST_DATA) + "/../plugins", "");
  const Action* create = catalog.find_action("highlevel.location_tags.create");
  const Action* update = catalog.find_action("highlevel.location_tags.update");
  Undo undo;
  for (int i = 0; i < 3000; ++i) {
    const std::string number = std::to_string(i);
    if (i % 2 == 0) undo.reversals.push_back({create, "highlevel", Value::object({{"name", number}})});
    if (i % 2 == 1)
      undo.reversals.push_back({update, "highlevel", Value::object({{"tag_id", number}, {"name", number}})});
  }
  const UndoWorkflow made = workflow_of(undo, RunHead());
  CHECK(made.text.size() < 4096);
  CHECK(made.event.find("steps")->list().size() == 3000);
}

TEST_CASE("an undo gives each input by its name, whatever that is") {
  const Catalog catalog = Catalog::load(std::string(TEST_DATA) + "/../plugins", "");
  for (const std::string& name : test::hostile_texts()) {
    CAPTURE(name);
    Map input;
    input.set(Value(name), "put back");
    Undo undo;
    undo.reversals = {{catalog.find_action("highlevel.location_tags.create"), name, Value(input)}};
    RunHead head;
    head.workflow = head.location = name;
    const UndoWorkflow made = workflow_of(undo, head);
    const YamlDocument read = read_yaml(std::make_shared<const SourceText>(SourceText{"undo.yaml", made.text}));
    for (const Finding& one : read.findings) MESSAGE(render(one));
    REQUIRE(read.root);
    CHECK(read.findings.empty());
    const Node& choice = read.root->find("actions")->items.at(0).find("do")->items.at(0);
    const Node& step = choice.find("cases")->items.at(0).find("do")->items.at(0);
    CHECK((name.empty() || step.find("connection")->text == name));
    const Node::Member& given = step.find("with")->members.at(0);
    CHECK(given.key == name);
    CHECK(given.value.text == "${{ item.with[" + in_double_quotes(name) + "] }}");
  }
}

TEST_CASE("a run that has not ended, was a dry run or cannot be read is not undone, and it is said why") {
  StoredRun run;
  run.head.key = *parse_run_key("r06f8w3k2q1m9s");
  run.head.started = Timestamp{1, 0};
  const auto why = [&run](RunOutcome outcome) {
    run.head.outcome = outcome;
    const auto refused = not_undoable(run);
    return refused ? refused->message : "";
  };
  CHECK(why(RunOutcome::completed) ==
        "run r06f8w3k2q1m9s was a dry run: it changed nothing, so there is nothing to undo");
  run.head.live = true;
  for (const RunOutcome ended : {RunOutcome::completed, RunOutcome::failed, RunOutcome::skipped,
                                 RunOutcome::stopped_by_safety, RunOutcome::cancelled})
    CHECK(why(ended) == "");
  CHECK(why(RunOutcome::running) ==
        "run r06f8w3k2q1m9s is still under way, or was broken off: \"millrace runs cancel r06f8w3k2q1m9s\" ends it as "
        "soon as a service runs (\"millrace serve\"), and then it can be undone");
  CHECK(why(RunOutcome::parked) ==
        "run r06f8w3k2q1m9s is parked, and it is not known whether its last write happened: \"millrace runs resolve "
        "r06f8w3k2q1m9s\" settles it, and then it can be undone");
  CHECK(why(RunOutcome::waiting).find("waits to go on") != std::string::npos);
  run.head.started.reset();
  CHECK(why(RunOutcome::running).find("waits for its turn and has changed nothing") != std::string::npos);
  run.unreadable = "a record is damaged";
  CHECK(why(RunOutcome::completed) ==
        "run r06f8w3k2q1m9s cannot be undone, because its record cannot be read: a record is damaged");
}

TEST_SUITE_END();

}  // namespace millrace
