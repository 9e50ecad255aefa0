#include "plugin/plugin_host.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "catalog/pin.hpp"
#include "catalog/times.hpp"
#include "plugin/apart_plugin.hpp"
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
  LoadedPlugins(Loop& loop, std::vector<std::string> trust, PluginOptions options)
      : loop_(loop), trust_(std::move(trust)), options_(std::move(options)) {}

  Status open(const Manifest& plugin) override;
  Task<Result<Value>> call(const Manifest& plugin, const Action& action, Value input, CallServices& services) override;
  Task<Status> listen(const Manifest& plugin, const Trigger& trigger, Value with, CallServices& services,
                      std::function<Status(Value)> hear) override;
  void forbid(const std::map<std::string, std::string>& plugins) override;
  Status may_run(const std::string& plugin) const override;
  bool bring_back(const std::string& plugin) override;
  std::vector<PluginTrouble> troubles() const override;

 private:
  using Opened = Result<std::unique_ptr<OpenPlugin>>;
  Opened load(const Manifest& plugin);
  Result<OpenPlugin*> find(const Manifest& plugin);
  bool runs_apart(const Manifest& plugin) const;
  Status check_trust(const Manifest& plugin, const Binary& binary) const;

  Loop& loop_;
  std::vector<std::string> trust_;
  const PluginOptions options_;
  std::map<std::string, Opened> plugins_;         // also those that were refused
  std::map<std::string, std::string> forbidden_;  // and why
};

Status LoadedPlugins::check_trust(const Manifest& plugin, const Binary& binary) const {
  // Its manifest is the one of before, so their pin together would name what nobody ever agreed to.
  if (!plugin.pin.empty() && binary.pin() != plugin.pin)
    return Error{ErrorCode::denied,
                 "its library lies there in another version since this process began: start it again, "
                 "and it takes both as they are then"};
  const std::string problem = distrust(binary.pin(), trust_);
  if (!problem.empty()) return Error{ErrorCode::denied, problem};
  if (!binary.company().empty()) return Error{ErrorCode::denied, binary.company()};
  return Done{};
}

bool LoadedPlugins::runs_apart(const Manifest& plugin) const {
  switch (options_.apart) {
    case PluginOptions::Apart::strangers:
      return !plugin.shipped;
    case PluginOptions::Apart::all:
      return true;
    case PluginOptions::Apart::none:
      return false;
  }
  return true;
}

LoadedPlugins::Opened LoadedPlugins::load(const Manifest& plugin) {
  const bool apart = runs_apart(plugin);
  if (plugin.shipped && !apart) return load_inside(loop_, plugin.name, plugin.folder / (plugin.name + ".so"), options_);
  Binary binary = TRY(Binary::read(plugin));
  if (!plugin.shipped) TRY(check_trust(plugin, binary));
  if (!apart) return load_inside(loop_, plugin.name, binary.path(), options_);
  Launch order;
  order.program = options_.program.empty() ? program_beside_this() : options_.program;
  order.name = plugin.name;
  order.folder = plugin.folder;
  order.data_bytes =
      options_.data_bytes != 0 ? options_.data_bytes : static_cast<std::uint64_t>(plugin.memory_mib) << 20;
  order.most_landlock = options_.most_landlock;
  const auto& unguarded = options_.files_unguarded;
  order.files_unguarded = std::find(unguarded.begin(), unguarded.end(), plugin.name) != unguarded.end();
  return run_apart(loop_, std::move(binary), std::move(order), options_);
}

void LoadedPlugins::forbid(const std::map<std::string, std::string>& plugins) {
  forbidden_ = plugins;
  for (const auto& [name, plugin] : plugins_) {
    const auto found = forbidden_.find(name);
    if (plugin) (*plugin)->forbid(found == forbidden_.end() ? "" : found->second);
  }
}

Status LoadedPlugins::may_run(const std::string& plugin) const {
  const auto found = forbidden_.find(plugin);
  if (found == forbidden_.end()) return Done{};
  return Error{ErrorCode::denied, found->second};
}

bool LoadedPlugins::bring_back(const std::string& plugin) {
  const auto found = plugins_.find(plugin);
  return found != plugins_.end() && found->second && (*found->second)->bring_back();
}

Result<OpenPlugin*> LoadedPlugins::find(const Manifest& plugin) {
  TRY(may_run(plugin.name));
  auto found = plugins_.find(plugin.name);
  if (found == plugins_.end()) {
    auto opened = load(plugin);
    if (!opened) opened = opened.error().within("plugin \"" + plugin.name + "\" was refused");
    found = plugins_.emplace(plugin.name, std::move(opened)).first;
  }
  if (!found->second) return found->second.error();
  return found->second->get();
}

Status LoadedPlugins::open(const Manifest& plugin) {
  OpenPlugin* running = TRY(find(plugin));
  return running->open_now();
}

Task<Result<Value>> LoadedPlugins::call(const Manifest& plugin, const Action& action, Value input,
                                        CallServices& services) {
  const auto running = find(plugin);
  if (!running) co_return running.error();
  Handed given(std::move(input), action.takes_times ? action.input.get() : nullptr);
  auto outcome = co_await (*running)->call(capability_of(plugin, action.name), std::move(given), services);
  co_return outcome;
}

Task<Status> LoadedPlugins::listen(const Manifest& plugin, const Trigger& trigger, Value with, CallServices& services,
                                   std::function<Status(Value)> hear) {
  const auto running = find(plugin);
  if (!running) co_return running.error();
  Handed given(std::move(with), trigger.with.get());
  auto ended =
      co_await (*running)->listen(capability_of(plugin, trigger.name), std::move(given), services, std::move(hear));
  co_return ended;
}

std::vector<PluginTrouble> LoadedPlugins::troubles() const {
  std::vector<PluginTrouble> found;
  for (const auto& [name, why] : forbidden_) found.push_back({name, why});
  for (const auto& [name, plugin] : plugins_) {
    if (plugin) (*plugin)->add_troubles(found);
  }
  return found;
}

}  // namespace

Result<Value> Handed::in_form(bool times_in_milliseconds) const {
  if (!times_in_milliseconds || timed_ == nullptr) return value_;
  return in_milliseconds(value_, SchemaView(timed_->document(), timed_->document()));
}

std::unique_ptr<PluginHost> open_plugin_host(Loop& loop, std::vector<std::string> trust, PluginOptions options) {
  return std::make_unique<LoadedPlugins>(loop, std::move(trust), std::move(options));
}

}  // namespace millrace
