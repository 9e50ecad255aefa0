#include <algorithm>
#include <limits>
#include <utility>

#include "journal/called_runs.hpp"
#include "service/called_before.hpp"
#include "service/dispatcher.hpp"
#include "service/orders.hpp"
#include "value/extent.hpp"

namespace millrace {

namespace {

/// A run that was left out has done nothing of what its caller counts on, and its note says why; one that ended itself
/// as skipped has come to its end, and has none.
bool went_well(const RunEnd& end) {
  return end.outcome == RunOutcome::completed || (end.outcome == RunOutcome::skipped && end.note.empty());
}

/// What a call is given is an event, which is kept until the called run has ended.
constexpr const char* no_room_for_call =
    "what is called would be given too much beside what runs that were called already, and have not ended, were given: "
    "wait until some of them have ended";

/// All of it but its id.
Occurrence occurrence_of(const CallOrder& order, const std::shared_ptr<const LiveWorkflow>& live,
                         const std::string& location) {
  Occurrence occurrence;
  occurrence.source = source_of_calls(order.caller);
  occurrence.location = location;
  occurrence.payload = order.event;
  occurrence.origin = order.origin;
  occurrence.trigger = "call";
  occurrence.live = order.live;
  occurrence.chain = order.chain;
  occurrence.caller = order.caller;
  occurrence.listeners.push_back({live, live->workflow->triggers.size()});
  return occurrence;
}

}  // namespace

/// For as long as it lives it is known which run the call waits for, and beyond that where the caller waits on in the
/// store.
class Dispatcher::Noted {
 public:
  Noted(Dispatcher& dispatcher, RunKey caller, std::string id)
      : dispatcher_(dispatcher), caller_(caller), id_(std::move(id)) {}
  ~Noted() {
    const auto caller = dispatcher_.memory_.find(caller_);
    if (caller == nullptr || !caller->run->suspended()) dispatcher_.calls_.forget(caller_, id_);
  }
  Noted(const Noted&) = delete;
  Noted& operator=(const Noted&) = delete;

 private:
  Dispatcher& dispatcher_;
  RunKey caller_;
  std::string id_;
};

/// For as long as a run waits for one that it called it is not among the active ones: where all of those wait, none of
/// the called could begin.
class Dispatcher::Aside {
 public:
  Aside(Dispatcher& dispatcher, std::shared_ptr<ActiveRun> caller)
      : dispatcher_(dispatcher), caller_(std::move(caller)) {
    if (!caller_ || caller_->calls++ > 0) return;
    dispatcher_.memory_.count(*caller_, caller_->run->state().held);
    dispatcher_.roster_.move(caller_->key(), Whereabouts::aside);
    dispatcher_.pump();
    dispatcher_.changed_.announce();
  }
  ~Aside() {
    if (!caller_ || --caller_->calls > 0) return;
    dispatcher_.roster_.move(caller_->key(), Whereabouts::active);
    dispatcher_.memory_.count(*caller_, caller_->run->state().held);
  }
  Aside(const Aside&) = delete;
  Aside& operator=(const Aside&) = delete;

