#include <algorithm>
#include <array>
#include <cctype>

#include "base/text.hpp"
#include "workflow/fields.hpp"
#include "yaml/quotes.hpp"

namespace millrace {
namespace {

using UseRole = ExpressionUse::Role;

constexpr std::size_t longest_bare = 500;
constexpr int most_closings = 5;  // that are tried for one opening

/// How other programs mark an expression in text.
struct ForeignMarks {
  std::string_view open, close, shown;
  UseRole role = UseRole::marked;
};

// A page of a wiki is named in [[ ]], too.
constexpr std::array<ForeignMarks, 8> marks_elsewhere = {{{"${", "}", "${ }"},
                                                          {"$ {", "}", "$ { }"},
                                                          {"#{", "}", "#{ }"},
                                                          {"@{", "}", "@{ }"},
                                                          {"%{", "}", "%{ }"},
                                                          {"$(", ")", "$( )"},
                                                          {"<%=", "%>", "<%= %>"},
                                                          {"[[", "]]", "[[ ]]", UseRole::text}}};

struct MarkedText {
  std::size_t begin, end;  // with its marks
  Expression expression;
  UseRole role;
  std::string_view marks;
};

/// What begins at `at` with the marks: up to the first closing one before which an expression stands.
std::optional<MarkedText> marked_at(const std::string& text, std::size_t at, const ForeignMarks& marks) {
  const std::size_t begin = at + marks.open.size();
  std::size_t close = text.find(marks.close, begin);
  for (int turn = 0; turn < most_closings && close < at + longest_bare; ++turn) {
    const std::string_view inner = std::string_view(text).substr(begin, close - begin);
    if (auto read = Expression::read(trim(inner)))
      return MarkedText{at, close + marks.close.size(), std::move(*read), marks.role, marks.shown};
    close = text.find(marks.close, close + 1);
    if (close == std::string::npos) break;
  }
  return std::nullopt;
}

/// `$vars.name`, as shells and templates have it.
std::optional<MarkedText> dollar_name(const std::string& text, std::size_t at) {
  const auto in_path = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '.'; };
  std::size_t end = at + 1;
  while (end < text.size() && end < at + longest_bare && in_path(static_cast<unsigned char>(text[end]))) ++end;
  while (text[end - 1] == '.') --end;
  const std::string path = text.substr(at + 1, end - at - 1);
  if (path.find('.') == std::string::npos || path[0] == '.') return std::nullopt;
  auto read = Expression::read(path);
  if (!read) return std::nullopt;
  return MarkedText{at, end, std::move(*read), UseRole::text, "a $ before a name"};
}

std::vector<MarkedText> marked_in(const std::string& text) {
  std::vector<MarkedText> found;
  const std::vector<Hole> holes = find_holes(text).holes;
  const auto take = [&](std::string_view open, const auto& marked) {
    for (std::size_t at = text.find(open); at != std::string::npos; at = text.find(open, at + open.size())) {
      const auto around = [at](const Hole& hole) { return at >= hole.begin && at < hole.end; };
      const bool braces = open.ends_with('{') && text.substr(at + open.size(), 1) == "{";  // told as such
      if (braces || std::any_of(holes.begin(), holes.end(), around)) continue;
      if (auto one = marked(at)) found.push_back(std::move(*one));
    }
  };
  for (const ForeignMarks& marks : marks_elsewhere)
    take(marks.open, [&](std::size_t at) { return marked_at(text, at, marks); });
  take("$", [&](std::size_t at) { return dollar_name(text, at); });
  const std::string_view formula = trim(text);
  if (!formula.starts_with('=') || formula.size() > longest_bare) return found;
  if (auto read = Expression::read(trim(formula.substr(1))))
    found.push_back({0, text.size(), std::move(*read), UseRole::marked, "a = at the beginning"});
  return found;
}

/// What stands in quotes as they are printed, which are letters to YAML; nothing where they are not around all of it.
std::optional<std::string_view> in_printed_quotes(std::string_view text) {
  using Quotes = std::vector<std::string_view>;
  static const std::array<Quotes, 4> kinds = {{{"“", "”", "„", "‟"}, {"‘", "’", "‚", "‛"}, {"«", "»"}, {"‹", "›"}}};
  for (const Quotes& quotes : kinds) {
    const auto at_begin = [&](std::string_view part) {
      const auto one = std::find_if(quotes.begin(), quotes.end(), [&](auto each) { return part.starts_with(each); });
      return one == quotes.end() ? std::size_t{0} : one->size();
    };
    const std::size_t size = quotes[0].size();  // of each of the kind
    if (text.size() < 2 * size || at_begin(text) == 0 || at_begin(text.substr(text.size() - size)) == 0) continue;
    const std::string_view inside = text.substr(size, text.size() - 2 * size);
    for (std::size_t at = 0; at < inside.size(); ++at) {
      if (at_begin(inside.substr(at)) == 0) continue;
      const std::string_view behind = inside.substr(at + size);
      const bool apostrophe = inside.substr(at).starts_with("’") && !behind.empty() &&
                              std::isalpha(static_cast<unsigned char>(behind[0])) != 0;
      if (!apostrophe) return std::nullopt;
    }
    return inside;
  }
  return std::nullopt;
}

/// One of the words from which the field chooses.
bool is_choice(const SchemaView& view, const std::string& text) {
  const Value* words = view.raw() ? view.raw()->find("enum") : nullptr;
  return words != nullptr && words->is_list() &&
         std::any_of(words->list().begin(), words->list().end(),
                     [&](const Value& word) { return word.is_text() && word.text() == text; });
}

}  // namespace

