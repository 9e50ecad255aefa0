#include "workflow/checker.hpp"

namespace millrace {

/// The expression was made of what stands in several places, so that its parts have none of their own.
bool Checker::in_pieces(const PlacedExpression& placed) const {
  const auto broken = workflow_.broken_places.find({placed.at.line, placed.at.column});
  return broken != workflow_.broken_places.end() && broken->second.empty();
}

/// Text that is sent as it stands, and was probably meant to be computed.
void Checker::forgotten_braces(const ExpressionUse& use) {
  const Expression& expression = use.expression.expression;
  if (!reads_as_expression(expression, names_, use.role == ExpressionUse::Role::marked)) return;
  Finding about =
      finding(Rule::forgotten_braces, use.field,
              use.marks.empty()
                  ? "this stays text as it is written: an expression stands in ${{ }}, and text like this in quotes"
                  : std::string(use.marks) + " is text like any other, an expression is written ${{ }}",
              "${{ " + expression.text() + " }}");
  about.severity = use.quoted ? Severity::hint : Severity::warning;
  report(std::move(about));
}

void Checker::doubts(const PlacedExpression& placed, const std::vector<ExpressionError>& found, Rule rule) {
  for (const ExpressionError& doubt : found) {
    Finding about =
        finding(doubt.unknown_name ? Rule::unknown_name : rule, workflow_.place(placed, doubt.offset, doubt.length),
                doubt.message, in_pieces(placed) ? "" : doubt.suggestion);
    about.severity = Severity::warning;
    report(std::move(about));
  }
}

/// Told to who asks, for nothing is wrong with them.
void Checker::unknowns(const PlacedExpression& placed, const std::vector<ExpressionError>& found) {
  for (const ExpressionError& one : found) {
    unknowns_.push_back(finding(Rule::unknown_shape, workflow_.place(placed, one.offset, one.length), one.message));
    unknowns_.back().severity = Severity::hint;
  }
}

}  // namespace millrace
