#include "service/service.hpp"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "service/dispatcher.hpp"
#include "service/emitters.hpp"
#include "service/hooks.hpp"
#include "service/library.hpp"
#include "service/orders.hpp"
#include "service/pollers.hpp"
#include "service/records.hpp"
#include "service/sources.hpp"
#include "service/timekeeper.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

/// How often the state of the world is looked at for alarms and gauges.
constexpr Duration inspection_interval = std::chrono::seconds(5);

/// How often what the budget of the store no longer covers is taken out.
constexpr Duration pruning_interval = std::chrono::minutes(10);

class EngineService final : public Service {
 public:
  EngineService(ServiceWorld world, ServiceBudget budget)
      : world_(world),
        library_(world.folder, world.project, world.catalog),
        sources_(std::make_shared<Sources>(library_, world.project, world.catalog)),
        dispatcher_(world, budget, library_, sources_),
        faults_(world),
        hooks_(world, budget, dispatcher_, faults_, sources_),
        timekeeper_(world, dispatcher_, sources_),
        pollers_(world, dispatcher_, sources_),
        emitters_(world, dispatcher_, faults_, sources_),
        scope_(world.loop) {}

  Task<Status> start() override;
  Task<std::vector<std::string>> reload() override;
  Task<void> drain(Deadline deadline) override;
  Task<OutgoingResponse> hook(IncomingRequest request) override { return hooks_.answer(std::move(request)); }

  Task<Result<Committed>> start_run(std::string workflow, Value event, Who who) override;
  Task<Status> pause(std::string workflow, Who who) override;
  Task<Status> resume(std::string workflow, Who who) override;
  Task<Status> cancel(RunKey run, Who who) override;
  Task<Status> retry(RunKey run, std::string from_step, Who who) override;
  Task<Status> resolve(RunKey run, Resolution resolution, Who who) override;
  Task<Status> approve(RunKey run, Approval said, Who who) override;

  ServiceStatus status() const override;
  std::vector<WorkflowStatus> workflows() const override;

 private:
  Task<Status> read_library();
  Task<Status> read_pauses();
  Task<Status> change_pause(std::string workflow, bool on, Who who);
  Task<Status> order(RunKey run, Order order, Who who);
  Task<Status> note(std::string who, std::string what, std::string about, std::string detail);
  Task<void> inspect();
  Task<void> look_for_silence();
  Task<void> look_for_room();
  void look_for_faulty_deliveries();
  void set_gauges();
  void alarm(const std::string& about, const std::string& message);
  void tell_of_triggers(const std::map<std::string, std::string>& problems);
  void all_clear(const std::string& about);

  ServiceWorld world_;
  Library library_;
  std::shared_ptr<Sources> sources_;
  Dispatcher dispatcher_;
  FaultyDeliveries faults_;
  Hooks hooks_;
  Timekeeper timekeeper_;
  Pollers pollers_;
  Emitters emitters_;
  std::map<std::string, Alarm> alarms_;
  Timestamp started_;
  bool ready_ = false, draining_ = false;
  Scope scope_;
};

Task<Status> EngineService::start() {
  started_ = world_.clock.now();
  const auto read = co_await read_library();
  if (!read) co_return read;
  const auto pauses = co_await read_pauses();
  if (!pauses) co_return pauses;
  const auto faults = co_await faults_.load();
  if (!faults) co_return faults;
  Entry entry;
  entry.states.push_back(service_runs(started_, getpid()));
  const auto written = co_await dispatcher_.write(std::move(entry));
  if (!written) co_return written.error();
  const auto recovered = co_await dispatcher_.recover();
  if (!recovered) co_return recovered;
  const auto taken = co_await timekeeper_.take_over();
  if (!taken) co_return taken;
  co_await pollers_.take_over();
  co_await emitters_.take_over();
  scope_.spawn(timekeeper_.run());
  scope_.spawn(inspect());
  ready_ = true;
  co_return Done{};
}

/// Brings the library up to date, and writes down the versions before anything runs on them.
Task<Status> EngineService::read_library() {
  const std::vector<std::string> changed = library_.read();
  Entry entry;
  for (const std::string& id : changed) {
    const auto live = library_.find(id);
    if (live != nullptr) entry.versions.push_back({id, live->hash, live->workflow->source->text});
    const auto found = library_.entries().find(id);
    if (found == library_.entries().end() || found->second.problem.empty()) {
      all_clear("workflow " + id);
    } else {
      alarm("workflow " + id, live != nullptr
                                  ? "its file is broken, and the version before it is live: " + found->second.problem
                                  : "its file is broken: " + found->second.problem);
    }
  }
  sources_ = std::make_shared<Sources>(library_, world_.project, world_.catalog);
  for (const auto& [id, problem] : sources_->problems()) alarm("workflow " + id, problem);
  if (entry.versions.empty()) co_return Done{};
  const auto written = co_await dispatcher_.write(std::move(entry));
  if (!written) co_return written.error();
  co_return Done{};
}

