#include <algorithm>

#include "yaml/yaml.hpp"

namespace millrace {
namespace {

bool line_break(char c) noexcept { return c == '\n' || c == '\r'; }
bool blank(char c) noexcept { return c == ' ' || c == '\t'; }

/// Walks a scalar's text and its source side by side.
class Walk {
 public:
  Walk(std::string_view source, const Node& scalar) : source_(source), scalar_(scalar), at_(scalar.begin) {
    const bool quoted = scalar.style == Node::Style::single_quoted || scalar.style == Node::Style::double_quoted;
    if (quoted) ++at_;
    if (block()) begin_block();
  }

  std::size_t to(std::size_t offset) {
    while (offset_ < offset && offset_ < scalar_.text.size() && at_ < source_.size()) step();
    return at_;
  }

 private:
  bool block() const { return scalar_.style == Node::Style::literal || scalar_.style == Node::Style::folded; }
  char here() const { return at_ < source_.size() ? source_[at_] : '\n'; }

  void begin_block() {
    at_ = std::min(source_.find('\n', at_), source_.size() - 1) + 1;
    std::size_t first = at_;  // the first line that is not blank tells the indentation
    std::size_t line = at_;
    while (first < source_.size() && (blank(source_[first]) || line_break(source_[first]))) {
      if (source_[first] == '\n') line = first + 1;
      ++first;
    }
    indent_ = first - line - std::min(blanks_of_the_text(), first - line);
    skip_indent();
  }

  /// The blanks of that line which are a part of the text: with `|2` it is not told by the line alone.
  std::size_t blanks_of_the_text() const {
    const std::string_view text = scalar_.text;
    const std::size_t first = text.find_first_not_of(" \t\n");
    if (first == std::string_view::npos) return 0;
    return first - (text.rfind('\n', first) + 1);
  }

  void skip_indent() {
    for (std::size_t skipped = 0; skipped < indent_ && here() == ' '; ++skipped) ++at_;
  }

  void step() {
    const char wanted = scalar_.text[offset_];
    if (wanted == ' ' || wanted == '\n') {
      if (scalar_.style == Node::Style::literal) return step_literal();
      if (block() ? line_break(here()) : at_line_end()) return fold();
    }
    if (scalar_.style == Node::Style::double_quoted && here() == '\\') return escape();
    const bool doubled = scalar_.style == Node::Style::single_quoted && wanted == '\'';
    at_ += doubled ? 2 : 1;
    ++offset_;
  }

  void step_literal() {
    const bool next_line = scalar_.text[offset_++] == '\n';
    if (next_line && here() == '\r') ++at_;
    ++at_;
    if (next_line) skip_indent();
  }

  bool at_line_end() const {
    std::size_t end = at_;
    while (end < source_.size() && blank(source_[end])) ++end;
    return end >= source_.size() || line_break(source_[end]);
  }

  /// Line breaks became one blank, or one line break fewer than there were.
  void fold() {
    const bool blank_here = scalar_.text[offset_] == ' ';
    ++offset_;
    while (!blank_here && offset_ < scalar_.text.size() && scalar_.text[offset_] == '\n') ++offset_;
    while (at_ < source_.size() && (block() ? line_break(here()) : at_line_end())) {
      at_ = std::min(source_.find('\n', at_), source_.size() - 1) + 1;
      if (block()) skip_indent();  // what is left of a line of blanks is text
    }
    if (block()) return;
    while (at_ < source_.size() && blank(source_[at_])) ++at_;
  }

  void escape() {
    const char kind = at_ + 1 < source_.size() ? source_[at_ + 1] : ' ';
    if (line_break(kind)) {  // an escaped line break is nothing
      at_ = std::min(source_.find('\n', at_), source_.size() - 1) + 1;
      while (blank(here())) ++at_;
      return;
    }
    at_ += kind == 'x' ? 4 : kind == 'u' ? 6 : kind == 'U' ? 10 : 2;
    ++offset_;
    while (offset_ < scalar_.text.size() && (static_cast<unsigned char>(scalar_.text[offset_]) & 0xC0) == 0x80)
      ++offset_;
  }

  std::string_view source_;
  const Node& scalar_;
  std::size_t at_;
  std::size_t offset_ = 0;
  std::size_t indent_ = 0;
};

}  // namespace

std::size_t YamlDocument::source_offset(const Node& scalar, std::size_t offset) const {
  const bool quoted = scalar.style == Node::Style::single_quoted || scalar.style == Node::Style::double_quoted;
  const std::size_t begin = scalar.begin + (quoted ? 1 : 0);
  const std::string_view source = lines.text();
  if (source.substr(std::min(begin, source.size()), scalar.text.size()) == scalar.text) return begin + offset;
  return Walk(source, scalar).to(offset);
}

std::vector<std::size_t> YamlDocument::source_offsets(const Node& scalar, std::size_t begin, std::size_t end) const {
  Walk walk(lines.text(), scalar);
  std::vector<std::size_t> offsets;
  for (std::size_t at = begin; at < end; ++at) offsets.push_back(walk.to(at));
  return offsets;
}

}  // namespace millrace
