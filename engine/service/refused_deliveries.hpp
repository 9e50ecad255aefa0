#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "service/records.hpp"
#include "service/service.hpp"

namespace millrace {

/// What deliveries met that started nothing although they reached somebody who listens: those that were refused, those
/// that came under an id that was known, with another body, and those that lacked what their trigger's events must
/// have. Counted for each source (the last ones for each of its triggers), with the last reason; the store keeps it,
/// written as often as a disk is glad to write, however many strangers knock. Loop thread only.
class RefusedDeliveries {
 public:
  explicit RefusedDeliveries(ServiceWorld world) : world_(world) {}

  Task<Status> load();
  /// Writes down what is noted, until the task is cancelled.
  Task<void> keep();

  void note_refused(const std::string& source, const std::string& reason);
  void note_other_body(const std::string& source, const std::string& reason);
  void note_lacking(const std::string& source, const std::string& trigger, const std::string& reason);
  /// By kind and source: "refused/hook:survey"; of those that lacked something of_trigger stands behind the kind.
  const std::map<std::string, Tally>& all() const noexcept { return tallies_; }

 private:
  void note(std::string key, const std::string& reason);

  ServiceWorld world_;
  std::map<std::string, Tally> tallies_;
  std::set<std::string> unwritten_;
  News noted_;
};

}  // namespace millrace
