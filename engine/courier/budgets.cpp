#include "courier/budgets.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "base/log.hpp"

namespace millrace {

namespace {

using TurnKind = Budget::Turn::Kind;

constexpr Budget::Turn not_yet{TurnKind::hear};
constexpr Duration look_at_others_after = std::chrono::milliseconds(20);  // another process's answer wakes nobody here
constexpr Duration patience_at_the_terminal = std::chrono::seconds(61);

Error day_used_up(const Destination& to, Budget& budget, Budget::Time until, Budget::Time now) {
  const std::string used_up = "the daily limit of " + to.name + " is used up: ";
  const auto own = budget.facts(now).own_day;
  const bool of_project = to.connection && to.connection->limits.daily > 0 && own && own->left == 0;
  const std::string more =
      of_project ? ", or say more under limits of the connection in millrace.yaml" : ", or ask for more";
  if (!budget.knows_day_end()) return {ErrorCode::unavailable, used_up + "try again tomorrow" + more};
  const auto minutes = std::chrono::ceil<std::chrono::minutes>(until - now);
  return {ErrorCode::unavailable, used_up + "it is renewed in " + render(minutes) + "; try again then" + more};
}

Error no_time_left(const std::string& name) {
  return {ErrorCode::unavailable, name +
                                      " allows no further request before the step's time is over: give it more "
                                      "time, or let fewer workflows run at once"};
}

}  // namespace

Budgets::Budgets(const CourierOptions& options) : options_(options) {
  if (options.shared_budgets.empty()) return;
  auto shared = SharedBudgets::join(options.shared_budgets);
  if (shared) {
    shared_ = std::move(*shared);
  } else {
    const bool others = shared.error().code == ErrorCode::denied;
    log(others ? LogLevel::warning : LogLevel::debug,
        "requests are counted by this program alone: " + shared.error().message);
  }
}

std::shared_ptr<Budget> Budgets::budget_of(const std::string& name, const std::string& location,
                                           const ConnectionSettings* connection, const ConnectionKind* kind) {
  std::shared_ptr<Budget>& budget = budgets_[name][location];
  if (!budget) {
    budget = std::make_shared<Budget>(connection ? connection->limits : RequestLimits(),
                                      kind ? kind->limits : RequestLimits(), kind && !kind->limit_remaining.empty());
    // Hosts without a connection may be many, and come out of data.
    if (shared_ && connection) budget->share(*shared_, name + "\n" + location + "\n" + connection->base_url);
  }
  return budget;
}

Status Budgets::check_wait(const std::string& name, Budget::Time until, Deadline deadline) const {
  if (until >= deadline.at()) return no_time_left(name);
  const Duration wait = until - options_.now();
  if (options_.wait_while_down || wait <= patience_at_the_terminal) return Done{};
  return Error{ErrorCode::unavailable, name + " wants no further request before " +
                                           render(std::chrono::ceil<std::chrono::seconds>(wait)) +
                                           " have passed: try again then"};
}

Task<Result<Ticket>> Budgets::take(const Destination& to, const std::string& location, BudgetLane lane,
                                   Deadline deadline) {
  const std::string& name = to.connection ? to.connection->name : to.place;
  const std::shared_ptr<Budget> budget = budget_of(name, location, to.connection, to.kind);
  std::optional<BudgetQueue::Place> place;
  for (;;) {
    const bool my_turn = place ? place->is_next() : budget->queue.empty();
    const Budget::Time now = options_.now();
    Budget::Turn turn = not_yet;
    if (my_turn) {
      const Budget::Hold hold(*budget);
      turn = budget->turn(now);
      if (turn.kind == TurnKind::go || turn.kind == TurnKind::ask) {
        if (place) place->go();
        co_return Ticket(budget, turn.kind == TurnKind::ask, now);
      }
    }
    if (turn.kind == TurnKind::over) co_return day_used_up(to, *budget, turn.until, now);
    if (!place) {
      place.emplace(budget->queue, lane);
      if (!my_turn) continue;  // it may be next all the same: one turn in eight is a lower lane's
    }
    bool undisturbed = false;
    if (turn.kind == TurnKind::wait) {
      const auto worth_it = check_wait(to.name, turn.until, deadline);
      if (!worth_it) co_return worth_it.error();
      const Duration wait = std::max<Duration>(turn.until - now, std::chrono::milliseconds(1));
      undisturbed = co_await options_.pause(wait);
    } else {
      const bool others = my_turn && budget->shared();
      const Deadline until = others ? deadline.earlier(Deadline::in(look_at_others_after)) : deadline;
      undisturbed = co_await place->turn().wait(until);
    }
    if (!undisturbed) co_return Error{ErrorCode::cancelled, "called off"};
    if (turn.kind != TurnKind::hear || !deadline.reached()) continue;
    if (!my_turn) co_return no_time_left(to.name);
    co_return Error{ErrorCode::timeout, "no answer from " + to.name + " in time"};
  }
}

std::vector<BudgetFacts> Budgets::facts(const std::string& connection) const {
  std::vector<BudgetFacts> all;
  const auto found = budgets_.find(connection);
  if (found == budgets_.end()) return all;
  for (const auto& [location, budget] : found->second) {
    all.push_back(budget->facts(options_.now()));
    all.back().location = location;
  }
  return all;
}

std::optional<BudgetFacts> Budgets::facts(const std::string& connection, const std::string& location) const {
  const auto found = budgets_.find(connection);
  if (found == budgets_.end()) return std::nullopt;
  const auto budget = found->second.find(location);
  if (budget == found->second.end()) return std::nullopt;
  BudgetFacts facts = budget->second->facts(options_.now());
  facts.location = location;
  return facts;
}

void Budgets::recall_day(const ConnectionSettings& connection, const ConnectionKind* kind, const KeptDay& day) {
  budget_of(connection.name, day.location, &connection, kind)->recall_day(day, options_.now());
}

}  // namespace millrace
