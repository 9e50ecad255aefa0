#include <utility>

#include "decider/decider.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

/// When `time` of the clock that shows `now` comes by the one that shows `lasting`.
Timestamp seen_from(Timestamp now, Timestamp lasting, Timestamp time) {
  time.seconds += lasting.seconds - now.seconds;
  time.nanos += lasting.nanos - now.nanos;
  const std::int32_t carried = time.nanos < 0 ? -1 : time.nanos >= 1'000'000'000 ? 1 : 0;
  time.seconds += carried;
  time.nanos -= carried * 1'000'000'000;
  return time;
}

Value wait_output(Timestamp until) { return Value::object({{"until", until}}); }

}  // namespace

RunEvent waited(StepPath path, Timestamp until, Timestamp now) {
  return step_outcome(std::move(path), wait_output(until), now);
}

void Decider::order_wait(Command::Type type, const StepPath& path, Timestamp until) {
  Command wait;
  wait.type = type;
  wait.path = path;
  wait.until = until;
  decision_.commands.push_back(std::move(wait));
}

Decider::Progress Decider::begin(const WaitBlock& what, StepState& state, const Step& step, const StepPath& path,
                                 const Bindings& names) {
  std::optional<Timestamp> due;
  if (what.time) {
    const auto later = add(lasting_, *what.time);
    if (!later) return fail_step(state, step, path, names, later.error());
    due = *later;
  } else if (what.until) {
    const auto until = what.until->expression.evaluate(names);
    if (!until) return fail_step(state, step, path, names, until.error());
    if (until->is_unknown()) return undecided(path, *until);
    if (!until->is(Kind::timestamp)) {
      return fail_step(state, step, path, names,
                       Error{ErrorCode::invalid, "wait until \"" + what.until->expression.text() + "\" gives " +
                                                     std::string(name_of(until->kind())) + ", not a time"});
    }
    due = until->timestamp();
  }
  start_step(step, path);
  emit(StepWaiting{path, due});
  const Progress progress = advance_wait(state, step, path, names);
  if (progress == Progress::working) order_wait(Command::Type::wait, path, *due);
  return progress;
}

Decider::Progress Decider::begin(const ApproveBlock& what, StepState& state, const Step& step, const StepPath& path,
                                 const Bindings& names) {
  const auto message = what.message.evaluate(names);
  if (!message) return fail_step(state, step, path, names, message.error());
  std::optional<Timestamp> expires;
  if (what.expires) {
    const auto later = add(lasting_, *what.expires);
    if (!later) return fail_step(state, step, path, names, later.error());
    expires = *later;
  }
  start_step(step, path);
  emit(StepWaiting{path, expires, *message});
  const Progress progress = advance_wait(state, step, path, names);
  if (progress == Progress::working) order_wait(Command::Type::ask, path, {});
  return progress;
}

Decider::Progress Decider::begin(const CallBlock& what, StepState& state, const Step& step, const StepPath& path,
                                 const Bindings& names) {
  auto event = what.with.evaluate(names);
  const Status kept = event ? may_hold(state_, *event) : event.error();
  if (!kept) return fail_step(state, step, path, names, kept.error());
  start_step(step, path, event->is_null() ? Value(Map()) : *event);
  Command call;
  call.type = Command::Type::call;
  call.path = path;
  call.called = &what;
  call.input = state.input;
  call.begun = state.begun;
  decision_.commands.push_back(std::move(call));
  watch_time(state, step, path);
  return Progress::working;
}

/// Of wait and approve: whether the time has come, or somebody has spoken.
Decider::Progress Decider::advance_wait(StepState& state, const Step& step, const StepPath& path,
                                        const Bindings& names) {
  if (state.cancelling || cancelling_ > 0)
    return fail_step(state, step, path, names, Error{ErrorCode::cancelled, "called off"});
  const auto* wait = std::get_if<WaitBlock>(&step.what);
  const bool by_clock = wait != nullptr && wait->until.has_value();
  const bool due = state.waits_until && (by_clock ? now_ : lasting_) >= *state.waits_until;
  if (wait != nullptr) {
    if (due) return finish_step(path, wait_output(*state.waits_until));
  } else if (state.answer) {
    const auto& [answered, approved, by, comment] = *state.answer;
    if (approved) return finish_step(path, Value::object({{"approved", true}, {"by", by}, {"comment", comment}}));
    return fail_step(state, step, path, names,
                     Error{ErrorCode::denied, by + " did not agree" + (comment.empty() ? "" : ": " + comment)});
  } else if (due) {
    return fail_step(state, step, path, names, Error{ErrorCode::timeout, "nobody has agreed in time"});
  }
  if (state.waits_until) wake_at(by_clock ? seen_from(now_, lasting_, *state.waits_until) : *state.waits_until);
  watch_time(state, step, path);
  return Progress::working;
}

}  // namespace millrace
