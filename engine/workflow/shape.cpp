#include <algorithm>
#include <charconv>

#include "schema/reference.hpp"
#include "workflow/fields.hpp"

namespace millrace {
namespace {

/// A node found by a JSON pointer, and the key before it.
struct Found {
  const Node* node;
  const Node::Member* member = nullptr;
};

Found find(const Node& root, std::string_view pointer) {
  Found found = {&root};
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const std::string_view step = pointer.substr(0, pointer.find('/'));
    pointer.remove_prefix(step.size());
    if (found.node->is_map()) {
      if (const Node::Member* member = found.node->member(pointer_key(step))) found = {&member->value, member};
      continue;  // a lone mapping stands for the list it should be in
    }
    std::size_t index = 0;
    std::from_chars(step.data(), step.data() + step.size(), index);
    if (found.node->is_list() && index < found.node->items.size()) found.node = &found.node->items[index];
  }
  return found;
}

}  // namespace

bool FieldReader::check_shape(const Node& node, const Value& value, const Schema& schema,
                              const std::optional<SourceMark>& owner) {
  const std::vector<ShapeProblem> problems = schema.check(value);
  for (const ShapeProblem& problem : problems) {
    const Found found = find(node, problem.pointer);
    const Node::Member* key = problem.at_key ? found.node->member(problem.key) : nullptr;
    const bool missing = !problem.at_key && !problem.key.empty();
    // A value that was refused when it was read (an alias, say) needs no second finding.
    const auto refused = [&](const Finding& one) {
      return one.at.line == mark(*found.node).line && one.at.column == mark(*found.node).column;
    };
    if (problem.key.empty() && !found.node->is_empty() && std::any_of(findings_.begin(), findings_.end(), refused))
      continue;
    const Node::Member* first =
        found.node->is_map() && !found.node->members.empty() ? &found.node->members[0] : nullptr;
    SourceMark at = mark(*found.node);
    if (key) {
      at = document_.key_mark(*key);
    } else if (missing && found.node == &node && owner) {
      at = *owner;
    } else if (missing && found.member && found.node != &node) {
      at = document_.key_mark(*found.member);
    } else if (missing && first) {
      at = document_.key_mark(*first);
    }
    const Rule rule = key ? Rule::unknown_key : missing ? Rule::missing_key : Rule::wrong_value;
    const bool list = problem.suggestion.starts_with('[') && !key;
    const bool replaceable = found.node->is_scalar() && !found.node->is_empty();
    report(finding(list ? Rule::lone_item : rule, at, problem.message, key || replaceable ? problem.suggestion : ""));
  }
  return problems.empty();
}

}  // namespace millrace
