#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "expr/syntax.hpp"

namespace millrace {

/// How many bytes count as one step where a function or an operator looks at all of them, or makes them.
inline constexpr std::int64_t bytes_a_step = 32;

/// What a text, list or map takes beside what is in it: its place in memory, and the work of getting that.
inline constexpr std::int64_t bytes_a_value = 64, steps_a_value = 8;

/// What one evaluation may still use, closures that it calls included. Once exhausted it stays so: nothing absorbs
/// that.
struct EvaluationBudget {
  static constexpr std::int64_t between_looks = 1 << 13;
  /// Nodes evaluated, items compared, text looked at; each is about the work of evaluating a small node.
  std::int64_t steps = 10'000'000;
  std::int64_t bytes = 128 * 1024 * 1024;  ///< of text and lists built, also where they are dropped again
  int closures = 0;                        ///< how many are being called, one inside the other
  /// The fuse: processor time of this thread, should steps ever be counted too cheaply. Nothing short looks at it.
  std::chrono::nanoseconds time = std::chrono::milliseconds(500);
  std::int64_t next_look = steps - between_looks;      ///< the steps at which the clock is looked at next, or 0
  std::optional<std::chrono::nanoseconds> began = {};  ///< processor time at the first look

  bool exhausted() const noexcept { return steps < 0; }
  /// Takes from it; false where nothing is left.
  bool take(std::int64_t steps_taken, std::int64_t bytes_taken) {
    bytes -= bytes_taken;
    steps = bytes < 0 ? -1 : steps - steps_taken - bytes_taken / bytes_a_step;
    return steps >= next_look || in_time();
  }
  bool take_step() { return --steps >= next_look || in_time(); }
  bool in_time();
  std::chrono::nanoseconds time_used() const;  ///< nothing where it never looked at the clock
};

/// The heaviest value that an expression may build (Value::weight), so that writing it out stays possible.
inline constexpr std::uint32_t weight_limit = 20'000'000;

/// What the variables of macros stand for, and behind them the names that were looked up before, else nullptr.
/// Borrowed.
struct Slots {
  Slots() noexcept { std::fill(values + slot_limit, values + no_slot + 1, nullptr); }
  const Value* values[no_slot + 1];
};

/// The state of one evaluation.
struct Frame {
  const Expression::Parsed& parsed;
  const Bindings& names;
  EvaluationBudget& budget;
  const Value** slots;                     ///< of `Slots`; variables are borrowed from the loops that run
  const std::string* parameter = nullptr;  ///< of a closure: this name is `argument`, whatever the bindings say
  const Value* argument = nullptr;
  /// No name has a dot in it, and none stands in a container: `a.b` is the member of a.
  bool plain_names = parsed.containers.size() == 1 && !names.qualified();

  bool failed = false;
  bool absent = false;  ///< it failed because a member that it reads is not there
  std::string message = {};
  std::uint32_t offset = 0, length = 1;

  const Value* find(std::string_view name) const noexcept {
    if (parameter && name == *parameter) return argument;
    return names.find(name);
  }
  /// Notes why evaluation failed; always gives nullptr.
  const Value* fail(const Expression::Node& at, std::string why);
  /// The same for a member that is not there.
  const Value* miss(const Expression::Node& at, std::string why);
  /// Takes from the budget; false, with the failure noted, when nothing is left.
  bool spend(const Expression::Node& at, std::int64_t steps, std::int64_t bytes = 0) {
    return budget.take(steps, bytes) || (stop(at), false);
  }
  /// The same for a value of which all bytes may be looked at.
  bool spend_look(const Expression::Node& at, const Value& value) {
    if (!value.is_text() && !value.is(Kind::bytes)) return true;
    const std::size_t size = (value.is_text() ? value.text() : value.bytes()).size();
    return size < bytes_a_step || spend(at, static_cast<std::int64_t>(size / bytes_a_step));
  }
  bool exhausted() const noexcept { return budget.exhausted(); }
  /// Notes that nothing is left of the budget; always gives nullptr.
  const Value* stop(const Expression::Node& at);
};

/// What `&&`, `||`, `all` and `exists` met beside the deciding value: an unknown wins over errors, the first error over
/// those behind it.
class Undecided {
 public:
  void note(const Value& unknown) {
    if (!unknown_.is_unknown()) unknown_ = unknown;
  }
  /// Takes the failure that `frame` has just met out of it.
  void absorb(Frame& frame);
  /// To be given when nothing decided: `otherwise` where there was neither an unknown nor an error.
  const Value* outcome(bool otherwise, Frame& frame, Value& scratch);

