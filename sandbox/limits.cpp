#include "limits.hpp"

#include <algorithm>

namespace millrace::sandbox {
namespace {

constexpr std::chrono::milliseconds day = std::chrono::hours(24);

}  // namespace

bool Limits::take(const std::string& location, Moment now) {
  if (!allowed_.burst) return true;
  Budget& budget = budgets_.try_emplace(location, Budget{.interval_began = now, .day_began = now}).first->second;
  if (now - budget.interval_began >= allowed_.interval) {
    budget.interval_began = now;
    budget.in_interval = 0;
  }
  if (now - budget.day_began >= day) {
    budget.day_began = now;
    budget.today = 0;
  }
  if (budget.in_interval >= *allowed_.burst || budget.today >= allowed_.daily) return false;
  ++budget.in_interval;
  ++budget.today;
  return true;
}

void Limits::describe(const std::string& location, Moment now, HttpHeaders& headers) const {
  if (!allowed_.burst) return;
  const auto found = budgets_.find(location);
  const Budget budget = found == budgets_.end() ? Budget{.interval_began = now, .day_began = now} : found->second;
  const auto until_reset = std::chrono::duration_cast<std::chrono::milliseconds>(budget.day_began + day - now);
  headers.set("X-RateLimit-Max", std::to_string(*allowed_.burst));
  headers.set("X-RateLimit-Remaining", std::to_string(std::max(0, *allowed_.burst - budget.in_interval)));
  headers.set("X-RateLimit-Interval-Milliseconds", std::to_string(allowed_.interval.count()));
  headers.set("X-RateLimit-Limit-Daily", std::to_string(allowed_.daily));
  headers.set("X-RateLimit-Daily-Remaining", std::to_string(allowed_.daily - budget.today));
  headers.set("X-RateLimit-Daily-Reset", std::to_string(until_reset.count()));
}

}  // namespace millrace::sandbox
