#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "decider/bad_end.hpp"
#include "runtime/engine.hpp"
#include "runtime/idempotency_keys.hpp"
#include "runtime/performer.hpp"

namespace millrace {

/// One run under way: the fold of its events, and the actions that are being performed. Whoever owns it commits its
/// beginning (`begin`, then `take_progress` in an entry of the journal), then lets it go on. Loop thread only.
class Run final : private Ledger {
 public:
  Run(const World& world, RunRequest request);
  ~Run() override;
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  /// Makes the first decision of a new run. Nothing is done before its progress is committed.
  void begin();
  /// Takes up a run where the journal left it; what was under way is performed again, asked for, or told as unsure.
  void take_up(const StoredRun& stored);

  /// Goes on from where another run stands, of which this one is a dry run, as if the question of the step had been
  /// answered with yes.
  void foresee(const RunState& state, StepPath asked);

  /// What has happened since the last time, with the head after it: to be committed.
  RunProgress take_progress();

  enum class Standing : std::uint8_t {
    finished,
    suspended,  ///< it need not stay in memory until `wakes_at`, until a person answers, or until what it called has
                ///< ended
    broken,     ///< the journal refused it; `report` has the reason
  };
  /// Carries the run on: decide, write, perform, wait. Cancelling the awaiting task leaves the run where the journal
  /// has it. REQUIRES: `begin` and a commit, or `take_up`, came before.
  Task<Standing> carry_on();

  /// Something from outside: an answer, a cancellation, a resolution. It is written down with the next commit.
  void hear(RunEvent event);
  /// The same, but returns when it is written down. REQUIRES: `listens`.
  Task<Status> hear_for_good(RunEvent event);
  /// Whether what it is told now still changes it. One that is about to rest or has come to its end, which may not be
  /// written down yet, can be told something once its `carry_on` has returned: in the journal.
  bool listens() const noexcept { return !left_ && !state_.finished(); }

  /// Whether nothing is under way but `calls` of other workflows, so that it moves only when one of these ends.
  bool only_waits_for(std::size_t calls) const noexcept { return under_way_ == calls && at_rest(); }

  /// Of a suspended one, in the time of Clock::lasting; nothing: at no time by itself.
  const std::optional<Timestamp>& wakes_at() const noexcept { return wake_at_; }
  /// It leaves memory before its end; calls under way are made again when it is taken up.
  bool suspended() const noexcept { return left_ && !state_.finished(); }

  const RunHead& head() const noexcept { return head_; }
  const RunState& state() const noexcept { return state_; }
  const Workflow& workflow() const noexcept { return *request_.workflow; }
  bool finished() const noexcept { return state_.finished(); }
  /// What it and those that it calls may change; nullptr: all.
  const std::shared_ptr<PlannedChanges>& held_to() const noexcept { return request_.only; }
  /// Of a run that the step at this path calls.
  WritesFor writes_of_called(std::string_view step) const { return request_.writes_for.of_called(head_, step); }
  /// What counts its changes with those of the runs that it calls.
  std::shared_ptr<ChangeCount> change_count() override;
  /// Of what a step of the phase calls.
  std::shared_ptr<ChangeCount> change_count_in(std::uint32_t phase);
  std::shared_ptr<CircleCount> circle_count();
  const Value& output() const noexcept { return output_; }  ///< what the last step gave
  /// The chain of what it starts: its own event's, and its workflow.
  std::vector<std::string> chain_behind() const;
  std::string end_origin() { return keys_.end(state_); }  ///< EventRecord::origin of what follows from the end
  RunReport report() &&;

 private:
  /// An action being performed, in a scope of its own, so that it can be called off alone.
  struct Performing {
    StepPath path;
    std::unique_ptr<Scope> scope;
    bool ended = false;
    bool called_off = false;
    bool only_reads = false;
    bool prepares = false;
    bool left = false;               ///< a call that need not be waited for in memory
    bool recorded = false;           ///< one request that writes: nothing but its step's beginning says that it leaves
    bool may_have_happened = false;  ///< of such a one
  };
  /// An outcome, or news from outside.
  struct Heard {
    RunEvent event;
    bool of_read = false;  ///< what a read gave: what follows need not wait until that is written
  };

  Task<Result<Known>> begin(const Action& action, CallSite site) override;
  Task<Status> end(const Action& action, CallSite site, Result<Value> outcome) override;
  void may_have_happened(const CallSite& site) override;
  bool has_looked(const std::string& key) const override;
  Task<Status> keep_before(std::string key, Value seen) override;
  std::vector<PastChange> changes_before() const override { return changes_before_; }
  PlannedChanges* only() const override { return request_.only.get(); }

