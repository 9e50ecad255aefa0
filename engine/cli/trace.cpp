#include "cli/trace.hpp"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <string>
#include <vector>

#include "value/json.hpp"

namespace millrace {

namespace {

bool name_character(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.'; }

/// The dotted names in an expression's text: "event.tag.name", "vars.limit". Texts in quotes and function names are
/// left out.
std::vector<std::string> names_in(const std::string& text) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '\'' || text[i] == '"') {
      const std::size_t close = text.find(text[i], i + 1);
      i = close == std::string::npos ? text.size() : close + 1;
      continue;
    }
    if (!name_character(text[i])) {
      ++i;
      continue;
    }
    std::size_t end = i;
    while (end < text.size() && name_character(text[end])) ++end;
    std::string name = text.substr(i, end - i);
    if (end < text.size() && text[end] == '(')
      name.resize(name.find_last_of('.') == std::string::npos ? 0 : name.find_last_of('.'));
    const bool named =
        !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) == 0 && name.front() != '.';
    if (named && std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    i = end;
  }
  return names;
}

std::string shortened(std::string json) {
  if (json.size() <= 160) return json;
  json.resize(157);
  return json + "...";
}

}  // namespace

void Trace::condition(const std::string& step, const PlacedExpression& condition, const Result<Value>& result,
                      const Bindings& names) {
  const std::string& text = condition.expression.text();
  const std::string place =
      condition.at.source != nullptr ? condition.at.source->name + ":" + std::to_string(condition.at.line) + ": " : "";
  const std::string outcome = result ? encode_json(*result) : "error: " + result.error().message;
  std::fprintf(stderr, "%s%s%s  ->  %s\n", place.c_str(), step.empty() ? "" : (step + ": ").c_str(), text.c_str(),
               outcome.c_str());
  for (const std::string& name : names_in(text)) {
    const auto parsed = Expression::parse(name);
    const auto* expression = std::get_if<Expression>(&parsed);
    if (expression == nullptr) continue;
    const auto seen = expression->evaluate(names);
    if (seen) std::fprintf(stderr, "    %s = %s\n", name.c_str(), shortened(encode_json(*seen)).c_str());
  }
}

}  // namespace millrace
