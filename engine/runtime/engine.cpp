#include "runtime/engine.hpp"

#include <memory>
#include <utility>

#include "runtime/run.hpp"
#include "workflow/connections.hpp"
#include "workflow/reach.hpp"

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

std::string WritesFor::occurrence_of(const RunHead& run) const {
  return occurrence.empty() ? render(run.event) + "/" + run.workflow : occurrence;
}

WritesFor WritesFor::of_called(const RunHead& caller, std::string_view step) const {
  return {occurrence_of(caller), called_by + std::string(step) + ": "};
}

namespace {

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

}  // namespace

Error failure_of_called(RunOutcome outcome, const std::string& why) {
  constexpr std::string_view says = "the called workflow ended as ";
  if (why.starts_with(says)) return {ErrorCode::unavailable, why};
  return {ErrorCode::unavailable, std::string(says) + std::string(name_of(outcome)) + (why.empty() ? "" : ": " + why)};
}

Task<Result<Value>> call_at_each(CallOrder order, std::shared_ptr<const Workflow> workflow, const Project& project,
                                 const Catalog& catalog, CallAt call_at) {
  if (order.bounds != nullptr) {
    const auto forbidden = forbidden_call(*order.bounds, workflow, catalog, project);
    if (forbidden) co_return Error{ErrorCode::denied, forbidden->why};
  }
  const auto locations = locations_of_call(*workflow, project, catalog, order.event, order.location);
  if (!locations) co_return locations.error();
  std::vector<Result<Value>> outcomes;
  const bool several = locations->size() > 1;
  for (const std::string& location : *locations) {
    const bool called_off = co_await cancelled();
    if (called_off) {
      outcomes.emplace_back(Error{ErrorCode::cancelled, "called off"});
      break;
    }
    const CallOrder at_location = order;
    auto outcome = co_await call_at(at_location, location, several);
    outcomes.push_back(std::move(outcome));
  }
  co_return outcome_of_call(*locations, std::move(outcomes));
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
    off_switch->on_press([&run, &world, off_switch] { run->hear(cancellation(off_switch->why(), world.clock.now())); });
  }
  co_await run->carry_on();
  if (off_switch != nullptr) off_switch->on_press(nullptr);
  co_return std::move(*run).report();
}

}  // namespace millrace
