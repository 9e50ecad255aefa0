#include "decider/decide.hpp"

#include <algorithm>
#include <utility>

#include "base/fnv.hpp"
#include "decider/decider.hpp"
#include "decider/walk.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

/// Once the events of a decision hold more, they are written before anything further begins: what a loop's former
/// rounds made is not in memory any more when the next one makes something.
constexpr std::size_t most_at_once = std::size_t{16} << 20;

/// After so many steps of expressions a decision is broken off; an event is about the work of so many.
constexpr std::int64_t most_steps = 300'000, steps_an_event = 100;

/// A number below `range` that is the same each time it is asked for, so that a decision can be made again.
std::int64_t spread(const std::string& seed, std::int64_t range) {
  return range <= 0 ? 0 : static_cast<std::int64_t>(fnv1a(seed) % static_cast<std::uint64_t>(range));
}

/// When the next attempt is due: the delay doubles where asked for, and a tenth of it is spread, so that many do not
/// come back at once.
Timestamp again_at(const RetryPolicy& retry, int attempts, const std::string& seed, Timestamp now) {
  Duration delay = retry.delay;
  for (int i = 1; retry.exponential && i < attempts && delay < retry.max_delay; ++i) delay *= 2;
  delay = std::min(delay, retry.max_delay);
  delay += Duration(spread(seed, delay.count() / 10));
  const auto due = add(now, delay);
  return due ? *due : now;
}

bool worth_another_try(const Error& failure, const Step& step) {
  switch (failure.code) {
    case ErrorCode::invalid:
    case ErrorCode::denied:
    case ErrorCode::cancelled:
    case ErrorCode::limited:
    case ErrorCode::internal:
    case ErrorCode::unconnected:  // trying again does not cure it
      return false;
    case ErrorCode::unsure:
      return step.if_unsure == IfUnsure::try_again;
    case ErrorCode::not_found:
    case ErrorCode::conflict:
    case ErrorCode::timeout:
    case ErrorCode::unavailable:
      return true;
  }
  return false;
}

}  // namespace

Decision decide(const Workflow& workflow, const Catalog& catalog, RunState& state, Timestamp now, Witness* witness,
                std::optional<Timestamp> lasting) {
  return Decider(workflow, catalog, state, now, lasting.value_or(now), witness).run();
}

RunEvent start_event(Value event, Value run, Timestamp now, Value today, Value delivery) {
  return {now, RunStarted{std::move(event), std::move(run), std::move(today), now, std::move(delivery)}};
}

RunEvent step_outcome(StepPath path, Result<Value> outcome, Timestamp now) {
  if (!outcome) return {now, ActionFailed{std::move(path), outcome.error()}};
  return {now, StepSucceeded{std::move(path), std::move(*outcome)}};
}

RunEvent cancellation(std::string why, Timestamp now) {
  return {now, RunStopping{RunOutcome::cancelled, Error{ErrorCode::cancelled, std::move(why)}}};
}

Decision Decider::run() {
  if (!state_.finished()) advance_run();
  return std::move(decision_);
}

void Decider::advance_run() {
  if (state_.names.find("vars")->is_null()) make_vars();
  while (true) {
    BlockState& block = state_.phases[state_.phase];
    const auto stopping = state_.stopping;
    const Progress progress =
        advance_block(block, steps_of_phase(workflow_, state_.phase), {state_.phase}, state_.names);
    if (decision_.goes_on) return;
    if (progress == Progress::working) {
      if (state_.stopping != stopping) continue;  // to what was passed before it was clear
      if (state_.stopping == RunOutcome::parked && !anything_under_way()) finish_run();
      return;
    }
    if (progress == Progress::failed && !state_.stopping) stop_run(RunOutcome::failed, block.steps.back().failure);
    // A parked run waits for a person: it has not come to its end, so nothing that belongs there runs.
    if (state_.phase == 2 || state_.stopping == RunOutcome::parked) return finish_run();
    const bool failed = state_.stopping == RunOutcome::failed || state_.stopping == RunOutcome::stopped_by_safety;
    emit(PhaseOpened{state_.phase == 0 && failed && !workflow_.on_failure.empty() ? 1u : 2u});
  }
}

