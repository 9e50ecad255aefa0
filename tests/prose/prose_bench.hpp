#pragma once

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <variant>

#include "expr/expression.hpp"
#include "prose/explain.hpp"
#include "workflow/permitted.hpp"

namespace millrace::test {

inline Expression parsed(const std::string& text) {
  auto expression = Expression::parse(text);
  if (auto* error = std::get_if<ExpressionError>(&expression)) INFO(error->message);
  REQUIRE(std::holds_alternative<Expression>(expression));
  return std::get<Expression>(std::move(expression));
}

inline Account account_of_text(const std::string& text, const std::string& name = "flow.yaml") {
  return account_of(workflow_of(text, name), shipped_catalog(), sample_project());
}

/// What is told of a file below its first line, `version: 1`.
inline std::string explained(const std::string& text) {
  return render(explain(account_of_text(text), shipped_catalog(), sample_project()));
}

}  // namespace millrace::test
