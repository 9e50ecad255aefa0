#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "gate/gate.hpp"
#include "gate/shipment.hpp"
#include "secret/secrets.hpp"

namespace millrace {

/// The line of the change list for a request that writes: the same whether it is sent or only planned.
Change change_of(const Shipment& shipment, const Secrets& secrets);

/// The line for a file; `shown_path` is where it lands.
Change change_of_file(const Action& action, const CallSite& site, const std::string& name,
                      const std::string& shown_path, const Secrets& secrets);

/// The kind of thing that an action touches: its resource's, else what stands before ':' in its target; may be empty.
std::string kind_touched(const Action& action);

/// Counts changes against a workflow's limits.
class Safety {
 public:
  explicit Safety(const GateRules& rules) : max_changes_(rules.max_changes), max_percent_(rules.max_percent) {}

  /// Counts one change; `kind` is empty for files. The error, if it passes a limit, or if one was passed before.
  std::optional<Error> count(const Change& change, const std::string& kind, const GateRecord& record);

 private:
  std::optional<Error> passes_percent(const Change& change, const std::string& kind, const GateRecord& record);

  std::optional<std::int64_t> max_changes_;
  std::optional<double> max_percent_;
  std::int64_t changes_ = 0;
  std::map<std::string, std::set<std::string>> touched_;  // by kind of thing: the targets
  std::optional<Error> passed_;
};

}  // namespace millrace
