#include "secret/redacted.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "value/json.hpp"

namespace millrace {

namespace {

/// A number as people write it, whole ones without a fraction: a secret of digits may come back as one. Empty: it is
/// none.
std::string digits_of(const Value& value) {
  constexpr double exact = 9007199254740992;  // up to there each whole number is a double
  if (value.is(Kind::number) && std::abs(value.number()) <= exact && std::trunc(value.number()) == value.number())
    return std::to_string(static_cast<std::int64_t>(value.number()));
  const bool number = value.is(Kind::number) || value.is(Kind::integer) || value.is(Kind::unsigned_integer);
  return number ? encode_json(value) : "";
}

/// Looks for secrets in many short texts together: each look costs one for every secret and every form of it. Line ends
/// stand between the texts, which are part of no word and no escape, so each is found as it is found alone.
class Search {
 public:
  explicit Search(const Secrets& secrets) : secrets_(secrets) { texts_.reserve(few); }

  bool finds_in(const Value& value) { return gather(value) || look(); }

 private:
  bool gather(const Value& value) {
    const auto in_item = [this](const Value& item) { return gather(item); };
    const auto in_member = [this](const Map::Entry& each) { return gather(each.first) || gather(each.second); };
    if (value.is_list()) return std::any_of(value.list().begin(), value.list().end(), in_item);
    if (value.is_map()) return std::any_of(value.map().begin(), value.map().end(), in_member);
    if (value.is(Kind::optional)) return value.optional_value() != nullptr && gather(*value.optional_value());
    const std::string number = digits_of(value);
    if (!number.empty()) return add(number);
    if (value.is_unknown()) return add(value.unknown_what());
    return value.is_text() ? add(value.text()) : value.is(Kind::bytes) && add(value.bytes());
  }

  bool add(const std::string& text) {
    constexpr std::size_t many = 1u << 16;
    if (texts_.size() + text.size() > many && look()) return true;
    texts_.append(text) += '\n';
    return false;
  }

  bool look() {
    if (texts_.empty()) return false;
    std::string redacted = texts_;
    secrets_.redact_in_place(redacted);
    const bool found = redacted != texts_;
    texts_.clear();
    return found;
  }

  static constexpr std::size_t few = 512;  // bytes
  const Secrets& secrets_;
  std::string texts_;
};

/// The redacted value, or nothing where it is the same: large answers are not built anew for nothing.
std::optional<Value> change(const Secrets& secrets, const Value& value);

std::optional<Value> change_list(const Secrets& secrets, const Value::List& list) {
  std::optional<Value::List> changed;
  for (std::size_t i = 0; i < list.size(); ++i) {
    auto item = change(secrets, list[i]);
    if (!item) continue;
    if (!changed) changed = list;
    (*changed)[i] = std::move(*item);
  }
  return changed ? std::optional<Value>(std::move(*changed)) : std::nullopt;
}

std::optional<Value> change_map(const Secrets& secrets, const Map& map) {
  std::vector<Map::Entry> entries;
  bool differs = false;
  for (const auto& [key, member] : map) {
    auto new_key = change(secrets, key);
    auto new_member = change(secrets, member);
    differs = differs || new_key || new_member;
    entries.emplace_back(new_key.value_or(key), new_member.value_or(member));
  }
  if (!differs) return std::nullopt;
  Map changed;
  for (auto& [key, member] : entries) changed.set(std::move(key), std::move(member));
  return Value(std::move(changed));
}

/// Of "4711.5", which is another number, nothing is hidden.
std::optional<Value> change_number(const Secrets& secrets, const std::string& number) {
  std::string kept = secrets.redact(number);
  return kept == number || kept.find('.') != std::string::npos ? std::nullopt : std::optional<Value>(std::move(kept));
}

std::optional<Value> change_optional(const Secrets& secrets, const Value& value) {
  if (value.optional_value() == nullptr) return std::nullopt;
  auto inner = change(secrets, *value.optional_value());
  return inner ? std::optional(Value::optional(std::move(*inner))) : std::nullopt;
}

std::optional<Value> change(const Secrets& secrets, const Value& value) {
  if (value.is_list()) return change_list(secrets, value.list());
  if (value.is_map()) return change_map(secrets, value.map());
  if (value.is(Kind::optional)) return change_optional(secrets, value);
  if (value.is_unknown()) return Value::unknown(secrets.redact(value.unknown_what()));
  if (const std::string number = digits_of(value); !number.empty()) return change_number(secrets, number);
  const bool bytes = value.is(Kind::bytes);
  if (!value.is_text() && !bytes) return std::nullopt;
  const std::string& content = bytes ? value.bytes() : value.text();
  std::string kept = secrets.redact(content);
  if (kept == content) return std::nullopt;
  return bytes ? Value::bytes(std::move(kept)) : Value(std::move(kept));
}

}  // namespace

Value redacted(const Secrets& secrets, const Value& value) {
  return secrets.knows_any() && Search(secrets).finds_in(value) ? change(secrets, value).value_or(value) : value;
}

Error redacted(const Secrets& secrets, Error error) {
  error.message = secrets.redact(error.message);
  return error;
}

}  // namespace millrace
