#include <array>

#include "secret/readings.hpp"

namespace millrace {

namespace {

constexpr char left_out = '\0';

/// What each byte becomes.
using Letters = std::array<char, 256>;

constexpr Letters letters_of_base64 = [] {
  Letters letters = {};
  for (std::size_t c = 1; c < letters.size(); ++c) letters[c] = static_cast<char>(c);
  for (const char c : std::string_view(" \t\r\n+-")) letters[static_cast<unsigned char>(c)] = left_out;
  letters['_'] = '/';
  return letters;
}();

constexpr Letters letters_of_hex = [] {
  constexpr std::string_view small = "0123456789abcdef", large = "0123456789ABCDEF";
  Letters letters = {};
  letters.fill('.');
  for (const char c : std::string_view(" \t\r\n:-")) letters[static_cast<unsigned char>(c)] = left_out;
  for (std::size_t i = 0; i < small.size(); ++i)
    letters[static_cast<unsigned char>(small[i])] = letters[static_cast<unsigned char>(large[i])] = small[i];
  return letters;
}();

template <const Letters& letters>
std::string join_letters(std::string_view text) {
  std::string joined(text.size(), '\0');
  std::size_t count = 0;
  for (const char c : text) {
    const char letter = letters[static_cast<unsigned char>(c)];
    joined[count] = letter;
    count += letter != left_out ? 1 : 0;
  }
  joined.resize(count);
  return joined;
}

template <const Letters& letters>
void find_letters_back(std::string_view text, std::vector<Span>& parts) {
  std::size_t part = 0, count = 0;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size() && part < parts.size(); ++at) {
    if (letters[static_cast<unsigned char>(text[at])] == left_out) continue;
    const std::size_t letter = count++;
    if (letter == parts[part].begin) begin = at;
    if (letter + 1 == parts[part].end) parts[part++] = {begin, at + 1};
  }
}

}  // namespace

const TextReading base64_joined = {join_letters<letters_of_base64>, find_letters_back<letters_of_base64>};
const TextReading hex_joined = {join_letters<letters_of_hex>, find_letters_back<letters_of_hex>};

}  // namespace millrace
