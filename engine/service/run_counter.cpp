#include "service/run_counter.hpp"

#include <algorithm>
#include <utility>
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

}  // namespace

void RunCounter::recall(const std::vector<RunEvent>& history) {
  if (!live_) return;  // it begins again
  for (const RunEvent& event : history) {
    if (const auto* begun = std::get_if<EffectBegun>(&event.what)) open(*begun);
    if (const auto* ended = std::get_if<EffectEnded>(&event.what)) open_.erase(ended->key);
    if (const auto* done = std::get_if<StepSucceeded>(&event.what)) settle_open(done->path, false);
    if (const auto* failed = std::get_if<ActionFailed>(&event.what)) settle_open(failed->path, false);
  }
}

void RunCounter::count(const RunEvent& event, const RunState& state) {
  if (const auto* done = std::get_if<StepSucceeded>(&event.what)) {
    hear_outcome(done->path, done->output, event.at, state);
  } else if (const auto* reported = std::get_if<ActionFailed>(&event.what)) {
    hear_outcome(reported->path, reported->failure, event.at, state);
  } else if (const auto* failed = std::get_if<StepFailed>(&event.what)) {
    hear_failed(*failed, event.at);
  } else if (const auto* begun = std::get_if<EffectBegun>(&event.what)) {
    open(*begun);
  } else if (const auto* ended = std::get_if<EffectEnded>(&event.what)) {
    hear_ended(*ended);
  } else if (const auto* made = std::get_if<ChangeMade>(&event.what)) {
    // Requests are counted by their outcomes; a file is there, or it is no change.
    const Value* request = made->change.find("request");
    const bool file = request == nullptr || request->is_null();
    if (file && live_) count_write(parse_effect(made->change.text_or("effect")).value_or(Effect::update), Ended::done);
  }
}

/// The action that is performed at the path, if one is: neither blocks nor what is computed on the spot.
const Action* RunCounter::action_at(const StepPath& path) const {
  const auto* step = std::get_if<ActionStep>(&step_at(*workflow_, path).what);
  const Action* action = step == nullptr ? nullptr : catalog_.find_action(step->action);
  return action == nullptr || action->result ? nullptr : action;
}

void RunCounter::hear_outcome(const StepPath& path, const Result<Value>& outcome, Timestamp at, const RunState& state) {
  const Action* action = action_at(path);
  const StepState* step = action == nullptr ? nullptr : state_at(state, path);
  if (step == nullptr) return;
  if (outcome) {
    observe(*action, step->begun, at);
  } else {
    reported_.emplace_back(path, step->begun);  // it may be tried again
  }
  if (!live_) return;
  if (action->request) {
    count_request(*action, *step, outcome);
  } else {
    settle_open(path, true);
  }
}

void RunCounter::count_request(const Action& action, const StepState& step, const Result<Value>& outcome) {
  const Effect effect = effect_of(action, step.input);
  const bool stopped_by_safety = !outcome && outcome.error().code == ErrorCode::limited;
  if (!writes(effect) || stopped_by_safety) return;
  if (!outcome) return count_write(effect, outcome.error().code == ErrorCode::unsure ? Ended::unsure : Ended::failed);
  const Value* status = action.request->whole_response ? outcome->find("status") : nullptr;
  const std::int64_t answer = status != nullptr && status->is(Kind::integer) ? status->integer() : 200;
  const bool broke = answer >= 500 && action.repeat == Repeat::neither;
  count_write(effect, broke ? Ended::unsure : answer >= 200 && answer < 300 ? Ended::done : Ended::failed);
}

/// An attempt of a job is over: of its writes that are still open no answer came.
void RunCounter::settle_open(const StepPath& job, bool counted) {
  if (open_.empty()) return;
  const EffectKey first{render(run_), job};
  for (auto each = open_.lower_bound(first); each != open_.end() && each->first.step == job; ++each) {
    OpenWrite& write = each->second;
    if (std::exchange(write.told, true)) continue;
    if (counted) count_write(write.effect, write.may_repeat ? Ended::failed : Ended::unsure);
  }
}

void RunCounter::hear_failed(const StepFailed& event, Timestamp at) {
  if (event.again_at) metrics_.series("millrace_retries_total").add();
  const auto reported =
      std::find_if(reported_.begin(), reported_.end(), [&event](const auto& each) { return each.first == event.path; });
  if (reported == reported_.end()) return;
  const Action* action = action_at(event.path);
  if (!event.again_at && action != nullptr) observe(*action, reported->second, at);
  reported_.erase(reported);
}

void RunCounter::open(const EffectBegun& event) {
  OpenWrite write;
  if (const Action* action = catalog_.find_action(event.action)) {
    write.effect = action->effect;
    write.may_repeat = action->repeat != Repeat::neither;
  }
  open_.insert_or_assign(event.key, write);
}

void RunCounter::hear_ended(const EffectEnded& event) {
  const auto ended = open_.extract(event.key);
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
