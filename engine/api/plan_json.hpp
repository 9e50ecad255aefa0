#pragma once

#include "courier/courier.hpp"
#include "rehearsal/kept_plans.hpp"
#include "value/value.hpp"

namespace millrace {

/// A kept plan without its changes: how far it is, how many there are of each effect, what it read and what it costs.
Map encode_head(const KeptPlan& plan, const Catalog& catalog, const Courier& courier);

/// Which changes of a plan.
struct ChangeFilter {
  std::string effect, location;  ///< empty: all
  std::int64_t after = -1;       ///< the number of the last one of the page before
  int limit = 50;
};
/// {"changes":[{"number","location", ...}],"next"}
Value encode_changes(const KeptPlan& plan, const ChangeFilter& filter);

}  // namespace millrace
