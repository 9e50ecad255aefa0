#pragma once

#include <optional>
#include <vector>

#include "catalog/catalog.hpp"
#include "decider/event.hpp"
#include "decider/run_state.hpp"
#include "workflow/model.hpp"

namespace millrace {

/// Something for the runtime to do. It answers with `step_outcome`.
struct Command {
  enum class Type : std::uint8_t { perform, cancel };
  Type type = Type::perform;
  StepPath path;
  const ActionStep* step = nullptr;  ///< of perform
  Value input;
};

struct Decision {
  std::vector<RunEvent> events;      ///< to be written before anything is done
  std::vector<Command> commands;     ///< to be done once they are
  std::optional<Timestamp> wake_at;  ///< decide again then, if no outcome comes before
};

/// Hears what conditions saw, for `run --trace`.
class Witness {
 public:
  virtual ~Witness() = default;
  virtual void condition(const std::string& step, const PlacedExpression& condition, const Result<Value>& result,
                         const Bindings& names) = 0;
};

/// The first event of a run.
RunEvent start_event(const Workflow& workflow, Value event, Value run, Timestamp now, Value today);

/// Decides what happens next, and brings `state` forward by exactly the events returned. All policy is here: order,
/// branches, loops, retries, time limits, what a failure means. Pure: the same workflow, state and time give the same
/// decision.
Decision decide(const Workflow& workflow, const Catalog& catalog, RunState& state, Timestamp now,
                Witness* witness = nullptr);

/// The event that tells how a performed step ended; the next `decide` draws the consequences.
RunEvent step_outcome(StepPath path, Result<Value> outcome, Timestamp now);

/// Calls the run off: running steps are cancelled by the next decision, nothing new begins.
RunEvent cancellation(std::string why, Timestamp now);

}  // namespace millrace
