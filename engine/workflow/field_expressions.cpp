#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "value/json.hpp"
#include "workflow/fields.hpp"
#include "yaml/quotes.hpp"

namespace millrace {
namespace {

constexpr int most_corrections = 5;  // of one expression
constexpr std::string_view signs_of_expressions = ".()[]{}'\"=<>!&|?+*/%,$@";

/// `> 90d`, taken apart; the right side is an expression.
struct HalfComparison {
  std::string_view sign, right;

  /// A duration as people write it (90d) becomes one of CEL's.
  std::string completed(std::string_view left) const {
    const std::string duration = written_out_duration(right);
    return std::string(left) + " " + std::string(sign) + " " + (duration.empty() ? std::string(right) : duration);
  }
};

std::optional<HalfComparison> half_comparison(std::string_view text) {
  static constexpr std::array<std::string_view, 6> signs = {">=", "<=", "==", "!=", ">", "<"};
  for (const std::string_view sign : signs) {
    if (text.starts_with(sign)) return HalfComparison{sign, trim(text.substr(sign.size()))};
  }
  return std::nullopt;
}

/// `a & b`, which joins texts in some programs and conditions in others.
bool joins_by_one_sign(std::string_view text, const ExpressionError& failure) {
  const std::string_view sign = text.substr(std::min(failure.offset, text.size()), failure.length);
  return (sign == "&" && failure.suggestion == "&&") || (sign == "|" && failure.suggestion == "||");
}

/// Where no condition is asked for, `&` joins texts as in a spreadsheet, unless something is compared.
void join_texts(std::string_view text, ExpressionError& failure) {
  const bool texts = text[failure.offset] == '&' && text.find_first_of("=<>!?") == std::string_view::npos;
  failure.suggestion = texts ? "+" : "";
  if (texts) failure.message = "a single \"&\" means nothing here, texts are put together with \"+\"";
}

/// As a scalar of its own, which other YAML tools understand, too.
std::string as_scalar(const std::string& expression) {
  static constexpr std::string_view signs_of_yaml = "\"'[]{}!&*|>%@`#,?:-";
  const bool plain =
      expression.empty() || (signs_of_yaml.find(expression[0]) == std::string_view::npos &&
                             expression.find(": ") == std::string::npos && expression.find(" #") == std::string::npos);
  return plain ? expression : in_yaml_quotes(expression);
}

/// What an expression of another program is called here; empty, with `why`, where that cannot be told.
std::string as_written_here(std::string text, std::string& why) {
  for (int turn = 0; turn < most_corrections; ++turn) {
    const auto read = Expression::parse(text);
    const auto* failure = std::get_if<ExpressionError>(&read);
    why = failure == nullptr ? "" : failure->message;
    if (failure == nullptr) return text;
    if (failure->suggestion.empty() || failure->offset > text.size() || joins_by_one_sign(text, *failure)) break;
    text.replace(failure->offset, failure->length, failure->suggestion);
  }
  return {};
}

}  // namespace

std::string as_spelled(Node::Style style, std::string_view text) {
  std::string spelled;
  for (const char c : text) {
    if (style == Node::Style::single_quoted && c == '\'') spelled += c;
    if (style == Node::Style::double_quoted && (c == '"' || c == '\\')) spelled += '\\';
    spelled += c;
  }
  return spelled;
}

SourceMark FieldReader::place(const Node& scalar, std::size_t begin, std::size_t end) const {
  const std::size_t first = document_.source_offset(scalar, begin);
  return document_.lines.mark(first, end > begin ? document_.source_offset(scalar, end - 1) + 1 : first);
}

PlacedExpression FieldReader::unreadable() {
  static const Expression nothing = std::get<Expression>(Expression::parse("null"));
  return {nothing, SourceMark()};
}

PlacedExpression FieldReader::condition(const Node& node) {
  if (node.is_plain() && spelled_truth(node, true)) return unreadable();
  return expression(node, nullptr, Meaning::condition);
}

PlacedExpression FieldReader::expression(const Node& node, ExpressionUses* texts, Meaning meaning) {
  if (node.is_list() || node.is_map()) return parse_list(node, texts);
  auto read = whole(node, meaning);
  return read ? std::move(*read) : unreadable();
}

/// `yes` and its kin: read as truth where nothing else makes sense, and reported either way.
bool FieldReader::spelled_truth(const Node& scalar, bool refuse) {
  static constexpr std::array<std::string_view, 4> words = {"yes", "no", "on", "off"};
  const std::string word = lower(scalar.text);
  const auto found = std::find(words.begin(), words.end(), word);
  if (!scalar.is_plain() || found == words.end()) return false;
  const bool truth = word == "yes" || word == "on";
  Finding about =
      finding(Rule::spelled_truth, mark(scalar), truth ? "write true" : "write false", truth ? "true" : "false");
  if (!refuse) about.severity = Severity::hint;
  if (!refuse) about.message = "read as " + *about.suggestion;
  report(std::move(about));
  return true;
}

/// Reports `${{ x }` and `${{ x`, with the braces that are missing where what stands inside can be read.
void FieldReader::unclosed_hole(const Node& scalar, std::size_t at) {
  const std::string& text = scalar.text;
  const std::size_t brace = std::min(text.find('}', at), text.size());
  const std::string inner(trim(std::string_view(text).substr(at + 3, brace - at - 3)));
  const bool readable = !inner.empty() && Expression::read(inner);
  const std::size_t end = readable ? std::min(brace + 1, text.size()) : at + 3;
  report(finding(Rule::unclosed_hole, place(scalar, at, end), "the ${{ that begins here has no }}",
                 readable ? as_spelled(scalar.style, "${{ " + inner + " }}") : ""));
}

/// Reports `{{ x }}` without its dollar sign, and statements of templates.
bool FieldReader::bare_braces(const Node& scalar) {
  const std::string& text = scalar.text;
  const std::size_t statement = text.find("{%");
  if (const std::size_t close = text.find("%}", std::min(statement, text.size())); close != std::string::npos) {
    Finding about = finding(Rule::bare_braces, place(scalar, statement, close + 2),
                            "{% %} is text like any other: one way or another is ${{ when ? this : that }}, and a step "
                            "is left out by its if:");
    about.severity = scalar.is_plain() ? Severity::warning : Severity::hint;
    report(std::move(about));
    return true;
  }
  if (text.find("{{") == std::string::npos) return false;
  const std::vector<Hole> holes = find_holes(text).holes;
  std::size_t at = text.find("{{");
  while (at != std::string::npos) {
    const auto inside = [&](const Hole& hole) { return at > hole.begin && at < hole.end; };
    const auto hole = std::find_if(holes.begin(), holes.end(), inside);
    if (hole != holes.end()) {
      at = text.find("{{", hole->end);
      continue;
    }
    const std::size_t close = text.find("}}", at);
    const bool dollar = at > 0 && text[at - 1] == '$';  // an unclosed hole has its own finding
    if (close == std::string::npos || dollar) return false;
    // "$ {{ x }}" is the sign with a blank behind it, or an amount of dollars.
    const bool apart = at > 1 && text[at - 2] == '$' && text[at - 1] == ' ';
    const std::string braces = text.substr(at, close + 2 - at);
    const std::string inner(trim(std::string_view(braces).substr(2, braces.size() - 4)));
    std::string why;
    const std::string here = as_written_here(inner, why);
    report(finding(
        Rule::bare_braces, place(scalar, apart ? at - 2 : at, close + 2),
        "an expression is written ${{ }}, with a dollar sign; braces that are meant as text are written ${{ '{{' }}" +
            (why.empty() ? "" : "; " + why),
        here.empty() ? "" : as_spelled(scalar.style, here == inner ? "$" + braces : "${{ " + here + " }}")));
    return true;
  }
  return false;
}

SwitchBlock::Case FieldReader::case_value(const Node& node, const PlacedExpression& subject, ExpressionUses* texts) {
  const bool literal = node.is_plain() && json_literal(node.text).has_value();
  if (node.is_scalar() && !literal && node.text.find_first_of(signs_of_expressions) == std::string::npos) {
    return {{std::get<Expression>(Expression::parse(encode_json(Value(node.text)))), mark(node)}, {}, {}};
  }
  for (const Node& item : node.items) {
    if (!item.is_plain() || !half_comparison(trim(item.text))) continue;
    report(finding(Rule::half_comparison, mark(item), "a comparison is a case of its own, and no item of a list"));
    return {unreadable(), {}, {}};
  }
  const auto half = node.is_scalar() ? half_comparison(trim(node.text)) : std::nullopt;
  if (!half || !readable(subject)) return {expression(node, texts), {}, {}};
  auto parsed = Expression::parse(half->completed("(" + subject.expression.text() + ")"));
  if (const auto* failure = std::get_if<ExpressionError>(&parsed)) {
    report(finding(Rule::expression_syntax, mark(node), failure->message));
    return {unreadable(), {}, {}};
  }
  PlacedExpression placed = {std::get<Expression>(std::move(parsed)), mark(node)};
  broken_places_[{placed.at.line, placed.at.column}] = {};
  return {std::move(placed), std::string(trim(node.text)), {}};
}

std::optional<PlacedExpression> FieldReader::whole(const Node& scalar, Meaning meaning, std::string_view compared) {
  const std::string& text = scalar.text;
  const std::string_view trimmed = trim(text);
  if (trimmed.empty()) {
    report(finding(Rule::expression_syntax, mark(scalar), "an expression is missing here"));
    return std::nullopt;
  }
  const auto begin = static_cast<std::size_t>(trimmed.data() - text.data());
  if (trimmed.starts_with("{{") && bare_braces(scalar)) return std::nullopt;
  if (trimmed.starts_with("${") && !trimmed.starts_with("${{") && trimmed.ends_with('}')) {
    const std::string inner(trim(trimmed.substr(2, trimmed.size() - 3)));
    const bool one = inner.find('}') == std::string::npos || Expression::read(inner);
    report(finding(Rule::bare_braces, place(scalar, begin, begin + trimmed.size()),
                   "an expression is written ${{ }}, with two braces",
                   one ? as_spelled(scalar.style, "${{ " + inner + " }}") : ""));
    return std::nullopt;
  }
  const Holes found = find_holes(text);
  if (found.unclosed) {
    unclosed_hole(scalar, *found.unclosed);
    return std::nullopt;
  }
  if (found.holes.empty()) {
    if (const auto half = half_comparison(trimmed)) {
      report(finding(Rule::half_comparison, mark(scalar),
                     "a comparison needs something on its left side, too: " +
                         half->completed(compared.empty() ? "item.age" : compared) + ", for example",
                     compared.empty() ? "" : half->completed(compared)));
      return std::nullopt;
    }
    return parse(scalar, {begin, begin + trimmed.size()}, meaning);
  }
  const Hole& first = found.holes[0];
  if (found.holes.size() == 1 && first.begin == begin && first.end == begin + trimmed.size()) {
    return parse(scalar, {first.inner, first.inner_end}, meaning);
  }
  mixed_expression(scalar, found.holes, meaning);
  return std::nullopt;
}

void FieldReader::mixed_expression(const Node& scalar, const std::vector<Hole>& holes, Meaning meaning) {
  const std::string& text = scalar.text;
  std::string around;
  std::size_t done = 0;
  for (const Hole& hole : holes) {
    around += text.substr(done, hole.begin - done);
    done = hole.end;
  }
  around += text.substr(done);
  const bool joined = meaning == Meaning::text && around.find_first_of("\"'") == std::string::npos;
  const std::string meant = !one_line(scalar) ? ""
                            : joined          ? put_together(text, holes)
                                              : without_braces(text, holes, meaning);
  report(finding(Rule::mixed_expression, mark(scalar),
                 joined ? "this field is one expression: texts are put together with +"
                        : "this field is one expression, so nothing stands around ${{ }}",
                 as_scalar(meant)));
}

std::optional<PlacedExpression> FieldReader::parse(const Node& scalar, Stretch stretch, Meaning meaning) {
  const std::string_view text = std::string_view(scalar.text).substr(stretch.begin, stretch.end - stretch.begin);
  auto parsed = Expression::parse(text);
  if (auto* failure = std::get_if<ExpressionError>(&parsed)) {
    if (joins_by_one_sign(text, *failure) && meaning != Meaning::condition) join_texts(text, *failure);
    const std::size_t begin = stretch.begin + std::min(failure->offset, text.size());
    const std::size_t end = std::min(begin + std::max<std::size_t>(failure->length, 1), stretch.end);
    report(finding(Rule::expression_syntax, place(scalar, begin, end), failure->message,
                   as_spelled(scalar.style, failure->suggestion)));
    return std::nullopt;
  }
  PlacedExpression placed = {std::get<Expression>(std::move(parsed)), place(scalar, stretch.begin, stretch.end)};
  note_broken_places(scalar, stretch, placed.at);
  placed.at.length = static_cast<int>(length_in_characters(text));
  return placed;
}

void FieldReader::note_broken_places(const Node& scalar, Stretch stretch, const SourceMark& at) {
  const std::size_t first = document_.source_offset(scalar, stretch.begin);
  const std::string_view text = std::string_view(scalar.text).substr(stretch.begin, stretch.end - stretch.begin);
  if (document_.lines.text().substr(first, text.size()) == text && text.find('\n') == std::string_view::npos) return;
  std::vector<BrokenPlace>& places = broken_places_[{at.line, at.column}];
  const std::vector<std::size_t> offsets = document_.source_offsets(scalar, stretch.begin, stretch.end);
  for (std::size_t offset = 0; offset < offsets.size(); ++offset) {
    if (offset > 0 && offsets[offset] == offsets[offset - 1] + 1) continue;
    const SourceMark mark = document_.lines.mark(offsets[offset], offsets[offset] + 1);
    places.push_back({offset, mark.line, mark.column});
  }
}

/// A list written in YAML where an expression is wanted: what stands in its `${{ }}` is computed, the rest is as
/// written.
PlacedExpression FieldReader::parse_list(const Node& list, ExpressionUses* texts) {
  const auto text = list_text(list, texts);
  if (!text) return unreadable();
  auto parsed = Expression::parse(*text);
  if (std::holds_alternative<ExpressionError>(parsed)) {
    report(finding(Rule::expression_syntax, mark(list), std::get<ExpressionError>(parsed).message));
    return unreadable();
  }
  PlacedExpression placed = {std::get<Expression>(std::move(parsed)), mark(list)};
  broken_places_[{placed.at.line, placed.at.column}] = {};
  return placed;
}

std::optional<std::string> FieldReader::list_text(const Node& node, ExpressionUses* texts) {
  std::vector<std::string> parts;
  if (node.is_scalar()) {
    check_empty(node);
    if (node.is_empty()) return "null";
    if (const auto literal = node.is_plain() ? json_literal(node.text) : std::nullopt) return encode_json(*literal);
    if (texts) note_texts(node, *texts);
    if (node.text.find("${{") == std::string::npos)
      return bare_braces(node) ? std::nullopt : std::optional(encode_json(Value(node.text)));
    const auto expression = whole(node, Meaning::anything);
    return expression ? std::optional("(" + expression->expression.text() + ")") : std::nullopt;
  }
  for (const Node& item : node.items) {
    auto part = list_text(item, texts);
    if (!part) return std::nullopt;
    parts.push_back(std::move(*part));
  }
  for (const Node::Member& member : node.members) {
    const auto part = list_text(member.value, texts);
    if (!part) return std::nullopt;
    parts.push_back(encode_json(Value(member.key)) + ": " + *part);
  }
  return node.is_list() ? between('[', join(parts, ", "), ']') : between('{', join(parts, ", "), '}');
}

}  // namespace millrace
