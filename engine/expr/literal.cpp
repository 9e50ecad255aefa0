#include <charconv>
#include <optional>

#include "base/unicode.hpp"
#include "expr/lexer.hpp"

namespace millrace {

namespace {

std::optional<char> simple_escape(char c) noexcept {
  switch (c) {
    case 'a':
      return '\a';
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'v':
      return '\v';
    case '\\':
    case '?':
    case '"':
    case '\'':
    case '`':
      return c;
    default:
      return std::nullopt;
  }
}

struct Form {
  std::size_t skipped, digits;  // characters of the escape before its digits, and how many digits follow
  int base;
};

std::optional<Form> numeric_form(char c, bool bytes) noexcept {
  if (c == 'x' || c == 'X') return Form{1, 2, 16};
  if (c == 'u' && !bytes) return Form{1, 4, 16};
  if (c == 'U' && !bytes) return Form{1, 8, 16};
  if (c >= '0' && c <= '3') return Form{0, 3, 8};
  return std::nullopt;
}

}  // namespace

std::variant<std::string, ExpressionError> decode_literal(std::string_view body, std::size_t offset, bool bytes) {
  std::string decoded;
  decoded.reserve(body.size());
  for (std::size_t at = 0; at < body.size();) {
    if (body[at] != '\\') {
      decoded += body[at++];
      continue;
    }
    const std::size_t escape = at++;
    const auto wrong = [&](const std::string& message, std::size_t length) {
      return ExpressionError{message, offset + escape, length, ""};
    };
    if (at == body.size()) return wrong("nothing follows the \\", 1);
    if (const auto plain = simple_escape(body[at])) {
      decoded += *plain;
      ++at;
      continue;
    }
    const auto form = numeric_form(body[at], bytes);
    if (!form) {
      return wrong("\\" + std::string(1, body[at]) + " means nothing inside quotes, write \\\\ for a backslash", 2);
    }
    const std::string_view digits = body.substr(std::min(at + form->skipped, body.size()), form->digits);
    std::uint32_t point = 0;
    const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), point, form->base);
    if (failure != std::errc() || end != digits.data() + form->digits) {
      return wrong("this escape needs " + std::to_string(form->digits) + " digits", 2);
    }
    if (bytes) {
      decoded += static_cast<char>(static_cast<unsigned char>(point));
    } else if (point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) {
      return wrong("this is no character of Unicode", 1 + form->skipped + form->digits);
    } else {
      char character[4];
      decoded.append(character, put_utf8(point, character));
    }
    at += form->skipped + form->digits;
  }
  return decoded;
}

}  // namespace millrace
