#include "gate/volatile.hpp"

#include <algorithm>
#include <utility>

namespace millrace {

namespace {

bool is_volatile(const SchemaView& schema) {
  const Value* mark = schema.known() ? schema.raw()->find("x-volatile") : nullptr;
  return mark && mark->is_true();
}

/// Whether anything inside a schema may be marked. Asked before descending: thousands of things in a list need no
/// copies only because one member beside the list is volatile.
bool may_mark(const Value& schema) {
  if (schema.is_list()) return std::any_of(schema.list().begin(), schema.list().end(), may_mark);
  if (!schema.is_map()) return false;
  if (schema.find("x-volatile") || schema.find("$ref")) return true;
  const auto member_may = [](const auto& member) { return may_mark(member.second); };
  return std::any_of(schema.map().begin(), schema.map().end(), member_may);
}

}  // namespace

Value without_volatile(const Value& output, const SchemaView& schema) {
  if (!schema.known() || !may_mark(*schema.raw())) return output;
  if (output.is_list()) {
    const SchemaView of_items = schema.items();
    if (!of_items.known() || !may_mark(*of_items.raw())) return output;
    Value::List items;
    items.reserve(output.list().size());
    for (const Value& item : output.list()) items.push_back(without_volatile(item, of_items));
    return items;
  }
  if (!output.is_map()) return output;
  Map entries;
  for (const auto& [key, member] : output.map()) {
    const SchemaView of_member = key.is_text() ? schema.property(key.text()) : SchemaView();
    if (!is_volatile(of_member)) entries.set(key, without_volatile(member, of_member));
  }
  return entries;
}

}  // namespace millrace
