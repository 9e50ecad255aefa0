#include "workflow/expected_loader.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "base/text.hpp"
#include "schema/schema.hpp"

namespace millrace {

namespace {

const std::vector<std::string>& matcher_names() {
  static const std::vector<std::string> names = {"contains", "matches", "where"};
  return names;
}

bool is_matcher(const std::string& name) {
  return std::find(matcher_names().begin(), matcher_names().end(), name) != matcher_names().end();
}

/// What matchers are called elsewhere: they are none here, and hardly the only member of anybody's data.
bool is_matcher_elsewhere(const std::string& name) {
  static const std::set<std::string> names = {
      "gt",         "gte",         "lt",       "lte",         "eq",           "ne",        "equals",   "equal",
      "startswith", "starts_with", "endswith", "ends_with",   "greater_than", "less_than", "includes", "regex",
      "one_of",     "oneof",       "not_null", "is_not_null", "to_be",        "to_equal"};
  return names.contains(lower(name));
}

/// Where one key is a matcher, all are; a lone key that looks like one is a slip.
bool holds_matchers(const Node& node) {
  if (!node.is_map() || node.members.empty()) return false;
  const std::string& first = node.members.front().key;
  if (node.members.size() == 1 && (nearest(first, matcher_names()) || is_matcher_elsewhere(first))) return true;
  return std::any_of(node.members.begin(), node.members.end(),
                     [](const Node::Member& member) { return is_matcher(member.key); });
}

const std::vector<std::string> step_outcomes = {"succeeded", "failed", "skipped", "unsure", "not_reached"};

}  // namespace

Expected ExpectedLoader::load(const Node* node, const SourceMark& at) {
  static const Node nothing;
  Expected expect;
  expect.kind = Expected::Kind::map;
  expect.at = node != nullptr ? fields_.mark(*node) : at;
  bool fails = false;
  for (const Node::Member& member : (node != nullptr ? *node : nothing).members) {
    if (member.key == "error") {
      expect.members.push_back({member.key, error(member.value)});
      fails = !member.value.is_empty();
    } else if (member.key == "steps") {
      expect.members.push_back({member.key, steps(member.value)});
    } else if (member.key == "changes") {
      expect.members.push_back({member.key, changes(member.value)});
    } else {
      expect.members.push_back({member.key, value(member.value)});
    }
  }
  if (expect.member("outcome") == nullptr) {
    Expected outcome;
    outcome.value = fails ? "failed" : "completed";
    outcome.at = expect.at;
    expect.members.insert(expect.members.begin(), {"outcome", std::move(outcome)});
  }
  return expect;
}

Expected ExpectedLoader::value(const Node& node) {
  if (holds_matchers(node)) return matchers(node);
  Expected expected;
  expected.at = fields_.mark(node);
  if (node.is_plain() && node.text == "any") {
    expected.kind = Expected::Kind::any;
  } else if (node.is_list()) {
    expected.kind = Expected::Kind::list;
    for (const Node& item : node.items) expected.items.push_back(value(item));
  } else if (node.is_map()) {
    expected.kind = Expected::Kind::map;
    for (const Node::Member& member : node.members) expected.members.push_back({member.key, value(member.value)});
  } else {
    expected.value = fields_.fixed(node, SchemaView());
  }
  return expected;
}

Expected ExpectedLoader::matchers(const Node& node) {
  Expected all;
  all.kind = Expected::Kind::all;
  all.at = fields_.mark(node);
  for (const Node::Member& member : node.members) {
    if (is_matcher(member.key)) {
      all.items.push_back(matcher(member));
      continue;
    }
    fields_.report(finding(Rule::unknown_matcher, document_.key_mark(member),
                           "there is no matcher \"" + member.key + "\"; there are any, " + join(matcher_names(), ", ") +
                               " (a comparison is {where: value > 3})",
                           nearest(member.key, matcher_names()).value_or("")));
  }
  if (all.items.size() != 1) return all;
  Expected only = std::move(all.items.front());
  return only;
}

Expected ExpectedLoader::matcher(const Node::Member& member) {
  if (member.key == "where") return where(member.value);
  Expected expected;
  expected.at = fields_.mark(member.value);
  if (member.key == "contains") {
    expected.kind = Expected::Kind::contains;
    expected.items.push_back(value(member.value));
    return expected;
  }
  expected.kind = Expected::Kind::matches;
  expected.value = Value(member.value.text);
  if (!member.value.is_scalar() || !pattern_known(member.value.text))
    fields_.report(finding(Rule::wrong_value, expected.at, "this is no regular expression"));
  return expected;
}

Expected ExpectedLoader::where(const Node& node) {
  Expected expected;
  expected.at = fields_.mark(node);
  expected.kind = Expected::Kind::where;
  const PlacedExpression placed = fields_.expression(node);
  expected.where = placed.expression;
  if (!FieldReader::readable(placed)) return expected;
  for (const std::string& root : placed.expression.roots()) {
    if (root == "value") continue;
    fields_.report(finding(Rule::unknown_name, placed.at,
                           "a matcher knows no \"" + root + "\": what is compared is called value"));
  }
  return expected;
}

Expected ExpectedLoader::under(const char* name, Expected inner) const {
  Expected outer;
  outer.kind = Expected::Kind::map;
  outer.at = inner.at;
  outer.members.push_back({name, std::move(inner)});
  return outer;
}

/// A mapping of the format: other members than these are slips.
Expected ExpectedLoader::of_format(const Node& node, const std::vector<std::string>& known) {
  for (const Node::Member& member : node.members) {
    if (std::find(known.begin(), known.end(), member.key) != known.end()) continue;
    fields_.report(finding(Rule::unknown_key, document_.key_mark(member),
                           "unknown key \"" + member.key + "\"; there are " + join(known, ", "),
                           nearest(member.key, known).value_or("")));
  }
  return value(node);
}

/// A text is the message.
Expected ExpectedLoader::error(const Node& node) {
  if (node.is_empty() || (node.is_plain() && node.text == "any")) return value(node);
  if (node.is_map() && !holds_matchers(node)) return of_format(node, {"code", "message"});
  return under("message", value(node));
}

Expected ExpectedLoader::steps(const Node& node) {
  Expected expected;
  expected.kind = Expected::Kind::map;
  expected.at = fields_.mark(node);
  for (const Node::Member& member : node.members) expected.members.push_back({member.key, step(member.value)});
  return expected;
}

/// A word is its outcome. Where that is not said, and something of it is, it shall be there.
Expected ExpectedLoader::step(const Node& node) {
  Expected expected;
  if (node.is_map()) {
    const Node* failure = node.find("error");
    expected = of_format(node, {"outcome", "attempts", "input", "output", "error"});
    for (auto& [name, member] : expected.members) {
      if (name == "error" && failure != nullptr) member = error(*failure);
    }
  } else {
    expected = under("outcome", value(node));
  }
  const Expected* outcome = expected.member("outcome");
  if (outcome == nullptr || outcome->kind != Expected::Kind::value) return expected;
  const std::string said = outcome->value.is_text() ? outcome->value.text() : "";
  if (std::find(step_outcomes.begin(), step_outcomes.end(), said) == step_outcomes.end())
    fields_.report(finding(Rule::wrong_value, outcome->at, "a step ends " + join(step_outcomes, ", "),
                           nearest(said, step_outcomes).value_or("")));
  return expected;
}

/// How many there are, or all of them; one alone stands for the list that it should be in.
Expected ExpectedLoader::changes(const Node& node) {
  const bool count = node.is_plain() && (node.text == "any" || json_literal(node.text));
  if (node.is_empty() || count || holds_matchers(node)) return value(node);
  Expected expected;
  expected.kind = Expected::Kind::list;
  expected.at = fields_.mark(node);
  if (!node.is_list()) expected.items.push_back(change(node));
  for (const Node& item : node.items) expected.items.push_back(change(item));
  return expected;
}

/// A text is its sentence.
Expected ExpectedLoader::change(const Node& node) {
  if (!node.is_map() || holds_matchers(node)) return under("summary", value(node));
  return of_format(node, {"step", "action", "effect", "summary", "target", "request"});
}

}  // namespace millrace