Task<std::vector<std::string>> EngineService::reload() {
  std::map<std::string, std::string> before;
  for (const auto& [id, entry] : library_.entries()) before[id] = (entry.live ? entry.live->hash : "") + entry.problem;
  std::vector<std::string> told;
  const auto read = co_await read_library();
  if (!read) told.push_back("the new versions could not be written down: " + read.error().message);
  for (const auto& [id, entry] : library_.entries()) {
    const auto known = before.find(id);
    if (known != before.end() && known->second == (entry.live ? entry.live->hash : "") + entry.problem) continue;
    if (!entry.problem.empty()) {
      told.push_back(id + (entry.live ? ": the version before it stays live: " : ": cannot be used: ") + entry.problem);
    } else {
      told.push_back(id + (known == before.end() ? " is new" : " is swapped for its new version"));
    }
  }
  for (const auto& [id, text] : before) {
    if (!library_.entries().contains(id)) told.push_back(id + " is gone; its runs end");
  }
  if (told.empty()) co_return told;
  const auto taken = co_await timekeeper_.take_over();
  if (!taken) log(LogLevel::error, taken.error().message);
  co_await pollers_.take_over();
  co_await emitters_.take_over();
  dispatcher_.pump();
  co_return told;
}

Task<void> EngineService::drain(Deadline deadline) {
  draining_ = true;
  ready_ = false;
  hooks_.close();
  co_await pollers_.stop();
  co_await emitters_.stop();
  co_await scope_.stop();
  co_await dispatcher_.stop(deadline);
  Entry entry;
  entry.states.push_back(service_stopped(started_, world_.clock.now()));
  const auto written = co_await dispatcher_.write(std::move(entry));
  if (!written) log(LogLevel::warning, "the stop could not be written down: " + written.error().message);
}

Task<Result<Committed>> EngineService::start_run(std::string workflow, Value event, Who who) {
  const auto live = library_.find(workflow);
  if (live == nullptr) co_return Error{ErrorCode::not_found, "there is no workflow \"" + workflow + "\""};
  const auto noted = co_await note(who, "start", workflow, "");
  if (!noted) co_return noted.error();
  Occurrence occurrence;
  occurrence.source = "manual:" + workflow;
  occurrence.payload = std::move(event);
  occurrence.trigger = "manual";
  occurrence.listeners.push_back({live, live->workflow->triggers.size()});
  auto dispatched = co_await dispatcher_.accept(std::move(occurrence));
  if (!dispatched) co_return dispatched.error();
  co_return std::move(dispatched->committed);
}

Task<Status> EngineService::note(std::string who, std::string what, std::string about, std::string detail) {
  Entry entry;
  entry.audit.push_back({world_.clock.now(), std::move(who), std::move(what), std::move(about), std::move(detail)});
  const auto written = co_await dispatcher_.write(std::move(entry));
  if (!written) co_return written.error();
  co_return Done{};
}

Task<Status> EngineService::read_pauses() {
  const std::string owner = "engine", all = "paused", one = "paused/", restored = "restored";
  std::map<std::string, Value> paused;
  const auto everything = co_await world_.store.journal().read_state(owner, all);
  if (!everything) co_return everything.error();
  if (!everything->is_null()) paused[""] = *everything;
  const auto epoch = co_await world_.store.journal().read_state(owner, restored);
  if (!epoch) co_return epoch.error();
  if (!epoch->is_null()) {
    paused[""] = *epoch;
    alarm("store", "it was restored from a backup, so nothing goes on by itself until \"millrace resume --all\"");
  }
  const auto each = co_await world_.store.journal().list_states(owner, one);
  if (!each) co_return each.error();
  for (const auto& [key, value] : *each) paused[key.substr(one.size())] = value;
  dispatcher_.set_paused(std::move(paused));
  co_return Done{};
}

