#include "service/faulty_deliveries.hpp"

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "service/records.hpp"

namespace millrace {

Task<Status> FaultyDeliveries::load() {
  const auto known = co_await world_.store.journal().list_states(engine_owner, faulty_prefix);
  if (!known) co_return known.error();
  for (const auto& [key, record] : *known) {
    const std::string name = key.substr(faulty_prefix.size());
    const auto [source, trigger] = source_and_trigger(name);
    const Value* over = record.find("over");
    faults_[name] = {source, trigger, record.text_or("reason"), over != nullptr && over->is_true()};
  }
  co_return Done{};
}

/// What was never told is kept although it is over.
void FaultyDeliveries::lay_into(Entry& entry, std::vector<Lack>& lacks) const {
  std::stable_partition(lacks.begin(), lacks.end(), [](const Lack& lack) { return lack.reason.empty(); });
  for (const auto& [source, trigger, reason] : lacks) {
    if (reason.empty() && faults_.empty()) continue;
    const std::string name = of_trigger(source, trigger);
    const auto known = faults_.find(name);
    if (!reason.empty()) {
      entry.states.push_back(faulty_delivery(name, known == faults_.end() ? reason : known->second.reason, false));
    } else if (known != faults_.end()) {
      entry.states.push_back(known->second.told ? faulty_deliveries_over(name)
                                                : faulty_delivery(name, known->second.reason, true));
    }
  }
}

void FaultyDeliveries::note(const std::vector<Lack>& lacks) {
  for (const auto& [source, trigger, reason] : lacks) {
    if (reason.empty() && faults_.empty()) continue;
    const auto known = faults_.find(of_trigger(source, trigger));
    if (!reason.empty()) {
      refused_.note_lacking(source, trigger, reason);
      faults_.try_emplace(of_trigger(source, trigger), Fault{source, trigger, reason}).first->second.over = false;
    } else if (known != faults_.end() && known->second.told) {
      faults_.erase(known);
    } else if (known != faults_.end()) {
      known->second.over = true;
    }
  }
}

bool FaultyDeliveries::any_of(const std::string& source) const {
  const auto first = faults_.lower_bound(of_trigger(source, ""));
  return first != faults_.end() && first->second.source == source;
}

std::vector<FaultyDeliveries::Fault> FaultyDeliveries::tell() {
  std::vector<Fault> all;
  for (auto& [name, fault] : faults_) {
    fault.told = true;
    all.push_back(fault);
  }
  return all;
}

/// Where the store does not take it now they stay until it does.
Task<void> FaultyDeliveries::forget_told() {
  Entry entry;
  std::vector<std::string> forgotten;
  for (const auto& [name, fault] : faults_) {
    if (!fault.over || !fault.told) continue;
    entry.states.push_back(faulty_deliveries_over(name));
    forgotten.push_back(name);
  }
  if (forgotten.empty()) co_return;
  const auto written = co_await world_.store.journal().commit(std::move(entry));
  if (!written) {
    log(LogLevel::warning, "that good deliveries have come could not be written down: " + written.error().message);
    co_return;
  }
  for (const std::string& name : forgotten) {
    const auto known = faults_.find(name);
    if (known != faults_.end() && known->second.over) faults_.erase(known);  // else another one has come meanwhile
  }
}

}  // namespace millrace
