#include "base/error.hpp"

#include <algorithm>
#include <array>

#include "base/printable.hpp"
#include "base/text.hpp"

namespace millrace {
namespace {

constexpr std::size_t widest_quote = 110;         // a longer line is cut around the caret
constexpr std::size_t kept_before_caret = 50;     // of a line that is cut
constexpr std::size_t longest_beside_caret = 40;  // a longer suggestion is only shown in its line
constexpr std::size_t narrowest_gutter = 5;

/// Line `number` without its end, or nothing where the text has fewer lines.
std::optional<std::string_view> line_of(const SourceText& source, int number) {
  std::string_view rest = source.text;
  if (number < 1) return std::nullopt;
  for (int line = 1; line < number; ++line) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(end + 1);
  }
  std::string_view line = rest.substr(0, rest.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::optional<std::string_view> line_of(const SourceMark& mark) {
  return mark.source ? line_of(*mark.source, mark.line) : std::nullopt;
}

/// The bytes of one character at the front: what is not UTF-8 counts as one character a byte.
std::size_t character_size(std::string_view text) {
  std::size_t size = 1;
  while (size < text.size() && size < 4 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) ++size;
  return size;
}

unsigned code_point(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return first;
  unsigned point = first & (0x7Fu >> character.size());
  for (const char byte : character.substr(1)) point = point << 6 | (static_cast<unsigned char>(byte) & 0x3Fu);
  return point;
}

/// How many columns a terminal gives the character.
std::size_t columns_of(std::string_view character) {
  struct Range {
    unsigned first, last;
  };
  static constexpr std::array<Range, 4> without = {
      {{0x300, 0x36F}, {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}}};
  static constexpr std::array<Range, 7> doubled = {{{0x1100, 0x115F},
                                                    {0x2E80, 0xA4CF},
                                                    {0xAC00, 0xD7A3},
                                                    {0xF900, 0xFAFF},
                                                    {0xFE30, 0xFE6F},
                                                    {0xFF00, 0xFF60},
                                                    {0x1F300, 0x3FFFD}}};
  const unsigned point = code_point(character);
  const auto holds = [&](const Range& range) { return point >= range.first && point <= range.last; };
  if (std::any_of(without.begin(), without.end(), holds)) return 0;
  return std::any_of(doubled.begin(), doubled.end(), holds) ? 2 : 1;
}

bool may_be_shown(std::string_view character) {
  return character == "\t" || (!steers(code_point(character)) && valid_utf8(character));
}

/// The text as it may be shown, column for column.
std::string shown(std::string_view text) {
  std::string safe;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view character = text.substr(at, character_size(text.substr(at)));
    safe += may_be_shown(character) ? character : std::string_view("\uFFFD");
    at += character.size();
  }
  return safe;
}

/// As much white space as the text takes, tabs kept, so that what follows stands below the right character.
std::string space_below(std::string_view text) {
  std::string space;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view character = text.substr(at, character_size(text.substr(at)));
    if (character == "\t") {
      space += '\t';
    } else {
      space.append(columns_of(character), ' ');
    }
    at += character.size();
  }
  return space;
}

std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = character_size(text.substr(at));
    width += columns_of(text.substr(at, size));
    at += size;
  }
  return width;
}

/// The part of a line that is shown: all of it, unless it is very long.
struct Window {
  std::size_t first = 0;  // characters of the line left out at its start

  static Window around(std::size_t column, std::size_t length_of_line) {
    if (length_of_line <= widest_quote || column <= kept_before_caret) return {};
    return {column - kept_before_caret};
  }
  std::string_view begin() const { return first > 0 ? "..." : ""; }
  std::string cut(std::string_view line) const {
    line.remove_prefix(offset_of_character(line, first));
    const std::size_t end = offset_of_character(line, widest_quote);
    return std::string(begin()) + shown(line.substr(0, end)) + (end < line.size() ? "..." : "");
  }
};

std::string corrected(std::string_view line, const SourceMark& mark, std::string_view suggestion) {
  const std::size_t start = offset_of_character(line, static_cast<std::size_t>(std::max(mark.column, 1) - 1));
  const std::string_view behind = line.substr(start);
  const std::size_t replaced = offset_of_character(behind, static_cast<std::size_t>(std::max(mark.length, 0)));
  return std::string(line.substr(0, start)) + std::string(suggestion) + std::string(behind.substr(replaced));
}

