#pragma once

#include "base/result.hpp"
#include "courier/shipment.hpp"
#include "gate/gate.hpp"
#include "value/value.hpp"

namespace millrace {

/// What a plan remembers of a read: what was asked, and fingerprints of what the far side answered.
/// REQUIRES: shipment.known; `output` is free of secrets, and nothing is laid over it.
Reading reading_of(const Shipment& shipment, const Result<Value>& output);

/// The same of a file of the project. REQUIRES: `input` is known.
Reading reading_of_file(const Action& action, const Value& input, const Result<Value>& output);

}  // namespace millrace
