#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "gate/written_files.hpp"
#include "rehearsal/kept_plans.hpp"
#include "routes_bench.hpp"

namespace millrace::test {

/// Every route before a real service that plans, too.
struct PlansBench : RoutesBench {
  explicit PlansBench(const std::map<std::string, std::string>& workflows) : RoutesBench(workflows) { open_plans(); }
  ~PlansBench() { close_plans(); }

  /// For the service as it is now.
  void open_plans() {
    close_plans();
    const Outside outside{loop, *courier, *secrets, store->states(), written_files};
    const ForegroundWorld world{loop, root, project, catalog, store->journal(), outside, *plugins, *clock, tokens};
    plans = std::make_unique<KeptPlans>(world, *store);
    routes_before(*service);
    ApiWorld api = world_of(*service);
    api.plans = plans.get();
    routes = routes_of(api);
  }
  void close_plans() {
    if (plans) ask(loop, plans->stop());
  }

  std::filesystem::path root = folder.path();
  WrittenFiles written_files;
  std::map<std::string, std::string> tokens;
  std::unique_ptr<KeptPlans> plans;
};

}  // namespace millrace::test