Task<Status> EngineService::change_pause(std::string workflow, bool on, Who who) {
  if (!workflow.empty() && !library_.entries().contains(workflow)) {
    co_return Error{ErrorCode::not_found, "there is no workflow \"" + workflow + "\""};
  }
  const auto written = co_await dispatcher_.write(pause_entry(workflow, on, std::move(who), world_.clock.now()));
  if (!written) co_return written.error();
  if (!on && workflow.empty()) all_clear("store");
  const auto read = co_await read_pauses();
  if (on || !read) co_return read;
  dispatcher_.pump();
  timekeeper_.look_again();
  co_return Done{};
}

Task<Status> EngineService::pause(std::string workflow, Who who) {
  return change_pause(std::move(workflow), true, std::move(who));
}

Task<Status> EngineService::resume(std::string workflow, Who who) {
  return change_pause(std::move(workflow), false, std::move(who));
}

Task<Status> EngineService::order(RunKey run, Order order, Who who) {
  const auto noted = co_await note(std::move(who), order.what, render(run), order.detail);
  if (!noted) co_return noted;
  auto told = co_await dispatcher_.tell(run, std::move(order.event));
  co_return told;
}

Task<Status> EngineService::cancel(RunKey run, Who who) {
  const auto noted = co_await note(who, "cancel", render(run), "");
  if (!noted) co_return noted;
  auto cancelled = co_await dispatcher_.cancel(run, "called off by " + who);
  co_return cancelled;
}

Task<Status> EngineService::retry(RunKey run, std::string from_step, Who who) {
  return order(run, order_to_retry(std::move(from_step), world_.clock.now()), std::move(who));
}

Task<Status> EngineService::resolve(RunKey run, Resolution resolution, Who who) {
  Order resolving = order_to_resolve(std::move(resolution), who, world_.clock.now());
  return order(run, std::move(resolving), std::move(who));
}

Task<Status> EngineService::approve(RunKey run, Approval said, Who who) {
  Order approving = order_to_approve(std::move(said), who, world_.clock.now());
  return order(run, std::move(approving), std::move(who));
}

void EngineService::alarm(const std::string& about, const std::string& message) {
  const auto found = alarms_.find(about);
  if (found != alarms_.end() && found->second.message == message) return;
  alarms_[about] = {about, message, world_.clock.now()};
  log(LogLevel::error, about + ": " + message);
}

void EngineService::all_clear(const std::string& about) {
  if (alarms_.erase(about) > 0) log(LogLevel::info, about + ": all clear");
}

Task<void> EngineService::inspect() {
  Deadline pruning = Deadline::in(pruning_interval);
  while (true) {
    co_await look_for_silence();
    co_await look_for_room();
    for (const ConnectionHealth& connection : world_.border.health()) {
      const std::string about = "connection " + connection.name;
      if (connection.down) {
        alarm(about, "the far side is down, and what needs it waits: " + connection.reason);
      } else {
        all_clear(about);
      }
    }
    tell_of_triggers(emitters_.problems());
    tell_of_triggers(pollers_.problems());
    look_for_faulty_deliveries();
    if (dispatcher_.broken()) alarm("store", "the disk has failed; the service has to be started again");
    set_gauges();
    if (pruning.reached()) {
      pruning = Deadline::in(pruning_interval);
      const auto pruned = co_await world_.store.prune(world_.clock.now());
      if (!pruned) log(LogLevel::warning, "old history could not be removed: " + pruned.error().message);
    }
    const bool undisturbed = co_await sleep_for(inspection_interval);
    if (!undisturbed) co_return;
  }
}

void EngineService::tell_of_triggers(const std::map<std::string, std::string>& problems) {
  for (const auto& [name, problem] : problems) {
    const std::string about = "trigger " + name;
    if (problem.empty()) {
      all_clear(about);
    } else {
      alarm(about, problem);
    }
  }
}

/// A full disk is an alarm until it has taken everything for a while.
Task<void> EngineService::look_for_room() {
  const std::string refusal = world_.store.take_refusal();
  if (!refusal.empty()) {
    alarm("disk", refusal + "; deliveries are refused and runs wait until there is room");
    co_return;
  }
  if (!alarms_.contains("disk")) co_return;
  Entry entry;
  entry.states.push_back(service_runs(started_, getpid()));
  const auto written = co_await dispatcher_.write(std::move(entry));
  if (written) all_clear("disk");
}

