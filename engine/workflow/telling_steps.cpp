#include "workflow/telling_steps.hpp"

#include <algorithm>
#include <utility>

namespace millrace {

namespace {

constexpr int telling_attempts = 12;
constexpr Duration first_telling_delay = std::chrono::seconds(10), longest_telling_delay = std::chrono::minutes(15);

/// Puts `key` into a mapping as if it stood where the mapping does.
Node& add_member(Node& node, const std::string& key, Node value) {
  value.begin = value.end = node.begin;
  node.members.push_back({key, node.begin, node.begin, std::move(value)});
  return node.members.back().value;
}

Node& with_of(Node& entry) {
  const auto found =
      std::find_if(entry.members.begin(), entry.members.end(), [](const auto& each) { return each.key == "with"; });
  if (found != entry.members.end()) return found->value;
  Node nothing;
  nothing.kind = Node::Kind::map;
  return add_member(entry, "with", std::move(nothing));
}

void complete(Node& entry, const std::string& root, const Catalog& catalog) {
  const Node* named = entry.find("action");
  const Action* action = named != nullptr ? catalog.find_action(named->text) : nullptr;
  if (action == nullptr) return;
  Node& with = with_of(entry);
  for (const std::string input : {"text", "subject"}) {
    if (!with.is_map() || !action->inputs().property(input).known() || with.find(input) != nullptr) continue;
    Node text;
    text.style = Node::Style::plain;
    text.text = "${{ " + root + "." + input + " }}";
    add_member(with, input, std::move(text));
  }
}

}  // namespace

void say_what_is_missing(Node& entries, const std::string& root, const Catalog& catalog) {
  if (entries.is_map()) complete(entries, root, catalog);
  for (Node& entry : entries.items) complete(entry, root, catalog);
}

void take_usual_care(Steps& steps) {
  for (Step& step : steps) {
    if (step.retry.attempts == 1)
      step.retry = {.attempts = telling_attempts, .delay = first_telling_delay, .max_delay = longest_telling_delay};
    if (step.on_error == OnError::stop) step.on_error = OnError::proceed;
    if (step.if_unsure == IfUnsure::by_plugin) step.if_unsure = IfUnsure::try_again;
  }
}

}  // namespace millrace
