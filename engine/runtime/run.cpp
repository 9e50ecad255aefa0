#include "runtime/run.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/log.hpp"
#include "catalog/request.hpp"
#include "gate/planned_changes.hpp"
#include "runtime/today.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

/// More than this is written although nothing demands it, so that a long loop of reads does not gather in memory.
constexpr std::size_t most_unwritten = 256;

/// As fine as what is read and compared: nobody's API and no plugin has more.
Timestamp to_milliseconds(Timestamp time) {
  time.nanos -= time.nanos % 1'000'000;
  return time;
}

/// Of a plan: what people are told with a question is only known when it is asked.
Value unknown_facts() {
  Map facts;
  for (const char* name : {"link", "count", "changes", "notes"})
    facts.set(name, Value::unknown(std::string("the approval's ") + name));
  return Value(std::move(facts));
}

/// Whether a part of what happened is not known.
bool holds_unknown(const Happening& what) {
  bool found = false;
  const auto look = [&found](int, const char*, const auto& member) {
    if constexpr (std::is_same_v<std::decay_t<decltype(member)>, Value>) found = found || member.contains_unknown();
  };
  std::visit([&look](const auto& each) { each.members(each, look); }, what);
  return found;
}

/// When a schedule was to start it; in the store that is text.
std::optional<Timestamp> due_at(const RunRequest& request) {
  const Value* due = request.event.find("scheduled_at");
  if (due == nullptr || (request.head.trigger != "schedule" && request.head.trigger != "cron")) return std::nullopt;
  if (due->is(Kind::timestamp)) return due->timestamp();
  const auto told = due->is_text() ? parse_timestamp(due->text()) : Result<Timestamp>(Timestamp{});
  return told ? std::optional(*told) : std::nullopt;
}

/// Whose requests go first: where somebody waits. What comes long after its time makes up for something.
BudgetLane lane_at_first(const RunRequest& request, Timestamp started) {
  constexpr double late = 600;  // seconds
  const RunHead& head = request.head;
  if (head.foreground || head.trigger == "manual") return BudgetLane::interactive;
  const auto& triggers = request.workflow->triggers;
  const bool sender_waits = std::any_of(triggers.begin(), triggers.end(), [&head](const TriggerSpec& each) {
    return (each.kind == head.trigger || each.name == head.trigger) && each.settings.text_or("respond") == "wait";
  });
  if (sender_waits) return BudgetLane::interactive;
  const auto due = due_at(request);
  return due && seconds_between(*due, started) > late ? BudgetLane::backfill : BudgetLane::scheduled;
}

}  // namespace

Run::Run(const World& world, RunRequest request)
    : world_(world),
      request_(std::move(request)),
      started_(to_milliseconds(world_.clock.now())),
      now_(request_.now ? to_milliseconds(*request_.now) : started_),
      head_(request_.head),
      keys_(request_.origin, request_.workflow->id, request_.head.location),
      lane_(lane_at_first(request_, started_)),
      scope_(world_.loop) {}

Run::~Run() = default;

/// What `now` was when it began, wherever it goes on.
Timestamp Run::now_of(const RunState& state) {
  const Value* now = state.names.find("now");
  return now != nullptr && now->is(Kind::timestamp) ? now->timestamp() : state.started;
}

/// The event that makes a run begin; a dry run that was interrupted begins again with it.
void Run::start() {
  const Value run = Value::object(
      {{"id", render(head_.key)}, {"workflow", request_.workflow->id}, {"location", request_.head.location}});
  RunEvent begun = start_event(request_.event, run, now_, today_of(now_, head_.zone), request_.delivery);
  begun.at = started_;
  // A called run is held to the plan of its caller, whose record has it.
  if (request_.only && head_.trigger != "call") std::get<RunStarted>(begun.what).only = request_.only->text();
  head_.started = started_;
  keep(std::move(begun));
}

void Run::begin() {
  new_ = true;
  must_write_ = true;
  start();
  decide_next();
}

void Run::take_up(const StoredRun& stored) {
  head_ = kept_head_ = stored.head;
  must_write_ = true;
  for (const RunEvent& event : stored.events) {
    fold(*request_.workflow, state_, event);
    change_lane(event);
    if (const Value* output = output_of(event)) output_ = *output;
  }
  for (const RunEvent& event : stored.events) refuse_unknown(event);
  if (!head_.live) {
    const std::optional<Error> called_off = state_.stopping == RunOutcome::cancelled ? state_.failure : std::nullopt;
    head_.changes = 0;  // it begins anew, and lists them again
    start();
    if (called_off) keep(cancellation(called_off->message, world_.clock.now()));
    return decide_next();
  }
  if (stored.events.empty()) {
    start();
  } else {
    started_ = state_.started;
    now_ = now_of(state_);
    std::vector<Command> under_way = interrupted(*request_.workflow, world_.catalog, state_);
    remember(stored);
    for (Command& command : under_way) recover(std::move(command));
  }
  hear_all();
  decide_next();
}

