#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/duration.hpp"
#include "expr/template.hpp"
#include "schema/schema.hpp"
#include "value/value.hpp"

namespace millrace {

struct Bounds;
struct Step;
using Steps = std::vector<Step>;

/// An expression inside a field's value, with what the field wants of it: this is for checking, not for running.
struct ExpressionUse {
  enum class Role : std::uint8_t {
    whole,    ///< gives the field's value
    hole,     ///< a part of text
    closure,  ///< the action evaluates it, item by item
    text,     ///< stays text, but reads as an expression whose `${{ }}` was forgotten
    marked,   ///< likewise, with marks around it that other programs have, such as `${ }`
  };
  PlacedExpression expression;
  Role role = Role::whole;
  SchemaView wanted;            ///< borrows from the catalogue
  std::string parameter;        ///< of a closure: its argument's name,
  std::string element_of;       ///< and the input whose items it is called with
  std::string member;           ///< the member of the outermost mapping in which it stands
  SourceMark field;             ///< the whole value; of what is `marked`, that part of it
  std::string_view marks = {};  ///< as they are shown, of what is `marked` or of `text` in marks that have other uses
  bool quoted = false;          ///< with marks: the text stands in quotes
};
using ExpressionUses = std::vector<ExpressionUse>;

struct ActionStep {
  std::string action;  ///< full catalogue name
  SourceMark action_at;
  std::string connection;  ///< empty: the only one that fits
  std::optional<SourceMark> connection_at;
  Template with;
  ExpressionUses uses;  ///< in `with`
};
struct IfBlock {
  PlacedExpression condition;
  Steps then, otherwise;
};
struct SwitchBlock {
  PlacedExpression subject;
  struct Case {
    PlacedExpression when;   ///< equal to the subject, or a list that holds it; of a comparison whether it holds
    std::string comparison;  ///< `< 3` as it is written, whose left side is the subject; else empty
    Steps steps;
  };
  std::vector<Case> cases;
  Steps otherwise;
  ExpressionUses uses;  ///< texts in the cases
};
struct ForEachBlock {
  PlacedExpression items;
  std::string as = "item";
  SourceMark as_at;  ///< of the name, or of the block where it is not given
  int parallel = 1;
  Steps body;
  ExpressionUses uses;  ///< texts in a list that is written out
};
struct RepeatBlock {
  Steps body;
  PlacedExpression until;
  int max = 100;
};
struct ParallelBlock {
  std::vector<Steps> branches;
};
struct GroupBlock {
  Steps body;
};
/// Writes `vars`, or, with an id, a result of its own.
struct SetBlock {
  Template values;
  std::vector<std::string> names;
  ExpressionUses uses;
};
struct StopBlock {
  std::string outcome = "completed";  ///< completed | failed | skipped
  Template message;
  ExpressionUses uses;
};
/// Waits for a while, or until a time.
struct WaitBlock {
  std::optional<Duration> time;
  std::optional<PlacedExpression> until;  ///< a timestamp; one of the two
  SourceMark at;
  ExpressionUses uses;
};
/// Waits until a person agrees.
struct ApproveBlock {
  Template message;
  std::optional<Duration> expires;
  Steps notify;  ///< actions that tell people that they are asked; they see `approval`
  SourceMark at;
  ExpressionUses uses;
};
/// Runs another workflow and waits for its end; the result is that run's output.
struct CallBlock {
  std::string workflow;
  SourceMark workflow_at;
  Template with;  ///< what that workflow sees as `event`
  ExpressionUses uses;
};

struct RetryPolicy {
  int attempts = 1;  ///< the first one included
  bool exponential = true;
  Duration delay = std::chrono::seconds(1);
  Duration max_delay = std::chrono::minutes(5);
};

enum class OnError : std::uint8_t { stop, proceed, handle };  ///< YAML: stop | continue | a list of actions
enum class IfUnsure : std::uint8_t { by_plugin, ask_me, try_again, check_first };

struct Step {
  std::string id;                             ///< empty where the author gave none
  SourceMark id_at;                           ///< of the id, where there is one
  std::string name;                           ///< for people, or empty
  SourceMark at;                              ///< of the step's first key
  std::optional<PlacedExpression> condition;  ///< `if:` beside an action or block
  RetryPolicy retry;
  std::optional<Duration> timeout;
  OnError on_error = OnError::stop;
  Steps error_steps;  ///< for OnError::handle
  IfUnsure if_unsure = IfUnsure::by_plugin;
  std::variant<ActionStep, IfBlock, SwitchBlock, ForEachBlock, RepeatBlock, ParallelBlock, GroupBlock, SetBlock,
               StopBlock, WaitBlock, ApproveBlock, CallBlock>
      what;
};

/// The number of the block with the steps of `on_error`.
inline constexpr std::uint32_t handler_block = 0xFFFFFFFF;

/// Steps inside a step. Borrows from it.
struct Block {
  enum class Runs : std::uint8_t {
    always,     ///< whenever the step does: `do`, each branch of `parallel`
    chosen,     ///< it or another block of the step: `if`, `switch`
    each_turn,  ///< again and again, once at least: `repeat`
    each_item,  ///< as often as there are items, which may be never: `for_each`
    on_error,   ///< where the step has failed
  };
  std::uint32_t number;  ///< in paths; of what runs again and again the first time's
  Runs runs;
  const Steps& steps;

