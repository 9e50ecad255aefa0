#include <utility>

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
    dispatcher_.lanes_.rest(caller_->lane);
    dispatcher_.pump();
  }
  ~Aside() {
    if (caller_ && --caller_->calls == 0) dispatcher_.lanes_.wake(caller_->lane);
  }
  Aside(const Aside&) = delete;
  Aside& operator=(const Aside&) = delete;

 private:
  Dispatcher& dispatcher_;
  std::shared_ptr<ActiveRun> caller_;
};

Task<Result<Value>> Dispatcher::call(CallOrder order) {
  const auto live = library_.find(order.workflow);
  if (live == nullptr) co_return Error{ErrorCode::not_found, "there is no workflow \"" + order.workflow + "\" to call"};
  for (int attempt = 1;; ++attempt) {
    Occurrence occurrence;
    occurrence.source = "call:" + render(order.caller);
    occurrence.id = order.step + (attempt == 1 ? "" : "#" + std::to_string(attempt));
    occurrence.payload = order.event;
    occurrence.trigger = "call";
    occurrence.live = order.live;
    occurrence.listeners.push_back({live, live->workflow->triggers.size()});
    if (stopping_) {  // no reason to fail: the next life of the service calls again
      News never;
      co_await never.wait();
      co_return Error{ErrorCode::cancelled, "called off"};
    }
    const auto dispatched = co_await accept(std::move(occurrence));
    if (!dispatched) co_return dispatched.error();
    if (dispatched->committed.runs.empty()) co_return Error{ErrorCode::not_found, "the call started no run"};
    std::optional<RunEnd> end;
    if (!dispatched->runs.empty() && dispatched->runs.front()->over) {
      end = end_of(*dispatched->runs.front()->run);
    } else {
      const RunKey called = dispatched->committed.runs.front();
      const bool patient = true;
      const Deadline never;
      const Aside aside(*this, find(order.caller));
      auto waited = co_await wait_for_end(called, never, patient);
      if (!waited) co_return waited.error();
      end = std::move(*waited);
    }
    if (went_well(*end)) co_return std::move(end->output);
    if (dispatched->committed.duplicate && end->at < order.begun) continue;
    co_return Error{ErrorCode::unavailable, "the called workflow ended as " + std::string(name_of(end->outcome)) +
                                                (end->note.empty() ? "" : ": " + end->note)};
  }
}

}  // namespace millrace
