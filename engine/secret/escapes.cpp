#include "secret/escapes.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <optional>

#include "secret/entities.hpp"
#include "secret/readings.hpp"
#include "secret/units.hpp"

namespace millrace {

namespace {

Unit byte(std::size_t length, char c) { return {length, {c}, 1}; }

/// All of the text as a number below that of Unicode's end.
std::optional<std::uint32_t> number_in(std::string_view text, int base) {
  std::uint32_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  const bool whole = failed == std::errc() && end == text.data() + text.size() && !text.empty();
  return whole && number < 0x110000 ? std::optional(number) : std::nullopt;
}

/// So many digits behind `skipped` letters.
std::optional<std::uint32_t> digits_in(std::string_view text, std::size_t skipped, std::size_t count, int base = 16) {
  return text.size() < skipped + count ? std::nullopt : number_in(text.substr(skipped, count), base);
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
  std::size_t at = 1;
  while (text.substr(at).starts_with("25") && digits_in(text, at + 2, 2)) at += 2;
  const auto code = digits_in(text, at, 2);
  return code ? std::optional(byte(at + 2, static_cast<char>(*code))) : std::nullopt;
}

/// "\u{74}", "\x{74}".
std::optional<Unit> braced_unit(std::string_view text) {
  constexpr std::size_t longest = 12;
  const std::size_t end = text.substr(0, longest).find('}');
  if (end == std::string_view::npos) return std::nullopt;
  const auto code = number_in(text.substr(3, end - 3), 16);
  return code ? std::optional(character(end + 1, *code)) : std::nullopt;
}

std::optional<Unit> coded_unit(std::string_view text) {
  const char kind = text[1];
  if ((kind == 'u' || kind == 'x') && text.substr(2).starts_with('{')) return braced_unit(text);
  if (kind == 'u') return wide_unit(text);
  const auto whole = kind == 'U' ? digits_in(text, 2, 8) : std::nullopt;
  if (whole) return character(10, *whole);
  auto code = kind == 'x' ? digits_in(text, 2, 2) : std::nullopt;
  if (!code && kind >= '0' && kind <= '3') code = digits_in(text, 1, 3, 8);
  return code ? std::optional(byte(4, static_cast<char>(*code))) : std::nullopt;
}

std::optional<Unit> backslash_unit(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  if (const auto coded = coded_unit(text)) return coded;
  constexpr std::string_view names = "abefnrtv", stand_for = "\a\b\033\f\n\r\t\v";
  const std::size_t known = names.find(text[1]);
  if (known != std::string_view::npos) return byte(2, stand_for[known]);
  if (text[1] == '\n') return Unit{2, {}, 0};  // the line goes on
  const bool escapable = std::ispunct(static_cast<unsigned char>(text[1])) != 0 || text[1] == ' ';
  return escapable ? std::optional(byte(2, text[1])) : std::nullopt;
}

std::optional<Unit> escape_at(std::string_view text) {
  if (text.starts_with('%')) return percent_unit(text);
  if (text.starts_with('\\')) return backslash_unit(text);
  return text.starts_with('&') ? entity_at(text) : std::nullopt;
}

/// Browsers take "&#116" for "&#116;". But an escape behind it that may say ";" is undone first.
bool may_get_its_end(std::string_view text, const Unit& entity) {
  if (text[entity.length - 1] == ';') return false;
  const std::string_view rest = text.substr(entity.length);
  const auto next = escape_at(rest);
  if (!next || (rest.starts_with('&') && rest[next->length - 1] != ';')) return false;
  return next->count == 1 && std::string_view(";\\%&").find(next->bytes[0]) != std::string_view::npos;
}

Unit program_unit(std::string_view text) {
  const char first = text.front();
  std::optional<Unit> escape = escape_at(text);
  if (escape && first == '&' && may_get_its_end(text, *escape)) escape.reset();
  Unit unit = escape ? *escape : byte(1, first);
  if (unit.count == 1 && unit.bytes[0] == '+') unit.bytes[0] = ' ';
  return unit;
}

/// "=74", and "=" with which a line ends that goes on.
Unit mail_unit(std::string_view text) {
  const char first = text.front();
  if (first != '=') return byte(1, first);
  if (const auto code = digits_in(text, 1, 2)) return byte(3, static_cast<char>(*code));
  const std::size_t end = text.find_first_not_of(" \t", 1);
  if (end == std::string_view::npos) return byte(1, first);
  if (text[end] == '\n') return {end + 1, {}, 0};
  return text.substr(end).starts_with("\r\n") ? Unit{end + 2, {}, 0} : byte(1, first);
}

constexpr std::string_view program_escapes = "%\\&+", mail_escapes = "=";
constexpr Beginnings program_beginnings = beginnings(program_escapes), mail_beginnings = beginnings(mail_escapes);

/// One letter after the other, for each is found faster than any of them.
bool has_any(std::string_view text, std::string_view letters) noexcept {
  return std::any_of(letters.begin(), letters.end(), [text](char c) { return text.find(c) != std::string_view::npos; });
}

}  // namespace

std::string unescaped(std::string_view text) { return read_units(text, program_beginnings, program_unit); }

const TextReading escapes_undone = {[](std::string_view text) { return has_any(text, program_escapes); }, unescaped,
                                    [](std::string_view text, std::vector<Span>& parts) {
                                      find_units_back(text, parts, program_beginnings, program_unit);
                                    }};

const TextReading mail_undone = {
    [](std::string_view text) { return has_any(text, mail_escapes); },
    [](std::string_view text) { return read_units(text, mail_beginnings, mail_unit); },
    [](std::string_view text, std::vector<Span>& parts) { find_units_back(text, parts, mail_beginnings, mail_unit); }};

}  // namespace millrace
