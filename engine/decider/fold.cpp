#include <algorithm>
#include <cassert>
#include <utility>

#include "decider/event_bytes.hpp"
#include "decider/reopen.hpp"
#include "decider/run_state.hpp"
#include "decider/walk.hpp"
#include "value/extent.hpp"

namespace millrace {

namespace {

StepState& reached(BlockState& block, std::uint32_t index) {
  while (block.steps.size() <= index) block.steps.emplace_back();
  return block.steps[index];
}

/// What a path leads to: the step as written, where it stands, and the block whose names its result joins.
struct Place {
  const Step* step;
  StepState* state;
  BlockState* item;  // nullptr: the run's own names
};

Place find(const Workflow& workflow, RunState& run, const StepPath& path) {
  assert(path.size() >= 2 && path.size() % 2 == 0);
  const Steps* steps = &steps_of_phase(workflow, path[0]);
  BlockState* block = &run.phases[path[0]];
  Place place{nullptr, nullptr, nullptr};
  for (std::size_t i = 1;; i += 2) {
    place.step = &(*steps)[path[i]];
    place.state = &reached(*block, path[i]);
    if (i + 1 == path.size()) return place;
    block = place.state->find_block(path[i + 1]);
    assert(block != nullptr);
    if (block->item) place.item = block;
    steps = &steps_of_block(*place.step, path[i + 1]);
  }
}

void name_result(RunState& run, const Place& place, Value result) {
  if (place.step->id.empty()) return;
  Bindings& names = place.item == nullptr ? run.names : place.item->names;
  names.set(place.step->id, std::move(result));
}

/// A name for a step that has not run, or now will not, and every one inside it, so that expressions after them find
/// null, or the same unknown.
void name_left_out(RunState& run, const Place& place, const Value& known_as) {
  name_result(run, place, known_as);
  each_block(*place.step, [&](const Block& block) {
    if (!block.shares_names()) return;
    for (const Step& inner : block.steps) name_left_out(run, Place{&inner, nullptr, place.item}, known_as);
  });
}

void name_left_out(RunState& run, const Steps& steps, BlockState* item) {
  for (const Step& step : steps) name_left_out(run, Place{&step, nullptr, item}, Value());
}

/// The steps of the branches that `if` and `switch` did not take are known as null after them.
void name_steps_not_taken(RunState& run, const Place& place, std::uint32_t taken) {
  each_block(*place.step, [&](const Block& block) {
    if (block.runs == Block::Runs::chosen && block.number != taken) name_left_out(run, block.steps, place.item);
  });
}

/// A block that failed is kept, not dropped: where a person has the run tried again, the loop goes on with what its
/// items had come to, and repeats nothing that was done.
void close_block(StepState& state, std::uint32_t number, bool failed) {
  const auto at = std::find(state.active.begin(), state.active.end(), number);
  assert(at != state.active.end());
  if (failed) {
    state.broken.push_back(number);
    state.remains.push_back(std::move(state.blocks[static_cast<std::size_t>(at - state.active.begin())]));
  }
  state.blocks.erase(state.blocks.begin() + (at - state.active.begin()));
  state.active.erase(at);
}

/// What has come of the step is kept while its failure is handled: where that fails, too, a retry goes on from there.
void set_aside(StepState& step) {
  step.broken.insert(step.broken.end(), step.active.begin(), step.active.end());
  std::move(step.blocks.begin(), step.blocks.end(), std::back_inserter(step.remains));
  step.active.clear();
  step.blocks.clear();
}

void forget_blocks(StepState& step) {
  step.active.clear();
  step.blocks.clear();
  step.broken.clear();
  step.remains.clear();
}

bool is_inside(const StepPath& path, const StepPath& step) {
  return path.size() >= step.size() && std::equal(step.begin(), step.end(), path.begin());
}

/// What each kind of event makes of the state. What the decider thinks of it is not asked again: an event says what
/// happened under the rules of its day, and is laid over the state as it is, so that a run that began under an older
/// program stands afterwards where that left it.
class Fold {
 public:
  Fold(const Workflow& workflow, RunState& run, Timestamp at) : workflow_(workflow), run_(run), at_(at) {}

  /// A dry run that was interrupted begins again, so nothing of it is left but what killed the engine.
  void operator()(const RunStarted& event) {
    auto deaths = std::move(run_.deaths);
    run_ = RunState();
    run_.deaths = std::move(deaths);
    run_.started = at_;
    run_.names.set("event", event.event);
    run_.names.set("delivery", event.delivery);
    run_.names.set("run", event.run);
    run_.names.set("now", event.now);
    run_.names.set("today", event.today);
    run_.names.set("vars", Value());
    // Whoever comes after a failure may ask for what was never reached.
    for (const std::uint32_t phase : {0u, 1u, 2u}) name_left_out(run_, steps_of_phase(workflow_, phase), nullptr);
  }