bool Decider::waits_for_person() const { return !state_.stopping || *state_.stopping == RunOutcome::parked; }

bool Decider::anything_under_way() const {
  bool found = false;
  visit_steps(workflow_, state_, [&found](const StepPath&, const Step& step, const StepState& at, const Bindings&) {
    found = found || is_under_way(step, at);
  });
  return found;
}

void Decider::make_vars() {
  auto made = workflow_.vars.evaluate(state_.names);
  if (made) {
    const auto kept = may_hold(state_, *made);
    if (!kept) made = kept.error();
  }
  emit(VarsSet{made && made->is_map() ? *made : Value(Map())});
  if (!made) stop_run(RunOutcome::failed, made.error().within("vars"));
}

void Decider::finish_run() { emit(RunFinished{state_.stopping.value_or(RunOutcome::completed), state_.failure}); }

Decider::Progress Decider::advance_block(BlockState& block, const Steps& steps, StepPath path, const Bindings& outer) {
  if (block.item) block.names.set_parent(&outer);
  const Bindings& names = block.item ? block.names : outer;
  path.push_back(0);
  for (std::size_t at = block.steps.empty() ? 0 : block.steps.size() - 1; at < steps.size(); ++at) {
    if (block.steps.size() <= at) {
      if (stopping()) return left_off();
      block.steps.emplace_back();
    }
    path.back() = static_cast<std::uint32_t>(at);
    const Progress progress = advance_step({block.steps[at], steps[at], path, names});
    if (progress != Progress::done) return progress;
    if (block.steps[at].status == StepStatus::succeeded) stop_if_empty(steps[at], names);
  }
  return Progress::done;
}

Result<Value> Decider::condition(const PlacedExpression& expression, const Spot& spot) {
  auto value = expression.expression.evaluate(spot.names);
  if (witness_ != nullptr) witness_->condition(label_of(workflow_, spot.path), expression, value, spot.names);
  if (value && !value->is(Kind::boolean) && !value->is_unknown()) {
    value = Error{ErrorCode::invalid, "the condition \"" + expression.expression.text() + "\" gives " +
                                          std::string(name_of(value->kind())) + ", not true or false"};
  }
  if (value) return value;
  Error failure = value.error();
  if (!failure.at) failure.at = expression.at;
  return failure;
}

Decider::Progress Decider::undecided(const Spot& spot, const Value& unknown) {
  emit(StepUndecided{spot.path, unknown});
  return Progress::done;
}

Decider::Progress Decider::advance_step(const Spot& spot) {
  if (gives_way()) return Progress::working;
  if (spot.state.handling) return advance_handler(spot);
  if (spot.state.reported) {
    Error failure = *spot.state.reported;
    return fail_step(spot, std::move(failure));
  }
  // It is left as it is, with all around it, until a person has said what happened, or has connected.
  if (spot.state.needs_person() && state_.phase == 0 && waits_for_person()) return Progress::working;
  if (spot.state.finished()) return spot.state.failed_for_good() ? Progress::failed : Progress::done;
  if (spot.state.status == StepStatus::waiting) {
    if (stopping()) return left_off();
    if (spot.state.again_at && lasting_ < *spot.state.again_at) {
      wake_at(*spot.state.again_at);
      return Progress::working;
    }
    if (decision_.bytes > most_at_once) {
      wake_at(lasting_);
      return Progress::working;
    }
    return begin_step(spot);
  }
  watch_time(spot);
  return spot.state.cancelling ? call_off(spot) : advance_inside(spot);
}

