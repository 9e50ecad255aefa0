#include "gate/planned_changes.hpp"

#include "gate_bench.hpp"

namespace millrace {

using test::GateBench;
using test::reply;

namespace {

/// A far side that takes every write and gives a new tag the id "7"; and a live gate that keeps to the plan of
/// `plan`'s calls.
struct Keeping {
  using Call = std::pair<std::string, std::string>;
  using Plan = std::vector<Call>;

  explicit Keeping(const Plan& plan) : only(planned(plan)) {
    GateRules rules;
    rules.output_folder = bench.folder.path() / "output";
    rules.only = &only;
    live = open_live_gate(bench.outside(), rules);
  }

  std::vector<Change> planned(const Plan& calls) {
    bench.answer_with([](const IncomingRequest&) { return reply(200, R"({"tag":{"id":"7"},"succeded":true})"); });
    const auto gate = open_planning_gate(bench.outside(), {});
    int step = 0;
    for (const auto& [action, input] : calls)
      bench.perform(*gate, action, GateBench::read(input), bench.site(std::to_string(++step)));
    return gate->record().changes;
  }

  /// "done", or the error.
  std::string perform(const std::string& action, const std::string& input, const std::string& step) {
    const std::string given = bench.perform(*live, action, *parse_json(input), bench.site(step));
    return given.front() == '{' ? "done" : given;
  }

  GateBench bench;
  PlannedChanges only;
  std::unique_ptr<Gate> live;
};

const std::string gold = R"({"name":"gold"})";
const std::string silver = R"({"name":"silver"})";

}  // namespace

TEST_CASE("a gate that keeps to a plan makes its changes in any order, each once, and nothing else") {
  Keeping keeping(Keeping::Plan{{"shop.tags.create", gold}, {"shop.tags.create", silver}, {"shop.tags.create", gold}});
  CHECK(keeping.perform("shop.tags.create", silver, "a") == "done");
  CHECK(keeping.perform("shop.tags.create", gold, "b") == "done");
  CHECK(keeping.perform("shop.tags.create", gold, "c") == "done");
  CHECK(keeping.only.not_made().empty());
  CHECK(keeping.perform("shop.tags.create", gold, "d") == "denied: not in the plan: create tag gold; it was not done");
  CHECK(keeping.perform("shop.tags.delete", R"({"tag_id":"7"})", "e").find("denied: not in the plan") == 0);
  CHECK(keeping.bench.arrived.size() == 3);
  CHECK(keeping.only.refused().size() == 2);
}

TEST_CASE("a plan in the record of its run is the same plan, of which what was made is not made again") {
  Keeping keeping(Keeping::Plan{{"shop.tags.create", gold}, {"shop.tags.delete", R"({"tag_id":"7"})"}});
  const std::vector<Change> all = keeping.only.not_made();
  const auto later = PlannedChanges::read(keeping.only.text());
  REQUIRE(later->not_made().size() == 2);
  later->recall(all.front(), "k");
  CHECK(later->take(all.front(), "k"));  // the same effect, tried again
  CHECK_FALSE(later->take(all.front(), "another"));
  CHECK(later->take(all.back(), "another"));
  CHECK(later->not_made().empty());
  CHECK_FALSE(PlannedChanges::read("damaged")->take(all.front(), "k"));
}

TEST_CASE("another place, another method and another body are another change") {
  Keeping keeping(Keeping::Plan{{"shop.tags.update", R"({"tag_id":"1","name":"gold"})"}});
  CHECK(keeping.perform("shop.tags.update", R"({"tag_id":"2","name":"gold"})", "a") != "done");
  CHECK(keeping.perform("shop.tags.update", R"({"tag_id":"1","name":"Gold"})", "b") != "done");
  CHECK(keeping.perform("shop.tags.delete", R"({"tag_id":"1"})", "c") != "done");
  CHECK(keeping.perform("shop.tags.update", R"({"tag_id":"1","name":"gold","location_id":"north"})", "d") != "done");
  CHECK(keeping.bench.arrived.empty());
  CHECK(keeping.perform("shop.tags.update", R"({"tag_id":"1","name":"gold"})", "e") == "done");
}

TEST_CASE("what the plan could not know fits anything, and what it knew is taken first") {
  Keeping keeping(Keeping::Plan{{"shop.tags.create", gold},
                                {"shop.tags.update", R"({"tag_id":{"$unknown":"the id of gold"},"name":"platinum"})"},
                                {"shop.tags.update", R"({"tag_id":"7","name":"platinum"})"}});
  CHECK(keeping.perform("shop.tags.create", gold, "a") == "done");
  CHECK(keeping.perform("shop.tags.update", R"({"tag_id":"7","name":"platinum"})", "b") == "done");
  CHECK(keeping.perform("shop.tags.update", R"({"tag_id":"8","name":"bronze"})", "c") != "done");
  CHECK(keeping.perform("shop.tags.update", R"({"tag_id":"9","name":"platinum"})", "d") == "done");
  CHECK(keeping.only.not_made().empty());
}

TEST_CASE("a change that was refused by the far side may be made later, and is missing until then") {
  Keeping keeping(Keeping::Plan{{"shop.tags.create", gold}});
  keeping.bench.answer_in_turn({reply(422, "{}"), reply(200, "{}")});
  CHECK(keeping.perform("shop.tags.create", gold, "a") != "done");
  REQUIRE(keeping.only.not_made().size() == 1);
  CHECK(keeping.only.not_made().front().summary == "create tag gold");
  CHECK(keeping.perform("shop.tags.create", gold, "b") == "done");
  CHECK(keeping.only.not_made().empty());
}

TEST_CASE("a change that may have happened is tried again by the same effect only") {
  Keeping keeping(Keeping::Plan{{"shop.tags.create", gold}});
  keeping.bench.answer_in_turn({test::dropped(), reply(200, "{}")});
  CHECK(keeping.perform("shop.tags.create", gold, "a").find("unsure") == 0);
  CHECK(keeping.only.not_made().empty());
  CHECK(keeping.perform("shop.tags.create", gold, "other").find("denied: not in the plan") == 0);
  CHECK(keeping.perform("shop.tags.create", gold, "a") == "done");
}

TEST_CASE("files and reads under a plan") {
  Keeping keeping(Keeping::Plan{});
  CHECK(keeping.perform("shop.tags.list", "{}", "a") == "done");
  auto& bench = keeping.bench;
  const Action& write = bench.action("files.write");
  const auto refused = test::ask(bench.loop, keeping.live->write_file(write, "a.txt", "x", bench.site()));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "not in the plan: write file a.txt; it was not done");
  CHECK_FALSE(std::filesystem::exists(bench.folder.path() / "output" / "a.txt"));
}

}  // namespace millrace
