#include "gate/body_file.hpp"

#include <cstdint>
#include <utility>

#include "gate/output_folder.hpp"

namespace millrace {

Status check_body_file(const Shipment& shipment) {
  const std::string file = shipment.save_as();
  if (file.empty()) return Done{};
  TRY(check_file_name(file));
  if (!writes(shipment.effect)) return Done{};
  return Error{ErrorCode::invalid, shipment.action->name +
                                       " can save the body only of what it reads: say effect: read where it changes "
                                       "nothing, else write the body to a file in a step of its own"};
}

Task<Result<Value>> save_body(Gate& gate, const Action& action, std::string file, Value output, CallSite site) {
  const Value* body = output.find("body");
  const Value* status = output.find("status");
  const bool success = status != nullptr && status->is(Kind::integer) && status->integer() / 100 == 2;
  if (!success || body == nullptr || !body->is(Kind::bytes)) co_return output;
  std::string content = body->bytes();
  auto written = co_await gate.write_file(action, std::move(file), std::move(content), std::move(site));
  if (!written) co_return written.error();
  Map members = output.map();
  members.set("body", Value());
  for (const char* name : {"file", "bytes"}) members.set(name, *written->find(name));
  co_return Value(std::move(members));
}

std::string shown_file(const GateRules& rules, const std::string& name) {
  return (rules.output_folder / name).lexically_normal().generic_string();
}

Value file_output(const GateRules& rules, const std::string& name, std::size_t bytes) {
  return Value::object({{"file", shown_file(rules, name)}, {"bytes", static_cast<std::int64_t>(bytes)}});
}

}  // namespace millrace
