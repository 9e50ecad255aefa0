#include <doctest/doctest.h>

#include <chrono>
#include <deque>

#include "trigger/rule_index.hpp"
#include "value/json.hpp"

using namespace millrace;

namespace {

/// Conditions that stay where they are, as those of loaded workflows do.
class Rules {
 public:
  void add(const std::string& condition) {
    const auto parsed = Expression::parse(condition);
    REQUIRE(std::holds_alternative<Expression>(parsed));
    conditions_.push_back({std::get<Expression>(parsed), SourceMark()});
    index_.add(conditions_.size() - 1, &conditions_.back());
  }
  void always() {
    conditions_.push_back({std::get<Expression>(Expression::parse("true")), SourceMark()});
    index_.add(conditions_.size() - 1, nullptr);
  }
  std::vector<std::size_t> candidates(const Value& event) const {
    std::vector<std::size_t> found;
    index_.candidates(event, found);
    return found;
  }
  std::vector<std::size_t> matching(const Value& event) const {
    std::vector<std::size_t> found;
    for (std::size_t rule = 0; rule < conditions_.size(); ++rule) {
      Bindings names;
      names.set("event", event);
      const auto holds = conditions_[rule].expression.evaluate(names);
      if (holds && holds->is_true()) found.push_back(rule);
    }
    return found;
  }

 private:
  std::deque<PlacedExpression> conditions_;
  RuleIndex index_;
};

}  // namespace

TEST_SUITE_BEGIN("trigger");

TEST_CASE("an event finds the rules whose constants it has, and those that have none") {
  Rules rules;
  rules.add("event.type == 'a'");
  rules.add("event.type == 'b'");
  rules.add("event.count > 3");
  rules.always();
  rules.add("event.tag.name in ['vip', 'new', 'vip']");
  const auto found = [&](const char* event) { return rules.candidates(*parse_json(event)); };
  CHECK(found(R"({"type": "a"})") == std::vector<std::size_t>{0, 2, 3});
  CHECK(found(R"({"type": "b", "tag": {"name": "vip"}})") == std::vector<std::size_t>{1, 2, 3, 4});
  CHECK(found(R"({"type": 1, "tag": "vip"})") == std::vector<std::size_t>{2, 3});
  CHECK(found("null") == std::vector<std::size_t>{2, 3});
}

TEST_CASE("no rule that matches is ever left out") {
  Rules rules;
  for (const char* condition :
       {"event.a == 'x'", "'x' == event.a && event.b == 'y'", "event.a == 'x' || event.b == 'y'", "!(event.a == 'x')",
        "event.a in ['x', 'z']", "event.a in ['x', event.b]", "event.a == 'x' ? event.b == 'y' : true",
        "event['a'] == 'x' && size(event.a) == 1", "event.?a.orValue('x') == 'x'", "event.a != 'x' && event.b == 'y'",
        "[event.a].exists(event, event == 'x')", "event.a == event.b", "(event.a == 'x' && event.b in ['y']) == false",
        "event.?a == optional.of('x')", "has(event.c) || event.a == 'x'"}) {
    rules.add(condition);
  }
  for (const char* event : {R"({"a":"x","b":"y"})", R"({"a":"x","b":"x"})", R"({"a":"z","b":"y"})", R"({"a":"y"})",
                            R"({"b":"y"})", R"({"a":["x"],"b":1})", R"({"c":1})", "{}"}) {
    INFO(event);
    const Value value = *parse_json(event);
    const auto candidates = rules.candidates(value);
    for (const std::size_t rule : rules.matching(value)) {
      INFO(rule);
      CHECK(std::find(candidates.begin(), candidates.end(), rule) != candidates.end());
    }
  }
}

TEST_CASE("of several constants the index takes the one that tells more rules apart") {
  Rules rules;
  for (int rule = 0; rule < 100; ++rule)
    rules.add("event.type == 'tag' && event.location == 'l" + std::to_string(rule) + "'");
  CHECK(rules.candidates(*parse_json(R"({"type":"tag","location":"l42"})")).size() <= 2);
}

TEST_CASE("an event touches as few of ten thousand rules as of ten") {
  const auto measure = [](int count) {
    Rules rules;
    for (int rule = 0; rule < count; ++rule) rules.add("event.tag == 't" + std::to_string(rule) + "' && event.n > 1");
    const Value event = *parse_json(R"({"tag":"t7","n":2})");
    REQUIRE(rules.candidates(event) == std::vector<std::size_t>{7});
    std::vector<std::size_t> found;
    const auto begin = std::chrono::steady_clock::now();
    for (int turn = 0; turn < 100'000; ++turn) {
      found.clear();
      // The test's own loop asks the index through a copy of nothing: only the look-up is timed.
      found = rules.candidates(event);
    }
    return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begin).count() / 100'000;
  };
  const double few = measure(10);
  const double many = measure(10'000);
  MESSAGE(few << " ns an event with 10 rules, " << many << " ns with 10,000");
  CHECK(many < few * 20);  // a walk through all would be a thousand times as much; figures belong into the benchmarks
}

TEST_SUITE_END();
