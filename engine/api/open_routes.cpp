#include <chrono>
#include <utility>

#include "api/routes.hpp"
#include "courier/courier.hpp"
#include "http/answers.hpp"
#include "workflow/hook_path.hpp"

namespace millrace {

namespace {

constexpr Duration facts_interval = std::chrono::seconds(15);

Task<OutgoingResponse> take_delivery(std::shared_ptr<Api> api, Asked asked) {
  OutgoingResponse response = co_await api->world.service.hook(std::move(asked.request));
  co_return response;
}

Task<OutgoingResponse> say_alive(std::shared_ptr<Api>, Asked) {
  co_return json_answer(200, Value::object({{"alive", true}}));
}

Task<OutgoingResponse> say_ready(std::shared_ptr<Api> api, Asked) {
  const ServiceStatus status = api->world.service.status();
  if (status.ready && !status.draining) co_return json_answer(200, Value::object({{"ready", true}}));
  co_return refusal(503, "unavailable", status.not_ready_because.empty() ? "not ready" : status.not_ready_because);
}

/// What is left of each day, and who waits, over all locations.
void note_budgets(const ConnectionHealth& connection, Metrics& metrics) {
  std::array<std::int64_t, budget_lanes> waiting = {};
  for (const BudgetFacts& budget : connection.budgets) {
    if (budget.day_left)
      metrics.series("millrace_api_day_remaining", {{"connection", connection.name}, {"location", budget.location}})
          .set(static_cast<double>(*budget.day_left));
    for (std::size_t lane = 0; lane < budget_lanes; ++lane) waiting[lane] += budget.waiting[lane];
  }
  for (std::size_t lane = 0; lane < budget_lanes && !connection.budgets.empty(); ++lane)
    metrics
        .series("millrace_api_waiting",
                {{"connection", connection.name}, {"lane", std::string(name_of(static_cast<BudgetLane>(lane)))}})
        .set(static_cast<double>(waiting[lane]));
}

/// To whoever comes by himself: a page that had its own name lead a browser here would read the numbers of a network
/// that is not its own.
Task<OutgoingResponse> show_metrics(std::shared_ptr<Api> api, Asked asked) {
  const Status known = api->guard.check_host(asked.request);
  if (!known) co_return refusal(403, "denied", known.error().message);
  Metrics& metrics = api->world.metrics;
  for (const ConnectionHealth& connection : api->world.courier.health()) {
    note_budgets(connection, metrics);
    for (const auto& [code, count] : connection.answers) {
      metrics.series("millrace_api_requests_total", {{"connection", connection.name}, {"code", code}})
          .set(static_cast<double>(count));
    }
    if (connection.budget_remaining)
      metrics.series("millrace_api_budget_remaining", {{"connection", connection.name}})
          .set(static_cast<double>(*connection.budget_remaining));
  }
  if (api->facts_due.reached()) {
    api->facts_due = Deadline::in(facts_interval);
    const auto facts = co_await api->world.store.facts();
    if (facts) metrics.series("millrace_storage_bytes").set(static_cast<double>(facts->bytes));
  }
  co_return text_answer(200, "text/plain; version=0.0.4; charset=utf-8", metrics.render());
}

}  // namespace

std::span<const Route> open_routes() {
  static const std::string below_hooks = std::string(hooks_prefix) + "{path...}";
  static const std::vector<Route> entries = {
      {"POST",
       below_hooks,
       Access::delivery,
       take_delivery,
       {.does = "Takes a delivery: answered once the event is on the disk, or with the run's end where the trigger "
                "says `respond: wait`. A GET is answered where the trigger has a `challenge`.",
        .answers = "what the trigger says",
        .refuses = "400 a body that cannot be read; 401 a wrong proof of who sends; 404 nobody listens there; 413 a "
                   "body that is too large; 415 one of another kind than the trigger reads; 429 too many of one hook "
                   "at once; 503 not now",
        .status = 202}},
      {"GET", "/healthz", Access::anyone, say_alive, {.does = "Says that it lives.", .answers = "`alive`"}},
      {"GET",
       "/readyz",
       Access::anyone,
       say_ready,
       {.does = "Says that it takes events and that runs can move on.",
        .answers = "`ready`",
        .refuses = "503 with the reason, while it starts and stops, and where the store or the workers do not answer"}},
      {"GET",
       "/metrics",
       Access::anyone,
       show_metrics,
       {.does = "Figures for Prometheus.",
        .answers = "text, version 0.0.4",
        .refuses = "403 under a name that is not its own"}},
  };
  return entries;
}

}  // namespace millrace
