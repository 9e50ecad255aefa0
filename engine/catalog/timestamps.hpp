#pragma once

#include "schema/schema.hpp"
#include "value/value.hpp"

namespace millrace {

/// The value with the texts that its schema calls `format: date-time` as timestamps. What cannot be read stays text.
Value with_timestamps(const Value& value, const SchemaView& schema);

}  // namespace millrace
