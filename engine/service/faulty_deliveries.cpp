#include "service/faulty_deliveries.hpp"

#include "service/records.hpp"

namespace millrace {

Task<Status> FaultyDeliveries::load() {
  const auto known = co_await world_.store.journal().list_states(engine_owner, faulty_prefix);
  if (!known) co_return known.error();
  for (const auto& [key, record] : *known) reasons_[key.substr(faulty_prefix.size())] = record.text_or("reason");
  co_return Done{};
}

/// The first one raises the alarm, the next ones find it raised; what is none of the trigger's own says nothing.
bool FaultyDeliveries::changed_by(const std::string& source, const Received& received) const {
  return received.faulty != reasons_.contains(source) && (received.faulty || received.left_out.empty());
}

void FaultyDeliveries::lay_into(Occurrence& occurrence, const Received& received) const {
  if (!changed_by(occurrence.source, received)) return;
  const std::string reason = received.faulty ? received.left_out : "";
  occurrence.states.push_back(faulty_delivery(occurrence.source, reason, world_.clock.now()));
}

void FaultyDeliveries::note(const std::string& source, const Received& received) {
  if (!changed_by(source, received)) return;
  if (received.faulty) {
    reasons_[source] = received.left_out;
  } else {
    reasons_.erase(source);
  }
}

}  // namespace millrace