 private:
  Dispatcher& dispatcher_;
  std::shared_ptr<ActiveRun> caller_;
};

/// A parked run is nowhere; one that goes on again is somewhere.
bool Dispatcher::rests_with_called(RunKey caller) const {
  const bool left = roster_.at(caller) == Whereabouts::resting;  // then the end of what it called would have woken it
  for (const RunKey called : calls_.called_by(caller)) {
    const Whereabouts at = roster_.at(called);
    const bool waits_itself = rests(at) && calls_.called_by(called).empty();
    const bool parked = at == Whereabouts::nowhere && (left || endings_.parked(called));
    if (waits_itself || parked || rests_with_called(called)) return true;
  }
  return false;
}

/// A run has come to rest, and with it those that wait for it.
void Dispatcher::tell_callers(RunKey run) {
  for (auto caller = calls_.caller_of(run); caller; caller = calls_.caller_of(*caller))
    endings_.tell_rest_of_called(*caller);
}

/// What is under way goes on as it was when it was called, whatever has become of the file since; what has failed does
/// where there is no file any more.
Result<std::shared_ptr<const LiveWorkflow>> Dispatcher::workflow_called(const CallOrder& order,
                                                                        const CalledBefore& before) {
  auto today = library_.find(order.workflow);
  const bool as_it_was = before.latest && (order.made_before || today == nullptr);
  if (as_it_was)
    return library_.version(before.latest->head.workflow, before.latest->head.version, before.latest->text);
  if (today == nullptr) return Error{ErrorCode::not_found, "there is no workflow \"" + order.workflow + "\" to call"};
  return today;
}

Task<Result<Value>> Dispatcher::call(CallOrder order) {
  const auto before = co_await look_for_calls(world_.store.history(), order);
  if (!before) co_return before.error();
  const auto live = workflow_called(order, *before);
  if (!live) co_return live.error();
  if (auto ended = order.circle_count->count_call(order, world_.project.chain_limit)) co_return *ended;
  callers_.note(order.caller, order.change_count);
  CallAt at = [this, &live, &before](CallOrder each, std::string location, bool several) {
    std::string place = before->place_of(location, several);
    return call_at(std::move(each), *live, std::move(location), std::move(place));
  };
  const std::shared_ptr<const Workflow> workflow = (*live)->workflow;
  auto outcome = co_await call_at_each(std::move(order), workflow, world_.project, world_.catalog, std::move(at));
  co_return outcome;
}

/// A called workflow is an event of its own, named by the call: after a restart the same call finds the same run. One
/// that had ended before this attempt of the step began is not what a repetition asks for; where the caller is tried
/// again it is carried on, so that what it has done is not done twice; and where that cannot be, or the step's own
/// `retry` calls, there is another one.
Task<Result<Value>> Dispatcher::call_at(CallOrder order, std::shared_ptr<const LiveWorkflow> live, std::string location,
                                        std::string place) {
  std::size_t repetition = 0;
  for (int attempt = 1;; ++attempt) {
    Occurrence occurrence = occurrence_of(order, live, location);
    occurrence.id = id_of_call(order.step, repetition, place, attempt);
    if (brakes_.stopping) {  // no reason to fail: the next life of the service calls again
      const Aside aside(*this, memory_.find(order.caller));
      News never;
      co_await never.wait();
      co_return Error{ErrorCode::cancelled, "called off"};
    }
    if (!order.made_before && !backlog_.has_room_for_call(occurrence.source, bytes_of(occurrence.payload)))
      co_return Error{ErrorCode::unavailable, no_room_for_call};
    const Noted noted(*this, order.caller, occurrence.id);
    const Occurrence call = occurrence;
    const auto accepted = co_await accept(std::move(occurrence));
    if (!accepted) co_return accepted.error();
    if (accepted->runs.empty()) co_return Error{ErrorCode::not_found, "the call started no run"};
    const RunKey called = accepted->runs.front();
    if (accepted->duplicate) {  // asked again after a restart
      calls_.note(order.caller, call.id, called);
      const Lane* lane = roster_.lane_of(called);
      const bool waits = roster_.at(called) == Whereabouts::queued || roster_.at(called) == Whereabouts::held;
      const auto endless = waits ? calls_.would_wait_for_ever(*lane, order.caller, call.chain) : std::nullopt;
      if (endless) co_return *endless;
      if (roster_.at(called) == Whereabouts::nowhere) scope_.spawn(take_over(called, true));
    }
    const Aside aside(*this, memory_.find(order.caller));
    auto end = co_await wait_for_called(called, order.on_left);
    if (!end) co_return end.error();
    const auto is_over = [&] { return accepted->duplicate && end->at < order.begun; };
    if (is_over() && repetition < order.repetition) {
      ++repetition;
      attempt = 0;
      continue;
    }
    if (is_over()) {  // a group around the step is done once more, and may ask for something else by now
      const auto stored = co_await world_.store.history().read_run(called);
      if (!stored) co_return stored.error();
      if (stored->event.payload != order.event) continue;
    }
    if (is_over() && !went_well(*end) && order.attempt == 1) {
      auto calls = co_await world_.store.history().list_events(call.source, std::numeric_limits<int>::max());
      if (!calls) co_return calls.error();
      const std::string next = id_of_call(order.step, repetition, place, attempt + 1);
      const auto is_next = [&next](const EventHead& each) { return each.id == next; };
      if (std::any_of(calls->begin(), calls->end(), is_next)) continue;  // the step's `retry` had called again

      Order order_to_called = order_to_carry_on(world_.catalog, world_.clock.now());
      const auto told = co_await tell(called, std::move(order_to_called));
      (void)told;  // refused where it may not go on, and where it does already: its end says which of them it was
      end = co_await wait_for_called(called, order.on_left);
      if (!end) co_return end.error();
    }
    if (went_well(*end)) co_return end->output;
    if (is_over()) continue;
    co_return failure_of_called(end->outcome, end->note);
  }
}

/// The caller may leave memory where what it called rests or is parked, and where those that wait hold too much of it:
/// then at once where the called run has not begun, and else where that does not soon end.
Task<Result<RunEnd>> Dispatcher::wait_for_called(RunKey called, std::function<void(bool)> on_left) {
  constexpr Duration soon = std::chrono::seconds(5);
  bool left = on_left == nullptr;
  while (true) {
    Deadline look;
    const Whereabouts at = roster_.at(called);
    const bool begun = at == Whereabouts::active || at == Whereabouts::aside;
    if (!left && memory_.is_crowded()) look = Deadline::in(begun ? soon : Duration::zero());
    const auto end = co_await wait_for_end(called, look, left);
    if (!end) co_return end.error();
    if (*end && (*end)->outcome != RunOutcome::parked) {
      if (on_left && left) on_left(false);
      co_return **end;
    }
    if (left || (look.reached() && !memory_.is_crowded())) continue;
    left = true;
    on_left(true);
  }
}

/// Whoever waits for the run hears of its end, or that it is parked: in memory, and by going on where it has ended and
/// its caller waits in the store.
void Dispatcher::tell_end(RunKey run, RunEnd end) {
  const bool parked = end.outcome == RunOutcome::parked;
  endings_.tell_end(run, std::move(end));
  if (parked) {
    tell_callers(run);
  } else {
    wake_caller(run);
  }
}

void Dispatcher::wake_caller(RunKey ended) {
  const auto caller = calls_.caller_of(ended);
  if (!caller || roster_.at(*caller) != Whereabouts::resting) return;
  if (may_go_on(*caller)) return wake(*caller);
  roster_.move(*caller, Whereabouts::stopped);
}

/// A run has left memory before those that it called have ended.
void Dispatcher::leave_to_called(ActiveRun& caller) {
  const RunKey key = caller.key();
  if (calls_.called_by(key).empty()) return;
  callers_.keep(caller.run->head(), caller.run->change_count(), caller.run->circle_count());
  scope_.spawn(look_at_called(key));
}

/// Some may have ended while it left.
Task<void> Dispatcher::look_at_called(RunKey caller) {
  for (const RunKey called : calls_.called_by(caller)) {
    if (roster_.at(called) != Whereabouts::nowhere) continue;
    const auto stored = co_await world_.store.journal().read(called);
    const bool over = stored && has_ended(stored->head.outcome) && stored->head.outcome != RunOutcome::parked;
    if (over) co_return wake_caller(called);
  }
}

}  // namespace millrace
