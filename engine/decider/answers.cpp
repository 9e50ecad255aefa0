#include <algorithm>
#include <utility>

#include "catalog/arguments.hpp"
#include "catalog/probe.hpp"
#include "catalog/request.hpp"
#include "decider/decide.hpp"
#include "decider/reopen.hpp"
#include "decider/walk.hpp"
#include "value/extent.hpp"

namespace millrace {

RunEvent approval(StepPath path, bool yes, std::string by, std::string comment, Timestamp now) {
  return {now, AnswerGiven{std::move(path), yes, std::move(by), std::move(comment)}};
}

RunEvent question_prepared(StepPath path, Value facts, Timestamp now) {
  return {now, QuestionPrepared{std::move(path), std::move(facts)}};
}

RunEvent resolution(StepPath path, bool happened, Value output, std::string by, Timestamp now) {
  return {now, StepResolved{std::move(path), happened, std::move(output), std::move(by)}};
}

RunEvent reopening(StepPath from, Timestamp now) { return {now, RunReopened{std::move(from)}}; }

RunEvent reopening_connected(Timestamp now) { return {now, RunReopened{{}, true}}; }

std::string why_not_reopened(const RunState& state) {
  if (state.outcome == RunOutcome::completed) return "the run is completed";
  if (state.ended_itself)
    return "the run was ended by a stop of its own, and what stands behind that is not to be done";
  if (state.outcome == RunOutcome::cancelled || state.outcome == RunOutcome::parked) return "";
  const bool any = std::any_of(std::begin(state.phases), std::end(state.phases), any_failed);
  return any ? "" : "none of the run's steps failed, so there is nothing to try again";
}

namespace {

struct Asking {
  StepPath path;
  std::optional<Timestamp> until;
};

bool asks(const Step& step, const StepState& at) {
  return std::holds_alternative<ApproveBlock>(step.what) && at.status == StepStatus::running && !at.answer;
}

std::optional<Asking> first_asking(const Workflow& workflow, const RunState& state) {
  std::optional<Asking> found;
  visit_steps(workflow, state, [&found](const StepPath& path, const Step& step, const StepState& at, const Bindings&) {
    if (!asks(step, at) || found) return;
    found = Asking{path, at.waits_until};
    if (at.over_at && (!found->until || *at.over_at < *found->until)) found->until = at.over_at;
  });
  return found;
}

/// Whether the path is one of `places`, or inside one.
bool inside(const StepPath& path, const std::vector<StepPath>& places) {
  return std::any_of(places.begin(), places.end(), [&path](const StepPath& place) {
    return path.size() >= place.size() && std::equal(place.begin(), place.end(), path.begin());
  });
}

}  // namespace

bool is_asking(const Workflow& workflow, const RunState& state, const StepPath& asked) {
  bool found = false;
  visit_steps(workflow, state, [&](const StepPath& path, const Step& step, const StepState& at, const Bindings&) {
    found = found || (path == asked && asks(step, at));
  });
  return found;
}

std::optional<StepPath> waiting_for_approval(const Workflow& workflow, const RunState& state) {
  auto asking = first_asking(workflow, state);
  return asking ? std::optional(std::move(asking->path)) : std::nullopt;
}

std::optional<Timestamp> time_to_answer(const Workflow& workflow, const RunState& state) {
  const auto asking = first_asking(workflow, state);
  return asking ? asking->until : std::nullopt;
}

std::vector<StepPath> unsure_steps(const Workflow& workflow, const RunState& state) {
  std::vector<StepPath> found;
  visit_steps(workflow, state, [&found](const StepPath& path, const Step&, const StepState& at, const Bindings&) {
    if (at.status == StepStatus::unsure) found.push_back(path);
  });
  return found;
}

std::vector<std::string> unsure_failures(const Workflow& workflow, const RunState& state) {
  std::vector<std::string> found;
  visit_steps(workflow, state, [&found](const StepPath&, const Step&, const StepState& at, const Bindings&) {
    if (at.status == StepStatus::unsure && at.failure) found.push_back(at.failure->message);
  });
  return found;
}

std::vector<Command> interrupted(const Workflow& workflow, const Catalog& catalog, const RunState& state) {
  std::vector<Command> commands;
  if (state.finished()) return commands;
  std::vector<StepPath> called_off;
  visit_steps(workflow, state, [&](const StepPath& path, const Step& step, const StepState& at, const Bindings& names) {
    if (at.cancelling) called_off.push_back(path);
    Command command;
    command.path = path;
    if (asks(step, at) && !at.prepared) {
      command.type = Command::Type::prepare;
      commands.push_back(std::move(command));
      return;
    }
    if (!is_under_way(step, at)) return;
    command.called_off = is_called_off(state, path.front()) || inside(path, called_off);
    command.input = at.input;
    if (const auto* call = std::get_if<CallBlock>(&step.what)) {
      command.type = Command::Type::call;
      command.called = call;
      command.begun = at.begun;
      command.attempt = at.attempts;
    } else {
      command.step = &std::get<ActionStep>(step.what);
      const Action* action = catalog.find_action(command.step->action);
      if (action != nullptr) {
        auto complete = with_columns(*action, at.input, command.step->with, names);
        if (complete) command.input = std::move(*complete);
      }
    }
    commands.push_back(std::move(command));
  });
  return commands;
}

bool kills(const Catalog& catalog, const RunState& state, const Step& step, const StepPath& path) {
  constexpr int most_of_library = 2, most_of_request = 10;
  const auto* what = std::get_if<ActionStep>(&step.what);
  const auto deaths = state.deaths.find(path);
  if (what == nullptr || deaths == state.deaths.end()) return false;
  const Action* action = catalog.find_action(what->action);
  return deaths->second >= (action != nullptr && action->request ? most_of_request : most_of_library);
}

Status may_hold(RunState& state, const Value& value) {
  constexpr int deepest = 100;  // the journal reads twice as much, for what is laid around it
  constexpr std::size_t most = std::size_t{256} << 20;
  if (deeper_than(value, deepest))
    return Error{ErrorCode::invalid, "a value is nested deeper than " + std::to_string(deepest) + " levels"};
  const std::size_t bytes = bytes_of(value);
  if (state.held + bytes <= most) return Done{};
  take_stock(state);
  if (state.held + bytes <= most) return Done{};
  return Error{ErrorCode::invalid, "the run would hold more than 256 MiB: take less at a time, or keep less of it"};
}

UnsureCure cure_of(const Action& action, const Step& step, const Value& input) {
  if (!writes(effect_of(action, input)) || step.if_unsure == IfUnsure::try_again) return UnsureCure::send_again;
  if (step.if_unsure == IfUnsure::ask_me) return UnsureCure::ask_person;
  const bool can_ask = probe_for(action, input) != nullptr;
  if (step.if_unsure == IfUnsure::check_first && can_ask) return UnsureCure::probe;
  if (action.repeat != Repeat::neither) return UnsureCure::send_again;
  return can_ask ? UnsureCure::probe : UnsureCure::ask_person;
}

}  // namespace millrace
