#include "csv.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>

#include "numbers.hpp"

namespace millrace::reports {

namespace {

bool holds(std::string_view letters, char letter) { return letters.find(letter) != std::string_view::npos; }

/// "44 20 7183 8750", "1 (205) 555-0142": somewhere two numbers stand side by side with nothing between them but a
/// space, which nobody calculates, and a sign stands between digits alone.
bool is_telephone_number(std::string_view text) {
  constexpr std::string_view digits = "0123456789.,";
  if (!holds(text, ' ')) return false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char letter = text[at], before = at > 0 ? text[at - 1] : '\0',
               behind = at + 1 < text.size() ? text[at + 1] : '\0';
    const bool ends_number = holds(digits, before) || before == ')',
               begins_number = holds(digits, behind) || behind == '(';
    if (holds(digits, letter)) continue;
    if (letter == ' ' && ends_number && begins_number) continue;
    if (letter == '(' && before == ' ' && holds(digits, behind)) continue;
    if (letter == ')' && holds(digits, before) && (behind == ' ' || behind == '\0')) continue;
    if (letter == '-' && holds(digits, before) && holds(digits, behind)) continue;
    return false;
  }
  return true;
}

/// "+12055550142", "+1 (205) 555-0142", "-5.00", "-1,234.5 %": what a spreadsheet shows as it stands. What else has
/// signs in it ("+1-205-5550142", "+5 -3", "+(205)-555-0142") would be calculated.
bool is_signed_number(std::string_view text) {
  const bool plus = text.front() == '+';
  if (!plus && text.front() != '-') return false;
  text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '%')) text.remove_suffix(1);
  if (text.find_first_of("0123456789") == std::string_view::npos) return false;
  return text.find_first_not_of("0123456789.,") == std::string_view::npos || (plus && is_telephone_number(text));
}

struct Range {
  unsigned first, last;
};

/// What cannot be seen: blanks, marks of direction, joiners, fillers, selectors of a letter's form.
constexpr Range unseen[] = {{0x20, 0x20},     {0xA0, 0xA0},     {0xAD, 0xAD},     {0x034F, 0x034F}, {0x061C, 0x061C},
                            {0x115F, 0x1160}, {0x1680, 0x1680}, {0x17B4, 0x17B5}, {0x180B, 0x180F}, {0x2000, 0x200F},
                            {0x2028, 0x202F}, {0x205F, 0x206F}, {0x2800, 0x2800}, {0x3000, 0x3000}, {0x3164, 0x3164},
                            {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF}, {0xFFA0, 0xFFA0}, {0xFFF0, 0xFFFB}, {0xE0000, 0xE0FFF}};

/// The bytes of an unseen character at the beginning of the text; 0: there is none. REQUIRES: UTF-8, as JSON is.
std::size_t unseen_size(std::string_view text) {
  if (text.empty()) return 0;
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  unsigned point = size == 1 ? lead : lead & (0xFFu >> (size + 1));
  for (std::size_t at = 1; at < size && at < text.size(); ++at)
    point = point << 6 | (static_cast<unsigned char>(text[at]) & 0x3Fu);
  const bool found = std::any_of(std::begin(unseen), std::end(unseen),
                                 [&](const Range& range) { return point >= range.first && point <= range.last; });
  return found ? size : 0;
}

/// A spreadsheet passes over what cannot be seen before a sign, and takes the full-width and small signs, and the minus
/// of mathematics, for the plain ones.
bool begins_a_formula(std::string_view text) {
  constexpr std::string_view signs[] = {"=",      "+",      "-",      "@",      "\t",     "\r",     "\n",     "\uFF1D",
                                        "\uFF0B", "\uFF0D", "\uFF20", "\uFE66", "\uFE62", "\uFE63", "\uFE6B", "\u2212"};
  while (const std::size_t size = unseen_size(text)) text.remove_prefix(std::min(size, text.size()));
  return std::any_of(std::begin(signs), std::end(signs),
                     [&](std::string_view sign) { return text.starts_with(sign); }) &&
         !is_signed_number(text);
}

/// With an apostrophe before each formula. Where a spreadsheet expects other separators than the comma, a cell ends at
/// these, and at a line's end, whatever quotes stand around it; what is quoted behind them is no quote any more.
std::string without_formulas(std::string_view text) {
  constexpr std::string_view other_separators = ";\t\r\n";
  std::string guarded = begins_a_formula(text) ? "'" : "";
  for (;;) {
    const std::size_t end = text.find_first_of(other_separators);
    guarded += text.substr(0, end);
    if (end == std::string_view::npos) return guarded;
    guarded += text[end];
    text.remove_prefix(end + 1);
    const std::string_view cell = text.substr(0, text.find_first_of(other_separators));
    if (begins_a_formula(cell.substr(std::min(cell.find_first_not_of('"'), cell.size())))) guarded += '\'';
  }
}

bool breaks_a_cell(char letter) {
  const auto byte = static_cast<unsigned char>(letter);
  return (byte < 0x20 && letter != '\n' && letter != '\r' && letter != '\t') || byte == 0x7F;
}

bool is_beyond_ascii(char letter) { return static_cast<unsigned char>(letter) >= 0x80; }

void append_text(std::string& out, std::string_view text) {
  std::string cell;
  cell.reserve(text.size());
  std::remove_copy_if(text.begin(), text.end(), std::back_inserter(cell), breaks_a_cell);
  if (cell.find_first_of("=+-@\t\r\n") != std::string::npos || std::any_of(cell.begin(), cell.end(), is_beyond_ascii))
    cell = without_formulas(cell);
  if (cell.find_first_of(",\"\r\n") == std::string::npos) {
    out += cell;
    return;
  }
  out += '"';
  for (const char letter : cell) {
    if (letter == '"') out += '"';
    out += letter;
  }
  out += '"';
}

}  // namespace

void append_cell(std::string& out, const Cell& cell, bool for_excel) {
  if (cell.kind == Cell::Kind::text) {
    append_text(out, cell.text);
  } else if (for_excel && cell.kind == Cell::Kind::number) {
    out += readable_number(cell.text);
  } else {
    out += cell.text;
  }
}

namespace {

void append_row(std::string& out, const std::vector<Cell>& cells, std::size_t columns, bool for_excel) {
  const std::size_t before = out.size();
  for (std::size_t place = 0; place < columns; ++place) {
    if (place > 0) out += ',';
    if (place < cells.size()) append_cell(out, cells[place], for_excel);
  }
  // An empty line would be no row for many readers.
  if (out.size() == before) out += "\"\"";
  out += "\r\n";
}

}  // namespace

std::string csv(std::string_view rows, Columns columns, bool for_excel, const LocalTimes& times, TableNotes& notes) {
  notes = read_rows(rows, columns, times, nullptr);
  std::string out = for_excel ? "\uFEFF" : "";
  if (notes.rows == 0 && columns.names().empty()) return out;
  const std::size_t width = columns.names().size();
  out.reserve(notes.text_bytes + notes.text_bytes / 16 + (notes.rows + 1) * (width + 2));
  for (std::size_t place = 0; place < width; ++place) {
    if (place > 0) out += ',';
    append_text(out, columns.names()[place]);
  }
  out += "\r\n";
  read_rows(rows, columns, times, [&](const std::vector<Cell>& cells) { append_row(out, cells, width, for_excel); });
  return out;
}

}  // namespace millrace::reports
