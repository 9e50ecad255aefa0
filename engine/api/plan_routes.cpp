#include <functional>
#include <utility>

#include "api/editor_view.hpp"
#include "api/page_text.hpp"
#include "api/plan_json.hpp"
#include "api/routes.hpp"
#include "api/run_filter.hpp"
#include "api/workflow_file.hpp"
#include "http/answers.hpp"
#include "rehearsal/given_event.hpp"
#include "value/list_of.hpp"
#include "workflow/connections.hpp"
#include "workflow/load.hpp"

namespace millrace {

namespace {

/// What is to be planned, read and checked.
struct Read {
  LoadedWorkflow loaded;
  std::string text;
  WorkflowFile file;
  bool of_project = true;
};

/// On a worker: the file of the workflow, or the text that stands on somebody's screen in its place.
Result<Read> read_for_plan(const ApiWorld& world, const std::string& id, const std::optional<std::string>& text) {
  FileOnDisk seen = TRY(look_at_file(world.project.root, id));
  if (!text && !seen.text) return Error{ErrorCode::not_found, "there is no workflow \"" + id + "\""};
  Read read;
  read.text = text ? *text : *seen.text;
  read.of_project = seen.text == read.text;
  read.file = seen.file;
  auto source = std::make_shared<const SourceText>(SourceText{seen.file.shown_as, read.text});
  read.loaded = load_and_check(std::move(source), world.catalog, &world.project);
  return read;
}

OutgoingResponse not_to_be_planned(const Read& read) {
  const PageText page(read.text);
  return json_answer(
      422, Value::object(
               {{"error", Value::object({{"code", "invalid"}, {"message", "it has errors, so it cannot be planned"}})},
                {"findings", page.encode(read.loaded.findings)}}));
}

Result<PlanOrder> order_of(const ApiWorld& world, Read read, const Value& body) {
  PlanOrder order;
  order.workflow = std::make_shared<const Workflow>(std::move(*read.loaded.workflow));
  order.file = read.file.shown_as;
  order.of_project = read.of_project;
  order.location = body.text_or("location");
  order.event = Value(Map());
  if (const Value* event = body.find("event")) {
    TRY(fits_trigger(*event, *order.workflow, world.catalog));
    order.event = *event;
  } else if (const Trigger* trigger = trigger_with_example(*order.workflow, world.catalog)) {
    order.event = trigger->examples.front().output;
    order.example = trigger->name;
  }
  order.locations = TRY(locations_of(*order.workflow, world.project, world.catalog, order.event, order.location));
  return order;
}

OutgoingResponse nothing_is_planned() { return refusal(Error{ErrorCode::unavailable, "nothing is planned here"}); }

OutgoingResponse no_plan(const std::string& id) {
  return refusal(404, "not_found",
                 "there is no plan \"" + id + "\": the service keeps the newest " + std::to_string(KeptPlans::most) +
                     " as long as it runs");
}

Value head_with_event(const ApiWorld& world, const KeptPlan& plan) {
  Map members = encode_head(plan, world.catalog, world.courier);
  members.set("event", plan.plan.event);
  members.set("example", plan.example.empty() ? Value() : Value(plan.example));
  return Value(std::move(members));
}

Task<OutgoingResponse> make_plan(std::shared_ptr<Api> api, Asked asked) {
  const ApiWorld& world = api->world;
  if (world.plans == nullptr) co_return nothing_is_planned();
  const std::string id = asked.body.text_or("workflow");
  if (id.empty()) co_return refusal(400, "invalid", "say what to plan: {\"workflow\": \"prune\"}");
  std::optional<std::string> text;
  if (const Value* given = asked.body.find("text"); given != nullptr && given->is_text()) text = given->text();
  std::function<Result<Read>()> job = [&world, &id, &text] { return read_for_plan(world, id, text); };
  auto read = co_await on_worker<Result<Read>>(world.loop, std::move(job));
  if (!read) co_return refusal(read.error());
  if (!read->loaded.workflow) co_return not_to_be_planned(*read);
  auto order = order_of(world, std::move(*read), asked.body);
  if (!order) co_return refusal(order.error());
  const auto made = world.plans->make(std::move(*order), asked.who);
  if (!made) co_return refusal(made.error());
  co_return json_answer(202, Value::object({{"id", *made}, {"state", name_of(KeptPlan::State::planning)}}));
}

Task<OutgoingResponse> list_plans(std::shared_ptr<Api> api, Asked) {
  const ApiWorld& world = api->world;
  Value::List list;
  if (world.plans != nullptr) {
    for (const auto& plan : world.plans->all()) list.emplace_back(encode_head(*plan, world.catalog, world.courier));
  }
  co_return json_answer(200, Value::object({{"plans", Value(std::move(list))}}));
}

std::shared_ptr<const KeptPlan> plan_asked(const ApiWorld& world, const std::string& id) {
  return world.plans == nullptr ? nullptr : world.plans->find(id);
}

Task<OutgoingResponse> show_plan(std::shared_ptr<Api> api, Asked asked) {
  const auto plan = plan_asked(api->world, asked.places[0]);
  if (plan == nullptr) co_return no_plan(asked.places[0]);
  co_return json_answer(200, head_with_event(api->world, *plan));
}

Task<OutgoingResponse> list_changes(std::shared_ptr<Api> api, Asked asked) {
  const auto plan = plan_asked(api->world, asked.places[0]);
  if (plan == nullptr) co_return no_plan(asked.places[0]);
  const auto limit = limit_in(asked);
  if (!limit) co_return refusal(limit.error());
  const auto after = number_in(asked, "after", -1, 0, INT32_MAX);
  if (!after) co_return refusal(after.error());
  co_return json_answer(200,
                        encode_changes(*plan, {asked.query_of("effect"), asked.query_of("location"), *after, *limit}));
}

Task<OutgoingResponse> apply_plan(std::shared_ptr<Api> api, Asked asked) {
  const ApiWorld& world = api->world;
  if (world.plans == nullptr) co_return no_plan(asked.places[0]);
  const auto applied = co_await world.plans->apply(asked.places[0], asked.who);
  if (!applied) co_return refusal(applied.error());
  const KeptPlan& plan = **applied;
  if (plan.refused) {
    const Error& error = plan.refused->error;
    co_return json_answer(
        error.code == ErrorCode::limited ? 409 : status_of(error.code),
        Value::object({{"error", Value::object({{"code", name_of(error.code)}, {"message", error.message}})},
                       {"differences", list_of(plan.refused->differences)}}));
  }
  co_return json_answer(202, Value::object({{"run", plan.runs.empty() ? Value() : Value(plan.runs.front())},
                                            {"runs", list_of(plan.runs)}}));
}

Task<OutgoingResponse> remove_plan(std::shared_ptr<Api> api, Asked asked) {
  if (api->world.plans == nullptr) co_return no_plan(asked.places[0]);
  co_return done_or_refusal(api->world.plans->remove(asked.places[0]));
}

constexpr std::string_view head_members =
    "`id`, `workflow`, `name`, `version`, `of_file`: whether it is what the file holds, `who`, `made`, `state` (one of "
    "`planning`, `planned`, `comparing`, `applying` and `applied`), `locations`, `locations_done`, `counts`: by "
    "effect, "
    "`reads`, `outcomes` (each `run`, `location`, `outcome`, `why`, `changes`), `limits`, `calls`, `runs`: those that "
    "apply it, `refused`: why it was not applied last, `not_made`, `event`, `example`";

constexpr Route plan_table[] = {
    {"POST",
     "/api/v1/plans",
     Access::token,
     make_plan,
     {.does =
          "Begins to plan a workflow: a dry run that lists what would change. The newest 30 plans are kept as long as "
          "the service runs.",
      .body = "`workflow`; `text` in place of what its file holds; `event`, the example of its trigger unless said; "
              "`location`, the only one",
      .answers = "`id`, `state`",
      .refuses = "400 no workflow, or an event that its trigger cannot give; 404 no such workflow; 422 it has errors "
                 "(`findings`)",
      .status = 202},
     Right::edit},
    {"GET",
     "/api/v1/plans",
     Access::token,
     list_plans,
     {.does = "Lists the plans, the newest first, without their events.", .answers = "`plans`"}},
    {"GET",
     "/api/v1/plans/{plan}",
     Access::token,
     show_plan,
     {.does = "One plan without its changes.", .answers = head_members, .refuses = "404 no such plan"}},
    {"GET",
     "/api/v1/plans/{plan}/changes",
     Access::token,
     list_changes,
     {.does = "What it would change, in order.",
      .query = "`effect`; `location`; `after`, the `number` of a change; `limit`, 50 unless said, 1000 at most",
      .answers = "`changes` (each `number`, `location`, `step`, `action`, `effect`, `target`, `summary`, `request`), "
                 "`next`: what `after` is for the next page",
      .refuses = "404 no such plan"}},
    {"POST",
     "/api/v1/plans/{plan}/apply",
     Access::token,
     apply_plan,
     {.does =
          "Compares it with the world of now, and makes exactly these changes where nothing is different. It answers "
          "when its runs begin.",
      .answers = "`run`, `runs`",
      .refuses =
          "404 no such plan; 409 the world or the workflow has changed (`differences`), it was applied before, or "
          "it did not come to its end",
      .status = 202},
     Right::apply},
    {"DELETE",
     "/api/v1/plans/{plan}",
     Access::token,
     remove_plan,
     {.does = "Forgets a plan, and stops making it.",
      .answers = "`done`",
      .refuses = "404 no such plan; 409 it is being applied"},
     Right::edit},
};

}  // namespace

std::span<const Route> plan_routes() { return plan_table; }

}  // namespace millrace
