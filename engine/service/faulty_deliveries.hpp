#pragma once

#include <map>
#include <string>
#include <vector>

#include "service/occurrence.hpp"
#include "service/refused_deliveries.hpp"
#include "service/service.hpp"

namespace millrace {

/// What a delivery lacks, by trigger whose kind it is (HookReading::kind); empty where it is an event of that one.
using Lacks = std::map<std::string, std::string>;

/// Triggers whose last delivery lacked what their events must have: an alarm each, until a good one has come. However
/// soon that is, each is told once. Kept in the store, so that a restart does not forget it. Loop thread only.
class FaultyDeliveries {
 public:
  FaultyDeliveries(ServiceWorld world, RefusedDeliveries& refused) : world_(world), refused_(refused) {}

  Task<Status> load();
  /// Lays into the occurrence what it changes here.
  void lay_into(Occurrence& occurrence, const Lacks& lacks) const;
  /// The occurrence is durable.
  void note(const std::string& source, const Lacks& lacks);

  struct Fault {
    std::string source, trigger;  ///< "hook:survey", "sightmill.responses.received"
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
