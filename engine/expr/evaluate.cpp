#include "expr/evaluate.hpp"

#include <array>

#include "base/thread_time.hpp"
#include "expr/functions.hpp"
#include "expr/operators.hpp"

namespace millrace {

const Value true_value(true);
const Value false_value(false);

bool EvaluationBudget::in_time() {
  if (exhausted()) return false;
  next_look = std::max<std::int64_t>(steps - between_looks, 0);
  if (!began) began = thread_time();
  if (time_used() <= time) return true;
  steps = -1;
  return false;
}

std::chrono::nanoseconds EvaluationBudget::time_used() const {
  return began ? thread_time() - *began : std::chrono::nanoseconds::zero();
}

const Value* Frame::fail(const Expression::Node& at, std::string why) {
  failed = true;
  absent = false;
  message = std::move(why);
  offset = at.offset;
  length = at.length;
  return nullptr;
}

const Value* Frame::miss(const Expression::Node& at, std::string why) {
  fail(at, std::move(why));
  absent = true;
  return nullptr;
}

const Value* Frame::stop(const Expression::Node& at) {
  return fail(at, "this expression takes too long or builds too much, so it was stopped");
}

namespace {

using Node = Expression::Node;

const Value* entry_must_be_optional(const Node& at, Frame& frame) {
  return frame.fail(at, "an entry with \"?\" takes an optional, such as item.?name");
}

const Value* evaluate_list(const Node& node, Frame& frame, Value& scratch) {
  Value::List items;
  items.reserve(node.children.size());
  for (std::size_t at = 0; at < node.children.size(); ++at) {
    Value item_scratch;
    const Value* item = evaluate(node.children[at], frame, item_scratch);
    if (!item) return nullptr;
    if (node.optional_entries.empty() || !node.optional_entries[at]) {
      items.push_back(item == &item_scratch ? std::move(item_scratch) : *item);
    } else if (item->is_unknown()) {
      return settle(scratch, Value(*item));
    } else if (!item->is(Kind::optional)) {
      return entry_must_be_optional(node.children[at], frame);
    } else if (item->optional_value()) {
      items.push_back(*item->optional_value());
    }
  }
  if (!frame.spend(node, 0, bytes_a_value + static_cast<std::int64_t>(items.size() * sizeof(Value)))) return nullptr;
  return keep(node, frame, scratch, std::move(items));
}

const Value* key_stands_twice(const Node& at, Frame& frame) {
  return frame.fail(at, "this key stands twice in the mapping");
}

const Value* evaluate_map(const Node& node, Frame& frame, Value& scratch) {
  Map entries;
  entries.reserve(node.children.size() / 2);
  for (std::size_t at = 0; at + 1 < node.children.size(); at += 2) {
    Value key_scratch;
    Value value_scratch;
    const Value* key = evaluate(node.children[at], frame, key_scratch);
    if (!key) return nullptr;
    const Value* value = evaluate(node.children[at + 1], frame, value_scratch);
    if (!value) return nullptr;
    if (key->is_unknown()) return settle(scratch, Value(*key));
    if (!key->is_text() && !key->is(Kind::integer) && !key->is(Kind::unsigned_integer) && !key->is(Kind::boolean)) {
      return frame.fail(node.children[at],
                        "a key is text, a whole number or true/false, not " + with_article(key->kind()));
    }
    if (!frame.spend_look(node, *key)) return nullptr;
    if (!node.optional_entries.empty() && node.optional_entries[at]) {
      if (entries.find(*key)) return key_stands_twice(node.children[at], frame);
      if (value->is_unknown()) return settle(scratch, Value(*value));
      if (!value->is(Kind::optional)) return entry_must_be_optional(node.children[at + 1], frame);
      value = value->optional_value();
      if (!value) continue;
    }
    const std::size_t before = entries.size();
    entries.set(*key, value == &value_scratch ? std::move(value_scratch) : *value);
    if (entries.size() == before) return key_stands_twice(node.children[at], frame);
  }
  if (!frame.spend(node, 0, bytes_a_value + static_cast<std::int64_t>(entries.size() * 2 * sizeof(Value))))
    return nullptr;
  return keep(node, frame, scratch, std::move(entries));
}

const Value* evaluate_conditional(const Node& node, Frame& frame, Value& scratch) {
  const Value* condition = evaluate(node.children[0], frame, scratch);
  if (!condition || condition->is_unknown()) return condition;
  if (!condition->is(Kind::boolean)) {
    return frame.fail(node.children[0], "a condition is true or false, not " + with_article(condition->kind()));
  }
  return evaluate(node.children[condition->boolean() ? 1 : 2], frame, scratch);
}

}  // namespace

void Undecided::absorb(Frame& frame) {
  if (!failure_) failure_ = Failure{std::move(frame.message), frame.offset, frame.length, frame.absent};
  frame.failed = false;
}

const Value* Undecided::outcome(bool otherwise, Frame& frame, Value& scratch) {
  if (unknown_.is_unknown()) return settle(scratch, std::move(unknown_));
  if (!failure_) return boolean_value(otherwise);
  frame.failed = true;
  frame.message = std::move(failure_->message);
  frame.offset = failure_->offset;
  frame.length = failure_->length;
  frame.absent = failure_->absent;
  return nullptr;
}

namespace {

/// From the child on that gave no boolean: the deciding value wins over errors and unknowns on either side, an unknown
/// over errors.
const Value* evaluate_undecided(const Node& node, bool deciding, const Node* child, const Value* value, Frame& frame,
                                Value& scratch) {
  Undecided undecided;
  while (true) {
    if (value && value->is(Kind::boolean)) {
      if (value->boolean() == deciding) return boolean_value(deciding);
    } else if (value && value->is_unknown()) {
      undecided.note(*value);
    } else {
      const char* symbol = deciding ? "\"||\"" : "\"&&\"";
      if (value)
        frame.fail(*child, std::string(symbol) + " joins what is true or false, not " + with_article(value->kind()));
      if (frame.exhausted()) return nullptr;
      undecided.absorb(frame);
    }
    if (child == &node.children.back()) return undecided.outcome(!deciding, frame, scratch);
    value = evaluate(*++child, frame, scratch);
  }
}

/// `&&` and `||`.
template <bool Deciding>
const Value* evaluate_logic(const Node& node, Frame& frame, Value& scratch) {
  for (const Node& child : node.children) {
    const Value* value = evaluate(child, frame, scratch);
    if (!value || !value->is(Kind::boolean)) return evaluate_undecided(node, Deciding, &child, value, frame, scratch);
    if (value->boolean() == Deciding) return boolean_value(Deciding);
  }
  return boolean_value(!Deciding);
}

const Value* evaluate_negation(const Node& node, Frame& frame, Value& scratch) {
  const Value* operand = evaluate(node.children[0], frame, scratch);
  if (!operand || operand->is_unknown()) return operand;
  if (operand->is(Kind::boolean)) return boolean_value(!operand->boolean());
  return frame.fail(node, "\"!\" turns true and false around, it does not work on " + with_article(operand->kind()));
}

/// Most that is compared with `==` are whole numbers.
const Value* evaluate_equality(const Node& node, Frame& frame, Value& scratch) {
  const Value* left = evaluate(node.children[0], frame, scratch);
  if (!left) return nullptr;
  Value right_scratch;
  const Value* right = evaluate(node.children[1], frame, right_scratch);
  if (!right) return nullptr;
  if (left->is(Kind::integer) && right->is(Kind::integer))
    return boolean_value((left->integer() == right->integer()) == (node.op == Operator::equal));
  return operate(node, *left, *right, frame, scratch);
}

const Value* evaluate_operation(const Node& node, Frame& frame, Value& scratch) {
  const Value* left = evaluate(node.children[0], frame, scratch);
  if (!left) return nullptr;
  if (node.op == Operator::negate) return negate(node, *left, frame, scratch);
  Value right_scratch;
  const Value* right = evaluate(node.children[1], frame, right_scratch);
  if (!right) return nullptr;
  return operate(node, *left, *right, frame, scratch);
}

/// Whether an argument is known and takes no time to look at, as most are.
bool is_small(const Value& argument) noexcept {
  return is_single(argument) || (argument.is_text() && argument.text().size() < bytes_a_step);
}

/// The argument on whose account nobody knows what the function gives; nullptr where all are known.
const Value* unknown_argument(const Function& function, std::span<const Value* const> arguments) noexcept {
  for (const Value* argument : arguments) {
    if (function.looks_inside ? argument->contains_unknown() : argument->is_unknown()) return argument;
  }
  return nullptr;
}

const Value* call_function(const Node& node, std::span<const Value* const> arguments, Frame& frame, Value& scratch) {
  Call call(frame, node, arguments);
  scratch = node.function->implementation(call);
  if (frame.failed || (!is_single(scratch) && !frame.spend(node, 1, bytes_a_value))) return nullptr;
  return kept(node, frame, scratch);
}

const Value* call_with_large(const Node& node, std::span<const Value* const> arguments, Frame& frame, Value& scratch) {
  if (const Value* unknown = unknown_argument(*node.function, arguments))
    return settle(scratch, Value(first_unknown(*unknown)));
  for (const Value* argument : arguments) {
    if (!frame.spend_look(node, *argument)) return nullptr;
  }
  return call_function(node, arguments, frame, scratch);
}

/// A call of what only tests two texts: `startsWith` and the like.
const Value* evaluate_text_test(const Node& node, Frame& frame, Value& scratch) {
  const Value* text = evaluate(node.children[0], frame, scratch);
  if (!text) return nullptr;
  Value part_scratch;
  const Value* part = evaluate(node.children[1], frame, part_scratch);
  if (!part) return nullptr;
  if (text->is_text() && part->is_text()) {
    const std::string &all = text->text(), &piece = part->text();
    if (all.size() < bytes_a_step && piece.size() < bytes_a_step)
      return boolean_value(node.function->text_test(all, piece));
  }
  const std::array<const Value*, 2> arguments = {text, part};
  return call_with_large(node, arguments, frame, scratch);
}

template <std::size_t Count>
const Value* evaluate_call_of(const Node& node, Frame& frame, Value& scratch) {
  std::array<Value, Count> scratches;
  std::array<const Value*, Count> arguments = {};
  bool small = true;
  for (std::size_t at = 0; at < Count; ++at) {
    arguments[at] = evaluate(node.children[at], frame, scratches[at]);
    if (!arguments[at]) return nullptr;
    small = small && is_small(*arguments[at]);
    const bool decides = at == 0 && node.function->first_decides && arguments[0]->is(Kind::optional);
    if (decides && arguments[0]->optional_value())
      return call_with_large(node, std::span(arguments.data(), 1), frame, scratch);
  }
  return small ? call_function(node, arguments, frame, scratch) : call_with_large(node, arguments, frame, scratch);
}

Evaluator evaluator_of_call(const Node& node) noexcept {
  static_assert(most_arguments == 4);
  if (node.function->text_test) return evaluate_text_test;
  switch (node.children.size()) {
    case 0:
      return evaluate_call_of<0>;
    case 1:
      return evaluate_call_of<1>;
    case 2:
      return evaluate_call_of<2>;
    case 3:
      return evaluate_call_of<3>;
    default:
      return evaluate_call_of<4>;
  }
}

}  // namespace

const Value* too_heavy(const Expression::Node& at, Frame& frame) {
  return frame.fail(at, "what this builds is too large");
}

const Value* evaluate_root(Frame& frame, Value& scratch) { return evaluate(frame.parsed.root, frame, scratch); }

Evaluator evaluator_of(const Expression::Node& node) noexcept {
  switch (node.kind) {
    case NodeKind::constant:
    case NodeKind::local:
      break;
    case NodeKind::name:
      return evaluate_name;
    case NodeKind::select:
      return evaluate_select;
    case NodeKind::has:
      return evaluate_has;
    case NodeKind::index:
      return evaluate_index;
    case NodeKind::list:
      return evaluate_list;
    case NodeKind::map:
      return evaluate_map;
    case NodeKind::conditional:
      return evaluate_conditional;
    case NodeKind::all_of:
      return evaluate_logic<false>;
    case NodeKind::any_of:
      return evaluate_logic<true>;
    case NodeKind::negation:
      return evaluate_negation;
    case NodeKind::operation:
      return node.op == Operator::equal || node.op == Operator::not_equal ? evaluate_equality : evaluate_operation;
    case NodeKind::call:
      return evaluator_of_call(node);
    case NodeKind::closure:
      return evaluate_closure;
    case NodeKind::loop:
      return evaluate_loop;
  }
  return nullptr;
}

}  // namespace millrace
