#include "secret/redacted.hpp"

#include <optional>
#include <utility>
#include <vector>

namespace millrace {

namespace {

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

std::optional<Value> change(const Secrets& secrets, const Value& value) {
  if (value.is_list()) return change_list(secrets, value.list());
  if (value.is_map()) return change_map(secrets, value.map());
  if (value.is_unknown()) return Value::unknown(secrets.redact(value.unknown_what()));
  const bool bytes = value.is(Kind::bytes);
  if (!value.is_text() && !bytes) return std::nullopt;
  const std::string& content = bytes ? value.bytes() : value.text();
  std::string kept = secrets.redact(content);
  if (kept == content) return std::nullopt;
  return bytes ? Value::bytes(std::move(kept)) : Value(std::move(kept));
}

}  // namespace

Value redacted(const Secrets& secrets, const Value& value) { return change(secrets, value).value_or(value); }

Error redacted(const Secrets& secrets, Error error) {
  error.message = secrets.redact(error.message);
  return error;
}

}  // namespace millrace
