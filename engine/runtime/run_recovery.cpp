#include <map>
#include <optional>
#include <utility>

#include "catalog/probe.hpp"
#include "decider/bad_end.hpp"
#include "runtime/run.hpp"
#include "workflow/connections.hpp"

// How a run is taken up again: what it did before, and what was under way when the engine stopped.

namespace millrace {
namespace {

/// Where what was changed belongs; only its kind where no more of it was kept, and nothing for files.
ThingPlace changed_place(const ChangeMade& made, const Action* action, const std::string& location) {
  const Value* request = made.change.find("request");
  const Value& record = made.taken_back_by;
  const bool file = request == nullptr || request->is_null();
  if (action == nullptr || file) return {};
  if (!record.is_map()) return {"", kind_touched(*action), ""};
  const Value* input = record.find("input");
  return place_of(*action, input != nullptr ? *input : Value(), record.text_or("connection"), location);
}

}  // namespace

/// What counts for the limits of the new gate although it never comes there: changes that were made before, and what
/// reads gave, against which deletions are weighed.
void Run::remember(const StoredRun& stored) {
  BadEnd end;
  std::map<StepPath, Value> inputs;
  for (const RunEvent& event : stored.events) {
    end.hear(event);
    if (end.begins_again()) std::erase_if(changes_before_, [](const PastChange& each) { return each.at_bad_end; });
    if (const auto* made = std::get_if<ChangeMade>(&event.what)) {
      const Action* action = world_.catalog.find_action(made->change.text_or("action"));
      changes_before_.push_back(
          {changed_place(*made, action, head_.location), made->change.text_or("target"), made->key, end.is_reached()});
    } else if (const auto* started = std::get_if<StepStarted>(&event.what)) {
      inputs[started->path] = started->input;
    } else if (const auto* seen = std::get_if<BeforeSeen>(&event.what)) {
      looked_at_.insert(seen->key);
    } else if (const auto* done = std::get_if<StepSucceeded>(&event.what)) {
      const auto* step = std::get_if<ActionStep>(&step_at(*request_.workflow, done->path).what);
      const Action* action = step != nullptr ? world_.catalog.find_action(step->action) : nullptr;
      if (action == nullptr || action->effect != Effect::read || !action->resource) continue;
      const auto connection = connection_of(*action, step->connection, world_.project, world_.catalog);
      if (!connection) continue;
      const std::string name = *connection != nullptr ? (*connection)->name : "";
      reads_before_.push_back({action, place_of(*action, inputs[done->path], name, head_.location), done->output});
    }
  }
}

/// Of what was called off while the engine was down, or before it stopped and did not end.
Error Run::end_unseen(const Command& command) const {
  const Action* action =
      command.type == Command::Type::call ? nullptr : world_.catalog.find_action(command.step->action);
  bool may_have_written = action != nullptr && is_one_request(*action) && writes(action->effect);
  const std::size_t repetition = repetitions_of(state_, command.path);
  for (const auto& [key, answer] : state_.effects)
    may_have_written |= !answer && key.step == command.path && key.repetition == repetition && !key.inside.empty();
  if (!may_have_written) return {ErrorCode::cancelled, "called off"};
  return {ErrorCode::unsure, "the engine stopped while this was on its way, so it is not known whether it happened"};
}

/// An action or call that was under way when the engine stopped: it is not known how far it came.
void Run::recover(Command command) {
  if (command.type == Command::Type::prepare) return obey(command);
  if (command.called_off)
    return heard_.push_back({step_outcome(command.path, end_unseen(command), world_.clock.now())});
  if (command.type == Command::Type::call) {
    command.left_before = true;
    return obey(command);
  }
  const Action* action = world_.catalog.find_action(command.step->action);
  if (action == nullptr) {
    heard_.push_back(
        {step_outcome(command.path,
                      Error{ErrorCode::unsure,
                            "the engine stopped while " + command.step->action +
                                " was on its way, and its plugin is not there any more, so it is not known whether it "
                                "happened: install the plugin again and use \"millrace runs retry\", or say how it "
                                "ended with \"millrace runs resolve\""},
                      world_.clock.now())});
    return;
  }
  // A job finds in the ledger which of its writes have left, so it is simply done again.
  const UnsureCure cure = is_one_request(*action)
                              ? cure_of(*action, step_at(*request_.workflow, command.path), command.input)
                              : UnsureCure::send_again;
  switch (cure) {
    case UnsureCure::send_again:
      command.left_before = true;
      return obey(command);
    case UnsureCure::probe: {
      const std::size_t number = take_place(command.path);
      performing_[number].scope->spawn(probe(number, std::move(command)));
      return;
    }
    case UnsureCure::ask_person:
      heard_.push_back(
          {step_outcome(command.path,
                        Error{ErrorCode::unsure,
                              "the engine stopped while this was on its way, so it is not known whether it happened"},
                        world_.clock.now())});
      return;
  }
}

/// Asks the far side whether a write happened, and does it where it did not.
Task<void> Run::probe(std::size_t number, Command command) {
  const StepPath path = command.path;
  const Action* action = world_.catalog.find_action(command.step->action);
  const Action* question = world_.catalog.find_action(action->probe->action);
  const auto connection = connection_of(*action, command.step->connection, world_.project, world_.catalog);
  if (question == nullptr || !connection) {
    tell(number, Error{ErrorCode::unsure, "it cannot be asked whether this happened"});
    co_return;
  }
  gate();
  Value asked = question_of(*action->probe, command.input);
  CallSite site = site_of(path, *question, asked, *connection);
  const Timestamp since = site.now;
  auto answer = co_await performer_->perform(*question, *connection, std::move(asked), std::move(site));
  auto told = told_by(*action->probe, command.input, answer, since);
  if (!told || *told) {
    tell(number, told ? Result<Value>(**std::move(told)) : told.error());
    co_return;
  }
  auto outcome = co_await outcome_of(path, *command.step, std::move(command.input), false);
  tell(number, std::move(outcome));
}

}  // namespace millrace
