#include "limits.hpp"

#include <algorithm>

namespace millrace::sandbox {
namespace {

constexpr std::chrono::milliseconds interval = std::chrono::seconds(10);
constexpr std::chrono::milliseconds day = std::chrono::hours(24);
constexpr int daily_limit = 200'000;

}  // namespace

bool Limits::take(const std::string& location, Moment now) {
  if (!burst_) return true;
  Budget& budget = budgets_.try_emplace(location, Budget{.interval_began = now, .day_began = now}).first->second;
  if (now - budget.interval_began >= interval) {
    budget.interval_began = now;
    budget.in_interval = 0;
  }
  if (now - budget.day_began >= day) {
    budget.day_began = now;
    budget.today = 0;
  }
  if (budget.in_interval >= *burst_ || budget.today >= daily_limit) return false;
  ++budget.in_interval;
  ++budget.today;
  return true;
}

void Limits::describe(const std::string& location, Moment now, HttpHeaders& headers) const {
  if (!burst_) return;
  const auto found = budgets_.find(location);
  const Budget budget = found == budgets_.end() ? Budget{.interval_began = now, .day_began = now} : found->second;
  const auto until_reset = std::chrono::duration_cast<std::chrono::milliseconds>(budget.day_began + day - now);
  headers.set("X-RateLimit-Max", std::to_string(*burst_));
  headers.set("X-RateLimit-Remaining", std::to_string(std::max(0, *burst_ - budget.in_interval)));
  headers.set("X-RateLimit-Interval-Milliseconds", std::to_string(interval.count()));
  headers.set("X-RateLimit-Limit-Daily", std::to_string(daily_limit));
  headers.set("X-RateLimit-Daily-Remaining", std::to_string(daily_limit - budget.today));
  headers.set("X-RateLimit-Daily-Reset", std::to_string(until_reset.count()));
}

}  // namespace millrace::sandbox
