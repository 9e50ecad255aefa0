#pragma once

#include <string>
#include <utility>

#include "async/loop.hpp"
#include "catalog/catalog.hpp"
#include "gate/gate.hpp"
#include "plugin/plugin_host.hpp"
#include "workflow/project.hpp"

namespace millrace {

/// Takes what a trigger emits. Loop thread only.
class Hearer {
 public:
  virtual ~Hearer() = default;
  virtual Status hear(Value event) = 0;
  /// Returns when everything that was heard is durable, or false where that cannot be waited for.
  virtual Task<bool> settled() = 0;
  /// As whose the states are kept that the trigger writes: each that listens has its own.
  virtual std::string owner() const = 0;
};

/// Performs one action for a run: through the gate where the manifest maps it to a request, through the plugin's
/// library otherwise, whose own calls come back here. REQUIRES: what it is made of outlives its tasks.
class Performer {
 public:
  /// `now` is the run's time, and `zone` the one in which people read it.
  Performer(const Project& project, const Catalog& catalog, PluginHost& plugins, Gate& gate, Timestamp now,
            std::string zone)
      : project_(project), catalog_(catalog), plugins_(plugins), gate_(gate), now_(now), zone_(std::move(zone)) {}

  /// `depth` counts actions that call actions.
  Task<Result<Value>> perform(const Action& action, const ConnectionSettings* connection, Value input, CallSite site,
                              int depth = 0);

  /// Runs a trigger of a plugin's library until the awaiting task is cancelled or the plugin gives up.
  Task<Status> listen(const Trigger& trigger, const ConnectionSettings* connection, Value with, CallSite site,
                      Hearer& hearer);

  Gate& gate() noexcept { return gate_; }
  const Catalog& catalog() const noexcept { return catalog_; }
  const Project& project() const noexcept { return project_; }
  Timestamp now() const noexcept { return now_; }
  const std::string& zone() const noexcept { return zone_; }

 private:
  const Project& project_;
  const Catalog& catalog_;
  PluginHost& plugins_;
  Gate& gate_;
  Timestamp now_;
  std::string zone_;
};

}  // namespace millrace
