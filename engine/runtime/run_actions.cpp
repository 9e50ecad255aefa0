#include <algorithm>
#include <utility>

#include "catalog/arguments.hpp"
#include "catalog/probe.hpp"
#include "gate/change_count.hpp"
#include "runtime/run.hpp"
#include "workflow/connections.hpp"

namespace millrace {

namespace {

bool begins_with(const StepPath& path, const StepPath& prefix) {
  return path.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), path.begin());
}

/// Whether what the action does is said by inputs that are not in the file as they stand.
bool says_by_data(const Action& action, const Template& with) {
  if (with.is_constant() || (action.effect_input.empty() && !action.takes_secrets)) return false;
  const std::vector<std::string> inputs = action.inputs().property_names();
  for (const std::string& name : inputs) {
    const Template* one = with.member(name);
    if (takes_secret(action, name) && (one == nullptr || !one->is_constant())) return true;
  }
  if (action.effect_input.empty()) return false;
  const Template* effect = with.member(action.effect_input);
  if (effect == nullptr || !effect->is_constant()) return true;
  for (const std::string& name : inputs) {
    const Template* one = with.member(name);
    const bool of_method = action.request && action.request->method.find("{" + name + "}") != std::string::npos;
    if (of_method && one != nullptr && !one->is_constant()) return true;
  }
  return false;
}

/// Under which the outcome of a step stands among its effects.
EffectKey outcome_key(EffectKey key) {
  key.inside += "/outcome";
  return key;
}

}  // namespace

bool Run::only_reads(const Action& action, const Value& input) {
  return is_one_request(action) && !writes(effect_of(action, input));
}

/// A request that only reads has nobody who would know it again by its key, but where it is signed.
bool Run::shows_key(const Action& action, const Value& input, const ConnectionSettings* connection) {
  if (!only_reads(action, input)) return true;
  return connection != nullptr && connection->signs();
}

bool Run::only_reads(const Command& command) const {
  if (command.type != Command::Type::perform) return false;
  const Action* action = world_.catalog.find_action(command.step->action);
  return action != nullptr && only_reads(*action, command.input);
}

Gate& Run::gate() {
  if (!gate_) {
    gate_ = world_.gates.open(*request_.workflow, head_.live, *this);
    performer_.emplace(world_.project, world_.catalog, world_.plugins, *gate_, now_, head_.zone);
    for (const ReadBefore& read : std::exchange(reads_before_, {}))
      gate_->recall(*read.action, read.place, read.output);
  }
  return *gate_;
}

CallSite Run::site_of(const StepPath& path, const Action& action, const Value& input,
                      const ConnectionSettings* connection) {
  CallSite site;
  site.step = label_of(*request_.workflow, path);
  site.workflow = head_.workflow;
  site.location = head_.location;
  site.occurrence = request_.writes_for.occurrence_of(head_);
  site.called_by = request_.writes_for.called_by;
  if (shows_key(action, input, connection)) site.key = keys_.key_of(*request_.workflow, state_, path);
  site.now = now_;
  if (!chain_) chain_ = std::make_shared<const std::vector<std::string>>(chain_behind());
  site.chain = chain_;
  site.entry = entry_of(path);
  site.lane = lane_;
  site.foresees = request_.foresees;
  site.at_bad_end = at_bad_end(path.front());
  return site;
}

/// Under which the ledger knows what the step at `path` does.
EffectKey Run::entry_of(const StepPath& path) const { return {render(head_.key), path, repetitions_of(state_, path)}; }

/// The place of an action that has ended is taken again, so that a loop of many items needs only as many as run at
/// once.
std::size_t Run::take_place(const StepPath& path) {
  const auto free = std::find_if(performing_.begin(), performing_.end(),
                                 [](const Performing& each) { return each.ended && each.scope->running() == 0; });
  const auto number = static_cast<std::size_t>(free - performing_.begin());
  if (free == performing_.end()) performing_.push_back({{}, std::make_unique<Scope>(world_.loop), false});
  performing_[number].ended = performing_[number].called_off = performing_[number].only_reads = false;
  performing_[number].prepares = performing_[number].recorded = performing_[number].may_have_happened = false;
  performing_[number].path = path;
  ++under_way_;
  return number;
}

