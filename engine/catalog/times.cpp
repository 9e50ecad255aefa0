#include "catalog/times.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "base/duration.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

/// The value with what `leaf(name, value, schema)` makes of all that is neither list nor mapping. A name is the
/// innermost member's.
template <class Leaf>
Value with_leaves(const std::string& name, const Value& value, const SchemaView& schema, const Leaf& leaf) {
  if (!schema.known()) return value;
  if (value.is_list()) {
    const SchemaView of_items = schema.items();
    if (!of_items.known()) return value;
    Value::List items;
    items.reserve(value.list().size());
    for (const Value& item : value.list()) items.push_back(with_leaves(name, item, of_items, leaf));
    return items;
  }
  if (!value.is_map()) return leaf(name, value, schema);
  Map entries;
  for (const auto& [key, member] : value.map()) {
    entries.set(key, key.is_text() ? with_leaves(key.text(), member, schema.property(key.text()), leaf) : member);
  }
  return entries;
}

std::int64_t milliseconds_of(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}
std::int64_t milliseconds_of(Timestamp time) { return time.seconds * 1000 + time.nanos / 1'000'000; }

/// A time or duration however it comes: as a text, or as what an expression made.
Result<Value> milliseconds_in(const std::string& name, const Value& value, bool duration) {
  if (value.is(Kind::timestamp)) return Value(milliseconds_of(value.timestamp()));
  if (value.is(Kind::duration)) return Value(milliseconds_of(value.duration()));
  if (!value.is_text()) return value;
  if (duration) {
    const auto read = parse_duration(value.text());
    if (read && *read >= Duration::zero()) return Value(milliseconds_of(*read));
  } else {
    const auto read = parse_timestamp(value.text());
    if (read) return Value(milliseconds_of(*read));
  }
  return Error{ErrorCode::invalid,
               name + " is \"" + value.text() + "\", which is not a " +
                   (duration ? "duration: write such as 12h or 90d" : "time: write such as 2026-11-23T09:00:00Z")};
}

}  // namespace

Value with_timestamps(const Value& value, const SchemaView& schema) {
  return with_leaves("", value, schema, [](const std::string&, const Value& leaf, const SchemaView& of_leaf) {
    if (!leaf.is_text() || of_leaf.format() != "date-time") return leaf;
    const auto time = parse_timestamp(leaf.text());
    return time ? Value(*time) : leaf;
  });
}

Result<Value> in_milliseconds(const Value& value, const SchemaView& schema) {
  std::optional<Error> wrong;
  Value ready = with_leaves("", value, schema, [&](const std::string& name, const Value& leaf, const SchemaView& of) {
    const std::string format = of.format();
    if (format != "date-time" && format != "duration") return leaf;
    auto read = milliseconds_in(name, leaf, format == "duration");
    if (!read && !wrong) wrong = read.error();
    return read ? std::move(*read) : leaf;
  });
  if (wrong) return *wrong;
  return ready;
}

}  // namespace millrace