  bool is_loop() const noexcept { return runs == Runs::each_turn || runs == Runs::each_item; }
  /// Whether what its steps give has its name after the step too, and not only inside.
  bool shares_names() const noexcept { return runs != Runs::each_item; }
};

/// What is inside each kind of step is said here, and nowhere else; the compiler misses a kind that is not told.
template <class Visit>
struct BlocksOfKind {
  const Visit& visit;
  using Runs = Block::Runs;

  void operator()(const IfBlock& what) const {
    visit(Block{0, Runs::chosen, what.then});
    visit(Block{1, Runs::chosen, what.otherwise});
  }
  void operator()(const SwitchBlock& what) const {
    std::uint32_t number = 0;
    for (const SwitchBlock::Case& one : what.cases) visit(Block{number++, Runs::chosen, one.steps});
    visit(Block{number, Runs::chosen, what.otherwise});
  }
  void operator()(const ParallelBlock& what) const {
    std::uint32_t number = 0;
    for (const Steps& branch : what.branches) visit(Block{number++, Runs::always, branch});
  }
  void operator()(const ForEachBlock& what) const { visit(Block{0, Runs::each_item, what.body}); }
  void operator()(const RepeatBlock& what) const { visit(Block{0, Runs::each_turn, what.body}); }
  void operator()(const GroupBlock& what) const { visit(Block{0, Runs::always, what.body}); }
  void operator()(const ActionStep&) const {}
  void operator()(const SetBlock&) const {}
  void operator()(const StopBlock&) const {}
  void operator()(const WaitBlock&) const {}
  void operator()(const ApproveBlock& what) const { visit(Block{0, Runs::chosen, what.notify}); }
  void operator()(const CallBlock&) const {}
};

/// Calls `visit(Block)` with each block of the step in the order of their numbers, the steps of `on_error` last; empty
/// ones too.
template <class Visit>
void each_block(const Step& step, const Visit& visit) {
  std::visit(BlocksOfKind<Visit>{visit}, step.what);
  visit(Block{handler_block, Block::Runs::on_error, step.error_steps});
}

/// Calls `visit(Step)` with each step, and behind it with those inside it.
template <class Visit>
void each_step(const Steps& steps, const Visit& visit) {
  for (const Step& step : steps) {
    visit(step);
    each_block(step, [&visit](const Block& block) { each_step(block.steps, visit); });
  }
}

/// One way in which a workflow starts. What the service alone needs stays in `settings`, checked by the schema.
struct TriggerSpec {
  std::string kind;  ///< plugin | schedule | cron | webhook | watch | file | after | manual
  std::string name;  ///< of a plugin's trigger: its catalogue name; otherwise the form's main text
  std::string connection;
  Value with;
  Value settings;  ///< the whole mapping, as read
  SourceMark at;   ///< of the form's main text
  std::map<std::string, SourceMark, std::less<>>
      places;           ///< of the values in `settings`, inner ones as "verify.hmac.secret"
  ExpressionUses uses;  ///< dedupe, challenge (and challenge.over), a watch's key, and the condition

  std::optional<PlacedExpression> condition;  ///< `if:`: no run begins where it is false; sees `event` and `now`

  /// Of `uses`, by its member; nullptr: it is not said.
  const PlacedExpression* expression(std::string_view member) const;
};

struct Safety {
  std::optional<std::int64_t> max_changes;
  std::optional<double> max_percent;
  std::optional<PlacedExpression> stop_if_empty;
};

/// From byte `offset` of an expression's text on, its source stands at this place.
struct BrokenPlace {
  std::size_t offset;
  int line, column;
};

/// One workflow file, understood. Immutable; shared by its runs.
struct Workflow {
  std::string id;  ///< the file's name without ".yaml"
  std::shared_ptr<const SourceText> source;
  std::string name, description;
  std::string mode = "dry_run";
  std::optional<std::vector<std::string>> locations;  ///< nothing: not said; {"all"}: all of the connection
  std::vector<SourceMark> locations_at;               ///< one for each
  std::vector<TriggerSpec> triggers;
  Value concurrency;
  std::optional<PlacedExpression> lane_key;  ///< of concurrency: {queued: {key}}
  std::optional<Duration> alert_if_no_run_for;
  Safety safety;
  std::shared_ptr<const Bounds> permissions;  ///< what it says that it may touch; nullptr: it does not say
  ExpressionUses concurrency_uses;
  Template vars;
  std::vector<std::string> vars_names;
  ExpressionUses vars_uses;
  Steps steps, on_failure, always;

  /// Expressions over several lines, or with escapes, by the line and column where they begin.
  std::map<std::pair<int, int>, std::vector<BrokenPlace>> broken_places;

  /// Where bytes of an expression's text stand in the file.
  SourceMark place(const PlacedExpression& expression, std::size_t offset, std::size_t length) const;
};

/// All steps of the workflow.
template <class Visit>
void each_step(const Workflow& workflow, const Visit& visit) {
  for (const Steps* all : {&workflow.steps, &workflow.on_failure, &workflow.always}) each_step(*all, visit);
}

}  // namespace millrace