/// alert_if_no_run_for: counted from the last end of a run, else from when the service first saw the workflow.
Task<void> EngineService::look_for_silence() {
  const Timestamp now = world_.clock.now();
  for (const auto& [id, entry] : library_.entries()) {
    if (entry.live == nullptr || !entry.live->workflow->alert_if_no_run_for) continue;
    const Duration allowed = *entry.live->workflow->alert_if_no_run_for;
    const auto& ends = dispatcher_.last_ends();
    Timestamp last = ends.contains(id) ? ends.at(id) : Timestamp{};
    if (!ends.contains(id)) {
      RunFilter filter;
      filter.workflow = id;
      filter.limit = 1;
      const auto runs = co_await world_.store.history().list_runs(filter);
      if (!runs) co_return;
      last = runs->empty() ? started_ : made_at(runs->front().key);
    }
    const std::string about = "silence of " + id;
    const auto due = add(last, allowed);
    if (due && *due < now) {
      alarm(about, "it has not run for " + render(allowed) + "; the last time was " + render(last));
    } else {
      all_clear(about);
    }
  }
}

/// A source that nobody listens to any more is nobody's trouble.
void EngineService::look_for_faulty_deliveries() {
  constexpr std::string_view prefix = "deliveries of ";
  std::map<std::string, std::string> faulty;
  for (const auto& [source, reason] : faults_.reasons()) {
    if (sources_->listens_to(source)) faulty[std::string(prefix) + source] = reason;
  }
  std::vector<std::string> mended;
  for (const auto& [about, alarm] : alarms_) {
    if (about.starts_with(prefix) && !faulty.contains(about)) mended.push_back(about);
  }
  for (const std::string& about : mended) all_clear(about);
  for (const auto& [about, reason] : faulty) {
    alarm(about, "one came that is kept and started nothing: " + reason + "; the next good one ends this alarm");
  }
}

void EngineService::set_gauges() {
  Metrics& metrics = world_.metrics;
  metrics.series("millrace_queue_length").set(static_cast<double>(dispatcher_.lanes().queued()));
  const auto oldest = dispatcher_.lanes().oldest();
  const Timestamp now = world_.clock.now();
  metrics.series("millrace_oldest_queued_age_seconds")
      .set(oldest ? static_cast<double>(std::max<std::int64_t>(now.seconds - made_at(*oldest).seconds, 0)) : 0);
}

ServiceStatus EngineService::status() const {
  ServiceStatus status;
  status.ready = ready_ && !dispatcher_.broken();
  status.draining = draining_;
  if (draining_) {
    status.not_ready_because = "the service is stopping";
  } else if (dispatcher_.broken()) {
    status.not_ready_because = "the disk has failed";
  } else if (!ready_) {
    status.not_ready_because = "the service is starting";
  }
  status.workflows = library_.entries().size();
  status.active_runs = dispatcher_.lanes().active();
  status.queued_runs = dispatcher_.lanes().queued();
  status.next = timekeeper_.next();
  status.next_workflow = timekeeper_.next_workflow();
  for (const auto& [about, alarm] : alarms_) status.alarms.push_back(alarm);
  status.progress = dispatcher_.progress();
  return status;
}

std::vector<WorkflowStatus> EngineService::workflows() const {
  std::vector<WorkflowStatus> all;
  for (const auto& [id, entry] : library_.entries()) {
    WorkflowStatus status;
    status.id = id;
    status.file = entry.file;
    status.problem = entry.problem;
    if (entry.live != nullptr) {
      const Workflow& workflow = *entry.live->workflow;
      status.name = workflow.name;
      status.mode = workflow.mode;
      for (std::size_t i = 0; i < workflow.triggers.size(); ++i)
        status.triggers.push_back(describe({entry.live, i}, world_.catalog));
    }
    const auto paused = dispatcher_.paused().find(id);
    if (paused != dispatcher_.paused().end()) {
      status.paused = true;
      status.paused_by = paused->second.text_or("by");
      if (const auto since = parse_timestamp(paused->second.text_or("since"))) status.paused_since = *since;
    }
    status.next = timekeeper_.next_of(id);
    const auto last = dispatcher_.last_ends().find(id);
    if (last != dispatcher_.last_ends().end()) status.last_run = last->second;
    status.silent_too_long = alarms_.contains("silence of " + id);
    status.active = dispatcher_.active_of(id);
    status.queued = dispatcher_.queued_of(id);
    all.push_back(std::move(status));
  }
  return all;
}

}  // namespace

std::unique_ptr<Service> open_service(ServiceWorld world, ServiceBudget budget) {
  return std::make_unique<EngineService>(world, budget);
}

}  // namespace millrace
