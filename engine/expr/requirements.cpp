#include "expr/requirements.hpp"

#include <algorithm>
#include <optional>

#include "expr/syntax.hpp"

namespace millrace {

namespace {

using Node = Expression::Node;

const std::string* constant_text(const Node& node) {
  return node.kind == NodeKind::constant && node.value.is_text() ? &node.value.text() : nullptr;
}

/// The members that lead from `root` to what the node reads.
std::optional<std::vector<std::string>> path_below(const Node& node, std::string_view root) {
  if (node.kind == NodeKind::name && node.text == root) return std::vector<std::string>();
  if (node.optional || node.children.empty()) return std::nullopt;
  const std::string* member = nullptr;
  if (node.kind == NodeKind::select) member = &node.text;
  if (node.kind == NodeKind::index) member = constant_text(node.children[1]);
  if (member == nullptr) return std::nullopt;
  auto path = path_below(node.children[0], root);
  if (path) path->push_back(*member);
  return path;
}

/// The texts of a list of nothing but constant texts.
std::vector<std::string> constant_texts(const Node& list) {
  std::vector<std::string> texts;
  if (list.kind == NodeKind::constant && list.value.is_list()) {
    for (const Value& item : list.value.list()) {
      if (!item.is_text()) return {};
      texts.push_back(item.text());
    }
  } else if (list.kind == NodeKind::list && list.optional_entries.empty()) {
    for (const Node& item : list.children) {
      const std::string* text = constant_text(item);
      if (text == nullptr) return {};
      texts.push_back(*text);
    }
  }
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  return texts;
}

void collect(const Node& node, std::string_view root, std::vector<Requirement>& found) {
  if (node.kind == NodeKind::all_of) {
    for (const Node& part : node.children) collect(part, root, found);
  }
  if (node.kind != NodeKind::operation || node.children.size() != 2) return;
  const Node& left = node.children[0];
  const Node& right = node.children[1];
  if (node.op == Operator::equal) {
    const std::string* text = constant_text(right);
    auto path = path_below(text ? left : right, root);
    if (text == nullptr) text = constant_text(left);
    if (text != nullptr && path && !path->empty()) found.push_back({std::move(*path), {*text}});
  } else if (node.op == Operator::in) {
    auto path = path_below(left, root);
    auto texts = constant_texts(right);
    if (path && !path->empty() && !texts.empty()) found.push_back({std::move(*path), std::move(texts)});
  }
}

}  // namespace

std::vector<Requirement> requirements(const Expression& expression, std::string_view root) {
  std::vector<Requirement> found;
  collect(expression.root(), root, found);
  return found;
}

}  // namespace millrace
