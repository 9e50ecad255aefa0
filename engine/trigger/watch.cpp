#include "trigger/watch.hpp"

#include <utility>

#include "crypto/digest.hpp"
#include "value/json.hpp"

namespace millrace {

namespace {

Error unusable(std::string message) { return {.code = ErrorCode::invalid, .message = std::move(message)}; }

/// The list to compare: the output itself, or its only member that is one.
Result<const Value*> list_in(const Value& output) {
  if (output.is_list()) return &output;
  const Value* found = nullptr;
  if (output.is_map()) {
    for (const auto& [name, member] : output.map()) {
      if (!member.is_list()) continue;
      if (found != nullptr) return unusable("the result holds several lists, so it is not clear which one is watched");
      found = &member;
    }
  }
  if (found == nullptr) return unusable("the result holds no list that could be watched");
  return found;
}

/// `expression` nullptr: files, which are told apart by their paths.
Result<std::string> key_of(const PlacedExpression* expression, const Value& item, std::size_t position) {
  if (expression == nullptr) return item.text_or("path");
  const auto which = [&] { return "key of item " + std::to_string(position + 1); };
  Bindings names;
  names.set("item", item);
  const auto value = expression->expression.evaluate(names);
  if (!value) return value.error().within(which());
  auto text = as_text(*value);
  if (!text) return text.error().within(which());
  if (text->empty()) return unusable(which() + " is empty");
  return text;
}

/// The checkpoint has been through JSON, which makes texts of times.
bool same_item(const Value& item, const Value& before) {
  if (item == before) return true;
  const auto written = parse_json(encode_json(item));
  return written && *written == before;
}

Value change_event(const char* change, const std::string& key, const Value& item, const Value& before) {
  return Value::object({{"change", change}, {"key", key}, {"item", item}, {"before", before}});
}

}  // namespace

Result<std::string> watched_key(const TriggerSpec& trigger, const Value& item) {
  return key_of(trigger.expression("key"), item, 0);
}

std::string watched_thing(const TriggerSpec& trigger, std::string_view address) {
  const PlacedExpression* key = trigger.expression("key");
  const Value parts = Value::List{trigger.kind, trigger.name, trigger.with,
                                  key != nullptr ? key->expression.text() : "", std::string(address)};
  return fingerprint(encode_json(parts));
}

bool is_of(const Value& checkpoint, const std::string& thing) { return checkpoint.text_or("of", thing) == thing; }

Result<Watched> compare_watched(const TriggerSpec& trigger, const Value& output, const Value& checkpoint,
                                const std::string& thing) {
  const PlacedExpression* key = trigger.expression("key");
  const bool files = trigger.kind == "file";
  if (key == nullptr && !files) return unusable("the trigger has no key that tells one item from another");
  const Value& list = *TRY(list_in(output));
  const Value* known = checkpoint.find("items");
  const Map none;
  const Map& before = known && known->is_map() ? known->map() : none;
  if (list.list().empty() && before.size() > 1 && !files) {
    return unusable("the list is empty all at once, and held " + std::to_string(before.size()) +
                    " items: this is taken for a fault of the far side, not for their removal");
  }
  Watched watched;
  Map items;
  for (std::size_t i = 0; i < list.list().size(); ++i) {
    const Value& item = list.list()[i];
    std::string name = TRY(key_of(key, item, i));
    if (items.find(std::string_view(name)) != nullptr) return unusable("two items have the key \"" + name + "\"");
    const Value* old = before.find(std::string_view(name));
    if (known && old == nullptr) watched.changes.push_back({name, change_event("added", name, item, Value())});
    if (old != nullptr && !same_item(item, *old))
      watched.changes.push_back({name, change_event("changed", name, item, *old)});
    items.set(std::move(name), item);
  }
  for (const auto& [name, item] : before) {
    if (items.find(std::string_view(name.text())) == nullptr)
      watched.changes.push_back({name.text(), change_event("removed", name.text(), item, item)});
  }
  watched.checkpoint = Value::object({{"of", thing}, {"items", Value(std::move(items))}});
  return watched;
}

}  // namespace millrace
