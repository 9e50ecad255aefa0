#include "value/value.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/same_text.hpp"
#include "crypto/key_hash.hpp"

namespace millrace {

namespace {

constexpr std::size_t linear_search_up_to = 8;

std::uint64_t mixed(std::uint64_t bits) noexcept {
  bits ^= bits >> 32;
  bits *= 0x9E3779B97F4A7C15u;
  return bits ^ bits >> 29;
}

// Keys that CEL calls equal must hash alike: a whole double as the integer it equals, an int as the uint of the same
// bits.
std::uint64_t hash_of(const Value& key) noexcept {
  switch (key.kind()) {
    case Kind::text:
      return key_hash(key.text());
    case Kind::integer:
      return mixed(static_cast<std::uint64_t>(key.integer()));
    case Kind::unsigned_integer:
      return mixed(key.unsigned_integer());
    case Kind::boolean:
      return key.boolean() ? 1 : 2;
    case Kind::number:
    case Kind::null:
    case Kind::bytes:
    case Kind::list:
    case Kind::map:
    case Kind::timestamp:
    case Kind::duration:
    case Kind::type:
    case Kind::optional:
    case Kind::unknown:
      return 0;
  }
  return 0;
}

/// A double that is exactly a whole number becomes that number, so that keys need no comparison with rounding.
Value as_key(double number) noexcept {
  if (std::trunc(number) != number) return number;
  if (number >= -0x1p63 && number < 0x1p63) return static_cast<std::int64_t>(number);
  if (number >= 0 && number < 0x1p64) return static_cast<std::uint64_t>(number);
  return number;
}

bool equal(std::int64_t left, std::uint64_t right) noexcept {
  return left >= 0 && static_cast<std::uint64_t>(left) == right;
}

double as_double(const Value& value) noexcept {
  if (value.is(Kind::integer)) return static_cast<double>(value.integer());
  if (value.is(Kind::unsigned_integer)) return static_cast<double>(value.unsigned_integer());
  return value.number();
}

bool numeric(const Value& value) noexcept {
  return value.is(Kind::integer) || value.is(Kind::unsigned_integer) || value.is(Kind::number);
}

bool equal_numbers(const Value& left, const Value& right) noexcept {
  if (left.is(Kind::number) || right.is(Kind::number)) return as_double(left) == as_double(right);
  if (left.is(Kind::integer)) return equal(left.integer(), right.unsigned_integer());
  return equal(right.integer(), left.unsigned_integer());
}

bool equal_maps(const Map& left, const Map& right) {
  if (left.size() != right.size()) return false;
  for (const auto& [key, value] : left) {
    const Value* other = right.find(key);
    if (!other || !(value == *other)) return false;
  }
  return true;
}

}  // namespace

std::string_view name_of(Kind kind) noexcept {
  switch (kind) {
    case Kind::null:
      return "null";
    case Kind::boolean:
      return "true/false";
    case Kind::integer:
      return "whole number";
    case Kind::unsigned_integer:
      return "unsigned whole number";
    case Kind::number:
      return "number";
    case Kind::text:
      return "text";
    case Kind::bytes:
      return "bytes";
    case Kind::list:
      return "list";
    case Kind::map:
      return "mapping";
    case Kind::timestamp:
      return "timestamp";
    case Kind::duration:
      return "duration";
    case Kind::type:
      return "type";
    case Kind::optional:
      return "optional";
    case Kind::unknown:
      return "unknown";
  }
  return "unknown";
}

template <class T>
struct Value::Holder : Block {
  explicit Holder(T held) : content(std::move(held)) {}
  T content;
};

template <class T>
Value::Value(Kind kind, T content) : kind_(kind) {
  payload_.block = new Holder<T>(std::move(content));
}

template <class T>
const T& Value::content() const noexcept {
  return static_cast<const Holder<T>*>(payload_.block)->content;
}

constexpr std::uint32_t heaviest = (1u << 31) - 1;

void Value::weigh(const Value& member) noexcept {
  Block& mine = *payload_.block;
  if (member.contains_unknown()) mine.unknown_inside = 1;
  mine.weight = std::min(std::uint32_t(mine.weight) + member.weight(), heaviest) & heaviest;
}

std::uint32_t Value::weight() const noexcept {
  const Block* shared = block();
  if (!shared) return 1;
  if (kind_ != Kind::text && kind_ != Kind::bytes) return shared->weight;
  return static_cast<std::uint32_t>(std::min<std::size_t>(1 + content<std::string>().size() / 64, heaviest));
}

Value::Value(std::string value) : Value(Kind::text, std::move(value)) {}

Value::Value(List items) : Value(Kind::list, std::move(items)) {
  for (const Value& item : list()) weigh(item);
}

Value::Value(Map entries) : Value(Kind::map, std::move(entries)) {
  for (const auto& [key, value] : map()) {
    weigh(key);
    weigh(value);
  }
}

Value Value::bytes(std::string data) { return Value(Kind::bytes, std::move(data)); }
Value Value::type(std::string name) { return Value(Kind::type, std::move(name)); }

Value Value::optional(Value inner) {
  Value result(Kind::optional, std::move(inner));
  result.weigh(*result.optional_value());
  return result;
}

Value Value::no_optional() {
  Value result;
  result.payload_.block = nullptr;
  result.kind_ = Kind::optional;
  return result;
}

Value Value::unknown(std::string what) {
  Value result(Kind::unknown, std::move(what));
  result.payload_.block->unknown_inside = 1;
  return result;
}

Value Value::object(std::initializer_list<std::pair<std::string_view, Value>> members) {
  Map entries;
  entries.reserve(members.size());
  for (const auto& [name, value] : members) entries.set(name, value);
  return entries;
}

void Value::drop() noexcept {
  switch (kind_) {
    case Kind::text:
    case Kind::bytes:
    case Kind::type:
    case Kind::unknown:
      delete static_cast<Holder<std::string>*>(payload_.block);
      break;
    case Kind::list:
      delete static_cast<Holder<List>*>(payload_.block);
      break;
    case Kind::map:
      delete static_cast<Holder<Map>*>(payload_.block);
      break;
    case Kind::optional:
      delete static_cast<Holder<Value>*>(payload_.block);
      break;
    case Kind::null:
    case Kind::boolean:
    case Kind::integer:
    case Kind::unsigned_integer:
    case Kind::number:
    case Kind::timestamp:
    case Kind::duration:
      break;
  }
}

const std::string& Value::text() const { return assert(is_text()), content<std::string>(); }
const std::string& Value::bytes() const { return assert(is(Kind::bytes)), content<std::string>(); }
const Value::List& Value::list() const { return assert(is_list()), content<List>(); }
const Map& Value::map() const { return assert(is_map()), content<Map>(); }
const std::string& Value::type_name() const { return assert(is(Kind::type)), content<std::string>(); }
const std::string& Value::unknown_what() const { return assert(is_unknown()), content<std::string>(); }

const Value* Value::optional_value() const {
  assert(is(Kind::optional));
  return payload_.block ? &content<Value>() : nullptr;
}

const Value* Value::find(std::string_view name) const noexcept { return is_map() ? map().find(name) : nullptr; }

std::string Value::text_or(std::string_view name, std::string_view otherwise) const {
  const Value* member = find(name);
  return member && member->is_text() ? member->text() : std::string(otherwise);
}

bool Value::contains_unknown() const noexcept {
  const Block* shared = block();
  return shared && shared->unknown_inside;
}

bool operator==(const Value& left, const Value& right) {
  if (left.kind_ != right.kind_) return numeric(left) && numeric(right) && equal_numbers(left, right);
  switch (left.kind_) {
    case Kind::null:
      return true;
    case Kind::boolean:
      return left.boolean() == right.boolean();
    case Kind::integer:
      return left.integer() == right.integer();
    case Kind::unsigned_integer:
      return left.unsigned_integer() == right.unsigned_integer();
    case Kind::number:
      return left.number() == right.number();
    case Kind::text:
    case Kind::bytes:
    case Kind::type:
    case Kind::unknown:
      return left.content<std::string>() == right.content<std::string>();
    case Kind::list:
      return left.list() == right.list();
    case Kind::map:
      return equal_maps(left.map(), right.map());
    case Kind::timestamp:
      return left.timestamp() == right.timestamp();
    case Kind::duration:
      return left.duration() == right.duration();
    case Kind::optional: {
      const Value* one = left.optional_value();
      const Value* other = right.optional_value();
      return one && other ? *one == *other : one == other;
    }
  }
  return false;
}

template <class Same>
const Map::Entry* Map::search(std::uint64_t hash, Same same) const noexcept {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = hash & mask; slots_[at] != 0; at = (at + 1) & mask) {
    const Entry& entry = entries_[slots_[at] - 1];
    if (same(entry.first)) return &entry;
  }
  return nullptr;
}

