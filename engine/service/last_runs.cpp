#include "service/last_runs.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "service/records.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

/// Runs may end in another order than they began in.
constexpr int runs_looked_through = 20;

void keep_later(std::optional<Timestamp>& kept, const std::optional<Timestamp>& other) {
  if (other && (!kept || *kept < *other)) kept = other;
}

}  // namespace

Task<Status> LastRuns::take_over() {
  const auto stored = co_await world_.store.journal().list_states(engine_owner, watched_prefix);
  if (!stored) co_return stored.error();
  const std::map<std::string, Value> watched(stored->begin(), stored->end());
  Entry entry;
  for (const auto& [id, known] : library_.entries()) {
    const bool is_watched = watched.contains(watched_prefix + id);
    const bool off = known.live != nullptr && known.live->workflow->mode == "paused";
    if (is_watched != off) continue;
    entry.states.push_back(watched_since(id, off ? std::nullopt : std::optional(world_.clock.now())));
  }
  if (entry.states.empty()) co_return Done{};
  const auto written = co_await dispatcher_.write(std::move(entry));
  if (!written) co_return written.error();
  co_return Done{};
}

Task<Status> LastRuns::look_again() {
  std::vector<std::string> unknown;
  for (const auto& [id, known] : library_.entries()) {
    if (!last_.contains(id)) unknown.push_back(id);
  }
  for (const std::string& id : unknown) {
    const auto asked = co_await ask_store(id);
    if (!asked) co_return asked;
  }
  const auto foreground = co_await world_.store.journal().list_states(engine_owner, succeeded_prefix);
  if (!foreground) co_return foreground.error();
  for (const auto& [key, value] : *foreground)
    keep_later(last_[key.substr(succeeded_prefix.size())].success, success_in(value));
  for (auto& [id, last] : last_) hear(id);
  co_return Done{};
}

/// What this life of the service has seen by itself.
void LastRuns::hear(const std::string& id) {
  Last& last = last_[id];
  keep_later(last.run, dispatcher_.last_ends().of(id));
  if (!last.success) return;
  Metrics::Series& gauge = world_.metrics.series("millrace_last_success_timestamp_seconds", {{"workflow", id}});
  gauge.set(std::max(gauge.value(), static_cast<double>(last.success->seconds)));
}

Task<Status> LastRuns::ask_store(std::string id) {
  RunFilter filter;
  filter.workflow = id;
  filter.limit = runs_looked_through;
  filter.took_place = true;
  const auto runs = co_await world_.store.history().list_runs(filter);
  if (!runs) co_return runs.error();
  filter.outcome = RunOutcome::completed;
  const auto completed = co_await world_.store.history().list_runs(filter);
  if (!completed) co_return completed.error();
  Last& last = last_[id];
  for (const RunHead& run : *runs) keep_later(last.run, run.ended ? run.ended : run.started);
  for (const RunHead& run : *completed) keep_later(last.success, run.ended);
  hear(id);
  co_return Done{};
}

Task<Result<std::string>> LastRuns::silence_of(std::shared_ptr<const Workflow> workflow) {
  const std::string& id = workflow->id;
  if (workflow->mode == "paused" || !dispatcher_.brakes().may_start(id)) co_return std::string();
  const Duration allowed = *workflow->alert_if_no_run_for;
  const Timestamp now = world_.clock.now();
  const auto over = [&](const std::optional<Timestamp>& since) {
    if (!since) return true;
    const auto due = add(*since, allowed);
    return due && *due < now;
  };
  hear(id);
  if (!over(last_[id].run)) co_return std::string();
  // Somebody may have run it in the foreground, or have resumed it.
  const auto asked = co_await ask_store(id);
  if (!asked) co_return asked.error();
  const std::string watched = watched_prefix + id;
  const auto known = co_await world_.store.journal().read_state(engine_owner, watched);
  if (!known) co_return known.error();
  const auto resumed = co_await world_.store.journal().read_state(engine_owner, resumed_key);
  if (!resumed) co_return resumed.error();
  const auto last = last_[id].run;
  auto since = last;
  keep_later(since, since_in(*known));
  keep_later(since, since_in(*resumed));
  if (!since || !over(since)) co_return std::string();
  const std::string& zone = world_.project.timezone;
  co_return "it has not run for " + render(allowed) +
      (last ? "; the last time was " + render_in(zone, *last)
            : "; it never did, and is there since " + render_in(zone, *since));
}

std::optional<Timestamp> LastRuns::last_run(const std::string& id) const {
  const auto found = last_.find(id);
  std::optional<Timestamp> last = found == last_.end() ? std::nullopt : found->second.run;
  keep_later(last, dispatcher_.last_ends().of(id));
  return last;
}

}  // namespace millrace
