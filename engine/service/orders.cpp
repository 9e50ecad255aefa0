#include "service/orders.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "crypto/digest.hpp"
#include "journal/called_runs.hpp"
#include "secret/redacted.hpp"
#include "service/lane.hpp"
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

/// Whether the run was called off: what is said to its steps has no effect any more, but to those of `always`.
bool called_off(const RunState& state) {
  return state.stopping == RunOutcome::cancelled || state.outcome == RunOutcome::cancelled;
}

/// Whether it waits for a person, or will when what is under way beside that has ended.
bool is_parked(const RunState& state) {
  return state.outcome == RunOutcome::parked || (!state.finished() && state.stopping == RunOutcome::parked);
}

/// What the run was parked for, and what else is not known of its writes, each behind a "; ".
std::string what_is_unclear(const Workflow& workflow, const RunState& state) {
  std::string told = is_parked(state) && state.failure ? "; " + state.failure->message : "";
  for (const std::string& each : unsure_failures(workflow, state)) {
    if (told.find(each) == std::string::npos) told += "; " + each;
  }
  return told;
}

/// Where a run is parked for a write that may have happened, to try it again would be to send that twice. A call sends
/// nothing: it finds the run that it had called, which asks for itself.
Status nothing_unsure(const Workflow& workflow, const Catalog& catalog, const RunState& state) {
  for (const StepPath& path : unsure_steps(workflow, state)) {
    const Step& step = step_at(workflow, path);
    if (!std::holds_alternative<ActionStep>(step.what)) continue;
    if (kills(catalog, state, step, path)) continue;  // its sentence says that a retry begins it again
    return Error{ErrorCode::conflict, "it is not known whether " + label_of(workflow, path) +
                                          " happened, and nothing is sent twice unasked: look at the far side, then "
                                          "\"millrace runs resolve\" with --happened, or with --did-not-happen to have "
                                          "it sent again"};
  }
  return Done{};
}

/// What is done at the end of a run belongs to that end, and is done anew at the next one.
Status end_not_unsure(const Workflow& workflow, const RunState& state) {
  for (const StepPath& path : unsure_steps(workflow, state)) {
    const bool sends = std::holds_alternative<ActionStep>(step_at(workflow, path).what);
    if (path.front() == 0 || !sends) continue;
    return Error{ErrorCode::conflict, "it is not known whether " + label_of(workflow, path) +
                                          ", at the end of the run, happened, and nothing is sent twice unasked: look "
                                          "at the far side; with --from a step it is done again from there, its end, "
                                          "too"};
  }
  return Done{};
}

Error has_ended_already() { return {ErrorCode::conflict, "the run has ended already"}; }

Error has_been_called_off() { return {ErrorCode::conflict, "the run has been called off"}; }

RunProgress called_off(RunHead head, const std::string& why, Timestamp now) {
  head.outcome = RunOutcome::cancelled;
  head.left_out = !head.started;
  head.ended = now;
  head.wake_at.reset();
  head.foreground = false;
  head.note = why;
  return {std::move(head), false, {}};
}

/// Of a run that waits for its turn, or was left out: there is no state that an event could change.
Result<RunProgress> order_on_unbegun(const Order& order, const StoredRun& run, const Workflow& workflow,
                                     Timestamp now) {
  RunHead head = run.head;
  const bool waits = head.outcome == RunOutcome::running, parked = head.outcome == RunOutcome::parked;
  if (order.kind == Order::Kind::cancel)
    return waits || parked ? called_off(std::move(head), order.why, now) : Result<RunProgress>(has_ended_already());
  if (waits) return Error{ErrorCode::conflict, "the run waits for its turn, and has not begun"};
  if (order.kind != Order::Kind::retry) return Error{ErrorCode::conflict, "the run was left out, and never began"};
  if (workflow.mode == "paused")
    return Error{ErrorCode::conflict, "the run never began, and its workflow says mode: paused"};
  const LaneChoice lane = TRY(lane_for(workflow, run.event.payload, run.event.delivery));
  head.version = fingerprint(workflow.source->text);
  head.lane = stored_lane(lane.lane);
  // Never the other way: what came of a dry run, or was accepted as one, does not become live.
  head.live = head.live && workflow.mode == "live";
  head.outcome = RunOutcome::running;
  head.left_out = false;
  head.started.reset();
  head.ended.reset();
  head.starts = 0;
  head.note.clear();
  return RunProgress{std::move(head), false, {}};
}

}  // namespace

Result<RunProgress> order_on_stored(const Order& order, const StoredRun& run, const Workflow& workflow, Timestamp now) {
  if (run.events.empty()) return order_on_unbegun(order, run, workflow, now);
  RunProgress progress;
  progress.events.push_back(TRY(order.event(workflow, state_after(workflow, run.events))));
  progress.head = run.head;
  progress.head.outcome = RunOutcome::running;
  progress.head.ended.reset();
  progress.head.wake_at.reset();
  progress.head.starts = 0;
  progress.head.foreground = false;
  return progress;
}

Result<RunProgress> order_on_unreadable(const Order& order, const RunHead& head, const std::string& why,
                                        Timestamp now) {
  if (order.kind != Order::Kind::cancel) return Error{ErrorCode::conflict, "the run cannot go on: " + why};
  if (has_ended(head.outcome) && head.outcome != RunOutcome::parked) return has_ended_already();
  return called_off(head, order.why, now);
}

