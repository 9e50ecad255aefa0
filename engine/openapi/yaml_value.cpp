#include "openapi/yaml_value.hpp"

#include <charconv>
#include <optional>
#include <string>

#include "base/text.hpp"
#include "schema/reference.hpp"

namespace millrace {

namespace {

bool one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  for (const std::string_view word : words) {
    if (text == word) return true;
  }
  return false;
}

template <class Number>
std::optional<Value> whole(std::string_view digits, int base) {
  Number number = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
  if (failed != std::errc() || end != digits.data() + digits.size() || digits.empty()) return std::nullopt;
  return Value(number);
}

/// A number as YAML's core schema writes them: 12, -3, 0o17, 0x1F, 1.5e3. What only looks so stays text.
std::optional<Value> number_of(std::string_view text) {
  if (text.starts_with("0x")) return whole<std::uint64_t>(text.substr(2), 16);
  if (text.starts_with("0o")) return whole<std::uint64_t>(text.substr(2), 8);
  const std::string_view plain = text.starts_with('+') ? text.substr(1) : text;
  if (plain.empty() || plain.find_first_not_of("0123456789+-.eE") != std::string_view::npos) return std::nullopt;
  if (const auto number = whole<std::int64_t>(plain, 10)) return number;
  double number = 0;
  const auto [end, failed] = std::from_chars(plain.data(), plain.data() + plain.size(), number);
  if (failed != std::errc() || end != plain.data() + plain.size()) return std::nullopt;
  return Value(number);
}

Value scalar_of(const Node& node) {
  if (node.style == Node::Style::empty) return {};
  if (node.style != Node::Style::plain) return node.text;
  if (one_of(node.text, {"null", "Null", "NULL", "~", ""})) return {};
  if (one_of(node.text, {"true", "True", "TRUE"})) return true;
  if (one_of(node.text, {"false", "False", "FALSE"})) return false;
  if (auto number = number_of(node.text)) return std::move(*number);
  return node.text;
}

}  // namespace

Value value_of(const Node& node) {
  if (node.is_scalar()) return scalar_of(node);
  if (node.is_list()) {
    Value::List items;
    items.reserve(node.items.size());
    for (const Node& item : node.items) items.push_back(value_of(item));
    return items;
  }
  Map members;
  members.reserve(node.members.size());
  for (const Node::Member& member : node.members) members.set(Value(member.key), value_of(member.value));
  return members;
}

namespace {

/// What stands at a JSON pointer, or the nearest around it.
struct Place {
  const Node* node;
  const Node::Member* named = nullptr;  ///< the member that it is the value of
  bool whole = true;                    ///< it is what was asked for
};

Place place_of(const YamlDocument& document, std::string_view pointer) {
  Place here{&*document.root};
  const std::vector<std::string> steps = split(pointer, '/');
  for (std::size_t at = 1; at < steps.size(); ++at) {
    const std::string key = pointer_key(steps[at]);
    if (here.node->is_map()) {
      const Node::Member* member = here.node->member(key);
      if (member == nullptr) return {here.node, here.named, false};
      here = {&member->value, member};
    } else {
      const auto number = whole<std::uint64_t>(key, 10);
      const bool there = here.node->is_list() && number && number->unsigned_integer() < here.node->items.size();
      if (!there) return {here.node, here.named, false};
      here = {&here.node->items[number->unsigned_integer()]};
    }
  }
  return here;
}

}  // namespace

std::string letters_at(const YamlDocument& document, std::string_view pointer) {
  const Place place = place_of(document, pointer);
  return place.whole && place.node->is_scalar() ? place.node->text : "";
}

SourceMark mark_at(const YamlDocument& document, std::string_view pointer) {
  const Place place = place_of(document, pointer);
  return place.named != nullptr ? document.key_mark(*place.named) : document.mark(*place.node);
}

}  // namespace millrace
