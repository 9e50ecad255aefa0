#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// A part of a text.
struct Span {
  std::size_t begin = 0, end = 0;
};

/// What a text says to whoever undoes in one way what carries it, and where in the text that stands. Each takes time in
/// proportion to the text.
struct TextReading {
  /// Whether it may say anything but what stands there.
  bool (*undoes_any)(std::string_view text);
  std::string (*read)(std::string_view text);
  /// Where in `text` the parts of what is read stand. `parts` are in their order and do not overlap.
  void (*find_back)(std::string_view text, std::vector<Span>& parts);
};

/// The escapes of programs undone once; see `unescaped`.
extern const TextReading escapes_undone;
/// Those of mail undone (quoted-printable), whose "=74" and "=" at a line's end say something else to others.
extern const TextReading mail_undone;
/// As base64 is compared: lines are joined, "_" is "/", and "+", "-" and blanks, which carriers exchange, are left out.
/// What is too short for a secret is left out, too.
extern const TextReading base64_joined;
/// As hexadecimal digits are compared: in small letters, and without what stands between bytes: blanks, ":" and "-".
/// What is no such digit, and too few of them, is left out, too.
extern const TextReading hex_joined;

}  // namespace millrace
