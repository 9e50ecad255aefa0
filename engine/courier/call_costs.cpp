#include "courier/call_costs.hpp"

#include <algorithm>
#include <chrono>

#include "base/text.hpp"

namespace millrace {

namespace {

/// The first are those that are left in this interval; each further interval takes as many as it holds.
Duration waits_for(std::int64_t calls, const LimitFacts& limit, Duration closed_for) {
  if (limit.most <= 0) return Duration::zero();
  const std::int64_t behind = calls - limit.left.value_or(limit.most);
  if (behind <= 0) return closed_for;
  const Duration first = limit.renewed_in.value_or(limit.interval);
  return std::max(closed_for, first) + limit.interval * ((behind - 1) / limit.most);
}

/// Under each limit by itself: which one holds up most depends on how many they are.
Duration waits_for(std::int64_t calls, const BudgetFacts& budget) {
  Duration longest = Duration::zero();
  for (const auto& limit : {budget.far_side, budget.own}) {
    if (limit) longest = std::max(longest, waits_for(calls, *limit, budget.closed_for));
  }
  return longest;
}

}  // namespace

std::vector<CallCosts> costs_of(const CallCounts& counts, const Courier& courier) {
  std::vector<CallCosts> costs;
  for (const CallCount& calls : counts) {
    CallCosts& cost = costs.emplace_back(CallCosts{calls});
    const auto budget = courier.budget(calls.connection, calls.location);
    if (!budget) continue;
    cost.takes = std::max(waits_for(calls.all(), *budget), budget->answer_time * calls.all());
    cost.day_left = budget->day_left;
    cost.day_most = budget->day_most;
    cost.day_renewed_in = budget->day_renewed_in;
    cost.fits_today = !budget->day_left || calls.all() <= *budget->day_left;
  }
  return costs;
}

std::string too_many_for_today(const std::vector<CallCosts>& costs) {
  std::string sentence;
  for (const CallCosts& cost : costs) {
    if (cost.fits_today) continue;
    sentence += sentence.empty() ? "" : "; ";
    sentence += counted(static_cast<std::size_t>(cost.calls.all()), "call") + " to " + cost.calls.connection +
                (cost.calls.location.empty() ? "" : " for " + cost.calls.location) + " do not fit into the " +
                std::to_string(std::max<std::int64_t>(0, *cost.day_left)) + " that are left today";
    if (!cost.day_renewed_in) continue;
    sentence += ", which are renewed in " + render(std::chrono::ceil<std::chrono::minutes>(*cost.day_renewed_in));
  }
  return sentence;
}

}  // namespace millrace
