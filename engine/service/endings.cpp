#include "service/endings.hpp"

#include <utility>

namespace millrace {

namespace {

RunEnd end_of(const StoredRun& stored) {
  RunEnd end{stored.head.outcome, stored.head.note, stored.head.ended.value_or(Timestamp{}), Value()};
  for (const RunEvent& event : stored.events) {
    if (const Value* output = output_of(event)) end.output = *output;
    if (const auto* finished = std::get_if<RunFinished>(&event.what)) end.failure = finished->failure;
  }
  return end;
}

}  // namespace

RunEnd end_of(const Run& run) {
  return {run.head().outcome, run.head().note, run.head().ended.value_or(Timestamp{}), run.output(),
          run.state().failure};
}

void Endings::tell_end(RunKey run, RunEnd end) {
  const auto found = awaited_.extract(run);
  if (found.empty()) return;
  found.mapped()->end = std::move(end);
  found.mapped()->rests = false;
  found.mapped()->news.announce();
}

void Endings::tell_rest(RunKey run) {
  const auto found = awaited_.find(run);
  if (found == awaited_.end()) return;
  found->second->rests = true;
  found->second->news.announce();
}

/// One of those who wait does so no more.
void Endings::leave(RunKey run, const std::shared_ptr<Awaited>& awaited) {
  constexpr long us_and_the_table = 2;
  if (awaited.use_count() == us_and_the_table && !awaited->end) awaited_.erase(run);
}

Task<Result<std::optional<RunEnd>>> Endings::wait(RunKey run, bool under_way, Deadline deadline, bool patient) {
  std::shared_ptr<Awaited>& place = awaited_[run];
  if (!place) place = std::make_shared<Awaited>();
  const std::shared_ptr<Awaited> awaited = place;
  if (!under_way) {
    // It may have ended already. Where it is just being loaded, its end is heard of all the same.
    const auto stored = co_await store_.journal().read(run);
    if (!stored) {
      leave(run, awaited);
      co_return stored.error();
    }
    if (has_ended(stored->head.outcome)) tell_end(run, end_of(*stored));
    awaited->rests = awaited->rests || stored->head.outcome == RunOutcome::waiting;
  }
  bool cancelled = false;
  while (!awaited->end && !cancelled && !deadline.reached() && (patient || !awaited->rests)) {
    const bool undisturbed = co_await awaited->news.wait(deadline);
    cancelled = !undisturbed;
  }
  leave(run, awaited);
  if (cancelled) co_return Error{ErrorCode::cancelled, "called off"};
  std::optional<RunEnd> end = awaited->end;
  co_return end;
}

}  // namespace millrace
