#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "simulation.hpp"
#include "value/time.hpp"

namespace millrace::test {

namespace {

/// The books side by side: what senders were promised, what the shop saw, what the store holds.
class Judge {
 public:
  Judge(const std::vector<Delivery>& deliveries, const Found& found, const FarSide& far_side, const Doings& doings)
      : deliveries_(deliveries), far_side_(far_side), doings_(doings), said_(doings.complaints) {
    for (const EventHead& event : found.events) events_[{event.source, event.id}].push_back(&event);
    for (const RunHead& run : found.runs) {
      runs_[run.event].push_back(&run);
      by_key_[render(run.key)] = &run;
    }
  }

  std::vector<std::string> judge() {
    for (const Delivery& delivery : deliveries_) judge_delivery(delivery);
    for (const auto& [op, effect] : far_side_.effects) judge_effect(op, effect);
    for (const auto& [key, run] : by_key_) judge_run(*run);
    judge_lanes();
    judge_slots();
    judge_items();
    judge_claims();
    return std::move(said_);
  }

 private:
  using Runs = std::vector<const RunHead*>;

  void say(const std::string& promise, const std::string& what) { said_.push_back(promise + ": " + what); }

  const Effect* effect(const std::string& op) const {
    const auto found = far_side_.effects.find(op);
    return found == far_side_.effects.end() ? nullptr : &found->second;
  }
  bool was_done(const std::string& op) const { return effect(op) != nullptr && effect(op)->applied > 0; }

  bool paused(const std::string& workflow) const {
    return doings_.ever_paused.contains("") || doings_.ever_paused.contains(workflow);
  }

  static bool ended(RunOutcome outcome) { return outcome != RunOutcome::running && outcome != RunOutcome::waiting; }

  /// The one run of `workflow` for an event, which must be there.
  const RunHead* run_of(const EventHead& event, const std::string& workflow) {
    const RunHead* found = nullptr;
    for (const RunHead* run : runs_[event.key]) {
      if (run->workflow != workflow) continue;
      if (found != nullptr) say("P2", event.source + " " + event.id + " has two runs of " + workflow);
      found = run;
    }
    return found;
  }

  void judge_delivery(const Delivery& delivery) {
    const auto kept = events_.find({"hook:" + delivery.path, delivery.id});
    const std::size_t count = kept == events_.end() ? 0 : kept->second.size();
    if (delivery.promised && count == 0) say("P1", delivery.id + " was accepted and is not there");
    if (count > 1) say("P2", delivery.id + " is there " + std::to_string(count) + " times");
    if (count == 0) return;
    const EventHead& event = *kept->second.front();
    const bool order = delivery.path == "orders";
    const auto& there = doings_.workflows;
    std::vector<std::string> wanted = {order ? "orders" : "job"};
    if (order && there.contains("rehearsal")) wanted.emplace_back("rehearsal");
    if (order && delivery.loud && there.contains("alarm")) wanted.emplace_back("alarm");
    if (!order && there.contains("once")) wanted.emplace_back("once");
    if (!order && delivery.calls && there.contains("caller")) wanted.emplace_back("caller");
    if (runs_[event.key].size() != wanted.size())
      say("P2", delivery.id + " made " + std::to_string(runs_[event.key].size()) + " runs");
    for (const std::string& workflow : wanted) {
      const RunHead* run = run_of(event, workflow);
      if (run == nullptr) {
        say("P1", delivery.id + " has no run of " + workflow);
      } else {
        judge_steps(delivery, *run);
      }
    }
    for (const std::string& run : delivery.runs) {
      if (!by_key_.contains(run)) say("P1", "the run " + run + " of a receipt for " + delivery.id + " is not there");
    }
  }

  /// What is done one after the other: each once a run that was completed, none after one behind it has begun.
  void judge_steps(const Delivery& delivery, const RunHead& run) {
    std::vector<std::string> ops;
    if (run.workflow == "orders") ops = {"/first", "/second", "/third"};
    if (run.workflow == "job") ops = {"/one", "/two", "/three"};
    if (run.workflow == "alarm") ops = {"/push"};
    for (std::string& op : ops) op = delivery.id + op;
    if (run.workflow == "caller") ops = {"called/" + delivery.id};
    if (run.workflow == "orders" && run.outcome == RunOutcome::completed && doings_.workflows.contains("follow") &&
        !was_followed(run) && !paused("follow"))
      say("P3", "nothing followed " + render(run.key));
    for (std::size_t i = 0; i < ops.size(); ++i) {
      if (run.outcome == RunOutcome::completed && !was_done(ops[i]))
        say("P3", render(run.key) + " is completed, and " + ops[i] + " was never done");
      if (i == 0 || effect(ops[i]) == nullptr) continue;
      const Effect* before = effect(ops[i - 1]);
      if (before == nullptr || before->applied == 0) {
        say("P4", ops[i] + " was sent, and what goes before was not done");
      } else if (before->order.back() > effect(ops[i])->order.front()) {
        say("P4", ops[i - 1] + " was sent again after " + ops[i]);
      }
    }
    if (run.workflow == "orders" && (delivery.late || delivery.soon)) judge_wait(delivery);
  }

  void judge_wait(const Delivery& delivery) {
    const Effect* before = effect(delivery.id + "/first");
    const Effect* behind = effect(delivery.id + "/second");
    if (before == nullptr || behind == nullptr) return;
    const Duration wait = std::chrono::seconds((delivery.late ? 20 : 0) + (delivery.soon ? 3 : 0));
    // Whatever was done to the clock meanwhile.
    if (behind->first_sent < before->last_sent + wait) say("P7", delivery.id + " went on before its wait was over");
  }

