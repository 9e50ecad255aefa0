#pragma once

#include "gate/gate.hpp"
#include "value/value.hpp"

namespace millrace {

/// One line of the change list, as every JSON document has it:
/// {"step","action","effect","target","summary","request":{"method","url","body"}}.
Value encode_change(const Change& change);

}  // namespace millrace
