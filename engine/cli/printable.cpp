#include "cli/printable.hpp"

#include <cstdio>

namespace millrace {

namespace {

/// The character that begins at `at` in valid UTF-8, if it is one of those that are spelled out: below 0x20, 0x7F to
/// 0x9F, and the marks that turn the direction of text. 0xFFFF for every other.
unsigned steering(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t offset) {
    return at + offset < text.size() ? static_cast<unsigned char>(text[at + offset]) : 0u;
  };
  if (byte(0) < 0x20 || byte(0) == 0x7F) return byte(0);
  if (byte(0) == 0xC2 && byte(1) >= 0x80 && byte(1) < 0xA0) return byte(1);
  if (byte(0) == 0xE2 && byte(1) == 0x80 && byte(2) >= 0xAA && byte(2) <= 0xAE) return 0x2000u + byte(2) - 0x80u;
  if (byte(0) == 0xE2 && byte(1) == 0x81 && byte(2) >= 0xA6 && byte(2) <= 0xA9) return 0x2040u + byte(2) - 0x80u;
  return 0xFFFF;
}

}  // namespace

std::string printable(std::string_view text, bool lines) {
  std::string shown;
  shown.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const unsigned letter = steering(text, at);
    if (letter == 0xFFFF || (lines && (letter == '\n' || letter == '\t'))) {
      shown += text[at++];
      continue;
    }
    char spelled[8];
    std::snprintf(spelled, sizeof spelled, "\\u%04x", letter);
    shown += spelled;
    at += letter < 0x80 ? 1 : letter < 0x800 ? 2 : 3;
  }
  return shown;
}

}  // namespace millrace
