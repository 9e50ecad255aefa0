#include "plugin/apart_plugin.hpp"

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"
#include "plugin/plugin_call.hpp"
#include "plugin/plugin_process.hpp"

namespace millrace {
namespace {

constexpr std::size_t most_calls = 16;
constexpr Duration first_pause = std::chrono::seconds(1), longest_pause = std::chrono::minutes(1);

/// So many failures within so long put a plugin out of service.
constexpr std::size_t most_failures = 3;
constexpr Duration failures_count = std::chrono::minutes(10);
constexpr Duration longest_rest = std::chrono::hours(6);

/// How many calls end between two looks at the memory of a process.
constexpr int calls_between_looks = 8;

/// How long a call that did not end is told as a trouble, once its process is gone.
constexpr Duration hang_is_told = std::chrono::minutes(10);
constexpr std::size_t most_hangs_told = 8;

/// How one attempt at a call went.
struct Attempt {
  Result<Value> outcome = Value();
  bool died = false;  ///< the process did, and nothing came of the call
  std::string how = {};
};

class ApartPlugin final : public OpenPlugin {
 public:
  ApartPlugin(Loop& loop, Binary binary, Launch order, PluginOptions options)
      : loop_(loop),
        binary_(std::move(binary)),
        order_(std::move(order)),
        options_(std::move(options)),
        rest_(options_.rest),
        hub_(std::make_shared<CallHub>(loop, most_calls)) {
    order_.library = binary_.descriptor();
    hub_->state_room.emplace();
  }
  ~ApartPlugin() override { hub_->close(Deadline::in(Duration::zero())); }

  Status open_now() override;
  Task<Result<Value>> call(std::string capability, Handed input, CallServices& services) override;
  Task<Status> listen(std::string capability, Handed with, CallServices& services,
                      std::function<Status(Value)> hear) override;
  void forbid(const std::string& why) override;
  bool bring_back() override;
  void add_troubles(std::vector<PluginTrouble>& troubles) const override;

 private:
  using Process = std::shared_ptr<PluginProcess>;
  struct Wanted {
    Wanted(std::string called, Handed given) : capability(std::move(called)), input(std::move(given)) {}

    std::string capability;
    Handed input;
    std::function<Status(Value)> hear = {};  ///< a trigger's
  };

  const std::string& name() const noexcept { return order_.name; }
  Result<Process> current();
  Result<Process> start();
  Error note_load(const Error& failure);
  void note_failure(const std::string& what);
  Status in_service() const;
  Error out_of_service() const;
  Task<Result<bool>> take_turn();
  void end_trial(bool shown);
  Task<Result<Value>> call_now(Wanted wanted, CallServices& services);
  Task<Result<Value>> again_alone(Wanted wanted, CallServices& services, std::string how);
  Task<Attempt> attempt(Process process, Wanted wanted, CallServices& services);
  Task<Status> until_ended(std::shared_ptr<PluginCall> call, Process process, Scope& requests, Deadline limit,
                           std::string what);
  Task<void> write_off_after_grace(std::shared_ptr<PluginCall> call, Process process, std::string what);
  void note_hang(const std::string& what);
  void look_at_memory(const Process& process);

