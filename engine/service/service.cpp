#include "service/service.hpp"

#include <unistd.h>

#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"
#include "secret/redacted.hpp"
#include "service/dispatcher.hpp"
#include "service/emitters.hpp"
#include "service/hooks.hpp"
#include "service/inspector.hpp"
#include "service/last_runs.hpp"
#include "service/library.hpp"
#include "service/orders.hpp"
#include "service/pollers.hpp"
#include "service/pulse.hpp"
#include "service/records.hpp"
#include "service/sources.hpp"
#include "service/timekeeper.hpp"
#include "service/versions.hpp"
#include "value/time.hpp"
#include "workflow/alarm_actions.hpp"

namespace millrace {

namespace {

class EngineService final : public Service {
 public:
  EngineService(ServiceWorld world, ServiceBudget budget)
      : world_(world),
        library_(world.folder, world.project, world.catalog, world.trees),
        versions_(world_, library_),
        sources_(std::make_shared<Sources>(library_, world.project, world.catalog)),
        refused_(world),
        faults_(world, refused_),
        dispatcher_(world, budget, library_, sources_, faults_),
        hooks_(world, budget, dispatcher_, faults_, refused_, sources_),
        timekeeper_(world, dispatcher_, sources_),
        pollers_(world, dispatcher_, sources_),
        emitters_(world, dispatcher_, sources_),
        last_runs_(world, dispatcher_, library_),
        inspector_(world, {library_, sources_, dispatcher_, faults_, pollers_, emitters_, last_runs_}),
        pulse_(world, dispatcher_),
        scope_(world.loop) {}

  Task<Status> start() override;
  Task<std::vector<std::string>> reload(Who who) override;
  Task<void> drain(Deadline deadline) override;
  void hurry() override { dispatcher_.hurry(); }
  Task<OutgoingResponse> hook(IncomingRequest request) override {
    return ready_ ? hooks_.answer(std::move(request)) : answer_later(std::move(request));
  }
  std::optional<OutgoingResponse> challenge(const IncomingRequest& request) override {
    return ready_ ? hooks_.challenge(request) : std::nullopt;
  }
  std::optional<OutgoingResponse> hook_refused(const IncomingRequest& head) override {
    return ready_ ? hooks_.refused_at_head(head) : std::nullopt;
  }
  void hook_cut_off(const IncomingRequest& head, int status, std::string_view why) override {
    if (ready_) hooks_.note_cut_off(head, status, why);
  }

  Task<Result<Committed>> start_run(std::string workflow, Value event, Who who) override;
  Task<Status> pause(std::string workflow, Who who) override {
    return change_pause(std::move(workflow), true, std::move(who));
  }
  Task<Status> resume(std::string workflow, Who who) override {
    return change_pause(std::move(workflow), false, std::move(who));
  }
  Task<Status> cancel(RunKey run, Who who) override;
  Task<Status> retry(RunKey run, std::string from_step, Who who) override {
    return order(run, order_to_retry(std::move(from_step), world_.catalog, world_.clock.now()), std::move(who));
  }
  Task<Status> resolve(RunKey run, Resolution resolution, Who who) override;
  Task<Status> approve(RunKey run, Approval said, Who who) override;
  Task<Status> allow_plugin(std::string plugin, Who who) override;

  ServiceStatus status() const override;
  std::vector<WorkflowStatus> workflows() const override;
  std::shared_ptr<const Workflow> live(const std::string& workflow) const override {
    const auto found = workflow == alarms_workflow ? inspector_.actions_of_alarms() : library_.find(workflow);
    return found == nullptr ? nullptr : found->workflow;
  }

 private:
  Task<void> until_ready();
  Task<OutgoingResponse> answer_later(IncomingRequest request);
  Task<Status> read_library();
  Task<Status> read_pauses();
  Task<Status> change_pause(std::string workflow, bool on, Who who);
  Task<Status> order(RunKey run, Order order, Who who);
  Task<Status> note(std::string who, std::string what, std::string about, std::string detail);

