#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/duration.hpp"
#include "courier/calls.hpp"
#include "courier/courier.hpp"

namespace millrace {

/// What the calls of a run would cost.
struct CallCosts {
  CallCount calls;
  Duration takes = {};                                       ///< under the budget, and as answers took so far
  std::optional<std::int64_t> day_left = {}, day_most = {};  ///< of the budget; nothing: not known
  std::optional<Duration> day_renewed_in = {};
  bool fits_today = true;
};
std::vector<CallCosts> costs_of(const CallCounts& counts, const Courier& courier);

/// Why the calls do not fit into what is left of today, in a sentence without its cure; empty where they do.
std::string too_many_for_today(const std::vector<CallCosts>& costs);

}  // namespace millrace
