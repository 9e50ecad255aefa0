#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "api/outcome_buckets.hpp"
#include "api/routes.hpp"
#include "api/run_filter.hpp"
#include "decider/story.hpp"
#include "http/answers.hpp"
#include "schedule/preview.hpp"
#include "trigger/schedule_trigger.hpp"
#include "value/json.hpp"
#include "value/list_of.hpp"
#include "value/or_null.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

using Names = std::map<std::string, std::string>;

/// What people call the workflows, by id.
Names names_of_workflows(const Service& service) {
  Names names;
  for (const WorkflowStatus& workflow : service.workflows()) names.emplace(workflow.id, workflow.name);
  return names;
}

// Attention

/// So many runs are looked into; each is read whole.
constexpr int most_looked_into = 200;
constexpr int most_failures = 1000;
constexpr std::size_t most_runs_named = 20;
constexpr Duration attention_span = std::chrono::hours(7 * 24);

Map head_of_attention(const RunHead& run, const Names& names) {
  const auto name = names.find(run.workflow);
  Map members;
  members.set("run", render(run.key));
  members.set("workflow", run.workflow);
  members.set("name", name == names.end() ? Value() : text_or_null(name->second));
  members.set("location", text_or_null(run.location));
  return members;
}

/// Nothing where the run waits for a time and not for a person.
std::optional<Value> question_of(const StoredRun& run, const Names& names) {
  Story story;
  std::map<StepPath, Timestamp> asked;
  for (const RunEvent& event : run.events) {
    story.hear(event);
    const auto* waits = std::get_if<StepWaiting>(&event.what);
    if (waits != nullptr && waits->message) asked[waits->path] = event.at;
  }
  for (const auto& [path, step] : story.steps) {
    if (!step.waits() || !step.asks) continue;
    Map members = head_of_attention(run.head, names);
    members.set("question", step.asks->is_text() ? *step.asks : Value(encode_json(*step.asks)));
    members.set("asked", render(asked[path]));
    members.set("until", time_or_null(step.waits_until ? step.waits_until : run.head.wake_at));
    members.set("step", render(path));
    return Value(std::move(members));
  }
  return std::nullopt;
}

/// The step of a parked run of which it is not known whether it happened; null where the run is parked for another
/// reason.
Value doubt_of(const StoredRun& run, const Names& names) {
  Story story;
  for (const RunEvent& event : run.events) story.hear(event);
  Map members = head_of_attention(run.head, names);
  Value step;
  for (const auto& [path, told] : story.steps) {
    if (told.status == StepStatus::unsure) step = render(path);
  }
  members.set("step", std::move(step));
  members.set("since", time_or_null(run.head.ended));
  members.set("note", text_or_null(run.head.note));
  return Value(std::move(members));
}

Value encode_stops(const std::vector<RunHead>& runs, const Names& names) {
  Value::List list;
  for (const RunHead& run : runs) {
    Map members = head_of_attention(run, names);
    members.set("since", time_or_null(run.ended));
    members.set("note", text_or_null(run.note));
    list.emplace_back(std::move(members));
  }
  return Value(std::move(list));
}

/// The same workflow with the same error is one entry; those that failed last come first.
Value encode_failures(const std::vector<RunHead>& runs, const Names& names) {
  std::vector<std::vector<const RunHead*>> groups;
  std::map<std::pair<std::string, std::string>, std::size_t> places;
  for (const RunHead& run : runs) {
    const auto [place, is_new] = places.try_emplace({run.workflow, run.note}, groups.size());
    if (is_new) groups.emplace_back();
    groups[place->second].push_back(&run);
  }
  Value::List list;
  for (const auto& group : groups) {
    const RunHead& newest = *group.front();
    const auto name = names.find(newest.workflow);
    std::vector<std::string> keys;
    for (const RunHead* run : group) {
      if (keys.size() < most_runs_named) keys.push_back(render(run->key));
    }
    list.push_back(Value::object({{"workflow", newest.workflow},
                                  {"name", name == names.end() ? Value() : text_or_null(name->second)},
                                  {"error", text_or_null(newest.note)},
                                  {"count", group.size()},
                                  {"latest", time_or_null(newest.ended)},
                                  {"runs", list_of(keys)}}));
  }
  return Value(std::move(list));
}

