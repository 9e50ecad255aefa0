#include <algorithm>
#include <deque>

#include "gate_bench.hpp"

namespace millrace {

using test::dropped;
using test::GateBench;
using test::reply;

namespace {

/// Knows what the test says was made before.
class Past final : public Ledger {
 public:
  Task<Result<Known>> begin(const Action&, CallSite site) override {
    Known known;
    if (site.key == "key-of-" + done) known.answer = Value(Map());
    co_return known;
  }
  Task<Status> end(const Action&, CallSite, Result<Value>) override { co_return Done{}; }
  std::vector<PastChange> changes_before() const override { return changes; }

  std::string done;  // the step whose write happened
  std::vector<PastChange> changes;
};

/// A live gate with a limit, to a far side that answers with what the test puts down, and 200 then.
struct Limited {
  explicit Limited(std::int64_t max_changes, Past* past = nullptr) {
    rules.limits.max_changes = max_changes;
    rules.ledger = past;
    bench.answer_with([this](const IncomingRequest&) {
      if (answers.empty()) return reply(200, "{}");
      OutgoingResponse next = answers.front();
      answers.pop_front();
      return next;
    });
    gate = open_live_gate(bench.outside(), rules);
  }
  /// One attempt of a step; its outcome's first word.
  std::string attempt(const std::string& step, std::optional<OutgoingResponse> answer = std::nullopt,
                      const std::string& action = "shop.tags.create") {
    if (answer) answers.push_back(std::move(*answer));
    const Value input =
        action == "shop.tags.create" ? *parse_json(R"({"name":"vip"})") : *parse_json(R"({"tag_id":"1"})");
    const std::string shown = bench.perform(*gate, action, input, bench.site(step));
    return shown.substr(0, shown.find(':'));
  }
  std::size_t listed() const { return gate->record().changes.size(); }

