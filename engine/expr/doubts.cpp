#include "expr/doubts.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <utility>

#include "base/text.hpp"
#include "expr/functions.hpp"

namespace millrace {

namespace {

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

/// "dd.MM.yyyy" as "%d.%m.%Y"; empty where a letter of it may mean something else.
std::string in_clauses(std::string_view pattern) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 12> known = {{{"yyyy", "%Y"},
                                                                                           {"YYYY", "%Y"},
                                                                                           {"yy", "%y"},
                                                                                           {"YY", "%y"},
                                                                                           {"MM", "%m"},
                                                                                           {"M", "%-m"},
                                                                                           {"dd", "%d"},
                                                                                           {"DD", "%d"},
                                                                                           {"d", "%-d"},
                                                                                           {"HH", "%H"},
                                                                                           {"ss", "%S"},
                                                                                           {"T", "T"}}};
  // Small letters are minutes beside hours or seconds, and the month elsewhere.
  const bool tells_time = pattern.find_first_of("Hhs") != std::string_view::npos;
  std::string written;
  for (std::size_t at = 0; at < pattern.size();) {
    std::size_t end = pattern.find_first_not_of(pattern[at], at);
    if (end == std::string_view::npos) end = pattern.size();
    const std::string_view run = pattern.substr(at, end - at);
    at = end;
    const auto* clause = std::find_if(known.begin(), known.end(), [&](const auto& each) { return each.first == run; });
    if (clause != known.end()) {
      written += clause->second;
    } else if (run == "mm") {
      written += tells_time ? "%M" : "%m";
    } else if (is_letter(run.front())) {
      return "";
    } else {
      written += run;
    }
  }
  return written.find('%') == std::string::npos ? "" : written;
}

std::optional<ExpressionError> strange_in(const Expression::Node& literal, const Type& other, std::string_view text) {
  const auto strange = literal.kind == NodeKind::constant ? strange_word(literal.value, other.words()) : std::nullopt;
  if (!strange) return std::nullopt;
  const char quote = text[literal.offset];
  const bool quoted = !strange->meant.empty() && (quote == '"' || quote == '\'');
  return ExpressionError{"this is " + strange->message, literal.offset, literal.length,
                         quoted ? between(quote, strange->meant, quote) : ""};
}

}  // namespace

bool numbered_alike(std::string one, std::string other) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  std::erase_if(one, digit);
  std::erase_if(other, digit);
  return one == other;
}

std::optional<ExpressionError> strange_literal(const Expression::Node& operation, const Type& left, const Type& right,
                                               std::string_view text) {
  const bool equality = operation.op == Operator::equal || operation.op == Operator::not_equal;
  if (!equality && operation.op != Operator::in) return std::nullopt;
  auto strange = strange_in(operation.children[1], left, text);
  return strange || !equality ? strange : strange_in(operation.children[0], right, text);
}

ExpressionError doubt_division(const Expression::Node& division, std::string_view text) {
  const std::string left(trim(text.substr(division.begin, division.offset - division.begin)));
  const bool literal = left.find_first_not_of("-0123456789") == std::string::npos;
  std::string instead = literal ? left + ".0" : "double(" + left + ")";
  return {"where both sides are whole numbers the result is cut to one (7 / 2 is 3): write " + instead +
              " / ..., or int(...) around the division where that is meant",
          division.begin, left.size(), std::move(instead)};
}

ExpressionError doubt_zero(const Expression::Node& divisor) {
  return {"division by zero: the result is no number (Infinity or NaN), and nothing can be written or sent with it",
          divisor.offset, divisor.length, ""};
}

std::optional<ExpressionError> doubt_format(const Expression::Node& call, std::string_view text) {
  const Value* pattern = call.function->name == "format" ? literal(call, 1, Kind::text) : nullptr;
  if (pattern == nullptr || pattern->text().find('%') != std::string::npos) return std::nullopt;
  const Expression::Node& place = call.children[1];
  const std::string clauses = in_clauses(pattern->text());
  const char quote = text[place.offset];
  const bool quoted = quote == '"' || quote == '\'';
  return ExpressionError{"no part of the time stands in this format, so it gives these letters: write " +
                             (clauses.empty() ? "such as %d.%m.%Y %H:%M" : clauses),
                         place.offset, place.length, clauses.empty() || !quoted ? "" : between(quote, clauses, quote)};
}

}  // namespace millrace