Value encode_alarms(const std::vector<Alarm>& alarms) {
  Value::List list;
  for (const Alarm& alarm : alarms) {
    const auto space = std::min(alarm.about.find(' '), alarm.about.size());
    list.push_back(Value::object({{"kind", alarm.about.substr(0, space)},
                                  {"about", alarm.about},
                                  {"since", render(alarm.since)},
                                  {"message", alarm.message}}));
  }
  return Value(std::move(list));
}

RunFilter runs_of(RunOutcome outcome, int limit) {
  RunFilter filter;
  filter.outcome = outcome;
  filter.limit = limit;
  return filter;
}

/// Those of a list that say something, each read by itself.
using Told = std::function<std::optional<Value>(const StoredRun&)>;
Task<Result<Value>> told_of_each(History& history, std::vector<RunHead> heads, Told told) {
  Value::List list;
  for (const RunHead& head : heads) {
    const auto run = co_await history.read_run(head.key);
    if (!run && run.error().code == ErrorCode::not_found) continue;  // gone meanwhile
    if (!run) co_return run.error();
    if (run->head.outcome != head.outcome) continue;
    if (auto value = told(*run)) list.push_back(std::move(*value));
  }
  co_return Value(std::move(list));
}

Task<OutgoingResponse> show_attention(std::shared_ptr<Api> api, Asked asked) {
  const ApiWorld& world = api->world;
  History& history = world.store.history();
  const Timestamp now = world.clock.now();
  const auto said = time_in(asked, "since", now);
  if (!said) co_return refusal(said.error());
  const auto since = said->has_value() ? Result<Timestamp>(**said) : add(now, -attention_span);
  if (!since) co_return refusal(since.error());
  const Names names = names_of_workflows(world.service);
  const auto waiting = co_await history.list_runs(runs_of(RunOutcome::waiting, most_looked_into));
  if (!waiting) co_return refusal(waiting.error());
  const Told asks = [&names](const StoredRun& run) { return question_of(run, names); };
  const auto approvals = co_await told_of_each(history, *waiting, asks);
  if (!approvals) co_return refusal(approvals.error());
  const auto parked = co_await history.list_runs(runs_of(RunOutcome::parked, most_looked_into));
  if (!parked) co_return refusal(parked.error());
  const Told doubts = [&names](const StoredRun& run) { return std::optional(doubt_of(run, names)); };
  const auto unsure = co_await told_of_each(history, *parked, doubts);
  if (!unsure) co_return refusal(unsure.error());
  RunFilter stops = runs_of(RunOutcome::stopped_by_safety, most_looked_into);
  stops.from = *since;
  const auto stopped = co_await history.list_runs(std::move(stops));
  if (!stopped) co_return refusal(stopped.error());
  RunFilter failures = runs_of(RunOutcome::failed, most_failures);
  failures.from = *since;
  failures.live = true;
  const auto failed = co_await history.list_runs(std::move(failures));
  if (!failed) co_return refusal(failed.error());
  const bool more = waiting->size() == most_looked_into || parked->size() == most_looked_into ||
                    stopped->size() == most_looked_into || failed->size() == most_failures;
  co_return json_answer(200, Value::object({{"approvals", *approvals},
                                            {"unsure", *unsure},
                                            {"stopped", encode_stops(*stopped, names)},
                                            {"alarms", encode_alarms(world.service.status().alarms)},
                                            {"failures", encode_failures(*failed, names)},
                                            {"since", render(*since)},
                                            {"more", more}}));
}

// What comes next

constexpr int longest_outlook = 24 * 366;         // hours
constexpr std::size_t most_slots_a_trigger = 25;  // or every minute would leave no room for the others
constexpr std::size_t most_slots = 500;

struct Upcoming {
  Timestamp at;
  const WorkflowStatus* workflow;
  std::string zone, words;
};

void add_slots(std::vector<Upcoming>& slots, const WorkflowStatus& status, const Workflow& workflow,
               const std::string& zone, Timestamp from, Timestamp until) {
  for (const TriggerSpec& spec : workflow.triggers) {
    if (spec.kind != "schedule" && spec.kind != "cron") continue;
    const auto schedule = schedule_of(spec, zone);
    if (!schedule) continue;  // its finding says so
    const Duration delay = schedule->delay_of(workflow.id);
    const std::string words = in_words(schedule->calendar.schedule());
    const auto first = add(from, -delay);
    for (const Timestamp slot : schedule->calendar.between(first ? *first : from, until, most_slots_a_trigger)) {
      const auto at = add(slot, delay);
      if (at && *at <= until) slots.push_back({*at, &status, schedule->calendar.zone(), words});
    }
  }
}

