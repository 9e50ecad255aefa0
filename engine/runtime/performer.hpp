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
  Performer(const Catalog& catalog, PluginHost& plugins, Gate& gate)
      : catalog_(catalog), plugins_(plugins), gate_(gate) {}

  /// `depth` counts actions that call actions.
  Task<Result<Value>> perform(const Action& action, const ConnectionSettings* connection, Value input, CallSite site,
                              int depth = 0);

  Gate& gate() noexcept { return gate_; }
  const Catalog& catalog() const noexcept { return catalog_; }

 private:
  const Catalog& catalog_;
  PluginHost& plugins_;
  Gate& gate_;
};

}  // namespace millrace