  void operator()(const VarsSet& event) {
    const Value* old = run_.names.find("vars");
    Map vars = old != nullptr && old->is_map() ? old->map() : Map();
    for (const auto& [name, value] : event.values.map()) vars.set(name, value);
    run_.names.set("vars", Value(std::move(vars)));
  }

  void operator()(const StepStarted& event) {
    StepState& step = *place_of(event.path).state;
    forget_blocks(step);
    step.items = {};
    step.results.clear();
    step.opened = step.turns_before = 0;
    step.status = StepStatus::running;
    step.again_at.reset();
    step.failure.reset();
    ++step.attempts;
    step.input = event.input;
    step.begun = at_;
    step.over_at = event.over_at;
    step.prepared.reset();
    if (step.attempts == 1) step.started = at_;
  }

  void operator()(const BlockOpened& event) {
    const Place place = place_of(event.path);
    StepState& step = *place.state;
    step.active.push_back(event.block);
    step.blocks.emplace_back();
    step.branch = event.block;
    step.opened = event.block + 1;
    if (const auto* loop = std::get_if<ForEachBlock>(&place.step->what)) {
      step.blocks.back().item = event.item;
      step.blocks.back().names.set(loop->as, event.item);
      name_left_out(run_, loop->body, &step.blocks.back());
    }
    name_steps_not_taken(run_, place, event.block);
  }

  void operator()(const LoopOpened& event) {
    StepState& step = *place_of(event.path).state;
    step.items = event.items;
    step.results.resize(event.items.list().size());
  }

  void operator()(const BlockClosed& event) {
    StepState& step = *place_of(event.path).state;
    if (step.items.is_list() && event.block != handler_block) step.results[event.block] = event.result;
    close_block(step, event.block, event.failure.has_value());
    if (event.block == handler_block) forget_blocks(step);
    // The first one is the step's, unless another one ends the run, whatever its `on_error` says.
    const bool graver = event.failure && step.failure && is_final(event.failure->code) && !is_final(step.failure->code);
    if (event.failure && (!step.failure || graver)) step.failure = event.failure;
    step.handling = false;
  }

  void operator()(const StepSucceeded& event) {
    const Place place = place_of(event.path);
    run_.deaths.erase(event.path);
    place.state->status = StepStatus::succeeded;
    place.state->output = event.output;
    place.state->ended = at_;
    name_result(run_, place, event.output);
    name_left_out(run_, place.step->error_steps, place.item);
    if (event.path.front() == 0 && std::holds_alternative<StopBlock>(place.step->what)) run_.ended_itself = true;
  }

  void operator()(const StepFailed& event) {
    const Place place = place_of(event.path);
    StepState& step = *place.state;
    step.reported.reset();
    step.failure = event.failure;
    step.again_at = event.again_at;
    step.waits_until.reset();
    if (step.handling) {
      step.active.clear();
      step.blocks.clear();
    }
    // Nothing inside is done again by a person's retry: it begins anew by itself, or the run goes on without it.
    const bool given_up = event.goes_on && place.step->on_error == OnError::proceed;
    if (event.again_at || given_up) forget_blocks(step);
    step.handling = false;
    step.ended = at_;
    step.cancelling = false;
    if (event.again_at) {
      step.status = StepStatus::waiting;
      return;
    }
    const bool unsure = event.failure.code == ErrorCode::unsure && performs(*place.step);
    step.status = unsure ? StepStatus::unsure : StepStatus::failed;
    if (step.status == StepStatus::failed) run_.deaths.erase(event.path);
    step.continued = event.goes_on;
    name_result(run_, place, Value::object({{"error", failure_value(event.failure)}}));
  }

  void operator()(const StepSkipped& event) { leave_out(event.path, Value()); }
  void operator()(const StepUndecided& event) { leave_out(event.path, event.unknown); }

  void operator()(const HandlerOpened& event) {
    StepState& step = *place_of(event.path).state;
    set_aside(step);
    step.handling = true;
    step.active = {handler_block};
    step.blocks.assign(1, BlockState{});
  }

  void operator()(const RunStopping& event) {
    run_.stopping = event.outcome;
    run_.failure = event.failure;
    // A parked run that is called off has yet to come to its end.
    if (run_.outcome == RunOutcome::parked) run_.outcome = RunOutcome::running;
    const Value* run = run_.names.find("run");
    if (!event.failure || run == nullptr || !run->is_map()) return;
    Map named = run->map();
    named.set("error", failure_value(*event.failure));
    run_.names.set("run", Value(std::move(named)));
  }

