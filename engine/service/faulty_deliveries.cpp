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
bool FaultyDeliveries::changed_by(const std::string& source, const std::string& trouble, bool good) const {
  return trouble.empty() == reasons_.contains(source) && (good || !trouble.empty());
}

void FaultyDeliveries::lay_into(Occurrence& occurrence, const std::string& trouble, bool good) const {
  if (!changed_by(occurrence.source, trouble, good)) return;
  occurrence.states.push_back(faulty_delivery(occurrence.source, trouble, world_.clock.now()));
}

void FaultyDeliveries::note(const std::string& source, const std::string& trouble, bool good) {
  if (!changed_by(source, trouble, good)) return;
  if (trouble.empty()) {
    reasons_.erase(source);
  } else {
    reasons_[source] = trouble;
  }
}

}  // namespace millrace
