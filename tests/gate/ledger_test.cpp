#include <map>
#include <optional>

#include "gate/planned_changes.hpp"
#include "gate_bench.hpp"

namespace millrace {

using test::dropped;
using test::GateBench;
using test::reply;

namespace {

constexpr const char* made_vip = R"({"tag":{"id":"1","name":"vip"}})";

/// A ledger that says what it is asked, and remembers what the test tells it.
class SpokenLedger final : public Ledger {
 public:
  explicit SpokenLedger(const GateBench& bench) : bench_(bench) {}

  Task<Result<Known>> begin(const Action& action, CallSite site) override {
    trace += "begin " + action.name + " " + site.key + ", " + std::to_string(bench_.arrived.size()) + " sent\n";
    if (const auto wait = waits_for.find(site.key); wait != waits_for.end()) co_await wait->second->wait();
    if (refuses) co_return *refuses;
    const auto answer = known.find(site.key);
    Known found;
    if (answer != known.end()) found.answer = answer->second;
    found.left_before = left_before;
    co_return found;
  }

  Task<Status> end(const Action& action, CallSite site, Result<Value> outcome) override {
    trace += "end " + action.name + " " + site.key + ", " + bench_.shown(outcome) + "\n";
    ended.announce();
    if (broken) co_return *broken;
    co_return Done{};
  }

  std::string trace;
  std::map<std::string, Value> known;
  std::map<std::string, News*> waits_for;  // by key: what the beginning waits for
  News ended;
  std::optional<Error> refuses, broken;
  bool left_before = false;
  std::vector<PastChange> changes;
  std::vector<PastChange> changes_before() const override { return changes; }

