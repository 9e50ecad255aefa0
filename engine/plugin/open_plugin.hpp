#pragma once

#include <functional>
#include <string>
#include <vector>

#include "plugin/plugin_host.hpp"

namespace millrace {

/// A plugin whose library may be called, wherever it runs. `capability` is the name without the plugin's;
/// the rest is as in PluginHost. Loop thread only.
class OpenPlugin {
 public:
  virtual ~OpenPlugin() = default;
  /// Whether it can be called, found out without the loop.
  virtual Status open_now() = 0;
  virtual Task<Result<Value>> call(std::string capability, Value input, CallServices& services) = 0;
  virtual Task<Status> listen(std::string capability, Value with, CallServices& services,
                              std::function<Status(Value)> hear) = 0;
  virtual void add_troubles(std::vector<PluginTrouble>& troubles) const = 0;
};

}  // namespace millrace
