#pragma once

#include "decider/event.hpp"

namespace millrace {

/// Whether what is done at such an end tells of it, or makes up for it, instead of being what the run was for.
inline bool is_bad_end(RunOutcome outcome) noexcept {
  return outcome == RunOutcome::failed || outcome == RunOutcome::stopped_by_safety || outcome == RunOutcome::cancelled;
}

/// Follows the events of a run: whether it does by now what is done at the end of a run that has failed or was stopped.
class BadEnd {
 public:
  void hear(const RunEvent& event) {
    if (const auto* stopping = std::get_if<RunStopping>(&event.what)) outcome_ = stopping->outcome;
    if (const auto* phase = std::get_if<PhaseOpened>(&event.what)) at_end_ = phase->phase > 0;
    begins_again_ = std::holds_alternative<RunReopened>(event.what) || std::holds_alternative<RunStarted>(event.what);
    if (!begins_again_) return;
    outcome_ = RunOutcome::running;
    at_end_ = false;
  }
  bool is_reached() const noexcept { return at_end_ && is_bad_end(outcome_); }
  /// The event was that the run goes on, or begins anew: what was done at an end of before counts no more.
  bool begins_again() const noexcept { return begins_again_; }

 private:
  RunOutcome outcome_ = RunOutcome::running;
  bool at_end_ = false, begins_again_ = false;
};

}  // namespace millrace
