#include "runtime/engine.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "runtime/performer.hpp"
#include "value/time.hpp"
#include "workflow/connections.hpp"

namespace millrace {

namespace {

Value today_of(Timestamp now, const std::string& zone) {
  static constexpr const char* weekdays[] = {"sunday",   "monday", "tuesday", "wednesday",
                                             "thursday", "friday", "saturday"};
  const auto civil = civil_time(now, zone);
  if (!civil) return Value();
  CivilTime midnight = *civil;
  midnight.hour = midnight.minute = midnight.second = 0;
  const auto start = instant(midnight, zone);
  char date[32];
  std::snprintf(date, sizeof date, "%04d-%02d-%02d", static_cast<int>(civil->year), civil->month, civil->day);
  return Value::object({{"date", date},
                        {"year", civil->year},
                        {"month", civil->month},
                        {"day", civil->day},
                        {"weekday", weekdays[civil->weekday]},
                        {"start", start ? Value(*start) : Value(now)}});
}

/// As fine as what is read and compared: nobody's API and no plugin has more.
Timestamp to_milliseconds(Timestamp time) {
  time.nanos -= time.nanos % 1'000'000;
  return time;
}

bool begins_with(const StepPath& path, const StepPath& prefix) {
  return path.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), path.begin());
}

/// One run under way: the fold of its events, and the actions that are being performed.
class Run {
 public:
  Run(World world, Gate& gate, RunRequest request)
      : world_(world),
        started_(to_milliseconds(request.now ? *request.now : world.clock.now())),
        performer_(world.catalog, world.plugins, gate, started_),
        request_(std::move(request)),
        scope_(world.loop) {}

  Task<void> carry_on();
  RunReport report() &&;

 private:
  /// An action being performed, in a scope of its own, so that it can be called off alone.
  struct Performing {
    StepPath path;
    std::unique_ptr<Scope> scope;
    bool ended = false;
  };

  Task<Status> write(std::vector<RunEvent> events);
  void obey(const Command& command);
  Task<void> perform(std::size_t number, const ActionStep& step, Value input);
  Task<Result<Value>> outcome_of(StepPath path, const ActionStep& step, Value input);
  void warn_of(const Action& action);
  Task<void> call_off(std::size_t number, StepPath path);
  void tell(std::size_t number, Result<Value> outcome);
  void note(const RunEvent& event);
  Deadline deadline_of(const std::optional<Timestamp>& time) const;

  World world_;
  Timestamp started_;
  Performer performer_;
  RunRequest request_;
  RunState state_;
  RunReport report_;
  std::vector<Performing> performing_;
  std::vector<RunEvent> outcomes_;
  News news_;
  Scope scope_;
};

Task<void> Run::carry_on() {
  const Value run =
      Value::object({{"id", request_.id}, {"workflow", request_.workflow->id}, {"location", request_.location}});
  RunEvent start = start_event(*request_.workflow, request_.event, run, started_, today_of(started_, request_.zone));
  fold(*request_.workflow, state_, start);
  std::vector<RunEvent> events{std::move(start)};
  if (request_.off_switch != nullptr) request_.off_switch->on_press([this] { news_.announce(); });
  while (true) {
    Decision next = decide(*request_.workflow, world_.catalog, state_, world_.clock.now(), request_.witness);
    for (const RunEvent& event : next.events) note(event);
    std::move(next.events.begin(), next.events.end(), std::back_inserter(events));
    const auto written = co_await write(std::move(events));
    if (!written) {
      report_.error = written.error().within("the journal");
      break;
    }
    if (state_.finished()) break;
    for (const Command& command : next.commands) obey(command);
    const Deadline wake = deadline_of(next.wake_at);
    if (outcomes_.empty()) co_await news_.wait(wake);
    events = std::exchange(outcomes_, {});
    if (request_.off_switch != nullptr && request_.off_switch->pressed() && state_.stopping != RunOutcome::cancelled) {
      events.push_back(cancellation("called off by hand", world_.clock.now()));
    }
    for (const RunEvent& event : events) fold(*request_.workflow, state_, event);
  }
  if (request_.off_switch != nullptr) request_.off_switch->on_press(nullptr);
  for (auto& each : performing_) co_await each.scope->stop();
  co_await scope_.done();
}

Task<Status> Run::write(std::vector<RunEvent> events) {
  const std::string id = request_.id;
  auto written = co_await world_.journal.append(id, std::move(events));
  co_return written;
}

Deadline Run::deadline_of(const std::optional<Timestamp>& time) const {
  if (!time) return {};
  const Timestamp now = world_.clock.now();
  const auto wait =
      std::chrono::seconds(time->seconds - now.seconds) + std::chrono::nanoseconds(time->nanos - now.nanos);
  return Deadline::in(std::max<Duration>(wait, Duration::zero()));
}

