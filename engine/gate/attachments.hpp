#pragma once

#include <string>
#include <vector>

#include "async/loop.hpp"
#include "async/task.hpp"
#include "courier/shipment.hpp"
#include "gate/gate.hpp"

namespace millrace {

/// What the mail takes along from the output folder, by the paths below it. A path may begin with the folder's own, as
/// results of steps have it ("output/report.pdf"). `invalid` where it is no list of texts, `denied` where one leads
/// out.
Result<std::vector<std::string>> attached_files(const Shipment& shipment, const GateRules& rules);

/// Whether they are there and small enough together; those in `planned` will be.
Status check_attachments(const std::vector<std::string>& files, const GateRules& rules,
                         const std::vector<Change>& planned);

/// Reads them into the shipment.
Task<Status> attach(Loop& loop, Shipment& shipment, const GateRules& rules);

}  // namespace millrace