/// What was under way whenever the engine died is left to a person.
bool Run::refuse_killer(const Command& command) {
  const bool ended = kept_outcome(entry_of(command.path)) != nullptr;
  if (ended || !kills(world_.catalog, state_, step_at(*request_.workflow, command.path), command.path)) return false;
  const std::string& name = command.step->action;
  const Action* action = world_.catalog.find_action(name);
  const std::string plugin = action != nullptr ? action->plugin : name.substr(0, name.find('.'));
  heard_.push_back(
      {step_outcome(command.path,
                    Error{ErrorCode::unsure, "the engine died " + std::to_string(state_.deaths.at(command.path)) +
                                                 " times while " + name + " of the plugin \"" + plugin +
                                                 "\" was under way, so it is not done again until "
                                                 "\"millrace runs retry\" says so"},
                    world_.clock.now())});
  return true;
}

void Run::obey(const Command& command) {
  if (command.type == Command::Type::cancel) return call_off_all(command.path);
  if (command.type == Command::Type::perform && refuse_killer(command)) return;
  const std::size_t number = take_place(command.path);
  Performing& performing = performing_[number];
  performing.only_reads = only_reads(command);
  performing.prepares = command.type == Command::Type::prepare;
  if (performing.prepares) return performing.scope->spawn(prepare(number, command.path));
  performing.scope->spawn(command.type == Command::Type::call ? call(number, command) : perform(number, command));
}

void Run::call_off_all(const StepPath& path) {
  for (std::size_t i = 0; i < performing_.size(); ++i) {
    if (performing_[i].ended || !begins_with(performing_[i].path, path)) continue;
    leave_call(i, false);  // its end is heard first
    performing_[i].called_off = true;
    scope_.spawn(call_off(i, performing_[i].path));
  }
}

void Run::leave_call(std::size_t number, bool left) {
  Performing& call = performing_[number];
  left = left && !call.called_off;
  if (std::exchange(call.left, left) == left) return;
  left ? ++left_calls_ : --left_calls_;
}

Task<void> Run::perform(std::size_t number, Command command) {
  const StepPath path = command.path;
  auto outcome = co_await outcome_of(path, *command.step, std::move(command.input), command.left_before);
  tell(number, std::move(outcome));
}

Task<void> Run::call(std::size_t number, Command command) {
  CallOrder order{command.called->workflow,
                  std::move(command.input),
                  head_.location,
                  head_.key,
                  render(command.path),
                  command.begun,
                  command.attempt,
                  command.left_before,
                  !state_.reopened.empty(),
                  repetitions_of(state_, command.path),
                  head_.live,
                  chain_behind(),
                  keys_.key_of(*request_.workflow, state_, command.path),
                  request_.workflow->permissions,
                  writes_of_called(render(command.path)),
                  change_count_in(command.path.front()),
                  circle_count()};
  // Passed by whatever run below: then what is called changes nothing more. A plan lists what it would.
  const auto count = order.change_count;
  const auto limit = [this, count] { return head_.live ? count->passed() : std::nullopt; };
  if (const auto passed = limit()) {
    tell(number, *passed);
    co_return;
  }
  if (request_.may_leave || (request_.may_suspend && head_.live)) {  // a dry run would begin again
    order.on_left = [this, number](bool left) {
      leave_call(number, left);
      news_.announce();
    };
  }
  auto outcome = co_await world_.callees.call(std::move(order));
  leave_call(number, false);
  const auto passed = outcome ? std::nullopt : limit();
  if (passed) outcome = *passed;  // it is not the other's failure, but its own end
  tell(number, std::move(outcome));
}

Task<Result<Value>> Run::outcome_of(StepPath path, const ActionStep& step, Value input, bool left_before) {
  const Action* action = world_.catalog.find_action(step.action);
  const auto connection = connection_of(*action, step.connection, world_.project, world_.catalog);
  if (!connection) co_return connection.error();
  CallSite site = site_of(path, *action, input, *connection);
  site.recorded = is_one_request(*action);
  site.left_before = left_before;
  if (Performing* performing = performing_at(path)) {
    performing->recorded = site.recorded && writes(effect_of(*action, input));
    performing->may_have_happened = left_before;
  }
  site.says_by_data = says_by_data(*action, step.with);
  site.looks_first = !step.with.is_constant();
  if (const Value* known = kept_outcome(site.entry)) co_return *known;
  gate();
  if (site.recorded) {
    auto answer = co_await attempt(*action, *connection, std::move(input), std::move(site));
    co_return answer;
  }
  while (true) {
    StateOverlay remembered(gate_->state());
    site.states = &remembered;
    auto outcome = co_await attempt(*action, *connection, input, site);
    // Whoever outlives a time limit has failed, a library's call no less than a group, even where it came to its end
    // all the same: what it has changed is in the ledger. One request ends when it is called off.
    if (outcome && out_of_time(path)) outcome = Error{ErrorCode::cancelled, "called off"};
    std::vector<StateChange> states = outcome ? remembered.take() : remembered.take_written();
    const auto settled = co_await settle(site.entry, std::move(states), outcome);
    if (settled) co_return outcome;
    const bool called_off = co_await cancelled();
    if (called_off || settled.error().code != ErrorCode::conflict) co_return settled.error();
    // What it read has been changed by another step meanwhile: as if it had only begun now.
  }
}

