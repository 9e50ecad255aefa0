#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "journal/journal.hpp"
#include "value/value.hpp"
#include "workflow/model.hpp"

namespace millrace {

/// Runs of one workflow that take notice of each other.
struct Lane {
  enum class Kind : std::uint8_t {
    exclusive,  ///< all runs of the workflow: one at a time
    keyed,      ///< its runs with the same key: one at a time
    parallel,   ///< all its runs, beside each other
  };
  std::string workflow;
  Kind kind = Kind::exclusive;
  std::string key = {};  ///< of a keyed one: any text, an empty one, too

  bool one_at_a_time() const noexcept { return kind != Kind::parallel; }
  auto operator<=>(const Lane&) const = default;
};

/// In which lane a run goes, as `concurrency` says.
struct LaneChoice {
  Lane lane;
  bool skips = false;  ///< skip_if_running
};

/// An error where the key of `concurrency` cannot be told for this event, which came by that delivery, if by any.
Result<LaneChoice> lane_for(const Workflow& workflow, const Value& event, const Value& delivery = {});

/// As a head has it: nothing for a parallel lane, the workflow for an exclusive one, and for a keyed one the key in the
/// next line. Read back, it is the same lane, whatever workflow and key are called.
std::string stored_lane(const Lane& lane);
Lane lane_of(const RunHead& head);

}  // namespace millrace
