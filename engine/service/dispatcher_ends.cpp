#include <set>
#include <utility>

#include "base/text.hpp"
#include "service/dispatcher.hpp"

namespace millrace {

namespace {

RunEnd end_of(const StoredRun& stored) {
  RunEnd end{stored.head.outcome, stored.head.note, stored.head.ended.value_or(Timestamp{}), Value()};
  for (const RunEvent& event : stored.events) {
    if (gives_output(event)) end.output = event.data;
    if (event.type == RunEvent::Type::run_finished) end.failure = event.failure;
  }
  return end;
}

bool went_well(const RunEnd& end) { return end.outcome == RunOutcome::completed || end.outcome == RunOutcome::skipped; }

/// Of calls inside calls the innermost reason is told, once.
Error call_failure(const RunEnd& end) {
  constexpr std::string_view says = "the called workflow ended as ";
  if (end.note.starts_with(says)) return {ErrorCode::unavailable, end.note};
  return {ErrorCode::unavailable,
          std::string(says) + std::string(name_of(end.outcome)) + (end.note.empty() ? "" : ": " + end.note)};
}

}  // namespace

RunEnd end_of(const Run& run) {
  return {run.head().outcome, run.head().note, run.head().ended.value_or(Timestamp{}), run.output(),
          run.state().failure};
}

/// `end` empty: the run has come to rest.
void Dispatcher::tell_those_who_wait(RunKey key, std::optional<RunEnd> end) {
  const auto found = expected_.find(static_cast<std::int64_t>(key));
  if (found == expected_.end()) return;
  const std::shared_ptr<Expected> expected = found->second;
  expected->rests = !end;
  expected->end = std::move(end);
  if (expected->end) expected_.erase(found);
  expected->news.announce();
}

Task<Result<std::optional<RunEnd>>> Dispatcher::wait_for_end(RunKey key, Deadline deadline, bool patient) {
  const auto number = static_cast<std::int64_t>(key);
  const auto found = expected_.find(number);
  const std::shared_ptr<Expected> expected = found != expected_.end() ? found->second : std::make_shared<Expected>();
  expected_[number] = expected;
  if (!active_.contains(number) && !queued_.contains(number) && !held_.contains(number)) {
    // It may have ended already. Where it is just being loaded, its end is heard of all the same.
    const auto stored = co_await world_.store.journal().read(key);
    if (!stored) co_return stored.error();
    if (has_ended(stored->head.outcome)) tell_those_who_wait(key, end_of(*stored));
    expected->rests = expected->rests || stored->head.outcome == RunOutcome::waiting;
  }
  bool cancelled = false;
  while (!expected->end && !cancelled && !deadline.reached() && (patient || !expected->rests)) {
    const bool undisturbed = co_await expected->news.wait(deadline);
    cancelled = !undisturbed;
  }
  if (expected.use_count() == 2 && !expected->end) expected_.erase(number);  // nobody else waits
  if (cancelled) co_return Error{ErrorCode::cancelled, "called off"};
  std::optional<RunEnd> end = expected->end;
  co_return end;
}

/// A called workflow is an event of its own, named by the call: after a restart the same call finds the same run. Only
/// a run that had failed before this attempt of the step began is not what it asks for.
/// For as long as a run waits for one that it called it is not among the active ones: where all of those wait, none of
/// the called could begin.
class Dispatcher::Aside {
 public:
  Aside(Dispatcher& dispatcher, std::shared_ptr<ActiveRun> caller)
      : dispatcher_(dispatcher), caller_(std::move(caller)) {
    if (!caller_ || caller_->calls++ > 0) return;
    dispatcher_.count_held(*caller_, 0);
    dispatcher_.lanes_.rest(caller_->lane);
    dispatcher_.pump();
    dispatcher_.changed_.announce();
  }
  ~Aside() {
    if (!caller_ || --caller_->calls > 0) return;
    dispatcher_.lanes_.wake(caller_->lane);
    dispatcher_.count_held(*caller_, caller_->run->state().held);
  }
  Aside(const Aside&) = delete;
  Aside& operator=(const Aside&) = delete;

