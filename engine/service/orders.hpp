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

Order order_to_cancel(std::string why, Timestamp now);
Order order_to_retry(std::string from_step, Timestamp now);
Order order_to_resolve(Resolution resolution, const Who& who, Timestamp now);
Order order_to_approve(Approval said, const Who& who, Timestamp now);

/// The progress of a stored run that goes on with what it was told, whatever it had come to.
RunProgress progress_with(RunHead head, RunEvent told);

/// `conflict` where a run has not begun: it waits for its turn, or was left out. Then there is nothing to say to it.
Status check_begun(const StoredRun& run);

/// That a workflow (empty: everything) is paused, or no longer; with everything also the pause after a restore ends.
Entry pause_entry(const std::string& workflow, bool on, Who who, Timestamp now);

}  // namespace millrace
