#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "courier/shipment.hpp"
#include "journal/journal.hpp"
#include "value/value.hpp"

namespace millrace {

/// Which secret went to which host, for which workflow, action and runs, and how often in an hour: for the audit. Loop
/// thread only.
class SecretUses {
 public:
  /// That the shipment is about to leave with what its connection and its step show.
  void note(const Shipment& shipment, Timestamp now);

  /// Each secret's first use at a host since the program was started, once: a line of the audit, with the state that
  /// remembers it, which is not there yet where nobody has used it there before.
  std::vector<Entry> take_first_uses();
  bool has_first_uses() const noexcept { return !first_.empty(); }

  /// The counts of hours that have ended, or of all, once; `how` stands behind a count: " by a plan".
  std::vector<AuditLine> take_counts(Timestamp now, bool all, const std::string& how = "");
  bool any() const noexcept { return !counts_.empty() || has_first_uses(); }

 private:
  using Use = std::tuple<std::int64_t, std::string, std::string, std::string, std::string>;  // hour, ..., the action
  struct Count {
    std::int64_t uses = 0;
    std::set<std::string> runs;  // the first ones that come
    bool more_runs = false;
  };
  std::map<Use, Count> counts_;
  std::set<std::pair<std::string, std::string>> seen_;  // secret, host
  std::vector<Entry> first_;
};

}  // namespace millrace
