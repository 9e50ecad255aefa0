#include "runtime/engine.hpp"

#include <memory>
#include <utility>

#include "runtime/run.hpp"

namespace millrace {

namespace {

/// Names are so seldom taken that more than a few in a row are a mistake of ours.
constexpr int most_names = 100;

void name_anew(KeyMaker& keys, RunRequest& request, Entry& beginning) {
  const Timestamp made = made_at(request.head.key);
  request.head.key = keys.next_run(made);
  request.head.event = keys.next_event(made);
  for (EventRecord& event : beginning.events) event.key = request.head.event;
}

RunReport not_begun(Run& run, std::optional<RunKey> instead, const Error& why) {
  RunReport report = std::move(run).report();
  report.outcome = RunOutcome::failed;
  report.instead = instead;
  report.error = why;
  return report;
}

}  // namespace

Result<Value> outcome_of_call(const std::vector<std::string>& locations, std::vector<Result<Value>> outcomes) {
  const bool several = locations.size() > 1;
  Value::List results;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    Result<Value>& outcome = outcomes[i];
    if (!several) return std::move(outcome);
    if (!outcome) return outcome.error().within("at " + locations[i]);
    results.push_back(std::move(*outcome));
  }
  return Value(std::move(results));
}

Task<RunReport> carry_out(World world, RunRequest request, Entry beginning, OffSwitch* off_switch) {
  std::unique_ptr<Run> run;
  for (int names = 1; true; ++names) {
    if (!beginning.events.empty()) request.origin = origin_of(beginning.events.front());
    run = std::make_unique<Run>(world, request);
    run->begin();
    Entry entry = beginning;
    entry.runs.push_back(run->take_progress());
    if (run->finished() && request.on_end) request.on_end(entry, {});
    const auto written = co_await world.journal.commit(std::move(entry));
    if (written && written->duplicate) {
      const RunKey first = written->runs.empty() ? RunKey{} : written->runs.front();
      co_return not_begun(*run, first, Error{ErrorCode::conflict, "run " + render(first) + " was started for this"});
    }
    if (written) break;
    if (written.error().code != ErrorCode::conflict || names == most_names)
      co_return not_begun(*run, std::nullopt, written.error().within("the journal"));
    name_anew(world.journal.keys(), request, beginning);
  }
  if (off_switch != nullptr) {
    off_switch->on_press([&run, &world] { run->hear(cancellation("called off by hand", world.clock.now())); });
  }
  co_await run->carry_on();
  if (off_switch != nullptr) off_switch->on_press(nullptr);
  co_return std::move(*run).report();
}

}  // namespace millrace
