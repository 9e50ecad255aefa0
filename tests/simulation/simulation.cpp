#include "simulation.hpp"

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <utility>

#include "ask.hpp"
#include "value/time.hpp"

namespace millrace::test {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Timestamp beginning{1'772'323'200 + 13, 0};  // the first of March 2026, 13 seconds after midnight
constexpr Duration longest_rest = std::chrono::minutes(30);
constexpr std::uint64_t most_steps = 200'000;
constexpr int workers = 4;
constexpr Duration longest_start = seconds(60);
constexpr Duration time_to_drain = seconds(30);
constexpr Duration slack = seconds(10);  // of a disk that is slow

}  // namespace

Timestamp WallClock::shown(Duration ahead) const {
  const Duration since = time_.passed() - std::chrono::hours(1) + ahead;
  Timestamp time = beginning;
  const auto whole = std::chrono::floor<seconds>(since);
  time.seconds += whole.count();
  time.nanos += static_cast<std::int32_t>((since - whole).count());
  return time;
}

Simulation::Simulation(const Premises& premises, std::uint64_t seed, Sabotage sabotage, bool told)
    : premises_(premises),
      random_(seed),
      time_([this] { return random_.between(std::chrono::microseconds(200), job_slowest_); }, most_steps, workers),
      trace_(time_, told),
      loop_(time_),
      clock_(time_, sabotage == Sabotage::waits_by_clock),
      disk_(random_.next(), premises.store, sabotage != Sabotage::without_wal_sync),
      far_side_(time_, trace_, random_.next()),
      sabotage_(sabotage),
      scope_(loop_),
      graves_(loop_) {
  doings_.workflows = premises.workflows;
  make_deliveries();
}

Outcome Simulation::live() {
  Outcome outcome;
  try {
    ask(loop_, main());
    outcome.violations = judge(deliveries_, found_, far_side_, doings_);
  } catch (const std::exception& failure) {
    outcome.violations = doings_.complaints;
    outcome.violations.emplace_back(failure.what());
    outcome.stuck = true;
  }
  outcome.hash = trace_.hash();
  outcome.trace = trace_.text();
  outcome.faults = doings_.faults;
  outcome.faults["write refused by the full disk"] += static_cast<int>(disk_.refused_as_full());
  outcome.faults["flush that failed"] += static_cast<int>(disk_.failed_flushes());
  for (const auto& [fault, count] : far_side_.faults) outcome.faults[fault] += count;
  outcome.runs = found_.runs.size();
  return outcome;
}

Task<void> Simulation::main() {
  for (int i = random_.from_to(0, 4); i > 0; --i) far_side_.change_items();
  far_side_.changed.clear();  // what is there before the first look is no change
  scope_.spawn(supervise());
  bool watching = false;
  const Deadline soon = Deadline::in(seconds(60));
  while (!watching) {
    co_await sleep_for(milliseconds(500));
    if (soon.reached()) throw std::runtime_error("the engine does not come up in an undisturbed world");
    if (!life_) continue;
    if (!premises_.workflows.contains("watcher")) break;
    const Life::Visit visit(life_);
    const auto checkpoint = co_await life_->store().journal().read_state("trigger:watcher/0", "watch");
    watching = checkpoint && !checkpoint->is_null();
  }
  doings_.ready = clock_.now();
  for (Delivery& delivery : deliveries_) scope_.spawn(deliver(delivery));
  if (premises_.workflows.contains("watcher")) scope_.spawn(change_items());
  co_await trouble();
  co_await settle();
  co_await look_back();
}

Task<void> Simulation::begin_life() {
  const Surroundings around{loop_, time_, clock_, trace_, far_side_, premises_, sabotage_};
  const auto life = std::make_shared<Life>(around, disk_.now(), random_.next());
  process_ = life;
  trace_.add("the engine starts");
  const Deadline patience = Deadline::in(longest_start);
  const auto started = co_await life->start();
  if (patience.reached()) doings_.complaints.emplace_back("the engine took too long to start");
  if (process_ != life) co_return;  // killed meanwhile
  crash_where_power_failed();
  if (!started && !life->dead()) crash(Disk::Crash::killed);
  if (life->dead()) {
    trace_.add("the engine did not come up" + (started ? "" : ": " + started.error().message));
    bury_process();
    co_return;
  }
  trace_.add("the engine is ready");
  life_ = life;
}

Task<void> Simulation::bury(std::shared_ptr<Life> life) { co_await life->put_away(); }

/// Nothing that the engine has in memory outlives this moment.
void Simulation::crash(Disk::Crash how) {
  trace_.add(how == Disk::Crash::killed ? "the engine is killed" : "the power is cut");
  if (process_) process_->die();
  disk_.crash(how);
}

/// Where the disk has stopped in the middle of something, the engine has ended there.
void Simulation::crash_where_power_failed() {
  if (disk_.now().has_power()) return;
  note("crashed amid writing");
  crash(disk_.how_crashed());
}

void Simulation::bury_process() {
  life_ = nullptr;
  graves_.spawn(bury(std::exchange(process_, nullptr)));
}

/// Starts the engine where it is not there, as systemd does; also where it says that its disk has failed.
Task<void> Simulation::supervise() {
  while (!ending_) {
    if (!process_) {
      const Duration pause = calm_ ? milliseconds(100) : random_.between(milliseconds(100), seconds(8));
      const bool undisturbed = co_await sleep_for(pause);
      if (!undisturbed || ending_) co_return;
      co_await begin_life();
      continue;
    }
    crash_where_power_failed();
    if (life_ && !life_->dead() && life_->service().status().not_ready_because == "the store has failed") {
      if (disk_.now().fired(SimulatedDisk::Operation::sync) == 0)
        doings_.complaints.emplace_back("the engine gave up, and its disk had not failed");
      crash(Disk::Crash::killed);
    }
    if (life_ && life_->dead()) bury_process();
    const bool undisturbed = co_await sleep_for(milliseconds(250));
    if (!undisturbed) co_return;
  }
}

/// All is well again, everybody gets what was promised, and then it is looked at.
Task<void> Simulation::settle() {
  trace_.add("all is well from here on");
  calm_ = true;
  far_side_.mood = {};
  job_slowest_ = milliseconds(4);
  disk_.fill(false);
  const Deadline end = Deadline::in(longest_rest);
  bool rests = false;
  while (!rests && !end.reached()) {
    co_await sleep_for(seconds(5));
    rests = co_await at_rest();
  }
  if (!rests) doings_.complaints.emplace_back("P3: something still goes on, or a sender still has no answer");
}

Task<bool> Simulation::at_rest() {
  if (!life_) co_return false;
  const std::shared_ptr<Life> life = life_;
  const Life::Visit visit(life);
  while (!doings_.paused.empty()) {
    const std::string workflow = *doings_.paused.begin(), who = "the simulation";
    const auto resumed = co_await life->service().resume(workflow, who);
    if (!resumed) co_return false;
    doings_.paused.erase(workflow);
  }
  for (const Delivery& delivery : deliveries_) {
    if (!delivery.promised) co_return false;
  }
  if (!far_side_.unseen().empty()) co_return false;
  const auto open = co_await life->store().journal().unfinished();
  if (!open || !open->empty() || far_side_.on_the_way > 0) co_return false;
  // What an engine says whose disk has failed meanwhile is not what the next one finds.
  if (life_ != life || !life->service().status().ready) co_return false;
  if (std::exchange(resolved_, true)) co_return true;
  const bool nothing_parked = co_await resolve_parked(life);
  co_return nothing_parked&& life_ == life;
}

Task<void> Simulation::look_back() {
  ending_ = true;
  co_await scope_.stop();
  disk_.forget_faults();  // an engine that ends of one now has no next life, in which its runs would go on
  co_await drain_and_stop();
  if (process_) bury_process();
  co_await graves_.done();
  disk_.crash(Disk::Crash::killed);
  StoreOptions options;
  options.role = StoreOptions::Role::service;
  options.vfs = disk_.now().name();
  options.now = clock_.now();
  auto store = open_store(loop_, "millrace.db", options);
  if (!store) {
    doings_.complaints.push_back("the store cannot be opened: " + store.error().message);
    co_return;
  }
  RunFilter filter;
  filter.limit = 1'000'000;
  auto runs = co_await (*store)->history().list_runs(filter);
  auto events = co_await (*store)->history().list_events("", filter.limit);
  co_await (*store)->close();
  if (!runs || !events) {
    doings_.complaints.push_back("the store cannot be read");
    co_return;
  }
  found_.runs = std::move(*runs);
  found_.events = std::move(*events);
}

/// P14: no more work is taken, and it ends within its time.
Task<void> Simulation::drain_and_stop() {
  const std::shared_ptr<Life> life = std::exchange(life_, nullptr);
  if (!life) co_return;
  trace_.add("the engine is told to stop");
  doings_.last_ready = clock_.now();
  const Deadline latest = Deadline::in(time_to_drain + slack);
  const Deadline deadline = Deadline::in(time_to_drain);
  co_await life->service().drain(deadline);
  if (latest.reached()) doings_.complaints.emplace_back("P14: it did not stop within its time");
  trace_.add("the engine has stopped");
  const auto sendings = far_side_.sendings;
  co_await life->put_away();
  if (far_side_.sendings != sendings) doings_.complaints.emplace_back("P14: it sent something after it had stopped");
  crash_where_power_failed();
  process_ = nullptr;
}

}  // namespace millrace::test