  ServiceWorld world_;
  Library library_;
  Versions versions_;
  std::shared_ptr<Sources> sources_;
  RefusedDeliveries refused_;
  FaultyDeliveries faults_;
  Dispatcher dispatcher_;
  Hooks hooks_;
  Timekeeper timekeeper_;
  Pollers pollers_;
  Emitters emitters_;
  LastRuns last_runs_;
  Inspector inspector_;
  Pulse pulse_;
  Timestamp started_;
  bool ready_ = false, draining_ = false;
  News heard_;  // one of them has changed
  Scope scope_;
};

Task<Status> EngineService::start() {
  started_ = world_.clock.now();
  const auto recalled = co_await inspector_.recall();
  if (!recalled) co_return recalled;
  const auto read = co_await read_library();
  if (!read) co_return read;
  const auto pauses = co_await read_pauses();
  if (!pauses) co_return pauses;
  const auto deliveries = co_await hooks_.load();
  if (!deliveries) co_return deliveries;
  const auto before = co_await world_.store.journal().read_state(engine_owner, running_key);
  if (!before) co_return before.error();
  const auto life = service_record(*before);
  Entry entry;
  entry.states.push_back(service_runs(started_, getpid()));
  const auto written = co_await dispatcher_.write(std::move(entry));
  if (!written) co_return written.error();
  const auto recalled_clock = co_await timekeeper_.recall_clock();
  if (!recalled_clock) co_return recalled_clock;
  const auto recovered = co_await dispatcher_.recover(life && !life->stopped);
  if (!recovered) co_return recovered;
  const auto taken = co_await timekeeper_.take_over();
  if (!taken) co_return taken;
  co_await pollers_.take_over();
  co_await emitters_.take_over();
  const auto watched = co_await last_runs_.take_over();
  if (!watched) co_return watched;
  scope_.spawn(timekeeper_.run());
  scope_.spawn(inspector_.go_on(started_));
  scope_.spawn(refused_.keep());
  scope_.spawn(versions_.look_back());
  scope_.spawn(pulse_.go_on());
  ready_ = true;
  heard_.announce();
  co_return Done{};
}

/// Nobody is heard before what was left unfinished has its places again: else what is new would come before it, and
/// what is told to a run would be told beside its being taken up.
Task<void> EngineService::until_ready() {
  bool undisturbed = true;
  while (!ready_ && !draining_ && undisturbed) undisturbed = co_await heard_.wait();
}

Task<OutgoingResponse> EngineService::answer_later(IncomingRequest request) {
  co_await until_ready();
  auto answer = co_await hooks_.answer(std::move(request));
  co_return answer;
}

/// Brings the library up to date, and writes down the versions before anything runs on them.
Task<Status> EngineService::read_library() {
  Entry entry;
  const auto read = co_await versions_.read(entry);
  if (!read) co_return read;
  sources_ = std::make_shared<Sources>(library_, world_.project, world_.catalog);
  inspector_.look_at_workflows();
  if (entry.versions.empty() && entry.states.empty()) co_return Done{};
  const auto written = co_await dispatcher_.write(std::move(entry));
  if (!written) co_return written.error();
  co_return Done{};
}

Task<std::vector<std::string>> EngineService::reload(Who who) {
  std::map<std::string, std::string> before;
  std::map<std::string, std::string> seconds;
  for (const auto& [id, entry] : library_.entries()) {
    before[id] = (entry.live ? entry.live->hash : "") + entry.problem;
    seconds[id] = entry.second;
  }
  std::vector<std::string> told;
  std::string alarms = co_await inspector_.take_up_actions();
  if (!alarms.empty()) told.push_back(std::move(alarms));
  const auto read = co_await read_library();
  if (!read) told.push_back("the new versions could not be written down: " + read.error().message);
  for (const auto& [id, entry] : library_.entries()) {
    if (!entry.second.empty() && seconds[id] != entry.second) told.push_back(entry.second);
    const auto known = before.find(id);
    if (known != before.end() && known->second == (entry.live ? entry.live->hash : "") + entry.problem) continue;
    if (!entry.problem.empty()) {
      told.push_back(id + (entry.live ? ": the version before it stays live: " : ": cannot be used: ") + entry.problem);
    } else {
      told.push_back(id + (known == before.end() ? " is new" : " is swapped for its new version"));
      for (std::string& more : versions_.widened(id)) told.push_back(std::move(more));
    }
  }
  for (const auto& [id, text] : before) {
    if (!library_.entries().contains(id)) told.push_back(id + " is gone; its runs end");
  }
  if (told.empty()) co_return told;
  std::string changes = shortened(join(told, "; "), 400);
  const auto noted = co_await note(std::move(who), "reload", "workflows", std::move(changes));
  if (!noted) told.push_back("that could not be written into the audit: " + noted.error().message);
  const auto taken = co_await timekeeper_.take_over();
  if (!taken) log(LogLevel::error, taken.error().message);
  co_await pollers_.take_over();
  co_await emitters_.take_over();
  const auto watched = co_await last_runs_.take_over();
  if (!watched) log(LogLevel::error, watched.error().message);
  dispatcher_.pump();
  co_return told;
}

Task<void> EngineService::drain(Deadline deadline) {
  draining_ = true;
  ready_ = false;
  heard_.announce();
  hooks_.close();
  co_await pollers_.stop();
  co_await emitters_.stop();
  co_await scope_.stop();
  co_await dispatcher_.stop(deadline);
  co_await inspector_.write_alarms();
  Entry entry;
  entry.states.push_back(service_stopped(started_, world_.clock.now()));
  const auto written = co_await dispatcher_.write(std::move(entry));
  if (!written) log(LogLevel::warning, "the stop could not be written down: " + written.error().message);
}

Task<Result<Committed>> EngineService::start_run(std::string workflow, Value event, Who who) {
  co_await until_ready();
  const auto live = library_.find(workflow);
  if (live == nullptr) co_return Error{ErrorCode::not_found, "there is no workflow \"" + workflow + "\""};
  const auto noted = co_await note(who, "start", workflow, "");
  if (!noted) co_return noted.error();
  Occurrence occurrence;
  occurrence.source = "manual:" + workflow;
  occurrence.payload = redacted(world_.secrets, event);
  occurrence.trigger = "manual";
  occurrence.listeners.push_back({live, live->workflow->triggers.size()});
  auto accepted = co_await dispatcher_.accept(std::move(occurrence));
  co_return accepted;
}

Task<Status> EngineService::allow_plugin(std::string plugin, Who who) {
  const auto noted = co_await note(std::move(who), "allow", "plugin " + plugin, "");
  if (!noted) co_return noted.error();
  if (world_.plugins.bring_back(plugin)) co_return Done{};
  co_return Error{ErrorCode::conflict, "the plugin \"" + plugin + "\" is not out of service"};
}

Task<Status> EngineService::note(std::string who, std::string what, std::string about, std::string detail) {
  Entry entry;
  entry.audit.push_back({world_.clock.now(), std::move(who), std::move(what), std::move(about), std::move(detail)});
  const auto written = co_await dispatcher_.write(std::move(entry));
  if (!written) co_return written.error();
  co_return Done{};
}

Task<Status> EngineService::read_pauses() {
  std::map<std::string, Value> paused;
  const auto everything = co_await world_.store.journal().read_state(engine_owner, paused_key);
  if (!everything) co_return everything.error();
  if (!everything->is_null()) paused[""] = *everything;
  const auto epoch = co_await world_.store.journal().read_state(engine_owner, restored_key);
  if (!epoch) co_return epoch.error();
  if (!epoch->is_null()) {
    paused[""] = *epoch;
    inspector_.raise("store",
                     "it was restored from a backup, so nothing goes on by itself until \"millrace resume --all\"");
  }
  const auto each = co_await world_.store.journal().list_states(engine_owner, paused_prefix);
  if (!each) co_return each.error();
  for (const auto& [key, value] : *each) paused[key.substr(paused_prefix.size())] = value;
  dispatcher_.set_paused(std::move(paused), !epoch->is_null());
  co_return Done{};
}

Task<Status> EngineService::change_pause(std::string workflow, bool on, Who who) {
  co_await until_ready();
  if (!workflow.empty() && !library_.entries().contains(workflow)) {
    co_return Error{ErrorCode::not_found, "there is no workflow \"" + workflow + "\""};
  }
  const auto written = co_await dispatcher_.write(pause_entry(workflow, on, std::move(who), world_.clock.now()));
  if (!written) co_return written.error();
  if (!on && workflow.empty()) inspector_.clear("store");
  const auto read = co_await read_pauses();
  if (on || !read) co_return read;
  dispatcher_.pump();
  timekeeper_.look_again();
  co_return Done{};
}

Task<Status> EngineService::order(RunKey run, Order order, Who who) {
  co_await until_ready();
  const auto noted = co_await note(std::move(who), order.what, render(run), order.detail);
  if (!noted) co_return noted;
  auto told = co_await dispatcher_.tell(run, std::move(order));
  co_return told;
}

Task<Status> EngineService::cancel(RunKey run, Who who) {
  Order cancelling = order_to_cancel("called off by " + who, world_.clock.now());
  return order(run, std::move(cancelling), std::move(who));
}

Task<Status> EngineService::resolve(RunKey run, Resolution resolution, Who who) {
  Order resolving = order_to_resolve(std::move(resolution), who, world_.clock.now(), world_.secrets);
  return order(run, std::move(resolving), std::move(who));
}

Task<Status> EngineService::approve(RunKey run, Approval said, Who who) {
  Order approving = order_to_approve(std::move(said), who, world_.clock.lasting(), world_.secrets);
  return order(run, std::move(approving), std::move(who));
}

ServiceStatus EngineService::status() const {
  ServiceStatus status;
  status.broken = dispatcher_.broken();
  status.still = pulse_.late();
  status.ready = ready_ && !status.broken && !status.still;
  status.draining = draining_;
  if (draining_) {
    status.not_ready_because = "the service is stopping";
  } else if (dispatcher_.broken()) {
    status.not_ready_because = "the store has failed";
  } else if (!ready_) {
    status.not_ready_because = "the service is starting";
  } else if (status.still) {
    status.not_ready_because =
        "nothing moves: the store or the workers have not answered for " + render(Pulse::longest) + " and more";
  }
  status.workflows = library_.entries().size();
  status.active_runs = dispatcher_.roster().lanes().active();
  status.queued_runs = dispatcher_.roster().lanes().queued();
  status.next = timekeeper_.next();
  status.next_workflow = timekeeper_.next_workflow();
  status.alarms = inspector_.alarms().all();
  status.tallies = refused_.all();
  return status;
}

std::vector<WorkflowStatus> EngineService::workflows() const {
  std::vector<WorkflowStatus> all;
  for (const auto& [id, entry] : library_.entries()) {
    WorkflowStatus status;
    status.id = id;
    status.file = entry.file;
    status.problem = entry.problem.empty() ? entry.second : entry.problem;
    if (entry.live != nullptr) {
      const Workflow& workflow = *entry.live->workflow;
      status.version = entry.live->hash;
      status.name = workflow.name;
      status.mode = workflow.mode;
      for (std::size_t i = 0; i < workflow.triggers.size(); ++i)
        status.triggers.push_back(describe({entry.live, i}, world_.catalog));
    }
    const auto paused = dispatcher_.brakes().paused.find(id);
    if (paused != dispatcher_.brakes().paused.end()) {
      status.paused = true;
      status.paused_by = paused->second.text_or("by");
      if (const auto since = parse_timestamp(paused->second.text_or("since"))) status.paused_since = *since;
    }
    status.widened = versions_.widened(id);
    status.next = timekeeper_.next_of(id);
    status.last_run = last_runs_.last_run(id);
    status.silent_too_long = inspector_.alarms().on("silence of " + id);
    status.active = dispatcher_.roster().in_memory(id);
    status.queued = dispatcher_.roster().waiting(id);
    all.push_back(std::move(status));
  }
  return all;
}

}  // namespace

std::unique_ptr<Service> open_service(ServiceWorld world, ServiceBudget budget) {
  return std::make_unique<EngineService>(world, budget);
}

}  // namespace millrace
