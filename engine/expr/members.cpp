#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "expr/evaluate.hpp"
#include "expr/operators.hpp"

namespace millrace {

namespace {

using Node = Expression::Node;

[[gnu::cold]] const Value* no_such_name(const Node& node, Frame& frame) {
  std::vector<std::string> known = frame.names.names();
  if (frame.parameter) known.push_back(*frame.parameter);
  return frame.fail(node, "there is nothing called \"" + node.path + "\" here" + did_you_mean(node.path, known));
}

}  // namespace

std::string what_there_is(const std::vector<std::string>& names) {
  constexpr std::size_t most_told = 8;
  return names.empty() || names.size() > most_told ? "" : ": it has " + listed(names);
}

const Value* evaluate_name(const Node& node, Frame& frame, Value&) {
  const Value* found = frame.plain_names ? frame.find(node.text) : find_path(node.text, node.rooted, frame);
  if (!found) found = type_named(node.text);
  if (!found) return no_such_name(node, frame);
  if (node.slot != no_slot) frame.slots[node.slot] = found;
  return found;
}

namespace {

[[gnu::cold]] const Value* no_such_member(const Node& at, const Map& map, std::string_view name, Frame& frame) {
  constexpr std::size_t most_known = 200, longest_known = 64;
  std::vector<std::string> known;
  std::size_t letters = 0;
  for (const auto& [key, value] : map) {
    if (known.size() == most_known) break;
    if (!key.is_text() || key.text().size() > longest_known) continue;
    known.push_back(key.text());
    letters += known.back().size();
  }
  // Each letter of the name is compared with each of theirs. Where `exists` goes on, nobody reads what is found.
  if (!frame.spend(at, static_cast<std::int64_t>(letters * (1 + std::min(name.size(), longest_known)) / 32)))
    return nullptr;
  const std::string hint = did_you_mean(name, known);
  return frame.miss(at,
                    "there is no \"" + std::string(name) + "\" in it" + (hint.empty() ? what_there_is(known) : hint));
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

}  // namespace

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

namespace {

[[gnu::cold]] const Value* no_members(const Node& node, const Value& holder, Frame& frame) {
  const std::string name = '"' + node.text + '"';
  if (holder.is_null()) return frame.miss(node, "it is empty (null), so it has no " + name);
  if (holder.is_list()) {
    return frame.fail(node, "a list has no " + name + ", take one item ([0]) or each (.map(x, x." + node.text + "))");
  }
  return frame.fail(node, with_article(holder.kind()) + " has no " + name);
}

}  // namespace

const Value* evaluate_select(const Node& node, Frame& frame, Value& scratch) {
  if (!frame.plain_names && !node.path.empty()) {
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

}  // namespace millrace
