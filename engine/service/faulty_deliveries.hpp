#pragma once

#include <map>
#include <string>

#include "service/dispatcher.hpp"
#include "trigger/delivery.hpp"

namespace millrace {

/// Sources whose last delivery lacked what its trigger's events must have: an alarm each, until a good one has come.
/// Kept in the store, so that a restart does not forget it. Loop thread only.
class FaultyDeliveries {
 public:
  explicit FaultyDeliveries(ServiceWorld world) : world_(world) {}

  Task<Status> load();
  /// Lays into the occurrence what it changes here.
  void lay_into(Occurrence& occurrence, const Received& received) const;
  /// The occurrence is durable.
  void note(const std::string& source, const Received& received);
  /// By source, such as "hook:survey": what the delivery lacked.
  const std::map<std::string, std::string>& reasons() const noexcept { return reasons_; }

 private:
  bool changed_by(const std::string& source, const Received& received) const;

  ServiceWorld world_;
  std::map<std::string, std::string> reasons_;
};

}  // namespace millrace
