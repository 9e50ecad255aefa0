#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "expr/syntax.hpp"

namespace millrace {

/// What one evaluation may still use, closures that it calls included. Once exhausted it stays so: nothing absorbs
/// that.
struct Budget {
  static constexpr std::int64_t between_looks = 1 << 16;
  /// Nodes evaluated, items compared, text looked at; each is about the work of evaluating a small node.
  std::int64_t steps = 10'000'000;
  std::int64_t bytes = 256 * 1024 * 1024;  ///< of text and lists built, also where they are dropped again
  int closures = 0;                        ///< how many are being called, one inside the other
  /// The fuse: processor time of this thread, should steps ever be counted too cheaply. Nothing short looks at it.
  std::chrono::milliseconds time = std::chrono::milliseconds(500);
  std::int64_t next_look = steps - between_looks;      ///< the steps at which the clock is looked at next
  std::optional<std::chrono::nanoseconds> began = {};  ///< processor time at the first look

  static Budget of(Effort effort) {
    if (effort == Effort::run) return {};
    return {.steps = 2'000'000, .bytes = 64 * 1024 * 1024, .time = std::chrono::milliseconds(60)};
  }
  bool exhausted() const noexcept { return steps < 0 || bytes < 0; }
  /// For after steps were taken: whether any are left.
  bool goes_on() { return !exhausted() && (steps >= next_look || in_time()); }
  bool in_time();
};

/// How many bytes of text count as one step where a function or an operator looks at all of them.
inline constexpr std::size_t bytes_a_step = 32;

/// The heaviest value that an expression may build (Value::weight), so that writing it out stays possible.
inline constexpr std::uint32_t weight_limit = 20'000'000;

/// The state of one evaluation.
struct Frame {
  const Expression::Parsed& parsed;
  const Bindings& names;
  Budget& budget;
  const Value** locals;                    ///< the variables of macros, by slot; borrowed from the loops that run
  const std::string* parameter = nullptr;  ///< of a closure: this name is `argument`, whatever the bindings say
  const Value* argument = nullptr;

  bool failed = false;
  bool absent = false;  ///< it failed because a member that it reads is not there
  std::string message = {};
  std::uint32_t offset = 0, length = 1;

  const Value* find(std::string_view name) const noexcept {
    if (parameter && name == *parameter) return argument;
    return names.find(name);
  }
  /// Notes why evaluation failed; always gives nullptr.
  const Value* fail(const Expression::Node& at, std::string why) {
    failed = true;
    absent = false;
    message = std::move(why);
    offset = at.offset;
    length = at.length;
    return nullptr;
  }
  /// The same for a member that is not there.
  const Value* miss(const Expression::Node& at, std::string why) {
    fail(at, std::move(why));
    absent = true;
    return nullptr;
  }
  /// Takes from the budget; false, with the failure noted, when nothing is left.
  bool spend(const Expression::Node& at, std::int64_t steps, std::int64_t bytes = 0) {
    budget.steps -= steps;
    budget.bytes -= bytes;
    return budget.goes_on() || (fail(at, exhausted_message), false);
  }
  /// The same for a value of which all bytes may be looked at.
  bool spend_look(const Expression::Node& at, const Value& value) {
    const bool long_text = value.is_text() && value.text().size() >= bytes_a_step;
    const bool long_bytes = value.is(Kind::bytes) && value.bytes().size() >= bytes_a_step;
    if (!long_text && !long_bytes) return true;
    return spend(at, static_cast<std::int64_t>((long_text ? value.text() : value.bytes()).size() / bytes_a_step));
  }
  bool exhausted() const noexcept { return budget.exhausted(); }

  static constexpr const char* exhausted_message =
      "this expression takes too long or builds too much, so it was stopped";
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

/// The value of `node`, or nullptr after a failure. Where the value exists elsewhere (a binding, a constant, a member
/// of these) the pointer is to there, and nothing is copied or counted; otherwise it is `scratch`.
const Value* evaluate(const Expression::Node& node, Frame& frame, Value& scratch);

const Value* evaluate_loop(const Expression::Node& node, Frame& frame, Value& scratch);
const Value* evaluate_closure(const Expression::Node& node, Frame& frame, Value& scratch);
/// A name or a chain of names, with qualified bindings and the container in mind.
const Value* find_path(std::string_view path, bool rooted, const Frame& frame) noexcept;
/// The type that a name stands for, such as `int` or `google.protobuf.Timestamp`; nullptr where it is none.
const Value* type_named(std::string_view name) noexcept;

/// What a loop, an operator or a function built, if it is not too heavy.
const Value* keep(const Expression::Node& at, Frame& frame, Value& scratch, Value built);

}  // namespace millrace