  void operator()(const PhaseOpened& event) { run_.phase = event.phase; }

  void operator()(const RunFinished& event) {
    run_.outcome = event.outcome;
    run_.failure = event.failure;
    run_.ended = at_;
  }

  void operator()(const CancelAsked& event) { place_of(event.path).state->cancelling = true; }
  void operator()(const ActionFailed& event) { place_of(event.path).state->reported = event.failure; }
  void operator()(const StepWaiting& event) { place_of(event.path).state->waits_until = event.until; }

  void operator()(const AnswerGiven& event) {
    StepState& step = *place_of(event.path).state;
    // Whoever answers too late has not answered, however it came to be written down.
    if (!step.waits_until || at_ < *step.waits_until) step.answer = event;
  }

  void operator()(const QuestionPrepared& event) { place_of(event.path).state->prepared = event.facts; }

  void operator()(const EffectBegun& event) { run_.effects.emplace(event.key, std::nullopt); }

  void operator()(const EffectEnded& event) {
    if (event.failure) {
      run_.effects.erase(event.key);
    } else {
      run_.effects[event.key] = event.output;
    }
  }

  void operator()(const ChangeMade&) {}
  void operator()(const BeforeSeen&) {}

  /// It has succeeded, or it has not begun; a parked run goes on either way.
  void operator()(const StepResolved& event) {
    const Place place = place_of(event.path);
    run_.deaths.erase(event.path);
    if (!event.happened) {
      *place.state = StepState();
      std::erase_if(run_.effects,
                    [&](const auto& effect) { return !effect.second && is_inside(effect.first.step, event.path); });
    } else {
      place.state->status = StepStatus::succeeded;
      place.state->failure.reset();
      place.state->output = event.output;
      place.state->ended = at_;
      name_result(run_, place, event.output);
    }
    reopen(workflow_, run_, Reopened::unconnected);  // it may be connected by now
    go_on();
  }

  void operator()(const RunReopened& event) {
    run_.ended_itself = false;
    run_.phase = 0;
    run_.phases[1] = BlockState();
    run_.phases[2] = BlockState();
    run_.deaths.clear();
    run_.reopened.push_back(event.from.empty() ? std::nullopt : std::optional(event.from[1]));
    auto& steps = run_.phases[0].steps;
    if (event.from.empty()) {
      reopen(workflow_, run_, event.connected ? Reopened::unconnected : Reopened::failed);
    } else if (steps.size() > event.from[1]) {
      steps.resize(event.from[1]);
    }
    go_on();
  }

  void operator()(const StepPutBack& event) {
    StepState& step = *place_of(event.path).state;
    step.status = StepStatus::waiting;
    --step.attempts;
    step.over_at.reset();
  }

  void operator()(const TimeRenewed& event) { place_of(event.path).state->over_at = event.over_at; }

  /// An action without outcome by now was under way. A call is not: what it calls is a run of its own.
  void operator()(const EngineDied&) {
    visit_steps(workflow_, run_, [this](const StepPath& path, const Step& step, const StepState& at, const Bindings&) {
      if (std::holds_alternative<ActionStep>(step.what) && is_under_way(step, at)) ++run_.deaths[path];
    });
  }

 private:
  Place place_of(const StepPath& path) { return find(workflow_, run_, path); }

  void go_on() {
    run_.outcome = RunOutcome::running;
    run_.stopping.reset();
    run_.failure.reset();
    renew_times(run_);
    stay_parked(workflow_, run_);
  }

  void leave_out(const StepPath& path, const Value& known_as) {
    const Place place = place_of(path);
    place.state->status = StepStatus::skipped;
    place.state->ended = at_;
    name_left_out(run_, place, known_as);
  }

  const Workflow& workflow_;
  RunState& run_;
  Timestamp at_;
};

struct Weighing {
  std::size_t bytes = sizeof(RunEvent);
  void operator()(int, const char*, const Value& value) { bytes += bytes_of(value); }
  void operator()(int, const char*, const std::string& text) { bytes += text.size(); }
  void operator()(int, const char*, const auto&) {}
};

}  // namespace

std::size_t bytes_of(const RunEvent& event) noexcept {
  Weighing weighing;
  std::visit([&weighing](const auto& what) { what.members(what, weighing); }, event.what);
  return weighing.bytes;
}

void fold(const Workflow& workflow, RunState& state, const RunEvent& event) {
  std::visit(Fold(workflow, state, event.at), event.what);
  state.held += bytes_of(event);
}

RunState state_after(const Workflow& workflow, const std::vector<RunEvent>& events) {
  RunState state;
  for (const RunEvent& event : events) fold(workflow, state, event);
  return state;
}

}  // namespace millrace
