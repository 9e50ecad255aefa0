#include <utility>

#include "api/changed_since.hpp"
#include "api/routes.hpp"
#include "api/run_filter.hpp"
#include "api/run_json.hpp"
#include "api/run_parts.hpp"
#include "http/answers.hpp"

namespace millrace {

namespace {

Task<OutgoingResponse> list_runs(std::shared_ptr<Api> api, Asked asked) {
  auto filter = filter_of(asked, api->world.clock.now());
  if (!filter) co_return refusal(filter.error());
  const auto runs = co_await api->world.store.history().list_runs(std::move(*filter));
  co_return runs ? json_answer(200, encode_runs(*runs)) : refusal(runs.error());
}

/// The version with which runs begin now counts, whatever its file holds meanwhile.
WorkflowToday workflow_today(const Service& service, const std::string& id) {
  WorkflowToday today = {service.live(id)};
  if (today.workflow != nullptr) return today;
  for (const WorkflowStatus& each : service.workflows()) today.broken = today.broken || each.id == id;
  return today;
}

/// The run before it of the same workflow, or the one behind it.
Task<Result<Value>> neighbour(History& history, const RunHead& run, bool behind) {
  RunFilter filter;
  filter.workflow = run.workflow;
  filter.limit = 1;
  filter.oldest_first = behind;
  (behind ? filter.after : filter.before) = run.key;
  const auto found = co_await history.list_runs(std::move(filter));
  if (!found) co_return found.error();
  co_return found->empty() ? Value() : Value(render(found->front().key));
}

Task<OutgoingResponse> show_run(std::shared_ptr<Api> api, Asked asked) {
  const auto key = run_key_named(asked.places[0]);
  if (!key) co_return refusal(key.error());
  History& history = api->world.store.history();
  auto stored = co_await history.read_run(*key);
  if (!stored) co_return refusal(stored.error());
  const ApiWorld& world = api->world;
  const ReadRun run = read_began(std::move(*stored), world.catalog);
  const RunHead& head = run.stored.head;
  Value since = changed_since(run, workflow_today(world.service, head.workflow), world.catalog, world.project);
  const std::string payloads = asked.query_of("payloads");
  if (payloads.empty()) co_return json_answer(200, encode_stored_run(run, api->links(), std::move(since)));
  if (payloads != "no") co_return refusal(400, "invalid", "payloads is no, or is left out");
  Map members = encode_without_payloads(run, api->links(), std::move(since));
  const auto previous = co_await neighbour(history, head, false);
  if (!previous) co_return refusal(previous.error());
  const auto next = co_await neighbour(history, head, true);
  if (!next) co_return refusal(next.error());
  members.set("previous", *previous);
  members.set("next", *next);
  co_return json_answer(200, Value(std::move(members)));
}

/// The run that the address names, with the version that it began with.
Task<Result<ReadRun>> run_asked(std::shared_ptr<Api> api, std::string name) {
  const auto key = run_key_named(name);
  if (!key) co_return key.error();
  auto stored = co_await api->world.store.history().read_run(*key);
  if (!stored) co_return stored.error();
  co_return read_began(std::move(*stored), api->world.catalog);
}

OutgoingResponse no_path(const std::string& text) {
  return refusal(404, "not_found", "\"" + text + "\" is no step: they are called like 0.2, and 0.2.17.0 inside a loop");
}

Task<OutgoingResponse> show_step(std::shared_ptr<Api> api, Asked asked) {
  const auto path = parse_step_path(asked.places[1]);
  if (!path) co_return no_path(asked.places[1]);
  const auto run = co_await run_asked(api, asked.places[0]);
  if (!run) co_return refusal(run.error());
  const auto told = encode_step_of(*run, *path);
  co_return told ? json_answer(200, *told) : refusal(told.error());
}

Task<OutgoingResponse> list_items(std::shared_ptr<Api> api, Asked asked) {
  const auto path = parse_step_path(asked.places[1]);
  if (!path) co_return no_path(asked.places[1]);
  ItemFilter filter;
  const auto limit = limit_in(asked);
  if (!limit) co_return refusal(limit.error());
  filter.limit = *limit;
  filter.outcome = asked.query_of("outcome");
  if (!asked.query_of("after").empty()) {
    const auto after = number_in(asked, "after", 0, 0, INT32_MAX);
    if (!after) co_return refusal(after.error());
    filter.after = static_cast<std::uint32_t>(*after);
  }
  const auto run = co_await run_asked(api, asked.places[0]);
  if (!run) co_return refusal(run.error());
  const auto told = encode_items_of(*run, *path, filter);
  co_return told ? json_answer(200, *told) : refusal(told.error());
}

Task<OutgoingResponse> cancel_run(std::shared_ptr<Api> api, Asked asked) {
  const auto key = run_key_named(asked.places[0]);
  if (!key) co_return refusal(key.error());
  const auto told = co_await api->world.service.cancel(*key, asked.who);
  co_return done_or_refusal(told);
}

Task<OutgoingResponse> retry_run(std::shared_ptr<Api> api, Asked asked) {
  const auto key = run_key_named(asked.places[0]);
  if (!key) co_return refusal(key.error());
  const std::string from = asked.body.text_or("from");
  const auto told = co_await api->world.service.retry(*key, from, asked.who);
  co_return done_or_refusal(told);
}

Task<OutgoingResponse> plan_undo_of_run(std::shared_ptr<Api> api, Asked asked) {
  const auto key = run_key_named(asked.places[0]);
  if (!key) co_return refusal(key.error());
  if (!api->world.plan_undo) co_return refusal(Error{ErrorCode::unavailable, "nothing is undone here"});
  const auto plan = co_await api->world.plan_undo(*key);
  co_return plan ? json_answer(200, *plan) : refusal(plan.error());
}

Task<OutgoingResponse> undo_run(std::shared_ptr<Api> api, Asked asked) {
  const auto key = run_key_named(asked.places[0]);
  if (!key) co_return refusal(key.error());
  const std::string plan = asked.body.text_or("plan");
  if (plan.empty()) co_return refusal(400, "invalid", "say which plan was seen: {\"plan\": \"...\"}");
  if (api->world.plans == nullptr) co_return refusal(Error{ErrorCode::unavailable, "nothing is undone here"});
  const auto run = co_await api->world.plans->undo(*key, plan, asked.who);
  co_return run ? json_answer(202, Value::object({{"run", *run}})) : refusal(run.error());
}

Task<OutgoingResponse> resolve_run(std::shared_ptr<Api> api, Asked asked) {
  const auto key = run_key_named(asked.places[0]);
  if (!key) co_return refusal(key.error());
  const Value* happened = asked.body.find("happened");
  if (happened == nullptr || !happened->is(Kind::boolean))
    co_return refusal(400, "invalid", "say whether it happened: {\"happened\": true} or false");
  Resolution resolution;
  resolution.step = asked.body.text_or("step");
  resolution.happened = happened->boolean();
  if (const Value* output = asked.body.find("output")) resolution.output = *output;
  const auto told = co_await api->world.service.resolve(*key, std::move(resolution), asked.who);
  co_return done_or_refusal(told);
}

Task<OutgoingResponse> approve_run(std::shared_ptr<Api> api, Asked asked) {
  const auto key = run_key_named(asked.places[0]);
  if (!key) co_return refusal(key.error());
  const Value* yes = asked.body.find("yes");
  if (yes != nullptr && !yes->is(Kind::boolean)) co_return refusal(400, "invalid", "\"yes\" is true or false");
  Approval said;
  said.yes = yes == nullptr || yes->is_true();
  said.comment = asked.body.text_or("comment");
  said.step = asked.body.text_or("step");
  const auto told = co_await api->world.service.approve(*key, std::move(said), asked.who);
  co_return done_or_refusal(told);
}

Task<OutgoingResponse> list_events(std::shared_ptr<Api> api, Asked asked) {
  const auto limit = limit_in(asked);
  if (!limit) co_return refusal(limit.error());
  std::optional<EventKey> before;
  if (const std::string name = asked.query_of("before"); !name.empty()) {
    const auto key = event_key_named(name);
    if (!key) co_return refusal(key.error());
    before = *key;
  }
  const std::string source = asked.query_of("source");
  const auto events = co_await api->world.store.history().list_events(source, *limit, before);
  if (!events) co_return refusal(events.error());
  Value::List list;
  for (const EventHead& event : *events) list.push_back(encode_event(event));
  co_return json_answer(200, Value::object({{"events", Value(std::move(list))}}));
}

Task<OutgoingResponse> show_event(std::shared_ptr<Api> api, Asked asked) {
  const auto key = event_key_named(asked.places[0]);
  if (!key) co_return refusal(key.error());
  const auto event = co_await api->world.store.history().read_event(*key);
  co_return event ? json_answer(200, encode_event(*event)) : refusal(event.error());
}

constexpr Route run_table[] = {
    {"GET",
     "/api/v1/runs",
     Access::token,
     list_runs,
     {.does = "Lists runs, the newest first, as `runs list --json` does.",
      .query =
          "the same as of `GET /api/v1/runs/counts`; `before`, a run: the next page; `limit`, 50 unless said, 1000 "
          "at most",
      .answers = "`runs`",
      .refuses = "400 a value that cannot be read"}},
    {"GET",
     "/api/v1/runs/{run}",
     Access::token,
     show_run,
     {.does = "One run with its steps, its changes and its event, as `runs show --json` prints it.",
      .query = "`payloads`: with `no` heads only, which say how many bytes there are (`input_bytes`, `output_bytes`, "
               "`payload_bytes`) and how a loop's items stand (`items`), what each step is (`kind`), 1000 changes at "
               "most, and the runs of the "
               "workflow beside it (`previous`, `next`)",
      .answers = "the run",
      .refuses = "404 no such run"}},
    {"GET",
     "/api/v1/runs/{run}/steps/{step}",
     Access::token,
     show_step,
     {.does =
          "One step, by its path (`0.2`, and `0.2.17.0` inside a loop), with what went in and came out. Of a value of "
          "more than 64 KiB it gives the beginning: `shortened`, `bytes`, `preview`.",
      .answers =
          "`path`, `id`, `action`, `label`, `status`, `attempts`, `started`, `ended`, `waits_for`, `waits_until`, "
          "`error`, `condition`, `kind`, `input`, `output`, `before`, "
          "`history` (each `started`, `ended`, "
          "`error`, `again_at`)",
      .refuses = "404 no such run, or it has not come to that step"}},
    {"GET",
     "/api/v1/runs/{run}/steps/{step}/items",
     Access::token,
     list_items,
     {.does = "The items of a loop, in their order.",
      .query =
          "`after`, an index; `outcome`: `succeeded`, `failed`, `skipped`, `unsure` or `running`; `limit`, 50 unless "
          "said, 1000 at most",
      .answers = "`items` (each `index`, `item`, `outcome`, `started`, `ended`, `error`), `counts`, `next`: what "
                 "`after` is for the "
                 "next page",
      .refuses = "404 no such run, or no loop that has begun"}},
    {"POST",
     "/api/v1/runs/{run}/cancel",
     Access::token,
     cancel_run,
     {.does = "Calls a run off, one that waits or is parked, too.",
      .answers = "`done`",
      .refuses = "404 no such run; 409 it has ended"},
     Right::answer},
    {"POST",
     "/api/v1/runs/{run}/retry",
     Access::token,
     retry_run,
     {.does = "Goes on with a run that has ended, or begins one that was left out.",
      .body = "`from`, the step to begin with: what failed unless said",
      .answers = "`done`",
      .refuses = "404 no such run or step; 409 it has not ended, or is completed and no step is named"},
     Right::edit},
    {"POST",
     "/api/v1/runs/{run}/undo",
     Access::token,
     plan_undo_of_run,
     {.does = "Gives the plan of an undo; nothing is changed by it.",
      .answers =
          "`undoes`, `plan`: what it does is done with, `mode`, `changes`, `cannot_be_restored`, `left_alone`, `error`",
      .refuses = "404 no such run; 409 it cannot be undone, and why"},
     Right::edit},
    {"POST",
     "/api/v1/runs/{run}/undo/apply",
     Access::token,
     undo_run,
     {.does =
          "Takes back what a run has changed, where nothing of what the plan said has changed since. It answers when "
          "the run that does it begins.",
      .body = "`plan`, of the plan of the undo",
      .answers = "`run`",
      .refuses = "400 no plan; 404 no such run; 409 the world has changed since it was planned, or it cannot be undone",
      .status = 202},
     Right::apply},
    {"POST",
     "/api/v1/runs/{run}/resolve",
     Access::token,
     resolve_run,
     {.does = "Says of a write that left and was not answered whether it happened.",
      .body = "`happened`, true or false; `output`, what the step gave; `step`, the path of the step that was read: "
              "another is not answered",
      .answers = "`done`",
      .refuses = "400 `happened` is missing; 404 no such run; 409 no step of it is unsure"},
     Right::answer},
    {"POST",
     "/api/v1/runs/{run}/approve",
     Access::token,
     approve_run,
     {.does = "Answers what a run asks.",
      .body = "`yes`, true unless said; `comment`; `step`, the path of the step that was read: another is not answered",
      .answers = "`done`",
      .refuses = "404 no such run; 409 it does not ask, asks something else by now, or the time to answer is over"},
     Right::answer},
    {"GET",
     "/api/v1/events",
     Access::token,
     list_events,
     {.does = "Lists events, the newest first.",
      .query = "`source`; `before`, an event: the next page; `limit`, 50 unless said, 1000 at most",
      .answers = "`events` (each `id`, `source`, `source_id`, `at`, `runs`)",
      .refuses = "400 a limit that is none; 404 `before` is no event"}},
    {"GET",
     "/api/v1/events/{event}",
     Access::token,
     show_event,
     {.does = "One event with its payload.", .answers = "the event", .refuses = "404 no such event"}},
};

}  // namespace

std::span<const Route> run_routes() { return run_table; }

}  // namespace millrace
