#include "plugin/plugin_host.hpp"

#include <map>
#include <utility>

#include "catalog/pin.hpp"
#include "plugin/binary.hpp"
#include "plugin/inside_plugin.hpp"
#include "plugin/open_plugin.hpp"

namespace millrace {
namespace {

/// "tags.upsert" as the plugin "tags" knows it.
std::string capability_of(const Manifest& plugin, const std::string& name) {
  return name.substr(plugin.name.size() + 1);
}

class LoadedPlugins : public PluginHost {
 public:
  LoadedPlugins(Loop& loop, std::vector<std::string> trust, PluginLimits limits)
      : loop_(loop), trust_(std::move(trust)), limits_(limits) {}

  Status open(const Manifest& plugin) override;
  Task<Result<Value>> call(const Manifest& plugin, const Action& action, Value input, CallServices& services) override;
  Task<Status> listen(const Manifest& plugin, const Trigger& trigger, Value with, CallServices& services,
                      std::function<Status(Value)> hear) override;
  std::vector<PluginTrouble> troubles() const override;

 private:
  using Opened = Result<std::unique_ptr<OpenPlugin>>;
  Opened load(const Manifest& plugin);
  Status check_trust(const Binary& binary) const;

  Loop& loop_;
  std::vector<std::string> trust_;
  const PluginLimits limits_;
  std::map<std::string, Opened> plugins_;  // also those that were refused
};

Status LoadedPlugins::check_trust(const Binary& binary) const {
  const std::string problem = distrust(binary.pin(), trust_);
  if (!problem.empty()) return Error{ErrorCode::denied, problem};
  if (!binary.company().empty()) return Error{ErrorCode::denied, binary.company()};
  return Done{};
}

LoadedPlugins::Opened LoadedPlugins::load(const Manifest& plugin) {
  if (plugin.shipped) return load_inside(loop_, plugin.name, plugin.folder / (plugin.name + ".so"), limits_);
  const Binary binary = TRY(Binary::read(plugin));
  TRY(check_trust(binary));
  return load_inside(loop_, plugin.name, binary.path(), limits_);
}

Status LoadedPlugins::open(const Manifest& plugin) {
  auto found = plugins_.find(plugin.name);
  if (found == plugins_.end()) {
    auto opened = load(plugin);
    if (!opened) opened = opened.error().within("plugin \"" + plugin.name + "\" was refused");
    found = plugins_.emplace(plugin.name, std::move(opened)).first;
  }
  if (!found->second) return found->second.error();
  return Done{};
}

Task<Result<Value>> LoadedPlugins::call(const Manifest& plugin, const Action& action, Value input,
                                        CallServices& services) {
  const Status opened = open(plugin);
  if (!opened) co_return opened.error();
  OpenPlugin& running = **plugins_.at(plugin.name);
  auto outcome = co_await running.call(capability_of(plugin, action.name), std::move(input), services);
  co_return outcome;
}

Task<Status> LoadedPlugins::listen(const Manifest& plugin, const Trigger& trigger, Value with, CallServices& services,
                                   std::function<Status(Value)> hear) {
  const Status opened = open(plugin);
  if (!opened) co_return opened.error();
  OpenPlugin& running = **plugins_.at(plugin.name);
  auto ended = co_await running.listen(capability_of(plugin, trigger.name), std::move(with), services, std::move(hear));
  co_return ended;
}

std::vector<PluginTrouble> LoadedPlugins::troubles() const {
  std::vector<PluginTrouble> found;
  for (const auto& [name, plugin] : plugins_) {
    if (plugin) (*plugin)->add_troubles(found);
  }
  return found;
}

}  // namespace

std::unique_ptr<PluginHost> open_plugin_host(Loop& loop, std::vector<std::string> trust, PluginLimits limits) {
  return std::make_unique<LoadedPlugins>(loop, std::move(trust), limits);
}

}  // namespace millrace
