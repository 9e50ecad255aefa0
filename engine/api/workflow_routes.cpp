#include <set>
#include <utility>

#include "api/account_json.hpp"
#include "api/catalog_json.hpp"
#include "api/routes.hpp"
#include "courier/courier.hpp"
#include "crypto/digest.hpp"
#include "http/answers.hpp"
#include "prose/explain.hpp"
#include "service/new_since.hpp"
#include "service/records.hpp"
#include "service/why.hpp"
#include "value/list_of.hpp"
#include "value/or_null.hpp"
#include "value/time.hpp"
#include "workflow/reach.hpp"

namespace millrace {

namespace {

constexpr int strip_length = 20;

/// Those that the steps and triggers of its live version may use.
Value connections_of(const ApiWorld& world, const std::string& workflow) {
  const auto live = world.service.live(workflow);
  std::set<std::string> names;
  if (live != nullptr) {
    for (const Reached& each : reach_of(*live, world.catalog, &world.project)) names.insert(each.connection);
  }
  names.erase("");
  return list_of(std::vector<std::string>(names.begin(), names.end()));
}

/// `outcomes`: of its last runs, the newest first.
Value encode(const WorkflowStatus& workflow, Value connections, const LastOutcomes& outcomes) {
  Value::List strip;
  for (auto each = outcomes.rbegin(); each != outcomes.rend(); ++each)
    strip.push_back(Value::object({{"run", render(each->first)}, {"outcome", name_of(each->second)}}));
  return Value::object({{"id", workflow.id},
                        {"name", workflow.name},
                        {"mode", text_or_null(workflow.mode)},
                        {"file", workflow.file},
                        {"version", text_or_null(workflow.version)},
                        {"paused", workflow.paused},
                        {"paused_by", text_or_null(workflow.paused_by)},
                        {"paused_since", time_or_null(workflow.paused_since)},
                        {"problem", text_or_null(workflow.problem)},
                        {"triggers", list_of(workflow.triggers)},
                        {"connections", std::move(connections)},
                        {"widened", list_of(workflow.widened)},
                        {"next", time_or_null(workflow.next)},
                        {"last_run", time_or_null(workflow.last_run)},
                        {"last_outcome", outcomes.empty() ? Value() : Value(name_of(outcomes.front().second))},
                        {"strip", Value(std::move(strip))},
                        {"silent_too_long", workflow.silent_too_long},
                        {"active", workflow.active},
                        {"queued", workflow.queued}});
}

Task<OutgoingResponse> list_workflows(std::shared_ptr<Api> api, Asked) {
  std::vector<std::string> ids;
  for (const WorkflowStatus& workflow : api->world.service.workflows()) ids.push_back(workflow.id);
  const auto outcomes = co_await api->world.store.history().last_outcomes(std::move(ids), strip_length);
  if (!outcomes) co_return refusal(outcomes.error());
  Value::List list;
  for (const WorkflowStatus& workflow : api->world.service.workflows()) {
    const auto found = outcomes->find(workflow.id);
    list.push_back(encode(workflow, connections_of(api->world, workflow.id),
                          found == outcomes->end() ? LastOutcomes() : found->second));
  }
  co_return json_answer(200, Value::object({{"workflows", Value(std::move(list))}}));
}

/// All of them are of one workflow, in the mode in which they began.
Task<bool> nothing_is_written(std::shared_ptr<Api> api, std::vector<RunKey> runs) {
  if (runs.empty()) co_return false;
  const auto stored = co_await api->world.store.journal().read(runs.front());
  if (!stored) co_return false;
  co_return is_dry(stored->head);
}

Task<OutgoingResponse> start_run(std::shared_ptr<Api> api, Asked asked) {
  const Value* given = asked.body.find("event");
  const Value event = given != nullptr ? *given : Value(Map());
  const auto started = co_await api->world.service.start_run(asked.places[0], event, asked.who);
  if (!started) co_return refusal(started.error());
  std::vector<std::string> runs;
  for (const RunKey run : started->runs) runs.push_back(render(run));
  Map receipt;
  receipt.set("event", render(started->event));
  receipt.set("runs", list_of(runs));
  const bool dry_run = co_await nothing_is_written(api, started->runs);
  receipt.set("dry_run", dry_run);
  OutgoingResponse answer = json_answer(202, Value(std::move(receipt)));
  if (dry_run) answer.headers.add("Millrace-Dry-Run", "true");
  co_return answer;
}

Task<OutgoingResponse> pause(std::shared_ptr<Api> api, Asked asked) {
  const auto paused = co_await api->world.service.pause(asked.places[0], asked.who);
  co_return done_or_refusal(paused);
}

Task<OutgoingResponse> resume(std::shared_ptr<Api> api, Asked asked) {
  const auto resumed = co_await api->world.service.resume(asked.places[0], asked.who);
  co_return done_or_refusal(resumed);
}

Task<OutgoingResponse> explain_why(std::shared_ptr<Api> api, Asked asked) {
  const ApiWorld& world = api->world;
  WhyQuestion question;
  question.workflow = asked.places[0];
  if (const std::string event = asked.query_of("event"); !event.empty()) {
    question.event = parse_event_key(event);
    if (!question.event) co_return refusal(404, "not_found", "\"" + event + "\" is no event");
  }
  const std::string folder = world.project.root.string();
  const Timestamp now = world.clock.now();
  const auto reasons = co_await why(std::move(question), folder, world.project, world.catalog, world.store, now);
  if (!reasons) co_return refusal(reasons.error());
  co_return json_answer(200, Value::object({{"workflow", asked.places[0]}, {"reasons", list_of(*reasons)}}));
}

OutgoingResponse not_live(const std::string& workflow) {
  return refusal(404, "not_found", "there is no workflow \"" + workflow + "\", or none of its versions is live");
}

Task<OutgoingResponse> show_explanation(std::shared_ptr<Api> api, Asked asked) {
  const ApiWorld& world = api->world;
  auto workflow = world.service.live(asked.places[0]);
  if (workflow == nullptr) co_return not_live(asked.places[0]);
  const Account account = account_of(std::move(workflow), world.catalog, world.project);
  const Sentence whole = explain(account, world.catalog, world.project);
  co_return json_answer(200, Value::object({{"workflow", asked.places[0]}, {"explained", encode(whole)}}));
}

Task<OutgoingResponse> show_permissions(std::shared_ptr<Api> api, Asked asked) {
  const ApiWorld& world = api->world;
  const auto workflow = world.service.live(asked.places[0]);
  if (workflow == nullptr) co_return not_live(asked.places[0]);
  const std::string hash = fingerprint(workflow->source->text);
  const NewSince since = co_await new_since(world.store, workflow, hash, world.catalog, world.project);
  const Account account = account_of(workflow, world.catalog, world.project);
  co_return json_answer(200, encode_account(account, world.project, since));
}

constexpr Route workflow_table[] = {
    {"GET",
     "/api/v1/workflows",
     Access::token,
     list_workflows,
     {.does = "Lists the workflows: what each does, when it runs next, and what is wrong with it.",
      .answers = "`workflows` (each `id`, `name`, `mode`, `file`, `version`: of what is live, `paused`, `paused_by`, "
                 "`paused_since`, `problem`, `triggers`, `connections`, `widened`, `next`, `last_run`, `last_outcome`, "
                 "`strip` (each `run`, `outcome`: the last 20), `silent_too_long`, `active`, `queued`)"}},
    {"POST",
     "/api/v1/workflows/{workflow}/runs",
     Access::token,
     start_run,
     {.does = "Starts a run, once the event is on the disk.",
      .body = "`event`, empty unless said",
      .answers = "`event`, `runs`, `dry_run`",
      .refuses = "404 no such workflow",
      .status = 202},
     Right::edit},
    {"POST",
     "/api/v1/workflows/{workflow}/pause",
     Access::token,
     pause,
     {.does = "Switches a workflow off; runs under way go on.", .answers = "`done`", .refuses = "404 no such workflow"},
     Right::pause},
    {"POST",
     "/api/v1/workflows/{workflow}/resume",
     Access::token,
     resume,
     {.does = "Switches it on again.", .answers = "`done`", .refuses = "404 no such workflow"},
     Right::pause},
    {"GET",
     "/api/v1/workflows/{workflow}/why",
     Access::token,
     explain_why,
     {.does = "Why it did or did not run, in sentences.",
      .query = "`event`: about this event",
      .answers = "`workflow`, `reasons`",
      .refuses = "404 no such event"}},
    {"GET",
     "/api/v1/workflows/{workflow}/explanation",
     Access::token,
     show_explanation,
     {.does = "Its live version in plain words, as `explain --json` has it.",
      .answers = "`workflow`, `explained`",
      .refuses = "404 no such workflow, or none of its versions is live"}},
    {"GET",
     "/api/v1/workflows/{workflow}/permissions",
     Access::token,
     show_permissions,
     {.does = "What its live version may touch; `permissions --json` prints the same of the file.",
      .answers = "`workflow`, `summary`, `touches` (each `does`, `what`, `kind`, `connection`, `place`, `known`, "
                 "`says`, `action`, `by`, `scope`, `workflow`, `line`), `connections` (each `name`, `scopes`), "
                 "`locations`, `calls`, `secrets`, `narrowed_by`, `since`, `widened`",
      .refuses = "404 no such workflow, or none of its versions is live"}},
};

}  // namespace

std::span<const Route> workflow_routes() { return workflow_table; }

}  // namespace millrace
