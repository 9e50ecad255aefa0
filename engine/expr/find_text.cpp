#include "expr/find_text.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

namespace millrace {

std::size_t find_text(std::string_view text, std::string_view part, std::size_t from) noexcept {
  if (from > text.size()) return std::string_view::npos;
  if (part.empty()) return from;
  const void* found = ::memmem(text.data() + from, text.size() - from, part.data(), part.size());
  return found == nullptr ? std::string_view::npos
                          : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

std::size_t find_text_last(std::string_view text, std::string_view part, std::size_t until) {
  if (part.size() > text.size()) return std::string_view::npos;
  until = std::min(until, text.size() - part.size());
  if (part.empty()) return until;
  // From the end to the beginning by Knuth, Morris and Pratt: `back[n]` is how much of the part's end is known to stand
  // there still when the letter behind its last `n` does not fit.
  const auto letter = [part](std::size_t from_end) { return part[part.size() - 1 - from_end]; };
  std::vector<std::size_t> back(part.size() + 1, 0);
  for (std::size_t at = 1, known = 0; at < part.size(); ++at) {
    while (known > 0 && letter(at) != letter(known)) known = back[known];
    if (letter(at) == letter(known)) ++known;
    back[at + 1] = known;
  }
  std::size_t known = 0;
  for (std::size_t at = until + part.size(); at-- > 0;) {
    while (known > 0 && text[at] != letter(known)) known = back[known];
    if (text[at] == letter(known)) ++known;
    if (known == part.size()) return at;
  }
  return std::string_view::npos;
}

}  // namespace millrace
