#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/result.hpp"
#include "value/value.hpp"

namespace millrace {

/// Where a step stands in a run: block, step, block, step, ... The first block is 0 for `actions`, 1 for `on_failure`,
/// 2 for `always`; a further one is the branch, the loop's item or the attempt inside the step before it.
using StepPath = std::vector<std::uint32_t>;

/// The number of the block with the steps of `on_error`.
inline constexpr std::uint32_t handler_block = 0xFFFFFFFF;

std::string render(const StepPath& path);  ///< "0/2/5/0"

/// Stored as a number in the journal: append, never renumber.
enum class StepStatus : std::uint8_t { waiting = 0, running = 1, succeeded = 2, failed = 3, skipped = 4, unsure = 5 };

std::string_view name_of(StepStatus status) noexcept;

/// How a run ended, or where it stands. Stored as a number: append, never renumber.
enum class RunOutcome : std::uint8_t {
  running = 0,
  completed = 1,
  failed = 2,
  skipped = 3,
  waiting = 4,
  stopped_by_safety = 5,
  parked = 6,
  cancelled = 7,
};

std::string_view name_of(RunOutcome outcome) noexcept;
/// The outcome of that name; `invalid`, with the one that was probably meant.
Result<RunOutcome> parse_run_outcome(std::string_view name);
/// Whether a run of that outcome is over; it may be reopened all the same.
inline bool has_ended(RunOutcome outcome) noexcept {
  return outcome != RunOutcome::running && outcome != RunOutcome::waiting;
}

/// Something that happened to a run. A run is the fold of its events, so they hold all that cannot be computed again.
struct RunEvent {
  /// Stored as a number in the journal: append, never renumber.
  enum class Type : std::uint8_t {
    run_started = 0,      ///< data: {event, run, now, today, vars}
    vars_set = 1,         ///< data: the names and values to lay over `vars`
    step_started = 2,     ///< data: the input of an action; null for a block; at_again: when its time is over
    block_opened = 3,     ///< block; data: the item of a loop
    loop_opened = 4,      ///< data: the list of items
    block_closed = 5,     ///< block; data: {item, outcome, output, error} of a loop's item; failure: why it failed
    step_succeeded = 6,   ///< data: the output
    step_failed = 7,      ///< failure; `at_again` is when it is tried again, if it is; data: true where the run goes on
    step_skipped = 8,     ///< data: the condition that was false
    step_undecided = 9,   ///< data: what was not known; only in plans
    handler_opened = 10,  ///< the steps of `on_error` begin
    run_stopping = 11,    ///< outcome, failure: nothing new begins in `actions`
    phase_opened = 12,    ///< block: 1 for on_failure, 2 for always
    run_finished = 13,    ///< outcome, failure
    cancel_asked = 14,    ///< the step's time is over, or the run is called off: what runs inside is cancelled
    action_failed = 15,   ///< failure; what it means is the decider's to say
    step_waiting = 16,    ///< at_again: until when (approve: when it expires); data: null of a wait, {message} of an
                          ///< approval, {run} of a call
    answer_given = 17,    ///< data: {approved, by, comment}; what a person said to a step that waits for approval
    effect_begun = 18,    ///< data: {key, action}; a write inside a step is about to leave
    effect_ended = 19,    ///< data: {key, output}; failure where it failed for sure
    change_made = 20,     ///< data: one line of the change list
    step_resolved = 21,   ///< data: {happened, output, by}; what a person found out about an unsure step
    run_reopened = 22,    ///< path: the step that is done again with all behind it; empty: those that failed
    engine_died = 23,     ///< the engine ended, and was not stopped, while the run was under way
  };

  Type type = Type::run_started;
  StepPath path = {};
  std::uint32_t block = 0;
  Value data = {};
  std::optional<Error> failure = {};
  std::optional<Timestamp> at_again = {};
  RunOutcome outcome = RunOutcome::running;
  Timestamp at = {};
};

/// Whether the event's data is what a step of `actions` itself gave: what the last of them gave is the run's output.
inline bool gives_output(const RunEvent& event) noexcept {
  return event.type == RunEvent::Type::step_succeeded && event.path.size() == 2 && event.path[0] == 0;
}

}  // namespace millrace
