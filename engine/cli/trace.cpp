#include "cli/trace.hpp"

#include <string>

#include "base/text.hpp"
#include "cli/session.hpp"
#include "prose/condition_parts.hpp"
#include "value/json.hpp"

namespace millrace {

namespace {

constexpr std::size_t longest_value = 160;

/// "workflows/prune.yaml:9: step: what is written there".
std::string heading(const std::string& step, const SourceMark& at, const std::string& written) {
  const std::string place = at.source != nullptr ? at.source->name + ":" + std::to_string(at.line) + ": " : "";
  return place + (step.empty() ? "" : step + ": ") + written;
}

std::string heading(const std::string& step, const PlacedExpression& expression) {
  return heading(step, expression.at, expression.expression.text());
}

}  // namespace

void Trace::condition(const std::string& step, const PlacedExpression& condition, const Result<Value>& result,
                      const Bindings& names) {
  const std::string outcome = result ? encode_json(*result) : "error: " + result.error().message;
  tell(heading(step, condition) + "  ->  " + outcome);
  for (const std::string& part : told_parts(condition.expression, names)) tell("    " + part);
}

void Trace::matched(const std::string& step, const SwitchBlock::Case& one, const Value& value, bool fits) {
  const std::string seen = shortened(encode_json(value), longest_value);
  const std::string& written = one.comparison.empty() ? one.when.expression.text() : one.comparison;
  tell(heading(step, one.when.at, written) + "  ->  " + (fits ? "the case of " : "not the case of ") + seen);
}

void Trace::each(const std::string& step, const PlacedExpression& body, const std::string& parameter,
                 const Value::List& items, const Bindings& names) {
  const auto parts = counted_parts(body.expression, parameter, items, names);
  if (parts.empty()) return;
  tell(heading(step, body));
  for (const std::string& part : parts) tell("    " + part);
}

}  // namespace millrace
