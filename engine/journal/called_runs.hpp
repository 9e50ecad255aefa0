#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "journal/history.hpp"

namespace millrace {

/// EventRecord::source of the calls that a run makes.
std::string source_of_calls(RunKey caller);
/// EventRecord::id of a call, by which the same call finds the same run wherever its caller goes on. `repetition`: how
/// often a person has asked for the step once more, although it was done. `location`: that of one of several runs;
/// empty where there is one alone. `attempt`: from 1; a later one asks for a run of its own.
std::string id_of_call(std::string_view step, std::size_t repetition, std::string_view location, int attempt);
/// The path of the step whose call the event is; empty where the store is of a time in which it did not say so.
std::string step_of_call(const EventRecord& event);
/// The location that the id of a call names; empty where it names none.
std::string place_of_call(std::string_view id);
/// Whether the id is that of a call of this step and repetition, wherever it runs and whichever attempt it is.
bool is_id_of_call(std::string_view id, std::string_view step, std::size_t repetition);
/// The run that made the call which this event is; nothing where it is none.
std::optional<RunKey> caller_of(const EventRecord& event);

/// Whether the step that made this call has called once more since, at a later attempt or when it was repeated: the run
/// of that is in the place of this one's. False for an event that is no call. REQUIRES: both outlive the task.
Task<Result<bool>> was_replaced(History& history, const EventRecord& call);

/// The runs that a run has called, in the order of the calls; those that these call are not among them.
/// REQUIRES: `history` outlives the task.
Task<Result<std::vector<RunHead>>> called_by(History& history, RunKey caller);

}  // namespace millrace
