#pragma once

#include <memory>
#include <string>

#include "async/simulated_time.hpp"
#include "courier/courier.hpp"
#include "plugin/plugin_host.hpp"
#include "rehearsal/test_script.hpp"
#include "secret/secrets.hpp"
#include "workflow/project.hpp"

namespace millrace {

/// What of a project a test works with: the same connections, which show nothing, so that no token is needed.
Project without_credentials(Project project);

/// A value for every secret, which is as good as any where nothing leaves.
std::unique_ptr<Secrets> open_stand_in_secrets();

/// The courier itself over far sides that answer as the script says: what is tried again, what a refusal means and what
/// a connection that is down holds back is as in earnest. It has no socket. REQUIRES: everything given outlives it.
std::unique_ptr<Courier> open_replaying_courier(const Project& project, const Catalog& catalog, Secrets& secrets,
                                                TestScript& script);

/// Libraries as they are, but for the actions that the script answers as a whole. Their threads know nothing of
/// simulated time: it stands still while one computes, and passes while it waits for what it has asked for.
class ReplayingPlugins final : public PluginHost {
 public:
  ReplayingPlugins(PluginHost& host, SimulatedTime& time, TestScript& script)
      : host_(host), time_(time), script_(script) {}

  Status open(const Manifest& plugin) override { return host_.open(plugin); }
  Task<Result<Value>> call(const Manifest& plugin, const Action& action, Value input, CallServices& services) override;
  Task<Status> listen(const Manifest& plugin, const Trigger& trigger, Value with, CallServices& services,
                      std::function<Status(Value)> hear) override;
  Status may_run(const std::string& plugin) const override { return host_.may_run(plugin); }

 private:
  PluginHost& host_;
  SimulatedTime& time_;
  TestScript& script_;
};

}  // namespace millrace
