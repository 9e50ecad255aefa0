#include "cli/trace.hpp"

#include <cstdio>
#include <string>

#include "base/text.hpp"
#include "cli/session.hpp"
#include "value/json.hpp"

namespace millrace {

namespace {

constexpr std::size_t longest_value = 160;

}  // namespace

void Trace::condition(const std::string& step, const PlacedExpression& condition, const Result<Value>& result,
                      const Bindings& names) {
  const std::string& text = condition.expression.text();
  const std::string place =
      condition.at.source != nullptr ? condition.at.source->name + ":" + std::to_string(condition.at.line) + ": " : "";
  const std::string outcome = result ? encode_json(*result) : "error: " + result.error().message;
  tell(place + (step.empty() ? "" : step + ": ") + text + "  ->  " + outcome);
  for (const std::string& name : condition.expression.paths()) {
    const auto parsed = Expression::parse(name);
    const auto* expression = std::get_if<Expression>(&parsed);
    if (expression == nullptr) continue;
    const auto seen = expression->evaluate(names);
    if (seen) tell("    " + name + " = " + shortened(encode_json(*seen), longest_value));
  }
}

}  // namespace millrace
