#pragma once

#include "async/task.hpp"
#include "base/result.hpp"
#include "courier/calls.hpp"
#include "courier/courier.hpp"
#include "courier/shipment.hpp"
#include "gate/gate.hpp"
#include "secret/secrets.hpp"
#include "value/value.hpp"

namespace millrace {

/// Whether something is looked at before the write leaves: its inverse wants to know it, and its input comes out of
/// data. A step whose inputs all stand in the file makes its one request: whoever wrote it down can read it before.
bool looks_before(const Shipment& write);

/// What the write is about to change, as it is now, and those who carry it: {before, carriers, untold}, null where
/// nobody asks for it; `untold` says why something of it is not known although it was asked for. The error is one after
/// which the write has to wait, too: the far side is down, or the run was called off. Its requests count as reads, and
/// `rules` bound them as they bound what steps ask.
Task<Result<Value>> look_before(Courier& courier, const Secrets& secrets, const GateRules& rules, GateRecord& record,
                                Shipment write);

/// In a plan: the calls of the looks that the live run makes before the write, one for each of its questions.
void count_looks(CallCounts& counts, Shipment write);

}  // namespace millrace
