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

/// What a text says to whoever undoes in one way what carries it, and where in the text that stands. Both take time in
/// proportion to the text.
struct TextReading {
  std::string (*read)(std::string_view text);
  /// Where in `text` the parts of what is read stand. `parts` are in their order and do not overlap.
  void (*find_back)(std::string_view text, std::vector<Span>& parts);
};

/// The escapes of programs undone once; see `unescaped`.
extern const TextReading escapes_undone;
/// Those of mail undone (quoted-printable), whose "=74" and "=" at a line's end say something else to others.
extern const TextReading mail_undone;
/// As base64 is compared: lines are joined, "_" is "/", and "+", "-" and blanks, which carriers exchange, are left out.
extern const TextReading base64_joined;
/// As hexadecimal digits are compared: in small letters, and without what stands between bytes: blanks, ":" and "-".
extern const TextReading hex_joined;

}  // namespace millrace
