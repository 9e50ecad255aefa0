#include "service/callers.hpp"

#include <bit>
#include <limits>
#include <utility>
#include <variant>

#include "decider/bad_end.hpp"
#include "gate/encode_change.hpp"
#include "journal/called_runs.hpp"
#include "workflow/safety.hpp"

namespace millrace {

namespace {

/// The plan in the record of a run; nothing where it is held to none.
std::optional<std::string> plan_in(const StoredRun& run) {
  for (const RunEvent& event : run.events) {
    const auto* started = std::get_if<RunStarted>(&event.what);
    if (started != nullptr && !started->only.empty()) return started->only;
  }
  return std::nullopt;
}

bool calls_others(const Workflow& workflow) {
  bool calls = false;
  each_step(workflow, [&calls](const Step& step) { calls = calls || std::holds_alternative<CallBlock>(step.what); });
  return calls;
}

/// The changes that a run made at its bad ends.
struct BadEnds {
  bool reached = false;  ///< by now
  std::int64_t now = 0;  ///< at this one
  std::int64_t earlier = 0;
};

BadEnds bad_ends_of(const StoredRun& run) {
  BadEnds ends;
  BadEnd end;
  for (const RunEvent& event : run.events) {
    end.hear(event);
    if (end.begins_again()) ends.earlier += std::exchange(ends.now, 0);
    if (end.is_reached() && std::holds_alternative<ChangeMade>(event.what)) ++ends.now;
  }
  ends.reached = end.is_reached();
  return ends;
}

/// The phase of its caller in which a run is called.
std::uint32_t phase_of_call(const EventRecord& event) {
  const std::string step = step_of_call(event);
  return step.empty() ? 0 : static_cast<std::uint32_t>(step.front() - '0');
}

/// The entry of the key, new or not. Where it is new, those that say nothing any more are dropped now and then: else
/// each run would look at all.
template <class Key, class Entry, class SaysNothing>
Entry& entry_in(std::map<Key, Entry>& table, Key key, SaysNothing says_nothing) {
  if (std::has_single_bit(table.size()) && !table.contains(key))
    std::erase_if(table, [&](const auto& each) { return says_nothing(each.second); });
  return table[key];
}

/// The files in the record of a run, each with the step that wrote it: of those of that name the one that began last.
void recall_files_in(const StoredRun& run, const Workflow& workflow, const WritesFor& writes_for,
                     WrittenFiles& written_files) {
  std::map<std::string, StepPath> begun;
  for (const RunEvent& event : run.events) {
    if (const auto* started = std::get_if<StepStarted>(&event.what))
      begun[label_of(workflow, started->path)] = started->path;
    const auto* made = std::get_if<ChangeMade>(&event.what);
    if (made == nullptr) continue;
    const auto change = decode_change(made->change);
    const bool file = change && change->method.empty() && change->target.is_text();
    const std::string target = file ? change->target.text() : "";
    const auto step = target.starts_with(file_target) ? begun.find(change->step) : begun.end();
    if (step == begun.end()) continue;
    CallSite site;
    site.step = change->step;
    site.workflow = run.head.workflow;
    site.location = run.head.location;
    site.occurrence = writes_for.occurrence_of(run.head);
    site.called_by = writes_for.called_by;
    site.entry.step = step->second;
    written_files.recall(site, target.substr(file_target.size()));
  }
}

}  // namespace

bool Callers::Known::says_nothing() const noexcept {
  return plan.expired() && changes.expired() && !kept_changes && !kept_circles && !has_recalled_files;
}

Callers::Known Callers::known(RunKey run) const {
  const auto found = known_.find(run);
  return found == known_.end() ? Known() : found->second;
}

Callers::Known& Callers::entry_of(RunKey run) {
  return entry_in(known_, run, [](const Known& each) { return each.says_nothing(); });
}

void Callers::note(RunKey caller, const std::shared_ptr<ChangeCount>& count) { entry_of(caller).changes = count; }

void Callers::note(EventKey event, const std::shared_ptr<CircleCount>& count) {
  entry_in(circle_counts_, event, [](const auto& each) { return each.expired(); }) = count;
}

void Callers::keep(const RunHead& caller, std::shared_ptr<ChangeCount> changes, std::shared_ptr<CircleCount> circles) {
  note(caller.event, circles);
  Known& kept = entry_of(caller.key);
  kept.changes = changes;
  kept.kept_changes = std::move(changes);
  kept.kept_circles = std::move(circles);
}

void Callers::let_go(RunKey caller) {
  const auto found = known_.find(caller);
  if (found == known_.end()) return;
  found->second.kept_changes.reset();
  found->second.kept_circles.reset();
}

FromCallers Callers::of_new(const EventRecord& event, const Workflow& workflow) const {
  const auto caller = caller_of(event);
  const auto active = caller ? world_.memory.find(*caller) : nullptr;
  if (active == nullptr) return {};
  const std::uint32_t phase = phase_of_call(event);
  return {active->run->held_to(),
          std::make_shared<ChangeCount>(workflow.id, limits_of(workflow, world_.catalog),
                                        active->run->change_count_in(phase)),
          active->run->circle_count(), active->run->writes_of_called(step_of_call(event))};
}

Task<Result<FromCallers>> Callers::of(const StoredRun& run) {
  const auto callers = co_await above(run.event);
  if (!callers) co_return callers.error();
  const std::shared_ptr<ActiveRun>& active = callers->active;
  const std::vector<StoredRun>& stored = callers->stored;
  const StoredRun& first = stored.empty() ? run : stored.back();
  FromCallers from;
  if (active != nullptr) {
    from = {active->run->held_to(), active->run->change_count_in(phase_of_call(first.event)),
            active->run->circle_count(), active->run->writes_of_called(step_of_call(first.event))};
  } else {
    auto plan = co_await plan_of(first);
    if (!plan) co_return plan.error();
    from.only = std::move(*plan);
    from.circle_count = circle_count_of(first);
    const auto recalled = co_await recall_files_of(first);
    if (!recalled) co_return recalled.error();
  }
  for (auto each = stored.rbegin(); each != stored.rend(); ++each) {
    auto count = co_await count_of(*each, std::move(from.change_count));
    if (!count) co_return count.error();
    const StoredRun& next = each + 1 == stored.rend() ? run : *(each + 1);
    const bool at_bad_end = *count != nullptr && phase_of_call(next.event) > 0 && bad_ends_of(*each).reached;
    from.change_count = at_bad_end ? (*count)->at_bad_end() : std::move(*count);
    from.writes_for = from.writes_for.of_called(each->head, step_of_call(next.event));
  }
  auto count = co_await count_of(run, std::move(from.change_count));
  if (!count) co_return count.error();
  from.change_count = std::move(*count);
  co_return from;
}

Task<Result<Callers::Above>> Callers::above(EventRecord event) {
  Above above;
  std::optional<RunKey> caller = caller_of(event);
  while (caller) {
    above.active = world_.memory.find(*caller);
    if (above.active != nullptr) break;
    auto read = co_await world_.history.read_run(*caller);
    if (!read && read.error().code == ErrorCode::not_found) break;  // its time is over, and with it what it allowed
    if (!read) co_return read.error();
    caller = caller_of(read->event);
    above.stored.push_back(std::move(*read));
  }
  co_return above;
}

Task<Result<Callers::Plan>> Callers::plan_of(const StoredRun& first) {
  const auto text = plan_in(first);
  if (!text) co_return Plan();
  const RunKey key = first.head.key;
  if (auto before = known(key).plan.lock()) co_return before;
  auto plan = PlannedChanges::read(*text);
  const auto recalled = co_await recall_plan(first, *plan);
  if (!recalled) co_return recalled.error();
  if (auto before = known(key).plan.lock()) co_return before;  // meanwhile another run of the same plan was taken up
  entry_of(key).plan = plan;
  co_return plan;
}

/// What the run and those that it has called have made of the plan already.
Task<Status> Callers::recall_plan(const StoredRun& run, PlannedChanges& plan) {
  for (const RunEvent& event : run.events) {
    const auto* made = std::get_if<ChangeMade>(&event.what);
    if (made == nullptr) continue;
    if (const auto change = decode_change(made->change)) plan.recall(*change, made->key);
  }
  const auto called = co_await called_by(world_.history, run.head.key);
  if (!called) co_return called.error();
  for (const RunHead& head : *called) {
    const auto stored = co_await world_.history.read_run(head.key);
    if (!stored) co_return stored.error();
    const auto recalled = co_await recall_plan(*stored, plan);
    if (!recalled) co_return recalled.error();
  }
  co_return Done{};
}

/// What was counted in an earlier life of the service is forgotten.
std::shared_ptr<CircleCount> Callers::circle_count_of(const StoredRun& first) {
  const auto found = circle_counts_.find(first.event.key);
  if (auto known = found != circle_counts_.end() ? found->second.lock() : nullptr) return known;
  auto count = std::make_shared<CircleCount>(first.event.chain.size());
  note(first.event.key, count);
  return count;
}

/// With what was counted in it before. A run that shares no limit with another counts by itself.
Task<Result<Callers::Count>> Callers::count_of(const StoredRun& run, Count caller) {
  const RunKey key = run.head.key;
  if (auto count = known(key).changes.lock()) co_return count;
  const auto version = world_.library.version(run.head.workflow, run.head.version, run.text);
  const Limits limits = version ? limits_of(*(*version)->workflow, world_.catalog) : Limits();
  const bool shares = limits.max_changes && calls_others(*(*version)->workflow);
  if (caller == nullptr && !shares) co_return Count();
  ChangesBefore before;
  if (run.head.live) before = {run.head.changes, 0};
  if (shares) {
    const auto made = co_await changes_of(run.head);
    if (!made) co_return made.error();
    before.made = *made;
    if (auto count = known(key).changes.lock()) co_return count;  // meanwhile what it called was taken up
  }
  const BadEnds ends = bad_ends_of(run);
  if (run.head.live) before = {before.made - ends.earlier - ends.now, ends.now};
  auto count = std::make_shared<ChangeCount>(run.head.workflow, limits, std::move(caller), before);
  note(key, count);
  co_return count;
}

/// A dry run that has not ended begins again, and what it calls with it, unless that has.
Task<Result<std::int64_t>> Callers::changes_of(RunHead run) {
  std::int64_t changes = run.live || has_ended(run.outcome) ? run.changes : 0;
  const auto called = co_await called_by(world_.history, run.key);
  if (!called) co_return called.error();
  for (const RunHead& head : *called) {
    const auto more = co_await changes_of(head);
    if (!more) co_return more.error();
    changes += *more;
  }
  co_return changes;
}

/// What the run, those of the other locations, and all that they have called wrote before the service began, or so long
/// ago that it is forgotten: a run that had ended is tried again.
Task<Status> Callers::recall_files_of(const StoredRun& first) {
  const WritesFor by_nobody;
  const std::string occurrence = by_nobody.occurrence_of(first.head);
  const bool forgotten = world_.written_files.has_forgotten(occurrence);
  if (auto load = world_.roster.load_of(first.head.key)) world_.written_files.keep_while(occurrence, load);
  const bool recalled_before = made_at(first.head.key) >= began_ || known(first.head.key).has_recalled_files;
  if ((recalled_before && !forgotten) || !first.head.live) co_return Done{};
  auto recalled = co_await recall_files(first, by_nobody);
  RunFilter others;
  others.event = first.head.event;
  others.workflow = first.head.workflow;
  others.limit = std::numeric_limits<int>::max();
  Result<std::vector<RunHead>> heads = std::vector<RunHead>();
  if (!first.head.location.empty()) heads = co_await world_.history.list_runs(std::move(others));
  if (!heads) co_return heads.error();
  for (const RunHead& head : *heads) {
    if (!recalled) co_return recalled;
    if (head.key == first.head.key || !head.started) continue;
    const auto stored = co_await world_.history.read_run(head.key);
    if (!stored) co_return stored.error();
    recalled = co_await recall_files(*stored, by_nobody);
  }
  if (!recalled) co_return recalled;
  entry_of(first.head.key).has_recalled_files = true;
  for (const RunHead& head : *heads) entry_of(head.key).has_recalled_files = true;
  co_return recalled;
}

Task<Status> Callers::recall_files(const StoredRun& run, WritesFor writes_for) {
  if (run.events.empty()) co_return Done{};
  const auto version = world_.library.version(run.head.workflow, run.head.version, run.text);
  if (!version) co_return Done{};  // it is not carried on either
  recall_files_in(run, *(*version)->workflow, writes_for, world_.written_files);
  if (!calls_others(*(*version)->workflow)) co_return Done{};
  const auto called = co_await called_by(world_.history, run.head.key);
  if (!called) co_return called.error();
  for (const RunHead& head : *called) {
    const auto stored = co_await world_.history.read_run(head.key);
    if (!stored) co_return stored.error();
    const std::string step = step_of_call(stored->event);
    if (step.empty()) continue;
    const WritesFor of_called = writes_for.of_called(run.head, step);
    const auto recalled = co_await recall_files(*stored, of_called);
    if (!recalled) co_return recalled.error();
  }
  co_return Done{};
}

}  // namespace millrace
