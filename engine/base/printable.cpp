#include "base/printable.hpp"

#include <algorithm>
#include <cstdio>
#include <iterator>

namespace millrace {

namespace {

struct Range {
  unsigned first, last;
};

/// Not the joiners (U+200C, U+200D), which letters and signs of several languages are written with. Direction:
/// https://www.unicode.org/reports/tr9. Tags have been used to hide text from people only.
constexpr Range steering[] = {{0x00, 0x1F},     {0x7F, 0x9F},     {0x061C, 0x061C},  {0x200B, 0x200B},
                              {0x200E, 0x200F}, {0x2028, 0x202E}, {0x2060, 0x2064},  {0x2066, 0x206F},
                              {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE007F}};

struct Character {
  unsigned point;
  std::size_t size;
};

/// The character at the beginning of `text`; a byte that is no UTF-8 for itself.
Character first_of(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned lead = byte(0);
  const std::size_t size = lead < 0xC2 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 1;
  if (size == 1 || size > text.size()) return {lead < 0x80 ? lead : 0xFFFD, 1};
  unsigned point = lead & (0xFFu >> (size + 1));
  for (std::size_t at = 1; at < size; ++at) {
    if ((byte(at) & 0xC0u) != 0x80u) return {0xFFFD, 1};
    point = point << 6 | (byte(at) & 0x3Fu);
  }
  return {point, size};
}

/// Nearly all of nearly every text.
bool is_plain(char c) noexcept { return c >= 0x20 && c < 0x7F; }

void spell(std::string& out, unsigned unit) {
  char spelled[8];
  std::snprintf(spelled, sizeof spelled, "\\u%04x", unit & 0xFFFFu);
  out += spelled;
}

}  // namespace

bool steers(unsigned code_point) noexcept {
  return std::any_of(std::begin(steering), std::end(steering),
                     [&](const Range& range) { return code_point >= range.first && code_point <= range.last; });
}

std::string printable(std::string_view text, bool lines) {
  std::string shown;
  shown.reserve(text.size());
  while (true) {
    const auto plain = std::find_if_not(text.begin(), text.end(), is_plain) - text.begin();
    shown += text.substr(0, static_cast<std::size_t>(plain));
    text.remove_prefix(static_cast<std::size_t>(plain));
    if (text.empty()) return shown;
    const auto [point, size] = first_of(text);
    if (!steers(point) || (lines && (point == '\n' || point == '\t'))) {
      shown += text.substr(0, size);
    } else if (point == '\n') {
      shown += "\\n";
    } else if (point > 0xFFFF) {
      spell(shown, 0xD800 + ((point - 0x10000) >> 10));
      spell(shown, 0xDC00 + ((point - 0x10000) & 0x3FF));
    } else {
      spell(shown, point);
    }
    text.remove_prefix(size);
  }
}

std::string printable_below(std::string_view text, std::string_view margin) {
  std::string shown = printable(text, true);
  for (std::size_t at = shown.find('\n'); at != std::string::npos; at = shown.find('\n', at + 1))
    shown.insert(at + 1, margin);
  return shown;
}

}  // namespace millrace