Task<Result<Value>> Run::attempt(const Action& action, const ConnectionSettings* connection, Value input,
                                 CallSite site) {
  const std::size_t changes = gate_->record().changes.size();
  auto outcome = co_await performer_->perform(action, connection, std::move(input), std::move(site));
  if (gate_->record().changes.size() > changes) {
    keep_changes(outcome);
    if (!action.caution.empty()) notes_.say(action.name + ": " + action.caution);
  }
  co_return outcome;
}

/// Writes what a step's library remembers, and has not written with a change that it has made, in one entry with how
/// its attempt has ended: neither is there without the other. Of an attempt that failed only what was plainly written
/// counts, such as what it says of things that it has made; what it swapped is as if it had not been. `conflict`:
/// another step has swapped first, and nothing is written.
Task<Status> Run::settle(EffectKey key, std::vector<StateChange> remembered, Result<Value> outcome) {
  if (remembered.empty()) co_return Done{};
  if (!head_.live) {
    auto written = co_await gate_->state().write_all(std::move(remembered));
    co_return written;
  }
  const bool only_begun = std::all_of(unwritten_.begin(), unwritten_.end(), [](const RunEvent& event) {
    return std::holds_alternative<StepStarted>(event.what);
  });
  if (!only_begun) {  // what it came from, and the changes that it has made, are there before
    auto written = co_await commit();
    if (!written) co_return written;
  }
  const auto before = co_await caught_up();
  if (!before) co_return before.error().within("the journal");
  const RunEvent ended{world_.clock.now(), EffectEnded{outcome_key(key), outcome ? *outcome : Value()}};
  Entry entry;
  entry.waits_for_room = request_.may_suspend;
  entry.states = std::move(remembered);
  RunProgress progress;
  progress.head = head_;
  progress.same_head = true;
  if (outcome) progress.events.push_back(ended);
  entry.runs.push_back(std::move(progress));
  const auto written = co_await world_.journal.commit(std::move(entry));
  if (!written)
    co_return written.error().code == ErrorCode::conflict ? written.error() : written.error().within("the journal");
  if (outcome) fold(*request_.workflow, state_, ended);
  co_return Done{};
}

/// What the step's library gave, where that was written together with what it remembers, and not heard any more.
const Value* Run::kept_outcome(const EffectKey& key) const {
  const auto known = state_.effects.find(outcome_key(key));
  return known != state_.effects.end() && known->second ? &*known->second : nullptr;
}

Task<void> Run::call_off(std::size_t number, StepPath path) {
  if (performing_[number].path != path) co_return;  // it ended meanwhile, and another action has its place
  co_await performing_[number].scope->stop();
  if (performing_[number].ended) co_return;
  if (performing_[number].prepares) {  // nobody waits for it
    performing_[number].ended = true;
    --under_way_;
  } else {
    tell(number, Error{ErrorCode::cancelled, "called off"});
  }
}

/// nullptr: nothing is under way there.
Run::Performing* Run::performing_at(const StepPath& path) {
  const auto performing = std::find_if(performing_.begin(), performing_.end(),
                                       [&path](const Performing& each) { return !each.ended && each.path == path; });
  return performing != performing_.end() ? &*performing : nullptr;
}

/// Whether the step is called off because its time is over.
bool Run::out_of_time(const StepPath& path) {
  const Performing* performing = performing_at(path);
  return performing != nullptr && performing->called_off && step_at(*request_.workflow, path).timeout;
}

void Run::tell(std::size_t number, Result<Value> outcome) {
  performing_[number].ended = true;
  --under_way_;
  const Status kept = outcome ? may_hold(state_, *outcome) : Status(Done{});
  if (!kept) outcome = kept.error().within("what it gave");
  const Performing& ended = performing_[number];
  if (engine_stops_ && !outcome && !ended.called_off) {  // it goes on when the run is taken up
    if (ended.recorded && !ended.may_have_happened) heard_.push_back({{world_.clock.now(), StepPutBack{ended.path}}});
    return;
  }
  heard_.push_back({step_outcome(ended.path, std::move(outcome), world_.clock.now()), ended.only_reads});
  news_.announce();
}

}  // namespace millrace
