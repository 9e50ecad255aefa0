#include "service/endings.hpp"

#include <utility>

namespace millrace {

namespace {

/// A parked run waits for a person as one does that asks for an approval.
bool may_go_on(const RunEnd& end) { return end.outcome == RunOutcome::parked; }

}  // namespace

RunEnd end_of(const StoredRun& stored) {
  RunEnd end{stored.head.outcome, stored.head.note, stored.head.ended.value_or(Timestamp{}), Value()};
  for (const RunEvent& event : stored.events) {
    if (const Value* output = output_of(event)) end.output = *output;
    if (const auto* finished = std::get_if<RunFinished>(&event.what)) end.failure = finished->failure;
  }
  return end;
}

RunEnd end_of(const Run& run) {
  return {run.head().outcome, run.head().note, run.head().ended.value_or(Timestamp{}), run.output(),
          run.state().failure};
}

void Endings::tell_end(RunKey run, RunEnd end) {
  const auto found = awaited_.find(run);
  if (found == awaited_.end()) return;
  const std::shared_ptr<Awaited> awaited = found->second;
  awaited->end = std::move(end);
  awaited->rests = false;
  if (!may_go_on(*awaited->end)) awaited_.erase(found);
  awaited->news.announce();
}

void Endings::tell_rest(RunKey run) {
  const auto found = awaited_.find(run);
  if (found == awaited_.end()) return;
  found->second->rests = true;
  found->second->news.announce();
}

void Endings::tell_rest_of_called(RunKey run) {
  const auto found = awaited_.find(run);
  if (found != awaited_.end()) found->second->news.announce();
}

bool Endings::parked(RunKey run) const {
  const auto found = awaited_.find(run);
  return found != awaited_.end() && found->second->end && may_go_on(*found->second->end);
}

/// One of those who wait does so no more.
void Endings::leave(RunKey run, const std::shared_ptr<Awaited>& awaited) {
  constexpr long us_and_the_table = 2;
  const auto found = awaited_.find(run);
  if (found != awaited_.end() && found->second == awaited && awaited.use_count() == us_and_the_table)
    awaited_.erase(found);
}

Task<Result<std::optional<RunEnd>>> Endings::wait(RunKey run, bool under_way, Deadline deadline, bool patient) {
  std::shared_ptr<Awaited>& place = awaited_[run];
  if (!place) place = std::make_shared<Awaited>();
  const std::shared_ptr<Awaited> awaited = place;
  if (under_way) {
    awaited->end.reset();  // it was parked, and goes on
    awaited->rests = false;
  } else {
    // It may have ended already. Where it is just being loaded, its end is heard of all the same.
    const auto stored = co_await store_.journal().read(run);
    if (!stored) {
      leave(run, awaited);
      co_return stored.error();
    }
    if (has_ended(stored->head.outcome)) {
      tell_end(run, end_of(*stored));
    } else if (awaited->end && may_go_on(*awaited->end)) {
      awaited->end.reset();
    }
    awaited->rests = awaited->rests || stored->head.outcome == RunOutcome::waiting;
  }
  const auto settled = [this, run, &awaited, patient] {
    if (awaited->end) return !patient || !may_go_on(*awaited->end);
    return !patient && (awaited->rests || rests_with_called_(run));
  };
  bool cancelled = false;
  while (!settled() && !cancelled && !deadline.reached()) {
    const bool undisturbed = co_await awaited->news.wait(deadline);
    cancelled = !undisturbed;
  }
  leave(run, awaited);
  if (cancelled) co_return Error{ErrorCode::cancelled, "called off"};
  std::optional<RunEnd> end;
  if (settled()) end = awaited->end;
  co_return end;
}

}  // namespace millrace
