#include "rehearsal/recorded_test.hpp"

#include <doctest/doctest.h>

#include "hostile_texts.hpp"
#include "temporary_folder.hpp"
#include "value/json.hpp"
#include "workflow/load.hpp"
#include "workflow/test_file.hpp"

using namespace millrace;

TEST_SUITE_BEGIN("rehearsal");

TEST_CASE("what is recorded is read as it was, whatever texts and names are in it") {
  const test::TemporaryFolder folder;
  const Catalog catalog = Catalog::load(std::string(TEST_DATA) + "/../plugins", "");
  StoredRun run;
  run.head.key = *parse_run_key("r0000000000001");
  run.head.workflow = "w";
  run.head.live = true;
  run.head.started = run.head.ended = Timestamp{1'800'000'000, 0};
  run.head.outcome = RunOutcome::completed;
  run.text = "version: 1\ntriggers: manual\nactions:\n  - set: {a: 1}\n";
  folder.write("w.yaml", run.text);
  const auto secrets = open_secrets(folder.path());
  const LoadedWorkflow workflow = load_version("w", run.text, catalog);
  REQUIRE(workflow.workflow);

  Map values, names;
  Value::List list;
  for (const std::string& text : test::hostile_texts()) {
    values.set("v" + std::to_string(list.size()), text);
    names.set(Value(text), Value(text));
    list.emplace_back(text);
  }
  std::vector<Value> events = {Value::object({{"values", values}, {"names", names}, {"list", Value(list)}})};
  for (const Value& text : list) {  // short enough for a line
    Map named;
    named.set(text, Value::List{text});
    events.push_back(Value::object({{"text", text}, {"named", Value(std::move(named))}}));
  }
  for (const Value& event : events) {
    run.event.payload = event;
    const auto text = record_test(run, *workflow.workflow, catalog, *secrets);
    REQUIRE(text);
    const auto file = folder.write("w.test.yaml", *text);
    const LoadedTestFile loaded = load_test_file({file, "w.test.yaml"}, catalog, nullptr);
    for (const Finding& one : loaded.findings) MESSAGE(render(one));
    CHECK(loaded.findings.empty());
    REQUIRE(loaded.file);
    REQUIRE(loaded.file->tests.size() == 1);
    CHECK(encode_json(*loaded.file->tests[0].event) == encode_json(event));
  }
}

TEST_SUITE_END();
