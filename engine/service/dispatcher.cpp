#include "service/dispatcher.hpp"

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "service/orders.hpp"
#include "service/traces.hpp"
#include "value/extent.hpp"
#include "value/time.hpp"
#include "workflow/connections.hpp"
#include "workflow/safety.hpp"

namespace millrace {

namespace {

constexpr Duration look_interval = std::chrono::milliseconds(20);

}  // namespace

Dispatcher::Dispatcher(ServiceWorld world, ServiceBudget budget, Library& library,
                       const std::shared_ptr<Sources>& sources)
    : world_(world),
      budget_(budget),
      library_(library),
      sources_(sources),
      lanes_(budget.active_runs),
      scope_(world.loop) {}

World Dispatcher::world_of_runs() {
  return {world_.loop,  world_.project, world_.catalog, world_.plugins, world_.store.journal(),
          world_.clock, *this,          *this};
}

std::unique_ptr<Gate> Dispatcher::open(const Workflow& workflow, bool live, Ledger& ledger) {
  GateRules rules;
  rules.limits = limits_of(workflow, world_.catalog);
  rules.output_folder = world_.folder / "output";
  rules.ledger = live ? &ledger : nullptr;
  return live ? open_live_gate(world_.border, rules) : open_planning_gate(world_.border, rules);
}

std::shared_ptr<ActiveRun> Dispatcher::make_run(std::shared_ptr<const LiveWorkflow> live, RunHead head,
                                                const EventRecord& event) {
  RunRequest request;
  request.workflow = live->workflow;
  request.head = std::move(head);
  request.event = event.payload;
  request.chain = event.chain;
  request.origin = origin_of(event);
  request.may_suspend = true;
  auto active = std::make_shared<ActiveRun>();
  active->live = std::move(live);
  active->counter.emplace(world_.metrics, world_.catalog, request.workflow, request.head);
  request.on_event = [this, run = active.get()](const RunEvent& event, const RunState& state) {
    run->counter->count(event, state);
    if (event.type == RunEvent::Type::change_made && run->run->head().live) leave_traces(*run->run, event.data);
    count_held(*run, state.held);
  };
  request.on_end = [this, run = active.get()](Entry& entry) {
    add_followers(*run, entry);
    add_trouble(*run->run, entry);
  };
  active->run = std::make_unique<Run>(world_of_runs(), std::move(request));
  return active;
}

Task<Result<Committed>> Dispatcher::accept(Occurrence occurrence) {
  if (stopping_) co_return Error{ErrorCode::unavailable, "the service is stopping"};
  const bool called = occurrence.trigger == "call";  // by a run under way, which can do nothing else
  if (!called && lanes_.queued() + held_.size() >= budget_.queued_runs) {
    co_return Error{ErrorCode::limited, "too many runs are waiting for their turn"};
  }
  Entry entry;
  Enlisted enlisted;
  enlist(entry, occurrence, enlisted);
  entry.states = std::move(occurrence.states);
  entry.waits_for_room = called;
  auto committed = co_await write(std::move(entry));
  if (!committed || committed->duplicate) {
    withdraw(enlisted);
  } else {
    start(enlisted);
  }
  co_return committed;
}

Task<Status> Dispatcher::accept_all(std::vector<Occurrence> occurrences, std::vector<StateChange> states) {
  Entry entry;
  Enlisted enlisted;
  for (const Occurrence& occurrence : occurrences) enlist(entry, occurrence, enlisted);
  entry.states = std::move(states);
  const auto committed = co_await write(std::move(entry));
  if (!committed) {
    withdraw(enlisted);
    co_return committed.error();
  }
  start(enlisted);
  co_return Done{};
}

/// Where the store has failed, nothing can be promised any more: the service has to be started again.
Task<Result<Committed>> Dispatcher::write(Entry entry) {
  auto committed = co_await world_.store.journal().commit(std::move(entry));
  if (!committed && committed.error().code == ErrorCode::unavailable && !std::exchange(broken_, true))
    log(LogLevel::error, committed.error().message);
  co_return committed;
}

/// Behind it in the journal comes what the run writes down of the change.
void Dispatcher::leave_traces(const Run& run, const Value& change) {
  Entry entry;
  entry.waits_for_room = true;
  entry.states = traces_of(change, run.chain_behind(), *sources_, world_.catalog);
  if (!entry.states.empty()) scope_.spawn(write_down(std::move(entry)));
}

Task<void> Dispatcher::write_down(Entry entry) {
  const auto written = co_await write(std::move(entry));
  if (!written) log(LogLevel::warning, "where a change came from is not kept: " + written.error().message);
}

/// Lays the event and the runs it starts into the entry.
void Dispatcher::enlist(Entry& entry, const Occurrence& occurrence, Enlisted& enlisted) {
  const Timestamp now = world_.clock.now();
  const EventKey event = world_.store.journal().keys().next_event(now);
  entry.events.push_back(
      {event, occurrence.source, occurrence.id, now, occurrence.payload, occurrence.chain, occurrence.origin});
  for (const Listener& listener : occurrence.listeners) {
    const auto& fixed = listener.live->locations;
    if (!occurrence.location.empty()) {
      enlist_run(entry, occurrence, listener, occurrence.location, event, enlisted);
      continue;
    }
    if (fixed) {
      for (const std::string& location : *fixed) enlist_run(entry, occurrence, listener, location, event, enlisted);
      continue;
    }
    const auto locations = locations_of(*listener.live->workflow, world_.project, world_.catalog, occurrence.payload);
    if (!locations) {
      // A workflow that cannot begin keeps neither the event from being accepted nor others from their runs.
      RunHead head = head_of(occurrence, listener, "", event);
      head.outcome = RunOutcome::failed;
      head.started = head.ended = now;
      head.note = locations.error().message;
      entry.runs.push_back({std::move(head), true, {}});
      continue;
    }
    for (const std::string& location : *locations) enlist_run(entry, occurrence, listener, location, event, enlisted);
  }
}

RunHead Dispatcher::head_of(const Occurrence& occurrence, const Listener& listener, const std::string& location,
                            EventKey event) {
  const Workflow& workflow = *listener.live->workflow;
  RunHead head;
  head.key = world_.store.journal().keys().next_run(world_.clock.now());
  head.event = event;
  head.workflow = workflow.id;
  head.version = listener.live->hash;
  head.trigger = occurrence.trigger;
  head.location = location;
  const std::string zone =
      listener.trigger < workflow.triggers.size() ? listener.spec().settings.text_or("timezone") : "";
  head.zone = zone.empty() ? world_.project.timezone : zone;
  head.live = workflow.mode == "live" && occurrence.live;
  return head;
}

void Dispatcher::enlist_run(Entry& entry, const Occurrence& occurrence, const Listener& listener,
                            const std::string& location, EventKey event, Enlisted& enlisted) {
  const Workflow& workflow = *listener.live->workflow;
  const Timestamp now = world_.clock.now();
  RunHead head = head_of(occurrence, listener, location, event);
  const auto lane = lane_for(workflow, occurrence.payload);
  const auto leave_out = [&](RunOutcome outcome, std::string why) {
    head.outcome = outcome;
    head.started = head.ended = now;
    head.note = std::move(why);
    entry.runs.push_back({std::move(head), true, {}});
  };
  if (workflow.mode == "paused") return leave_out(RunOutcome::skipped, file_says_paused);
  if (!may_start(workflow.id) && !restored_) return leave_out(RunOutcome::skipped, "the workflow was paused");
  if (!lane) return leave_out(RunOutcome::failed, lane.error().message);
  if (const auto ended = chain_ends(occurrence.chain, workflow.id, world_.project.chain_limit))
    return leave_out(RunOutcome::failed, ended->message);
  if (lane->skips && lanes_.busy(lane->lane))
    return leave_out(RunOutcome::skipped, "another run was going on, and concurrency says skip_if_running");
  if (occurrence.caller && lane->lane.one_at_a_time()) {
    if (const auto never = would_wait_for_ever(lane->lane, occurrence))
      return leave_out(RunOutcome::failed, never->message);
  }
  if (occurrence.caller) note_call(occurrence, head.key, lane->lane);
  head.lane = stored_lane(lane->lane);
  hold_free(head.key);  // nobody tells it anything before it is known here what became of the entry
  if (restored_) {
    enlisted.held.emplace_back(lane->lane, head.key);
    entry.runs.push_back({std::move(head), true, {}});
    return;
  }
  // What comes while the service stops (what follows from an end) waits in the store for the next one.
  if (stopping_ || !lanes_.enter(lane->lane, head.key)) {
    enlisted.queued.emplace_back(lane->lane, head.key);
    entry.runs.push_back({std::move(head), true, {}});
    return;
  }
  if (!has_room()) {
    enlisted.late.emplace_back(lane->lane, head.key);
    entry.runs.push_back({std::move(head), true, {}});
    return;
  }
  head.starts = 1;  // what stops the engine at its very beginning is found out, too
  entry.runs.push_back({head, true, {}});
  auto active = make_run(listener.live, std::move(head), entry.events.back());
  active->lane = lane->lane;
  count_held(*active, bytes_of(occurrence.payload));
  enlisted.beginning.push_back(std::move(active));
}

/// A run alone may always be in memory: its own size is bounded.
bool Dispatcher::has_room() const noexcept {
  constexpr std::size_t likely = 4u << 20;
  const std::size_t held = bytes_ + loading_ * likely;
  return held == 0 || held < budget_.held_bytes;
}

/// What waits for room is in the store, not in memory. A run that waits for those it called counts for nothing: else
/// those might never find room.
void Dispatcher::count_held(ActiveRun& run, std::size_t bytes) {
  const bool full = !has_room();
  const std::size_t counted = run.calls > 0 ? 0 : bytes;
  bytes_ += counted - run.held;
  run.held = counted;
  if (full && has_room()) room_.announce();
}

/// The entry is durable: what it starts may begin, and whoever delivered it need not wait for that.
void Dispatcher::start(const Enlisted& enlisted) {
  for (const auto& [lane, run] : enlisted.queued) {
    queue_up(run, lane);
    release(run);
    if (early_.erase(static_cast<std::int64_t>(run)) > 0) take_turn(run);
  }
  for (const auto& [lane, run] : enlisted.held) {
    release(run);
    line_up(run, lane);
  }
  for (const auto& [lane, run] : enlisted.late) {
    release(run);
    bring_in(run, lane);
  }
  for (const auto& run : enlisted.beginning) {
    take_into_memory(run);
    scope_.spawn(begin(run));
  }
  pump();
}

/// Nothing of it was written: it never was.
void Dispatcher::withdraw(const Enlisted& enlisted) {
  for (const auto& [lane, run] : enlisted.queued) {
    if (early_.erase(static_cast<std::int64_t>(run)) > 0) {
      lanes_.leave(lane);
    } else {
      lanes_.withdraw(lane, run);
    }
    release(run);
  }
  for (const auto& [lane, run] : enlisted.held) release(run);
  for (const auto& [lane, run] : enlisted.late) {
    lanes_.leave(lane);
    release(run);
  }
  for (const auto& run : enlisted.beginning) {
    count_held(*run, 0);
    lanes_.leave(run->lane);
    release(run->run->head().key);
  }
  pump();
}

/// Runs of other workflows that follow from the end of this one begin in the entry that ends it.
void Dispatcher::add_followers(ActiveRun& run, Entry& entry) {
  const std::vector<Listener>* listeners = sources_->after(run.run->workflow().id);
  if (listeners == nullptr) return;
  const RunHead& head = run.run->head();
  const std::optional<Error>& failure = run.run->state().failure;
  Occurrence occurrence;
  occurrence.source = "after:" + head.workflow;
  occurrence.origin = run.run->end_origin();
  occurrence.trigger = "after";
  occurrence.live = head.live;
  occurrence.chain = run.run->chain_behind();
  occurrence.payload = Value::object({{"workflow", head.workflow},
                                      {"run", render(head.key)},
                                      {"outcome", name_of(head.outcome)},
                                      {"location", head.location},
                                      {"output", run.run->output()},
                                      {"error", failure ? failure_value(*failure) : Value()}});
  const Bindings names = condition_names(occurrence.payload, world_.clock.now());
  for (const Listener& listener : *listeners) {
    const std::string wanted = listener.spec().settings.text_or("outcome", "completed");
    if (wanted != "any" && wanted != name_of(head.outcome)) continue;
    if (wants(listener, names)) occurrence.listeners.push_back(listener);
  }
  if (occurrence.listeners.empty()) return;
  enlist(entry, occurrence, run.followers);
}

void Dispatcher::take_into_memory(const std::shared_ptr<ActiveRun>& active) {
  active_[static_cast<std::int64_t>(active->run->head().key)] = active;
  ++active_of_[active->run->workflow().id];
}

/// The first decision of a new run: it may be long, so it is made when all that was accepted is answered.
Task<void> Dispatcher::begin(std::shared_ptr<ActiveRun> active) {
  StoredRun fresh;
  fresh.head = active->run->head();
  active->run->take_up(fresh);
  release(fresh.head.key);
  co_await carry(std::move(active));
}

Task<void> Dispatcher::carry(std::shared_ptr<ActiveRun> active) {
  const Run::Standing standing = co_await active->run->carry_on();
  const RunHead& head = active->run->head();
  active_.erase(static_cast<std::int64_t>(head.key));
  --active_of_[head.workflow];
  count_held(*active, 0);
  if (standing == Run::Standing::finished) {
    over(active);
    pump();
  } else if (standing == Run::Standing::broken) {
    broken_ = true;
    log(LogLevel::error, "the store has failed; the service stops and has to be started again");
  } else if (!stopping_) {
    lanes_.rest(active->lane);
    resting_[static_cast<std::int64_t>(head.key)] = active->lane;
    if (head.wake_at) waiting_.emplace(*head.wake_at, head.key);
    tell_those_who_wait(head.key, std::nullopt);
    pump();
  }
  active->left.announce();
  changed_.announce();
}

void Dispatcher::over(const std::shared_ptr<ActiveRun>& active) {
  lanes_.leave(active->lane);
  count_end(*active);
  if (!expected_.empty()) tell_those_who_wait(active->run->head().key, end_of(*active->run));
  const Enlisted followers = std::exchange(active->followers, {});
  if (!followers.beginning.empty() || !followers.queued.empty() || !followers.held.empty() || !followers.late.empty())
    start(followers);
}

void Dispatcher::count_end(const ActiveRun& active) {
  const RunHead& head = active.run->head();
  last_ends_[head.workflow] = *head.ended;
  world_.metrics
      .series("millrace_runs_total", {{"workflow", head.workflow},
                                      {"trigger", head.trigger},
                                      {"outcome", name_of(head.outcome)},
                                      {"mode", head.live ? "live" : "plan"}})
      .add();
  if (!head.started) return;
  world_.metrics.histogram("millrace_run_duration_seconds", {{"workflow", head.workflow}})
      .observe(seconds_between(*head.started, *head.ended));
  if (head.outcome == RunOutcome::completed) {
    world_.metrics.series("millrace_last_success_timestamp_seconds", {{"workflow", head.workflow}})
        .set(static_cast<double>(head.ended->seconds));
  }
}

void Dispatcher::pump() {
  if (stopping_) return;
  while (const auto key = lanes_.next()) take_turn(*key);
}

/// The turn of a run has come; its place among the active ones is taken.
void Dispatcher::take_turn(RunKey key) {
  const auto number = static_cast<std::int64_t>(key);
  const auto queued = queued_.find(number);
  if (queued == queued_.end()) {
    early_.insert(number);  // its entry is on its way to the disk
    return;
  }
  const Lane lane = std::move(queued->second);
  queued_.erase(queued);
  if (may_start(lane.workflow)) {
    leave_queue(lane);
    bring_in(key, lane);
  } else {
    lanes_.leave(lane);
    held_[number] = lane;
  }
}

bool Dispatcher::may_start(const std::string& workflow) const {
  return paused_.empty() || (!paused_.contains("") && !paused_.contains(workflow));
}

void Dispatcher::set_paused(std::map<std::string, Value> paused, bool restored) {
  paused_ = std::move(paused);
  restored_ = restored;
  std::map<std::int64_t, Lane> again;
  for (const auto& [key, lane] : held_) {
    if (may_start(lane.workflow)) again.emplace(key, lane);
  }
  std::vector<RunKey> stopped;
  for (const std::int64_t key : stopped_) {
    const auto resting = resting_.find(key);
    if (resting == resting_.end() || may_start(resting->second.workflow)) stopped.push_back(RunKey{key});
  }
  for (const RunKey key : stopped) wake(key);
  for (const auto& [key, lane] : again) {
    held_.erase(key);
    leave_queue(lane);
    line_up(RunKey{key}, lane);
  }
  pump();
}

/// A run that the store has, and that has not begun.
void Dispatcher::line_up(RunKey key, const Lane& lane) {
  if (may_start(lane.workflow) && lanes_.enter(lane, key)) return bring_in(key, lane);
  queue_up(key, lane);
  if (may_start(lane.workflow)) return;
  held_[static_cast<std::int64_t>(key)] = lane;
  queued_.erase(static_cast<std::int64_t>(key));
}

void Dispatcher::queue_up(RunKey key, const Lane& lane) {
  queued_[static_cast<std::int64_t>(key)] = lane;
  ++queued_of_[lane.workflow];
}

/// Of a run that is neither queued nor held any more.
void Dispatcher::leave_queue(const Lane& lane) {
  const auto found = queued_of_.find(lane.workflow);
  if (--found->second == 0) queued_of_.erase(found);
}

std::size_t Dispatcher::active_of(const std::string& workflow) const {
  const auto found = active_of_.find(workflow);
  return found == active_of_.end() ? 0 : found->second;
}

std::size_t Dispatcher::queued_of(const std::string& workflow) const {
  const auto found = queued_of_.find(workflow);
  return found == queued_of_.end() ? 0 : found->second;
}

std::shared_ptr<ActiveRun> Dispatcher::find(RunKey run) const {
  const auto found = active_.find(static_cast<std::int64_t>(run));
  return found == active_.end() ? nullptr : found->second;
}

/// Whether all that is in memory waits for runs that will not begin in this life of the service.
bool Dispatcher::stands_still() const {
  return std::all_of(active_.begin(), active_.end(), [](const auto& each) {
    const ActiveRun& run = *each.second;
    return run.calls > 0 && run.run->only_waits_for(run.calls);
  });
}

Task<void> Dispatcher::stop(Deadline deadline) {
  stopping_ = true;
  while (!stands_still() && !deadline.reached()) {
    // A run says nothing when it comes to wait, so it is looked at.
    const bool undisturbed = co_await changed_.wait(deadline.earlier(Deadline::in(look_interval)));
    if (!undisturbed) break;
  }
  co_await scope_.stop();
}

}  // namespace millrace
