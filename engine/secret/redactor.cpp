#include "secret/redactor.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/url.hpp"
#include "secret/escapes.hpp"

namespace millrace {

namespace {

constexpr std::size_t shortest_as_word = 3;
constexpr std::size_t shortest_anywhere = 6;

bool word_character(char c) noexcept { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// So often the escapes of those who carried a text are undone, unless nothing is left to be undone before.
constexpr std::size_t most_layers = 8;

std::string hex_encoded(std::string_view text, std::string_view digits) {
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    encoded += digits[byte >> 4];
    encoded += digits[byte & 15];
  }
  return encoded;
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

/// What programs make of a text beside escaping some of its characters.
std::vector<std::string> derived_forms(std::string_view value) {
  std::vector<std::string> forms = {hex_encoded(value, "0123456789abcdef"), hex_encoded(value, "0123456789ABCDEF")};
  for (std::size_t before = 0; before < 3; ++before) {
    forms.push_back(base64_core(value, before, base64_alphabet));
    forms.push_back(base64_core(value, before, base64url_alphabet));
  }
  return forms;
}

/// As the text looks where escapes have been undone: its own have been, too, or not yet.
std::vector<std::string> carried_forms(std::string needle) {
  std::vector<std::string> forms;
  for (std::size_t layer = 0; layer < most_layers; ++layer) {
    std::string plain = unescaped(needle);
    std::replace(needle.begin(), needle.end(), '+', ' ');
    forms.push_back(std::move(needle));
    needle = std::move(plain);
    if (needle == forms.back()) break;
  }
  std::erase_if(forms, [](const std::string& form) { return form.size() < shortest_anywhere; });
  return forms;
}

/// Of an address that is a secret as a whole, what stands behind its host is one, too; empty: it is none.
std::string_view path_of_address(std::string_view value) {
  constexpr std::size_t longest_scheme = 8;
  return value.find("://") <= longest_scheme ? rest_of(value) : std::string_view();
}

bool stands_alone(std::string_view text, std::size_t at, std::size_t length) noexcept {
  const bool left = at == 0 || !word_character(text[at - 1]);
  const bool right = at + length >= text.size() || !word_character(text[at + length]);
  return left && right;
}

std::vector<Span> places_of(std::string_view needle, std::string_view text, bool as_word) {
  std::vector<Span> places;
  for (std::size_t at = 0; (at = text.find(needle, at)) != std::string_view::npos; at += needle.size()) {
    if (!as_word || stands_alone(text, at, needle.size())) places.push_back({at, at + needle.size()});
  }
  return places;
}

/// In one piece, because who repeats a secret may do so a million times.
void replace(std::string& text, const std::vector<Span>& places, std::string_view handle) {
  std::string replaced;
  std::size_t at = 0;
  for (const Span& place : places) {
    replaced.append(text, at, place.begin - at).append(handle);
    at = place.end;
  }
  text = std::move(replaced.append(text, at));
}

/// A text, and what it is with its escapes undone once, twice, ...
class Layers {
 public:
  explicit Layers(std::string& text) : text_(text) {}

  /// Looks one layer deeper; false where there is none.
  bool go_deeper() {
    if (plain_.size() == most_layers || !has_escapes(deepest())) return false;
    std::string plain = unescaped(deepest());
    if (plain == deepest()) return false;
    plain_.push_back(std::move(plain));
    return true;
  }

  void replace_in_deepest(std::string_view needle, bool as_word, std::string_view handle) {
    std::vector<Span> places = places_of(needle, deepest(), as_word);
    if (places.empty()) return;
    for (std::size_t layer = plain_.size(); layer > 0; --layer)
      find_back(layer == 1 ? text_ : plain_[layer - 2], places);
    replace(text_, places, handle);
    const std::size_t depth = std::exchange(plain_, {}).size();
    while (plain_.size() < depth) plain_.push_back(unescaped(deepest()));
  }

 private:
  std::string_view deepest() const { return plain_.empty() ? text_ : plain_.back(); }

  std::string& text_;
  std::vector<std::string> plain_;
};

}  // namespace

void Redactor::add(std::string_view handle, std::string_view value) {
  if (value.size() < shortest_as_word) return;
  const auto known = [&](const Form& form) { return form.value == value && form.handle == handle; };
  if (std::any_of(forms_.begin(), forms_.end(), known)) return;

  const bool as_word = value.size() < shortest_anywhere;
  std::vector<std::string> needles = as_word ? std::vector<std::string>() : derived_forms(value);
  std::erase_if(needles, [](const std::string& needle) { return needle.size() < shortest_anywhere; });
  needles.emplace_back(value);
  for (std::string& needle : needles) {
    std::vector<std::string> carried = as_word ? std::vector<std::string>() : carried_forms(needle);
    forms_.push_back({std::string(handle), std::string(value), std::move(needle), std::move(carried), as_word});
  }
  if (const std::string_view path = path_of_address(value); path.size() >= shortest_anywhere) return add(handle, path);
  std::stable_sort(forms_.begin(), forms_.end(),
                   [](const Form& left, const Form& right) { return left.needle.size() > right.needle.size(); });
}

void Redactor::redact(std::string& text) const {
  Layers layers(text);
  for (const Form& form : forms_) layers.replace_in_deepest(form.needle, form.as_word, form.handle);
  if (forms_.empty()) return;
  while (layers.go_deeper()) {
    for (const Form& form : forms_) {
      for (const std::string& needle : form.carried) layers.replace_in_deepest(needle, false, form.handle);
    }
  }
}

}  // namespace millrace