/// Nothing new begins inside. When nothing there is under way any more the step has failed, whatever has come of it:
/// that is a failure like others, which the step's own `retry` and `on_error` may answer.
Decider::Progress Decider::call_off(const Spot& spot) {
  ++cancelling_;
  const Progress inside = advance_open(spot);
  --cancelling_;
  if (inside == Progress::working) return inside;
  return fail_step(spot, Error{ErrorCode::cancelled, "called off"});
}

/// A step or a group that takes longer than its `timeout`, or that runs when the run is called off, is cancelled with
/// all inside.
void Decider::watch_time(const Spot& spot) {
  if (spot.state.cancelling) return;
  bool over = called_off();
  if (spot.step.timeout) {
    const auto anew = spot.state.over_at ? std::nullopt : time_is_over(spot.step);
    if (anew) emit(TimeRenewed{spot.path, *anew});
    over = over || (spot.state.over_at && lasting_ >= *spot.state.over_at);
    if (!over && spot.state.over_at) wake_at(*spot.state.over_at);
  }
  if (!over) return;
  emit(CancelAsked{spot.path});
  Command cancel;
  cancel.type = Command::Type::cancel;
  cancel.path = spot.path;
  decision_.commands.push_back(std::move(cancel));
}

Decider::Progress Decider::begin_step(const Spot& spot) {
  if (spot.step.condition && spot.state.attempts == 0) {
    const auto holds = condition(*spot.step.condition, spot);
    if (!holds) return fail_step(spot, holds.error());
    if (holds->is_unknown()) return undecided(spot, *holds);
    if (!holds->is_true()) {
      emit(StepSkipped{spot.path, spot.step.condition->expression.text()});
      return Progress::done;
    }
  }
  const Progress progress = std::visit([&](const auto& what) { return begin(what, spot); }, spot.step.what);
  if (progress == Progress::working && spot.state.status == StepStatus::running) watch_time(spot);
  return progress;
}

/// The step's own failure, told with its name. What it means is decided in `settle`.
Decider::Progress Decider::fail_step(const Spot& spot, Error failure) {
  if (spot.state.cancelling && failure.code == ErrorCode::cancelled && spot.step.timeout && !called_off()) {
    failure = Error{ErrorCode::timeout, "not done within " + render(*spot.step.timeout)};
  }
  const std::string label = label_of(workflow_, spot.path);
  return settle(spot, label.empty() ? std::move(failure) : failure.within(label));
}

Decider::Progress Decider::settle(const Spot& spot, Error failure) {
  // Nobody is asked about a message: it is sent once more, and the question stays where it could not be.
  if (telling_ > 0 && (failure.code == ErrorCode::unsure || failure.code == ErrorCode::unconnected))
    failure.code = ErrorCode::unavailable;
  const int attempts = spot.step.if_unsure == IfUnsure::try_again && failure.code == ErrorCode::unsure
                           ? std::max(2, spot.step.retry.attempts)
                           : spot.step.retry.attempts;
  const bool again = worth_another_try(failure, spot.step) && !kills(catalog_, state_, spot.step, spot.path);
  if (spot.state.attempts < attempts && spot.state.attempts > 0 && again && (!stopping() || rests())) {
    const Timestamp due = again_at(spot.step.retry, spot.state.attempts, render(spot.path), lasting_);
    emit(StepFailed{spot.path, std::move(failure), due});
    if (rests()) return Progress::stopped;
    wake_at(due);
    return Progress::working;
  }
  const bool unsure = failure.code == ErrorCode::unsure, waits = failure.code == ErrorCode::unconnected;
  const bool goes_on = spot.step.on_error != OnError::stop && !is_final(failure.code);
  emit(StepFailed{spot.path, failure, std::nullopt, goes_on});
  if (failure.code == ErrorCode::limited) stop_for_safety(failure);
  if ((unsure || waits) && state_.phase == 0 && performs(spot.step)) {  // what is around it passes it on
    if (!state_.stopping) stop_run(RunOutcome::parked, failure);
    if (waits_for_person()) return Progress::working;
    if (waits) return Progress::failed;
    tell_at_end(failure);
    return Progress::failed;
  }
  if (unsure && state_.stopping && performs(spot.step)) tell_at_end(failure);
  if (!goes_on) return Progress::failed;
  if (spot.step.on_error == OnError::proceed) return Progress::done;
  emit(HandlerOpened{spot.path});
  return advance_handler(spot);
}

