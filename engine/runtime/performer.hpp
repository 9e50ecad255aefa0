#pragma once

#include <string>

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
};

/// Performs one action for a run: through the gate where the manifest maps it to a request, through the plugin's
/// library otherwise, whose own calls come back here. REQUIRES: what it is made of outlives its tasks.
class Performer {
 public:
  /// `now` is the run's time.
  Performer(const Catalog& catalog, PluginHost& plugins, Gate& gate, Timestamp now)
      : catalog_(catalog), plugins_(plugins), gate_(gate), now_(now) {}

  /// `depth` counts actions that call actions.
  Task<Result<Value>> perform(const Action& action, const ConnectionSettings* connection, Value input, CallSite site,
                              int depth = 0);

  /// Runs a trigger of a plugin's library until the awaiting task is cancelled or the plugin gives up.
  Task<Status> listen(const Trigger& trigger, const ConnectionSettings* connection, Value with, CallSite site,
                      Hearer& hearer);

  Gate& gate() noexcept { return gate_; }
  const Catalog& catalog() const noexcept { return catalog_; }
  Timestamp now() const noexcept { return now_; }

 private:
  const Catalog& catalog_;
  PluginHost& plugins_;
  Gate& gate_;
  Timestamp now_;
};

}  // namespace millrace
