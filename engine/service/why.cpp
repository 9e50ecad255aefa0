#include "service/why.hpp"

#include <set>
#include <utility>

#include "journal/called_runs.hpp"
#include "service/sources.hpp"
#include "service/why_facts.hpp"
#include "trigger/schedule_trigger.hpp"
#include "workflow/connections.hpp"
#include "workflow/hook_path.hpp"
#include "workflow/list.hpp"
#include "workflow/load.hpp"

namespace millrace {

namespace {

constexpr int last_runs = 3;
constexpr int entries_looked_through = 200;

/// What events of the trigger are called in the store.
std::string source_of(const Workflow& workflow, std::size_t number, const Catalog& catalog) {
  const TriggerSpec& spec = workflow.triggers[number];
  const std::string name = workflow.id + "/" + std::to_string(number);
  if (spec.kind == "schedule" || spec.kind == "cron") return "schedule:" + name;
  if (spec.kind == "watch" || spec.kind == "file") return spec.kind + ":" + name;
  if (spec.kind == "after") return "after:" + spec.name;
  if (is_emitter(spec, catalog)) return "trigger:" + name;
  if (spec.kind == "webhook" || spec.kind == "plugin") return "hook:" + hook_path(workflow, spec);
  return "";
}

void read_triggers(WhyFacts& facts, const Project& project, const Catalog& catalog) {
  const auto live = std::make_shared<LiveWorkflow>();
  live->workflow = facts.content;
  for (std::size_t i = 0; i < facts.content->triggers.size(); ++i) {
    const TriggerSpec& spec = facts.content->triggers[i];
    facts.sources.push_back(source_of(*facts.content, i, catalog));
    facts.triggers.push_back(describe(Listener{live, i}, catalog));
    facts.next.emplace_back();
    if (spec.kind != "schedule" && spec.kind != "cron") continue;
    const auto schedule = schedule_of(spec, project.timezone);
    if (schedule) facts.next.back() = due_slots(*schedule, facts.workflow, facts.audience.now, facts.audience.now).next;
  }
}

void read_file(WhyFacts& facts, const std::string& folder, const Project& project, const Catalog& catalog) {
  for (const WorkflowFile& file : list_workflow_files(folder)) {
    facts.known.push_back(file.path.stem().string());
    if (facts.known.back() != facts.workflow) continue;
    facts.exists = true;
    LoadedWorkflow loaded = load_and_check(file.path, file.shown_as, catalog, &project);
    for (const Finding& finding : loaded.findings) {
      if (finding.severity == Severity::error && facts.problem.empty()) facts.problem = render(finding);
    }
    if (facts.problem.empty() && loaded.workflow)
      facts.content = std::make_shared<const Workflow>(std::move(*loaded.workflow));
  }
  if (facts.content != nullptr) read_triggers(facts, project, catalog);
}

Task<Status> read_states(WhyFacts& facts, Journal& journal) {
  const std::vector<std::pair<std::string, Value*>> pauses = {{paused_key, &facts.everything_paused},
                                                              {paused_prefix + facts.workflow, &facts.paused},
                                                              {restored_key, &facts.restored}};
  for (const auto& [key, into] : pauses) {
    auto value = co_await journal.read_state(engine_owner, key);
    if (!value) co_return value.error();
    *into = std::move(*value);
  }
  const auto service = co_await journal.read_state(engine_owner, running_key);
  if (!service) co_return service.error();
  facts.service = service_record(*service);
  facts.service_alive = facts.service && !facts.service->stopped && process_is_alive(facts.service->pid);
  const auto alarm = co_await journal.read_state(engine_owner, alarm_prefix + "workflow " + facts.workflow);
  if (!alarm) co_return alarm.error();
  if (facts.service_alive && facts.problem.empty()) facts.alarm = alarm->text_or("message");
  const std::string skipped = skipped_prefix + facts.workflow;
  const auto slots = co_await journal.read_state(engine_owner, skipped);
  if (!slots) co_return slots.error();
  facts.skipped_slots = skipped_record(*slots);
  co_return Done{};
}

/// Whether its triggers can go on from where they were.
Task<void> read_checkpoints(WhyFacts& facts, Journal& journal) {
  for (std::size_t i = 0; i < facts.sources.size(); ++i) {
    const std::string owner = "trigger:" + facts.workflow + "/" + std::to_string(i);
    const std::string all;
    const auto kept = co_await journal.list_states(owner, all);
    if (!kept && facts.deaf.empty()) facts.deaf = kept.error().message;
  }
}

/// What its sources' deliveries met before they could start anything.
Task<Status> read_tallies(WhyFacts& facts, Journal& journal) {
  const std::vector<std::pair<std::string, std::map<std::string, Tally>*>> kinds = {
      {refused_prefix, &facts.refused}, {other_body_prefix, &facts.other_bodies}};
  for (const std::string& source : facts.sources) {
    if (!source.starts_with("hook:")) continue;
    for (const auto& [prefix, into] : kinds) {
      const std::string key = prefix + source;
      const auto stored = co_await journal.read_state(engine_owner, key);
      if (!stored) co_return stored.error();
      if (const auto tally = tally_in(*stored)) (*into)[source] = *tally;
    }
  }
  for (std::size_t i = 0; i < facts.sources.size(); ++i) {
    const std::string& source = facts.sources[i];
    for (const std::string& trigger :
         {kind_of_events(facts.content->triggers[i]), facts.workflow + "/" + std::to_string(i)}) {
      const std::string name = of_trigger(source, trigger);
      const std::string key = lacking_prefix + name;
      const auto stored = co_await journal.read_state(engine_owner, key);
      if (!stored) co_return stored.error();
      if (const auto tally = tally_in(*stored)) facts.lacking[name] = *tally;
    }
  }
  co_return Done{};
}

/// The connections that its steps use, and that are down.
Task<Status> read_connections(WhyFacts& facts, const Project& project, const Catalog& catalog, Journal& journal) {
  if (facts.content == nullptr || !facts.service_alive) co_return Done{};
  std::set<std::string> used;
  each_action(*facts.content, [&](const ActionStep& step) {
    const Action* action = catalog.find_action(step.action);
    if (action == nullptr) return;
    const auto connection = connection_of(*action, step.connection, project, catalog);
    if (connection && *connection != nullptr) used.insert((*connection)->name);
  });
  for (const std::string& name : used) {
    const std::string key = down_prefix + name;
    const auto down = co_await journal.read_state(engine_owner, key);
    if (!down) co_return down.error();
    if (!down->is_null()) facts.down[name] = down->text_or("reason");
    const auto alarm = co_await journal.read_state(engine_owner, alarm_prefix + connection_kind + " " + name);
    if (!alarm) co_return alarm.error();
    if (down->is_null() && !alarm->is_null()) facts.held_up[name] = alarm->text_or("message");
  }
  co_return Done{};
}

/// Of a queued run: the oldest one of its lane that has begun and not ended.
Task<Status> find_one_ahead(RunFacts& run, History& history) {
  for (const RunOutcome outcome : {RunOutcome::running, RunOutcome::waiting}) {
    RunFilter filter;
    filter.workflow = run.head.workflow;
    filter.outcome = outcome;
    filter.limit = entries_looked_through;
    const auto others = co_await history.list_runs(filter);
    if (!others) co_return others.error();
    for (const RunHead& other : *others) {
      if (other.started && other.lane == run.head.lane && other.key < run.head.key) run.behind = other.key;
    }
    if (run.behind) break;
  }
  co_return Done{};
}

/// Of a run that is under way, or that a command left in the store: what it called and what has not come to its end,
/// and so on below that.
Task<Status> find_called(RunFacts& run, const Catalog& catalog, History& history) {
  constexpr std::size_t most_told = 3;
  const bool left = run.head.outcome == RunOutcome::waiting && !run.head.wake_at && !run.waits_for_person;
  if ((run.head.outcome != RunOutcome::running && !left) || !run.head.started) co_return Done{};
  const auto called = co_await called_by(history, run.head.key);
  if (!called) co_return called.error();
  for (const RunHead& head : *called) {
    const bool over = has_ended(head.outcome) && head.outcome != RunOutcome::parked;
    if (over || run.called.size() == most_told) continue;
    const auto stored = co_await history.read_run(head.key);
    if (!stored) co_return stored.error();
    run.called.push_back(facts_of(*stored, catalog));
    const auto found = co_await find_called(run.called.back(), catalog, history);
    if (!found) co_return found;
  }
  co_return Done{};
}

Task<Status> read_runs(WhyFacts& facts, const std::optional<EventKey>& event, const Catalog& catalog,
                       History& history) {
  RunFilter filter;
  filter.workflow = facts.workflow;
  filter.event = event;
  filter.limit = event ? entries_looked_through : last_runs;
  const auto heads = co_await history.list_runs(filter);
  if (!heads) co_return heads.error();
  for (const RunHead& head : *heads) {
    const auto stored = co_await history.read_run(head.key);
    if (!stored) co_return stored.error();
    RunFacts run = facts_of(*stored, catalog);
    const bool queued = head.outcome == RunOutcome::running && !head.started && !head.lane.empty();
    if (queued) {
      const auto found = co_await find_one_ahead(run, history);
      if (!found) co_return found;
    }
    const auto found = co_await find_called(run, catalog, history);
    if (!found) co_return found;
    facts.runs.push_back(std::move(run));
  }
  co_return Done{};
}

/// The newest event of the triggers' sources, where it is newer than the last run and started none here.
Task<Status> read_last_event(WhyFacts& facts, History& history) {
  for (const std::string& source : facts.sources) {
    if (source.empty()) continue;
    const int newest = 1;
    const auto events = co_await history.list_events(source, newest);
    if (!events) co_return events.error();
    if (events->empty()) continue;
    const EventHead& last = events->front();
    if (facts.event && facts.event->at > last.at) continue;
    if (!facts.runs.empty() && facts.runs.front().head.event >= last.key) continue;
    RunFilter filter;
    filter.workflow = facts.workflow;
    filter.event = last.key;
    filter.limit = newest;
    const auto runs = co_await history.list_runs(filter);
    if (!runs) co_return runs.error();
    if (!runs->empty()) continue;
    auto event = co_await history.read_event(last.key);
    if (!event) co_return event.error();
    facts.event = std::move(*event);
  }
  co_return Done{};
}

}  // namespace

Task<Result<std::vector<std::string>>> why(WhyQuestion question, std::string folder, const Project& project,
                                           const Catalog& catalog, Store& store, Timestamp now) {
  WhyFacts facts;
  facts.workflow = question.workflow;
  facts.audience = {now, project.timezone};
  read_file(facts, folder, project, catalog);
  if (question.event) {
    auto event = co_await store.history().read_event(*question.event);
    if (!event) co_return event.error();
    facts.event = std::move(*event);
    facts.asked_for_event = true;
  }
  auto read = co_await read_states(facts, store.journal());
  if (!read) co_return read.error();
  co_await read_checkpoints(facts, store.journal());
  read = co_await read_runs(facts, question.event, catalog, store.history());
  if (!read) co_return read.error();
  read = co_await read_tallies(facts, store.journal());
  if (!read) co_return read.error();
  read = co_await read_connections(facts, project, catalog, store.journal());
  if (!read) co_return read.error();
  if (!question.event) {
    read = co_await read_last_event(facts, store.history());
    if (!read) co_return read.error();
  }
  co_return explain(facts);
}

}  // namespace millrace
