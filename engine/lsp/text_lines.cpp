#include "lsp/text_lines.hpp"

#include <algorithm>

#include "yaml/source_lines.hpp"

namespace millrace::lsp {
namespace {

/// How many bytes the character that begins with this byte has; a stray byte is one of its own.
std::size_t bytes_of_character(char first) {
  const auto byte = static_cast<unsigned char>(first);
  return byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
}

std::size_t units_of_character(std::size_t bytes, Units units) {
  if (units == Units::utf8) return bytes;
  return bytes == 4 ? 2 : 1;
}

}  // namespace

TextLines::TextLines(std::string_view text) : text_(text), starts_{0}, of_findings_(line_starts(text)) {
  for (std::size_t at = text.find_first_of("\r\n"); at != std::string_view::npos;) {
    at += text[at] == '\r' && at + 1 < text.size() && text[at + 1] == '\n' ? 2 : 1;
    starts_.push_back(at);
    at = text.find_first_of("\r\n", at);
  }
}

std::size_t TextLines::begin_of(std::size_t line) const { return line < starts_.size() ? starts_[line] : text_.size(); }

std::size_t TextLines::line_of(std::size_t offset) const {
  const auto behind = std::upper_bound(starts_.begin(), starts_.end(), offset);
  return static_cast<std::size_t>(behind - starts_.begin()) - 1;
}

std::string_view TextLines::line(std::size_t number) const {
  if (number >= starts_.size()) return {};
  const std::string_view all = text_.substr(starts_[number], begin_of(number + 1) - starts_[number]);
  return all.substr(0, all.find_first_of("\r\n"));
}

Position TextLines::position(std::size_t offset, Units units) const {
  const std::size_t number = line_of(std::min(offset, text_.size()));
  const std::string_view text = line(number);
  const std::size_t wanted = std::min(offset - starts_[number], text.size());
  std::size_t counted = 0;
  for (std::size_t at = 0; at < wanted;) {
    const std::size_t bytes = std::min(bytes_of_character(text[at]), text.size() - at);
    if (at + bytes > wanted) break;
    counted += units_of_character(bytes, units);
    at += bytes;
  }
  return {number, counted};
}

std::size_t TextLines::offset(Position position, Units units) const {
  const std::string_view text = line(position.line);
  std::size_t at = 0, counted = 0;
  while (at < text.size()) {
    const std::size_t bytes = std::min(bytes_of_character(text[at]), text.size() - at);
    counted += units_of_character(bytes, units);
    if (counted > position.unit) break;
    at += bytes;
  }
  return begin_of(position.line) + at;
}

Range TextLines::range(const SourceMark& at) const {
  const auto bytes = bytes_of(text_, of_findings_, at);
  return bytes ? Range{bytes->begin, bytes->end} : Range{0, line(0).size()};
}

}  // namespace millrace::lsp