bool FieldReader::one_line(const Node& scalar) const {
  return scalar.style != Node::Style::literal && scalar.style != Node::Style::folded &&
         document_.lines.text().substr(scalar.begin, scalar.end - scalar.begin).find('\n') == std::string_view::npos;
}

/// Reports what makes text other than it looks.
void FieldReader::check_text(const Node& scalar) {
  if (scalar.is_plain() && scalar.text.starts_with('!')) {
    const std::string word = scalar.text.substr(0, scalar.text.find(' '));
    report(finding(Rule::yaml_tag, place(scalar, 0, word.size()),
                   "tags such as " + word + " are refused: text that begins with ! stands in quotes",
                   in_yaml_quotes(scalar.text)));
    findings_.back().at = mark(scalar);
  }
  if (texts_ == Texts::written) bare_braces(scalar);
  if (!scalar.is_plain()) return;
  const std::string_view source = document_.lines.text();
  if (scalar.cut > scalar.begin) {
    const std::size_t behind_sign = source.find('#', scalar.end) + 1;
    const bool remark = source[behind_sign] == ' ' || source[behind_sign] == '\t';
    Finding about =
        finding(Rule::text_cut, document_.lines.mark(scalar.begin, scalar.cut),
                "the text ends at \" #\", where a comment begins: quote it to keep all of it",
                in_yaml_quotes(scalar.text + std::string(source.substr(scalar.end, scalar.cut - scalar.end))));
    if (!remark) about.message += ", or put a blank behind the #";
    about.severity = remark ? Severity::hint : Severity::warning;
    report(std::move(about));
  }
  if (const auto inside = in_printed_quotes(scalar.text)) {
    Finding about = finding(Rule::printed_quotes, mark(scalar),
                            "these quotes are letters of the text: those that YAML takes away are ' and \"",
                            one_line(scalar) ? in_yaml_quotes(*inside) : "");
    about.severity = Severity::warning;
    return report(std::move(about));
  }
  std::size_t colon = scalar.text.find(": ");
  if (colon == std::string::npos) return;
  const std::vector<Hole> holes = find_holes(scalar.text).holes;
  for (const Hole& hole : holes) {
    if (colon > hole.begin && colon < hole.end) colon = scalar.text.find(": ", hole.end);
  }
  if (colon == std::string::npos || !one_line(scalar)) return;
  // Whether `a ? b : c` was meant as text is asked first.
  if (Expression::read(scalar.text)) return;
  Finding about = finding(Rule::unquoted_text, mark(scalar), "read as one text; other YAML tools want it in quotes",
                          in_yaml_quotes(source.substr(scalar.begin, scalar.end - scalar.begin)));
  about.severity = Severity::hint;
  report(std::move(about));
}

/// Reports the name of a loop's item where it stands alone as text.
void FieldReader::lone_name(const Node& scalar, const SchemaView& view) {
  const bool loops = std::find(items_of_loops_.begin(), items_of_loops_.end(), scalar.text) != items_of_loops_.end();
  if (!loops || !scalar.is_plain() || scalar.cut > scalar.begin || is_choice(view, scalar.text)) return;
  Finding about = finding(Rule::forgotten_braces, mark(scalar),
                          "this stays the word \"" + scalar.text +
                              "\", the item of the loop is written in ${{ }}: text like this "
                              "stands in quotes",
                          "${{ " + scalar.text + " }}");
  about.severity = Severity::warning;
  report(std::move(about));
}

/// Notes what may be an expression in text that stays text: all of it, or what stands in marks of other programs.
void FieldReader::note_texts(const Node& scalar, ExpressionUses& uses) const {
  const std::string& text = scalar.text;
  std::vector<MarkedText> found = marked_in(text);
  const bool telling = text.find_first_of(".([<>=!+*%?&|") != std::string::npos;
  if (scalar.is_plain() && telling && text.find("${") == std::string::npos && text.size() < longest_bare) {
    if (auto read = Expression::read(trim(text)))
      found.push_back({0, text.size(), std::move(*read), UseRole::text, ""});
  }
  for (MarkedText& one : found) {
    const SourceMark at = place(scalar, one.begin, one.end);
    ExpressionUse use = {{std::move(one.expression), at}, one.role, SchemaView(), "", "", "", at};
    use.marks = one.marks;
    use.quoted = !scalar.is_plain();
    uses.push_back(std::move(use));
  }
}

}  // namespace millrace
