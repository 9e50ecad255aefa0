#pragma once

#include <functional>
#include <string>
#include <vector>

#include "plugin/plugin_host.hpp"
#include "schema/schema.hpp"

namespace millrace {

/// What a library is handed. Which form times have in it only the library's table says, so it is made when that is
/// known.
class Handed {
 public:
  /// `timed`: the value's schema, where it may have times or durations; else null. Outlives this.
  Handed(Value value, const Schema* timed) : value_(std::move(value)), timed_(timed) {}

  /// The value as a library reads it; `invalid` where a text is no time and should be one.
  Result<Value> in_form(bool times_in_milliseconds) const;

 private:
  Value value_;
  const Schema* timed_;
};

/// A plugin whose library may be called, wherever it runs. `capability` is the name without the plugin's;
/// the rest is as in PluginHost. Loop thread only.
class OpenPlugin {
 public:
  virtual ~OpenPlugin() = default;
  /// Whether it can be called, found out without the loop.
  virtual Status open_now() = 0;
  virtual Task<Result<Value>> call(std::string capability, Handed input, CallServices& services) = 0;
  virtual Task<Status> listen(std::string capability, Handed with, CallServices& services,
                              std::function<Status(Value)> hear) = 0;
  /// Nothing may be asked of it from now on, for this reason, and what is under way is ended where that can be done;
  /// empty: it may be used again.
  virtual void forbid(const std::string& why) = 0;
  /// It is tried at once where it is out of service, as if it had never failed; false where it is not.
  virtual bool bring_back() = 0;
  virtual void add_troubles(std::vector<PluginTrouble>& troubles) const = 0;
};

}  // namespace millrace
