#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/error.hpp"
#include "decider/effect_happening.hpp"
#include "decider/status.hpp"
#include "value/value.hpp"

namespace millrace {

// What can happen to a run. Each kind tells its members to `visit(number, name, member)`: they are stored by number, so
// a number is never given to another member, not even when its own is gone. A member may be added; those who wrote
// before did not know it, so what it is by itself must mean what happened then. Its type is one that the journal's
// codec writes.

/// Names that expressions find in the run. `event` is what started it, and `delivery` how that came: both stand in the
/// event's own row, and are put back from there.
struct RunStarted {
  Value event = {}, run = {}, today = {};
  Timestamp now = {};
  Value delivery = {};
  std::string only = {};  ///< of a run that applies a plan: the plan's changes, and no others may be made
  static constexpr std::string_view kind = "run_started";
  static void members(auto& self, auto&& visit) {
    visit(1, "event", self.event);
    visit(2, "run", self.run);
    visit(3, "now", self.now);
    visit(4, "today", self.today);
    visit(5, "only", self.only);
  }
};

/// Names and values are laid over `vars`.
struct VarsSet {
  Value values;
  static constexpr std::string_view kind = "vars_set";
  static void members(auto& self, auto&& visit) { visit(1, "values", self.values); }
};

/// An attempt of a step begins.
struct StepStarted {
  StepPath path;
  Value input = {};                       ///< of an action or a call; null of a block
  std::optional<Timestamp> over_at = {};  ///< when its time is over
  static constexpr std::string_view kind = "step_started";
  static void members(auto& self, auto&& visit) {
    visit(1, "path", self.path);
    visit(2, "input", self.input);
    visit(3, "over_at", self.over_at);
  }
};

/// A branch, a loop's item or a turn inside a step begins.
struct BlockOpened {
  StepPath path;
  std::uint32_t block = 0;
  Value item = {};  ///< of a loop
  static constexpr std::string_view kind = "block_opened";
  static void members(auto& self, auto&& visit) {
    visit(1, "path", self.path);
    visit(2, "block", self.block);
    visit(3, "item", self.item);
  }
};

/// A loop knows its items.
struct LoopOpened {
  StepPath path;
  Value items;
  static constexpr std::string_view kind = "loop_opened";
  static void members(auto& self, auto&& visit) {
    visit(1, "path", self.path);
    visit(2, "items", self.items);
  }
};

struct BlockClosed {
  StepPath path;
  std::uint32_t block = 0;
  Value result = {};  ///< of a loop's item: {item, outcome, output, error}
  std::optional<Error> failure = {};
  static constexpr std::string_view kind = "block_closed";
  static void members(auto& self, auto&& visit) {
    visit(1, "path", self.path);
    visit(2, "block", self.block);
    visit(3, "result", self.result);
    visit(4, "failure", self.failure);
  }
};

struct StepSucceeded {
  StepPath path;
  Value output = {};
  static constexpr std::string_view kind = "step_succeeded";
  static void members(auto& self, auto&& visit) {
    visit(1, "path", self.path);
    visit(2, "output", self.output);
  }
};

/// It is decided what a step's failure means.
struct StepFailed {
  StepPath path;
  Error failure;
  std::optional<Timestamp> again_at = {};  ///< when it is tried again, if it is
  bool goes_on = false;                    ///< the run does, as `on_error` says
  static constexpr std::string_view kind = "step_failed";
  static void members(auto& self, auto&& visit) {
    visit(1, "path", self.path);
    visit(2, "failure", self.failure);
    visit(3, "again_at", self.again_at);
    visit(4, "goes_on", self.goes_on);
  }
};

struct StepSkipped {
  StepPath path;
  std::string condition = {};  ///< that was false, as written
  static constexpr std::string_view kind = "step_skipped";
  static void members(auto& self, auto&& visit) {
    visit(1, "path", self.path);
    visit(2, "condition", self.condition);
  }
};

/// In a plan: only a run will tell whether the step runs.
struct StepUndecided {
  StepPath path;
  Value unknown;  ///< on which it depends
  static constexpr std::string_view kind = "step_undecided";
  static void members(auto& self, auto&& visit) {
    visit(1, "path", self.path);
    visit(2, "unknown", self.unknown);
  }
};

/// The steps of `on_error` begin.
struct HandlerOpened {
  StepPath path;
  static constexpr std::string_view kind = "handler_opened";
  static void members(auto& self, auto&& visit) { visit(1, "path", self.path); }
};

/// It is clear how the run will end: nothing new begins in `actions`.
struct RunStopping {
  RunOutcome outcome = RunOutcome::running;
  std::optional<Error> failure = {};
  static constexpr std::string_view kind = "run_stopping";
  static void members(auto& self, auto&& visit) {
    visit(1, "outcome", self.outcome);
    visit(2, "failure", self.failure);
  }
};

struct PhaseOpened {
  std::uint32_t phase = 0;  ///< 1 for on_failure, 2 for always
  static constexpr std::string_view kind = "phase_opened";
  static void members(auto& self, auto&& visit) { visit(1, "phase", self.phase); }
};

struct RunFinished {
  RunOutcome outcome = RunOutcome::running;
  std::optional<Error> failure = {};
  static constexpr std::string_view kind = "run_finished";
  static void members(auto& self, auto&& visit) {
    visit(1, "outcome", self.outcome);
    visit(2, "failure", self.failure);
  }
};

/// The step's time is over, or the run is called off: what runs inside is cancelled.
struct CancelAsked {
  StepPath path;
  static constexpr std::string_view kind = "cancel_asked";
  static void members(auto& self, auto&& visit) { visit(1, "path", self.path); }
};

/// An action or a call failed. What that means is the decider's to say.
struct ActionFailed {
  StepPath path;
  Error failure;
  static constexpr std::string_view kind = "action_failed";
  static void members(auto& self, auto&& visit) {
    visit(1, "path", self.path);
    visit(2, "failure", self.failure);
  }
};

struct StepWaiting {
  StepPath path;
  std::optional<Timestamp> until = {};  ///< of an approval: when it expires
  std::optional<Value> message = {};    ///< what a person is asked; nothing where only time is waited for
  static constexpr std::string_view kind = "step_waiting";
  static void members(auto& self, auto&& visit) {
    visit(1, "path", self.path);
    visit(2, "until", self.until);
    visit(3, "message", self.message);
  }
};

/// What a person said to a step that waits for approval.
struct AnswerGiven {
  StepPath path;
  bool approved = false;
  std::string by = {}, comment = {};
  static constexpr std::string_view kind = "answer_given";
  static void members(auto& self, auto&& visit) {
    visit(1, "path", self.path);
    visit(2, "approved", self.approved);
    visit(3, "by", self.by);
    visit(4, "comment", self.comment);
  }
};

/// What people are told with the question of a step that waits for approval: {link, count, changes, notes}, where it is
/// answered and what a yes would allow.
struct QuestionPrepared {
  StepPath path;
  Value facts;
  static constexpr std::string_view kind = "question_prepared";
  static void members(auto& self, auto&& visit) {
    visit(1, "path", self.path);
    visit(2, "facts", self.facts);
  }
};

/// What a person found out about an unsure step.
struct StepResolved {
  StepPath path;
  bool happened = false;
  Value output = {};
  std::string by = {};
  static constexpr std::string_view kind = "step_resolved";
  static void members(auto& self, auto&& visit) {
    visit(1, "path", self.path);
    visit(2, "happened", self.happened);
    visit(3, "output", self.output);
    visit(4, "by", self.by);
  }
};

struct RunReopened {
  StepPath from = {};      ///< the step that is done again with all after it; empty: those that failed
  bool connected = false;  ///< by itself: only what waited for a connection is done again
  static constexpr std::string_view kind = "run_reopened";
  static void members(auto& self, auto&& visit) {
    visit(1, "from", self.from);
    visit(2, "connected", self.connected);
  }
};

/// The run went on, and what a step may take counts from there.
struct TimeRenewed {
  StepPath path;
  Timestamp over_at = {};
  static constexpr std::string_view kind = "time_renewed";
  static void members(auto& self, auto&& visit) {
    visit(1, "path", self.path);
    visit(2, "over_at", self.over_at);
  }
};

/// The engine stopped before what an attempt of the step was to send had left: the attempt is as if it had not begun.
struct StepPutBack {
  StepPath path;
  static constexpr std::string_view kind = "step_put_back";
  static void members(auto& self, auto&& visit) { visit(1, "path", self.path); }
};

/// The engine ended, and was not stopped, while the run was under way.
struct EngineDied {
  static constexpr std::string_view kind = "engine_died";
  static void members(auto&, auto&&) {}
};

/// The index is stored: append, never move one.
using Happening =
    std::variant<RunStarted, VarsSet, StepStarted, BlockOpened, LoopOpened, BlockClosed, StepSucceeded, StepFailed,
                 StepSkipped, StepUndecided, HandlerOpened, RunStopping, PhaseOpened, RunFinished, CancelAsked,
                 ActionFailed, StepWaiting, AnswerGiven, EffectBegun, EffectEnded, ChangeMade, StepResolved,
                 RunReopened, EngineDied, QuestionPrepared, BeforeSeen, TimeRenewed, StepPutBack>;

}  // namespace millrace
