#include "service/dispatcher.hpp"

#include <map>
#include <utility>

#include "base/log.hpp"
#include "gate/change_count.hpp"
#include "service/traces.hpp"
#include "value/extent.hpp"
#include "workflow/reach.hpp"

namespace millrace {

namespace {

constexpr Duration look_interval = std::chrono::milliseconds(20);

std::size_t size_of(const Occurrence& occurrence) noexcept {
  return occurrence.bytes > 0 ? occurrence.bytes : bytes_of(occurrence.payload);
}

/// What runs hold until they have ended, those that wait in the store, too.
Backlog::Load with(Backlog::Load load, std::shared_ptr<CircleCount> count) {
  using Both = std::pair<Backlog::Load, std::shared_ptr<CircleCount>>;
  return std::make_shared<const Both>(std::move(load), std::move(count));
}

}  // namespace

Dispatcher::Dispatcher(ServiceWorld world, ServiceBudget budget, Library& library,
                       const std::shared_ptr<Sources>& sources, FaultyDeliveries& faults)
    : world_(world),
      budget_(budget),
      library_(library),
      sources_(sources),
      faults_(faults),
      roster_(budget.active_runs),
      backlog_({budget.unfinished_bytes_of_source, budget.unfinished_bytes}),
      memory_(budget.held_bytes),
      endings_(world.store, [this](RunKey run) { return rests_with_called(run); }),
      calls_(roster_),
      foresight_(world.store.journal(), world.courier, world.planned_calls),
      admission_(world, {brakes_, roster_, custody_, memory_, calls_, foresight_},
                 [this](std::shared_ptr<const LiveWorkflow> live, RunHead head, const EventRecord& event,
                        const Occurrence& occurrence) {
                   FromCallers from = callers_.of_new(event, *live->workflow);
                   if (occurrence.circle_count) from.circle_count = occurrence.circle_count;
                   return make_run(std::move(live), std::move(head), event, std::move(from));
                 }),
      callers_({world.store.history(), memory_, roster_, library, world.catalog, written_files_}, world.clock.now()),
      scope_(world.loop) {}

World Dispatcher::world_of_runs() {
  return {world_.loop,  world_.project, world_.catalog, world_.plugins, world_.store.journal(),
          world_.clock, *this,          *this};
}

std::unique_ptr<Gate> Dispatcher::open(const Workflow& workflow, bool live, Ledger& ledger) {
  GateRules rules;
  rules.count = ledger.change_count();
  rules.limits = rules.count->limits();
  rules.output_folder = world_.folder / output_folder;
  rules.project_folder = world_.folder;
  rules.only = ledger.only();
  rules.ledger = live ? &ledger : nullptr;
  rules.bounds = bounds_on(workflow, &world_.project);
  const Outside outside{world_.loop, world_.courier, world_.secrets, world_.store.states(), written_files_};
  return live ? open_live_gate(outside, rules) : open_planning_gate(outside, rules);
}

std::shared_ptr<ActiveRun> Dispatcher::make_run(std::shared_ptr<const LiveWorkflow> live, RunHead head,
                                                const EventRecord& event, FromCallers from) {
  RunRequest request;
  request.only = std::move(from.only);
  request.change_count = std::move(from.change_count);
  request.circle_count = std::move(from.circle_count);
  request.writes_for = std::move(from.writes_for);
  if (request.writes_for.occurrence.empty())  // else it writes for its caller, which is under way itself
    written_files_.keep_while(request.writes_for.occurrence_of(head), roster_.load_of(head.key));
  request.workflow = live->workflow;
  request.head = std::move(head);
  request.event = event.payload;
  request.delivery = event.delivery;
  request.chain = event.chain;
  request.origin = origin_of(event);
  request.approval_link = world_.approval_link;
  request.may_suspend = true;
  auto active = std::make_shared<ActiveRun>();
  active->live = std::move(live);
  active->counter.emplace(world_.metrics, world_.catalog, request.workflow, request.head);
  request.on_event = [this, run = active.get()](const RunEvent& event, const RunState& state) {
    run->counter->count(event, state);
    memory_.count(*run, state.held);
  };
  request.on_change = [this, run = active.get()](const Value& change, const Value* answer) {
    if (run->run->head().live) leave_traces(*run->run, change, answer);
  };
  request.on_entry = [this, run = active.get()](Entry& entry) { add_untold(*run->run, entry); };
  request.on_end = [this, run = active.get()](Entry& entry, const CallCounts& calls) {
    foresight_.note(entry, calls, world_.clock.now());
    add_what_follows(*run, entry);
    add_trouble(*run->run, entry);
  };
  active->run = std::make_unique<Run>(world_of_runs(), std::move(request));
  return active;
}

Task<Result<Committed>> Dispatcher::accept(Occurrence occurrence) {
  if (brakes_.stopping) co_return Error{ErrorCode::unavailable, "the service is stopping"};
  const bool called = occurrence.trigger == "call";  // by a run under way, which can do nothing else
  if (!called && roster_.lanes().queued() + roster_.count(Whereabouts::held) >= budget_.queued_runs) {
    co_return Error{ErrorCode::limited, "too many runs are waiting for their turn"};
  }
  if (!called) {
    if (const Status room = backlog_.check(occurrence.source, size_of(occurrence)); !room) co_return room.error();
  }
  occurrence.load = backlog_.add(occurrence.source, size_of(occurrence));
  Entry entry;
  Enlisted enlisted;
  admission_.enlist(entry, occurrence, enlisted);
  for (Occurrence& other : occurrence.beside) {
    other.load = occurrence.load;
    admission_.enlist(entry, other, enlisted);
  }
  entry.states = std::move(occurrence.states);
  faults_.lay_into(entry, enlisted.lacks);
  entry.waits_for_room = called;
  auto committed = co_await write(std::move(entry));
  if (!committed || committed->duplicate) {
    admission_.withdraw(enlisted);
    pump();
  } else {
    start(enlisted);
  }
  co_return committed;
}

Task<Status> Dispatcher::accept_all(std::vector<Occurrence> occurrences, std::vector<StateChange> states) {
  std::map<std::string, std::size_t> sources;
  for (const Occurrence& occurrence : occurrences) sources[occurrence.source] += size_of(occurrence);
  for (const auto& [source, bytes] : sources) {
    if (const Status room = backlog_.check(source, bytes); !room) co_return room.error();
  }
  Entry entry;
  Enlisted enlisted;
  for (Occurrence& occurrence : occurrences) {
    occurrence.load = backlog_.add(occurrence.source, size_of(occurrence));
    admission_.enlist(entry, occurrence, enlisted);
  }
  entry.states = std::move(states);
  faults_.lay_into(entry, enlisted.lacks);
  const auto committed = co_await write(std::move(entry));
  if (!committed) {
    admission_.withdraw(enlisted);
    pump();
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
void Dispatcher::leave_traces(const Run& run, const Value& change, const Value* answer) {
  if (sources_->polls().empty()) return;  // nobody watches
  Entry entry;
  entry.waits_for_room = true;
  entry.states = traces_of({change, answer, run.chain_behind(), world_.clock.now()}, *sources_,
                           {world_.folder, world_.project, world_.catalog});
  if (!entry.states.empty()) scope_.spawn(write_down(std::move(entry)));
}

Task<void> Dispatcher::write_down(Entry entry) {
  const auto written = co_await write(std::move(entry));
  if (!written) log(LogLevel::warning, "where a change came from is not kept: " + written.error().message);
}

/// Runs of other workflows that follow from the end of this one begin in the entry that ends it.
void Dispatcher::add_what_follows(ActiveRun& run, Entry& entry) {
  auto occurrence = what_follows(*run.run, *sources_, world_.clock.now());
  if (!occurrence) return;
  occurrence->load = backlog_.add(occurrence->source, size_of(*occurrence));  // an end is never refused
  occurrence->circle_count = std::make_shared<CircleCount>(occurrence->chain.size(), run.run->circle_count().get());
  occurrence->load = with(std::move(occurrence->load), occurrence->circle_count);
  admission_.enlist(entry, *occurrence, run.followers);
  faults_.lay_into(entry, run.followers.lacks);
  callers_.note(entry.events.back().key, occurrence->circle_count);
}

/// The entry is durable: what it starts may begin, and whoever delivered it need not wait for that.
void Dispatcher::start(const Enlisted& enlisted) {
  faults_.note(enlisted.lacks);
  for (const RunKey run : enlisted.in_line) {
    custody_.release(run);
    const bool called = roster_.at(run) == Whereabouts::called;
    roster_.move(run, called ? Whereabouts::moving : Whereabouts::queued);
    if (called) take_turn(run);
  }
  for (const auto& [lane, run, load] : enlisted.held) {
    custody_.release(run);
    line_up(run, lane);
    roster_.burden(run, load);
  }
  for (const auto& run : enlisted.beginning) {
    take_into_memory(run);
    scope_.spawn(begin(run));
  }
  pump();
}

/// A run that the store has, and that has not begun.
void Dispatcher::line_up(RunKey run, const Lane& lane) {
  const bool free = brakes_.may_start(lane.workflow);
  const bool is_new = roster_.add(run, lane, free ? Whereabouts::queued : Whereabouts::held);
  if (is_new && roster_.at(run) == Whereabouts::moving) bring_in(run);
}

void Dispatcher::pump() {
  if (brakes_.stopping) return;
  while (const auto run = roster_.next()) {
    if (roster_.at(*run) == Whereabouts::moving) take_turn(*run);  // else its entry is on its way to the disk
  }
}

/// The turn of a run has come; its place among the active ones is taken.
void Dispatcher::take_turn(RunKey run) {
  if (may_go_on(run)) return bring_in(run);
  roster_.move(run, Whereabouts::held);
}

void Dispatcher::set_paused(std::map<std::string, Value> paused, bool restored) {
  brakes_.paused = std::move(paused);
  brakes_.restored = restored;
  for (const RunKey run : roster_.all(Whereabouts::stopped)) {
    if (may_go_on(run)) wake(run);
  }
  for (const RunKey run : roster_.all(Whereabouts::held)) {
    if (!may_go_on(run)) continue;
    roster_.move(run, Whereabouts::queued);
    if (roster_.at(run) == Whereabouts::moving) bring_in(run);
  }
  pump();
}

void Dispatcher::take_into_memory(const std::shared_ptr<ActiveRun>& active) {
  roster_.move(active->key(), Whereabouts::active);
  memory_.put(active);
}

/// The first decision of a new run: it may be long, so it is made when all that was accepted is answered.
Task<void> Dispatcher::begin(std::shared_ptr<ActiveRun> active) {
  StoredRun fresh;
  fresh.head = active->run->head();
  active->run->take_up(fresh);
  custody_.release(fresh.head.key);
  co_await carry(std::move(active));
}

Task<void> Dispatcher::carry(std::shared_ptr<ActiveRun> active) {
  const Run::Standing standing = co_await active->run->carry_on();
  const RunHead& head = active->run->head();
  memory_.remove(*active);
  switch (standing) {
    case Run::Standing::finished:
      over(*active);
      pump();
      break;
    case Run::Standing::suspended:
      roster_.move(head.key, Whereabouts::resting);
      if (brakes_.stopping) break;
      if (active->run->wakes_at()) roster_.wake_at(head.key, *active->run->wakes_at());
      leave_to_called(*active);
      if (head.outcome == RunOutcome::waiting || rests_with_called(head.key)) {
        endings_.tell_rest(head.key);
        tell_callers(head.key);
      }
      pump();
      break;
    case Run::Standing::broken:
      roster_.move(head.key, Whereabouts::resting);  // for the next life of the service: nothing begins behind it
      broken_ = true;
      log(LogLevel::error, "the store has failed; the service stops and has to be started again");
      break;
  }
  active->left.announce();
  changed_.announce();
}

void Dispatcher::over(ActiveRun& active) {
  const RunHead& head = active.run->head();
  roster_.move(head.key, Whereabouts::nowhere);
  calls_.forget_all(head.key);
  last_ends_.note(head);
  count_end(world_.metrics, head);
  tell_end(head.key, end_of(*active.run));
  const Enlisted followers = std::exchange(active.followers, {});
  if (!followers.empty()) start(followers);
}

Task<Result<std::optional<RunEnd>>> Dispatcher::wait_for_end(RunKey run, Deadline deadline, bool patient) {
  const Whereabouts at = roster_.at(run);
  const bool under_way =
      at == Whereabouts::active || at == Whereabouts::aside || at == Whereabouts::queued || at == Whereabouts::held;
  return endings_.wait(run, under_way, deadline, patient);
}

Task<void> Dispatcher::stop(Deadline deadline) {
  brakes_.stopping = true;
  while (!memory_.stands_still() && !brakes_.hurried && !deadline.reached()) {
    // A run says nothing when it comes to wait, so it is looked at.
    const bool undisturbed = co_await changed_.wait(deadline.earlier(Deadline::in(look_interval)));
    if (!undisturbed) break;
  }
  co_await scope_.stop();
}

}  // namespace millrace