Decider::Progress Decider::advance_handler(const Spot& spot) {
  StepPath inside = spot.path;
  inside.push_back(handler_block);
  BlockState& block = spot.state.blocks.front();
  const Progress progress = advance_block(block, spot.step.error_steps, inside, spot.names);
  if (progress == Progress::working || progress == Progress::stopped) return progress;
  if (progress == Progress::failed && (cancelling_ > 0 || called_off())) return Progress::stopped;
  if (progress == Progress::failed) {
    emit(StepFailed{spot.path, *block.steps.back().failure});
    return progress;
  }
  emit(BlockClosed{spot.path, handler_block});
  return Progress::done;
}

Decider::Progress Decider::finish_step(const Spot& spot, Value output) {
  emit(StepSucceeded{spot.path, std::move(output)});
  return Progress::done;
}

/// `stop_if_empty` names a list in a step's result; it is looked at when that step is done.
void Decider::stop_if_empty(const Step& step, const Bindings& names) {
  const auto& expression = workflow_.safety.stop_if_empty;
  if (!expression || step.id.empty() || (state_.stopping && !rests())) return;
  const std::string& text = expression->expression.text();
  const std::string root = text.substr(0, text.find_first_of(".[ "));
  if (root != step.id) return;
  const auto list = expression->expression.evaluate(names);
  if (!list) return stop_for_safety(list.error().within("stop_if_empty"));
  const bool empty =
      list->is_null() || (list->is_list() && list->list().empty()) || (list->is_map() && list->map().empty());
  if (!empty) return;
  stop_for_safety(Error{ErrorCode::limited, "stopped by safety: \"" + text +
                                                "\" is empty, and stop_if_empty says that this is not normal"});
}

/// Also where the run waits for a person: its end tells of what is not known, too.
void Decider::stop_for_safety(Error failure) {
  if (state_.stopping && !rests()) return;
  if (state_.failure) failure.message += "; " + state_.failure->message;
  stop_run(RunOutcome::stopped_by_safety, std::move(failure));
}

void Decider::stop_run(RunOutcome outcome, std::optional<Error> failure) {
  emit(RunStopping{outcome, std::move(failure)});
}

/// The run is coming to another end, such as being called off, or is there: it says there what is not known.
void Decider::tell_at_end(const Error& failure) {
  Error both = state_.failure ? *state_.failure : failure;
  if (state_.failure) both.message += "; " + failure.message;
  stop_run(*state_.stopping, std::move(both));
}

void Decider::start_step(const Spot& spot, Value input) {
  emit(StepStarted{spot.path, std::move(input), time_is_over(spot.step)});
}

void Decider::emit(Happening what) {
  RunEvent event{now_, std::move(what)};
  const std::size_t before = state_.held;
  fold(workflow_, state_, event);
  decision_.bytes += state_.held - before;
  decision_.events.push_back(std::move(event));
}

/// When the time of a step that begins now is over; nothing where it has none.
std::optional<Timestamp> Decider::time_is_over(const Step& step) const {
  if (!step.timeout) return std::nullopt;
  const auto due = add(lasting_, *step.timeout);
  return due ? std::optional(*due) : std::nullopt;
}

bool Decider::gives_way() {
  const auto events = static_cast<std::int64_t>(decision_.events.size());
  decision_.goes_on = decision_.goes_on || steps_taken() - steps_before_ + events * steps_an_event > most_steps;
  return decision_.goes_on;
}

void Decider::wake_at(Timestamp time) {
  if (!decision_.wake_at || time < *decision_.wake_at) decision_.wake_at = time;
}

}  // namespace millrace
