#include "expr/operator_types.hpp"

#include <optional>

#include "expr/operators.hpp"

namespace millrace {

namespace {

bool is_numeric(Kind kind) { return (numbers >> static_cast<unsigned>(kind) & 1u) != 0; }

std::optional<Kind> arithmetic(Operator op, Kind left, Kind right) {
  const bool adds = op == Operator::add, subtracts = op == Operator::subtract;
  const bool real = left == Kind::number || right == Kind::number;
  if (is_numeric(left) && is_numeric(right)) {
    if (real) return op == Operator::remainder ? std::nullopt : std::optional(Kind::number);
    return left == right ? std::optional(left) : std::nullopt;
  }
  if (left == right && adds && (left == Kind::text || left == Kind::bytes || left == Kind::list)) return left;
  if (left == Kind::duration && right == Kind::duration && (adds || subtracts)) return Kind::duration;
  if (left == Kind::timestamp && right == Kind::duration && (adds || subtracts)) return Kind::timestamp;
  if (left == Kind::duration && right == Kind::timestamp && adds) return Kind::timestamp;
  if (left == Kind::timestamp && right == Kind::timestamp && subtracts) return Kind::duration;
  return std::nullopt;
}

std::optional<Kind> result_of(Operator op, Kind left, Kind right) {
  switch (op) {
    case Operator::equal:
    case Operator::not_equal:
      return left == right || (is_numeric(left) && is_numeric(right)) ? std::optional(Kind::boolean) : std::nullopt;
    case Operator::less:
    case Operator::less_equal:
    case Operator::greater:
    case Operator::greater_equal: {
      const bool ordered = left == right && (left == Kind::boolean || left == Kind::text || left == Kind::bytes ||
                                             left == Kind::timestamp || left == Kind::duration);
      return ordered || (is_numeric(left) && is_numeric(right)) ? std::optional(Kind::boolean) : std::nullopt;
    }
    case Operator::in:
      return right == Kind::list || right == Kind::map ? std::optional(Kind::boolean) : std::nullopt;
    case Operator::none:
    case Operator::negate:
    case Operator::add:
    case Operator::subtract:
    case Operator::multiply:
    case Operator::divide:
    case Operator::remainder:
      return arithmetic(op, left, right);
  }
  return std::nullopt;
}

}  // namespace

Fit fit(Operator op, const Type& left, const Type& right) {
  Fit found;
  for (unsigned one = 0; one <= static_cast<unsigned>(Kind::unknown); ++one) {
    for (unsigned other = 0; other <= static_cast<unsigned>(Kind::unknown); ++other) {
      if (!left.may_be(static_cast<Kind>(one)) || !right.may_be(static_cast<Kind>(other))) continue;
      const auto kind = result_of(op, static_cast<Kind>(one), static_cast<Kind>(other));
      if (!kind) continue;
      found.possible = true;
      found.gives |= kind_set(*kind);
    }
  }
  return found;
}

Type given_by(Operator op, const Fit& found, const Type& left, const Type& right) {
  if (op == Operator::add && left.kind() == Kind::list && right.kind() == Kind::list)
    return Type::list_of(Type::any_of({left.element(), right.element()}));
  const bool telling = (found.gives & (found.gives - 1)) == 0 || (found.gives & ~numbers) == 0;
  return telling ? Type::of_kinds(found.gives) : Type();
}

bool divides_by_zero(const Expression::Node& operation) {
  if (operation.op != Operator::divide && operation.op != Operator::remainder) return false;
  const Expression::Node& by = operation.children[1];
  return by.kind == NodeKind::constant && as_double(by.value) == 0.0;
}

}  // namespace millrace