RunProgress Run::take_progress() {
  RunProgress progress;
  progress.head = head_;
  progress.is_new = std::exchange(new_, false);
  progress.same_head = !progress.is_new && head_ == kept_head_;
  kept_head_ = head_;
  progress.events = std::exchange(unwritten_, {});
  must_write_ = false;
  return progress;
}

void Run::keep(RunEvent event) {
  fold(*request_.workflow, state_, event);
  take_note(event);
  const RunEvent& kept = unwritten_.emplace_back(std::move(event));
  refuse_unknown(kept);
}

/// Only a plan has what is not known: a live run would silently leave out what depends on it.
void Run::refuse_unknown(const RunEvent& event) {
  if (!head_.live || state_.stopping || state_.finished() || !holds_unknown(event.what)) return;
  keep({event.at, RunStopping{RunOutcome::failed,
                              Error{ErrorCode::internal, "a value is not known, as only a plan may have it"}}});
}

/// Somebody who has agreed waits for what comes of it; what is tried again makes up for something.
void Run::change_lane(const RunEvent& event) {
  if (std::holds_alternative<AnswerGiven>(event.what)) lane_ = BudgetLane::interactive;
  if (std::holds_alternative<RunReopened>(event.what)) lane_ = BudgetLane::backfill;
}

/// Of a mail's recipients that were refused nobody hears otherwise: the step is done, because the others have it.
void Run::tell_not_sent(const RunEvent& event) {
  const auto* done = std::get_if<StepSucceeded>(&event.what);
  const std::string who = done != nullptr && head_.live ? not_sent_to(*request_.workflow, world_.catalog, *done) : "";
  if (who.empty()) return;
  const std::string said = label_of(*request_.workflow, done->path) + ": the mail was not sent to " + who;
  if (request_.keep_notes) return notes_.say(said);
  log(LogLevel::warning, "run " + render(head_.key) + " of " + head_.workflow + ": " + said);
}

/// What is told of the run besides its state.
void Run::take_note(const RunEvent& event) {
  change_lane(event);
  tell_not_sent(event);
  if (const Value* output = output_of(event)) output_ = *output;
  if (request_.keep_notes) notes_.add(*request_.workflow, event);
  if (request_.on_event) request_.on_event(event, state_);
}

Decision Run::decide_now() {
  Decision next =
      decide(*request_.workflow, world_.catalog, state_, world_.clock.now(), request_.witness, world_.clock.lasting());
  for (const RunEvent& event : next.events) take_note(event);
  return next;
}

/// Obeys what asks for a time or a person: in a live run these answer by themselves, unless somebody stands in for
/// people. A plan, which shows what comes after, has its answers at once; whether it got any.
bool Run::answer_waits(Decision& decision) {
  const Timestamp now = world_.clock.now();
  std::vector<RunEvent> answers;
  std::erase_if(decision.commands, [&](const Command& command) {
    const bool waits = command.type == Command::Type::wait, asks = command.type == Command::Type::ask;
    const bool prepares = command.type == Command::Type::prepare && !head_.live, answers_itself = !request_.foresees;
    if (waits && !head_.live) answers.push_back(waited(command.path, command.until, now));
    if (prepares && answers_itself) answers.push_back(question_prepared(command.path, unknown_facts(), now));
    if (asks && !head_.live && answers_itself) answers.push_back(approval(command.path, true, "", "", now));
    const auto said = asks && head_.live && request_.answers ? request_.answers(command.path) : std::nullopt;
    if (said) answers.push_back(approval(command.path, *said, "", "", now));
    return waits || asks || prepares;
  });
  for (RunEvent& answer : answers) {
    fold(*request_.workflow, state_, answer);
    take_note(answer);
    decision.events.push_back(std::move(answer));
  }
  return !answers.empty();
}