const Value* Map::find(std::string_view key) const noexcept {
  if (!slots_.empty()) {
    const auto same = [key](const Value& other) { return other.is_text() && other.text() == key; };
    const Entry* entry = search(key_hash(key), same);
    return entry ? &entry->second : nullptr;
  }
  for (const auto& [name, value] : entries_) {
    if (name.is_text() && same_text(name.text(), key)) return &value;
  }
  return nullptr;
}

const Value* Map::find(const Value& key) const noexcept {
  if (key.is_text()) return find(std::string_view(key.text()));
  if (key.is(Kind::number)) {
    const Value whole = as_key(key.number());
    return whole.is(Kind::number) ? nullptr : find(whole);
  }
  const auto same = [&key](const Value& other) { return other == key; };
  if (slots_.empty()) {
    for (const Entry& entry : entries_) {
      if (same(entry.first)) return &entry.second;
    }
    return nullptr;
  }
  const Entry* entry = search(hash_of(key), same);
  return entry ? &entry->second : nullptr;
}

void Map::set(Value key, Value value) {
  if (const Value* present = find(key)) {
    *const_cast<Value*>(present) = std::move(value);  // an entry of ours, and we are not const
    return;
  }
  const std::uint64_t hash = slots_.empty() ? 0 : hash_of(key);
  entries_.emplace_back(std::move(key), std::move(value));
  if (entries_.size() <= linear_search_up_to) return;
  if (entries_.size() * 2 > slots_.size()) return index();
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash & mask;
  while (slots_[at] != 0) at = (at + 1) & mask;
  slots_[at] = static_cast<std::uint32_t>(entries_.size());
}

void Map::erase(std::string_view key) {
  for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
    if (!entry->first.is_text() || entry->first.text() != key) continue;
    entries_.erase(entry);
    return index();
  }
}

void Map::index() {
  slots_.clear();
  if (entries_.size() <= linear_search_up_to) return;
  slots_.resize(std::bit_ceil(entries_.size() * 4));
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t entry = 0; entry < entries_.size(); ++entry) {
    std::size_t at = hash_of(entries_[entry].first) & mask;
    while (slots_[at] != 0) at = (at + 1) & mask;
    slots_[at] = static_cast<std::uint32_t>(entry + 1);
  }
}

}  // namespace millrace
