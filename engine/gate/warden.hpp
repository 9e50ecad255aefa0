#pragma once

#include <string>

#include "base/result.hpp"
#include "courier/shipment.hpp"
#include "gate/gate.hpp"
#include "workflow/permissions.hpp"

namespace millrace {

/// Whether something that `action` is about to do may be done: asked by each gate before anything leaves, so that a
/// plan is refused what a run would be. Pure; `denied` names the line that forbids it. Where nothing is bound, and
/// where all is allowed, it costs a few comparisons.
Status judge(const Action& action, const Touch& change, const GateRules& facts);

/// The same of a request with all that it takes along or will write: files that are attached, sent or saved.
Status judge(const Shipment& shipment, const GateRules& facts);

/// Of a file: one that is created has its path below the output folder, the others below the project's.
Status judge_file(const Action& action, Effect effect, const std::string& path, const GateRules& facts);

/// Of what is announced, before it is known to whom it is done.
Status judge_announced(const Action& action, const GateRules& facts);

/// Has the courier ask before it follows a redirect to another host. `action` and `facts` outlive the shipment.
void hold_redirects(Shipment& shipment, const GateRules& facts);

}  // namespace millrace
