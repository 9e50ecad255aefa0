#include "rehearsal/kept_plans.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <utility>

#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "crypto/random.hpp"
#include "gate/planned_changes.hpp"
#include "rehearsal/apply.hpp"
#include "rehearsal/prepared_undo.hpp"
#include "secret/redacted.hpp"
#include "workflow/connections.hpp"
#include "workflow/load.hpp"

namespace millrace {

namespace {

bool under_way(KeptPlan::State state) { return state != KeptPlan::State::planned && state != KeptPlan::State::applied; }

/// Nobody guesses it, though whoever asks for it must have been let in.
std::string new_name() {
  constexpr std::size_t bytes = 8;
  const auto random = random_bytes(bytes);
  return "p" + (random ? hex(*random) : std::string(2 * bytes, '0'));
}

NotApplied refused(ErrorCode code, std::string message) { return {{code, std::move(message)}, {}}; }

}  // namespace

std::string_view name_of(KeptPlan::State state) noexcept {
  switch (state) {
    case KeptPlan::State::planning:
      return "planning";
    case KeptPlan::State::planned:
      return "planned";
    case KeptPlan::State::comparing:
      return "comparing";
    case KeptPlan::State::applying:
      return "applying";
    case KeptPlan::State::applied:
      return "applied";
  }
  return "";
}

KeptPlans::Kept KeptPlans::entry(const std::string& id) const {
  const auto found = std::find_if(plans_.begin(), plans_.end(), [&id](const Kept& each) { return each->id == id; });
  return found == plans_.end() ? nullptr : *found;
}

std::shared_ptr<const KeptPlan> KeptPlans::find(const std::string& id) const { return entry(id); }

std::vector<std::shared_ptr<const KeptPlan>> KeptPlans::all() const { return {plans_.begin(), plans_.end()}; }

/// The oldest that is at rest goes.
Result<Done> KeptPlans::make_room() {
  if (plans_.size() < most) return Done{};
  const auto oldest =
      std::find_if(plans_.rbegin(), plans_.rend(), [](const Kept& each) { return !under_way(each->state); });
  if (oldest == plans_.rend()) return Error{ErrorCode::limited, "too many plans are being made: try again later"};
  plans_.erase(std::next(oldest).base());
  return Done{};
}

Result<std::string> KeptPlans::make(PlanOrder order, std::string who) {
  TRY(make_room());
  auto kept = std::make_shared<Entry>();
  kept->id = new_name();
  kept->who = std::move(who);
  kept->made = world_.clock.now();
  kept->workflow = order.workflow;
  kept->of_project = order.of_project;
  kept->example = std::move(order.example);
  kept->locations = order.locations.size();
  kept->plan.workflow = order.workflow->id;
  kept->plan.path = std::move(order.file);
  kept->plan.fingerprint = fingerprint(order.workflow->source->text);
  kept->plan.event = redacted(world_.outside.secrets, order.event);
  kept->plan.location = std::move(order.location);
  Assignment assignment;
  assignment.workflow = std::move(order.workflow);
  assignment.event = std::move(order.event);
  assignment.keep_readings = true;
  assignment.of_project = order.of_project;
  for (std::string& location : order.locations) assignment.orders.push_back({std::move(location), "", {}});
  plans_.push_front(kept);
  scope_.spawn(plan(kept, std::move(assignment)));
  return kept->id;
}

Task<void> KeptPlans::plan(Kept kept, Assignment assignment) {
  // One location after the other, so that people see how far it is.
  const std::vector<RunOrder> orders = std::exchange(assignment.orders, {});
  for (const RunOrder& order : orders) {
    assignment.orders = {order};
    std::vector<RunReport> finished;
    co_await carry_out_all(world_, assignment, kept->off_switch, finished);
    for (RunReport& report : finished) {
      kept->reads.push_back(report.record.reads);
      add_calls(kept->calls, report.record.calls);
      kept->plan.runs.push_back(planned(report));
    }
    ++kept->locations_done;
    if (kept->off_switch.pressed()) break;
  }
  kept->state = KeptPlan::State::planned;
}

Status KeptPlans::remove(const std::string& id) {
  const Kept kept = entry(id);
  if (kept == nullptr) return Error{ErrorCode::not_found, "there is no plan " + id};
  if (kept->state == KeptPlan::State::comparing || kept->state == KeptPlan::State::applying)
    return Error{ErrorCode::conflict, "the plan " + id + " is being applied: its runs can be called off"};
  kept->off_switch.press();
  std::erase(plans_, kept);
  return Done{};
}

/// Why it cannot be applied now; nothing where the same would come out.
Task<std::optional<NotApplied>> KeptPlans::compare(Kept kept, Assignment& assignment) {
  const PlanFile& plan = kept->plan;
  if (const auto why = not_applicable(plan)) co_return NotApplied{*why, {}};
  const auto file = file_of(plan, world_.folder);
  if (!file) co_return NotApplied{file.error(), {}};
  std::function<Status()> look = [&plan, &file] { return same_workflow(plan, *file); };
  const Status same = co_await on_worker<Status>(world_.loop, std::move(look));
  if (!same) co_return NotApplied{same.error(), {}};
  const auto locations = locations_of(*kept->workflow, world_.project, world_.catalog, plan.event, plan.location);
  if (!locations) co_return NotApplied{locations.error(), {}};
  const Status there = same_locations(plan, *locations);
  if (!there) co_return NotApplied{there.error(), {}};
  assignment = assignment_of(plan, kept->workflow);
  const auto before = co_await applied_before(store_, assignment);
  if (!before) co_return NotApplied{before.error(), {}};
  if (!before->empty())
    co_return refused(ErrorCode::conflict, sentence_on(plan, before->front(), world_.project.timezone));
  std::vector<RunReport> today;
  co_await carry_out_all(world_, assignment, kept->off_switch, today);
  if (kept->off_switch.pressed()) co_return refused(ErrorCode::unavailable, "the service is stopping");
  if (auto why = broken_off(plan, today)) co_return NotApplied{std::move(*why), {}};
  std::vector<std::string> different = differences(plan, today);
  if (different.empty()) co_return std::nullopt;
  co_return NotApplied{{ErrorCode::conflict, "the world has changed since this plan was made, so nothing was written"},
                       std::move(different)};
}

Task<Error> KeptPlans::begun_already(Kept kept) {
  Error told{ErrorCode::conflict, "the plan " + kept->id + " is applied already, and a plan is applied once"};
  const auto run = kept->runs.empty() ? std::nullopt : parse_run_key(kept->runs.front());
  if (!run) co_return told;  // it is being compared
  const auto by = co_await applied_by(store_, *run);
  if (by) told.message = sentence_on(kept->plan, *by, world_.project.timezone);
  co_return told;
}

Task<Result<std::shared_ptr<const KeptPlan>>> KeptPlans::apply(std::string id, std::string who) {
  const Kept kept = entry(id);
  if (kept == nullptr) co_return Error{ErrorCode::not_found, "there is no plan " + id};
  if (kept->state == KeptPlan::State::planning)
    co_return Error{ErrorCode::conflict, "the plan " + id + " is not made yet"};
  if (kept->state != KeptPlan::State::planned) {
    auto begun = co_await begun_already(kept);
    co_return begun;
  }
  kept->state = KeptPlan::State::comparing;
  kept->refused.reset();
  scope_.spawn(apply_compared(kept, std::move(who)));
  const bool undisturbed = co_await kept->decided.wait();
  if (!undisturbed) co_return Error{ErrorCode::cancelled, "called off; the plan is compared and applied all the same"};
  std::function<bool()> over = [kept] { return kept->state != KeptPlan::State::applying; };
  if (!kept->runs.empty()) co_await until_there(kept->runs.front(), std::move(over));
  co_return std::shared_ptr<const KeptPlan>(kept);
}

Task<void> KeptPlans::apply_compared(Kept kept, std::string who) {
  Assignment assignment;
  kept->refused = co_await compare(kept, assignment);
  if (!kept->refused) {
    millrace::Entry entry;
    entry.audit.push_back({world_.clock.now(), std::move(who), "apply", kept->plan.workflow, "plan " + kept->id});
    const auto noted = co_await store_.journal().commit(std::move(entry));
    if (!noted) kept->refused = NotApplied{noted.error(), {}};
  }
  kept->state = kept->refused ? KeptPlan::State::planned : KeptPlan::State::applying;
  for (RunOrder& order : assignment.orders) {
    if (order.id.empty()) order.id = render(store_.journal().keys().next_run(world_.clock.now()));
    if (!kept->refused) kept->runs.push_back(order.id);
  }
  kept->decided.announce();
  if (kept->refused) co_return;
  assignment.live = true;
  co_await carry_out(kept, std::move(assignment));
}

/// Whoever hears of a run looks at it at once, and it is in the store a moment later than it has its name.
Task<void> KeptPlans::until_there(std::string run, std::function<bool()> over) {
  constexpr Duration moment = std::chrono::milliseconds(5);
  const auto key = parse_run_key(run);
  while (key && !over()) {
    const auto there = co_await store_.history().read_run(*key);
    if (there) co_return;
    const bool undisturbed = co_await sleep_for(moment);
    if (!undisturbed) co_return;
  }
}

Task<void> KeptPlans::carry_out(Kept kept, Assignment assignment) {
  hold_to(kept->plan, assignment);
  const std::vector<RunOrder> orders = assignment.orders;
  std::vector<RunReport> finished;
  co_await carry_out_all(world_, std::move(assignment), kept->off_switch, finished);
  kept->not_made = changes_left(orders, finished).not_made;
  kept->state = KeptPlan::State::applied;
}

/// One at a time from the first look on: whoever plans beside it would plan the same once more.
Task<Result<std::string>> KeptPlans::undo(RunKey run, std::string seen, std::string who) {
  const std::string undone = render(run);
  if (!undoing_.try_emplace(undone).second)
    co_return Error{ErrorCode::conflict, "run " + undone + " is being undone in this moment"};
  auto begun = co_await begin_undo(run, std::move(seen), std::move(who));
  if (!begun) undoing_.erase(undone);
  co_return begun;
}

Task<Result<std::string>> KeptPlans::begin_undo(RunKey run, std::string seen, std::string who) {
  const UndoWorld world{store_, world_.outside.courier, world_.project, world_.catalog, world_.clock};
  const auto prepared = co_await prepare_undo(world, run);
  if (!prepared) co_return prepared.error();
  if (prepared->workflow == nullptr || fingerprint_of(*prepared) != seen)
    co_return Error{ErrorCode::conflict, "the world has changed since this was shown, so nothing was undone"};
  std::vector<RunReport> planned;
  const std::string undone = render(run);
  Assignment dry = assignment_of(*prepared, false);
  co_await carry_out_all(world_, std::move(dry), undoing_[undone], planned);
  const RunReport& plan = planned.front();
  if (plan.error) co_return *plan.error;
  if (plan.outcome != RunOutcome::completed)
    co_return Error{ErrorCode::conflict, "what undoes it would not come to its end, so nothing was undone"};

  millrace::Entry entry;
  entry.audit.push_back({world_.clock.now(), std::move(who), "undo", undone, prepared->workflow->id});
  const auto noted = co_await store_.journal().commit(std::move(entry));
  if (!noted) co_return noted.error();
  Assignment live = assignment_of(*prepared, true);
  const std::string id = render(store_.journal().keys().next_run(world_.clock.now()));
  live.orders.front().id = id;
  scope_.spawn(carry_out_undo(undone, std::move(live), std::move(planned.front().record.changes)));
  std::function<bool()> over = [this, undone] { return !undoing_.contains(undone); };
  co_await until_there(id, std::move(over));
  co_return id;
}

Task<void> KeptPlans::carry_out_undo(std::string undone, Assignment assignment, std::vector<Change> changes) {
  assignment.orders.front().only = std::make_shared<PlannedChanges>(std::move(changes));
  std::vector<RunReport> finished;
  co_await carry_out_all(world_, std::move(assignment), undoing_[undone], finished);
  undoing_.erase(undone);
}

Task<void> KeptPlans::stop() {
  for (auto& [run, off_switch] : undoing_) off_switch.press();
  for (const Kept& kept : plans_) kept->off_switch.press();
  co_await scope_.done();
}

}  // namespace millrace
