#pragma once

#include <map>
#include <string>

#include "service/dispatcher.hpp"

namespace millrace {

/// Sources whose last delivery lacked what its trigger's events must have: an alarm each, until a good one has come.
/// Kept in the store, so that a restart does not forget it. Loop thread only.
class FaultyDeliveries {
 public:
  explicit FaultyDeliveries(ServiceWorld world) : world_(world) {}

  Task<Status> load();
  /// Lays into the occurrence what it changes here.
  /// `trouble`: what it lacks; `good`: somebody's event came of it.
  void lay_into(Occurrence& occurrence, const std::string& trouble, bool good) const;
  /// The occurrence is durable.
  void note(const std::string& source, const std::string& trouble, bool good);
  /// By source, such as "hook:survey": what the delivery lacked.
  const std::map<std::string, std::string>& reasons() const noexcept { return reasons_; }

 private:
  bool changed_by(const std::string& source, const std::string& trouble, bool good) const;

  ServiceWorld world_;
  std::map<std::string, std::string> reasons_;
};

}  // namespace millrace
