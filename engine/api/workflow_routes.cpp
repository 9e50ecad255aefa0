#include <utility>

#include "api/account_json.hpp"
#include "api/catalog_json.hpp"
#include "api/routes.hpp"
#include "courier/courier.hpp"
#include "crypto/digest.hpp"
#include "http/answers.hpp"
#include "prose/explain.hpp"
#include "service/new_since.hpp"
#include "service/why.hpp"
#include "value/list_of.hpp"
#include "value/or_null.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

Value encode(const WorkflowStatus& workflow) {
  return Value::object({{"id", workflow.id},
                        {"name", workflow.name},
                        {"mode", text_or_null(workflow.mode)},
                        {"file", workflow.file},
                        {"paused", workflow.paused},
                        {"paused_by", text_or_null(workflow.paused_by)},
                        {"paused_since", time_or_null(workflow.paused_since)},
                        {"problem", text_or_null(workflow.problem)},
                        {"triggers", list_of(workflow.triggers)},
                        {"widened", list_of(workflow.widened)},
                        {"next", time_or_null(workflow.next)},
                        {"last_run", time_or_null(workflow.last_run)},
                        {"silent_too_long", workflow.silent_too_long},
                        {"active", workflow.active},
                        {"queued", workflow.queued}});
}

Task<OutgoingResponse> list_workflows(std::shared_ptr<Api> api, Asked) {
  Value::List list;
  for (const WorkflowStatus& workflow : api->world.service.workflows()) list.push_back(encode(workflow));
  co_return json_answer(200, Value::object({{"workflows", Value(std::move(list))}}));
}

Task<OutgoingResponse> start_run(std::shared_ptr<Api> api, Asked asked) {
  const Value* given = asked.body.find("event");
  const Value event = given != nullptr ? *given : Value(Map());
  const auto started = co_await api->world.service.start_run(asked.places[0], event, asked.who);
  if (!started) co_return refusal(started.error());
  std::vector<std::string> runs;
  for (const RunKey run : started->runs) runs.push_back(render(run));
  co_return json_answer(202, Value::object({{"event", render(started->event)}, {"runs", list_of(runs)}}));
}

Task<OutgoingResponse> pause(std::shared_ptr<Api> api, Asked asked) {
  const std::string workflow = asked.places.empty() ? "" : asked.places[0];
  const auto paused = co_await api->world.service.pause(workflow, asked.who);
  co_return done_or_refusal(paused);
}

Task<OutgoingResponse> resume(std::shared_ptr<Api> api, Asked asked) {
  const std::string workflow = asked.places.empty() ? "" : asked.places[0];
  const auto resumed = co_await api->world.service.resume(workflow, asked.who);
  co_return done_or_refusal(resumed);
}

