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

void Decider::order_wait(Command::Type type, const Spot& spot, Timestamp until) {
  Command wait;
  wait.type = type;
  wait.path = spot.path;
  wait.until = until;
  decision_.commands.push_back(std::move(wait));
}

Decider::Progress Decider::begin(const WaitBlock& what, const Spot& spot) {
  std::optional<Timestamp> due;
  if (what.time) {
    const auto later = add(lasting_, *what.time);
    if (!later) return fail_step(spot, later.error());
    due = *later;
  } else if (what.until) {
    const auto until = what.until->expression.evaluate(spot.names);
    if (!until) return fail_step(spot, until.error());
    if (until->is_unknown()) return undecided(spot, *until);
    if (!until->is(Kind::timestamp)) {
      return fail_step(spot, Error{ErrorCode::invalid, "wait until \"" + what.until->expression.text() + "\" gives " +
                                                           std::string(name_of(until->kind())) + ", not a time"});
    }
    due = until->timestamp();
  }
  start_step(spot);
  emit(StepWaiting{spot.path, due});
  const Progress progress = advance_wait(spot);
  if (progress == Progress::working) order_wait(Command::Type::wait, spot, *due);
  return progress;
}

Decider::Progress Decider::begin(const ApproveBlock& what, const Spot& spot) {
  const auto message = what.message.evaluate(spot.names);
  if (!message) return fail_step(spot, message.error());
  std::optional<Timestamp> expires;
  if (what.expires) {
    const auto later = add(lasting_, *what.expires);
    if (!later) return fail_step(spot, later.error());
    expires = *later;
  }
  start_step(spot);
  emit(StepWaiting{spot.path, expires, *message});
  const Progress progress = advance_wait(spot);
  if (progress == Progress::working) order_wait(Command::Type::ask, spot, {});
  return progress;
}

Decider::Progress Decider::begin(const CallBlock& what, const Spot& spot) {
  auto event = what.with.evaluate(spot.names);
  const Status kept = event ? may_hold(state_, *event) : event.error();
  if (!kept) return fail_step(spot, kept.error());
  start_step(spot, event->is_null() ? Value(Map()) : *event);
  Command call;
  call.type = Command::Type::call;
  call.path = spot.path;
  call.called = &what;
  call.input = spot.state.input;
  call.begun = spot.state.begun;
  decision_.commands.push_back(std::move(call));
  watch_time(spot);
  return Progress::working;
}

/// Of wait and approve: whether the time has come, or somebody has spoken.
Decider::Progress Decider::advance_wait(const Spot& spot) {
  if (spot.state.cancelling || cancelling_ > 0) return fail_step(spot, Error{ErrorCode::cancelled, "called off"});
  const auto* wait = std::get_if<WaitBlock>(&spot.step.what);
  const bool by_clock = wait != nullptr && wait->until.has_value();
  const bool due = spot.state.waits_until && (by_clock ? now_ : lasting_) >= *spot.state.waits_until;
  if (wait != nullptr) {
    if (due) return finish_step(spot, wait_output(*spot.state.waits_until));
  } else if (spot.state.answer) {
    const auto& [answered, approved, by, comment] = *spot.state.answer;
    if (approved) return finish_step(spot, Value::object({{"approved", true}, {"by", by}, {"comment", comment}}));
    return fail_step(spot, Error{ErrorCode::denied, by + " did not agree" + (comment.empty() ? "" : ": " + comment)});
  } else if (due) {
    return fail_step(spot, Error{ErrorCode::timeout, "nobody has agreed in time"});
  }
  if (spot.state.waits_until)
    wake_at(by_clock ? seen_from(now_, lasting_, *spot.state.waits_until) : *spot.state.waits_until);
  watch_time(spot);
  return Progress::working;
}

}  // namespace millrace
