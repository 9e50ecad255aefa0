#include "service/orders.hpp"

#include <algorithm>
#include <utility>

#include "service/records.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

/// The step that a person names, by path ("0/2") or id, among `those`; empty: the only one.
Result<StepPath> step_named(const Workflow& workflow, const std::string& named, const std::vector<StepPath>& those,
                            const std::string& what) {
  if (those.empty()) return Error{ErrorCode::conflict, "no step of this run " + what};
  if (named.empty() && those.size() == 1) return those.front();
  for (const StepPath& path : those) {
    if (!named.empty() && (render(path) == named || label_of(workflow, path) == named)) return path;
  }
  std::string which;
  for (const StepPath& path : those)
    which += (which.empty() ? "" : ", ") + render(path) + " (" + label_of(workflow, path) + ")";
  return Error{ErrorCode::invalid, named.empty()
                                       ? "say which step: " + which
                                       : "\"" + named + "\" is none of the steps that can be meant: " + which};
}

/// A top-level step by path or id.
Result<StepPath> top_step(const Workflow& workflow, const std::string& named) {
  for (std::uint32_t i = 0; i < workflow.steps.size(); ++i) {
    const StepPath path = {0, i};
    if (render(path) == named || workflow.steps[i].id == named) return path;
  }
  return Error{ErrorCode::not_found, "the run has no step \"" + named + "\" at its top level"};
}

}  // namespace

Status check_begun(const StoredRun& run) {
  if (!run.events.empty()) return Done{};
  const bool waits = run.head.outcome == RunOutcome::running;
  return Error{ErrorCode::conflict,
               waits ? "the run waits for its turn, and has not begun" : "the run was left out, and never began"};
}

Order order_to_cancel(std::string why, Timestamp now) {
  Order order{"cancel", "", {}};
  order.event = [why = std::move(why), now](const Workflow&, const RunState& state) -> Result<RunEvent> {
    if (state.finished()) return Error{ErrorCode::conflict, "the run has ended already"};
    return cancellation(why, now);
  };
  return order;
}

RunProgress progress_with(RunHead head, RunEvent told) {
  head.outcome = RunOutcome::running;
  head.ended.reset();
  head.starts = 0;
  head.foreground = false;
  RunProgress progress;
  progress.head = std::move(head);
  progress.events.push_back(std::move(told));
  return progress;
}

Order order_to_retry(std::string from_step, Timestamp now) {
  Order order{"retry", from_step, {}};
  order.event = [from_step = std::move(from_step), now](const Workflow& workflow,
                                                        const RunState& state) -> Result<RunEvent> {
    if (!state.finished()) return Error{ErrorCode::conflict, "the run has not ended, so it cannot be tried again"};
    if (from_step.empty() && state.outcome == RunOutcome::completed)
      return Error{ErrorCode::conflict, "the run is completed; name the step to repeat it from"};
    StepPath from;
    if (!from_step.empty()) from = TRY(top_step(workflow, from_step));
    return reopening(std::move(from), now);
  };
  return order;
}

Order order_to_resolve(Resolution resolution, const Who& who, Timestamp now) {
  Order order{"resolve", resolution.step + (resolution.happened ? " happened" : " did not happen"), {}};
  order.event = [resolution = std::move(resolution), who, now](const Workflow& workflow,
                                                               const RunState& state) -> Result<RunEvent> {
    StepPath path = TRY(step_named(workflow, resolution.step, unsure_steps(workflow, state), "is unsure"));
    return millrace::resolution(std::move(path), resolution.happened, resolution.output, who, now);
  };
  return order;
}

Order order_to_approve(Approval said, const Who& who, Timestamp now) {
  Order order{said.yes ? "approve" : "reject", said.comment, {}};
  order.event = [said = std::move(said), who, now](const Workflow& workflow,
                                                   const RunState& state) -> Result<RunEvent> {
    const auto waiting = waiting_for_approval(workflow, state);
    if (!waiting) return Error{ErrorCode::conflict, "the run does not wait for an approval"};
    if (!said.step.empty() && said.step != render(*waiting))
      return Error{ErrorCode::conflict, "the run waits for another approval by now, at the step " +
                                            label_of(workflow, *waiting) + " (" + render(*waiting) + ")"};
    const auto until = time_to_answer(workflow, state);
    if (until && now >= *until) return Error{ErrorCode::conflict, "the time to answer ended at " + render(*until)};
    return approval(*waiting, said.yes, who, said.comment, now);
  };
  return order;
}

Entry pause_entry(const std::string& workflow, bool on, Who who, Timestamp now) {
  const std::string owner(engine_owner);
  Entry entry;
  const std::string key = workflow.empty() ? "paused" : "paused/" + workflow;
  const Value pause = on ? Value::object({{"by", who}, {"since", render(now)}}) : Value();
  entry.states.push_back({owner, key, pause});
  if (!on && workflow.empty()) entry.states.push_back({owner, "restored", Value()});
  if (!on) entry.states.push_back(workflow.empty() ? all_resumed(now) : watched_since(workflow, now));
  entry.audit.push_back({now, std::move(who), on ? "pause" : "resume", workflow.empty() ? "everything" : workflow, ""});
  return entry;
}

}  // namespace millrace