void Run::obey(const Command& command) {
  if (command.type == Command::Type::cancel) {
    for (std::size_t i = 0; i < performing_.size(); ++i) {
      if (!performing_[i].ended && begins_with(performing_[i].path, command.path))
        scope_.spawn(call_off(i, performing_[i].path));
    }
    return;
  }
  // The place of an action that has ended is taken again, so that a loop of many items needs only as many as run at
  // once.
  const auto free = std::find_if(performing_.begin(), performing_.end(),
                                 [](const Performing& each) { return each.ended && each.scope->running() == 0; });
  const auto number = static_cast<std::size_t>(free - performing_.begin());
  if (free == performing_.end()) performing_.push_back({{}, std::make_unique<Scope>(world_.loop), false});
  performing_[number].path = command.path;
  performing_[number].ended = false;
  performing_[number].scope->spawn(perform(number, *command.step, command.input));
}

Task<void> Run::perform(std::size_t number, const ActionStep& step, Value input) {
  const StepPath path = performing_[number].path;
  auto outcome = co_await outcome_of(path, step, std::move(input));
  tell(number, std::move(outcome));
}

Task<Result<Value>> Run::outcome_of(StepPath path, const ActionStep& step, Value input) {
  const Action* action = world_.catalog.find_action(step.action);
  const auto connection = connection_of(*action, step.connection, world_.project, world_.catalog);
  if (!connection) co_return connection.error();
  CallSite site;
  site.step = label_of(*request_.workflow, path);
  site.location = request_.location;
  site.key = request_.id + ":" + render(path);
  const std::size_t changes = performer_.gate().record().changes.size();
  auto outcome = co_await performer_.perform(*action, *connection, std::move(input), std::move(site));
  if (performer_.gate().record().changes.size() > changes) warn_of(*action);
  co_return outcome;
}

/// Once a run: a job may be done for many items.
void Run::warn_of(const Action& action) {
  if (action.caution.empty()) return;
  std::string said = action.name + ": " + action.caution;
  if (std::find(report_.notes.begin(), report_.notes.end(), said) == report_.notes.end())
    report_.notes.push_back(std::move(said));
}

Task<void> Run::call_off(std::size_t number, StepPath path) {
  if (performing_[number].path != path) co_return;  // it ended meanwhile, and another action has its place
  co_await performing_[number].scope->stop();
  if (!performing_[number].ended) tell(number, Error{ErrorCode::cancelled, "called off"});
}

void Run::tell(std::size_t number, Result<Value> outcome) {
  performing_[number].ended = true;
  outcomes_.push_back(step_outcome(performing_[number].path, std::move(outcome), world_.clock.now()));
  note(outcomes_.back());
  news_.announce();
}

void Run::note(const RunEvent& event) {
  const bool ended = event.type == RunEvent::Type::step_succeeded || event.type == RunEvent::Type::step_skipped ||
                     (event.type == RunEvent::Type::step_failed && !event.at_again);
  if (event.type == RunEvent::Type::step_undecided) {
    const std::string what = event.data.is_unknown() ? event.data.unknown_what() : "a value of the run";
    const SourceMark& at = step_at(*request_.workflow, event.path).at;
    const std::string place =
        at.source != nullptr ? at.source->name + ":" + std::to_string(at.line) : render(event.path);
    report_.notes.push_back("whether the step at " + place + " runs cannot be known before the run: it depends on " +
                            what);
  }
  if (!ended) return;
  const Step& step = step_at(*request_.workflow, event.path);
  const auto* action = std::get_if<ActionStep>(&step.what);
  StepReport told;
  told.step = label_of(*request_.workflow, event.path);
  told.action = action != nullptr ? action->action : "";
  told.outcome = event.type == RunEvent::Type::step_succeeded ? "succeeded"
                 : event.type == RunEvent::Type::step_skipped ? "skipped"
                                                              : "failed";
  if (event.failure && event.failure->code == ErrorCode::unsure) told.outcome = "unsure";
  if (event.failure) told.error = event.failure->message;
  if (event.type == RunEvent::Type::step_succeeded && event.path.size() == 2 && event.path[0] == 0)
    report_.output = event.data;
  report_.steps.push_back(std::move(told));
}

RunReport Run::report() && {
  report_.id = request_.id;
  report_.location = request_.location;
  report_.now = started_;
  if (report_.error) {
    report_.outcome = RunOutcome::failed;
  } else {
    report_.outcome = state_.outcome;
    report_.error = state_.failure;
  }
  return std::move(report_);
}

}  // namespace

Task<RunReport> carry_out(World world, Gate& gate, RunRequest request) {
  Run run(world, gate, std::move(request));
  co_await run.carry_on();
  co_return std::move(run).report();
}

}  // namespace millrace
