#include "service/inspector.hpp"

#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"
#include "courier/courier.hpp"
#include "service/orders.hpp"
#include "service/records.hpp"
#include "trigger/verification.hpp"
#include "workflow/alarm_actions.hpp"

namespace millrace {

namespace {

/// How often the state of the world is looked at for alarms and gauges.
constexpr Duration inspection_interval = std::chrono::seconds(5);

/// How often what the budget of the store no longer covers is taken out.
constexpr Duration pruning_interval = std::chrono::minutes(10);

/// A far side that wants no requests for less than this is busy, and no trouble.
constexpr Duration worth_telling = std::chrono::minutes(1);

Duration longest_closed(const ConnectionHealth& connection) {
  Duration longest = {};
  for (const BudgetFacts& budget : connection.budgets) longest = std::max(longest, budget.closed_for);
  return longest;
}

}  // namespace

void Inspector::look_at_workflows() {
  std::set<std::string> broken;
  const auto tell = [&](const std::string& id, const std::string& problem) {
    broken.insert("workflow " + id);
    raise("workflow " + id, problem);
  };
  for (const auto& [id, entry] : parts_.library.entries()) {
    if (entry.problem.empty() && !entry.second.empty()) tell(id, entry.second);
    if (entry.problem.empty()) continue;
    tell(id, entry.live != nullptr ? "its file is broken, and the version before it is live: " + entry.problem
                                   : "its file is broken: " + entry.problem);
  }
  for (const auto& [id, problem] : parts_.sources->problems()) {
    if (!broken.contains("workflow " + id)) tell(id, problem);
  }
  if (!teller_.problem().empty()) tell(alarms_workflow, "alarms do not leave the machine: " + teller_.problem());
  alarms_.clear_others("workflow", broken);
}

Task<void> Inspector::go_on(Timestamp started) {
  started_ = started;
  Deadline pruning = Deadline::in(pruning_interval);
  while (true) {
    co_await look_for_silence();
    co_await look_for_room();
    co_await look_at_store();
    look_at_connections();
    co_await look_for_connected();
    look_at_triggers();
    look_at_plugins();
    look_at_budgets();
    look_at_backlog();
    co_await look_at_stored();
    co_await look_for_faulty_deliveries();
    look_for_secrets();
    if (parts_.dispatcher.broken()) raise("store", "the store has failed; the service has to be started again");
    alarms_.end_recalled({"workflow", "budget", "silence", "connection", "trigger", "plugin", "backlog", "disk",
                          "store", "store log", "secret"});
    co_await write_alarms();
    co_await teller_.tell(alarms_.all());
    set_gauges();
    if (pruning.reached()) {
      pruning = Deadline::in(pruning_interval);
      co_await prune();
    }
    const bool undisturbed = co_await sleep_for(inspection_interval);
    if (!undisturbed) co_return;
  }
}

Task<void> Inspector::prune() {
  // A clock that was set forward makes no history old.
  const Timestamp at_most = std::min(world_.clock.now(), world_.clock.lasting());
  const auto pruned = co_await world_.store.prune(at_most);
  if (!pruned) log(LogLevel::warning, "old history could not be removed: " + pruned.error().message);
}

/// Whether it is there still, also while nothing is written, and whether its log is moved into the file.
Task<void> Inspector::look_at_store() {
  Entry nothing;
  if (!parts_.dispatcher.broken()) co_await parts_.dispatcher.write(std::move(nothing));
  world_.metrics.series("millrace_storage_log_bytes").set(static_cast<double>(world_.store.log_bytes()));
  const std::string complaint = world_.store.log_complaint();
  if (complaint.empty()) {
    clear("store log");
  } else {
    raise("store log", complaint);
  }
}

/// A full disk is an alarm until it has taken everything for a while.
Task<void> Inspector::look_for_room() {
  const std::string refusal = world_.store.take_refusal();
  if (!refusal.empty()) {
    raise("disk", refusal + "; deliveries are refused and runs wait until there is room");
    co_return;
  }
  if (!alarms_.on("disk")) co_return;
  Entry entry;
  entry.states.push_back(service_runs(started_, getpid()));
  const auto written = co_await parts_.dispatcher.write(std::move(entry));
  if (written) clear("disk");
}

Task<Status> Inspector::recall() {
  const auto stored = co_await world_.store.journal().list_states(engine_owner, alarm_prefix);
  if (!stored) co_return stored.error();
  alarms_.recall(*stored);
  auto told = co_await teller_.recall();
  co_return told;
}

/// alert_if_no_run_for.
Task<void> Inspector::look_for_silence() {
  const auto looked = co_await parts_.last_runs.look_again();
  if (!looked) co_return;
  std::vector<std::shared_ptr<const Workflow>> watched;
  for (const auto& [id, entry] : parts_.library.entries()) {
    if (entry.live != nullptr && entry.live->workflow->alert_if_no_run_for) watched.push_back(entry.live->workflow);
  }
  std::set<std::string> silent;
  for (const auto& workflow : watched) {
    const auto silence = co_await parts_.last_runs.silence_of(workflow);
    if (!silence) co_return;
    if (silence->empty()) continue;
    const std::string about = "silence of " + workflow->id;
    silent.insert(about);
    raise(about, *silence);
  }
  alarms_.clear_others("silence", silent);
}

void Inspector::look_at_connections() {
  std::set<std::string> down;
  for (const ConnectionHealth& connection : world_.courier.health()) {
    const Duration closed = longest_closed(connection);
    if (!connection.down && closed < worth_telling) continue;
    const std::string about = std::string(connection_kind) + " " + connection.name;
    down.insert(about);
    if (connection.down) {
      raise(about, "the far side is down, and what needs it waits: " + connection.reason);
    } else if (!alarms_.on(about)) {
      raise(about, "the far side takes no requests for " + render(std::chrono::ceil<std::chrono::minutes>(closed)) +
                       ", as it has answered, and what needs it waits; \"millrace connections\" tells how long still");
    }
  }
  alarms_.clear_others("connection", down);
}

/// Runs that were parked because a connection needed a person go on when it has other tokens; two looks, because one
/// may be parked in the very moment in which they come.
Task<void> Inspector::look_for_connected() {
  std::map<std::string, std::uint64_t> versions;
  for (const ConnectionHealth& connection : world_.courier.health()) {
    if (connection.state.token_version != 0) versions[connection.name] = connection.state.token_version;
  }
  if (versions != token_versions_) looks_for_parked_ = 2;
  token_versions_ = std::move(versions);
  if (looks_for_parked_ == 0) co_return;
  --looks_for_parked_;
  RunFilter parked;
  parked.outcome = RunOutcome::parked;
  parked.limit = 1000;
  for (;;) {
    const auto heads = co_await world_.store.history().list_runs(parked);
    if (!heads || heads->empty()) co_return;
    for (const RunHead& head : *heads) {
      if (head.foreground) continue;
      Order order = order_to_go_on_connected(world_.clock.now());
      const auto told = co_await parts_.dispatcher.tell(head.key, std::move(order));
      if (told) log(LogLevel::info, "a run goes on, whose connection is connected again", {{"run", render(head.key)}});
    }
    parked.before = heads->back().key;
  }
}

void Inspector::look_at_triggers() {
  std::set<std::string> failing;
  for (const auto& problems : {parts_.emitters.problems(), parts_.pollers.problems()}) {
    for (const auto& [name, problem] : problems) {
      if (problem.empty()) continue;
      failing.insert("trigger " + name);
      raise("trigger " + name, problem);
    }
  }
  alarms_.clear_others("trigger", failing);
}

/// Runs that were not begun, because the day's requests do not reach for them.
void Inspector::look_at_budgets() {
  std::set<std::string> short_of;
  for (const auto& [workflow, why] : parts_.dispatcher.foresight().not_begun()) {
    short_of.insert("budget " + workflow);
    raise("budget " + workflow, why);
  }
  alarms_.clear_others("budget", short_of);
}

void Inspector::look_at_plugins() {
  std::set<std::string> troubled;
  for (const auto& [plugin, what] : world_.plugins.troubles()) {
    troubled.insert("plugin " + plugin);
    raise("plugin " + plugin, what);
  }
  alarms_.clear_others("plugin", troubled);
}

/// Some alarms are written where what they tell is found out: by runs in the foreground, which meet far sides, too, and
/// with the parking of a run.
Task<void> Inspector::look_at_stored() {
  for (const char* kind : {token_kind, run_kind, revocations_kind, audit_kind}) {
    const std::string prefix = alarm_prefix + kind + " ";
    const auto stored = co_await world_.store.journal().list_states(engine_owner, prefix);
    if (stored) alarms_.follow(kind, *stored);
  }
}

Task<void> Inspector::write_alarms() {
  const std::vector<StateChange> changes = alarms_.take_changes();
  if (changes.empty()) co_return;
  Entry entry;
  entry.states = changes;
  const auto written = co_await parts_.dispatcher.write(std::move(entry));
  if (!written) alarms_.put_back(changes);
}

/// What nobody listens to any more is nobody's trouble. One that is over already is an alarm until the next look.
Task<void> Inspector::look_for_faulty_deliveries() {
  co_await parts_.faults.forget_told();
  std::set<std::string> faulty;
  for (const FaultyDeliveries::Fault& fault : parts_.faults.tell()) {
    if (!parts_.sources->listens_to(fault.source, fault.trigger)) continue;
    const std::string about = "deliveries of " + fault.source + " for " + fault.trigger;
    faulty.insert(about);
    raise(about, "one came that is kept and started nothing: " + fault.reason + "; the next good one ends this alarm");
  }
  alarms_.clear_others("deliveries", faulty);
}

/// A webhook whose secret is not there refuses everybody, and says so before the first sender comes.
void Inspector::look_for_secrets() {
  std::set<std::string> missing;
  for (const auto& [path, source] : parts_.sources->hooks()) {
    const std::vector<std::string> problems = missing_secrets(source->spec(), world_.secrets);
    if (problems.empty()) continue;
    const std::string about = "secret of hook:" + path;
    missing.insert(about);
    raise(about, join(problems, "; "));
  }
  alarms_.clear_others("secret", missing);
}

void Inspector::look_at_backlog() {
  std::set<std::string> full;
  for (const std::string& source : parts_.dispatcher.backlog().refused()) {
    const std::string about = "backlog of " + source;
    full.insert(about);
    raise(about, "its deliveries are refused (503): what runs that have not ended came from holds too much already");
  }
  alarms_.clear_others("backlog", full);
}

void Inspector::set_gauges() {
  Metrics& metrics = world_.metrics;
  metrics.series("millrace_unfinished_event_bytes").set(static_cast<double>(parts_.dispatcher.backlog().bytes()));
  metrics.series("millrace_queue_length").set(static_cast<double>(parts_.dispatcher.roster().lanes().queued()));
  const auto oldest = parts_.dispatcher.roster().lanes().oldest();
  const Timestamp now = world_.clock.now();
  metrics.series("millrace_oldest_queued_age_seconds")
      .set(oldest ? static_cast<double>(std::max<std::int64_t>(now.seconds - made_at(*oldest).seconds, 0)) : 0);
}

}  // namespace millrace
