#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

// What carries a text writes some of its characters differently: percent signs in addresses, the escapes of JSON, the
// entities of HTML, and which characters these are differs from program to program. So they are undone, whichever they
// are, all kinds at once.

/// The text with its escapes undone once, in UTF-8. A "+" is a space, as in forms, whether it is one or not.
std::string unescaped(std::string_view text);

/// Whether undoing them makes a difference.
bool has_escapes(std::string_view text) noexcept;

/// A part of a text.
struct Span {
  std::size_t begin = 0, end = 0;
};

/// Where in `text` the parts of `unescaped(text)` stand. `parts` are in their order and do not overlap.
void find_back(std::string_view text, std::vector<Span>& parts);

}  // namespace millrace