  GateBench bench;
  std::deque<OutgoingResponse> answers;
  GateRules rules;
  std::unique_ptr<Gate> gate;
};

}  // namespace

TEST_CASE("attempts that were refused count for no limit and are in no list") {
  for (const int status : {400, 401, 403, 404, 409, 422, 501, 503}) {
    CAPTURE(status);
    Limited limited(1);
    for (int number = 0; number < 3; ++number) CHECK(limited.attempt("a", reply(status, "")) != "limited");
    CHECK(limited.listed() == 0);
    CHECK(limited.attempt("a") == "{}");
    CHECK(limited.listed() == 1);
    CHECK(limited.gate->record().writes == 1);
    CHECK(limited.gate->take_new_changes().size() == 1);
    CHECK(limited.attempt("b") == "limited");
  }
}

TEST_CASE("an attempt that may have happened is a change, and its next one is the same change") {
  for (const OutgoingResponse& lost : {dropped(), reply(500, ""), reply(502, ""), reply(504, "")}) {
    Limited limited(2);
    limited.attempt("a", lost);
    CHECK(limited.listed() == 1);
    limited.attempt("a", reply(503, ""));  // which takes nothing back of what may have happened before
    limited.attempt("a", lost);
    CHECK(limited.attempt("a") == "{}");
    CHECK(limited.listed() == 1);
    CHECK(limited.gate->record().writes == 1);
    CHECK(limited.gate->take_new_changes().size() == 1);
    CHECK(limited.attempt("b") == "{}");
    CHECK(limited.attempt("c") == "limited");
  }
}

TEST_CASE("what was made and is made again by the same step is another change") {
  Limited limited(2);
  CHECK(limited.attempt("a") == "{}");
  CHECK(limited.attempt("a") == "{}");
  CHECK(limited.listed() == 2);
  CHECK(limited.gate->record().writes == 2);
  CHECK(limited.attempt("a") == "limited");
}

TEST_CASE("in a loop each item has its own change, however often it was refused") {
  Limited limited(3);
  for (const char* item : {"items[0]", "items[1]", "items[2]"}) {
    limited.attempt(item, reply(503, ""));
    limited.attempt(item, reply(409, ""));
    CHECK(limited.attempt(item) == "{}");
  }
  CHECK(limited.listed() == 3);
  CHECK(limited.attempt("items[3]") == "limited");
}

TEST_CASE("a refused deletion is no part of what max_percent weighs") {
  Limited limited(10);
  limited.rules.limits.max_percent = 50;
  limited.gate = open_live_gate(limited.bench.outside(), limited.rules);
  limited.answers.push_back(reply(200, R"({"tags":[{"id":"1"},{"id":"2"}]})"));
  limited.bench.perform(*limited.gate, "shop.tags.list");
  limited.answers.push_back(reply(409, ""));
  CHECK(limited.bench.perform(*limited.gate, "shop.tags.delete", R"({"tag_id":"2"})").find("conflict: ") == 0);
  CHECK(limited.bench.perform(*limited.gate, "shop.tags.delete", R"({"tag_id":"1"})") == "{}");
  CHECK(limited.bench.perform(*limited.gate, "shop.tags.delete", R"({"tag_id":"2"})").find("limited: ") == 0);
}

TEST_CASE("after a restart what was made counts, and what may have been made is the same change as its next attempt") {
  Past past;
  const ThingPlace tags{"", "shop_tag", ""};
  past.changes = {{tags, "shop_tag:main/gold", "key-of-made"}, {tags, "shop_tag:main/vip", "key-of-open"}};
  Limited limited(3, &past);
  CHECK(limited.attempt("open") == "{}");
  CHECK(limited.listed() == 0);  // the journal has its line
  CHECK(limited.attempt("new") == "{}");
  CHECK(limited.listed() == 1);
  CHECK(limited.attempt("newer") == "limited");
}

TEST_CASE("a job that is done again does not count once more what it has made") {
  Past past;
  Limited limited(2, &past);
  CHECK(limited.attempt("inner") == "{}");
  past.done = "inner";
  CHECK(limited.attempt("inner") == "{}");
  CHECK(limited.attempt("inner") == "{}");
  CHECK(limited.bench.arrived.size() == 1);
  CHECK(limited.listed() == 1);
  CHECK(limited.attempt("other") == "{}");
  CHECK(limited.attempt("third") == "limited");
}

TEST_CASE("a file that a step writes again is one change, and one that could not be written is none") {
  Limited limited(1);
  limited.rules.output_folder = limited.bench.folder.path() / "output";
  limited.gate = open_live_gate(limited.bench.outside(), limited.rules);
  const auto write = [&limited](const std::string& step, const std::string& file) {
    return limited.bench
        .shown(test::ask(limited.bench.loop, limited.gate->write_file(limited.bench.action("files.write"), file, "x",
                                                                      limited.bench.site(step))))
        .substr(0, 8);
  };
  limited.bench.folder.write("output/taken", "");
  CHECK(write("a", "taken/report.csv") == "unavaila");
  CHECK(write("a", "report.csv").find("{\"file") == 0);
  CHECK(write("a", "report.csv").find("{\"file") == 0);
  CHECK(limited.listed() == 1);
  CHECK(write("b", "report.csv") == "limited:");
}

namespace {

Task<void> create_at(Gate& gate, const Action& action, CallSite site, std::vector<std::string>& outcomes) {
  const Value input = *parse_json(R"({"name":"vip"})");
  const auto output = co_await gate.perform(action, input, site);
  outcomes.push_back(output ? "made" : std::string(name_of(output.error().code)));
}

/// Four writes side by side, of which the far side refuses the first ones; how each ended.
std::vector<std::string> four_at_once(Limited& limited, std::size_t refused) {
  for (std::size_t number = 0; number < refused; ++number) limited.answers.push_back(reply(422, ""));
  std::vector<std::string> outcomes;
  const auto all = [&]() -> Task<void> {
    Scope scope(limited.bench.loop);
    for (const char* step : {"a", "b", "c", "d"}) {
      scope.spawn(
          create_at(*limited.gate, limited.bench.action("shop.tags.create"), limited.bench.site(step), outcomes));
    }
    co_await scope.done();
  };
  test::ask(limited.bench.loop, all());
  std::sort(outcomes.begin(), outcomes.end());
  return outcomes;
}

}  // namespace

TEST_CASE("at the limit writes wait for those under way, which may be refused and count for nothing then") {
  Limited limited(2);
  CHECK(four_at_once(limited, 2) == std::vector<std::string>{"invalid", "invalid", "made", "made"});
  CHECK(limited.listed() == 2);
  CHECK_FALSE(limited.gate->record().limit);
  Limited full(2);
  CHECK(four_at_once(full, 1) == std::vector<std::string>{"invalid", "limited", "made", "made"});
  CHECK(full.listed() == 2);
  CHECK(full.gate->record().limit);
}

}  // namespace millrace
