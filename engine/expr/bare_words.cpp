#include "expr/bare_words.hpp"

#include "expr/call_types.hpp"

namespace millrace {
namespace {

using Words = std::set<const Expression::Node*>;

void note_word(const Expression::Node& node, Words& words) {
  if (node.kind == NodeKind::name) words.insert(&node);
}

/// Beside a literal a word is compared: it stands for a name.
void note_compared(const Expression::Node& node, const Expression::Node& beside, Words& words) {
  if (beside.kind != NodeKind::constant && beside.kind != NodeKind::list) note_word(node, words);
}

void note_branch(const Expression::Node& node, const Expression::Node& beside, Words& words) {
  if (beside.kind != NodeKind::constant || beside.value.is_text()) note_word(node, words);
}

void note_arguments(const Expression::Node& call, Words& words) {
  const std::size_t count = call.children.size();
  for (std::size_t place = 1; place < count && !call.function->first_decides; ++place) {
    if (argument_of(*call.function, place, count, any_kind).kinds == kind_set(Kind::text))
      note_word(call.children[place], words);
  }
}

void walk_words(const Expression::Node& node, Words& words) {
  const auto& children = node.children;
  if (node.kind == NodeKind::operation && (node.op == Operator::equal || node.op == Operator::not_equal)) {
    note_compared(children[0], children[1], words);
    note_compared(children[1], children[0], words);
  } else if (node.kind == NodeKind::operation && node.op == Operator::in) {
    note_compared(children[0], children[1], words);
  } else if (node.kind == NodeKind::conditional) {
    note_branch(children[1], children[2], words);
    note_branch(children[2], children[1], words);
  } else if (node.kind == NodeKind::list) {
    for (const Expression::Node& item : children) note_word(item, words);
  } else if (node.kind == NodeKind::map) {
    for (std::size_t at = 1; at < children.size(); at += 2) note_word(children[at], words);
  } else if (node.kind == NodeKind::call) {
    note_arguments(node, words);
  }
  for (const Expression::Node& child : children) walk_words(child, words);
}

}  // namespace

std::set<const Expression::Node*> bare_words(const Expression::Node& tree) {
  Words words;
  walk_words(tree, words);
  return words;
}

}  // namespace millrace
