#include "expr/evaluate.hpp"

#include <array>
#include <cmath>
#include <ctime>

#include "base/text.hpp"
#include "expr/functions.hpp"
#include "expr/operators.hpp"

namespace millrace {

const Value true_value(true);
const Value false_value(false);

bool Budget::in_time() {
  next_look = steps - between_looks;
  timespec now = {};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  const auto used = std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
  if (!began) began = used;
  if (used - *began <= time) return true;
  steps = -1;
  return false;
}

namespace {

using Node = Expression::Node;

const Value* settle(Value& scratch, Value value) {
  scratch = std::move(value);
  return &scratch;
}

const Value* no_such_name(const Node& node, Frame& frame) {
  std::vector<std::string> known = frame.names.names();
  if (frame.parameter) known.push_back(*frame.parameter);
  return frame.fail(node, "there is nothing called \"" + node.path + "\" here" + did_you_mean(node.path, known));
}

const Value* evaluate_name(const Node& node, Frame& frame) {
  const bool plain = frame.parsed.containers.size() == 1;
  const Value* found = plain ? frame.find(node.text) : find_path(node.text, node.rooted, frame);
  if (found) return found;
  found = type_named(node.text);
  return found ? found : no_such_name(node, frame);
}

const Value* no_such_member(const Node& at, const Map& map, std::string_view name, Frame& frame) {
  std::vector<std::string> known;
  for (const auto& [key, value] : map) {
    if (known.size() == 200) break;
    if (key.is_text()) known.push_back(key.text());
  }
  return frame.miss(at, "there is no \"" + std::string(name) + "\" in it" + did_you_mean(name, known));
}

/// `found` inside `holder`, where that lives in `scratch`: it must be taken out before the holder goes.
const Value* taken_out(const Value* found, const Value* holder, Value& scratch) {
  if (holder != &scratch) return found;
  Value member = *found;
  return settle(scratch, std::move(member));
}

enum class Absence : unsigned char { failure, no_optional };

/// The member of a map or list that `key` names. Absence is a failure, or "none" for the optional forms.
const Value* look_up(const Node& node, const Value& holder, const Value& key, Frame& frame, Absence absence) {
  if (holder.is_map()) {
    const Value* found = holder.map().find(key);
    if (found || absence == Absence::no_optional) return found;
    if (key.is_text()) return no_such_member(node, holder.map(), key.text(), frame);
    return frame.miss(node, "there is no such key in the mapping");
  }
  if (!holder.is_list()) {
    return frame.fail(node, "[...] looks into a list or a mapping, not into " + with_article(holder.kind()));
  }
  const Value::List& list = holder.list();
  const double size = static_cast<double>(list.size());
  double index = -1;
  if (key.is(Kind::integer))
    index = static_cast<double>(key.integer());
  else if (key.is(Kind::unsigned_integer))
    index = static_cast<double>(key.unsigned_integer());
  else if (key.is(Kind::number) && std::trunc(key.number()) == key.number())
    index = key.number();
  else
    return frame.fail(node, "the place in a list is a whole number, not " + with_article(key.kind()));
  if (index >= 0 && index < size) return &list[static_cast<std::size_t>(index)];
  if (absence == Absence::no_optional) return nullptr;
  return frame.miss(
      node, "the list has " + counted(list.size(), "item") + ", so there is none at that place (the first is 0)");
}

/// Selection from an optional, and by `.?` or `[?`: absent gives "none", present an optional.
const Value* look_up_optional(const Node& node, const Value* holder, const Value& key, Frame& frame, Value& scratch) {
  if (holder->is(Kind::optional)) {
    if (!holder->optional_value()) return settle(scratch, Value::no_optional());
    holder = holder->optional_value();
  }
  if (holder->is_unknown()) return settle(scratch, Value(*holder));
  // Steps that were skipped are null, and so is what an answer leaves empty: null has nothing in it.
  if (holder->is_null() && !frame.parsed.to_the_letter) return settle(scratch, Value::no_optional());
  const Value* found = look_up(node, *holder, key, frame, Absence::no_optional);
  if (frame.failed) return nullptr;
  return settle(scratch, found ? Value::optional(*found) : Value::no_optional());
}

const Value* evaluate_index(const Node& node, Frame& frame, Value& scratch) {
  Value key_scratch;
  const Value* holder = evaluate(node.children[0], frame, scratch);
  if (!holder) return nullptr;
  const Value* key = evaluate(node.children[1], frame, key_scratch);
  if (!key) return nullptr;
  if (holder->is_unknown()) return holder;
  if (key->is_unknown()) return settle(scratch, Value(*key));
  if (!frame.spend_look(node, *key)) return nullptr;
  if (node.optional || holder->is(Kind::optional)) return look_up_optional(node, holder, *key, frame, scratch);
  const Value* found = look_up(node, *holder, *key, frame, Absence::failure);
  return found ? taken_out(found, holder, scratch) : nullptr;
}

const Value* no_members(const Node& node, const Value& holder, Frame& frame) {
  const std::string name = '"' + node.text + '"';
  if (holder.is_null()) return frame.miss(node, "it is empty (null), so it has no " + name);
  if (holder.is_list()) {
    return frame.fail(node, "a list has no " + name + ", take one item ([0]) or each (.map(x, x." + node.text + "))");
  }
  return frame.fail(node, with_article(holder.kind()) + " has no " + name);
}

const Value* evaluate_select(const Node& node, Frame& frame, Value& scratch) {
  if (!node.path.empty() && (frame.names.qualified() || frame.parsed.containers.size() > 1)) {
    if (const Value* found = find_path(node.path, node.rooted, frame)) return found;
  }
  const Value* holder = evaluate(node.children[0], frame, scratch);
  if (!holder) {
    const Value* type = node.path.empty() || frame.exhausted() ? nullptr : type_named(node.path);
    if (type) frame.failed = false;
    return type;
  }
  if (holder->is_unknown()) return holder;
  if (node.optional || holder->is(Kind::optional)) return look_up_optional(node, holder, node.value, frame, scratch);
  if (!holder->is_map()) return no_members(node, *holder, frame);
  const Value* found = holder->map().find(std::string_view(node.text));
  return found ? taken_out(found, holder, scratch) : no_such_member(node, holder->map(), node.text, frame);
}

const Value* evaluate_has(const Node& node, Frame& frame, Value& scratch) {
  if (!node.path.empty() && frame.names.qualified() && find_path(node.path, node.rooted, frame)) return &true_value;
  const Value* holder = evaluate(node.children[0], frame, scratch);
  if (!holder || holder->is_unknown()) return holder;
  if (holder->is(Kind::optional)) {
    holder = holder->optional_value();
    if (!holder) return &false_value;
  }
  if (!holder->is_map()) return no_members(node, *holder, frame);
  return boolean_value(holder->map().find(std::string_view(node.text)) != nullptr);
}

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
  if (!frame.spend(node, 0, static_cast<std::int64_t>(items.size() * sizeof(Value)))) return nullptr;
  return keep(node, frame, scratch, std::move(items));
}

const Value* evaluate_map(const Node& node, Frame& frame, Value& scratch) {
  Map entries;
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
    if (entries.find(*key)) return frame.fail(node.children[at], "this key stands twice in the mapping");
    if (!node.optional_entries.empty() && node.optional_entries[at]) {
      if (value->is_unknown()) return settle(scratch, Value(*value));
      if (!value->is(Kind::optional)) return entry_must_be_optional(node.children[at + 1], frame);
      value = value->optional_value();
      if (!value) continue;
    }
    entries.set(*key, *value);
  }
  if (!frame.spend(node, 0, static_cast<std::int64_t>(entries.size() * 2 * sizeof(Value)))) return nullptr;
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

/// `&&` and `||`: the deciding value wins over errors and unknowns on either side, an unknown over errors.
const Value* evaluate_logic(const Node& node, bool deciding, Frame& frame, Value& scratch) {
  Undecided undecided;
  for (const Node& child : node.children) {
    Value child_scratch;
    const Value* value = evaluate(child, frame, child_scratch);
    if (value && value->is(Kind::boolean)) {
      if (value->boolean() == deciding) return boolean_value(deciding);
      continue;
    }
    if (value && value->is_unknown()) {
      undecided.note(*value);
      continue;
    }
    if (value) {
      const char* symbol = deciding ? "\"||\"" : "\"&&\"";
      frame.fail(child, std::string(symbol) + " joins what is true or false, not " + with_article(value->kind()));
    }
    if (frame.exhausted()) return nullptr;
    undecided.absorb(frame);
  }
  return undecided.outcome(!deciding, frame, scratch);
}

const Value* evaluate_negation(const Node& node, Frame& frame, Value& scratch) {
  const Value* operand = evaluate(node.children[0], frame, scratch);
  if (!operand || operand->is_unknown()) return operand;
  if (operand->is(Kind::boolean)) return boolean_value(!operand->boolean());
  return frame.fail(node, "\"!\" turns true and false around, it does not work on " + with_article(operand->kind()));
}

const Value* evaluate_operation(const Node& node, Frame& frame, Value& scratch) {
  Value left_scratch;
  const Value* left = evaluate(node.children[0], frame, left_scratch);
  if (!left) return nullptr;
  if (node.op == Operator::negate) return negate(node, *left, frame, scratch);
  Value right_scratch;
  const Value* right = evaluate(node.children[1], frame, right_scratch);
  if (!right) return nullptr;
  return operate(node, *left, *right, frame, scratch);
}

const Value* evaluate_call(const Node& node, Frame& frame, Value& scratch) {
  const Function& function = *node.function;
  std::size_t count = node.children.size();
  std::array<Value, most_arguments> scratches;
  std::array<const Value*, most_arguments> arguments = {};
  for (std::size_t at = 0; at < count; ++at) {
    arguments[at] = evaluate(node.children[at], frame, scratches[at]);
    if (!arguments[at]) return nullptr;
    const bool decided = function.first_decides && arguments[0]->is(Kind::optional) && arguments[0]->optional_value();
    if (decided) count = 1;
  }
  for (std::size_t at = 0; at < count; ++at) {
    const bool unknown = function.looks_inside ? arguments[at]->contains_unknown() : arguments[at]->is_unknown();
    if (unknown) return settle(scratch, Value(first_unknown(*arguments[at])));
  }
  for (std::size_t at = 0; at < count; ++at) {
    if (!frame.spend_look(node, *arguments[at])) return nullptr;
  }
  Call call(frame, node, std::span(arguments.data(), count));
  Value result = function.implementation(call);
  return frame.failed ? nullptr : keep(node, frame, scratch, std::move(result));
}

}  // namespace

