#pragma once

#include <string>
#include <string_view>

namespace millrace::job {

/// The small letter of a capital in Latin-1, Greek or Cyrillic; other characters as they are.
constexpr char32_t small(char32_t letter) noexcept {
  const auto within = [letter](char32_t first, char32_t last) { return letter >= first && letter <= last; };
  if (within(U'A', U'Z') || (within(0xC0, 0xDE) && letter != 0xD7) || within(0x391, 0x3A9) || within(0x410, 0x42F)) {
    return letter + 32;
  }
  if (within(0x400, 0x40F)) return letter + 80;
  // Latin Extended-A: capitals and small letters take turns, beginning with an even or with an odd number.
  if ((within(0x100, 0x137) || within(0x14A, 0x177)) && letter % 2 == 0) return letter + 1;
  if ((within(0x139, 0x148) || within(0x179, 0x17E)) && letter % 2 == 1) return letter + 1;
  return letter;
}

/// The characters of valid UTF-8, capitals made small.
inline std::u32string small(std::string_view text) {
  std::u32string letters;
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    if ((byte & 0xC0) != 0x80) {
      const unsigned char mask = byte < 0x80 ? 0x7F : byte < 0xE0 ? 0x1F : byte < 0xF0 ? 0x0F : 0x07;
      letters += static_cast<char32_t>(byte & mask);
    } else if (!letters.empty()) {
      letters.back() = letters.back() << 6 | (byte & 0x3Fu);
    }
  }
  for (char32_t& letter : letters) letter = small(letter);
  return letters;
}

/// Whether two tags have the same name for a person: capitals do not count.
inline bool same_name(std::string_view left, std::string_view right) { return small(left) == small(right); }

}  // namespace millrace::job
