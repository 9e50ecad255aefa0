#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/duration.hpp"
#include "expr/template.hpp"
#include "schema/schema.hpp"

namespace millrace {

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
  static constexpr std::string_view word = "action";
  std::string action;  ///< full catalogue name
  SourceMark action_at;
  std::string connection;  ///< empty: the only one that fits
  std::optional<SourceMark> connection_at;
  Template with;
  ExpressionUses uses;  ///< in `with`
};
struct IfBlock {
  static constexpr std::string_view word = "if";
  PlacedExpression condition;
  Steps then, otherwise;
};
struct SwitchBlock {
  static constexpr std::string_view word = "switch";
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
  static constexpr std::string_view word = "for_each";
  PlacedExpression items;
  std::string as = "item";
  SourceMark as_at;  ///< of the name, or of the block where it is not given
  int parallel = 1;
  Steps body;
  ExpressionUses uses;  ///< texts in a list that is written out
};
struct RepeatBlock {
  static constexpr std::string_view word = "repeat";
  Steps body;
  PlacedExpression until;
  int max = 100;
};
struct ParallelBlock {
  static constexpr std::string_view word = "parallel";
  std::vector<Steps> branches;
};
struct GroupBlock {
  static constexpr std::string_view word = "do";
  Steps body;
};
/// Writes `vars`, or, with an id, a result of its own.
struct SetBlock {
  static constexpr std::string_view word = "set";
  Template values;
  std::vector<std::string> names;
  ExpressionUses uses;
};
struct StopBlock {
  static constexpr std::string_view word = "stop";
  std::string outcome = "completed";  ///< completed | failed | skipped
  Template message;
  ExpressionUses uses;
};
/// Waits for a while, or until a time.
struct WaitBlock {
  static constexpr std::string_view word = "wait";
  std::optional<Duration> time;
  std::optional<PlacedExpression> until;  ///< a timestamp; one of the two
  SourceMark at;
  ExpressionUses uses;
};
/// Waits until a person agrees.
struct ApproveBlock {
  static constexpr std::string_view word = "approve";
  Template message;
  std::optional<Duration> expires;
  Steps notify;  ///< actions that tell people that they are asked; they see `approval`
  SourceMark at;
  ExpressionUses uses;
};
/// Runs another workflow and waits for its end; the result is that run's output.
struct CallBlock {
  static constexpr std::string_view word = "call";
  std::string workflow;
  SourceMark workflow_at;
  Template with;  ///< what that workflow sees as `event`
  ExpressionUses uses;
};

/// Each has the word of the format by which it is known: the step's key, and with "_step" behind it its form in the
/// schema. Those whose word is a key of other kinds, too, stand behind these.
using StepKind = std::variant<ActionStep, SwitchBlock, ForEachBlock, RepeatBlock, ParallelBlock, SetBlock, StopBlock,
                              WaitBlock, ApproveBlock, CallBlock, GroupBlock, IfBlock>;

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
  StepKind what;
};

template <class... Kinds>
constexpr std::array<std::string_view, sizeof...(Kinds)> words_of_kinds(const std::variant<Kinds...>*) {
  return {Kinds::word...};
}
/// The words of all kinds. Of those that a mapping has the first one says what the step does.
inline constexpr auto step_words = words_of_kinds(static_cast<const StepKind*>(nullptr));

inline std::string_view word_of(const StepKind& kind) {
  return std::visit([](const auto& what) { return what.word; }, kind);
}

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

/// Calls `visit(Step)` with each step, and after it with those inside it.
template <class Visit>
void each_step(const Steps& steps, const Visit& visit) {
  for (const Step& step : steps) {
    visit(step);
    each_block(step, [&visit](const Block& block) { each_step(block.steps, visit); });
  }
}

}  // namespace millrace
