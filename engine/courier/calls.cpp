#include "courier/calls.hpp"

#include <algorithm>

#include "courier/shipment.hpp"

namespace millrace {

namespace {

CallCount& count_at(CallCounts& counts, const std::string& connection, const std::string& location) {
  const auto found = std::find_if(counts.begin(), counts.end(), [&](const CallCount& each) {
    return each.connection == connection && each.location == location;
  });
  return found != counts.end() ? *found : counts.emplace_back(CallCount{connection, location});
}

}  // namespace

void count_call(CallCounts& counts, const Shipment& shipment, std::int64_t times) {
  const std::string& name = shipment.to.connection != nullptr ? shipment.to.connection->name : shipment.to.place;
  if (shipment.is_mail() || name.empty()) return;
  CallCount& count = count_at(counts, name, shipment.location);
  (writes(shipment.effect) ? count.writes : count.reads) += times;
}

void add_calls(CallCounts& counts, const CallCounts& more) {
  for (const CallCount& each : more) {
    CallCount& count = count_at(counts, each.connection, each.location);
    count.reads += each.reads;
    count.writes += each.writes;
  }
}

}  // namespace millrace
