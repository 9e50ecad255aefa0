#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace millrace {

/// Where a step stands in a run: block, step, block, step, ... The first block is 0 for `actions`, 1 for `on_failure`,
/// 2 for `always`; a further one is the branch, the loop's item or the attempt inside the step before it.
using StepPath = std::vector<std::uint32_t>;

std::string render(const StepPath& path);  ///< "0/2/5/0"

enum class StepStatus : std::uint8_t {
  waiting,    ///< it has not begun, or is tried again later
  running,    ///< it has begun, and nothing is known of its end
  succeeded,  ///< it gave its output
  failed,     ///< for good
  skipped,    ///< its condition was false, or could not be known in a plan
  unsure,     ///< it is not known whether it happened
};

std::string_view name_of(StepStatus status) noexcept;

/// How a run ended, or where it stands. Stored as a number: append, never renumber.
enum class RunOutcome : std::uint8_t {
  running = 0,            ///< under way, or waits for its turn
  completed = 1,          ///< all that was to be done is done
  failed = 2,             ///< a step failed, and the workflow does not go on from that
  skipped = 3,            ///< the workflow, or whoever decides on starts, left it out
  waiting = 4,            ///< nothing is under way: it waits for a time or a person
  stopped_by_safety = 5,  ///< it would have passed a safety limit
  parked = 6,             ///< a person has to look before it goes on
  cancelled = 7,          ///< somebody called it off
};

std::string_view name_of(RunOutcome outcome) noexcept;
/// The outcome of that name; `invalid`, with the one that was probably meant.
Result<RunOutcome> parse_run_outcome(std::string_view name);
/// Whether a run of that outcome is over; it may be reopened all the same.
inline bool has_ended(RunOutcome outcome) noexcept {
  return outcome != RunOutcome::running && outcome != RunOutcome::waiting;
}

}  // namespace millrace
