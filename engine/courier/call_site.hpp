#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "async/loop.hpp"
#include "decider/effect_key.hpp"
#include "journal/state_store.hpp"
#include "value/value.hpp"

namespace millrace {

/// Whose requests go first where the budget of a connection is short. A lower lane still gets one place in eight.
enum class BudgetLane : std::uint8_t {
  interactive,  ///< somebody waits for it: a run or a plan of a person, an approval, a sender who wants the answer
  scheduled,    ///< runs that begin by themselves
  backfill,     ///< what makes up for something: runs tried again in bulk, times that were missed
};
constexpr std::size_t budget_lanes = 3;
std::string_view name_of(BudgetLane lane) noexcept;

/// Where in a run an effect comes from, and what it may use.
struct CallSite {
  std::string step;        ///< for people: the step's id or path, with the item: "removed[3]"
  std::string workflow;    ///< for people
  std::string location;    ///< empty where the run has none
  std::string connection;  ///< empty where the step has none
  /// The same for every attempt of this effect, wherever and whenever: receivers know it by that. Empty for a request
  /// that only reads and is not signed.
  std::string key;
  Timestamp now = {};  ///< the run's time, the same from its beginning to its end
  std::shared_ptr<const std::vector<std::string>> chain = {};  ///< the workflows that led here, the run's own last
  EffectKey entry;                                             ///< under which the run's ledger knows it
  Deadline deadline;
  BudgetLane lane = BudgetLane::interactive;
  StateOverlay* states = nullptr;  ///< what a library keeps goes here; nothing: where the gate keeps it
  /// The same for the runs of all locations of one event, and for those that they call; empty: not known.
  std::string occurrence = {};
  std::string called_by = {};  ///< the steps of its occurrence that called the run, as one text
  bool overwrites = false;     ///< the step asks to replace what another one of the same occurrence wrote
  bool foresees = false;       ///< what would come after an answer is looked at: nothing of it counts
  bool says_by_data = false;  ///< what the request does, where inputs say it, comes out of data and not out of the file
  bool looks_first = false;   ///< what it changes comes out of data: it is looked at before, so that it can be put back
  bool at_bad_end = false;    ///< the run has failed or was stopped, and this is done at its end
  bool recorded = false;      ///< that this write is about to leave is in the journal already: it is the step itself
  bool left_before = false;   ///< it may have been done already, before the engine was started again
};

}  // namespace millrace
