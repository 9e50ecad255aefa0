#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "expr/evaluate.hpp"
#include "expr/operators.hpp"
#include "expr/type.hpp"

namespace millrace {

/// One call of a function: its arguments (a receiver first) and the ways it can end.
class Call {
 public:
  Call(Frame& frame, const Expression::Node& node, std::span<const Value* const> arguments)
      : frame_(frame), node_(node), arguments_(arguments) {}

  std::size_t size() const noexcept { return arguments_.size(); }
  const Value& operator[](std::size_t at) const noexcept { return *arguments_[at]; }
  bool are(Kind first) const noexcept { return arguments_[0]->is(first); }
  bool are(Kind first, Kind second) const noexcept { return are(first) && arguments_[1]->is(second); }

  /// `return call.fail("...")` ends the evaluation with that message.
  Value fail(std::string why) const {
    frame_.fail(node_, std::move(why));
    return {};
  }
  /// The function does not take arguments of these kinds.
  Value mismatch() const;
  /// Takes from the budget; false when it is used up, with the failure noted.
  bool spend(std::size_t steps, std::size_t bytes = 0) const {
    return frame_.spend(node_, static_cast<std::int64_t>(steps), static_cast<std::int64_t>(bytes));
  }
  const Value* root(std::string_view name) const noexcept { return frame_.find(name); }
  const Expression::Node& node() const noexcept { return node_; }
  bool to_the_letter() const noexcept { return frame_.parsed.to_the_letter; }

 private:
  Frame& frame_;
  const Expression::Node& node_;
  std::span<const Value* const> arguments_;
};

inline constexpr std::size_t most_arguments = 4;  ///< of any function, the receiver counted

enum class Style : std::uint8_t { alone, member, either };

/// A function as the evaluator, the type check and the list of functions know it.
struct Function {
  std::string_view name;  ///< "size", "math.abs"
  Style style;
  std::size_t least, most;  ///< arguments, the receiver counted
  Value (*implementation)(Call& call);
  KindSet takes;              ///< the first argument (the receiver)
  std::optional<Kind> gives;  ///< nothing where it depends
  std::string_view signature;
  std::string_view summary;
  std::string_view example = "";  ///< `expression  =>  what is equal to it`, one a line; they are tests
  bool extension = true;
  bool looks_inside = true;    ///< it needs every item of its arguments, so one unknown item makes the result unknown
  bool constant = true;        ///< depends on nothing but its arguments
  bool first_decides = false;  ///< an optional that holds a value as first argument: the others are not evaluated
  /// Why a call cannot work whatever the receiver is, as far as its literal arguments tell; empty where they do not.
  std::string (*objection)(const Expression::Node& call) = nullptr;
  /// What the implementation does with two texts, where that is all; conditions mostly call one of these.
  bool (*text_test)(std::string_view text, std::string_view part) = nullptr;
};

std::span<const Function> conversion_functions();
std::span<const Function> text_functions();
std::span<const Function> text_search_functions();
std::span<const Function> format_functions();
std::span<const Function> match_functions();
std::span<const Function> time_functions();
std::span<const Function> math_functions();
std::span<const Function> list_functions();
std::span<const Function> calendar_functions();
std::span<const Function> encode_functions();
std::span<const Function> optional_functions();

const Function* find_function(std::string_view name);
/// Every name that can be called, macros included: for suggestions.
const std::vector<std::string>& callable_names();
/// `no function "strat", did you mean "start"?`, with what people of other languages mean by a name.
ExpressionError unknown_function(const Expression::Node& call, const std::vector<std::string>& closures = {});
/// Likewise for `math.grates(1)`, where what stands before the dot is a part of the name; nothing where one of `names`
/// is its value.
std::optional<ExpressionError> unknown_in_namespace(const Expression::Node& call, const TypedNames& names);
/// Why `call` cannot be a call of `function`: too few or many arguments, receiver missing; empty when it can.
std::string wrong_shape(const Function& function, const Expression::Node& call);

/// `format` for a receiver of that kind.
Value format_time(Call& call);
Value format_number(Call& call);

/// What a call holds at that place (the receiver is 0), where it is a literal of that kind; else nullptr.
const Value* literal(const Expression::Node& call, std::size_t at, Kind kind);
/// The zone that argument `at` names, or UTC; nothing, with the failure noted, where the budget does not allow to look
/// for it. One that is data may be another one each time, each of them a file.
std::optional<std::string_view> zone_of(const Call& call, std::size_t at);
/// For `Function::objection`: a literal that is no zone, or a pattern or signs that `format` does not take.
std::string zone_objection(const Value* zone);
template <std::size_t At>
std::string wrong_zone(const Expression::Node& call) {
  return zone_objection(literal(call, At, Kind::text));
}
std::string wrong_time_format(const Expression::Node& call);
std::string wrong_number_format(const Expression::Node& call);
/// A literal below zero where a place or a count is wanted.
std::string below_zero(const Expression::Node& call);
/// Likewise for a beginning and an end, which also stand in that order.
std::string wrong_stretch(const Expression::Node& call);

/// Compiled once for constant patterns; null with `why` set where it is malformed.
std::shared_ptr<const Pattern> compile_pattern(const std::string& pattern, std::string& why);

/// The text of a number as `string(...)` gives it: the shortest that reads back the same.
std::string number_text(double number);
/// "1.5s", as CEL writes durations.
std::string duration_text(Duration duration);

}  // namespace millrace
