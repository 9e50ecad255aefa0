#include "service/plan_limits.hpp"

#include <optional>
#include <utility>
#include <variant>

#include "gate/encode_change.hpp"
#include "journal/called_runs.hpp"

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

}  // namespace

std::shared_ptr<PlannedChanges> PlanLimits::of_new(const EventRecord& event) const {
  const auto caller = caller_of(event);
  const auto active = caller ? memory_.find(*caller) : nullptr;
  return active != nullptr ? active->run->held_to() : nullptr;
}

Task<Result<std::shared_ptr<PlannedChanges>>> PlanLimits::of(const StoredRun& run) {
  const StoredRun* first = &run;
  std::optional<StoredRun> above;
  while (const auto caller = caller_of(first->event)) {
    if (const auto active = memory_.find(*caller)) co_return active->run->held_to();
    auto read = co_await history_.read_run(*caller);
    if (!read && read.error().code == ErrorCode::not_found) break;  // its time is over, and with it the plan's
    if (!read) co_return read.error();
    above = std::move(*read);
    first = &*above;
  }
  const auto text = plan_in(*first);
  if (!text) co_return std::shared_ptr<PlannedChanges>();
  const RunKey key = first->head.key;
  if (auto known = by_run_[key].lock()) co_return known;
  auto plan = PlannedChanges::read(*text);
  const auto recalled = co_await recall(*first, *plan);
  if (!recalled) co_return recalled.error();
  if (auto known = by_run_[key].lock()) co_return known;  // meanwhile another run of the same plan was taken up
  std::erase_if(by_run_, [](const auto& each) { return each.second.expired(); });
  by_run_[key] = plan;
  co_return plan;
}

/// What the run and those that it has called have made of the plan already.
Task<Status> PlanLimits::recall(const StoredRun& run, PlannedChanges& plan) {
  for (const RunEvent& event : run.events) {
    const auto* made = std::get_if<ChangeMade>(&event.what);
    if (made == nullptr) continue;
    if (const auto change = decode_change(made->change)) plan.recall(*change, made->key);
  }
  const auto called = co_await called_by(history_, run.head.key);
  if (!called) co_return called.error();
  for (const RunHead& head : *called) {
    const auto stored = co_await history_.read_run(head.key);
    if (!stored) co_return stored.error();
    const auto recalled = co_await recall(*stored, plan);
    if (!recalled) co_return recalled.error();
  }
  co_return Done{};
}

}  // namespace millrace
