#include "base/unicode.hpp"

#include <utf8proc.h>

#include <cstdlib>
#include <memory>

namespace millrace {
namespace {

using Letter = utf8proc_int32_t;

constexpr Letter lost = 0xFFFD, dotless_i = 0x131, dot_above = 0x307;

/// The text with utf8proc's `options` applied; empty where it is not UTF-8.
std::string mapped(std::string_view text, int options) {
  utf8proc_uint8_t* made = nullptr;
  const auto size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()),
                   &made, static_cast<utf8proc_option_t>(options | UTF8PROC_STABLE));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(made, &std::free);
  return size < 0 ? std::string() : std::string(reinterpret_cast<const char*>(made), static_cast<std::size_t>(size));
}

void append(std::string& text, Letter letter) {
  utf8proc_uint8_t bytes[4];
  const auto size = utf8proc_encode_char(letter, bytes);
  text.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

bool blank(Letter letter) {
  const utf8proc_category_t kind = utf8proc_category(letter);
  return kind == UTF8PROC_CATEGORY_ZS || kind == UTF8PROC_CATEGORY_ZL || kind == UTF8PROC_CATEGORY_ZP ||
         kind == UTF8PROC_CATEGORY_CC;
}

bool not_drawn(Letter letter) { return utf8proc_get_property(letter)->ignorable != 0; }

/// Joiners and the letters of flags are not drawn themselves, but what stands around them looks different with them.
bool changes_its_neighbours(Letter letter) {
  return letter == 0x200C || letter == 0x200D || (letter >= 0xE0020 && letter <= 0xE007F);
}

/// What `change` makes of each letter (0: nothing), blanks trimmed and joined; empty where the text is not UTF-8 or a
/// letter is lost.
template <class Change>
std::string tidied(std::string_view text, Change change) {
  std::string tidy;
  bool gap = false;
  while (!text.empty()) {
    Letter letter = 0;
    const auto size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                       static_cast<utf8proc_ssize_t>(text.size()), &letter);
    if (size <= 0 || letter == lost) return "";
    text.remove_prefix(static_cast<std::size_t>(size));
    if (blank(letter)) {
      gap = true;
    } else if (const Letter kept = change(letter); kept != 0) {
      if (gap && !tidy.empty()) tidy += ' ';
      gap = false;
      append(tidy, kept);
    }
  }
  return tidy;
}

}  // namespace

std::string name_key(std::string_view name) {
  const std::string seen = tidied(
      name, [](Letter letter) { return not_drawn(letter) && !changes_its_neighbours(letter) ? Letter{0} : letter; });
  // Folding alone would leave marks in the order in which they were typed, and some letters fold by their marks.
  return mapped(mapped(seen, UTF8PROC_DECOMPOSE), UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD);
}

std::string vague_name_key(std::string_view name) {
  const std::string plain = mapped(name_key(name), UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD);
  Letter before = 0;
  return tidied(plain, [&](Letter letter) {
    if (letter == dotless_i) letter = 'i';
    const bool dot_of_an_i = letter == dot_above && before == 'i';
    before = letter;
    return dot_of_an_i || not_drawn(letter) ? Letter{0} : letter;
  });
}

bool same_name(std::string_view left, std::string_view right) {
  if (left == right) return true;
  const std::string key = name_key(left);
  return !key.empty() && key == name_key(right);
}

}  // namespace millrace