  void start();
  void decide_next();
  Task<bool> decide_on();
  Decision decide_now();
  bool answer_waits(Decision& decision);
  void settle_head(const Decision& decision);
  bool must_be_written(const Decision& decision) const;
  /// Whether what the step does is one request, so that the step's own beginning says that it is about to leave.
  static bool is_one_request(const Action& action) { return action.request.has_value(); }
  /// Whether it is a request that changes nothing at the far side.
  static bool only_reads(const Action& action, const Value& input);
  static bool shows_key(const Action& action, const Value& input, const ConnectionSettings* connection);
  bool only_reads(const Command& command) const;
  Entry next_entry();
  Task<Status> commit(std::vector<StateChange> states = {});
  Task<Standing> committed(Standing standing);
  Task<Standing> last_words(Standing standing);
  void write_behind();
  Task<void> write_behind(Entry entry);
  Task<Status> caught_up();
  void obey(const Command& command);
  bool refuse_killer(const Command& command);
  Error end_unseen(const Command& command) const;
  void call_off_all(const StepPath& path);
  void leave_call(std::size_t number, bool left);
  std::size_t take_place(const StepPath& path);
  Task<void> perform(std::size_t number, Command command);
  Task<void> call(std::size_t number, Command command);
  Task<void> probe(std::size_t number, Command command);
  Task<void> prepare(std::size_t number, StepPath path);
  Task<void> foresee_to_its_end(Run& foreseen, News& news, bool& ended);
  Task<Value> facts_of(StepPath path);
  Task<Result<Value>> outcome_of(StepPath path, const ActionStep& step, Value input, bool left_before);
  Task<Result<Value>> attempt(const Action& action, const ConnectionSettings* connection, Value input, CallSite site);
  Task<Status> settle(EffectKey key, std::vector<StateChange> remembered, Result<Value> outcome);
  const Value* kept_outcome(const EffectKey& key) const;
  Task<void> call_off(std::size_t number, StepPath path);
  void recover(Command command);
  void remember(const StoredRun& stored);
  bool out_of_time(const StepPath& path);
  void tell(std::size_t number, Result<Value> outcome);
  Performing* performing_at(const StepPath& path);
  void keep(RunEvent event);
  void refuse_unknown(const RunEvent& event);
  void tell_not_sent(const RunEvent& event);
  void take_note(const RunEvent& event);
  void change_lane(const RunEvent& event);
  void keep_changes(const Result<Value>& outcome);
  void hear_all();
  static Timestamp now_of(const RunState& state);
  bool at_rest() const noexcept {
    return commands_.empty() && heard_.empty() && !told_ && !must_write_ && !unfinished_;
  }
  bool leaves_calls() const noexcept { return left_calls_ > 0; }
  bool may_rest() const;
  Gate& gate();
  CallSite site_of(const StepPath& path, const Action& action, const Value& input,
                   const ConnectionSettings* connection);
  EffectKey entry_of(const StepPath& path) const;
  bool at_bad_end(std::uint32_t phase) const noexcept {
    return phase > 0 && state_.stopping && is_bad_end(*state_.stopping);
  }
  Deadline deadline_of(const std::optional<Timestamp>& time) const;

  World world_;
  RunRequest request_;
  Timestamp started_;
  Timestamp now_;                                          // as the run is told it: that of its plan, or of --as-of
  std::shared_ptr<const std::vector<std::string>> chain_;  // as its steps are told it; nothing before the first is
  RunHead head_;
  RunHead kept_head_;  // as it was last given to the journal
  std::vector<PastChange> changes_before_;
  std::set<std::string> looked_at_;  // keys of effects of which the journal has what was there before
  struct ReadBefore {
    const Action* action;
    ThingPlace place;
    Value output;
  };
  std::vector<ReadBefore> reads_before_;  // for the gate, when it is opened
  RunState state_;
  Value output_;
  std::unique_ptr<Gate> gate_;
  std::optional<Performer> performer_;
  RunNotes notes_;
  std::optional<Error> broken_;

  IdempotencyKeys keys_;
  std::vector<RunEvent> unwritten_;  // in the state already, not yet on its way to the journal
  std::vector<Command> commands_;    // decided; obeyed once what led to them is written
  std::vector<Heard> heard_;         // not yet in the state
  BudgetLane lane_;                  // of its requests
  std::optional<Timestamp> wake_at_;
  std::size_t stock_ = 0;  // what the state held when that was last counted
  bool new_ = false;
  bool must_write_ = false;
  bool writing_behind_ = false;    // an entry that nobody waits for is on its way to the journal
  News written_behind_;            // it is written, or refused
  std::optional<Error> refused_;   // why
  bool unfinished_ = false;        // there is more to decide, once others have had their turn
  std::size_t decided_bytes_ = 0;  // of the events decided since anything was obeyed
  bool told_ = false;              // something was said for good, and is not decided on yet
  bool left_ = false;              // nothing more is decided
  bool engine_stops_ = false;      // and that is why
  std::vector<Performing> performing_;
  std::size_t under_way_ = 0;
  std::size_t left_calls_ = 0;  // of these
  News news_;
  Scope scope_;
};

}  // namespace millrace