 private:
  const GateBench& bench_;
};

GateRules with(SpokenLedger& ledger) {
  GateRules rules;
  rules.ledger = &ledger;
  return rules;
}

Task<void> create(GateBench& bench, Gate& gate, std::string name) {
  const Action& action = bench.action("shop.tags.create");
  const Value input = Value::object({{"name", name}});
  const CallSite site = bench.site(name);
  co_await gate.perform(action, input, site);
}

Task<void> create_two(GateBench& bench, Gate& gate) {
  Scope scope(bench.loop);
  scope.spawn(create(bench, gate, "first"));
  scope.spawn(create(bench, gate, "second"));
  co_await scope.done();
}

}  // namespace

TEST_CASE("a write inside a step is put down before it leaves, and again when it is answered") {
  GateBench bench;
  SpokenLedger ledger(bench);
  bench.answer_in_turn({reply(200, made_vip)});
  const auto gate = open_live_gate(bench.outside(), with(ledger));
  CHECK(bench.perform(*gate, "shop.tags.create", R"({"name":"vip"})") == made_vip);
  CHECK(ledger.trace == std::string("begin shop.tags.create key-of-step, 0 sent\n"
                                    "end shop.tags.create key-of-step, ") +
                            made_vip + "\n");
}

TEST_CASE("reads, files, and the write that is the step itself are not in the ledger") {
  GateBench bench;
  SpokenLedger ledger(bench);
  GateRules rules = with(ledger);
  rules.output_folder = bench.folder.path() / "output";
  const auto gate = open_live_gate(bench.outside(), rules);
  bench.perform(*gate, "shop.tags.list");
  CallSite step = bench.site();
  step.recorded = true;
  bench.perform(*gate, "shop.tags.create", Value::object({{"name", "vip"}}), step);
  CHECK(test::ask(bench.loop, gate->write_file(bench.action("files.write"), "a.txt", "text", bench.site())));
  CHECK(ledger.trace.empty());
  CHECK(gate->record().writes == 2);
}

TEST_CASE("what the ledger knows to have happened is not sent again, and its answer is the output") {
  GateBench bench;
  SpokenLedger ledger(bench);
  ledger.known["key-of-step"] = *parse_json(made_vip);
  const auto gate = open_live_gate(bench.outside(), with(ledger));
  CHECK(bench.perform(*gate, "shop.tags.create", R"({"name":"vip"})") == made_vip);
  CHECK(bench.arrived.empty());
  CHECK(ledger.trace == "begin shop.tags.create key-of-step, 0 sent\n");
  CHECK(gate->record().writes == 0);
  CHECK(gate->record().changes.empty());
  CHECK(gate->take_new_changes().empty());
}

TEST_CASE("what happened before a restart still counts for the safety limits") {
  GateBench bench;
  SpokenLedger ledger(bench);
  ledger.known["key-of-step"] = *parse_json(made_vip);
  GateRules rules = with(ledger);
  rules.limits.max_changes = 1;
  const auto gate = open_live_gate(bench.outside(), rules);
  bench.perform(*gate, "shop.tags.create", R"({"name":"vip"})");
  CHECK(bench.perform(*gate, "shop.tags.delete", Value::object({{"tag_id", "7"}}), bench.site("next")) ==
        "limited: safety: delete tag 7 would be change 2 of this run, and max_changes is 1");
  CHECK(bench.arrived.empty());
}

TEST_CASE("changes of steps that ended before a restart count, too") {
  GateBench bench;
  SpokenLedger ledger(bench);
  ledger.changes = {{{"", "shop_tag", ""}, "6", "key-of-another"}};
  GateRules rules = with(ledger);
  rules.limits.max_changes = 1;
  const auto gate = open_live_gate(bench.outside(), rules);
  CHECK(bench.perform(*gate, "shop.tags.delete", Value::object({{"tag_id", "7"}}), bench.site()) ==
        "limited: safety: delete tag 7 would be change 2 of this run, and max_changes is 1");
  CHECK(bench.arrived.empty());
}

TEST_CASE("max_percent goes on with what was read and changed before the run was taken out of memory") {
  GateBench bench;
  SpokenLedger ledger(bench);
  ledger.changes = {{{"", "shop_tag", ""}, "shop_tag:main/1", "key-of-another"}};
  GateRules rules = with(ledger);
  rules.limits.max_percent = 50;
  const auto gate = open_live_gate(bench.outside(), rules);
  gate->recall(bench.action("shop.tags.list"), place_of(bench.action("shop.tags.list"), Value(), "shop", "main"),
               *parse_json(R"({"tags":[{"id":"1"},{"id":"2"},{"id":"3"},{"id":"4"}]})"));
  const auto remove = [&](const char* id) {
    return bench.perform(*gate, "shop.tags.delete", Value::object({{"tag_id", id}}), bench.site(id));
  };
  CHECK(remove("2").find("limited") == std::string::npos);
  CHECK(remove("3").find("would be change 3 to the 4 read") != std::string::npos);
  CHECK(bench.arrived.size() == 1);
}

TEST_CASE("what was perhaps deleted before a restart, and is not there any more, is deleted") {
  for (const bool left_before : {true, false}) {
    GateBench bench;
    SpokenLedger ledger(bench);
    ledger.left_before = left_before;
    bench.answer_in_turn({reply(404, "{}")});
    const auto gate = open_live_gate(bench.outside(), with(ledger));
    const std::string outcome =
        bench.perform(*gate, "shop.tags.delete", Value::object({{"tag_id", "7"}}), bench.site());
    CHECK(outcome.starts_with("not_found") == !left_before);
  }
}

TEST_CASE("what was created before a restart does not widen what max_percent is measured against") {
  GateBench bench([](const IncomingRequest&) { return reply(200, R"({"tags":[{"id":"1"},{"id":"2"}]})"); });
  SpokenLedger ledger(bench);
  ledger.known["key-of-step"] = *parse_json(made_vip);
  const auto gate = open_live_gate(bench.outside(), with(ledger));
  bench.perform(*gate, "shop.tags.create", R"({"name":"vip"})");
  bench.perform(*gate, "shop.tags.list");
  CHECK(gate->record().seen.count(place_of(bench.action("shop.tags.list"), Value(), "shop", "main")) == 1);
}

TEST_CASE("a write that is repeated from the ledger is one that the plan foresaw, and is used up") {
  GateBench bench;
  const auto planning = open_planning_gate(bench.outside(), {});
  bench.perform(*planning, "shop.tags.create", R"({"name":"vip"})");
  PlannedChanges planned(planning->record().changes);
  SpokenLedger ledger(bench);
  ledger.known["key-of-step"] = *parse_json(made_vip);
  GateRules rules = with(ledger);
  rules.only = &planned;
  const auto gate = open_live_gate(bench.outside(), rules);
  bench.perform(*gate, "shop.tags.create", R"({"name":"vip"})");
  CHECK(planned.not_made().empty());
}

TEST_CASE("a write of which the ledger is unsure is not sent") {
  GateBench bench;
  SpokenLedger ledger(bench);
  ledger.refuses = Error{ErrorCode::unsure, "it is not known whether it happened"};
  const auto gate = open_live_gate(bench.outside(), with(ledger));
  CHECK(bench.perform(*gate, "shop.tags.create", R"({"name":"vip"})") == "unsure: it is not known whether it happened");
  CHECK(bench.arrived.empty());
}

TEST_CASE("a write that could not be put down is not sent, and the plan may still have it") {
  GateBench bench;
  const auto planning = open_planning_gate(bench.outside(), {});
  bench.perform(*planning, "shop.tags.create", R"({"name":"vip"})");
  PlannedChanges planned(planning->record().changes);
  SpokenLedger ledger(bench);
  ledger.refuses = Error{ErrorCode::unavailable, "the journal: disk failed"};
  GateRules rules = with(ledger);
  rules.only = &planned;
  const auto gate = open_live_gate(bench.outside(), rules);
  CHECK(bench.perform(*gate, "shop.tags.create", R"({"name":"vip"})") == "unavailable: the journal: disk failed");
  CHECK(bench.arrived.empty());
  CHECK(planned.not_made().size() == 1);
}

TEST_CASE("a write whose end could not be put down ends with that error") {
  GateBench bench;
  SpokenLedger ledger(bench);
  ledger.broken = Error{ErrorCode::unavailable, "the journal: disk failed"};
  const auto gate = open_live_gate(bench.outside(), with(ledger));
  CHECK(bench.perform(*gate, "shop.tags.create", R"({"name":"vip"})") == "unavailable: the journal: disk failed");
  CHECK(bench.arrived.size() == 1);
  CHECK(gate->record().changes.size() == 1);
}

TEST_CASE("where nobody knows how a write ended, no end is put down") {
  GateBench bench;
  SpokenLedger ledger(bench);
  std::string action = "shop.tags.create", input = R"({"name":"vip"})";
  SUBCASE("the answer was lost") { bench.answer_in_turn({dropped()}); }
  SUBCASE("a gateway lost it") { bench.answer_in_turn({reply(502, "")}); }
  SUBCASE("it was accepted with an answer that cannot be read") { bench.answer_in_turn({reply(200, "<html>")}); }
  SUBCASE("the answers of what may be repeated were lost") {
    bench.answer_in_turn({dropped()});
    action = "shop.orders.add";
    input = R"({"item":"tea"})";
  }
  const auto gate = open_live_gate(bench.outside(), with(ledger));
  bench.perform(*gate, action, input);
  CHECK(ledger.trace == "begin " + action + " key-of-step, 0 sent\n");
}

TEST_CASE("a refusal is put down as one, so that the write may be sent again") {
  GateBench bench;
  SpokenLedger ledger(bench);
  const auto gate = open_live_gate(bench.outside(), with(ledger));
  bench.answer_in_turn({reply(422, R"({"message":"no such colour"})")});
  bench.perform(*gate, "shop.tags.create", R"({"name":"vip"})");
  CHECK(ledger.trace.find("end shop.tags.create key-of-step, invalid: shop did not accept") != std::string::npos);
}

TEST_CASE("a library sees a refusal as an answer, and the ledger sees that nothing happened") {
  GateBench bench;
  SpokenLedger ledger(bench);
  const auto gate = open_live_gate(bench.outside(), with(ledger));
  bench.answer_in_turn({reply(503, "")});
  RequestParts parts;
  parts.method = "POST";
  parts.path = "/anything";
  const auto answer = test::ask(bench.loop, gate->request(bench.action("shop.push"), parts, Value(), bench.site()));
  REQUIRE(answer);
  CHECK(answer->find("status")->integer() == 503);
  CHECK(ledger.trace.find("end shop.push key-of-step, unavailable: shop failed") != std::string::npos);
}

TEST_CASE("new lines of the change list are told in the order of their coming, each once") {
  GateBench bench;
  SpokenLedger ledger(bench);
  ledger.waits_for["key-of-first"] = &ledger.ended;
  const auto gate = open_live_gate(bench.outside(), with(ledger));
  test::ask(bench.loop, create_two(bench, *gate));
  REQUIRE(gate->record().changes.size() == 2);
  CHECK(gate->record().changes[0].step == "first");
  const auto news = gate->take_new_changes();
  REQUIRE(news.size() == 2);
  CHECK(news[0].step == "second");
  CHECK(news[1].step == "first");
  CHECK(gate->take_new_changes().empty());
}

}  // namespace millrace
