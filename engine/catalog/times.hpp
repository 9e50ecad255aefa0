#pragma once

#include "base/result.hpp"
#include "schema/schema.hpp"
#include "value/value.hpp"

namespace millrace {

/// The value with the texts that its schema calls `format: date-time` as timestamps. What cannot be read stays text.
Value with_timestamps(const Value& value, const SchemaView& schema);

/// The value with what its schema calls `format: date-time` or `duration` as whole milliseconds, times since 1970 in
/// UTC; what is unknown stays so. `invalid` where a text is neither, or a duration negative. What comes in was checked
/// mostly, but not where one library calls another.
Result<Value> in_milliseconds(const Value& value, const SchemaView& schema);

}  // namespace millrace
