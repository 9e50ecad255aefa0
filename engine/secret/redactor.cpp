#include "secret/redactor.hpp"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <utility>

namespace millrace {

namespace {

constexpr std::size_t shortest_as_word = 3;
constexpr std::size_t shortest_anywhere = 6;

bool word_character(char c) noexcept { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

constexpr std::string_view upper_digits = "0123456789ABCDEF", lower_digits = "0123456789abcdef";
constexpr std::string_view unreserved = "-._~";

bool plain_byte(char c) noexcept { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

void add_hex(std::string& text, char c, std::string_view digits) {
  const auto byte = static_cast<unsigned char>(c);
  text += digits[byte >> 4];
  text += digits[byte & 15];
}

/// `kept`: what stands as it is beside letters and digits.
std::string percent_encoded(std::string_view text, std::string_view digits, std::string_view kept = unreserved) {
  std::string encoded;
  for (const char c : text) {
    if (plain_byte(c) || kept.find(c) != std::string_view::npos) {
      encoded += c;
      continue;
    }
    encoded += '%';
    add_hex(encoded, c, digits);
  }
  return encoded;
}

/// As HTML forms are sent.
std::string form_encoded(std::string_view text, std::string_view digits) {
  std::string encoded;
  for (const char c : text) encoded += c == ' ' ? "+" : percent_encoded({&c, 1}, digits, "-._*");
  return encoded;
}

std::string hex_encoded(std::string_view text, std::string_view digits) {
  std::string encoded;
  for (const char c : text) add_hex(encoded, c, digits);
  return encoded;
}

/// What some writers escape in JSON and others do not.
struct JsonHabits {
  bool slash = false;          ///< "\/"
  bool beyond_ascii = false;   ///< "\u00fc", in pairs where need be
  bool signs_of_html = false;  ///< "\u003c" for < > &
  std::string_view digits = lower_digits;
};

std::string json_escaped(std::string_view text, JsonHabits habits) {
  std::string escaped;
  const auto unit = [&](std::uint32_t code) {
    escaped += "\\u";
    add_hex(escaped, static_cast<char>(code >> 8), habits.digits);
    add_hex(escaped, static_cast<char>(code), habits.digits);
  };
  constexpr std::string_view named = "\b\f\n\r\t", names = "bfnrt";
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const auto byte = static_cast<unsigned char>(c);
    if (const std::size_t name = named.find(c); name != std::string_view::npos) {
      escaped += {'\\', names[name]};
    } else if (byte < 0x20 || (habits.signs_of_html && std::string_view("<>&").find(c) != std::string_view::npos)) {
      unit(byte);
    } else if (c == '"' || c == '\\' || (c == '/' && habits.slash)) {
      escaped += {'\\', c};
    } else if (byte < 0x80 || !habits.beyond_ascii) {
      escaped += c;
    } else {
      const std::size_t length = byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
      std::uint32_t code = byte & (0xFFu >> (length + 1));
      for (std::size_t i = 1; i < length && at + 1 < text.size(); ++i)
        code = code << 6 | (static_cast<unsigned char>(text[++at]) & 0x3Fu);
      if (code > 0xFFFF) unit(0xD800 + ((code - 0x10000) >> 10));
      unit(code > 0xFFFF ? 0xDC00 + ((code - 0x10000) & 0x3FF) : code);
    }
  }
  return escaped;
}

/// `quotes`: how " and ' are written, which is where writers differ.
std::string html_escaped(std::string_view text, std::pair<const char*, const char*> quotes) {
  std::string escaped;
  for (const char c : text) {
    if (c == '&')
      escaped += "&amp;";
    else if (c == '<')
      escaped += "&lt;";
    else if (c == '>')
      escaped += "&gt;";
    else if (c == '"')
      escaped += quotes.first;
    else if (c == '\'')
      escaped += quotes.second;
    else
      escaped += c;
  }
  return escaped;
}

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

/// A form in which a text of other characters goes through a second writer.
void add_carried(std::vector<std::string>& forms, std::string form) {
  forms.push_back(percent_encoded(form, upper_digits));
  forms.push_back(percent_encoded(form, lower_digits));
  forms.push_back(json_escaped(form, {.slash = true}));
  forms.push_back(std::move(form));
}

std::vector<std::string> derived_forms(std::string_view value) {
  std::vector<std::string> forms;
  for (const std::string_view digits : {upper_digits, lower_digits}) {
    add_carried(forms, percent_encoded(value, digits));
    add_carried(forms, percent_encoded(value, digits, "-._~/"));
    add_carried(forms, percent_encoded(value, digits, "-._~/:@!$&'()*+,;="));  // as a whole address is written
    add_carried(forms, form_encoded(value, digits));
    forms.push_back(hex_encoded(value, digits));
    for (const bool slash : {false, true})
      for (const bool signs : {false, true})
        for (const bool beyond : {false, true}) forms.push_back(json_escaped(value, {slash, beyond, signs, digits}));
  }
  for (const auto& quotes : {std::pair("&quot;", "&#39;"), std::pair("&#34;", "&#39;"), std::pair("&quot;", "&#x27;"),
                             std::pair("&quot;", "&apos;"), std::pair("\"", "'")})
    forms.push_back(html_escaped(value, quotes));
  for (std::size_t before = 0; before < 3; ++before) {
    add_carried(forms, base64_core(value, before, base64_alphabet));
    add_carried(forms, base64_core(value, before, base64url_alphabet));
  }
  return forms;
}

/// Of an address that is a secret as a whole, what stands behind its host is one, too; empty: it is none.
std::string_view path_of_address(std::string_view value) {
  const std::size_t scheme = value.find("://");
  if (scheme == std::string_view::npos || scheme > 8) return {};
  const std::size_t path = value.find('/', scheme + 3);
  return path == std::string_view::npos ? std::string_view() : value.substr(path);
}

bool stands_alone(std::string_view text, std::size_t at, std::size_t length) noexcept {
  const bool left = at == 0 || !word_character(text[at - 1]);
  const bool right = at + length >= text.size() || !word_character(text[at + length]);
  return left && right;
}

void replace(std::string& text, std::string_view needle, std::string_view handle, bool as_word) {
  std::size_t at = 0;
  while ((at = text.find(needle, at)) != std::string::npos) {
    if (as_word && !stands_alone(text, at, needle.size())) {
      at += needle.size();
      continue;
    }
    text.replace(at, needle.size(), handle);
    at += handle.size();
  }
}

}  // namespace

void Redactor::add(std::string_view handle, std::string_view value) {
  if (value.size() < shortest_as_word) return;
  const auto known = [&](const Form& form) { return form.value == value && form.handle == handle; };
  if (std::any_of(forms_.begin(), forms_.end(), known)) return;

  const bool as_word = value.size() < shortest_anywhere;
  forms_.push_back({std::string(handle), std::string(value), std::string(value), as_word});
  if (!as_word) {
    std::vector<std::string> needles = derived_forms(value);
    std::sort(needles.begin(), needles.end());
    needles.erase(std::unique(needles.begin(), needles.end()), needles.end());
    for (std::string& needle : needles) {
      if (needle != value && needle.size() >= shortest_anywhere) {
        forms_.push_back({std::string(handle), "", std::move(needle), false});
      }
    }
  }
  if (const std::string_view path = path_of_address(value); path.size() >= shortest_anywhere) return add(handle, path);
  std::stable_sort(forms_.begin(), forms_.end(),
                   [](const Form& left, const Form& right) { return left.needle.size() > right.needle.size(); });
}

void Redactor::redact(std::string& text) const {
  for (const Form& form : forms_) replace(text, form.needle, form.handle, form.as_word);
}

}  // namespace millrace
