#include <charconv>
#include <utility>

#include "api/changed_since.hpp"
#include "api/routes.hpp"
#include "api/run_json.hpp"
#include "http/answers.hpp"

namespace millrace {

namespace {

constexpr int most_listed = 1000;

Result<int> limit_in(const Asked& asked) {
  const std::string text = asked.query_of("limit");
  if (text.empty()) return 50;
  int limit = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || limit < 1 || limit > most_listed)
    return Error{ErrorCode::invalid, "limit is a number from 1 to " + std::to_string(most_listed)};
  return limit;
}

Result<RunKey> run_named(const std::string& text) {
  const auto key = parse_run_key(text);
  if (!key) return Error{ErrorCode::not_found, "\"" + text + "\" is no run: runs are called like r06f8w3k2q1m9s"};
  return *key;
}

Result<EventKey> event_named(const std::string& text) {
  const auto key = parse_event_key(text);
  if (!key) return Error{ErrorCode::not_found, "\"" + text + "\" is no event: events are called like e06f8w3k2q1m9s"};
  return *key;
}

Result<RunFilter> filter_of(const Asked& asked, Timestamp now) {
  RunFilter filter;
  filter.limit = TRY(limit_in(asked));
  filter.workflow = asked.query_of("workflow");
  if (const std::string outcome = asked.query_of("outcome"); !outcome.empty())
    filter.outcome = TRY(parse_run_outcome(outcome));
  if (const std::string event = asked.query_of("event"); !event.empty()) filter.event = TRY(event_named(event));
  if (const std::string since = asked.query_of("since"); !since.empty()) filter.since = TRY(since_named(since, now));
  if (const std::string before = asked.query_of("before"); !before.empty()) filter.before = TRY(run_named(before));
  return filter;
}

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

Task<OutgoingResponse> show_run(std::shared_ptr<Api> api, Asked asked) {
  const auto key = run_named(asked.places[0]);
  if (!key) co_return refusal(key.error());
  auto stored = co_await api->world.store.history().read_run(*key);
  if (!stored) co_return refusal(stored.error());
  const ApiWorld& world = api->world;
  const ReadRun run = read_began(std::move(*stored), world.catalog);
  Value since =
      changed_since(run, workflow_today(world.service, run.stored.head.workflow), world.catalog, world.project);
  co_return json_answer(200, encode_stored_run(run, api->links(), std::move(since)));
}

Task<OutgoingResponse> cancel_run(std::shared_ptr<Api> api, Asked asked) {
  const auto key = run_named(asked.places[0]);
  if (!key) co_return refusal(key.error());
  const auto told = co_await api->world.service.cancel(*key, asked.who);
  co_return done_or_refusal(told);
}

Task<OutgoingResponse> retry_run(std::shared_ptr<Api> api, Asked asked) {
  const auto key = run_named(asked.places[0]);
  if (!key) co_return refusal(key.error());
  const std::string from = asked.body.text_or("from");
  const auto told = co_await api->world.service.retry(*key, from, asked.who);
  co_return done_or_refusal(told);
}

/// It only shows what would be done: whoever agrees to it does so at the terminal.
Task<OutgoingResponse> plan_undo_of_run(std::shared_ptr<Api> api, Asked asked) {
  const auto key = run_named(asked.places[0]);
  if (!key) co_return refusal(key.error());
  if (!api->world.plan_undo) co_return refusal(Error{ErrorCode::unavailable, "nothing is undone here"});
  const auto plan = co_await api->world.plan_undo(*key);
  co_return plan ? json_answer(200, *plan) : refusal(plan.error());
}

Task<OutgoingResponse> resolve_run(std::shared_ptr<Api> api, Asked asked) {
  const auto key = run_named(asked.places[0]);
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
  const auto key = run_named(asked.places[0]);
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
  const std::string source = asked.query_of("source");
  const auto events = co_await api->world.store.history().list_events(source, *limit);
  if (!events) co_return refusal(events.error());
  Value::List list;
  for (const EventHead& event : *events) list.push_back(encode_event(event));
  co_return json_answer(200, Value::object({{"events", Value(std::move(list))}}));
}

Task<OutgoingResponse> show_event(std::shared_ptr<Api> api, Asked asked) {
  const auto key = event_named(asked.places[0]);
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
      .query = "`workflow`; `outcome`, such as `failed`; `since`, a time or how long ago (`2h`): those that have not "
               "ended before; `event`, which started them; `before`, a run: the next page; `limit`, 50 unless said, "
               "1000 at most",
      .answers = "`runs`",
      .refuses = "400 a value that cannot be read"}},
    {"GET",
     "/api/v1/runs/{run}",
     Access::token,
     show_run,
     {.does = "One run with its steps, its changes and its event, as `runs show --json` prints it.",
      .answers = "the run",
      .refuses = "404 no such run"}},
    {"POST",
     "/api/v1/runs/{run}/cancel",
     Access::token,
     cancel_run,
     {.does = "Calls a run off, one that waits or is parked, too.",
      .answers = "`done`",
      .refuses = "404 no such run; 409 it has ended"}},
    {"POST",
     "/api/v1/runs/{run}/retry",
     Access::token,
     retry_run,
     {.does = "Goes on with a run that has ended, or begins one that was left out.",
      .body = "`from`, the step to begin with: what failed unless said",
      .answers = "`done`",
      .refuses = "404 no such run or step; 409 it has not ended, or is completed and no step is named"}},
    {"POST",
     "/api/v1/runs/{run}/undo",
     Access::token,
     plan_undo_of_run,
     {.does = "Gives the plan of an undo; nothing is changed by it.",
      .answers = "`undoes`, `mode`, `changes`, `cannot_be_restored`, `left_alone`, `error`",
      .refuses = "404 no such run; 409 it cannot be undone, and why"}},
    {"POST",
     "/api/v1/runs/{run}/resolve",
     Access::token,
     resolve_run,
     {.does = "Says of a write that left and was not answered whether it happened.",
      .body = "`happened`, true or false; `output`, what the step gave; `step`, the path of the step that was read: "
              "another is not answered",
      .answers = "`done`",
      .refuses = "400 `happened` is missing; 404 no such run; 409 no step of it is unsure"}},
    {"POST",
     "/api/v1/runs/{run}/approve",
     Access::token,
     approve_run,
     {.does = "Answers what a run asks.",
      .body = "`yes`, true unless said; `comment`; `step`, the path of the step that was read: another is not answered",
      .answers = "`done`",
      .refuses = "404 no such run; 409 it does not ask, asks something else by now, or the time to answer is over"}},
    {"GET",
     "/api/v1/events",
     Access::token,
     list_events,
     {.does = "Lists events, the newest first.",
      .query = "`source`; `limit`, 50 unless said, 1000 at most",
      .answers = "`events`",
      .refuses = "400 a limit that is none"}},
    {"GET",
     "/api/v1/events/{event}",
     Access::token,
     show_event,
     {.does = "One event with its payload.", .answers = "the event", .refuses = "404 no such event"}},
};

}  // namespace

std::span<const Route> run_routes() { return run_table; }

}  // namespace millrace
