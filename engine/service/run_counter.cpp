#include "service/run_counter.hpp"

#include <algorithm>
#include <variant>

#include "catalog/request.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

/// Where the step stands; nothing where its block is closed.
const StepState* state_at(const RunState& state, const StepPath& path) {
  const BlockState* block = &state.phases[path[0]];
  for (std::size_t i = 1;; i += 2) {
    if (block == nullptr || block->steps.size() <= path[i]) return nullptr;
    const StepState& step = block->steps[path[i]];
    if (i + 1 == path.size()) return &step;
    block = step.find_block(path[i + 1]);
  }
}

bool stopped_by_safety(const RunEvent& outcome) {
  return outcome.failure && outcome.failure->code == ErrorCode::limited;
}

}  // namespace

void RunCounter::recall(const std::vector<RunEvent>& history) {
  if (!live_) return;  // it begins again
  for (const RunEvent& event : history) {
    if (event.type == RunEvent::Type::effect_begun) open(event);
    if (event.type == RunEvent::Type::effect_ended) open_.erase(event.data.text_or("key"));
    const bool outcome = event.type == RunEvent::Type::step_succeeded || event.type == RunEvent::Type::action_failed;
    if (outcome) settle_open(event.path, false);
  }
}

void RunCounter::count(const RunEvent& event, const RunState& state) {
  switch (event.type) {
    case RunEvent::Type::step_succeeded:
    case RunEvent::Type::action_failed:
      return hear_outcome(event, state);
    case RunEvent::Type::step_failed:
      return hear_failed(event);
    case RunEvent::Type::effect_begun:
      return open(event);
    case RunEvent::Type::effect_ended:
      return hear_ended(event);
    case RunEvent::Type::change_made: {
      // Requests are counted by their outcomes; a file is there, or it is no change.
      const bool file = event.data.find("request") == nullptr || event.data.find("request")->is_null();
      if (file && live_) count_write(parse_effect(event.data.text_or("effect")).value_or(Effect::update), Ended::done);
      return;
    }
    case RunEvent::Type::run_started:
    case RunEvent::Type::vars_set:
    case RunEvent::Type::step_started:
    case RunEvent::Type::block_opened:
    case RunEvent::Type::loop_opened:
    case RunEvent::Type::block_closed:
    case RunEvent::Type::step_skipped:
    case RunEvent::Type::step_undecided:
    case RunEvent::Type::handler_opened:
    case RunEvent::Type::run_stopping:
    case RunEvent::Type::phase_opened:
    case RunEvent::Type::run_finished:
    case RunEvent::Type::cancel_asked:
    case RunEvent::Type::step_waiting:
    case RunEvent::Type::answer_given:
    case RunEvent::Type::step_resolved:
    case RunEvent::Type::run_reopened:
    case RunEvent::Type::engine_died:
      return;
  }
}

/// The action that is performed at the path, if one is: neither blocks nor what is computed on the spot.
const Action* RunCounter::action_at(const StepPath& path) const {
  const auto* step = std::get_if<ActionStep>(&step_at(*workflow_, path).what);
  const Action* action = step == nullptr ? nullptr : catalog_.find_action(step->action);
  return action == nullptr || action->result ? nullptr : action;
}

void RunCounter::hear_outcome(const RunEvent& event, const RunState& state) {
  const Action* action = action_at(event.path);
  const StepState* step = action == nullptr ? nullptr : state_at(state, event.path);
  if (step == nullptr) return;
  if (event.failure) {
    reported_.emplace_back(event.path, step->begun);  // it may be tried again
  } else {
    observe(*action, step->begun, event.at);
  }
  if (!live_) return;
  if (action->request) {
    count_request(*action, *step, event);
  } else {
    settle_open(event.path, true);
  }
}

void RunCounter::count_request(const Action& action, const StepState& step, const RunEvent& outcome) {
  const Effect effect = effect_of(action, step.input);
  if (!writes(effect) || stopped_by_safety(outcome)) return;
  if (outcome.failure)
    return count_write(effect, outcome.failure->code == ErrorCode::unsure ? Ended::unsure : Ended::failed);
  const Value* status = action.request->whole_response ? outcome.data.find("status") : nullptr;
  const std::int64_t answer = status != nullptr && status->is(Kind::integer) ? status->integer() : 200;
  const bool broke = answer >= 500 && action.repeat == Repeat::neither;
  count_write(effect, broke ? Ended::unsure : answer >= 200 && answer < 300 ? Ended::done : Ended::failed);
}

/// An attempt of a job is over: of its writes that are still open no answer came.
void RunCounter::settle_open(const StepPath& job, bool counted) {
  if (open_.empty()) return;
  const std::string prefix = render(run_) + "/" + render(job);
  for (auto each = open_.lower_bound(prefix); each != open_.end() && each->first.starts_with(prefix); ++each) {
    const char next = each->first.c_str()[prefix.size()];
    OpenWrite& write = each->second;
    if ((next >= '0' && next <= '9') || write.told) continue;  // of another step, or told before
    write.told = true;
    if (counted) count_write(write.effect, write.may_repeat ? Ended::failed : Ended::unsure);
  }
}

void RunCounter::hear_failed(const RunEvent& event) {
  if (event.at_again) metrics_.series("millrace_retries_total").add();
  const auto reported =
      std::find_if(reported_.begin(), reported_.end(), [&event](const auto& each) { return each.first == event.path; });
  if (reported == reported_.end()) return;
  const Action* action = action_at(event.path);
  if (!event.at_again && action != nullptr) observe(*action, reported->second, event.at);
  reported_.erase(reported);
}

void RunCounter::open(const RunEvent& event) {
  OpenWrite write;
  if (const Action* action = catalog_.find_action(event.data.text_or("action"))) {
    write.effect = action->effect;
    write.may_repeat = action->repeat != Repeat::neither;
  }
  open_.insert_or_assign(event.data.text_or("key"), write);
}

void RunCounter::hear_ended(const RunEvent& event) {
  const auto ended = open_.extract(event.data.text_or("key"));
  if (!ended.empty()) count_write(ended.mapped().effect, event.failure ? Ended::failed : Ended::done);
}

void RunCounter::count_write(Effect effect, Ended ended) {
  const std::string_view outcome = ended == Ended::done ? "done" : ended == Ended::failed ? "failed" : "unsure";
  metrics_.series("millrace_effects_total", {{"kind", name_of(effect)}, {"outcome", outcome}}).add();
}

void RunCounter::observe(const Action& action, Timestamp begun, Timestamp ended) {
  metrics_.histogram("millrace_step_duration_seconds", {{"action", action.name}, {"mode", live_ ? "live" : "plan"}})
      .observe(std::max(seconds_between(begun, ended), 0.0));  // the clock may have been set back
}

void count_end(Metrics& metrics, const RunHead& head) {
  metrics
      .series("millrace_runs_total", {{"workflow", head.workflow},
                                      {"trigger", head.trigger},
                                      {"outcome", name_of(head.outcome)},
                                      {"mode", head.live ? "live" : "plan"}})
      .add();
  if (!head.started) return;
  metrics.histogram("millrace_run_duration_seconds", {{"workflow", head.workflow}})
      .observe(seconds_between(*head.started, *head.ended));
  if (head.outcome != RunOutcome::completed) return;
  metrics.series("millrace_last_success_timestamp_seconds", {{"workflow", head.workflow}})
      .set(static_cast<double>(head.ended->seconds));
}

}  // namespace millrace