 private:
  struct Failure {
    std::string message;
    std::uint32_t offset, length;
    bool absent;
  };
  Value unknown_;
  std::optional<Failure> failure_;
};

extern const Value true_value;
extern const Value false_value;
inline const Value* boolean_value(bool value) noexcept { return value ? &true_value : &false_value; }

/// It is one value, of one weight, and known.
inline bool is_single(const Value& value) noexcept {
  switch (value.kind()) {
    case Kind::null:
    case Kind::boolean:
    case Kind::integer:
    case Kind::unsigned_integer:
    case Kind::number:
    case Kind::timestamp:
    case Kind::duration:
      return true;
    case Kind::text:
    case Kind::bytes:
    case Kind::list:
    case Kind::map:
    case Kind::type:
    case Kind::optional:
    case Kind::unknown:
      return false;
  }
  return false;
}

/// The function for nodes like this one, whose children have theirs.
Evaluator evaluator_of(const Expression::Node& node) noexcept;

/// The value of `node`, or nullptr after a failure. Where the value exists elsewhere (a binding, a constant, a member
/// of these) the pointer is to there, and nothing is copied or counted; otherwise it is `scratch`.
[[gnu::always_inline]] inline const Value* evaluate(const Expression::Node& node, Frame& frame, Value& scratch) {
  if (!frame.budget.take_step()) return frame.stop(node);
  if (node.kind == NodeKind::constant) return &node.value;
  if (node.kind == NodeKind::local || node.kind == NodeKind::name) {
    if (const Value* known = frame.slots[node.slot]) return known;
  }
  return node.evaluator(node, frame, scratch);
}

/// The value of the whole expression, likewise.
const Value* evaluate_root(Frame& frame, Value& scratch);

const Value* evaluate_name(const Expression::Node& node, Frame& frame, Value& scratch);
const Value* evaluate_select(const Expression::Node& node, Frame& frame, Value& scratch);
const Value* evaluate_has(const Expression::Node& node, Frame& frame, Value& scratch);
const Value* evaluate_index(const Expression::Node& node, Frame& frame, Value& scratch);
const Value* evaluate_loop(const Expression::Node& node, Frame& frame, Value& scratch);
const Value* evaluate_closure(const Expression::Node& node, Frame& frame, Value& scratch);
/// Of few members all of them, for who is looking for the right one: ": it has id and name".
std::string what_there_is(const std::vector<std::string>& names);
/// A name or a chain of names, with qualified bindings and the container in mind.
const Value* find_path(std::string_view path, bool rooted, const Frame& frame) noexcept;
/// The type that a name stands for, such as `int` or `google.protobuf.Timestamp`; nullptr where it is none.
const Value* type_named(std::string_view name) noexcept;

inline const Value* settle(Value& scratch, Value value) {
  scratch = std::move(value);
  return &scratch;
}

const Value* too_heavy(const Expression::Node& at, Frame& frame);
/// What a loop, an operator or a function built in `scratch`, if it is not too heavy.
inline const Value* kept(const Expression::Node& at, Frame& frame, Value& scratch) {
  return is_single(scratch) || scratch.weight() <= weight_limit ? &scratch : too_heavy(at, frame);
}
inline const Value* keep(const Expression::Node& at, Frame& frame, Value& scratch, Value built) {
  scratch = std::move(built);
  return kept(at, frame, scratch);
}

}  // namespace millrace
