#include "expr/template.hpp"

namespace millrace {

namespace {

/// Where a quoted text that begins at `at` ends (behind the closing quote); npos where it does not.
std::size_t end_of_quoted(std::string_view text, std::size_t at) {
  const bool raw = at > 0 && (text[at - 1] == 'r' || text[at - 1] == 'R');
  const std::string triple(3, text[at]);
  const std::size_t width = text.substr(at, 3) == triple ? 3 : 1;
  const std::string_view closing = std::string_view(triple).substr(0, width);
  for (std::size_t end = at + width; end < text.size(); ++end) {
    if (text.substr(end, width) == closing) return end + width;
    if (width == 1 && text[end] == '\n') break;
    if (text[end] == '\\' && !raw) ++end;
  }
  return std::string_view::npos;
}

/// Where the expression that begins at `at` ends: the offset of its "}}"; npos where it is not closed.
std::size_t end_of_expression(std::string_view text, std::size_t at) {
  int braces = 0;
  for (const std::size_t begin = at; at < text.size();) {
    const char c = text[at];
    if (c == '"' || c == '\'') {
      const std::size_t end = end_of_quoted(text, at);
      // A quote that is never closed is the expression's own mistake: it ends at the next braces, and its parser
      // complains.
      if (end == std::string_view::npos) return text.find("}}", begin);
      at = end;
      continue;
    }
    if (c == '{') ++braces;
    if (c == '}' && braces == 0) return text.substr(at, 2) == "}}" ? at : text.find("}}", at);
    if (c == '}') --braces;
    ++at;
  }
  return text.find("}}", at);
}

}  // namespace

Holes find_holes(std::string_view text) {
  constexpr std::string_view opening = "${{";
  Holes found;
  for (std::size_t begin = text.find(opening); begin != std::string_view::npos;) {
    const std::size_t close = end_of_expression(text, begin + opening.size());
    if (close == std::string_view::npos) {
      found.unclosed = begin;
      break;
    }
    Hole hole{begin, close + 2, begin + opening.size(), close};
    const auto blank = [&](std::size_t at) {
      return std::string_view(" \t\r\n").find(text[at]) != std::string_view::npos;
    };
    while (hole.inner < hole.inner_end && blank(hole.inner)) ++hole.inner;
    while (hole.inner_end > hole.inner && blank(hole.inner_end - 1)) --hole.inner_end;
    found.holes.push_back(hole);
    begin = text.find(opening, hole.end);
  }
  return found;
}

}  // namespace millrace
