#include "runtime/idempotency_keys.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <set>
#include <string>

#include "decider/decide.hpp"
#include "value/json.hpp"
#include "workflow/load.hpp"

using namespace millrace;

namespace {

/// A run of a loop over `event.items`, all of whose items are under way.
struct ItemLoop {
  explicit ItemLoop(const std::string& event, const std::string& before = "")
      : catalog(Catalog::load(std::string(TEST_DATA) + "/data/plugins", "")) {
    const std::string text = "version: 1\nname: Keys\ntriggers:\n  - manual\nactions:\n" + before +
                             "  - for_each: event.items\n    parallel: 9\n    do:\n"
                             "      - {action: note.write, with: {text: x}}\n";
    LoadedWorkflow loaded = load_workflow(std::make_shared<const SourceText>(SourceText{"keys.yaml", text}), catalog);
    for (const Finding& finding : loaded.findings) MESSAGE(render(finding));
    REQUIRE(loaded.workflow);
    workflow = std::make_unique<Workflow>(std::move(*loaded.workflow));
    fold(*workflow, state, start_event(*parse_json(event), Value(Map()), {}, Value()));
    commands = decide(*workflow, catalog, state, {}).commands;
  }

  std::string key(std::size_t item, std::string origin = "hook:a\n1", std::string location = "") {
    REQUIRE(item < commands.size());
    IdempotencyKeys keys(std::move(origin), "keys", std::move(location));
    return keys.key_of(*workflow, state, commands[item].path);
  }

  Catalog catalog;
  std::unique_ptr<Workflow> workflow;
  RunState state;
  std::vector<Command> commands;
};

}  // namespace

TEST_SUITE_BEGIN("runtime");

TEST_CASE("the key of an effect is that of its event, workflow, location and place, and of no run") {
  ItemLoop first(R"({"items": ["a", "b"]})"), again(R"({"items": ["a", "b"]})");
  CHECK(first.key(0) == again.key(0));
  CHECK(first.key(0) == first.key(0));
  CHECK(first.key(0).size() == 32);
  std::set<std::string> keys = {first.key(0), first.key(1), first.key(0, "hook:a\n2"), first.key(0, "hook:b\n1"),
                                first.key(0, "hook:a\n1", "loc_main")};
  CHECK(keys.size() == 5);
}

TEST_CASE("an item of a loop goes by its id, else by all that it is, and not by its place in the list") {
  struct Case {
    const char *before, *behind;
    std::size_t at_before, at_behind;
    bool same;
  };
  const Case cases[] = {
      {R"(["a", "b"])", R"(["new", "b", "a"])", 0, 2, true},
      {R"([7, 8])", R"([8, 7])", 0, 1, true},
      {R"([{"id": "x", "n": 1}, {"id": "y"}])", R"([{"id": "y"}, {"id": "x", "n": 2}])", 0, 1, true},
      {R"([{"id": 4, "n": 1}])", R"([{"id": 5}, {"id": 4}])", 0, 1, true},
      {R"([{"name": "x"}, {"name": "y"}])", R"([{"name": "y"}, {"name": "x"}])", 0, 1, true},
      {R"(["a", "b"])", R"(["b", "a"])", 0, 0, false},
      {R"([{"id": "4"}])", R"([{"id": 4}])", 0, 0, false},
      {R"([{"name": "x", "n": 1}])", R"([{"name": "x", "n": 2}])", 0, 0, false},
      {R"(["a", "a"])", R"(["a", "a"])", 0, 1, false},
      {R"(["a", "a"])", R"(["new", "a", "a"])", 1, 2, true},
  };
  for (const Case& each : cases) {
    CAPTURE(each.before);
    CAPTURE(each.behind);
    ItemLoop before(std::string("{\"items\": ") + each.before + "}"),
        behind(std::string("{\"items\": ") + each.behind + "}");
    CHECK((before.key(each.at_before) == behind.key(each.at_behind)) == each.same);
  }
}

TEST_CASE("an effect that a person has asked for once more is another one, and so is what follows from another end") {
  ItemLoop loop(R"({"items": ["a"]})");
  IdempotencyKeys keys("hook:a\n1", "keys", "");
  const std::string first = keys.key_of(*loop.workflow, loop.state, loop.commands[0].path), end = keys.end(loop.state);
  loop.state.reopened.push_back(0);
  CHECK(keys.key_of(*loop.workflow, loop.state, loop.commands[0].path) != first);
  CHECK(keys.end(loop.state) != end);
}

TEST_SUITE_END();
