#pragma once

#include <functional>
#include <string>

#include "decider/decide.hpp"
#include "decider/run_state.hpp"
#include "service/control.hpp"

namespace millrace {

/// What a person asks of a run, as the event that it becomes when the run's state allows it. With and without a running
/// service the same order has the same meaning.
struct Order {
  std::string what, detail;  ///< for the audit
  std::function<Result<RunEvent>(const Workflow&, const RunState&)> event;
};

Order order_to_retry(std::string from_step, Timestamp now);
Order order_to_resolve(Resolution resolution, const Who& who, Timestamp now);
Order order_to_approve(bool yes, std::string comment, const Who& who, Timestamp now);

/// `conflict` where a run has not begun: it waits for its turn, or was left out. Then there is nothing to say to it.
Status check_begun(const StoredRun& run);

/// Writes down that a workflow (empty: everything) is paused, or no longer; with everything also the pause after a
/// restore ends.
Task<Status> write_pause(Store& store, std::string workflow, bool on, Who who, Timestamp now);

}  // namespace millrace
