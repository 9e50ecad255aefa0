#include <algorithm>

#include "base/text.hpp"
#include "yaml/preparer.hpp"
#include "yaml/rules.hpp"

namespace millrace {
namespace {

constexpr int longest_hole = 40;  // lines
constexpr std::string_view indicators = "[]{}\"'|>&*!%@`,#";

bool digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool begins_name(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool in_name(char c) noexcept { return begins_name(c) || digit(c); }

bool core_tag(std::string_view name) {
  static constexpr std::string_view names[] = {"str", "int",    "float",     "bool", "null", "map",
                                               "seq", "binary", "timestamp", "set",  "omap"};
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

}  // namespace

/// Takes anchors and YAML's own tags out of the text: they are refused, and what follows is read.
std::size_t Preparer::without_properties(std::size_t at) {
  while (at < text_.size() && (text_[at] == '&' || text_.substr(at, 2) == "!!")) {
    const bool tag = text_[at] == '!';
    const std::size_t name = at + (tag ? 2 : 1);
    std::size_t end = name;
    while (end < text_.size() && (in_name(text_[end]) || text_[end] == '-')) ++end;
    const bool refused = end > name && blank_at(end) && (!tag || core_tag(text_.substr(name, end - name)));
    if (!refused) return at;
    const std::string what(text_.substr(at, end - at));
    report(finding(
        tag ? Rule::yaml_tag : Rule::anchor_or_alias, lines_.mark(at, end),
        tag ? "tags such as " + what + " are refused: a field's type comes from its schema"
            : "anchors such as " + what + " are refused: write the value where it is needed, or put it into vars"));
    const std::size_t next = skip_blanks(end);
    edits_.push_back({at, next - at, ""});
    at = next;
  }
  return at;
}

/// Reports `*name`, or `&name value` where it was not seen before.
void Preparer::refuse_reference(std::size_t begin, std::size_t end) {
  const std::string_view reference = text_.substr(begin, end - begin);
  const std::string_view name = reference.substr(1, reference.find(' ') - 1);
  const bool alias = reference[0] == '*' && name.size() + 1 == reference.size();
  const bool anchor = reference[0] == '&';
  if ((!alias && !anchor) || name.empty() || !std::all_of(name.begin(), name.end(), in_name)) return;
  const std::string what(reference.substr(0, name.size() + 1));
  report(finding(Rule::anchor_or_alias, lines_.mark(begin, begin + what.size()),
                 (alias ? "aliases such as " : "anchors such as ") + what +
                     " are refused: write the value where it is needed, or put it into vars"));
}

void Preparer::value(std::size_t at, std::size_t parent, bool after_key) {
  const char first = text_[at];
  if ((first == '|' || first == '>') && block_scalar(at, parent)) return;
  if (first == '"' || first == '\'') return quoted(at, parent);
  const bool bare_braces = text_.substr(at, 2) == "{{";
  if ((first == '[' || first == '{') && !bare_braces) return flow(at, parent);
  if (after_key && first == '-' && blank_at(at + 1) && !ends_line(at + 1)) return list_beside_key(at);
  plain(at, parent);
}

/// `tags: - vip`: the list is meant to be one.
void Preparer::list_beside_key(std::size_t at) {
  const std::size_t end = trimmed(at, line_end(at));
  const std::size_t item = skip_blanks(at + 1);
  report(finding(Rule::yaml_syntax, lines_.mark(at, end),
                 "a list begins on the line below its key, or stands in brackets",
                 between('[', text_.substr(item, end - item), ']')));
  edits_.push_back({at, item - at, "["});
  protect(item, end);
  edits_.push_back({end, 0, "]"});
  at_ = next_line(end);
}

/// Skips text behind `|` or `>`; false where this is no such text (`when: > 5`).
bool Preparer::block_scalar(std::size_t at, std::size_t parent) {
  std::size_t header = at + 1;
  while (header < text_.size() && (digit(text_[header]) || text_[header] == '+' || text_[header] == '-')) ++header;
  if (!ends_line(header)) return false;
  at_ = next_line(header);
  while (at_ < text_.size()) {
    std::size_t first = at_;
    while (first < text_.size() && text_[first] == ' ') ++first;
    const bool blank = first >= text_.size() || text_[first] == '\n' || text_[first] == '\r';
    const bool inside = first - at_ > parent || (levels_.empty() && first > at_);
    if (!blank && !inside) break;
    at_ = next_line(first);
  }
  return true;
}

void Preparer::quoted(std::size_t at, std::size_t parent) {
  const auto close = closing_quote(at, text_.size());
  if (!close) {
    report(finding(Rule::yaml_syntax, lines_.mark(at, at + 1),
                   "the text that begins here is not closed with another quote"));
    result_.broken = true;
    at_ = text_.size();
    return;
  }
  const bool one_line = *close <= line_end(at);
  if (ends_line(*close) || !one_line) {
    at_ = next_line(*close);
  } else {
    plain(at, parent);  // 'vip' in tag.labels
  }
}

/// True where a hole of the text from `begin` to `end` goes on in the next line.
bool Preparer::inside_hole(std::size_t begin, std::size_t end, int lines) const {
  const std::string_view text = text_.substr(begin, end - begin);
  return lines <= longest_hole && text.find("${{") != std::string_view::npos && find_holes(text).unclosed.has_value();
}

/// Behind the last line that is indented deeper than `parent` and so goes on with what began at `at`.
std::size_t Preparer::continuation(std::size_t at, std::size_t parent) const {
  std::size_t end = line_end(at);
  int lines = 0;
  for (std::size_t line = next_line(at); line < text_.size(); line = next_line(line)) {
    const std::size_t first = skip_blanks(line);
    if (first >= text_.size() || text_[first] == '\n' || text_[first] == '\r') continue;
    const bool deeper = first - line > parent || levels_.empty();
    if (!deeper) break;
    const bool entry =
        (text_[first] == '-' && blank_at(first + 1)) || (begins_name(text_[first]) && key_end(first).has_value());
    if ((entry || text_[first] == '#') && !inside_hole(at, end, ++lines)) break;
    end = line_end(first);
  }
  return end;
}

void Preparer::plain(std::size_t at, std::size_t parent) {
  const std::size_t limit = continuation(at, parent);
  const bool strings_only = text_[at] == '"' || text_[at] == '\'';
  bool odd = indicators.find(text_[at]) != std::string_view::npos || !holes(at, limit).empty();
  odd = odd || ((text_[at] == '-' || text_[at] == '?' || text_[at] == ':') && blank_at(at + 1));
  const bool comments = text_.substr(at, limit - at).find(" #") != std::string_view::npos;
  std::size_t end = at;
  std::size_t comment = 0;
  while (end < limit) {
    const char c = text_[end];
    if (c == '$') {
      if (const Hole* hole = hole_at(end, at, limit)) {
        end = at + hole->end;
        continue;
      }
    }
    if (c == ':' && blank_at(end + 1)) odd = true;
    if (c == '#' && end > at && blank_at(end - 1)) {
      comment = end;
      break;
    }
    const auto close = comments && (c == '"' || c == '\'') ? quoted_part(end, line_end(end)) : std::nullopt;
    const bool hides_comment = close && text_.substr(end, *close - end).find(" #") != std::string_view::npos;
    odd = odd || hides_comment;
    end = close && (hides_comment || strings_only) ? *close : end + 1;
  }
  at_ = next_line(std::max(end, comment));
  end = trimmed(at, end);
  if (comment != 0 && comment + 1 < text_.size()) {
    const bool glued = !blank_at(comment + 1) && text_[comment + 1] != '#' && text_[comment + 1] != '!';
    const std::size_t cut = glued ? cut_end(comment) : trimmed(comment, line_end(comment));
    if (glued || text_.substr(comment, cut - comment).find("${{") != std::string_view::npos)
      result_.cuts.push_back({at, cut});
  }
  if (end > at) refuse_reference(at, end);
  if (odd) protect(at, end);
}

/// Where ends what a # without a blank behind it took away: at the next " # ", which begins a remark for certain.
std::size_t Preparer::cut_end(std::size_t sign) {
  const std::size_t end = line_end(sign);
  for (std::size_t here = sign + 1; here < end; ++here) {
    const Hole* hole = text_[here] == '$' ? hole_at(here, sign, end) : nullptr;
    if (hole) here = sign + hole->end - 1;
    if (text_[here] == '#' && blank_at(here - 1) && blank_at(here + 1)) return trimmed(sign, here);
  }
  return trimmed(sign, end);
}

void Preparer::protect(std::size_t begin, std::size_t end) {
  result_.quoted.push_back({begin, end});
  edits_.push_back({begin, 0, "'"});
  for (std::size_t at = begin; at < end; ++at) {
    if (text_[at] == '\'') edits_.push_back({at, 0, "'"});
  }
  edits_.push_back({end, 0, "'"});
}

/// A list or mapping in brackets, over as many lines as it takes.
void Preparer::flow(std::size_t at, std::size_t parent) {
  const State before = state();
  struct Open {
    std::size_t at;
    char bracket;
    bool value;  // behind the colon
  };
  std::vector<Open> open;
  std::size_t unclosed = at;  // what another bracket closes, or else all of it
  std::size_t here = at;
  while (here < text_.size()) {
    const char c = text_[here];
    if (c == '#' && blank_at(here - 1)) {
      here = line_end(here);
    } else if (blank_at(here)) {
      ++here;
    } else if ((c == '[' || c == '{') && (open.empty() || text_.substr(here, 2) != "{{")) {
      if (open.size() == deepest) break;
      open.push_back({here, c, false});
      ++here;
    } else if (c == ']' || c == '}') {
      if ((c == ']') != (open.back().bracket == '[')) {
        unclosed = open.back().at;
        break;
      }
      open.pop_back();
      ++here;
      if (open.empty()) break;
    } else if (c == ',') {
      open.back().value = false;
      ++here;
    } else if (c == ':' && (blank_at(here + 1) || open.back().bracket == '{')) {
      open.back().value = true;
      ++here;
    } else {
      here = flow_item(here, open.back().bracket == '{', open.back().value);
    }
  }
  if (open.size() == deepest && here < text_.size()) {
    restore(before);
    report(finding(Rule::too_deep, lines_.mark(here, here + 1), too_deep_here()));
    result_.broken = result_.too_deep = true;
    at_ = text_.size();
  } else if (!open.empty()) {
    restore(before);
    report(finding(Rule::yaml_syntax, lines_.mark(unclosed, unclosed + 1),
                   text_[unclosed] == '[' ? "the list that begins here is not closed with ]"
                                          : "the mapping that begins here is not closed with }"));
    result_.broken = true;
    at_ = text_.size();
  } else if (!ends_line(here) && here <= line_end(at)) {
    restore(before);
    plain(at, parent);  // [1, 2] + more.items
  } else {
    at_ = next_line(here);
  }
}

/// The line's first byte and its end; brackets may stand in lines of any length, so it is looked for once.
std::pair<std::size_t, std::size_t> Preparer::line_around(std::size_t at) {
  if (at < line_.first || at > line_.second) line_ = {text_.rfind('\n', at) + 1, line_end(at)};
  return line_;
}

/// One text inside brackets; quotes it where YAML would not take it as one.
std::size_t Preparer::flow_item(std::size_t at, bool in_map, bool is_value) {
  const char first = text_[at];
  const std::size_t line = line_around(at).second;
  if (first == '"' || first == '\'') {
    const auto close = closing_quote(at, text_.size());
    if (!close) return text_.size();
    const std::size_t next = skip_blanks(*close);
    if (*close > line || next >= line || std::string_view(",]}:\r").find(text_[next]) != std::string_view::npos)
      return *close;
  }
  std::size_t end = flow_item_end(at, in_map, is_value, true);
  if (end == std::string_view::npos) end = flow_item_end(at, in_map, is_value, false);
  end = std::max(trimmed(at, end), at + 1);
  const std::string_view item = text_.substr(at, end - at);
  const bool odd = indicators.find(first) != std::string_view::npos ||
                   item.find_first_of(",[]{}?") != std::string_view::npos ||
                   item.find(": ") != std::string_view::npos || item.find(" #") != std::string_view::npos;
  const bool entry = (first == '-' || first == '?') && blank_at(at + 1);
  refuse_reference(at, end);
  if (odd || entry) protect(at, end);
  return end;
}

/// Where the text ends; with `brackets`, those of expressions are followed, and npos tells that they do not match up.
std::size_t Preparer::flow_item_end(std::size_t at, bool in_map, bool is_value, bool brackets) {
  const auto [start, line] = line_around(at);
  if (text_.substr(at, 2) == "{{") {
    const std::size_t close = text_.substr(0, line).find("}}", at);
    return close == std::string_view::npos ? at + 2 : close + 2;
  }
  std::string open;  // what is to close them, the innermost last
  bool question = false;
  std::size_t here = at;
  while (here < line) {
    const char c = text_[here];
    if (const Hole* hole = c == '$' ? hole_at(here, start, line) : nullptr) {
      here = start + hole->end;
      continue;
    }
    if ((c == '"' || c == '\'') && brackets) {
      if (const auto close = quoted_part(here, line)) {
        here = *close;
        continue;
      }
    }
    if (text_.substr(here, 2) == "{{" && open.empty() && (here == at || text_[here - 1] != '$')) {
      const std::size_t close = text_.substr(0, line).find("}}", here);
      if (close != std::string_view::npos) {
        here = close + 2;
        continue;
      }
    }
    const bool follows_word =
        here > at && (in_name(text_[here - 1]) || text_[here - 1] == ')' || text_[here - 1] == ']');
    const bool shell_like = c == '{' && here > at && text_[here - 1] == '$';  // ${vars.name}: no mapping begins there
    // "Dear {name}" and "see [log]": where a text has begun, neither begins a list or a mapping.
    const bool in_text = here > at && blank_at(here - 1) && (is_value || !in_map);
    if (brackets && (c == '(' || (c == '[' && (!open.empty() || follows_word || in_text)) ||
                     (c == '{' && (!open.empty() || shell_like || in_text)))) {
      open += c == '(' ? ')' : c == '[' ? ']' : '}';
    } else if (!open.empty() && (c == ')' || c == ']' || c == '}')) {
      if (c != open.back()) return std::string_view::npos;
      open.pop_back();
    } else if (open.empty()) {
      if (c == ',' || c == ']' || c == '}') break;
      if (c == '#' && here > at && blank_at(here - 1)) break;
      question = question || text_.substr(here, 3) == " ? ";
      const bool colon =
          c == ':' && (blank_at(here + 1) || std::string_view(",]}").find(text_[here + 1]) != std::string_view::npos);
      if (colon && !question && !(in_map && is_value)) break;
    }
    ++here;
  }
  return open.empty() ? here : std::string_view::npos;
}

}  // namespace millrace
