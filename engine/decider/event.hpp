#pragma once

#include <variant>

#include "decider/happening.hpp"
#include "decider/status.hpp"
#include "value/value.hpp"

namespace millrace {

/// Something that happened to a run. A run is the fold of its events, so they hold all that cannot be computed again.
struct RunEvent {
  Timestamp at = {};
  Happening what;
};

/// What a step of `actions` itself gave by the event; nullptr where none did. What the last of them gave is the run's
/// output.
inline const Value* output_of(const RunEvent& event) noexcept {
  const auto* done = std::get_if<StepSucceeded>(&event.what);
  return done != nullptr && done->path.size() == 2 && done->path[0] == 0 ? &done->output : nullptr;
}

}  // namespace millrace
