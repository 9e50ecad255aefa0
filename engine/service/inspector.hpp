#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "service/alarms.hpp"
#include "service/emitters.hpp"
#include "service/faulty_deliveries.hpp"
#include "service/last_runs.hpp"
#include "service/pollers.hpp"
#include "service/teller.hpp"

namespace millrace {

/// Looks at the state of the world every few seconds: raises alarms and clears them, sets gauges, takes out of the
/// store what its budget no longer covers. Loop thread only.
class Inspector {
 public:
  /// What is looked at. REQUIRES: all of it outlives the inspector.
  struct Parts {
    const Library& library;
    const std::shared_ptr<Sources>& sources;
    Dispatcher& dispatcher;
    FaultyDeliveries& faults;
    const Pollers& pollers;
    const Emitters& emitters;
    LastRuns& last_runs;
  };
  Inspector(ServiceWorld world, Parts parts)
      : world_(world), parts_(parts), alarms_(world.metrics), teller_(world, parts.dispatcher) {}

  /// Takes over the alarms that the service before left.
  Task<Status> recall();
  /// Has alarms told by what millrace.yaml says now; gives a sentence where that is a change.
  Task<std::string> take_up_actions() { return teller_.take_up(); }
  /// Looks again and again until the task is cancelled. `started`: since when the service runs.
  Task<void> go_on(Timestamp started);
  /// Of the library as it is now.
  void look_at_workflows();

  void raise(const std::string& about, const std::string& message) {
    alarms_.raise(about, message, world_.clock.now());
  }
  void clear(const std::string& about) { alarms_.clear(about); }
  const Alarms& alarms() const noexcept { return alarms_; }
  const std::shared_ptr<const LiveWorkflow>& actions_of_alarms() const noexcept { return teller_.actions(); }
  /// What the store does not take now it takes at a later look.
  Task<void> write_alarms();

 private:
  Task<void> look_for_silence();
  Task<void> look_for_room();
  Task<void> look_at_store();
  Task<void> look_at_stored();
  void look_at_connections();
  Task<void> look_for_connected();
  void look_at_triggers();
  void look_at_plugins();
  void look_at_budgets();
  Task<void> look_for_faulty_deliveries();
  void look_for_secrets();
  void look_at_backlog();
  void set_gauges();
  Task<void> prune();

  ServiceWorld world_;
  Parts parts_;
  Alarms alarms_;
  Teller teller_;
  Timestamp started_;
  std::map<std::string, std::uint64_t> token_versions_;  // by connection, at the last look
  int looks_for_parked_ = 0;                             // still to come
};

}  // namespace millrace