/// The quoted line, the caret below it, and the line as it should be.
std::string quote(const SourceMark& mark, const std::optional<std::string>& suggestion) {
  const auto line = line_of(mark);
  if (!line || mark.column < 1) return {};
  const auto column = static_cast<std::size_t>(mark.column - 1);
  const Window window = Window::around(column, length_in_characters(*line));
  std::string number = std::to_string(mark.line);
  if (number.size() < narrowest_gutter) number.insert(0, narrowest_gutter - number.size(), ' ');
  const std::string gutter(number.size(), ' ');

  const std::string_view visible = line->substr(offset_of_character(*line, window.first));
  const std::size_t start = offset_of_character(visible, column - window.first);
  const std::string_view behind = visible.substr(start);
  const auto marked = std::min(static_cast<std::size_t>(std::max(mark.length, 1)), widest_quote - kept_before_caret);
  const std::size_t carets = width_of(behind.substr(0, offset_of_character(behind, marked)));

  std::string text = "\n" + number + " | " + window.cut(*line);
  text += "\n" + gutter + " | " + std::string(window.begin().size(), ' ') + space_below(visible.substr(0, start)) +
          std::string(std::max<std::size_t>(carets, 1), '^');
  if (!suggestion) return text;
  const bool short_enough =
      length_in_characters(*suggestion) <= longest_beside_caret && suggestion->find('\n') == std::string::npos;
  if (short_enough && !suggestion->empty()) text += " " + shown(*suggestion);
  std::string margin = std::string(gutter.size() - 3, ' ') + "fix";
  for (const std::string& fixed : split(corrected(*line, mark, *suggestion), '\n')) {
    text += "\n" + margin + " | " + window.cut(fixed);
    margin = gutter;
  }
  return text;
}

/// "file:7:15: ", as far as it is known.
std::string place(const SourceMark& mark) {
  if (!mark.source) return {};
  std::string text = shown(mark.source->name) + ":";
  if (mark.line > 0) text += std::to_string(mark.line) + ":";
  if (mark.line > 0 && mark.column > 0) text += std::to_string(mark.column) + ":";
  return text + " ";
}

/// Like `shown`, and on one line, whatever is quoted in it: nobody can forge a second one.
std::string shown_message(std::string_view message) {
  std::vector<std::string> lines = split(message, '\n');
  for (std::string& line : lines) line = shown(line);
  return join(lines, "\\n");
}

}  // namespace

std::string_view name_of(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::invalid:
      return "invalid";
    case ErrorCode::not_found:
      return "not_found";
    case ErrorCode::conflict:
      return "conflict";
    case ErrorCode::denied:
      return "denied";
    case ErrorCode::timeout:
      return "timeout";
    case ErrorCode::cancelled:
      return "cancelled";
    case ErrorCode::unavailable:
      return "unavailable";
    case ErrorCode::limited:
      return "limited";
    case ErrorCode::unsure:
      return "unsure";
    case ErrorCode::internal:
      return "internal";
    case ErrorCode::unconnected:
      return "unconnected";
  }
  return "internal";
}

std::optional<ErrorCode> code_named(std::string_view name) noexcept {
  for (int number = 0; number <= static_cast<int>(ErrorCode::unconnected); ++number) {
    const auto code = static_cast<ErrorCode>(number);
    if (name_of(code) == name) return code;
  }
  return std::nullopt;
}

std::string_view name_of(Severity severity) noexcept {
  switch (severity) {
    case Severity::error:
      return "error";
    case Severity::warning:
      return "warning";
    case Severity::hint:
      return "hint";
  }
  return "error";
}

Error Error::within(std::string_view place) const { return {code, std::string(place) + ": " + message, at}; }

std::optional<std::string> Finding::corrected_line() const {
  const auto line = line_of(at);
  if (!suggestion || !line) return std::nullopt;
  return corrected(*line, at, *suggestion);
}

std::string render(const Finding& finding) {
  std::string text = place(finding.at) + std::string(name_of(finding.severity)) + ": " + shown_message(finding.message);
  if (!finding.rule.empty()) text += " [" + finding.rule + "]";
  return text + quote(finding.at, finding.suggestion);
}

std::string render(const Error& error) {
  const std::string text = "error: " + shown_message(error.message);
  return error.at ? place(*error.at) + text + quote(*error.at, std::nullopt) : text;
}

}  // namespace millrace
