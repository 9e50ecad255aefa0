#pragma once

#include <map>
#include <optional>
#include <string>

#include "decider/event.hpp"

namespace millrace {

/// What is told of one step. Its times are those of the events.
struct StepStory {
  StepStatus status = StepStatus::waiting;
  std::int64_t attempts = 0;
  std::optional<Timestamp> started, ended;  ///< of the first attempt, and of the last one that ended
  std::optional<Timestamp> waits_until;     ///< for which it waits now: a time, an answer, or another attempt
  std::optional<Value> asks;                ///< what a person is asked now
  Value input, output;
  std::optional<Error> failure;  ///< of the latest attempt
  std::string condition;         ///< for which it was skipped
  bool waits() const noexcept { return under_way() && (waits_until || asks); }
  bool under_way() const noexcept { return status == StepStatus::running || status == StepStatus::waiting; }
};

/// What is told of a run: its events, folded for people and programs. Unlike the state that decides, it needs no
/// workflow, so a run whose file or plugin is gone can still be told; and it forgets nothing: what a loop's items did
/// stays after they have closed. Holds all that steps took and gave, so it is for a stored run that somebody looks at.
struct Story {
  std::map<StepPath, StepStory> steps;
  Value::List changes;  ///< the change list
  /// Where the run stands or ended: the step that began last, or the innermost one of those that failed last.
  std::optional<StepPath> place;
  std::optional<Timestamp> again_at;  ///< when what failed there is tried again

  void hear(const RunEvent& event);
};

/// How an event ends a step for good; borrowed from the event.
struct StepEnd {
  const StepPath* path;
  StepStatus status;
  const Error* failure = nullptr;
};
std::optional<StepEnd> end_in(const RunEvent& event);

}  // namespace millrace
