#include "yaml/prepare.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "yaml/preparer.hpp"
#include "yaml/rules.hpp"

namespace millrace {
namespace {

constexpr std::size_t blanks_for_a_tab = 2;
constexpr std::size_t longest_quoted_part = 4096;  // so that a line of nothing but quotes costs no more than others

/// Characters that look like a blank: a no-break space and its kin, as text editors and web pages leave them.
constexpr std::string_view printed_blanks[] = {"\u00A0", "\u202F", "\u2007", "\u3000", "\u200B"};

/// What looks like the dash of an item, as office programs make it of one: dashes, hyphens, a minus, a bullet.
constexpr std::string_view printed_dashes[] = {"\u2013", "\u2014", "\u2010", "\u2011", "\u2212", "\u2022"};

template <class Known>
std::size_t size_of_any(std::string_view text, const Known& known) noexcept {
  for (const std::string_view one : known) {
    if (text.starts_with(one)) return one.size();
  }
  return 0;
}

std::size_t printed_blank(std::string_view text) noexcept { return size_of_any(text, printed_blanks); }

bool letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool word(char c) noexcept { return letter(c) || (c >= '0' && c <= '9'); }

}  // namespace

std::size_t PreparedText::source_offset(std::size_t offset) const noexcept {
  const auto after = std::upper_bound(segments_.begin(), segments_.end(), offset,
                                      [](std::size_t at, const Segment& segment) { return at < segment.here; });
  const Segment& segment = *(after - 1);
  const std::size_t there = segment.source + (offset - segment.here);
  return after == segments_.end() ? there : std::min(there, after->source);
}

PreparedText prepare(const SourceLines& lines) { return Preparer(lines).run(); }

std::string too_deep_here() {
  return "lists and mappings stand more than " + std::to_string(deepest) + " deep inside each other here";
}

PreparedText Preparer::run() {
  if (text_.starts_with("\xEF\xBB\xBF")) {
    edits_.push_back({0, 3, ""});
    at_ = 3;
  }
  while (at_ < text_.size()) line();
  return apply();
}

PreparedText Preparer::apply() {
  // A line's blanks are looked at once for letters that only look so, and once for tabs.
  std::stable_sort(edits_.begin(), edits_.end(),
                   [](const Edit& left, const Edit& right) { return left.at < right.at; });
  std::string& text = result_.text;
  text.reserve(text_.size() + edits_.size() * 2);
  std::size_t copied = 0;
  result_.segments_.push_back({0, 0});
  for (const Edit& edit : edits_) {
    text += text_.substr(copied, edit.at - copied);
    text += edit.inserted;
    copied = edit.at + edit.removed;
    result_.segments_.push_back({text.size(), copied});
  }
  text += text_.substr(copied);
  return std::move(result_);
}

void Preparer::line() {
  const std::size_t begin = at_;
  std::size_t printed = 0;  // bytes of characters that only look like blanks, beyond one each
  const std::size_t content_at = behind_printed_blanks(begin, printed);
  if (ends_line(content_at) || (content_at < text_.size() && text_[content_at] == '#')) {
    at_ = next_line(content_at);
    return;
  }
  const std::string_view start = text_.substr(begin, 3);
  if (start == "---" || start == "..." || text_[begin] == '%') {
    const std::size_t behind = skip_blanks(begin + start.size());
    const bool brackets = start == "---" && behind < text_.size() && (text_[behind] == '[' || text_[behind] == '{');
    if (brackets) return flow(behind, 0);
    at_ = next_line(begin);
    return;
  }
  const std::string_view indent = text_.substr(begin, content_at - begin);
  const auto tab_count = static_cast<std::size_t>(std::count(indent.begin(), indent.end(), '\t'));
  const std::size_t column = indent.size() - printed + tab_count * (blanks_for_a_tab - 1);
  if (tab_count > 0) tabs(begin, content_at, column);
  if (tab_count == 0) indentation(begin, column, content_at);
  content(content_at, column);
}

/// Behind the blanks at `at`, those included that only look so: these are reported, and read as blanks.
std::size_t Preparer::behind_printed_blanks(std::size_t at, std::size_t& printed) {
  at = skip_blanks(at);
  for (std::size_t size = printed_blank(text_.substr(at)); size > 0; size = printed_blank(text_.substr(at))) {
    edits_.push_back({at, size, " "});
    report(finding(Rule::missing_blank, lines_.mark(at, at + size),
                   "this looks like a blank and is another character, which a text editor put there", " "));
    printed += size - 1;
    at = skip_blanks(at + size);
  }
  return at;
}

void Preparer::tabs(std::size_t begin, std::size_t end, std::size_t column) {
  for (std::size_t at = begin; at < end; ++at) {
    if (text_[at] == '\t') edits_.push_back({at, 1, std::string(blanks_for_a_tab, ' ')});
  }
  report(finding(Rule::tab_indentation, lines_.mark(begin, end), "this line is indented with a tab: use blanks",
                 std::string(column, ' ')));
  result_.broken = true;
}

void Preparer::indentation(std::size_t line, std::size_t column, std::size_t content_at) {
  const bool dash = text_[content_at] == '-' && blank_at(content_at + 1);
  std::optional<Level> left;  // the nearest of those that end here
  bool left_takes = false;    // an item goes into a list, a key into a mapping
  while (!levels_.empty() && levels_.back().indent > column) {
    const Level& ended = levels_.back();
    left_takes = (left && left->indent == ended.indent && left_takes) || ended.list == dash;
    left = ended;
    levels_.pop_back();
  }
  if (levels_.empty()) {
    if (left) misplaced(line, content_at, left->indent, "this line begins further left than the first one");
    return;
  }
  const Level& top = levels_.back();
  if (top.indent == column) return;
  if (left) {
    const bool both = levels_.size() > 1 && levels_[levels_.size() - 2].indent == top.indent;
    const bool top_takes = both || top.list == dash;
    const bool inner = left_takes == top_takes ? left->indent - column <= column - top.indent : left_takes;
    const std::string message = "this line stands between \"" + std::string(left->key) + "\" (" +
                                counted(left->indent, "blank") + ") and \"" + std::string(top.key) + "\" (" +
                                counted(top.indent, "blank") + "), so it is not clear to which block it belongs";
    misplaced(line, content_at, inner ? left->indent : top.indent, message);
  } else if (!expecting_ && !glued_above()) {
    const std::string what = top.key.empty() ? "the line" : between('"', top.key, '"');
    misplaced(line, content_at, top.indent,
              "this line is indented deeper than " + what + " above it, which has its value already");
  }
}

void Preparer::misplaced(std::size_t line, std::size_t content_at, std::size_t right, std::string message) {
  if (result_.broken) return;  // the first wrong line is the cause of the others
  Finding found = finding(Rule::wrong_indentation, lines_.mark(line, content_at), std::move(message));
  found.at.length = static_cast<int>(content_at - line);
  found.suggestion = std::string(right, ' ');
  report(std::move(found));
  result_.broken = true;
}

void Preparer::enter(std::size_t column, bool list, std::string_view key) {
  if (!levels_.empty() && levels_.back().indent == column) {
    Level& top = levels_.back();
    const bool beside_its_key = levels_.size() > 1 && levels_[levels_.size() - 2].indent == column;
    if (top.list && !list && beside_its_key) {
      levels_.pop_back();
    } else if (!top.list && list) {
      levels_.push_back({column, true, top.key});
      return;
    }
    levels_.back().key = key.empty() ? levels_.back().key : key;
    return;
  }
  levels_.push_back({column, list, key.empty() && !levels_.empty() ? levels_.back().key : key});
}

/// The size of an item's dash at `at`, or 0. What only looks like one is reported, and read as one, where an item of
/// the list around it is due or a key follows: else it may be text.
std::size_t Preparer::dash_at(std::size_t at, std::size_t column) {
  if (at >= text_.size()) return 0;
  const bool typed = text_[at] == '-';
  const std::size_t size = typed ? 1 : size_of_any(text_.substr(at), printed_dashes);
  if (size == 0 || !(blank_at(at + size) || printed_blank(text_.substr(at + size)) > 0)) return 0;
  if (typed) return size;
  std::size_t next = skip_blanks(at + size);
  while (const std::size_t blank = printed_blank(text_.substr(next))) next = skip_blanks(next + blank);
  const bool due = !levels_.empty() && levels_.back().list && levels_.back().indent == column;
  if (!due && (ends_line(next) || !key_end(next))) return 0;
  edits_.push_back({at, size, "-"});
  report(finding(Rule::yaml_syntax, lines_.mark(at, at + size),
                 "this looks like a dash and is another character, which a text editor put there", "-"));
  return size;
}

void Preparer::content(std::size_t at, std::size_t column) {
  bool item = false;
  const std::size_t begin = column;
  while (const std::size_t dash = dash_at(at, column)) {
    item = true;
    enter(column, true, "");
    std::size_t printed = dash - 1;
    const std::size_t next = behind_printed_blanks(at + dash, printed);
    if (ends_line(next)) {
      expecting_ = true;
      at_ = next_line(next);
      return;
    }
    column += next - at - printed;
    at = without_properties(next);
    column += at - next;
  }
  if (ends_line(at)) {
    expecting_ = true;
    at_ = next_line(at);
    return;
  }
  const auto colon = key_end(at);
  last_ = at;
  if (!colon) {
    const bool beside_keys = !item && !levels_.empty() && !levels_.back().list && levels_.back().indent == begin;
    if (beside_keys) stray(at);
    expecting_ = false;
    value(at, levels_.empty() ? 0 : levels_.back().indent, false);
    return;
  }
  enter(column, false, text_.substr(at, trimmed(at, *colon) - at));
  std::size_t printed = 0;
  const std::size_t behind = without_properties(behind_printed_blanks(*colon + 1, printed));
  expecting_ = ends_line(behind);
  if (expecting_) {
    at_ = next_line(behind);
  } else {
    value(behind, column, true);
  }
}

/// A line among keys that is not "key: value".
void Preparer::stray(std::size_t at) {
  if (result_.broken || glued(at)) return;
  result_.broken = true;
  report(finding(Rule::yaml_syntax, lines_.mark(at, trimmed(at, line_end(at))),
                 "this line stands among keys, so it should read \"key: value\""));
}

/// Reports a line at `at` to which one character is missing to be "key: value"; false where it is another thing.
bool Preparer::glued(std::size_t at) {
  std::size_t end = at;
  while (end < text_.size() && word(text_[end])) ++end;
  const bool named = end > at && letter(text_[at]);
  const std::size_t sign = skip_blanks(end);
  const bool dash = text_[at] == '-' && at + 1 < text_.size() && letter(text_[at + 1]);
  const bool colon = named && end + 1 < text_.size() && text_[end] == ':' && !blank_at(end + 1);
  const bool equals = named && sign + 1 < text_.size() && text_[sign] == '=' && text_[sign + 1] != '=';
  if (dash) {
    report(finding(Rule::missing_blank, lines_.mark(at, at + 1), "a blank is missing behind the dash", "- "));
  } else if (colon) {
    report(finding(Rule::missing_blank, lines_.mark(at, end + 1), "a blank is missing behind the colon",
                   std::string(text_.substr(at, end + 1 - at)) + " "));
  } else if (equals) {
    report(finding(Rule::yaml_syntax, lines_.mark(end, sign + 1), "between a key and its value stands a colon", ":"));
  }
  const bool found = dash || colon || equals;
  result_.broken = result_.broken || found;
  return found;
}

/// What the line above was meant to be, where one deeper than it tells that it was no value.
bool Preparer::glued_above() { return !result_.broken && last_ && glued(*last_); }

/// The colon behind the key that begins at `at`, where there is one.
std::optional<std::size_t> Preparer::key_end(std::size_t at) const {
  const std::size_t end = line_end(at);
  const char first = text_[at];
  if (first == '"' || first == '\'') {
    const auto close = closing_quote(at, end);
    if (!close) return std::nullopt;
    const std::size_t colon = skip_blanks(*close);
    const bool found = colon < end && text_[colon] == ':' && blank_at(colon + 1);
    return found ? std::optional(colon) : std::nullopt;
  }
  if (std::string_view("[{]},#&*!|>%@`").find(first) != std::string_view::npos) return std::nullopt;
  int open = 0;
  for (std::size_t here = at; here < end; ++here) {
    const char c = text_[here];
    if (c == ':' && (blank_at(here + 1) || printed_blank(text_.substr(here + 1)) > 0))
      return open == 0 ? std::optional(here) : std::nullopt;
    if (c == '(') ++open;
    if (c == ')') --open;
    if (c == '#' && here > at && blank_at(here - 1)) return std::nullopt;
    if (text_.substr(here, 3) == "${{" || text_.substr(here, 3) == " ? ") return std::nullopt;
    if ((c == '"' || c == '\'') && quoted_part(here, end)) return std::nullopt;
  }
  return std::nullopt;
}

std::size_t Preparer::line_end(std::size_t at) const { return std::min(text_.find('\n', at), text_.size()); }

std::size_t Preparer::next_line(std::size_t at) const { return std::min(line_end(at) + 1, text_.size()); }

std::size_t Preparer::skip_blanks(std::size_t at) const {
  while (at < text_.size() && (text_[at] == ' ' || text_[at] == '\t')) ++at;
  return at;
}

std::size_t Preparer::trimmed(std::size_t begin, std::size_t end) const {
  while (end > begin && blank_at(end - 1)) --end;
  return end;
}

bool Preparer::blank_at(std::size_t at) const {
  return at >= text_.size() || text_[at] == ' ' || text_[at] == '\t' || text_[at] == '\n' || text_[at] == '\r';
}

bool Preparer::ends_line(std::size_t at) const {
  const std::size_t here = skip_blanks(at);
  if (here >= text_.size() || text_[here] == '\n' || text_[here] == '\r') return true;
  return text_[here] == '#' && here > 0 && blank_at(here - 1);
}

/// Behind the quote that ends the text in quotes at `at`, or nothing.
std::optional<std::size_t> Preparer::closing_quote(std::size_t at, std::size_t limit) const {
  const char quote = text_[at];
  for (std::size_t here = at + 1; here < limit; ++here) {
    if (quote == '"' && text_[here] == '\\') {
      ++here;
    } else if (text_[here] == quote) {
      const bool doubled = quote == '\'' && here + 1 < limit && text_[here + 1] == quote;
      if (!doubled) return here + 1;
      ++here;
    }
  }
  return std::nullopt;
}

/// Behind a text in quotes inside unquoted text (of an expression), or nothing: an apostrophe is no quote.
std::optional<std::size_t> Preparer::quoted_part(std::size_t at, std::size_t limit) const {
  if (at > 0 && word(text_[at - 1])) return std::nullopt;
  const auto close = closing_quote(at, std::min(limit, at + longest_quoted_part));
  if (!close || (*close < text_.size() && word(text_[*close]))) return std::nullopt;
  return close;
}

const std::vector<Hole>& Preparer::holes(std::size_t begin, std::size_t end) {
  if (begin == holes_begin_ && end == holes_end_) return holes_;
  holes_begin_ = begin;
  holes_end_ = end;
  holes_.clear();
  const std::string_view stretch = text_.substr(begin, end - begin);
  if (stretch.find("${{") != std::string_view::npos) holes_ = find_holes(stretch).holes;
  return holes_;
}

const Hole* Preparer::hole_at(std::size_t at, std::size_t begin, std::size_t end) {
  const std::vector<Hole>& found = holes(begin, end);
  const auto hole = std::lower_bound(found.begin(), found.end(), at - begin,
                                     [](const Hole& one, std::size_t offset) { return one.begin < offset; });
  return hole != found.end() && hole->begin == at - begin ? &*hole : nullptr;
}

void Preparer::restore(const State& state) {
  edits_.resize(state.edits);
  result_.quoted.resize(state.quoted);
  result_.findings.resize(state.findings);
}

void Preparer::report(Finding found) { result_.findings.push_back(std::move(found)); }

}  // namespace millrace
