#include "catalog/timestamps.hpp"

#include <utility>

#include "value/time.hpp"

namespace millrace {

Value with_timestamps(const Value& value, const SchemaView& schema) {
  if (!schema.known()) return value;
  if (value.is_text()) {
    if (schema.format() != "date-time") return value;
    const auto time = parse_timestamp(value.text());
    return time ? Value(*time) : value;
  }
  if (value.is_list()) {
    const SchemaView of_items = schema.items();
    if (!of_items.known()) return value;
    Value::List items;
    items.reserve(value.list().size());
    for (const Value& item : value.list()) items.push_back(with_timestamps(item, of_items));
    return items;
  }
  if (!value.is_map()) return value;
  Map entries;
  for (const auto& [key, member] : value.map()) {
    entries.set(key, key.is_text() ? with_timestamps(member, schema.property(key.text())) : member);
  }
  return entries;
}

}  // namespace millrace
