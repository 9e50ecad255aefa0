#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/loop.hpp"
#include "async/task.hpp"
#include "base/result.hpp"
#include "courier/budget.hpp"
#include "courier/connections.hpp"
#include "courier/courier.hpp"

namespace millrace {

/// The request budgets of all connections and locations, shared by all runs of the process and, where the options say
/// so, with the other programs on the store. A burst waits here instead
/// of earning refusals, in the order of its lanes.
class Budgets {
 public:
  explicit Budgets(const CourierOptions& options);

  /// Waits until a request may be sent. REQUIRES: `to` and `location` outlive the task. `unavailable` where the day's
  /// limit is used up, where `deadline` comes first, or where the far side wants to be left alone for longer than
  /// somebody at the terminal waits.
  Task<Result<Ticket>> take(const Destination& to, const std::string& location, BudgetLane lane, Deadline deadline);

  /// By location.
  std::vector<BudgetFacts> facts(const std::string& connection) const;
  std::optional<BudgetFacts> facts(const std::string& connection, const std::string& location) const;
  void recall_day(const ConnectionSettings& connection, const ConnectionKind* kind, const KeptDay& day);

 private:
  std::shared_ptr<Budget> budget_of(const std::string& name, const std::string& location,
                                    const ConnectionSettings* connection, const ConnectionKind* kind);
  Status check_wait(const std::string& name, Budget::Time until, Deadline deadline) const;

  const CourierOptions& options_;
  std::unique_ptr<SharedBudgets> shared_;  // nothing: the process counts by itself
  std::map<std::string, std::map<std::string, std::shared_ptr<Budget>>> budgets_;  // by connection and location
};

}  // namespace millrace
