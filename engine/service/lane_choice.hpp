#pragma once

#include <string>

#include "base/result.hpp"
#include "journal/journal.hpp"
#include "value/value.hpp"
#include "workflow/model.hpp"

namespace millrace {

/// In which lane a run goes, as `concurrency` says.
struct LaneChoice {
  std::string name;  ///< for `Lanes`
  bool exclusive = true;
  bool skips = false;  ///< skip_if_running
};

/// An error where the key of `concurrency` cannot be told for this event.
Result<LaneChoice> lane_for(const Workflow& workflow, const Value& event);

/// The lane of runs that go beside each other, as `Lanes` knows it; a head has no lane then.
std::string parallel_lane(const std::string& workflow);
std::string lane_of(const RunHead& head);
bool is_exclusive(const std::string& lane);
std::string workflow_of(const std::string& lane);

}  // namespace millrace
