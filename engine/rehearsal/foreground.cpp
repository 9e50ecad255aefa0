#include "rehearsal/foreground.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/log.hpp"
#include "courier/courier.hpp"
#include "crypto/digest.hpp"
#include "gate/change_count.hpp"
#include "gate/written_files.hpp"
#include "journal/called_runs.hpp"
#include "runtime/clocks.hpp"
#include "secret/redacted.hpp"
#include "service/foresight.hpp"
#include "service/records.hpp"
#include "value/time.hpp"
#include "workflow/list.hpp"
#include "workflow/load.hpp"
#include "workflow/reach.hpp"
#include "workflow/safety.hpp"

namespace millrace {

namespace {

/// All that an assignment's runs write belongs together.
constexpr const char* of_assignment = "assignment";

/// The gates of runs in the foreground, and the workflows that they call.
class Foreground final : public Gates, public Callees {
 public:
  Foreground(const ForegroundWorld& world, const Assignment& assignment, const RunOrder& order, Journal& journal,
             Clock& clock, WrittenFiles& written)
      : world_(world),
        assignment_(assignment),
        order_(order),
        journal_(journal),
        clock_(clock),
        outside_{world.outside.loop, world.outside.courier, world.outside.secrets, world.outside.states, written} {}

  std::unique_ptr<Gate> open(const Workflow& workflow, bool live, Ledger& ledger) override {
    GateRules rules;
    rules.count = ledger.change_count();
    rules.limits = rules.count->limits();
    rules.project_folder = world_.files.empty() ? world_.folder : world_.files;
    rules.output_folder = rules.project_folder / output_folder;
    rules.only = ledger.only();
    rules.keep_readings = assignment_.keep_readings;
    rules.ledger = live ? &ledger : nullptr;
    rules.keeps_before = world_.keeps_before;
    rules.bounds = bounds_on(workflow, &world_.project);
    return live ? open_live_gate(outside_, rules) : open_planning_gate(outside_, rules);
  }

  Task<Result<Value>> call(CallOrder) override;
  /// For the entry that ends a run: what is to be known of it later.
  void note_end(Entry& ending, CallCounts calls) const {
    note_foreground_end(ending);
    add_calls(calls, of_called_.calls);
    if (assignment_.live) keep_calls(ending, calls, world_.outside.courier, now_utc());
  }
  /// What called workflows do and ask belongs to what their caller does: to see it, to count it, and to hold it to its
  /// plan.
  void add_called(RunReport& of_caller) {
    if (of_caller.outcome == RunOutcome::waiting) of_caller.asks = asks_;
    add(of_caller.record, std::move(of_called_));
  }

  World world() {
    return {world_.loop, world_.project, world_.catalog, world_.plugins, journal_, clock_, *this, *this};
  }

 private:
  static void add(GateRecord& all, GateRecord more);
  std::optional<Error> goes_round_too_often(const CallOrder& order);
  Task<Result<Value>> call_at(CallOrder order, std::shared_ptr<const Workflow> workflow, std::string location,
                              bool several);
  Task<RunReport> carry_out_called(RunRequest request, Entry beginning);
  RunKey name_of_called(RunKey caller);
  void take_called(const std::string& workflow, GateRecord of_called);

