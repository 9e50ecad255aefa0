#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ask.hpp"
#include "async/loop.hpp"
#include "async/simulated_time.hpp"
#include "catalog/catalog.hpp"
#include "courier/courier.hpp"
#include "gate/gate.hpp"
#include "http/http_client.hpp"
#include "journal/store.hpp"
#include "plugin/plugin_host.hpp"
#include "secret/secrets.hpp"
#include "service/service.hpp"
#include "slow_disk.hpp"
#include "temporary_folder.hpp"
#include "value/clock.hpp"
#include "workflow/project.hpp"

namespace millrace::test {

/// A far side that answers as the test says, and holds back what it is told to hold.
class ScriptedClient final : public HttpClient {
 public:
  Task<Result<IncomingResponse>> send(OutgoingRequest request) override;

  std::function<Result<IncomingResponse>(const OutgoingRequest&)> answer;  ///< 200 {} unless set
  std::function<bool(const OutgoingRequest&)> holds;                       ///< nothing unless set
  Duration takes = std::chrono::milliseconds(10);
  std::vector<std::string> arrived;  ///< "POST /add {...}"
  News released;                     ///< look again at what is held
};

/// A workflow whose runs go side by side, begun by deliveries to `hook`.
std::string flow(const std::string& hook, const std::string& actions, const std::string& mode = "live");

/// A step behind a call: its effect shows that the caller went on.
inline const std::string behind = "  - {action: shop.put, with: {op: behind}}\n";

/// "completed=2 failed=1 ", which a failed check shows.
std::string told(const std::map<std::string, int>& outcomes);

Result<IncomingResponse> said(int status, std::string body = "{}");

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// A service with its real store, in simulated time, before a shop and a stock:
///
///     shop.items    reads
///     shop.things   reads the things that the others change
///     shop.add      creates, keyed
///     shop.put      updates, twice is once
///     shop.push     sends, twice is twice
///     shop.make     creates, twice is twice; the list of the things tells whether it happened
///     shop.ask      an update, unless its `effect` says otherwise; any answer is a success
///     shop.sold     a webhook trigger whose deliveries say kind: sold, and must have op and parts
///     shop.returned a webhook trigger whose deliveries say kind: returned, of one shelf where `with` names one
///     stock.restock a job that adds <op>/one, pushes <op>/two, adds <op>/three, and fails where one of them does
///     stock.list    a job that writes the file <op>.txt
class ServiceBench {
 public:
  /// `workflows`: what stands behind version and name, by id.
  explicit ServiceBench(const std::map<std::string, std::string>& workflows, ServiceBudget budget = {});
  ~ServiceBench();

  void start();
  /// The service stops at once, with all that is under way, and the next one takes up what it left.
  void restart();
  /// The engine is gone from one moment to the next: the store is what it was then. `start` follows.
  void crash();
  void stop(Duration patience = Duration::zero());

  OutgoingResponse deliver(const std::string& path, const std::string& body);
  std::vector<std::string> delivered(const std::string& path, const std::string& body);  ///< its runs
  void pass(Duration time);
  void settle();  ///< until no run is under way
  /// Somebody edits the workflow's file, the whole text of it, and the service has looked.
  void rewrite(const std::string& id, const std::string& text);
  WorkflowStatus workflow(const std::string& id) const;
  std::vector<RunHead> runs(const std::string& workflow = "");  ///< the oldest first
  RunKey only(const std::string& workflow);                     ///< its one run
  std::map<std::string, int> outcomes(const std::string& workflow = "");
  std::string alarms() const;                       ///< "about: message", a line each
  std::string why_of(const std::string& workflow);  ///< its sentences, a line each
  /// Somebody asks while no service runs.
  Status offline(const std::function<Task<Status>(Control&)>& asked);
  StoreFacts facts();

  int arrivals(const std::string& op) const;  ///< requests at the far side with this op
  double effects(std::string_view kind, std::string_view outcome);
  double all_effects() const;                          ///< the sum over all kinds and outcomes
  std::string shown(const std::string& metric) const;  ///< its lines without buckets

  FlushesInSimulatedTime flushes;
  TemporaryFolder folder;
  Duration job_takes = {};  ///< what blocks: reads and writes of the store, work for the workers
  SimulatedTime time;
  Duration clock_set_by = Duration::zero();  ///< what the wall clock shows beside the time that has passed
  Loop loop;
  ScriptedClient far_side;
  Metrics metrics;  ///< the same for every life of the service
  ServiceBudget budget;
  Project project;
  Catalog catalog;
  std::unique_ptr<Clock> clock;
  std::unique_ptr<Secrets> secrets;
  std::unique_ptr<PluginHost> plugins;
  std::unique_ptr<Store> store;
  std::unique_ptr<Courier> courier;
  std::unique_ptr<Service> service;

 private:
  int edits_ = 0;  // each file is newer than the one before, however quick the test
};

}  // namespace millrace::test
