#include "service/called_before.hpp"

#include <limits>
#include <utility>

#include "journal/called_runs.hpp"

namespace millrace {

std::string CalledBefore::place_of(const std::string& location, bool several) const {
  if (unplaced) return *unplaced == location ? "" : location;
  return several || places.contains(location) ? location : "";
}

Task<Result<CalledBefore>> look_for_calls(History& history, const CallOrder& order) {
  CalledBefore before;
  if (!order.made_before && !order.tried_again) co_return before;
  const auto calls = co_await history.list_events(source_of_calls(order.caller), std::numeric_limits<int>::max());
  if (!calls) co_return calls.error();
  for (const EventHead& each : *calls) {  // newest first
    if (!is_id_of_call(each.id, order.step, order.repetition)) continue;
    const std::string place = place_of_call(each.id);
    if (!place.empty()) before.places.insert(place);
    if (before.latest && (before.unplaced || !place.empty())) continue;
    RunFilter of_call;
    of_call.event = each.key;
    const auto runs = co_await history.list_runs(std::move(of_call));
    if (!runs) co_return runs.error();
    if (runs->empty()) continue;
    const RunHead& run = runs->front();
    if (place.empty()) before.unplaced = run.location;
    if (before.latest || !run.started) continue;  // what has not begun begins as the file is by then
    auto stored = co_await history.read_run(run.key);
    if (!stored) co_return stored.error();
    before.latest = std::move(*stored);
  }
  co_return before;
}

}  // namespace millrace
