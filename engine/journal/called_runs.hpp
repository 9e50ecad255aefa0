#pragma once

#include <optional>
#include <string>
#include <vector>

#include "journal/history.hpp"

namespace millrace {

/// EventRecord::source of the calls that a run makes.
std::string source_of_calls(RunKey caller);
/// The run that made the call which this event is; nothing where it is none.
std::optional<RunKey> caller_of(const EventRecord& event);

/// The runs that a run has called, in the order of the calls; those that these call are not among them.
/// REQUIRES: `history` outlives the task.
Task<Result<std::vector<RunHead>>> called_by(History& history, RunKey caller);

}  // namespace millrace
