#pragma once

#include "decider/run_state.hpp"

namespace millrace {

enum class Reopened : std::uint8_t {
  failed,       ///< what failed; what is unsure, too, where the run is parked for it, and else a person is asked first
  unconnected,  ///< only what waited for a connection
};

/// A run goes on that had ended or was parked: of `actions` that becomes what has not begun; whatever holds it goes on
/// where it was, with all that was left off in it. What is done stays done.
void reopen(const Workflow& workflow, RunState& run, Reopened what);

/// The time of what is under way in `actions` begins anew: a person was waited for.
void renew_times(RunState& run);

/// Where a step of `actions` still waits for a person, the run is parked as it was before.
void stay_parked(const Workflow& workflow, RunState& run);

/// Whether a step failed for good, or one inside a step that has not come to its end.
bool any_failed(const BlockState& block);

}  // namespace millrace
