#pragma once

#include <optional>
#include <string>
#include <unordered_map>

#include "journal/journal.hpp"

namespace millrace {

/// When a run of each workflow ended last, in this life of the service. Loop thread only.
class LastEnds {
 public:
  /// REQUIRES: `head.ended`.
  void note(const RunHead& head) { by_workflow_[head.workflow] = *head.ended; }
  std::optional<Timestamp> of(const std::string& workflow) const {
    const auto found = by_workflow_.find(workflow);
    return found == by_workflow_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  std::unordered_map<std::string, Timestamp> by_workflow_;
};

}  // namespace millrace
