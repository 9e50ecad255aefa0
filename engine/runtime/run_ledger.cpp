#include <utility>

#include "gate/change_count.hpp"
#include "gate/encode_change.hpp"
#include "runtime/run.hpp"
#include "workflow/safety.hpp"

// What the gate asks of a run's record, and writes there, around each change; and what counts for it together with the
// runs that it calls.

namespace millrace {

Task<Result<Known>> Run::begin(const Action& action, CallSite site) {
  const auto known = state_.effects.find(site.entry);
  if (known != state_.effects.end()) {
    if (known->second) co_return Known{known->second, false};
    // What may be done twice, or is recognised by its key, is sent again; anything else needs a person.
    if (action.repeat == Repeat::neither) {
      co_return Error{
          ErrorCode::unsure,
          action.name + " was begun before, and how that ended is not known: look there before you do it again"};
    }
    co_return Known{std::nullopt, true};
  }
  keep({world_.clock.now(), EffectBegun{site.entry, action.name}});
  // What the library wrote before is there before the change is: how to undo it, perhaps.
  std::vector<StateChange> states;
  if (site.states != nullptr) states = site.states->take_written();
  const auto written = co_await commit(std::move(states));
  if (!written) co_return written.error().within("the journal");
  co_return Known();
}

void Run::may_have_happened(const CallSite& site) {
  if (Performing* performing = performing_at(site.entry.step)) performing->may_have_happened = true;
}

bool Run::has_looked(const std::string& key) const { return looked_at_.contains(key); }

Task<Status> Run::keep_before(std::string key, Value seen) {
  looked_at_.insert(key);
  keep({world_.clock.now(), BeforeSeen{std::move(key), std::move(seen)}});
  const auto written = co_await commit();
  if (!written) co_return written.error().within("the journal");
  co_return Done{};
}

Task<Status> Run::end(const Action&, CallSite site, Result<Value> outcome) {
  keep_changes(outcome);  // with the effect: where it is known to have happened, nobody lists it again
  keep({world_.clock.now(),
        outcome ? EffectEnded{site.entry, std::move(*outcome)} : EffectEnded{site.entry, Value(), outcome.error()}});
  const auto written = co_await commit();
  if (!written) co_return written.error().within("the journal");
  co_return Done{};
}

/// New lines of the change list go into the journal with the outcome of the action that made them, and with what tells
/// after a restart that the next attempt of an effect is the same change.
void Run::keep_changes(const Result<Value>& outcome) {
  const std::vector<Change> changes = gate().take_new_changes();
  const Value* answer = outcome && changes.size() == 1 ? &*outcome : nullptr;
  for (const Change& change : changes) {
    ++head_.changes;
    ChangeMade made{encode_change(change), change.key, change.taken_back_by};
    if (request_.on_change) request_.on_change(made.change, answer);
    keep({world_.clock.now(), std::move(made)});
  }
}

std::shared_ptr<ChangeCount> Run::change_count() {
  if (request_.change_count == nullptr) {
    request_.change_count = std::make_shared<ChangeCount>(head_.workflow, limits_of(*request_.workflow, world_.catalog),
                                                          nullptr, made_before(changes_before_));
  }
  return request_.change_count;
}

std::shared_ptr<ChangeCount> Run::change_count_in(std::uint32_t phase) {
  return at_bad_end(phase) ? change_count()->at_bad_end() : change_count();
}

std::shared_ptr<CircleCount> Run::circle_count() {
  if (request_.circle_count == nullptr) {
    request_.circle_count = std::make_shared<CircleCount>(request_.chain.size());
  }
  return request_.circle_count;
}

}  // namespace millrace
