// A secret as those who carry it write it: whichever characters each of them escapes, up to three of them one after the
// other, its handle stands in its place.
#include <algorithm>
#include <array>
#include <cctype>
#include <string>

#include "fuzz.hpp"
#include "secret/escapes.hpp"
#include "secret/redactor.hpp"

using namespace millrace;

namespace {

enum class Carrier : unsigned char { address, form, json, html };

std::string digits(char c, std::size_t count, bool small) {
  const std::string_view all = small ? "0123456789abcdef" : "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  return std::string(count - 2, '0') + all[byte >> 4] + all[byte & 15];
}

/// What the carrier cannot leave as it is.
bool has_to_be_escaped(Carrier carrier, char c) {
  switch (carrier) {
    case Carrier::address:
      return c == '%' || c == '\\';
    case Carrier::form:
      return c == '%' || c == '\\' || c == '+';
    case Carrier::json:
      return c == '"' || c == '\\';
    case Carrier::html:
      return c == '&';
  }
  return true;
}

std::string escaped(Carrier carrier, char c, bool other) {
  switch (carrier) {
    case Carrier::address:
    case Carrier::form:
      return carrier == Carrier::form && c == ' ' && other ? "+" : "%" + digits(c, 2, other);
    case Carrier::json:
      return other && (c == '"' || c == '\\' || c == '/') ? std::string{'\\', c} : "\\u" + digits(c, 4, other);
    case Carrier::html:
      if (c == '&' && other) return "&amp;";
      return other ? "&#" + std::to_string(static_cast<int>(c)) + ";" : "&#x" + digits(c, 2, false) + ";";
  }
  return {};
}

/// A carrier treats a character in the same way wherever it stands, and escapes all letters and digits or none.
std::string carried(const std::string& text, fuzz::Input& input) {
  const auto carrier = static_cast<Carrier>(input.choice(4));
  const bool everything = input.choice(4) == 0;
  std::array<std::size_t, 16> ways = {};
  for (std::size_t& way : ways) way = input.choice(4);
  std::string written;
  for (const char c : text) {
    const std::size_t way = ways[static_cast<unsigned char>(c) % ways.size()];
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0;
    const bool escapes = everything || has_to_be_escaped(carrier, c) || (way > 1 && !plain);
    written += escapes ? escaped(carrier, c, way % 2 == 1) : std::string(1, c);
  }
  return written;
}

bool printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return std::isprint(static_cast<unsigned char>(c)) != 0; });
}

/// "&#65" without its ";".
bool has_open_entity(std::string_view text) {
  for (std::size_t at = 0; (at = text.find("&#", at)) != std::string_view::npos; ++at) {
    const std::size_t end = text.find_first_not_of("0123456789abcdefABCDEFxX", at + 2);
    if (end != at + 2 && (end == std::string_view::npos || text[end] != ';')) return true;
  }
  return false;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const std::string secret(input.line());
  // What says "secret:" itself cannot be told from the handle, and what repeats itself has several places.
  if (secret.size() < 8 || secret.size() > 100 || !printable(secret) || secret.find("secret:") != std::string::npos)
    return 0;
  // Nor is there a right way to read a secret that is made of escapes of escapes, or has an entity without its end:
  // that ends where the carrier of what comes next wants it to.
  const std::string plain = unescaped(secret);
  if (unescaped(plain) != plain || plain.size() < 8 || has_open_entity(secret)) return 0;
  Redactor redactor;
  redactor.add("secret:a", secret);
  std::string text = secret;
  for (std::size_t carriers = input.choice(4); carriers > 0; --carriers) text = carried(text, input);
  redactor.redact(text);
  fuzz::require(text.find("secret:a") != std::string::npos, "a secret is known however it is carried");
  return 0;
}
