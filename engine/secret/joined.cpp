#include <array>

#include "secret/needles.hpp"
#include "secret/readings.hpp"

namespace millrace {

namespace {

constexpr char left_out = '\0', stranger = '.';

/// What each byte becomes.
using Letters = std::array<char, 256>;

constexpr std::string_view digits = "0123456789";
constexpr std::string_view small = "abcdefghijklmnopqrstuvwxyz", large = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

constexpr void keep(Letters& letters, std::string_view all, std::string_view as) {
  for (std::size_t i = 0; i < all.size(); ++i) letters[static_cast<unsigned char>(all[i])] = as[i];
}

constexpr Letters leaving_out(std::string_view all) {
  Letters letters = {};
  letters.fill(stranger);
  for (const char c : all) letters[static_cast<unsigned char>(c)] = left_out;
  return letters;
}

constexpr Letters letters_of_base64 = [] {
  Letters letters = leaving_out(" \t\r\n+-");
  for (const std::string_view all : {digits, small, large, std::string_view("/")}) keep(letters, all, all);
  keep(letters, "_", "/");
  return letters;
}();

constexpr Letters letters_of_hex = [] {
  constexpr std::size_t count = 6;
  Letters letters = leaving_out(" \t\r\n:-");
  keep(letters, digits, digits);
  keep(letters, small.substr(0, count), small);
  keep(letters, large.substr(0, count), small);
  return letters;
}();

template <const Letters& letters>
char letter_of(char c) noexcept {
  return letters[static_cast<unsigned char>(c)];
}

/// The next part of the text, from `at` on, that holds no stranger and is long enough for a secret. Where strangers are
/// many, most bytes are passed over.
template <const Letters& letters, std::size_t least>
Span next_run(std::string_view text, std::size_t at) noexcept {
  while (at + least <= text.size()) {
    std::size_t begin = at + least;
    while (begin > at && letter_of<letters>(text[begin - 1]) != stranger) --begin;
    if (begin > at) {
      at = begin;
      continue;
    }
    std::size_t end = at + least;
    while (end < text.size() && letter_of<letters>(text[end]) != stranger) ++end;
    return {at, end};
  }
  return {text.size(), text.size()};
}

/// The runs, with a stranger between two.
template <const Letters& letters, std::size_t least>
std::string join_letters(std::string_view text) {
  std::string joined;
  for (Span run = next_run<letters, least>(text, 0); run.begin < text.size();
       run = next_run<letters, least>(text, run.end)) {
    if (!joined.empty()) joined += stranger;
    std::size_t count = joined.size();
    joined.resize(count + run.end - run.begin);
    for (const char c : text.substr(run.begin, run.end - run.begin)) {
      const char letter = letter_of<letters>(c);
      joined[count] = letter;
      count += letter != left_out ? 1 : 0;
    }
    joined.resize(count);
  }
  return joined;
}

template <const Letters& letters, std::size_t least>
void find_letters_back(std::string_view text, std::vector<Span>& parts) {
  std::size_t part = 0, count = 0;
  std::size_t begin = 0;
  for (Span run = next_run<letters, least>(text, 0); run.begin < text.size() && part < parts.size();
       run = next_run<letters, least>(text, run.end)) {
    if (count > 0) ++count;  // the stranger
    for (std::size_t at = run.begin; at < run.end && part < parts.size(); ++at) {
      if (letter_of<letters>(text[at]) == left_out) continue;
      const std::size_t letter = count++;
      if (letter == parts[part].begin) begin = at;
      if (letter + 1 == parts[part].end) parts[part++] = {begin, at + 1};
    }
  }
}

template <const Letters& letters, std::size_t least>
constexpr TextReading joined = {[](std::string_view) { return true; }, join_letters<letters, least>,
                                find_letters_back<letters, least>};

}  // namespace

const TextReading base64_joined = joined<letters_of_base64, Needles::shortest>;
const TextReading hex_joined = joined<letters_of_hex, 2 * Needles::shortest>;

}  // namespace millrace
