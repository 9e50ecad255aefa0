#pragma once

#include "expr/functions.hpp"
#include "expr/syntax.hpp"
#include "expr/type.hpp"

namespace millrace {

/// Whether `left op right` can work, and what it gives.
struct Fit {
  bool possible = false;
  KindSet gives = 0;
};

Fit fit(Operator op, const Type& left, const Type& right);

/// What it gives where it can: two lists their items, else what is told where that is one kind or some number.
Type given_by(Operator op, const Fit& found, const Type& left, const Type& right);

/// Division by a literal 0 or 0.0.
bool divides_by_zero(const Expression::Node& operation);

}  // namespace millrace
