#pragma once

#include <string>

#include "async/loop.hpp"
#include "catalog/catalog.hpp"
#include "gate/gate.hpp"
#include "plugin/plugin_host.hpp"
#include "workflow/project.hpp"

namespace millrace {

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
