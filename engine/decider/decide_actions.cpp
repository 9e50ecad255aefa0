#include <algorithm>
#include <utility>

#include "catalog/arguments.hpp"
#include "decider/decider.hpp"

namespace millrace {

namespace {

/// What the schema finds wrong with an input, as one sentence.
Status fits(const Action& action, const Value& input) {
  if (action.input == nullptr) return Done{};
  const auto problems = action.input->check(input);
  if (problems.empty()) return Done{};
  const std::string& pointer = problems.front().pointer;
  return Error{ErrorCode::invalid, (pointer.empty() ? "" : pointer.substr(1) + ": ") + problems.front().message};
}

/// A null says the same as leaving the input out, so that an optional input may come from a field that is not there.
Value without_nulls(const Action& action, Value written) {
  const Map& members = written.map();
  if (std::none_of(members.begin(), members.end(), [](const auto& member) { return member.second.is_null(); }))
    return written;
  Map input;
  for (const auto& [name, value] : members) {
    if (!value.is_null() || action.inputs().property(name.text()).allows("null")) input.set(name, value);
  }
  return input;
}

}  // namespace

Result<Value> Decider::input_of(const ActionStep& what, const Action& action, const Bindings& names) const {
  Value written = TRY(what.with.evaluate(names));
  if (!written.is_map()) written = Value(Map());
  const Value complete = without_nulls(action, std::move(written));
  const auto closures = what.with.closures();
  if (closures.empty()) {
    TRY(fits(action, complete));
    return complete;
  }
  // What an expression gives is only known item by item.
  Map checked = complete.map();
  for (const auto& closure : closures) checked.set(closure.name, Value::unknown(closure.name));
  TRY(fits(action, Value(std::move(checked))));
  return complete;
}

/// What the action will ask of each item of a list, shown to the witness.
void Decider::show_closures(const ActionStep& what, const Value& input, const Spot& spot) const {
  if (witness_ == nullptr) return;
  for (const ExpressionUse& use : what.uses) {
    const Value* items = use.role == ExpressionUse::Role::closure ? input.find(use.element_of) : nullptr;
    if (items == nullptr || !items->is_list()) continue;
    witness_->each(label_of(workflow_, spot.path), use.expression, use.parameter, items->list(), spot.names);
  }
}

Decider::Progress Decider::begin(const ActionStep& what, const Spot& spot) {
  const Action* action = catalog_.find_action(what.action);
  if (action == nullptr) {
    const std::string why = catalog_.why_unusable(what.action);
    const std::string gone = why.empty() ? "there is no action \"" + what.action + "\" any more" : "it " + why;
    return fail_step(spot, Error{ErrorCode::not_found, gone});
  }
  auto input = input_of(what, *action, spot.names);
  if (!input) return fail_step(spot, input.error());
  const auto held = may_hold(state_, *input);
  if (!held) return fail_step(spot, held.error());
  start_step(spot, *input);
  show_closures(what, *input, spot);
  if (!action->result) {
    auto complete = with_columns(*action, std::move(*input), what.with, spot.names);
    if (!complete) return fail_step(spot, complete.error());
    Command perform;
    perform.path = spot.path;
    perform.step = &what;
    perform.input = std::move(*complete);
    decision_.commands.push_back(std::move(perform));
    watch_time(spot);
    return Progress::working;
  }
  auto result = pure_result(*action, *input, what.with.closures(), spot.names);
  const Status kept = result ? may_hold(state_, *result) : result.error();
  if (!kept) return fail_step(spot, kept.error());
  return finish_step(spot, std::move(*result));
}

Decider::Progress Decider::begin(const SetBlock& what, const Spot& spot) {
  auto values = what.values.evaluate(spot.names);
  const Status kept = values ? may_hold(state_, *values) : values.error();
  if (!kept) return fail_step(spot, kept.error());
  if (spot.step.id.empty()) emit(VarsSet{*values});
  return finish_step(spot, std::move(*values));
}

Decider::Progress Decider::begin(const StopBlock& what, const Spot& spot) {
  const auto message = what.message.evaluate(spot.names);
  if (!message) return fail_step(spot, message.error());
  const std::string said = message->is_text() ? message->text() : "";
  finish_step(spot, Value::object({{"outcome", what.outcome}, {"message", said}}));
  if (what.outcome == "failed") {
    stop_run(RunOutcome::failed, Error{ErrorCode::invalid, said.empty() ? "stopped by the workflow" : said});
  } else {
    stop_run(what.outcome == "skipped" ? RunOutcome::skipped : RunOutcome::completed, std::nullopt);
  }
  return Progress::done;
}

}  // namespace millrace
