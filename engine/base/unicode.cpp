#include "base/unicode.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <vector>

namespace millrace {
namespace {

using Letter = utf8proc_int32_t;

constexpr Letter lost = 0xFFFD, dotless_i = 0x131, dot_above = 0x307;

void append(std::string& text, Letter letter) {
  utf8proc_uint8_t bytes[4];
  const auto size = utf8proc_encode_char(letter, bytes);
  text.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

/// Of the control characters, tabs and ends of lines are blanks.
bool blank(Letter letter) {
  constexpr Letter tab = 0x9, carriage_return = 0xD, next_line = 0x85, braille_blank = 0x2800;
  const utf8proc_category_t kind = utf8proc_category(letter);
  return kind == UTF8PROC_CATEGORY_ZS || kind == UTF8PROC_CATEGORY_ZL || kind == UTF8PROC_CATEGORY_ZP ||
         (letter >= tab && letter <= carriage_return) || letter == next_line || letter == braille_blank;
}

bool not_drawn(Letter letter) {
  constexpr Letter first_annotation_mark = 0xFFF9, last_annotation_mark = 0xFFFB;
  return utf8proc_get_property(letter)->ignorable != 0 || utf8proc_category(letter) == UTF8PROC_CATEGORY_CC ||
         (letter >= first_annotation_mark && letter <= last_annotation_mark);
}

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

/// Calls `visit` with each letter and what stands behind it; false where the text is not UTF-8.
template <class Visit>
bool each_letter(std::string_view text, Visit visit) {
  while (!text.empty()) {
    Letter letter = 0;
    const auto size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                       static_cast<utf8proc_ssize_t>(text.size()), &letter);
    if (size <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(size));
    visit(letter, text);
  }
  return true;
}

int mark_class(Letter letter) { return utf8proc_get_property(letter)->combining_class; }

/// Marks that stand one behind the other get their canonical order. What utf8proc does itself is quadratic in them.
void order_marks(std::vector<Letter>& letters) {
  const auto is_base = [](Letter letter) { return mark_class(letter) == 0; };
  const auto before = [](Letter one, Letter other) { return mark_class(one) < mark_class(other); };
  for (auto at = letters.begin(); at != letters.end();) {
    const auto first = std::find_if_not(at, letters.end(), is_base);
    at = std::find_if(first, letters.end(), is_base);
    if (at - first > 1) std::stable_sort(first, at, before);
  }
}

/// The text with utf8proc's `options` applied to each letter, its marks in order; empty where it is not UTF-8.
std::string mapped(std::string_view text, int options) {
  constexpr utf8proc_ssize_t most_parts = 32;  // of any letter: U+FDFA has 18
  std::vector<Letter> letters;
  const bool read = each_letter(text, [&](Letter letter, std::string_view) {
    Letter parts[most_parts];
    int boundary = 0;
    const auto count = utf8proc_decompose_char(letter, parts, most_parts,
                                               static_cast<utf8proc_option_t>(options | UTF8PROC_STABLE), &boundary);
    letters.insert(letters.end(), parts, parts + std::clamp<utf8proc_ssize_t>(count, 0, most_parts));
  });
  if (!read) return "";
  order_marks(letters);
  std::string made;
  for (const Letter letter : letters) append(made, letter);
  return made;
}

bool is_letter(Letter letter) {
  const utf8proc_category_t kind = utf8proc_category(letter);
  return kind >= UTF8PROC_CATEGORY_LU && kind <= UTF8PROC_CATEGORY_LO;
}

bool is_mark(Letter letter) {
  const utf8proc_category_t kind = utf8proc_category(letter);
  return kind >= UTF8PROC_CATEGORY_MN && kind <= UTF8PROC_CATEGORY_ME;
}

/// A word goes on behind its marks with another letter.
bool word_goes_on(std::string_view behind) {
  bool goes_on = false, told = false;
  each_letter(behind.substr(0, 64), [&](Letter letter, std::string_view) {
    if (!told && !is_mark(letter)) {
      told = true;
      goes_on = is_letter(letter);
    }
  });
  return goes_on;
}

/// Small letters that have no great one of their own are written with several, as their folding has it.
std::string great_letters(Letter letter) {
  constexpr Letter sharp_s = 0xDF, first_with_iota = 0x1F80, last_with_iota = 0x1FFC;
  const utf8proc_category_t kind = utf8proc_category(letter);
  const Letter one = utf8proc_toupper(letter);
  const bool with_iota = letter >= first_with_iota && letter <= last_with_iota;
  const bool small = kind == UTF8PROC_CATEGORY_LL || kind == UTF8PROC_CATEGORY_LT;
  const bool several = small && (one == letter || letter == sharp_s || with_iota);
  std::string made;
  if (!several) return append(made, one), made;
  std::string plain;
  append(plain, letter);
  const std::string folded = mapped(plain, UTF8PROC_CASEFOLD);
  int count = 0;
  each_letter(folded, [&](Letter part, std::string_view) {
    append(made, utf8proc_toupper(part));
    ++count;
  });
  if (count > 1) return made;
  made.clear();
  return append(made, one), made;
}

}  // namespace

std::string in_lower_case(std::string_view text) {
  constexpr Letter great_sigma = 0x3A3, final_sigma = 0x3C2, dotted_i = 0x130;
  std::string made;
  bool inside_word = false;
  const bool read = each_letter(text, [&](Letter letter, std::string_view behind) {
    const bool ends_word = letter == great_sigma && inside_word && !word_goes_on(behind);
    append(made, ends_word ? final_sigma : letter == dotted_i ? Letter{'i'} : utf8proc_tolower(letter));
    if (letter == dotted_i) append(made, dot_above);
    inside_word = is_letter(letter) || (inside_word && is_mark(letter));
  });
  return read ? made : std::string(text);
}

std::string in_upper_case(std::string_view text) {
  std::string made;
  const bool read = each_letter(text, [&](Letter letter, std::string_view) { made += great_letters(letter); });
  return read ? made : std::string(text);
}

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

std::size_t put_utf8(char32_t point, char* bytes) noexcept {
  const auto lead = [point](char32_t mark, unsigned shift) { return static_cast<char>(mark | point >> shift); };
  const auto follow = [point](unsigned shift) { return static_cast<char>(0x80 | (point >> shift & 0x3F)); };
  std::size_t count = 0;
  if (point < 0x80) {
    bytes[count++] = static_cast<char>(point);
  } else if (point < 0x800) {
    bytes[count++] = lead(0xC0, 6);
  } else if (point < 0x10000) {
    bytes[count++] = lead(0xE0, 12);
    bytes[count++] = follow(6);
  } else {
    bytes[count++] = lead(0xF0, 18);
    bytes[count++] = follow(12);
    bytes[count++] = follow(6);
  }
  if (point >= 0x80) bytes[count++] = follow(0);
  return count;
}

}  // namespace millrace
