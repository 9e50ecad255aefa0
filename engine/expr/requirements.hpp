#pragma once

#include <string>
#include <vector>

#include "expr/expression.hpp"

namespace millrace {

/// What must hold for an expression to be true: the value at `path` is one of `texts`.
struct Requirement {
  std::vector<std::string> path;  ///< below the root, outermost first
  std::vector<std::string> texts;
};

/// The comparisons with constants without which `expression` cannot be true: `root.a == "x"`, the other way round, and
/// `root.a in ["x", "y"]`, alone or joined by `&&`. There may be more that is not found; what is found is certain.
std::vector<Requirement> requirements(const Expression& expression, std::string_view root);

}  // namespace millrace