void Run::decide_next() {
  Decision next = decide_now();
  while (answer_waits(next) && !next.goes_on) {
    Decision then = decide_now();
    std::move(then.events.begin(), then.events.end(), std::back_inserter(next.events));
    std::move(then.commands.begin(), then.commands.end(), std::back_inserter(next.commands));
    next.wake_at = then.wake_at;
    next.bytes += then.bytes;
    next.goes_on = then.goes_on || next.events.size() > most_unwritten;
  }
  constexpr std::size_t little = 1u << 20;
  if (state_.held > 2 * stock_ + little) {  // seldom enough to cost nothing
    take_stock(state_);
    stock_ = state_.held;
  }
  unfinished_ = next.goes_on;
  decided_bytes_ += next.bytes;
  settle_head(next);
  must_write_ = must_write_ || must_be_written(next) || unwritten_.size() + next.events.size() > most_unwritten;
  std::move(next.events.begin(), next.events.end(), std::back_inserter(unwritten_));
  std::move(next.commands.begin(), next.commands.end(), std::back_inserter(commands_));
  wake_at_ = next.wake_at;
}

/// What lists show of the run after a decision.
void Run::settle_head(const Decision& decision) {
  head_.wake_at.reset();
  head_.outcome = RunOutcome::running;
  head_.note.clear();
  if (state_.finished()) {
    head_.outcome = state_.outcome;
    head_.ended = state_.ended;
    if (state_.failure) head_.note = state_.failure->message;
  } else if (!unfinished_ && under_way_ == 0 && commands_.empty() && decision.commands.empty()) {
    head_.outcome = RunOutcome::waiting;
    head_.wake_at = decision.wake_at;
  }
  if (head_.outcome != RunOutcome::running) head_.starts = 0;
}

/// Write before act, write before tell: whatever is done but a read, an end, and that the run now waits. Reads alone
/// may be done again, because nobody has seen anything that follows from them.
bool Run::must_be_written(const Decision& decision) const {
  if (state_.finished() || head_.outcome == RunOutcome::waiting) return true;
  return std::any_of(decision.commands.begin(), decision.commands.end(), [this](const Command& command) {
    return command.type != Command::Type::cancel && !only_reads(command);
  });
}

Entry Run::next_entry() {
  Entry entry;
  entry.waits_for_room = request_.may_suspend;  // a person in front of a run would rather know
  entry.runs.push_back(take_progress());
  if (request_.on_entry) request_.on_entry(entry);
  return entry;
}

Task<Status> Run::commit(std::vector<StateChange> states) {
  auto before = co_await caught_up();
  if (!before) co_return before;
  Entry entry = next_entry();
  std::move(states.begin(), states.end(), std::back_inserter(entry.states));
  if (state_.finished() && request_.on_end) request_.on_end(entry, gate_ ? gate_->record().calls : CallCounts());
  auto written = co_await world_.journal.commit(std::move(entry));
  if (!written) co_return written.error();
  co_return Done{};
}

/// Lets the journal write what has happened while the run goes on; one entry at a time, which takes all that came
/// during the one before it.
void Run::write_behind() {
  if (must_write_ || writing_behind_ || unwritten_.empty()) return;
  writing_behind_ = true;
  scope_.spawn(write_behind(next_entry()));
}

Task<void> Run::write_behind(Entry entry) {
  auto written = co_await world_.journal.commit(std::move(entry));
  if (!written) refused_ = std::move(written.error());
  if (!written) must_write_ = true;  // so that the run hears of it
  writing_behind_ = false;
  written_behind_.announce();
  if (refused_) {
    news_.announce();
  } else if (!left_) {
    write_behind();
  }
}

/// What is written later is never there without what came before it.
Task<Status> Run::caught_up() {
  while (writing_behind_) {
    co_await written_behind_.wait_for_good();
  }
  co_return refused_ ? Status(*refused_) : Done{};
}

/// `standing` once what has happened is written, and `broken` where it cannot be.
Task<Run::Standing> Run::committed(Standing standing) {
  const auto written = co_await commit();
  if (written) co_return standing;
  broken_ = written.error().within("the journal");
  co_return Standing::broken;
}

void Run::hear(RunEvent event) {
  heard_.push_back({std::move(event)});
  news_.announce();
}

Task<Status> Run::hear_for_good(RunEvent event) {
  keep(std::move(event));
  told_ = true;                         // it does not come to rest before it has decided what this means,
  head_.outcome = RunOutcome::running;  // nor after a crash
  head_.wake_at.reset();
  auto written = co_await commit();
  news_.announce();
  co_return written;
}

/// What came in becomes part of the state, and is written before anything follows from it that somebody could see.
void Run::hear_all() {
  if (!heard_.empty()) head_.starts = 0;  // it moves on: taking it up again was not the reason of any crash
  for (Heard& each : std::exchange(heard_, {})) {
    must_write_ = must_write_ || !each.of_read;
    keep(std::move(each.event));
  }
  told_ = false;
}

std::vector<std::string> Run::chain_behind() const {
  std::vector<std::string> chain = request_.chain;
  chain.push_back(request_.workflow->id);
  return chain;
}

}  // namespace millrace
