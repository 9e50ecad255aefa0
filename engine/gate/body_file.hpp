#pragma once

#include <cstddef>
#include <string>

#include "async/task.hpp"
#include "base/result.hpp"
#include "courier/shipment.hpp"
#include "gate/gate.hpp"
#include "value/value.hpp"

namespace millrace {

/// Whether the body that comes back may be written to the file that the step names (Shipment::save_as), if it names
/// one.
Status check_body_file(const Shipment& shipment);

/// Writes the body of what was read to that file: the body in `output` gives way to the file's path and size. What is
/// no success is not written.
Task<Result<Value>> save_body(Gate& gate, const Action& action, std::string file, Value output, CallSite site);

/// The path of an output file as people see it, and as it stands in change lists and results.
std::string shown_file(const GateRules& rules, const std::string& name);
Value file_output(const GateRules& rules, const std::string& name, std::size_t bytes);

}  // namespace millrace
