#include "secret/escapes.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/unicode.hpp"

namespace millrace {

namespace {

/// One character as it is written: an escape, or a byte that stands for itself.
struct Unit {
  std::size_t length = 1;  ///< as written
  std::array<char, 4> bytes = {};
  std::size_t count = 1;
};

Unit byte(std::size_t length, char c) { return {length, {c}, 1}; }

Unit character(std::size_t length, std::uint32_t code) {
  Unit unit;
  unit.length = length;
  unit.count = put_utf8(code, unit.bytes.data());
  return unit;
}

/// All of the text as a number below that of Unicode's end.
std::optional<std::uint32_t> number_in(std::string_view text, int base) {
  std::uint32_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  const bool whole = failed == std::errc() && end == text.data() + text.size() && !text.empty();
  return whole && number < 0x110000 ? std::optional(number) : std::nullopt;
}

/// So many hexadecimal digits behind `skipped` letters.
std::optional<std::uint32_t> digits_in(std::string_view text, std::size_t skipped, std::size_t count) {
  return text.size() < skipped + count ? std::nullopt : number_in(text.substr(skipped, count), 16);
}

/// "\u00e9", "%u00e9": a unit of UTF-16, or two of them; `text` begins with it.
std::optional<Unit> wide_unit(std::string_view text) {
  constexpr std::size_t length = 6;
  const auto first = digits_in(text, 2, 4);
  if (!first) return std::nullopt;
  const bool pair = *first >= 0xD800 && *first < 0xDC00 && text.substr(length, 2) == text.substr(0, 2);
  const auto second = pair ? digits_in(text, length + 2, 4) : std::nullopt;
  if (!second || *second < 0xDC00 || *second > 0xDFFF) return character(length, *first);
  return character(2 * length, 0x10000 + ((*first - 0xD800) << 10) + (*second - 0xDC00));
}

std::optional<Unit> percent_unit(std::string_view text) {
  if (text.starts_with("%u") || text.starts_with("%U")) return wide_unit(text);
  const auto code = digits_in(text, 1, 2);
  return code ? std::optional(byte(3, static_cast<char>(*code))) : std::nullopt;
}

std::optional<Unit> backslash_unit(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  if (text[1] == 'u') return wide_unit(text);
  if (const auto code = text[1] == 'x' ? digits_in(text, 2, 2) : std::nullopt) return byte(4, static_cast<char>(*code));
  constexpr std::string_view names = "bfnrt\"\\/'", stand_for = "\b\f\n\r\t\"\\/'";
  const std::size_t known = names.find(text[1]);
  return known == std::string_view::npos ? std::nullopt : std::optional(byte(2, stand_for[known]));
}

std::optional<Unit> entity(std::string_view text) {
  constexpr std::size_t longest = 12;
  const std::size_t end = text.substr(0, longest).find(';');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view name = text.substr(1, end - 1);
  if (name.starts_with("#")) {
    const bool hex = name.starts_with("#x") || name.starts_with("#X");
    const auto code = number_in(name.substr(hex ? 2 : 1), hex ? 16 : 10);
    return code ? std::optional(character(end + 1, *code)) : std::nullopt;
  }
  constexpr std::array<std::pair<std::string_view, char>, 8> names = {{{"amp", '&'},
                                                                       {"lt", '<'},
                                                                       {"gt", '>'},
                                                                       {"quot", '"'},
                                                                       {"apos", '\''},
                                                                       {"sol", '/'},
                                                                       {"plus", '+'},
                                                                       {"equals", '='}}};
  const auto known = std::find_if(names.begin(), names.end(), [name](const auto& each) { return each.first == name; });
  return known == names.end() ? std::nullopt : std::optional(byte(end + 1, known->second));
}

Unit unit_of(std::string_view text) {
  const char first = text.front();
  std::optional<Unit> escape;
  if (first == '%') escape = percent_unit(text);
  if (first == '\\') escape = backslash_unit(text);
  if (first == '&') escape = entity(text);
  Unit unit = escape ? *escape : byte(1, first);
  if (unit.bytes[0] == '+') unit.bytes[0] = ' ';
  return unit;
}

}  // namespace

bool has_escapes(std::string_view text) noexcept { return text.find_first_of("%\\&+") != std::string_view::npos; }

std::string unescaped(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Unit unit = unit_of(text.substr(at));
    plain.append(unit.bytes.data(), unit.count);
    at += unit.length;
  }
  return plain;
}

void find_back(std::string_view text, std::vector<Span>& parts) {
  auto part = parts.begin();
  bool inside = false;
  std::size_t plain = 0;
  for (std::size_t at = 0; at < text.size() && part != parts.end();) {
    const Unit unit = unit_of(text.substr(at));
    plain += unit.count;
    // A part may begin or end within a character of several bytes: then it has the whole escape.
    if (!inside && plain > part->begin) {
      part->begin = at;
      inside = true;
    }
    at += unit.length;
    if (inside && plain >= part->end) {
      part->end = at;
      inside = false;
      ++part;
    }
  }
}

}  // namespace millrace
