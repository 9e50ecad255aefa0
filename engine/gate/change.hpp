#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "courier/shipment.hpp"
#include "gate/change_count.hpp"
#include "gate/gate.hpp"
#include "secret/secrets.hpp"

namespace millrace {

/// The line of the change list for a request that writes: the same whether it is sent or only planned. A thing that was
/// read before in the run is called by its name in place of its id.
Change change_of(const Shipment& shipment, const GateRecord& record, const Secrets& secrets);

/// The line for a file; `shown_path` is where it lands.
Change change_of_file(const Action& action, const CallSite& site, const std::string& name,
                      const std::string& shown_path, const Secrets& secrets);

/// Counts changes against a workflow's limits.
class SafetyCount {
 public:
  explicit SafetyCount(const GateRules& rules);

  /// By which a change from there is counted: what is done at the end of a run that has failed or was stopped has a
  /// count of its own.
  SafetyCount& at(const CallSite& site);

  /// Counts one change; `place` is that of what it changes, and is of no kind for files. The error, if it passes a
  /// limit, or if one was passed before.
  std::optional<Error> count(const Change& change, const ThingPlace& place, const GateRecord& record);
  /// What counts for `max_changes`, shared with other runs.
  ChangeCount& changes() noexcept { return *changes_; }
  /// The change that was counted was not made after all.
  void take_back(const Change& change, const ThingPlace& place);
  /// The error, if `count` further changes by `action` would pass a limit, each to another thing; counts nothing.
  std::optional<Error> foresee(std::int64_t count, const Action& action, const ThingPlace& place,
                               const GateRecord& record) const;

 private:
  SafetyCount(Limits limits, std::shared_ptr<ChangeCount> changes, std::vector<PastChange> before);
  void recall(bool at_bad_end);
  std::size_t touched(const ThingPlace& place) const;
  std::optional<Error> passes_percent(const Change& change, const ThingPlace& place, const GateRecord& record);

  std::string percent_limit() const;

  Limits limits_;
  std::shared_ptr<ChangeCount> changes_;                       // those of others, too, which share the limit
  std::vector<PastChange> before_;                             // made in an earlier life of the run
  std::int64_t unknown_ = 0;                                   // targets that are not known
  std::map<std::string, std::map<std::string, int>> touched_;  // by where and which kind: how often each target was
  std::optional<Error> passed_;
  std::unique_ptr<SafetyCount> at_bad_end_;
};

}  // namespace millrace
