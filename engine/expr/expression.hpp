#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "value/value.hpp"

namespace millrace {

class Bindings;
struct EvaluationBudget;

/// Something wrong with an expression, by its place in the expression's text.
struct ExpressionError {
  std::string message;     ///< for people, no full stop
  std::size_t offset = 0;  ///< in bytes
  std::size_t length = 1;
  std::string suggestion;  ///< what should stand at that place instead, or empty
  bool unknown_name = false;
};

/// Where workflows go beyond CEL's specification: arithmetic between whole and other numbers gives a double, rounding
/// takes whole numbers too, and null has no members behind `.?` and `[?`.
enum class Dialect : std::uint8_t { workflows, specification };

/// For whom an expression is evaluated: a run that has begun, or what a sender wrote, before anything is written down.
/// What the latter may take is less, for nobody else is answered meanwhile.
enum class Effort : std::uint8_t { run, intake };

/// What all that is evaluated for one thing that a sender wrote may still take, however many look at it.
struct Allowance {
  std::int64_t steps = 2'000'000;
  std::int64_t bytes = 24 * 1024 * 1024;
  std::chrono::nanoseconds time = std::chrono::milliseconds(60);
};

/// How many steps evaluations on this thread have taken so far: for who gives others their turn after so many.
std::int64_t steps_taken() noexcept;

/// A CEL expression, parsed once and evaluated often. Immutable and cheap to copy; evaluate from any thread.
class Expression {
 public:
  struct Node;  // expr/syntax.hpp
  struct Parsed;

  /// `container` is CEL's namespace for names; workflows have none.
  static std::variant<Expression, ExpressionError> parse(std::string_view text, std::string_view container = "",
                                                         Dialect dialect = Dialect::workflows);
  /// The same for who only asks whether it is one: nothing where it is not, and nobody is told why.
  static std::optional<Expression> read(std::string_view text);

  /// Evaluates with the names in `bindings`. Total: a cost limit, by the values and bytes that are looked at, ends what
  /// takes too long with an error, and so does a fuse in processor time. What depends on an unknown is unknown, except
  /// where the other side decides (`false && unknown` is false).
  Result<Value> evaluate(const Bindings& bindings, Effort effort = Effort::run) const;
  /// The same at intake, where it is not the only one; takes from what is left.
  Result<Value> evaluate(const Bindings& bindings, Allowance& left) const;
  /// The same for one item of a table: `parameter` is `item`, whatever the bindings say, and where it reads a member
  /// that is not there the value is null, so that one row with a gap does not spoil a report.
  Result<Value> evaluate_cell(const std::string& parameter, const Value& item, const Bindings& bindings) const;

  const std::string& text() const noexcept;
  const Node& root() const noexcept;
  const Parsed& parsed() const noexcept { return *parsed_; }
  /// The names it takes from the bindings (`event`, `now`, ids of steps), each once, in the order of the text.
  std::vector<std::string> roots() const;
  /// The same with the members behind them, as written: "event.tag.name". What is called on them is left out.
  std::vector<std::string> paths() const;

 private:
  explicit Expression(std::shared_ptr<const Parsed> parsed) : parsed_(std::move(parsed)) {}
  Result<Value> evaluate_within(EvaluationBudget& budget, const Bindings& bindings) const;
  std::shared_ptr<const Parsed> parsed_;
};

/// An expression that is not evaluated where it stands but called later with an argument, in the names around it: the
/// `where` of list.filter. Inside, `parameter` (usually "item") is the argument. A closure cannot hide a function of
/// CEL or ours (`function_entries`): choose another name.
struct Closure {
  Expression body;
  std::string parameter;
  const Bindings* names;
};

/// Names and their values during one evaluation, innermost first. Borrows its parent.
class Bindings {
 public:
  Bindings() = default;
  explicit Bindings(const Bindings* parent) { set_parent(parent); }
  /// Lays these names over other ones; a run's names outlive one walk through it, what is around them does not.
  void set_parent(const Bindings* parent) noexcept {
    parent_ = parent;
    qualified_ = qualified_ || (parent != nullptr && parent->qualified());
  }
  /// Adds the name, or replaces its value.
  void set(std::string name, Value value);
  /// Makes `name(argument)` callable in expressions.
  void set(std::string name, Closure closure);
  const Value* find(std::string_view name) const noexcept;
  const Closure* find_closure(std::string_view name) const noexcept;
  /// Everything that can be named here, closures included: for suggestions.
  std::vector<std::string> names() const;
  /// Some name has a dot in it ("a.b"), so that look-up must try the longest first.
  bool qualified() const noexcept { return qualified_; }

 private:
  const Bindings* parent_ = nullptr;
  bool qualified_ = false;
  std::vector<std::pair<std::string, Value>> values_;
  std::vector<std::pair<std::string, Closure>> closures_;
};

/// What `millrace catalog functions` lists: one row a function or macro, ours and CEL's.
struct FunctionEntry {
  std::string name;
  std::string signature;
  std::string summary;
  std::string example;     ///< `expression  =>  what is equal to it`, one a line; true wherever `now` is a timestamp
  bool extension = false;  ///< not of CEL's core
};
const std::vector<FunctionEntry>& function_entries();

}  // namespace millrace
