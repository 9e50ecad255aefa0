#pragma once

#include "base/result.hpp"
#include "gate/gate.hpp"
#include "value/value.hpp"

namespace millrace {

/// One line of the change list, as every JSON document has it:
/// {"step","action","effect","target","summary","request":{"method","url","body"}}.
Value encode_change(const Change& change);
/// Reads it again. The error names the member that is missing or wrong.
Result<Change> decode_change(const Value& value);

}  // namespace millrace
