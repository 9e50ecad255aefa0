#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/loop.hpp"
#include "base/result.hpp"
#include "catalog/catalog.hpp"
#include "gate/gate.hpp"
#include "http/http_server.hpp"
#include "journal/store.hpp"
#include "plugin/plugin_host.hpp"
#include "secret/secrets.hpp"
#include "service/control.hpp"
#include "service/metrics.hpp"
#include "service/records.hpp"
#include "value/clock.hpp"
#include "workflow/account.hpp"
#include "workflow/project.hpp"
#include "yaml/kept_trees.hpp"

namespace millrace {

/// What a service may take on at once. Beyond it, intake answers 429 or 503 with Retry-After.
struct ServiceBudget {
  std::size_t active_runs = 512;        ///< carried out at once; further ones wait in the store
  std::size_t held_bytes = 512u << 20;  ///< what they hold in memory; beyond it, too, further ones wait
  std::size_t queued_runs = 1'000'000;  ///< in the store and not begun
  /// What the events hold whose runs have not all ended, of one source and of all.
  std::size_t unfinished_bytes_of_source = 128u << 20;
  std::size_t unfinished_bytes = 512u << 20;
  std::size_t unwritten_bytes = 64u << 20;  ///< accepted, not yet on disk
  std::size_t requests_per_source = 256;    ///< deliveries of one hook under way
};

/// Everything a service works with; it outlives the service.
struct ServiceWorld {
  Loop& loop;
  std::filesystem::path folder;
  const Project& project;
  const Catalog& catalog;
  Secrets& secrets;
  Courier& courier;
  PluginHost& plugins;
  Store& store;
  Clock& clock;
  Metrics& metrics;
  TreesFile trees = {};                                   ///< what the start finds of the start before
  std::function<std::string(RunKey)> approval_link = {};  ///< where people answer what a run asks
  std::filesystem::path planned_calls = {};               ///< what plans counted; empty: nothing is known of any
};

/// One workflow as the service has it.
struct WorkflowStatus {
  std::string id, name, mode;
  std::string file;     ///< as messages show it
  std::string version;  ///< of what is live: the hash of its text; empty: nothing is
  bool paused = false;  ///< by hand
  std::string paused_by;
  std::optional<Timestamp> paused_since;
  std::string problem;                ///< the file on disk is broken, and the version before it is live (or none is);
                                      ///< or there is a further one of its id
  std::vector<std::string> triggers;  ///< one line each: "webhook /hooks/prune-tags", "every monday at 09:00"
  std::vector<std::string> widened;   ///< what it may and the version that ran before might not, a sentence each
  std::optional<Timestamp> next;      ///< of its schedules
  std::optional<Timestamp> last_run;
  bool silent_too_long = false;  ///< alert_if_no_run_for has passed
  std::size_t active = 0;
  std::size_t queued = 0;  ///< begun later: not their turn yet, or held by a pause
};

struct ServiceStatus {
  bool ready = false, draining = false;
  bool broken = false;  ///< the store has failed: the service has to be started again
  bool still = false;   ///< nothing that a run needs to move on answers any more
  std::string not_ready_because;
  std::size_t workflows = 0, active_runs = 0, queued_runs = 0;
  std::optional<Timestamp> next;  ///< what a schedule does next, for systemd's status line
  std::string next_workflow;
  std::vector<Alarm> alarms;
  std::map<std::string, Tally> tallies;  ///< of deliveries that started nothing, as RefusedDeliveries::all
};

/// The engine as a service: accepts events, starts runs, carries them on after a restart, and listens to people. Loop
/// thread only. Everything that it is told is in the journal before it answers.
class Service : public Control {
 public:
  /// Reads the workflows, takes up what was left unfinished, sets the triggers. Ready when it returns.
  virtual Task<Status> start() = 0;
  /// Reads changed workflow files: each is checked, then swapped; a broken one leaves the old one live. Gives one
  /// sentence for each that changed.
  virtual Task<std::vector<std::string>> reload(Who who) = 0;
  /// No more intake; runs end, or are left where the journal has them at the deadline.
  virtual Task<void> drain(Deadline deadline) = 0;
  /// Whoever drains waits for no run any more.
  virtual void hurry() = 0;

  /// POST /hooks/<path>.
  virtual Task<OutgoingResponse> hook(IncomingRequest request) = 0;
  /// GET /hooks/<path>: the answer to a sender that checks the address. Nothing where no trigger there has a challenge.
  virtual std::optional<OutgoingResponse> challenge(const IncomingRequest& request) = 0;
  /// What can be said of it before its body has come: that nobody listens there, that too much is under way, or that
  /// the sender lacks what its headers or its address have to hold.
  virtual std::optional<OutgoingResponse> hook_refused(const IncomingRequest& head) = 0;
  /// A delivery to a hook was refused before it had come whole: too large, no room, too late.
  virtual void hook_cut_off(const IncomingRequest& head, int status, std::string_view why) = 0;
  virtual ServiceStatus status() const = 0;
  virtual std::vector<WorkflowStatus> workflows() const = 0;
  /// The version with which runs begin, those that tell alarms included; nullptr where there is none.
  virtual std::shared_ptr<const Workflow> live(const std::string& workflow) const = 0;
};

std::unique_ptr<Service> open_service(ServiceWorld world, ServiceBudget budget = {});

}  // namespace millrace