  void judge_effect(const std::string& op, const Effect& effect) {
    if (effect.keys.size() > 1) say("P5", op + " was sent under " + std::to_string(effect.keys.size()) + " keys");
    if (effect.applied > 1) say("P5", op + " was done " + std::to_string(effect.applied) + " times");
    if (op.starts_with("dry/")) say("P10", "a dry run sent " + op);
  }

  void judge_run(const RunHead& run) {
    if (!ended(run.outcome)) say("P3", "the run " + render(run.key) + " of " + run.workflow + " never ended");
    if (run.outcome == RunOutcome::cancelled && !doings_.cancelled.contains(render(run.key)))
      say("P3", "nobody called off " + render(run.key) + " of " + run.workflow);
    if (run.outcome != RunOutcome::cancelled && doings_.called_off.contains(render(run.key)))
      say("P3", "somebody was told that " + render(run.key) + " is called off, and it is " +
                    std::string(name_of(run.outcome)));
    const bool calm =
        !doings_.faults.contains("rough network") && !doings_.faults.contains("shop down") && doings_.cancelled.empty();
    const bool left_out = run.workflow == "caller" && paused("called");  // what it calls does nothing then
    if ((run.outcome == RunOutcome::failed && calm && !left_out) || run.outcome == RunOutcome::stopped_by_safety)
      say("P3", render(run.key) + " of " + run.workflow + " failed for no reason: " + run.note);
    if (run.outcome == RunOutcome::skipped && !paused(run.workflow))
      say("P3", render(run.key) + " was skipped for no reason");
    if (run.outcome == RunOutcome::parked && run.workflow != "alarm" && run.workflow != "job" &&
        run.note.find(gave_up) == std::string::npos)
      say("P3", render(run.key) + " of " + run.workflow + " was parked: " + run.note);
    if (run.outcome == RunOutcome::completed && run.workflow == "follow" && !was_done_by(run))
      say("P3", render(run.key) + " followed, and did nothing");
  }

  /// Followers do "after/<the run before>/<their own>".
  bool was_done_by(const RunHead& run) const {
    return std::any_of(far_side_.effects.begin(), far_side_.effects.end(), [&run](const auto& each) {
      return each.first.starts_with("after/") && each.first.ends_with("/" + render(run.key)) && each.second.applied > 0;
    });
  }
  bool was_followed(const RunHead& run) const {
    return std::any_of(far_side_.effects.begin(), far_side_.effects.end(),
                       [&run](const auto& each) { return each.first.starts_with("after/" + render(run.key) + "/"); });
  }

  /// P6: of two deliveries of one lane, where the second was sent after the first was accepted.
  void judge_lanes() {
    for (const Delivery& first : deliveries_) {
      for (const Delivery& second : deliveries_) {
        const bool ordered = first.promised && first.lane == second.lane && first.path == "orders" &&
                             second.path == "orders" && first.promised_at < second.first_sent;
        const Effect* last = effect(first.id + "/third");
        const Effect* begun = effect(second.id + "/first");
        if (!ordered || begun == nullptr || last == nullptr) continue;
        if (last->order.back() > begun->order.front()) say("P6", second.id + " began before " + first.id + " was done");
      }
    }
  }

  /// P8, and that no slot is lost while nobody touches the clock.
  void judge_slots() {
    std::map<std::string, int> slots;
    for (const auto& [place, events] : events_) {
      if (place.first != "schedule:ticks/0") continue;
      slots[place.second] += static_cast<int>(events.size());
      for (const EventHead* event : events) {
        if (runs_[event->key].size() != 1)
          say("P8", "the slot " + place.second + " has made " + std::to_string(runs_[event->key].size()) + " runs");
        const auto slot = parse_timestamp(place.second);
        if (!slot || slot->seconds % 60 != 0 || event->at < *slot)
          say("P8", place.second + " is no slot, or was early");
      }
    }
    for (const auto& [slot, count] : slots) {
      if (count > 1) say("P8", "the slot " + slot + " is there " + std::to_string(count) + " times");
    }
    if (doings_.clock_set || !doings_.workflows.contains("ticks")) return;
    for (Timestamp slot{doings_.ready.seconds / 60 * 60 + 60, 0}; slot < doings_.last_ready; slot.seconds += 60) {
      if (!slots.contains(render(slot))) say("P8", "the slot " + render(slot) + " was lost");
    }
  }

  /// What is remembered and what was heard of it go together: where all that asked have ended well, one was the first.
  void judge_claims() {
    std::map<std::string, std::set<RunOutcome>> outcomes;
    for (const Delivery& delivery : deliveries_) {
      const auto kept = events_.find({"hook:" + delivery.path, delivery.id});
      if (kept == events_.end()) continue;
      for (const RunHead* run : runs_[kept->second.front()->key]) {
        if (run->workflow == "once") outcomes[delivery.lane].insert(run->outcome);
      }
    }
    for (const auto& [lane, seen] : outcomes) {
      if (seen == std::set{RunOutcome::completed} && !was_done("once/" + lane))
        say("P4", lane + " is claimed, and none of its runs has heard that it was the first");
    }
  }

  void judge_items() {
    for (const std::string& change : far_side_.unseen()) say("P1", "the change " + change + " was never seen");
  }

  const std::vector<Delivery>& deliveries_;
  const FarSide& far_side_;
  const Doings& doings_;
  std::vector<std::string> said_;
  std::map<std::pair<std::string, std::string>, std::vector<const EventHead*>> events_;
  std::map<EventKey, Runs> runs_;
  std::map<std::string, const RunHead*> by_key_;
};

}  // namespace

std::vector<std::string> judge(const std::vector<Delivery>& deliveries, const Found& found, const FarSide& far_side,
                               const Doings& doings) {
  return Judge(deliveries, found, far_side, doings).judge();
}

}  // namespace millrace::test
