#include "secret/forms.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/percent.hpp"
#include "base/text.hpp"
#include "base/unicode.hpp"
#include "secret/escapes.hpp"
#include "secret/readings.hpp"
#include "value/json.hpp"

namespace millrace {

namespace {

/// The characters of base64 that depend on `text` alone when `before` (0, 1 or 2) bytes of something else precede it
/// within a group of three, whatever follows.
std::string base64_core(std::string_view text, std::size_t before, std::string_view alphabet) {
  const std::string padded = std::string(before, '\0') + std::string(text);
  std::string core;
  const std::size_t first = (before * 8 + 5) / 6;  // the first character without a bit of what precedes
  const std::size_t last = padded.size() * 8 / 6;  // behind the last one without a bit of what follows
  for (std::size_t at = first; at < last; ++at) {
    unsigned sextet = 0;
    for (std::size_t bit = at * 6; bit < at * 6 + 6; ++bit) {
      const auto byte = static_cast<unsigned char>(padded[bit / 8]);
      sextet = sextet << 1 | (byte >> (7 - bit % 8) & 1u);
    }
    core += alphabet[sextet];
  }
  return core;
}

constexpr std::string_view base64_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view base64url_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::vector<std::string> base64_cores(std::string_view text, std::string_view alphabet) {
  std::vector<std::string> cores;
  for (std::size_t before = 0; before < 3; ++before) cores.push_back(base64_core(text, before, alphabet));
  return cores;
}

/// As programs write a text before they pack it: as it is, in an address, in JSON, and what an address says.
std::vector<std::string> written(std::string_view value) {
  std::vector<std::string> ways = {std::string(value), percent_encode(value)};
  std::string in_path = ways.back();
  for (std::size_t at = 0; (at = in_path.find("%2F", at)) != std::string::npos;) in_path.replace(at, 3, "/");
  ways.push_back(std::move(in_path));
  const std::string quoted = encode_json(Value(value));
  ways.push_back(quoted.substr(1, quoted.size() - 2));
  if (auto decoded = percent_decode(value)) ways.push_back(std::move(*decoded));
  std::sort(ways.begin(), ways.end());
  ways.erase(std::unique(ways.begin(), ways.end()), ways.end());
  return ways;
}

/// Where its carriers' escapes are undone, its own are, too, or not yet.
std::vector<std::string> carried(std::string text) {
  std::vector<std::string> ways;
  for (;;) {
    std::string plain = unescaped(text);
    ways.push_back(text);
    std::replace(text.begin(), text.end(), '+', ' ');
    const bool last = plain == text || plain == ways.back();
    if (text != ways.back()) ways.push_back(std::move(text));
    if (last) return ways;
    text = std::move(plain);
  }
}

/// In Latin-1; nothing where it has other letters, or only such that are the same there.
std::optional<std::string> in_latin_1(std::string_view value) {
  std::string narrow;
  for (std::size_t at = 0; at < value.size(); ++at) {
    const auto first = static_cast<unsigned char>(value[at]);
    if (first < 0x80) {
      narrow += value[at];
      continue;
    }
    const bool fits = (first == 0xC2 || first == 0xC3) && at + 1 < value.size();
    if (!fits) return std::nullopt;
    narrow += static_cast<char>((first & 3u) << 6 | (static_cast<unsigned char>(value[++at]) & 0x3Fu));
  }
  return narrow.size() < value.size() ? std::optional(std::move(narrow)) : std::nullopt;
}

/// 0x80 to 0x9F of Windows-1252, with which Latin-1 is often meant; what it leaves open is as in Latin-1.
constexpr std::array<char32_t, 32> windows_1252 = {0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                                   0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008D, 0x017D, 0x008F,
                                                   0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                   0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178};

/// As who reads each byte as a letter writes these letters: programs read headers so.
std::string letter_by_byte(std::string_view value, bool windows) {
  std::string wide;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    const bool other = windows && byte >= 0x80 && byte < 0xA0;
    char bytes[4];
    wide.append(bytes, put_utf8(other ? windows_1252[byte - 0x80u] : char32_t{byte}, bytes));
  }
  return wide;
}

std::string with_line_ends(std::string_view value, std::string_view end) {
  std::string lines;
  for (const char c : value) {
    if (c == '\n') lines += end;
    if (c != '\n' && c != '\r') lines += c;
  }
  return lines;
}

}  // namespace

std::vector<std::string> spellings_of(std::string_view value) {
  constexpr std::size_t shortest_in_small_letters = 8;  // shorter ones are words of many
  std::vector<std::string> all = {std::string(value), std::string(trim(value))};
  if (value.size() >= shortest_in_small_letters) all.push_back(lower(value));
  if (value.find('\n') != value.npos) {
    all.push_back(with_line_ends(value, "\r\n"));
    all.push_back(with_line_ends(value, "\n"));
  }
  if (auto narrow = in_latin_1(value)) all.push_back(std::move(*narrow));
  for (const bool windows : {false, true}) all.push_back(letter_by_byte(value, windows));
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

SecretForms forms_of(std::string_view value) {
  SecretForms forms = {carried(std::string(value)), {}, {}};
  const auto pack = [&forms](std::string_view text) {
    for (const std::string& core : base64_cores(text, base64_alphabet))
      forms.base64.push_back(base64_joined.read(core));
  };
  for (const std::string& way : written(value)) {
    pack(way);
    forms.hex.push_back(hex(way));
  }
  for (const std::string_view alphabet : {base64_alphabet, base64url_alphabet}) {
    for (const std::string& once : base64_cores(value, alphabet)) pack(once);
  }
  return forms;
}

}  // namespace millrace
