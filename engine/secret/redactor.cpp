#include "secret/redactor.hpp"

#include <algorithm>
#include <cctype>

namespace millrace {

namespace {

constexpr std::size_t shortest_as_word = 3;
constexpr std::size_t shortest_anywhere = 6;

bool word_character(char c) noexcept { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

std::string percent_encoded(std::string_view text, std::string_view digits) {
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || std::string_view("-._~").find(c) != std::string_view::npos) {
      encoded += c;
      continue;
    }
    encoded += '%';
    encoded += digits[byte >> 4];
    encoded += digits[byte & 15];
  }
  return encoded;
}

std::string json_escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '"' || c == '\\') escaped += '\\';
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

std::vector<std::string> derived_forms(std::string_view value) {
  std::vector<std::string> forms = {percent_encoded(value, "0123456789ABCDEF"),
                                    percent_encoded(value, "0123456789abcdef"), json_escaped(value)};
  for (std::size_t before = 0; before < 3; ++before) {
    forms.push_back(base64_core(value, before, base64_alphabet));
    forms.push_back(base64_core(value, before, base64url_alphabet));
  }
  return forms;
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
  std::stable_sort(forms_.begin(), forms_.end(),
                   [](const Form& left, const Form& right) { return left.needle.size() > right.needle.size(); });
}

void Redactor::redact(std::string& text) const {
  for (const Form& form : forms_) replace(text, form.needle, form.handle, form.as_word);
}

}  // namespace millrace