Task<OutgoingResponse> allow_plugin(std::shared_ptr<Api> api, Asked asked) {
  const auto allowed = co_await api->world.service.allow_plugin(asked.places[0], asked.who);
  co_return done_or_refusal(allowed);
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

Task<OutgoingResponse> show_catalog(std::shared_ptr<Api> api, Asked) {
  co_return json_answer(200, encode_catalog(api->world.catalog));
}

Value seconds_or_null(const std::optional<Duration>& time) {
  return time ? Value(std::chrono::ceil<std::chrono::seconds>(*time).count()) : Value();
}

/// How much of its budget a connection has left at each location. Seconds count from now.
Value encode_budgets(const std::vector<BudgetFacts>& budgets) {
  Value::List list;
  for (const BudgetFacts& budget : budgets) {
    Map waiting;
    for (std::size_t lane = 0; lane < budget_lanes; ++lane)
      waiting.set(std::string(name_of(static_cast<BudgetLane>(lane))), budget.waiting[lane]);
    list.push_back(Value::object({{"location", text_or_null(budget.location)},
                                  {"left", number_or_null(budget.left)},
                                  {"most", number_or_null(budget.most)},
                                  {"interval_seconds", seconds_or_null(budget.interval)},
                                  {"renewed_in_seconds", seconds_or_null(budget.renewed_in)},
                                  {"day_left", number_or_null(budget.day_left)},
                                  {"day_most", number_or_null(budget.day_most)},
                                  {"day_renewed_in_seconds", seconds_or_null(budget.day_renewed_in)},
                                  {"closed_for_seconds", seconds_or_null(budget.closed_for)},
                                  {"waiting", Value(std::move(waiting))}}));
  }
  return Value(std::move(list));
}

Task<OutgoingResponse> list_connections(std::shared_ptr<Api> api, Asked) {
  Value::List list;
  const auto health = api->world.courier.health();
  for (const ConnectionSettings& connection : api->world.project.connections) {
    Map members;
    members.set("name", connection.name);
    members.set("plugin", connection.plugin);
    members.set("base_url", connection.base_url);
    members.set("locations", connection.all_locations ? Value("all") : list_of(connection.locations));
    for (const ConnectionHealth& state : health) {
      if (state.name != connection.name) continue;
      members.set("state", std::string(name_of(state.state.kind)));
      members.set("problem", text_or_null(state.state.problem));
      members.set("down", state.down);
      members.set("reason", text_or_null(state.reason));
      members.set("waiting", state.waiting);
      members.set("token_problem", text_or_null(state.token_problem));
      members.set("budget_remaining", state.budget_remaining ? Value(*state.budget_remaining) : Value());
      members.set("budgets", encode_budgets(state.budgets));
    }
    list.emplace_back(std::move(members));
  }
  co_return json_answer(200, Value::object({{"connections", Value(std::move(list))}}));
}

Value encode(const Result<StoreFacts>& facts) {
  if (!facts) return Value::object({{"error", facts.error().message}});
  return Value::object({{"bytes", facts->bytes},
                        {"events", facts->events},
                        {"runs", facts->runs},
                        {"unfinished", facts->unfinished},
                        {"schema", std::int64_t{facts->schema}},
                        {"restored", facts->restored}});
}

/// Those of one kind, by source.
Value encode_tallies(const std::map<std::string, Tally>& tallies, std::string_view prefix) {
  Value::List list;
  for (const auto& [key, tally] : tallies) {
    if (!key.starts_with(prefix)) continue;
    list.push_back(Value::object({{"source", key.substr(prefix.size())},
                                  {"count", tally.count},
                                  {"reason", tally.reason},
                                  {"at", render(tally.at)}}));
  }
  return Value(std::move(list));
}

Task<OutgoingResponse> show_status(std::shared_ptr<Api> api, Asked) {
  const auto facts = co_await api->world.store.facts();
  const ServiceStatus status = api->world.service.status();
  Value::List alarms;
  for (const Alarm& alarm : status.alarms) {
    alarms.push_back(
        Value::object({{"about", alarm.about}, {"message", alarm.message}, {"since", render(alarm.since)}}));
  }
  co_return json_answer(200, Value::object({{"ready", status.ready},
                                            {"draining", status.draining},
                                            {"not_ready_because", text_or_null(status.not_ready_because)},
                                            {"workflows", status.workflows},
                                            {"active_runs", status.active_runs},
                                            {"queued_runs", status.queued_runs},
                                            {"next", time_or_null(status.next)},
                                            {"next_workflow", text_or_null(status.next_workflow)},
                                            {"alarms", Value(std::move(alarms))},
                                            {"refused_deliveries", encode_tallies(status.tallies, refused_prefix)},
                                            {"other_bodies", encode_tallies(status.tallies, other_body_prefix)},
                                            {"store", encode(facts)}}));
}

Task<OutgoingResponse> reload(std::shared_ptr<Api> api, Asked asked) {
  const auto changes = co_await api->world.service.reload(asked.who);
  co_return json_answer(200, Value::object({{"changes", list_of(changes)}}));
}

Task<OutgoingResponse> backup(std::shared_ptr<Api> api, Asked asked) {
  const std::string file = asked.body.text_or("file");
  if (file.empty()) co_return refusal(400, "invalid", "say where to: {\"file\": \"/backups/millrace.db\"}");
  const std::filesystem::path path = api->world.project.root / file;
  Entry entry;
  entry.audit.push_back({now_utc(), asked.who, "backup", "store", path.string()});
  const auto noted = co_await api->world.store.journal().commit(std::move(entry));
  if (!noted) co_return refusal(noted.error());
  const auto written = co_await api->world.store.backup(path);
  co_return written ? json_answer(200, Value::object({{"file", path.string()}})) : refusal(written.error());
}

Task<OutgoingResponse> list_audit(std::shared_ptr<Api> api, Asked asked) {
  const std::string about = asked.query_of("about");
  constexpr int most = 200;
  const auto lines = co_await api->world.store.history().list_audit(about, most);
  if (!lines) co_return refusal(lines.error());
  Value::List list;
  for (const AuditLine& line : *lines) {
    list.push_back(Value::object({{"at", render(line.at)},
                                  {"who", line.who},
                                  {"what", line.what},
                                  {"about", line.about},
                                  {"detail", text_or_null(line.detail)}}));
  }
  co_return json_answer(200, Value::object({{"audit", Value(std::move(list))}}));
}

constexpr Route workflow_table[] = {
    {"GET",
     "/api/v1/workflows",
     Access::token,
     list_workflows,
     {.does = "Lists the workflows: what each does, when it runs next, and what is wrong with it.",
      .answers = "`workflows`"}},
    {"POST",
     "/api/v1/workflows/{workflow}/runs",
     Access::token,
     start_run,
     {.does = "Starts a run, once the event is on the disk.",
      .body = "`event`, empty unless said",
      .answers = "`event`, `runs`",
      .refuses = "404 no such workflow",
      .status = 202}},
    {"POST",
     "/api/v1/workflows/{workflow}/pause",
     Access::token,
     pause,
     {.does = "Switches a workflow off; runs under way go on.",
      .answers = "`done`",
      .refuses = "404 no such workflow"}},
    {"POST",
     "/api/v1/workflows/{workflow}/resume",
     Access::token,
     resume,
     {.does = "Switches it on again.", .answers = "`done`", .refuses = "404 no such workflow"}},
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
    {"POST", "/api/v1/pause", Access::token, pause, {.does = "Switches everything off.", .answers = "`done`"}},
    {"POST",
     "/api/v1/resume",
     Access::token,
     resume,
     {.does = "Switches everything on again; what was paused by itself stays so.", .answers = "`done`"}},
    {"POST",
     "/api/v1/plugins/{plugin}/allow",
     Access::token,
     allow_plugin,
     {.does = "Tries a plugin that is out of service at once.",
      .answers = "`done`",
      .refuses = "409 it is not out of service"}},
    {"GET",
     "/api/v1/catalog",
     Access::token,
     show_catalog,
     {.does = "Lists every trigger and action, as `catalog --json` does.", .answers = "`entries`"}},
    {"GET",
     "/api/v1/connections",
     Access::token,
     list_connections,
     {.does = "Lists the connections: whether each can be used, and what is left of its budgets.",
      .answers = "`connections`"}},
    {"GET",
     "/api/v1/status",
     Access::token,
     show_status,
     {.does = "How the service is: what runs, what waits, what is wrong.",
      .answers = "`ready`, `draining`, `not_ready_because`, `workflows`, `active_runs`, `queued_runs`, `next`, "
                 "`next_workflow`, `alarms`, `refused_deliveries`, `other_bodies`, `store`"}},
    {"GET",
     "/api/v1/audit",
     Access::token,
     list_audit,
     {.does = "The newest 200 lines of the audit.", .query = "`about`, a run or workflow", .answers = "`audit`"}},
    {"POST",
     "/api/v1/reload",
     Access::token,
     reload,
     {.does = "Reads the project's files again.", .answers = "`changes`"}},
    {"POST",
     "/api/v1/backup",
     Access::token,
     backup,
     {.does = "Copies the store while it is in use.",
      .body = "`file`, which must not exist yet",
      .answers = "`file`",
      .refuses = "400 no file is named"}},
};

}  // namespace

std::span<const Route> workflow_routes() { return workflow_table; }

}  // namespace millrace