Order order_to_cancel(std::string why, Timestamp now) {
  Order order{Order::Kind::cancel, "cancel", "", why, {}};
  order.event = [why = std::move(why), now](const Workflow& workflow, const RunState& state) -> Result<RunEvent> {
    const bool parked = state.outcome == RunOutcome::parked;
    if (state.finished() && !parked) return has_ended_already();
    if (called_off(state) && !parked) return has_been_called_off();
    return cancellation(why + what_is_unclear(workflow, state), now);
  };
  return order;
}

Order order_to_retry(std::string from_step, const Catalog& catalog, Timestamp now) {
  Order order{Order::Kind::retry, "retry", from_step, "", {}};
  order.event = [from_step = std::move(from_step), &catalog, now](const Workflow& workflow,
                                                                  const RunState& state) -> Result<RunEvent> {
    if (!state.finished()) return Error{ErrorCode::conflict, "the run has not ended, so it cannot be tried again"};
    if (state.outcome == RunOutcome::parked && from_step.empty()) TRY(nothing_unsure(workflow, catalog, state));
    if (from_step.empty()) TRY(end_not_unsure(workflow, state));
    if (const std::string why = from_step.empty() ? why_not_reopened(state) : ""; !why.empty())
      return Error{ErrorCode::conflict, why + "; name the step to repeat it from"};
    StepPath from;
    if (!from_step.empty()) from = TRY(top_step(workflow, from_step));
    return reopening(std::move(from), now);
  };
  return order;
}

Task<Status> check_place(const Order& order, History& history, const EventRecord& call) {
  if (order.kind != Order::Kind::retry || !order.detail.empty()) co_return Done{};
  const auto replaced = co_await was_replaced(history, call);
  if (!replaced || !*replaced) co_return Done{};
  co_return Error{ErrorCode::conflict,
                  "the step that called this run has called another one since, which is in its place; name the step to "
                  "repeat this one from"};
}

Order order_to_carry_on(const Catalog& catalog, Timestamp now) {
  Order order = order_to_retry("", catalog, now);
  order.kind = Order::Kind::carry_on;
  return order;
}

Order order_to_go_on_connected(Timestamp now) {
  Order order{Order::Kind::retry, "connected", "", "", {}};
  order.event = [now](const Workflow& workflow, const RunState& state) -> Result<RunEvent> {
    const bool waits =
        state.outcome == RunOutcome::parked && state.failure && state.failure->code == ErrorCode::unconnected;
    if (!waits) return Error{ErrorCode::conflict, "the run does not wait for a connection"};
    if (!unsure_steps(workflow, state).empty())
      return Error{ErrorCode::conflict, "a person has yet to say whether something happened"};
    return reopening_connected(now);
  };
  return order;
}

Order order_to_resolve(Resolution resolution, const Who& who, Timestamp now, const Secrets& secrets) {
  resolution.output = redacted(secrets, resolution.output);
  Order order{Order::Kind::resolve,
              "resolve",
              resolution.step + (resolution.happened ? " happened" : " did not happen"),
              "",
              {}};
  order.event = [resolution = std::move(resolution), who, now](const Workflow& workflow,
                                                               const RunState& state) -> Result<RunEvent> {
    if (called_off(state)) return has_been_called_off();
    if (!is_parked(state) && !unsure_steps(workflow, state).empty())
      return Error{
          ErrorCode::conflict,
          "the run does not wait for this: it has come to another end. \"millrace runs retry\" goes on with it, "
          "and asks what happened before anything is done again"};
    StepPath path = TRY(step_named(workflow, resolution.step, unsure_steps(workflow, state), "is unsure"));
    return millrace::resolution(std::move(path), resolution.happened, resolution.output, who, now);
  };
  return order;
}

Order order_to_approve(Approval said, const Who& who, Timestamp now, const Secrets& secrets) {
  secrets.redact_in_place(said.comment);
  Order order{Order::Kind::approve, said.yes ? "approve" : "reject", said.comment, "", {}};
  order.event = [said = std::move(said), who, now](const Workflow& workflow,
                                                   const RunState& state) -> Result<RunEvent> {
    const auto waiting = waiting_for_approval(workflow, state);
    if (!waiting) return Error{ErrorCode::conflict, "the run does not wait for an approval"};
    if (is_called_off(state, waiting->front())) return has_been_called_off();
    if (!said.step.empty() && said.step != render(*waiting))
      return Error{ErrorCode::conflict, "the run waits for another approval by now, at the step " +
                                            label_of(workflow, *waiting) + " (" + render(*waiting) + ")"};
    const auto until = time_to_answer(workflow, state);
    if (until && now >= *until) {
      const std::chrono::seconds ago(now.seconds - until->seconds);
      return Error{ErrorCode::conflict, "the time to answer ended " + render(Duration(ago)) + " ago"};
    }
    return approval(*waiting, said.yes, who, said.comment, now);
  };
  return order;
}

Entry pause_entry(const std::string& workflow, bool on, Who who, Timestamp now) {
  Entry entry;
  const std::string key = workflow.empty() ? paused_key : paused_prefix + workflow;
  const Value pause = on ? Value::object({{"by", who}, {"since", render(now)}}) : Value();
  entry.states.push_back({engine_owner, key, pause});
  if (!on && workflow.empty()) entry.states.push_back({engine_owner, restored_key, Value()});
  if (!on) entry.states.push_back(workflow.empty() ? all_resumed(now) : watched_since(workflow, now));
  entry.audit.push_back({now, std::move(who), on ? "pause" : "resume", workflow.empty() ? "everything" : workflow, ""});
  return entry;
}

}  // namespace millrace
