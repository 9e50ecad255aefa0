#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "expr/syntax.hpp"

namespace millrace {

/// What one evaluation may still use, closures that it calls included. Once exhausted it stays so: nothing absorbs
/// that.
struct Budget {
  std::int64_t steps = 10'000'000;         ///< nodes evaluated, items compared
  std::int64_t bytes = 256 * 1024 * 1024;  ///< of text and lists built, also where they are dropped again
  int closures = 0;                        ///< how many are being called, one inside the other
};

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
    return (budget.steps >= 0 && budget.bytes >= 0) || (fail(at, exhausted_message), false);
  }
  bool exhausted() const noexcept { return budget.steps < 0 || budget.bytes < 0; }

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