  const ForegroundWorld& world_;
  const Assignment& assignment_;
  const RunOrder& order_;
  Journal& journal_;
  Clock& clock_;
  const Outside outside_;
  std::optional<KeyMaker> names_;  // of called runs
  struct Made {
    Value event;
    std::optional<Value> output;  // where it went well
  };
  std::map<std::pair<RunKey, std::string>, std::vector<Made>> made_;  // by caller and the id of the first
  std::optional<RunKey> asks_;  // of those that are left to the service: the first that waits for a person
  GateRecord of_called_;        // of all of them, those that they call among them
};

/// How a run is written down: the event that it is for, and the text of its workflow.
Entry beginning_of(const RunRequest& request, const std::string& source, const std::string& id, Timestamp now) {
  Entry beginning;
  beginning.events.push_back({request.head.event, source, id, now, request.event, request.chain});
  beginning.versions.push_back({request.workflow->id, request.head.version, request.workflow->source->text});
  return beginning;
}

/// Its names are made of the real time: a time that the run is told to take may stand still.
RunHead head_of(const Workflow& workflow, const RunOrder& order, const Project& project, Journal& journal) {
  RunHead head;
  const Timestamp made = now_utc();
  const auto named = parse_run_key(order.id);
  head.key = named ? *named : journal.keys().next_run(made);
  head.event = journal.keys().next_event(made);
  head.workflow = workflow.id;
  head.version = fingerprint(workflow.source->text);
  head.trigger = "manual";
  head.location = order.location;
  head.zone = project.timezone;
  head.foreground = true;
  return head;
}

Task<void> carry_out_apart(World world, RunRequest request, Entry beginning, OffSwitch& off_switch,
                           std::optional<RunReport>& report, News& over) {
  report = co_await carry_out(world, std::move(request), std::move(beginning), &off_switch);
  over.announce();
}

/// Who stands in for people, and who listens.
void add_company(RunRequest& request, const ForegroundWorld& world) {
  const Workflow* workflow = request.workflow.get();
  request.approval_link = world.approval_link;
  if (world.answers)
    request.answers = [&world, workflow](const StepPath& step) { return world.answers(*workflow, step); };
  if (world.on_event)
    request.on_event = [&world, workflow](const RunEvent& event, const RunState&) { world.on_event(*workflow, event); };
}

/// Called runs have their names from the run that began: that has the same one in a plan and where the plan is applied,
/// and so have they. It makes the first call.
RunKey Foreground::name_of_called(RunKey caller) {
  const auto first = static_cast<std::int64_t>(caller);
  if (!names_) names_.emplace(first, !is_service_key(first), first);
  return names_->next_run(made_at(caller));
}

void Foreground::add(GateRecord& all, GateRecord more) {
  add_calls(all.calls, more.calls);
  all.reads += more.reads;
  all.writes += more.writes;
  std::move(more.changes.begin(), more.changes.end(), std::back_inserter(all.changes));
  std::move(more.notes.begin(), more.notes.end(), std::back_inserter(all.notes));
  if (!all.limit) all.limit = std::move(more.limit);
}

void Foreground::take_called(const std::string& workflow, GateRecord of_called) {
  for (Change& change : of_called.changes) change.step.insert(0, workflow + ": ");  // named within their workflow
  add(of_called_, std::move(of_called));
}

/// Said once for the whole, too: whoever calls may go on after a call that failed.
std::optional<Error> Foreground::goes_round_too_often(const CallOrder& order) {
  auto ended = order.circle_count->count_call(order, world_.project.chain_limit);
  std::vector<std::string>& notes = of_called_.notes;
  const bool is_new = ended && std::find(notes.begin(), notes.end(), ended->message) == notes.end();
  if (is_new) notes.push_back(ended->message);
  return ended;
}

Task<Result<Value>> Foreground::call(CallOrder order) {
  // A call that never waits for anything would keep signals from being heard.
  const bool undisturbed = co_await sleep_for(Duration::zero());
  if (!undisturbed) co_return Error{ErrorCode::cancelled, "called off"};
  if (auto ended = chain_ends(order.chain, order.workflow, world_.project.chain_limit)) co_return *ended;
  if (auto ended = goes_round_too_often(order)) co_return *ended;
  const auto file = find_workflow_file(world_.folder, order.workflow);
  if (!file) co_return file.error();
  LoadedWorkflow loaded = load_and_check(file->path, file->shown_as, world_.catalog, &world_.project);
  if (!loaded.workflow) {
    co_return Error{ErrorCode::invalid, "the workflow \"" + order.workflow + "\" has errors: see millrace check"};
  }
  const auto workflow = std::make_shared<const Workflow>(std::move(*loaded.workflow));
  CallAt at = [this, &workflow](CallOrder each, std::string location, bool several) {
    return call_at(std::move(each), workflow, std::move(location), several);
  };
  auto outcome = co_await call_at_each(std::move(order), workflow, world_.project, world_.catalog, std::move(at));
  co_return outcome;
}

/// What a call that was called off gives. Whether a write below it happened has to be found out as for one of its own.
Error end_called_off(const RunReport& report) {
  if (!report.unsure) return {ErrorCode::cancelled, "called off"};
  return {ErrorCode::unsure, failure_of_called(report.outcome, report.error ? report.error->message : "").message};
}

/// Where the call is called off, so is the run, and it comes to its end all the same: nobody else would go on with it.
Task<RunReport> Foreground::carry_out_called(RunRequest request, Entry beginning) {
  OffSwitch off_switch("called off with its caller");
  std::optional<RunReport> report;
  News over;
  Scope apart(world_.loop);  // what calls the caller off does not end what carries out the run
  apart.spawn(carry_out_apart(world(), std::move(request), std::move(beginning), off_switch, report, over));
  const bool undisturbed = co_await over.wait();
  if (!undisturbed) off_switch.press();
  while (!report) {
    co_await over.wait_for_good();
  }
  co_await apart.done();
  co_return std::move(*report);
}

/// A called workflow is a run of its own, with the same gate's rules as its caller. Where the caller goes on in the
/// service, its call finds the run there. A step that is tried again here calls anew, unless what it asks for is done.
Task<Result<Value>> Foreground::call_at(CallOrder order, std::shared_ptr<const Workflow> workflow, std::string location,
                                        bool several) {
  const auto id_of = [&order, place = several ? location : ""](std::size_t attempt) {
    return id_of_call(order.step, order.repetition, place, static_cast<int>(attempt));
  };
  std::vector<Made>& made = made_[{order.caller, id_of(1)}];
  for (const Made& before : made) {
    if (before.output && before.event == order.event) co_return *before.output;
  }
  const std::size_t attempt = made.size();
  made.push_back({order.event, std::nullopt});
  const std::string id = id_of(attempt + 1);
  RunRequest request;
  request.workflow = std::move(workflow);
  const RunOrder called{std::move(location), render(name_of_called(order.caller)), order_.now};
  request.head = head_of(*request.workflow, called, world_.project, journal_);
  request.head.trigger = "call";
  request.head.live = order.live;
  request.event = std::move(order.event);
  request.chain = std::move(order.chain);
  request.now = order_.now;
  request.only = order_.only;
  request.change_count = std::make_shared<ChangeCount>(
      request.workflow->id, limits_of(*request.workflow, world_.catalog), std::move(order.change_count));
  request.circle_count = std::move(order.circle_count);
  request.writes_for = std::move(order.writes_for);
  request.may_leave = order.on_left != nullptr;
  add_company(request, world_);
  request.on_end = [this](Entry& ending, const CallCounts& calls) { note_end(ending, calls); };
  Entry beginning = beginning_of(request, source_of_calls(order.caller), id, clock_.now());
  beginning.events.front().origin = order.origin;
  RunReport report = co_await carry_out_called(std::move(request), std::move(beginning));
  if (order.live) report.record.limit.reset();  // it has ended that run, and is no more than a failure to its caller
  take_called(order.workflow, std::move(report.record));
  bool called_off = co_await cancelled();
  if (!called_off && order.on_left && report.outcome == RunOutcome::waiting) {
    if (!asks_) asks_ = report.key;
    order.on_left(true);
    News never;
    const bool undisturbed = co_await never.wait();
    called_off = !undisturbed;
  }
  if (called_off) co_return end_called_off(report);
  if (report.outcome == RunOutcome::stopped_by_safety && report.error)
    co_return failure_of_called(report.outcome, report.error->message);
  if (report.outcome == RunOutcome::completed || report.outcome == RunOutcome::skipped) {
    made[attempt].output = report.output;
    co_return report.output;
  }
  co_return report.error ? *report.error : failure_of_called(report.outcome, "");
}

}  // namespace

Task<void> carry_out_all(ForegroundWorld world, Assignment assignment, OffSwitch& off_switch,
                         std::vector<RunReport>& finished) {
  // Who says an event by hand, or kept one in a file, repeats secrets that are known here.
  assignment.event = redacted(world.outside.secrets, assignment.event);
  assignment.delivery = redacted(world.outside.secrets, assignment.delivery);
  WrittenFiles written;
  const auto plans = assignment.live ? nullptr : open_memory_journal();
  for (const RunOrder& order : assignment.orders) {
    Journal& journal = assignment.live ? world.journal : *plans;
    const auto clock = order.now && !assignment.live ? open_clock_from(*order.now) : nullptr;
    Clock& time = clock ? *clock : world.clock;
    Foreground foreground(world, assignment, order, journal, time, written);
    RunRequest request;
    request.workflow = assignment.workflow;
    request.head = head_of(*assignment.workflow, order, world.project, journal);
    request.head.live = assignment.live;
    request.head.trigger = assignment.trigger;
    request.event = assignment.event;
    request.delivery = assignment.delivery;
    request.now = order.now;
    request.only = order.only;
    request.writes_for.occurrence = of_assignment;
    request.witness = assignment.witness;
    add_company(request, world);
    request.keep_notes = true;
    request.may_leave = assignment.live;
    if (assignment.of_project)
      request.on_end = [&foreground](Entry& ending, const CallCounts& calls) { foreground.note_end(ending, calls); };
    Entry beginning = beginning_of(request, order.plan.empty() ? "manual" : order.source, order.plan, time.now());
    RunReport report = co_await carry_out(foreground.world(), std::move(request), std::move(beginning), &off_switch);
    foreground.add_called(report);
    finished.push_back(std::move(report));
    if (off_switch.pressed() || finished.back().instead) break;
  }
  if (!assignment.live) co_return;
  for (const auto& [connection, problem] : world.tokens) {
    std::string about = token_alarm(connection);
    const auto kept = co_await keep_alarm(world.journal, std::move(about), problem, now_utc());
    if (!kept) log(LogLevel::error, kept.error().message);
  }
}

}  // namespace millrace
