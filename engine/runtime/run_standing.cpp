#include <algorithm>
#include <utility>

#include "runtime/run.hpp"

// How a run is carried on until it has ended or rests, and how it stands then.

namespace millrace {

namespace {

/// A wait shorter than this is not worth taking the run out of memory and back.
constexpr Duration short_wait = std::chrono::seconds(5);

/// When the events of one decision hold more, they are written before it goes on.
constexpr std::size_t most_decided = std::size_t{16} << 20;

}  // namespace

/// Decides until nothing more follows, and gives the loop back in between: what is done then is the same as if all had
/// been decided at once. False where the engine stops; it is decided to its end first, because of what has begun by
/// then nothing but this run knows that it has not left.
Task<bool> Run::decide_on() {
  bool undisturbed = true;
  while (unfinished_ && decided_bytes_ <= most_decided) {
    if (undisturbed) {
      undisturbed = co_await sleep_for(Duration::zero());
    }
    decide_next();
  }
  must_write_ = must_write_ || unfinished_ || told_;
  co_return undisturbed;
}

Task<Run::Standing> Run::carry_on() {
  Standing standing = Standing::finished;
  while (true) {
    bool goes_on = true;
    if (unfinished_) {
      goes_on = co_await decide_on();
    }
    decided_bytes_ = 0;
    if (must_write_) {
      standing = co_await committed(standing);
      if (standing == Standing::broken) break;
    }
    if (state_.finished()) break;
    write_behind();
    for (const Command& command : std::exchange(commands_, {})) obey(command);
    if (!goes_on) {
      standing = Standing::suspended;
      engine_stops_ = true;
      break;
    }
    if (unfinished_) {
      decide_next();
      continue;
    }
    if (only_waits_for(left_calls_) && may_rest()) {
      standing = Standing::suspended;
      break;
    }
    const Deadline wake = deadline_of(wake_at_);
    if (heard_.empty()) {
      const bool undisturbed = co_await news_.wait(wake);
      if (!undisturbed) {
        standing = Standing::suspended;
        engine_stops_ = true;
        break;
      }
    }
    hear_all();
    decide_next();
  }
  // One of the service is under way for whoever looks, and goes on with its calls as it would after a restart.
  const bool left_to_others = leaves_calls() && request_.may_leave;
  if (standing == Standing::suspended && left_to_others) head_.outcome = RunOutcome::waiting;
  const bool written = unwritten_.empty() && !left_to_others;
  if (standing == Standing::suspended && !written) standing = co_await committed(standing);
  left_ = true;
  for (auto& each : performing_) co_await each.scope->stop();
  co_await scope_.done();
  if (engine_stops_ && head_.live) standing = co_await last_words(standing);
  co_return standing;
}

/// The engine stops, and the journal has all that is needed but what came of actions meanwhile.
Task<Run::Standing> Run::last_words(Standing standing) {
  if (!heard_.empty()) {  // nobody waits any more: it is decided on when the run is taken up
    head_.outcome = RunOutcome::running;
    head_.wake_at.reset();
  }
  hear_all();
  if (standing != Standing::broken && !unwritten_.empty()) standing = co_await committed(standing);
  co_return standing;
}

bool Run::may_rest() const {
  if (request_.foresees) return !wake_at_ || waiting_for_approval(*request_.workflow, state_).has_value();
  if (request_.may_suspend) return !wake_at_ || deadline_of(wake_at_).at() > Deadline::in(short_wait).at();
  return request_.may_leave && (leaves_calls() || waiting_for_approval(*request_.workflow, state_).has_value());
}

Deadline Run::deadline_of(const std::optional<Timestamp>& time) const {
  if (!time) return {};
  const Timestamp now = world_.clock.lasting();
  const auto wait =
      std::chrono::seconds(time->seconds - now.seconds) + std::chrono::nanoseconds(time->nanos - now.nanos);
  return Deadline::in(std::max<Duration>(wait, Duration::zero()));
}

RunReport Run::report() && {
  RunReport report;
  report.key = head_.key;
  report.location = head_.location;
  report.now = now_;
  report.outcome = broken_ ? RunOutcome::failed : state_.finished() ? state_.outcome : head_.outcome;
  report.error = broken_ ? broken_ : state_.failure;
  report.unsure = !unsure_steps(*request_.workflow, state_).empty();
  report.output = std::move(output_);
  report.steps = std::move(notes_.steps);
  report.notes = std::move(notes_.notes);
  report.undecided = notes_.undecided;
  if (gate_) report.record = std::move(*gate_).record();
  report.record.seen = {};  // of use while the run goes on, and of a large account a good deal
  return report;
}

}  // namespace millrace
