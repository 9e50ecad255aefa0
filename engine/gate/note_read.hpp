#pragma once

#include "courier/answer.hpp"
#include "courier/shipment.hpp"
#include "gate/gate.hpp"

namespace millrace {

/// What a read gave: counts it and remembers the ids of the things in it. `made`: those that this run itself brought
/// about, which do not widen what max_percent is measured against.
void note_read(GateRecord& record, const Shipment& shipment, const Answer& answer, const SeenThings& made);

}  // namespace millrace
