#include "gate/shipment.hpp"

#include <utility>

namespace millrace {

namespace {

Value with_location(Value input, const std::string& location) {
  if (location.empty() || (!input.is_map() && !input.is_null())) return input;
  const Value* given = input.find("location_id");
  if (given && !given->is_null()) return input;
  Map entries = input.is_map() ? input.map() : Map();
  entries.set("location_id", location);
  return entries;
}

bool wholly_known(const Action& action, const RequestParts& parts, const Value& input) {
  if (parts.path.contains_unknown() || parts.body.contains_unknown()) return false;
  if (!action.request || action.request->headers_input.empty()) return true;
  const Value* headers = input.find(action.request->headers_input);
  return !headers || !headers->contains_unknown();
}

}  // namespace

std::string Shipment::key_header() const {
  if (site.key.empty() || !writes(effect)) return "";
  if (action->request) return action->request->idempotency_header;
  return action->repeat == Repeat::keyed ? "Idempotency-Key" : "";
}

bool Shipment::repeatable() const {
  if (!writes(effect) || action->repeat == Repeat::idempotent) return true;
  return action->repeat == Repeat::keyed && !key_header().empty();
}

Result<Shipment> prepare(const Connections& connections, const Action& action, Value input, CallSite site) {
  if (!action.request) return Error{ErrorCode::internal, action.name + " is not mapped to a request"};
  input = with_location(std::move(input), site.location);
  RequestParts parts = TRY(build_request(action, input));
  return prepare(connections, action, std::move(parts), std::move(input), std::move(site));
}

Result<Shipment> prepare(const Connections& connections, const Action& action, RequestParts parts, Value input,
                         CallSite site) {
  Shipment shipment;
  shipment.action = &action;
  shipment.input = with_location(std::move(input), site.location);
  shipment.effect = effect_of(action, shipment.input);
  shipment.location = shipment.input.text_or("location_id", site.location);
  shipment.to = TRY(connections.find(action, site, shipment.location, parts.path));
  if (writes(shipment.effect)) TRY(connections.check_writable(action, shipment.to));
  shipment.known = wholly_known(action, parts, shipment.input);
  shipment.parts = std::move(parts);
  shipment.site = std::move(site);
  return shipment;
}

Result<ReadShipment> ReadShipment::of(Shipment shipment) {
  if (writes(shipment.effect))
    return Error{ErrorCode::internal, shipment.action->name + " writes and was to be sent as a read"};
  return ReadShipment(std::move(shipment));
}

}  // namespace millrace