 private:
  Dispatcher& dispatcher_;
  std::shared_ptr<ActiveRun> caller_;
};

/// For as long as it lives it is known which run the call waits for.
class Dispatcher::Calling {
 public:
  Calling(Dispatcher& dispatcher, RunKey caller, std::string id)
      : dispatcher_(dispatcher), caller_(caller), id_(std::move(id)) {
    dispatcher_.note_caller(caller);
  }
  ~Calling() {
    auto& calls = dispatcher_.calls_;
    calls.erase({caller_, id_});
    const auto other = calls.lower_bound({caller_, ""});
    if (other != calls.end() && other->first.first == caller_) return;
    const auto caller = dispatcher_.find(caller_);
    if (caller != nullptr && caller->lane.one_at_a_time()) dispatcher_.calling_from_.erase(caller->lane);
  }
  Calling(const Calling&) = delete;
  Calling& operator=(const Calling&) = delete;

 private:
  Dispatcher& dispatcher_;
  RunKey caller_;
  std::string id_;
};

void Dispatcher::note_call(const Occurrence& call, RunKey called, const std::optional<Lane>& lane) {
  calls_[{*call.caller, call.id}] = {called, lane};
  note_caller(*call.caller);
}

void Dispatcher::note_caller(RunKey run) {
  const auto caller = find(run);
  if (caller != nullptr && caller->lane.one_at_a_time()) calling_from_[caller->lane] = run;
}

/// Whether `run` cannot end before `caller` does: it is that, or calls something that waits for it or comes behind such
/// a one in its lane.
bool Dispatcher::waits_for(RunKey run, RunKey caller, std::set<RunKey>& seen) const {
  if (run == caller) return true;
  if (!seen.insert(run).second) return false;
  for (auto call = calls_.lower_bound({run, ""}); call != calls_.end() && call->first.first == run; ++call) {
    if (waits_for(call->second.run, caller, seen)) return true;
    if (!call->second.lane) continue;
    const auto ahead = calling_from_.find(*call->second.lane);
    if (ahead != calling_from_.end() && waits_for(ahead->second, caller, seen)) return true;
  }
  return false;
}

/// A call whose run would stand in its lane behind one that waits for the caller can never end.
std::optional<Error> Dispatcher::would_wait_for_ever(const Lane& lane, const Occurrence& call) const {
  const auto ahead = calling_from_.find(lane);
  std::set<RunKey> seen;
  if (ahead == calling_from_.end() || !waits_for(ahead->second, *call.caller, seen)) return std::nullopt;
  const std::string called = lane.workflow;
  return Error{ErrorCode::invalid, "the call would wait for ever: a run of \"" + called +
                                       "\" that is under way waits for this one (" + join(call.chain, " > ") + " > " +
                                       called + "), and its concurrency lets no other begin before"};
}

Task<Result<Value>> Dispatcher::call(CallOrder order) {
  const auto live = library_.find(order.workflow);
  if (live == nullptr) co_return Error{ErrorCode::not_found, "there is no workflow \"" + order.workflow + "\" to call"};
  for (int attempt = 1;; ++attempt) {
    Occurrence occurrence;
    occurrence.source = "call:" + render(order.caller);
    occurrence.id = order.step + (attempt == 1 ? "" : "#" + std::to_string(attempt));
    occurrence.payload = order.event;
    occurrence.origin = order.origin;
    occurrence.trigger = "call";
    occurrence.live = order.live;
    occurrence.chain = order.chain;
    occurrence.caller = order.caller;
    occurrence.listeners.push_back({live, live->workflow->triggers.size()});
    if (stopping_) {  // no reason to fail: the next life of the service calls again
      const Aside aside(*this, find(order.caller));
      News never;
      co_await never.wait();
      co_return Error{ErrorCode::cancelled, "called off"};
    }
    const Calling calling(*this, order.caller, occurrence.id);
    const Occurrence call = occurrence;
    const auto accepted = co_await accept(std::move(occurrence));
    if (!accepted) co_return accepted.error();
    if (accepted->runs.empty()) co_return Error{ErrorCode::not_found, "the call started no run"};
    const RunKey called = accepted->runs.front();
    if (accepted->duplicate) {  // asked again after a restart
      const auto queued = queued_.find(static_cast<std::int64_t>(called));
      const std::optional<Lane> lane = queued == queued_.end() ? std::nullopt : std::optional(queued->second);
      note_call(call, called, lane);
      const auto endless = lane ? would_wait_for_ever(*lane, call) : std::nullopt;
      if (endless) co_return *endless;
    }
    const bool patient = true;
    const Deadline never;
    const Aside aside(*this, find(order.caller));
    auto end = co_await wait_for_end(called, never, patient);
    if (!end) co_return end.error();
    const RunEnd& ended = **end;
    if (went_well(ended)) co_return ended.output;
    if (accepted->duplicate && ended.at < order.begun) continue;
    co_return call_failure(ended);
  }
}

}  // namespace millrace