const Value* keep(const Expression::Node& at, Frame& frame, Value& scratch, Value built) {
  scratch = std::move(built);
  if (scratch.weight() > weight_limit) return frame.fail(at, "what this builds is too large");
  return &scratch;
}

const Value* evaluate(const Expression::Node& node, Frame& frame, Value& scratch) {
  --frame.budget.steps;
  if (!frame.budget.goes_on()) return frame.fail(node, Frame::exhausted_message);
  switch (node.kind) {
    case NodeKind::constant:
      return &node.value;
    case NodeKind::name:
      return evaluate_name(node, frame);
    case NodeKind::local:
      return frame.locals[node.slot];
    case NodeKind::select:
      return evaluate_select(node, frame, scratch);
    case NodeKind::has:
      return evaluate_has(node, frame, scratch);
    case NodeKind::index:
      return evaluate_index(node, frame, scratch);
    case NodeKind::list:
      return evaluate_list(node, frame, scratch);
    case NodeKind::map:
      return evaluate_map(node, frame, scratch);
    case NodeKind::conditional:
      return evaluate_conditional(node, frame, scratch);
    case NodeKind::all_of:
      return evaluate_logic(node, false, frame, scratch);
    case NodeKind::any_of:
      return evaluate_logic(node, true, frame, scratch);
    case NodeKind::negation:
      return evaluate_negation(node, frame, scratch);
    case NodeKind::operation:
      return evaluate_operation(node, frame, scratch);
    case NodeKind::call:
      return evaluate_call(node, frame, scratch);
    case NodeKind::closure:
      return evaluate_closure(node, frame, scratch);
    case NodeKind::loop:
      return evaluate_loop(node, frame, scratch);
  }
  return nullptr;
}

}  // namespace millrace