  Loop& loop_;
  Binary binary_;
  Launch order_;
  PluginOptions options_;
  Duration rest_;  // the next one
  std::shared_ptr<CallHub> hub_;
  CallPlaces alone_{1};
  Process process_;  // the one that takes calls
  int ended_calls_ = 0;
  Duration pause_ = first_pause;
  std::optional<Error> refusal_;  // of the last load; until `pause_over_`
  Deadline pause_over_;
  std::deque<Deadline> failures_;                       // until when each counts
  std::optional<Deadline> rested_;                      // it is out of service: until then, and until a trial went well
  bool trial_ = false;                                  // a call shows whether it can be used again
  News serves_again_;                                   // or not: those who wait look again
  std::string worst_;                                   // what put it there
  std::deque<std::pair<Deadline, std::string>> hangs_;  // until when each is told, and what did not end
  std::string forbidden_;                               // why nothing may be asked of it; or empty
  std::vector<std::weak_ptr<PluginProcess>> processes_;  // all that were started and may still be there
};

void ApartPlugin::forbid(const std::string& why) {
  forbidden_ = why;
  if (why.empty()) return;
  for (const auto& each : std::exchange(processes_, {})) {
    if (const Process process = each.lock()) process->end_now("it may not be used any more");
  }
  process_ = nullptr;
  serves_again_.announce();
}

bool ApartPlugin::bring_back() {
  if (!rested_) return false;
  rested_.reset();
  failures_.clear();
  refusal_.reset();
  rest_ = options_.rest;
  pause_ = first_pause;
  serves_again_.announce();
  return true;
}

Result<ApartPlugin::Process> ApartPlugin::start() {
  TRY(in_service());
  auto started = TRY(PluginProcess::start(loop_, order_));
  std::erase_if(processes_, [](const auto& each) { return each.expired(); });
  processes_.push_back(started);
  return started;
}

Status ApartPlugin::in_service() const {
  if (!forbidden_.empty()) return Error{ErrorCode::denied, forbidden_};
  if (!rested_ || rested_->reached()) return Done{};
  return out_of_service();
}

Error ApartPlugin::out_of_service() const {
  return {ErrorCode::unavailable, "the plugin \"" + name() + "\" is out of service for now" +
                                      (options_.wait_while_out ? ", and its calls wait: " : ": ") + worst_};
}

/// A call that killed its process twice, or a load that failed.
void ApartPlugin::note_failure(const std::string& what) {
  if (rested_ && !rested_->reached()) return;  // of a call from before
  while (!failures_.empty() && failures_.front().reached()) failures_.pop_front();
  failures_.push_back(Deadline::in(failures_count));
  if (failures_.size() < most_failures && !rested_) return;  // after a rest one more is enough
  worst_ = what;
  rested_ = Deadline::in(rest_);
  rest_ = std::min<Duration>(rest_ * 2, longest_rest);
  log(LogLevel::error, "the plugin \"" + name() + "\" is out of service for a while: " + what);
}

Error ApartPlugin::note_load(const Error& failure) {
  process_ = nullptr;
  refusal_ = failure;
  pause_over_ = Deadline::in(pause_);
  pause_ = std::min<Duration>(pause_ * 2, longest_pause);
  note_failure(failure.message);
  return failure.within("plugin \"" + name() + "\" was refused");
}

Result<ApartPlugin::Process> ApartPlugin::current() {
  TRY(in_service());
  if (process_ && process_->takes_calls()) return process_;
  if (refusal_ && !pause_over_.reached()) return refusal_->within("plugin \"" + name() + "\" was refused");
  auto started = start();
  if (!started) return note_load(started.error());
  process_ = std::move(*started);
  return process_;
}

Status ApartPlugin::open_now() {
  const Process process = TRY(current());
  const Status ready = process->ready_now();
  if (!ready) return note_load(ready.error());
  return Done{};
}

/// Behind a rest one call shows whether the plugin can be used again; the others fail until then, or wait. True: this
/// one is it.
Task<Result<bool>> ApartPlugin::take_turn() {
  while (rested_ && forbidden_.empty()) {
    const bool resting = !rested_->reached();
    if (!resting && !std::exchange(trial_, true)) co_return true;
    if (!options_.wait_while_out) co_return out_of_service();
    const bool undisturbed = co_await serves_again_.wait(resting ? *rested_ : Deadline());
    if (!undisturbed) co_return Error{ErrorCode::cancelled, "called off"};
  }
  co_return false;
}

void ApartPlugin::end_trial(bool shown) {
  trial_ = false;
  if (shown && rested_ && rested_->reached()) bring_back();
  serves_again_.announce();
}

Task<Result<Value>> ApartPlugin::call(std::string capability, Handed input, CallServices& services) {
  Wanted wanted(std::move(capability), std::move(input));
  Result<bool> trial = false;
  if (services.depth() == 0) trial = co_await take_turn();  // what it calls of its own belongs to its trial
  if (!trial) co_return trial.error();
  auto outcome = co_await call_now(std::move(wanted), services);
  if (*trial) end_trial(outcome || outcome.error().code != ErrorCode::cancelled);
  co_return outcome;
}

Task<Result<Value>> ApartPlugin::call_now(Wanted wanted, CallServices& services) {
  const int depth = services.depth();
  const bool admitted = co_await hub_->places.take(name(), depth);
  if (!admitted) co_return Error{ErrorCode::cancelled, "called off"};
  const auto process = current();
  Attempt first;
  if (process) {
    first = co_await attempt(*process, wanted, services);
  } else {
    first.outcome = process.error();
  }
  hub_->places.give_back(name(), depth);
  if (!first.died) co_return std::move(first.outcome);
  const bool unsure = !first.outcome && first.outcome.error().code == ErrorCode::unsure;
  if (!forbidden_.empty() && unsure) co_return std::move(first.outcome);
  if (!forbidden_.empty()) co_return Error{ErrorCode::denied, forbidden_};
  const bool called_off = co_await cancelled();
  if (called_off) co_return Error{ErrorCode::cancelled, "called off"};
  auto second = co_await again_alone(std::move(wanted), services, std::move(first.how));
  co_return second;
}

Task<Result<Value>> ApartPlugin::again_alone(Wanted wanted, CallServices& services, std::string how) {
  const int depth = services.depth();
  const bool admitted = co_await alone_.take(name(), depth);
  if (!admitted) co_return Error{ErrorCode::cancelled, "called off"};
  log(LogLevel::warning, "the plugin \"" + name() + "\" " + how + " during " + wanted.capability + " (" +
                             services.origin() + "), which is begun again alone");
  services.begin_again();
  Attempt second;
  auto fresh = start();
  if (fresh) {
    second = co_await attempt(*fresh, wanted, services);
  } else {
    second.outcome = fresh.error();
  }
  alone_.give_back(name(), depth);
  if (!second.died) co_return std::move(second.outcome);
  const std::string what = name() + " " + second.how + " twice in this step";
  note_failure(what + ": " + wanted.capability + " (" + services.origin() + ")");
  if (second.outcome.error().code == ErrorCode::unsure) co_return std::move(second.outcome);
  co_return Error{ErrorCode::internal, what};
}

Task<Status> ApartPlugin::listen(std::string capability, Handed with, CallServices& services,
                                 std::function<Status(Value)> hear) {
  auto process = start();  // its calls are none of a trigger's neighbours
  if (!process) co_return process.error();
  Wanted wanted(std::move(capability), std::move(with));
  wanted.hear = std::move(hear);
  const auto ended = co_await attempt(*process, std::move(wanted), services);
  if (!ended.outcome) co_return ended.outcome.error();
  co_return Done{};
}

Task<Attempt> ApartPlugin::attempt(Process process, Wanted wanted, CallServices& services) {
  Attempt made;
  const auto ready = co_await process->ready();
  if (!ready) {
    made.outcome = ready.error().code == ErrorCode::cancelled ? ready.error() : note_load(ready.error());
    co_return made;
  }
  pause_ = first_pause;
  refusal_.reset();
  const auto given = wanted.input.in_form(process->times_in_milliseconds());
  if (!given) {
    made.outcome = given.error();
    co_return made;
  }
  Scope requests(loop_);
  const auto call = PluginCall::start(hub_, name(), &services, &requests);
  const Deadline limit = wanted.hear ? Deadline() : Deadline::in(options_.longest_call);
  if (wanted.hear) call->hear_with(std::move(wanted.hear));
  process->begin(call, wanted.capability, call->told(*given));
  std::string what = name() + "." + wanted.capability + " (" + services.origin() + ")";
  const auto in_time = co_await until_ended(call, process, requests, limit, std::move(what));
  made.died = process->forget(*call);
  made.outcome = in_time ? call->outcome() : in_time.error();
  if (made.died) made.how = process->end();
  if (made.died && call->unsure()) made.outcome = *call->unsure();
  look_at_memory(process);
  co_return made;
}

/// The error: it had no time limit of its own, and ours is over.
Task<Status> ApartPlugin::until_ended(std::shared_ptr<PluginCall> call, Process process, Scope& requests,
                                      Deadline limit, std::string what) {
  const bool undisturbed = co_await call->news().wait(limit);
  const bool overdue = undisturbed && !call->ended();
  if (!undisturbed || overdue) {
    Scope grace(loop_);
    grace.spawn(write_off_after_grace(call, process, std::move(what)));
    call->cancel([&process, &call] { process->cancel(*call); });
    co_await requests.stop();
    while (!call->ended()) {
      co_await call->news().wait_for_good();
    }
    co_await grace.stop();
  }
  call->detach();
  co_await requests.done();  // what it has asked for goes on to its end, also where it died
  call->let_go_of_state();
  if (overdue && !call->unsure())
    co_return Error{ErrorCode::timeout, "not done within " + render(options_.longest_call)};
  co_return Done{};
}

Task<void> ApartPlugin::write_off_after_grace(std::shared_ptr<PluginCall> call, Process process, std::string what) {
  const bool over = co_await sleep_for(options_.grace);
  if (!over || !call->write_off()) co_return;
  note_hang(what);
  process->forget(*call);
  process->retire();
}

void ApartPlugin::note_hang(const std::string& what) {
  const std::string line = "it does not end " + what + ", whose time is over, and is replaced";
  log(LogLevel::warning, "the plugin \"" + name() + "\": " + line);
  hangs_.emplace_back(Deadline::in(hang_is_told), what);
  if (hangs_.size() > most_hangs_told) hangs_.pop_front();
}

/// What grows is replaced before it comes to its limit.
void ApartPlugin::look_at_memory(const Process& process) {
  if (++ended_calls_ % calls_between_looks != 0 || !process->takes_calls()) return;
  if (process->is_large()) process->retire();
}

void ApartPlugin::add_troubles(std::vector<PluginTrouble>& troubles) const {
  const Status serves = in_service();
  if (!serves && forbidden_.empty()) return troubles.push_back({name(), serves.error().message});
  std::vector<std::string> told;
  for (const auto& [until, what] : hangs_) {
    const bool known = std::find(told.begin(), told.end(), what) != told.end();
    if (!until.reached() && !known) told.push_back(what);
  }
  if (told.empty() || !forbidden_.empty()) return;
  troubles.push_back(
      {name(), "it did not end calls whose time was over, and its process was replaced: " + join(told, ", ")});
}

}  // namespace

std::unique_ptr<OpenPlugin> run_apart(Loop& loop, Binary binary, Launch order, PluginOptions options) {
  return std::make_unique<ApartPlugin>(loop, std::move(binary), std::move(order), std::move(options));
}

}  // namespace millrace
