#include "expr/operators.hpp"

#include <cmath>

#include "value/time.hpp"

namespace millrace {

namespace {

using Node = Expression::Node;

const Value* overflow(const Node& node, bool below, Frame& frame) {
  return frame.fail(
      node, below ? "the result is too small for a whole number" : "the result is too large for a whole number");
}

const Value* mismatch(const Node& node, const Value& left, const Value& right, Frame& frame) {
  std::string message = '"' + std::string(name_of(node.op)) + "\" does not work between " + with_article(left.kind()) +
                        " and " + with_article(right.kind());
  const bool text = left.is_text() || right.is_text();
  if (node.op == Operator::add && text) {
    message += ", turn the other into text with string(...)";
  } else if (node.op == Operator::remainder && as_double(left) && as_double(right)) {
    message += ", it takes whole numbers: int(...)";
  }
  return frame.fail(node, std::move(message));
}

/// Of a result that is outside: whether it is below the smallest number.
template <class Whole>
bool falls_below(Operator op, Whole left, Whole right) {
  if constexpr (std::is_unsigned_v<Whole>) {
    return op == Operator::subtract;
  } else {
    return op == Operator::multiply ? (left < 0) != (right < 0) : op != Operator::divide && left < 0;
  }
}

template <class Whole>
const Value* whole_arithmetic(const Node& node, Whole left, Whole right, Frame& frame, Value& scratch) {
  Whole result = 0;
  bool outside = false;
  if (node.op == Operator::add) {
    outside = __builtin_add_overflow(left, right, &result);
  } else if (node.op == Operator::subtract) {
    outside = __builtin_sub_overflow(left, right, &result);
  } else if (node.op == Operator::multiply) {
    outside = __builtin_mul_overflow(left, right, &result);
  } else {
    if (right == 0) return frame.fail(node, "division by zero");
    if (std::is_signed_v<Whole> && right == static_cast<Whole>(-1)) {
      // The one case that the processor traps; the remainder of it is fine.
      outside = node.op == Operator::divide && __builtin_sub_overflow(Whole{0}, left, &result);
      if (node.op == Operator::remainder) result = 0;
    } else {
      result = node.op == Operator::divide ? left / right : left % right;
    }
  }
  if (outside) return overflow(node, falls_below(node.op, left, right), frame);
  scratch = result;
  return &scratch;
}

const Value* real_arithmetic(const Node& node, double left, double right, Value& scratch) {
  if (node.op == Operator::add) scratch = left + right;
  if (node.op == Operator::subtract) scratch = left - right;
  if (node.op == Operator::multiply) scratch = left * right;
  if (node.op == Operator::divide) scratch = left / right;
  return &scratch;
}

const Value* shift(const Node& node, Timestamp time, Duration by, Frame& frame, Value& scratch) {
  auto moved = add(time, by);
  if (!moved) return frame.fail(node, "the result is outside the years 1 to 9999");
  scratch = *moved;
  return &scratch;
}

const Value* time_between(const Node& node, Timestamp left, Timestamp right, Frame& frame, Value& scratch) {
  std::int64_t nanos = 0;
  if (__builtin_mul_overflow(left.seconds - right.seconds, std::int64_t{1'000'000'000}, &nanos) ||
      __builtin_add_overflow(nanos, std::int64_t{left.nanos} - right.nanos, &nanos)) {
    return frame.fail(node, "the two times are more than 292 years apart");
  }
  scratch = Duration(nanos);
  return &scratch;
}

const Value* time_arithmetic(const Node& node, const Value& left, const Value& right, Frame& frame, Value& scratch) {
  const bool adds = node.op == Operator::add;
  if (!adds && node.op != Operator::subtract) return mismatch(node, left, right, frame);
  if (left.is(Kind::timestamp) && right.is(Kind::duration)) {
    const std::int64_t nanos = right.duration().count();
    if (!adds && nanos == INT64_MIN) return overflow(node, false, frame);
    return shift(node, left.timestamp(), Duration(adds ? nanos : -nanos), frame, scratch);
  }
  if (adds && left.is(Kind::duration) && right.is(Kind::timestamp)) {
    return shift(node, right.timestamp(), left.duration(), frame, scratch);
  }
  if (!adds && left.is(Kind::timestamp) && right.is(Kind::timestamp)) {
    return time_between(node, left.timestamp(), right.timestamp(), frame, scratch);
  }
  if (!left.is(Kind::duration) || !right.is(Kind::duration)) return mismatch(node, left, right, frame);
  std::int64_t sum = 0;
  const bool outside = adds ? __builtin_add_overflow(left.duration().count(), right.duration().count(), &sum)
                            : __builtin_sub_overflow(left.duration().count(), right.duration().count(), &sum);
  if (outside) return overflow(node, left.duration().count() < 0, frame);
  scratch = Duration(sum);
  return &scratch;
}

const Value* put_together(const Node& node, const Value& left, const Value& right, Frame& frame, Value& scratch) {
  if (left.is_list()) {
    const std::size_t size = left.list().size() + right.list().size();
    if (!frame.spend(node, static_cast<std::int64_t>(size / 8), static_cast<std::int64_t>(size * sizeof(Value))))
      return nullptr;
    Value::List joined;
    joined.reserve(size);
    joined.insert(joined.end(), left.list().begin(), left.list().end());
    joined.insert(joined.end(), right.list().begin(), right.list().end());
    return keep(node, frame, scratch, std::move(joined));
  }
  const bool text = left.is_text();
  const std::string& first = text ? left.text() : left.bytes();
  const std::string& second = text ? right.text() : right.bytes();
  const auto size = static_cast<std::int64_t>(first.size() + second.size());
  if (!frame.spend(node, 1, bytes_a_value + size)) return nullptr;
  std::string joined;
  joined.reserve(static_cast<std::size_t>(size));
  joined.append(first).append(second);
  return keep(node, frame, scratch, text ? Value(std::move(joined)) : Value::bytes(std::move(joined)));
}

/// Between a whole number and a double.
const Value* mixed_arithmetic(const Node& node, const Value& left, const Value& right, Frame& frame, Value& scratch) {
  const auto first = as_double(left), second = as_double(right);
  const bool mixed = first && second && (left.is(Kind::number) || right.is(Kind::number));
  if (!mixed || node.op == Operator::remainder || frame.parsed.to_the_letter) return mismatch(node, left, right, frame);
  return real_arithmetic(node, *first, *second, scratch);
}

const Value* arithmetic(const Node& node, const Value& left, const Value& right, Frame& frame, Value& scratch) {
  if (left.is(Kind::timestamp) || left.is(Kind::duration)) return time_arithmetic(node, left, right, frame, scratch);
  if (left.kind() != right.kind()) return mixed_arithmetic(node, left, right, frame, scratch);
  if (left.is(Kind::integer)) return whole_arithmetic(node, left.integer(), right.integer(), frame, scratch);
  if (left.is(Kind::unsigned_integer)) {
    return whole_arithmetic(node, left.unsigned_integer(), right.unsigned_integer(), frame, scratch);
  }
  if (left.is(Kind::number) && node.op != Operator::remainder) {
    return real_arithmetic(node, left.number(), right.number(), scratch);
  }
  if (node.op == Operator::add && (left.is_text() || left.is(Kind::bytes) || left.is_list())) {
    return put_together(node, left, right, frame, scratch);
  }
  return mismatch(node, left, right, frame);
}

const Value* relation(const Node& node, const Value& left, const Value& right, Frame& frame) {
  if (!frame.spend_look(node, left)) return nullptr;
  const auto found = order(left, right);
  if (!found) return mismatch(node, left, right, frame);
  if (node.op == Operator::less) return boolean_value(*found < 0);
  if (node.op == Operator::less_equal) return boolean_value(*found <= 0);
  if (node.op == Operator::greater) return boolean_value(*found > 0);
  return boolean_value(*found >= 0);
}

/// Charges for comparing what is large, so that values which share their parts cannot hold up the evaluation.
bool pay_for_equality(const Node& node, const Value& left, const Value& right, Frame& frame) {
  const std::uint32_t weight = std::min(left.weight(), right.weight());
  return weight < 16 || frame.spend(node, weight / 2);
}

const Value* equal(const Node& node, const Value& left, const Value& right, Frame& frame, Value& scratch) {
  if (!pay_for_equality(node, left, right, frame)) return nullptr;
  const Equality found = equality(left, right);
  if (found == Equality::unknown) {
    scratch = first_unknown(left.contains_unknown() ? left : right);
    return &scratch;
  }
  return boolean_value((found == Equality::yes) == (node.op == Operator::equal));
}

const Value* member_of_list(const Node& node, const Value& left, const Value& right, Frame& frame, Value& scratch) {
  const Value* unknown = nullptr;
  if (!frame.spend(node, static_cast<std::int64_t>(right.list().size() / 4))) return nullptr;
  for (const Value& item : right.list()) {
    if (!pay_for_equality(node, left, item, frame)) return nullptr;
    const Equality found = equality(left, item);
    if (found == Equality::yes) return &true_value;
    if (found == Equality::unknown && !unknown) unknown = &item;
  }
  if (!unknown) return &false_value;
  scratch = first_unknown(unknown->contains_unknown() ? *unknown : left);
  return &scratch;
}

const Value* member_of(const Node& node, const Value& left, const Value& right, Frame& frame, Value& scratch) {
  if (right.is_list()) return member_of_list(node, left, right, frame, scratch);
  if (!right.is_map()) {
    return frame.fail(node, "\"in\" looks into a list or a mapping, not into " + with_article(right.kind()));
  }
  if (!frame.spend_look(node, left)) return nullptr;
  return boolean_value(right.map().find(left) != nullptr);
}

}  // namespace

std::optional<double> as_double(const Value& value) noexcept {
  if (value.is(Kind::number)) return value.number();
  if (value.is(Kind::integer)) return static_cast<double>(value.integer());
  if (value.is(Kind::unsigned_integer)) return static_cast<double>(value.unsigned_integer());
  return std::nullopt;
}

const Value* operate(const Node& node, const Value& left, const Value& right, Frame& frame, Value& scratch) {
  if (left.is_unknown() || right.is_unknown()) {
    scratch = left.is_unknown() ? left : right;
    return &scratch;
  }
  switch (node.op) {
    case Operator::equal:
    case Operator::not_equal:
      return equal(node, left, right, frame, scratch);
    case Operator::less:
    case Operator::less_equal:
    case Operator::greater:
    case Operator::greater_equal:
      return relation(node, left, right, frame);
    case Operator::in:
      return member_of(node, left, right, frame, scratch);
    case Operator::none:
    case Operator::negate:
    case Operator::add:
    case Operator::subtract:
    case Operator::multiply:
    case Operator::divide:
    case Operator::remainder:
      return arithmetic(node, left, right, frame, scratch);
  }
  return nullptr;
}

const Value* negate(const Node& node, const Value& operand, Frame& frame, Value& scratch) {
  if (operand.is(Kind::integer)) {
    if (operand.integer() == INT64_MIN) return overflow(node, false, frame);
    scratch = -operand.integer();
  } else if (operand.is(Kind::number)) {
    scratch = -operand.number();
  } else if (operand.is_unknown()) {
    scratch = operand;
  } else {
    return frame.fail(node, "\"-\" does not work on " + with_article(operand.kind()));
  }
  return &scratch;
}

}  // namespace millrace