Value encode_slots(const std::vector<Upcoming>& slots) {
  Value::List list;
  for (const Upcoming& slot : slots) {
    list.push_back(Value::object({{"workflow", slot.workflow->id},
                                  {"name", text_or_null(slot.workflow->name)},
                                  {"mode", text_or_null(slot.workflow->mode)},
                                  {"at", render(slot.at)},
                                  {"local", render_in(slot.zone, slot.at)},
                                  {"zone", slot.zone},
                                  {"words", slot.words}}));
  }
  return Value(std::move(list));
}

Task<OutgoingResponse> show_upcoming(std::shared_ptr<Api> api, Asked asked) {
  const ApiWorld& world = api->world;
  const auto hours = number_in(asked, "hours", 24, 1, longest_outlook);
  if (!hours) co_return refusal(hours.error());
  const Timestamp now = world.clock.now();
  const auto until = add(now, std::chrono::hours(*hours));
  if (!until) co_return refusal(until.error());
  const std::vector<WorkflowStatus> workflows = world.service.workflows();
  std::vector<Upcoming> slots;
  for (const WorkflowStatus& status : workflows) {
    const auto live = world.service.live(status.id);
    if (live == nullptr || live->mode == "paused" || status.paused) continue;
    add_slots(slots, status, *live, world.project.timezone, now, *until);
  }
  std::stable_sort(slots.begin(), slots.end(),
                   [](const Upcoming& one, const Upcoming& other) { return one.at < other.at; });
  slots.resize(std::min(slots.size(), most_slots));
  co_return json_answer(200, Value::object({{"from", render(now)},
                                            {"until", render(*until)},
                                            {"zone", world.project.timezone},
                                            {"upcoming", encode_slots(slots)}}));
}

// Counts

Task<OutgoingResponse> count_runs(std::shared_ptr<Api> api, Asked asked) {
  const ApiWorld& world = api->world;
  const Timestamp now = world.clock.now();
  auto filter = filter_of(asked, now);
  if (!filter) co_return refusal(filter.error());
  if (const std::string by = asked.query_of("by"); !by.empty() && by != "outcome")
    co_return refusal(400, "invalid", "runs are counted by outcome only");
  const auto buckets = bucket_times(asked.query_of("bucket"), filter->from, filter->to, world.project.timezone, now);
  if (!buckets) co_return refusal(buckets.error());
  filter->from = buckets->front();
  const auto counts = co_await world.store.history().count_outcomes(std::move(*filter));
  if (!counts) co_return refusal(counts.error());
  co_return json_answer(
      200, Value::object({{"zone", world.project.timezone}, {"buckets", encode_buckets(*buckets, *counts)}}));
}

constexpr Route overview_table[] = {
    {"GET",
     "/api/v1/attention",
     Access::token,
     show_attention,
     {.does =
          "What needs somebody: questions, runs that are parked or were stopped, alarms, and live runs that failed, "
          "those of the same workflow with the same error together.",
      .query = "`since`, a time or how long ago: for stops and failures, 7 days unless said",
      .answers =
          "`approvals` (each `run`, `workflow`, `name`, `location`, `question`, `asked`, `until`, `step`), `unsure` "
          "(each `run`, `workflow`, `name`, `location`, `step`, `since`, `note`), `stopped` (each `run`, "
          "`workflow`, `name`, `location`, `since`, `note`), `alarms` (each `kind`, `about`, `since`, `message`), "
          "`failures` (each `workflow`, `name`, `error`, `count`, `latest`, `runs`, 20 at most), `since`, `more`: "
          "there is more of one kind than was looked at",
      .refuses = "400 a time that cannot be read"}},
    {"GET",
     "/api/v1/upcoming",
     Access::token,
     show_upcoming,
     {.does = "When schedules fire next, those of workflows that are switched off left out.",
      .query = "`hours`, 24 unless said",
      .answers =
          "`from`, `until`, `zone`, `upcoming` (each `workflow`, `name`, `mode`, `at`, `local`, `zone`, `words`)",
      .refuses = "400 hours that are no number"}},
    {"GET",
     "/api/v1/runs/counts",
     Access::token,
     count_runs,
     {.does = "How many runs ended how, by the hour or the day in which they were made.",
      .query = filter_words,
      .answers = "`zone`, `buckets` (each `at`, `counts`)",
      .refuses = "400 a value that cannot be read, or more than 1000 buckets"}},
};

}  // namespace

std::span<const Route> overview_routes() { return overview_table; }

}  // namespace millrace
