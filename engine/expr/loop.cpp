#include <algorithm>
#include <array>
#include <functional>
#include <unordered_map>

#include "base/text.hpp"
#include "expr/functions.hpp"
#include "expr/operators.hpp"

namespace millrace {

namespace {

using Node = Expression::Node;

enum class Go : unsigned char { on, stop };

/// Runs `body` for each item of a list, or key of a map, with the loop's variables set.
template <class Body>
void each_item(const Node& node, const Value& range, Frame& frame, Body body) {
  const bool pair = node.variables.size() == 2;
  const Value*& first = frame.slots[node.slot];
  const Value*& last = frame.slots[node.slot + (pair ? 1 : 0)];
  if (range.is_list()) {
    Value index;
    std::int64_t at = 0;
    for (const Value& item : range.list()) {
      index = at++;
      if (pair) first = &index;
      last = &item;
      if (body() == Go::stop) return;
    }
    return;
  }
  for (const auto& [key, value] : range.map()) {
    first = &key;
    if (pair) last = &value;
    if (body() == Go::stop) return;
  }
}

/// The variable that a result is made of: the item, or the key of a map.
const Value& current(const Node& node, const Frame& frame) { return *frame.slots[node.slot]; }

const Value* not_a_condition(const Node& node, const Value& value, Frame& frame) {
  return frame.fail(node, "a condition is true or false, not " + with_article(value.kind()));
}

const Value* keep_list(const Node& node, Frame& frame, Value& scratch, Value::List items) {
  if (!frame.spend(node, 0, static_cast<std::int64_t>(items.size() * sizeof(Value)))) return nullptr;
  return keep(node, frame, scratch, std::move(items));
}

/// `all` and `exists`: the deciding value wins over errors and unknowns of other items.
const Value* evaluate_quantifier(const Node& node, const Value& range, bool deciding, Frame& frame, Value& scratch) {
  bool decided = false;
  Undecided undecided;
  each_item(node, range, frame, [&] {
    Value held;
    const Value* value = evaluate(node.children[1], frame, held);
    if (value && value->is(Kind::boolean)) {
      decided = value->boolean() == deciding;
      return decided ? Go::stop : Go::on;
    }
    if (value && value->is_unknown()) {
      undecided.note(*value);
      return Go::on;
    }
    if (value) not_a_condition(node.children[1], *value, frame);
    if (frame.exhausted()) return Go::stop;
    undecided.absorb(frame);
    return Go::on;
  });
  if (frame.failed) return nullptr;
  return decided ? boolean_value(deciding) : undecided.outcome(!deciding, frame, scratch);
}

enum class Verdict : unsigned char { no, yes, unknown, failed };

/// What the condition says about the current item; the unknown goes to `unknown`.
Verdict judge(const Node& condition, Frame& frame, Value& unknown) {
  Value held;
  const Value* value = evaluate(condition, frame, held);
  if (!value) return Verdict::failed;
  if (value->is(Kind::boolean)) return value->boolean() ? Verdict::yes : Verdict::no;
  if (!value->is_unknown()) return not_a_condition(condition, *value, frame), Verdict::failed;
  unknown = *value;
  return Verdict::unknown;
}

const Value* evaluate_exists_one(const Node& node, const Value& range, Frame& frame, Value& scratch) {
  int count = 0;
  Value unknown;
  each_item(node, range, frame, [&] {
    const Verdict verdict = judge(node.children[1], frame, unknown);
    if (verdict == Verdict::yes) ++count;
    return verdict == Verdict::failed ? Go::stop : Go::on;
  });
  if (frame.failed) return nullptr;
  if (unknown.is_unknown() && count < 2) return settle(scratch, std::move(unknown));
  return boolean_value(count == 1);
}

const Value* evaluate_filter(const Node& node, const Value& range, Frame& frame, Value& scratch) {
  Value::List kept;
  Value unknown;
  each_item(node, range, frame, [&] {
    const Verdict verdict = judge(node.children[1], frame, unknown);
    if (verdict == Verdict::yes) kept.push_back(current(node, frame));
    return verdict == Verdict::failed || verdict == Verdict::unknown ? Go::stop : Go::on;
  });
  if (frame.failed) return nullptr;
  if (unknown.is_unknown()) return settle(scratch, std::move(unknown));
  return keep_list(node, frame, scratch, std::move(kept));
}

/// map, transformList, transformMap: an optional condition, then `add` with the element's value.
template <class Add>
const Value* transform(const Node& node, const Value& range, Frame& frame, Value& scratch, Add add) {
  const Node* condition = node.children.size() == 3 ? &node.children[1] : nullptr;
  Value unknown;
  each_item(node, range, frame, [&] {
    const Verdict verdict = condition ? judge(*condition, frame, unknown) : Verdict::yes;
    if (verdict == Verdict::no) return Go::on;
    if (verdict != Verdict::yes) return Go::stop;
    Value held;
    const Value* value = evaluate(node.children.back(), frame, held);
    if (!value) return Go::stop;
    return add(value == &held ? std::move(held) : *value) ? Go::on : Go::stop;
  });
  if (frame.failed) return nullptr;
  return unknown.is_unknown() ? settle(scratch, std::move(unknown)) : &true_value;
}

const Value* evaluate_map_macro(const Node& node, const Value& range, Frame& frame, Value& scratch) {
  Value::List items;
  const Value* result = transform(node, range, frame, scratch, [&](Value item) {
    items.push_back(std::move(item));
    return frame.spend(node, 0, sizeof(Value));
  });
  return result == &true_value ? keep_list(node, frame, scratch, std::move(items)) : result;
}

const Value* evaluate_transform_map(const Node& node, const Value& range, Frame& frame, Value& scratch) {
  Map entries;
  Value unknown;
  const auto add_entries = [&](const Value& item) {
    if (item.is_unknown()) return unknown = item, false;
    if (!item.is_map())
      return frame.fail(node, "transformMapEntry() makes mappings, not " + with_article(item.kind())) != nullptr;
    for (const auto& [key, value] : item.map()) {
      if (!frame.spend_look(node, key)) return false;
      if (entries.find(key)) return frame.fail(node, "two items give the same key") != nullptr;
      entries.set(key, value);
    }
    return true;
  };
  const Value* result = transform(node, range, frame, scratch, [&](Value item) {
    if (node.macro == Macro::transform_map_entry) return add_entries(item);
    entries.set(current(node, frame), std::move(item));
    return frame.spend(node, 1, 2 * sizeof(Value));
  });
  if (result != &true_value) return result;
  if (unknown.is_unknown()) return settle(scratch, std::move(unknown));
  if (!frame.spend(node, 0, static_cast<std::int64_t>(entries.size() * 2 * sizeof(Value)))) return nullptr;
  return keep(node, frame, scratch, std::move(entries));
}

/// A range whose items have a key each: what sortBy, groupBy and distinctBy begin with.
struct Keyed {
  std::vector<std::pair<Value, Value>> items;  // key, item
  Value unknown;
};

std::optional<Keyed> with_keys(const Node& node, const Value& range, Frame& frame) {
  Keyed keyed;
  each_item(node, range, frame, [&] {
    Value held;
    const Value* key = evaluate(node.children[1], frame, held);
    if (!key) return Go::stop;
    if (key->contains_unknown()) {
      keyed.unknown = first_unknown(*key);
      return Go::stop;
    }
    keyed.items.emplace_back(*key, current(node, frame));
    return Go::on;
  });
  const auto size = static_cast<std::int64_t>(keyed.items.size());
  if (frame.failed || !frame.spend(node, size, size * 2 * static_cast<std::int64_t>(sizeof(Value))))
    return std::nullopt;
  return keyed;
}

const Value* evaluate_sort(const Node& node, const Value& range, Frame& frame, Value& scratch) {
  Value unknown;
  bool descending = false;
  if (node.children.size() == 3) {
    const Verdict verdict = judge(node.children[2], frame, unknown);
    if (verdict == Verdict::failed) return nullptr;
    descending = verdict == Verdict::yes;
  }
  auto keyed = with_keys(node, range, frame);
  if (!keyed) return nullptr;
  if (!unknown.is_unknown()) unknown = std::move(keyed->unknown);
  if (unknown.is_unknown()) return settle(scratch, std::move(unknown));
  for (const auto& [key, item] : keyed->items) {
    if (!sort_order(key, key)) return frame.fail(node, "cannot sort by " + with_article(key.kind()));
  }
  std::uint64_t weight = 0;
  for (const auto& [key, item] : keyed->items) weight += key.weight();
  if (!frame.spend(node, cost_of_sorting(weight, keyed->items.size()))) return nullptr;
  std::stable_sort(keyed->items.begin(), keyed->items.end(), [descending](const auto& left, const auto& right) {
    const auto found = sort_order(left.first, right.first);
    return found && (descending ? *found > 0 : *found < 0);
  });
  Value::List sorted;
  sorted.reserve(keyed->items.size());
  for (auto& [key, item] : keyed->items) sorted.push_back(std::move(item));
  return keep_list(node, frame, scratch, std::move(sorted));
}

const Value* evaluate_groups(const Node& node, const Value& range, Frame& frame, Value& scratch) {
  auto keyed = with_keys(node, range, frame);
  if (!keyed) return nullptr;
  if (keyed->unknown.is_unknown()) return settle(scratch, std::move(keyed->unknown));
  std::vector<std::pair<Value, Value::List>> groups;
  std::unordered_multimap<std::uint64_t, std::size_t> by_hash;
  for (auto& [key, item] : keyed->items) {
    if (!frame.spend(node, key.weight())) return nullptr;
    const std::uint64_t hash = deep_hash(key);
    auto [candidate, end] = by_hash.equal_range(hash);
    while (candidate != end && !(groups[candidate->second].first == key)) {
      if (!frame.spend(node, key.weight())) return nullptr;
      ++candidate;
    }
    if (candidate == end) {
      if (!frame.spend(node, 4 * steps_a_value, 4 * bytes_a_value)) return nullptr;
      by_hash.emplace(hash, groups.size());
      groups.emplace_back(std::move(key), Value::List{std::move(item)});
    } else {
      groups[candidate->second].second.push_back(std::move(item));
    }
  }
  Value::List result;
  for (auto& [key, items] : groups) {
    const bool first_only = node.macro == Macro::distinct_by;
    result.push_back(first_only ? std::move(items.front())
                                : Value::object({{"key", std::move(key)}, {"items", std::move(items)}}));
  }
  return keep_list(node, frame, scratch, std::move(result));
}

const Value* evaluate_bind(const Node& node, Frame& frame, Value& scratch) {
  Value held;
  const Value* value = evaluate(node.children[0], frame, held);
  if (!value) return nullptr;
  frame.slots[node.slot] = value;
  const Value* result = evaluate(node.children[1], frame, scratch);
  if (!result || result == &scratch || value != &held) return result;
  return settle(scratch, Value(*result));
}

const Value* evaluate_optional(const Node& node, Frame& frame, Value& scratch) {
  Value held;
  const Value* target = evaluate(node.children[0], frame, held);
  if (!target) return nullptr;
  if (target->is_unknown()) return settle(scratch, Value(*target));
  if (!target->is(Kind::optional))
    return frame.fail(node, "\"" + node.text + "\" needs an optional, such as item.?name");
  if (!target->optional_value()) return settle(scratch, Value::no_optional());
  frame.slots[node.slot] = target->optional_value();
  const Value* result = evaluate(node.children[1], frame, scratch);
  if (!result) return nullptr;
  if (node.macro == Macro::optional_map) return settle(scratch, Value::optional(*result));
  if (!result->is(Kind::optional) && !result->is_unknown())
    return frame.fail(node, "optFlatMap() needs an optional from its last part");
  return settle(scratch, Value(*result));
}

}  // namespace

const Value* evaluate_loop(const Node& node, Frame& frame, Value& scratch) {
  if (node.macro == Macro::bind) return evaluate_bind(node, frame, scratch);
  if (node.macro == Macro::optional_map || node.macro == Macro::optional_flat_map)
    return evaluate_optional(node, frame, scratch);
  Value held;
  const Value* range = evaluate(node.children[0], frame, held);
  if (!range) return nullptr;
  if (range->is_unknown()) return settle(scratch, Value(*range));
  if (!range->is_list() && !range->is_map()) {
    return frame.fail(
        node, '"' + node.text + "\" goes through a list or a mapping, not through " + with_article(range->kind()));
  }
  switch (node.macro) {
    case Macro::all:
      return evaluate_quantifier(node, *range, false, frame, scratch);
    case Macro::exists:
      return evaluate_quantifier(node, *range, true, frame, scratch);
    case Macro::exists_one:
      return evaluate_exists_one(node, *range, frame, scratch);
    case Macro::filter:
      return evaluate_filter(node, *range, frame, scratch);
    case Macro::map:
    case Macro::transform_list:
      return evaluate_map_macro(node, *range, frame, scratch);
    case Macro::transform_map:
    case Macro::transform_map_entry:
      return evaluate_transform_map(node, *range, frame, scratch);
    case Macro::sort_by:
      return evaluate_sort(node, *range, frame, scratch);
    case Macro::group_by:
    case Macro::distinct_by:
      return evaluate_groups(node, *range, frame, scratch);
    case Macro::none:
    case Macro::bind:
    case Macro::optional_map:
    case Macro::optional_flat_map:
      break;
  }
  return nullptr;
}

}  // namespace millrace
