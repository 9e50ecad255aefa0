#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// The word of `known` that `word` was probably meant to be: the nearest by edits (swaps count once), if near enough.
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& known);

/// ", did you mean "x"?" or nothing: to be appended to a message that ends in the wrong word.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& known);

std::vector<std::string> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string listed(const std::vector<std::string>& items);  ///< "a, b and c"
std::string_view trim(std::string_view text) noexcept;
std::string lower(std::string_view text);  ///< ASCII only

/// The bytes of the character in UTF-8 that `text` begins with; 0 where it begins with none. REQUIRES: `text` is not
/// empty.
std::size_t utf8_size(std::string_view text) noexcept;

/// True when `text` is well-formed UTF-8 (no surrogates, no overlong forms).
bool valid_utf8(std::string_view text) noexcept;

/// The text in UTF-8: U+FFFD in place of each byte, with those that go on from it, that is none.
std::string mended_utf8(std::string_view text);

/// The number of code points in well-formed UTF-8.
std::size_t length_in_characters(std::string_view text) noexcept;

/// The byte offset of the nth character, or text.size() where there are fewer.
std::size_t offset_of_character(std::string_view text, std::size_t nth) noexcept;

/// The beginning of `text`, at most `bytes` of it and whole characters only, with "..." where something is left out.
std::string shortened(std::string_view text, std::size_t bytes);

std::string hex(std::string_view bytes);  ///< two small digits a byte
int hex_digit(char digit) noexcept;       ///< its value; -1: it is none

/// `text` with a sign on either side: "[vip]", "'vip'". (GCC 12 warns without cause where a literal is added in front
/// of a temporary string.)
inline std::string between(char left, std::string_view text, char right) {
  std::string result(1, left);
  result += text;
  result += right;
  return result;
}

/// "1 change", "2 changes".
std::string counted(std::size_t count, std::string_view noun);

}  // namespace millrace
