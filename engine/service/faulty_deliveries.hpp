#pragma once

#include <map>
#include <string>
#include <vector>

#include "service/records.hpp"
#include "service/refused_deliveries.hpp"
#include "service/service.hpp"

namespace millrace {

/// Triggers whose last delivery lacked what they need (Lack): an alarm each, until a good one has come. However soon
/// that is, each is told once. Kept in the store, so that a restart does not forget it. Loop thread only.
class FaultyDeliveries {
 public:
  FaultyDeliveries(ServiceWorld world, RefusedDeliveries& refused) : world_(world), refused_(refused) {}

  Task<Status> load();
  /// Lays into the entry what these change here. Of one trigger's, good ones go before the others: what is told of
  /// together is an alarm while one of it is.
  void lay_into(Entry& entry, std::vector<Lack>& lacks) const;
  /// The entry is durable.
  void note(const std::vector<Lack>& lacks);

  /// Whether something of this source was faulty, and no good one has come.
  bool any_of(const std::string& source) const;

  struct Fault {
    std::string source, trigger;  ///< "hook:survey", "sightmill.responses.received"; as in Lack
    std::string reason;           ///< what the delivery lacked
    bool over = false;            ///< a good one has come, and this is still to be told
    bool told = false;
  };
  /// Those to be told of now; they count as told.
  std::vector<Fault> tell();
  /// Forgets those that are told and over.
  Task<void> forget_told();

 private:
  ServiceWorld world_;
  RefusedDeliveries& refused_;
  std::map<std::string, Fault> faults_;  // as of_trigger names them
};

}  // namespace millrace
