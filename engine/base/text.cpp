#include "base/text.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>

namespace millrace {
namespace {

constexpr std::size_t longest_word_to_compare = 100;

char lower_letter(char letter) noexcept {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

/// Edits from one word to the other: insert, delete, replace, or swap two neighbours. Case does not count.
std::size_t edits_between(std::string_view from, std::string_view to) {
  std::vector<std::size_t> before(to.size() + 1);
  std::vector<std::size_t> above(to.size() + 1);
  std::vector<std::size_t> row(to.size() + 1);
  for (std::size_t j = 0; j <= to.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= from.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const bool same = lower_letter(from[i - 1]) == lower_letter(to[j - 1]);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0u : 1u)});
      const bool swapped = i > 1 && j > 1 && lower_letter(from[i - 1]) == lower_letter(to[j - 2]) &&
                           lower_letter(from[i - 2]) == lower_letter(to[j - 1]);
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above[to.size()];
}

bool starts_character(char byte) noexcept { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }

bool blank(char letter) noexcept { return letter == ' ' || letter == '\t' || letter == '\n' || letter == '\r'; }

}  // namespace

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& known) {
  if (word.empty() || word.size() > longest_word_to_compare) return std::nullopt;
  // A third of the letters may be wrong; of two letters only their case, or every short word would be like every other.
  const std::size_t allowed = word.size() < 3 ? 0 : std::max<std::size_t>(1, word.size() / 3);
  std::optional<std::string> found;
  bool tied = false;
  std::size_t fewest = std::numeric_limits<std::size_t>::max();
  for (const std::string& candidate : known) {
    const std::size_t difference =
        candidate.size() > word.size() ? candidate.size() - word.size() : word.size() - candidate.size();
    if (difference > allowed) continue;
    const std::size_t edits = edits_between(word, candidate);
    const bool begins_alike = found && candidate[0] == word[0] && (*found)[0] != word[0];
    if (edits > allowed || edits > fewest) continue;
    if (edits == fewest && !begins_alike) {
      const bool as_good = candidate != *found && (candidate[0] == word[0] || (*found)[0] != word[0]);
      tied = tied || as_good;
      continue;
    }
    tied = false;
    fewest = edits;
    found = candidate;
  }
  return tied ? std::nullopt : found;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known) {
  const auto found = nearest(word, known);
  return found ? ", did you mean \"" + *found + "\"?" : std::string();
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string joined;
  for (const std::string& part : parts) {
    if (&part != &parts.front()) joined += separator;
    joined += part;
  }
  return joined;
}

std::string listed(const std::vector<std::string>& items) {
  std::string text;
  for (std::size_t i = 0; i < items.size(); ++i)
    text += (i == 0 ? "" : i + 1 == items.size() ? " and " : ", ") + items[i];
  return text;
}

std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string lower(std::string_view text) {
  std::string lowered(text);
  std::transform(lowered.begin(), lowered.end(), lowered.begin(), lower_letter);
  return lowered;
}

std::size_t utf8_size(std::string_view text) noexcept {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const auto within = [&](std::size_t at, unsigned low, unsigned high) {
    return at < text.size() && byte(at) >= low && byte(at) <= high;
  };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return within(1, 0x80, 0xBF) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const unsigned low = first == 0xE0 ? 0xA0 : 0x80;   // not overlong
    const unsigned high = first == 0xED ? 0x9F : 0xBF;  // not a surrogate
    return within(1, low, high) && within(2, 0x80, 0xBF) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const unsigned low = first == 0xF0 ? 0x90 : 0x80;   // not overlong
    const unsigned high = first == 0xF4 ? 0x8F : 0xBF;  // not above U+10FFFF
    return within(1, low, high) && within(2, 0x80, 0xBF) && within(3, 0x80, 0xBF) ? 4 : 0;
  }
  return 0;
}

bool valid_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    std::uint64_t eight = 0;
    while (text.size() >= sizeof eight) {  // most text is ASCII: eight bytes at a time
      std::memcpy(&eight, text.data(), sizeof eight);
      if ((eight & 0x8080808080808080u) != 0) break;
      text.remove_prefix(sizeof eight);
    }
    if (text.empty()) return true;
    const std::size_t length = utf8_size(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string mended_utf8(std::string_view text) {
  std::string mended;
  mended.reserve(text.size() + 64);
  for (std::size_t at = 0; at < text.size();) {
    if (const std::size_t length = utf8_size(text.substr(at)); length > 0) {
      mended += text.substr(at, length);
      at += length;
      continue;
    }
    mended += "\uFFFD";
    for (++at; at < text.size() && !starts_character(text[at]);) ++at;
  }
  return mended;
}

std::size_t length_in_characters(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), starts_character));
}

std::size_t offset_of_character(std::string_view text, std::size_t nth) noexcept {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!starts_character(text[at])) continue;
    if (nth == 0) return at;
    --nth;
  }
  return text.size();
}

std::string shortened(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return std::string(text);
  std::size_t end = bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "...";
}

std::string hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string shown(bytes.size() * 2, '\0');
  auto at = shown.begin();
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    *at++ = digits[value >> 4U];
    *at++ = digits[value & 15U];
  }
  return shown;
}

int hex_digit(char digit) noexcept {
  if (digit >= '0' && digit <= '9') return digit - '0';
  const int small = digit | 0x20;
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

std::string counted(std::size_t count, std::string_view noun) {
  std::string text = std::to_string(count) + " " + std::string(noun);
  if (count == 1 || noun.empty()) return text;
  const auto ends_with = [&](std::string_view end) { return noun.ends_with(end); };
  const bool vowel_before_y =
      noun.size() > 1 && std::string_view("aeiou").find(noun[noun.size() - 2]) != std::string_view::npos;
  if (ends_with("y") && !vowel_before_y) {
    text.back() = 'i';
    return text + "es";
  }
  const bool hisses = ends_with("s") || ends_with("x") || ends_with("ch") || ends_with("sh");
  return text + (hisses ? "es" : "s");
}

}  // namespace millrace
