#include "csv.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>

namespace millrace::reports {

namespace {

/// Takes `mark` off the beginning of the text, if it is there.
bool take(std::string_view& text, std::string_view mark) {
  if (!text.starts_with(mark)) return false;
  text.remove_prefix(mark.size());
  return true;
}

/// "+12055550142", "+1 (205) 555-0142", "-5.00", "-1,234.5 %": what a spreadsheet shows as it stands. Digits that are
/// joined by signs ("+1-205-5550142") are none of these: they would be calculated.
bool is_signed_number(std::string_view text) {
  const bool plus = text.front() == '+';
  if (!plus && text.front() != '-') return false;
  text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '%')) text.remove_suffix(1);
  const bool spaced = plus && text.find_first_of(" (") != std::string_view::npos;
  const std::string_view allowed = spaced ? "0123456789.,() -" : "0123456789.,";
  return text.find_first_not_of(allowed) == std::string_view::npos &&
         text.find_first_of("0123456789") != std::string_view::npos;
}

/// A spreadsheet passes over what cannot be seen before a sign, and takes the full-width signs for the plain ones.
bool begins_a_formula(std::string_view text) {
  constexpr std::string_view blanks[] = {" ", "\u00A0", "\u200B", "\u2060", "\u3000", "\uFEFF"};
  constexpr std::string_view signs[] = {"=", "+", "-", "@", "\t", "\r", "\n", "\uFF1D", "\uFF0B", "\uFF0D", "\uFF20"};
  while (std::any_of(std::begin(blanks), std::end(blanks), [&](std::string_view blank) { return take(text, blank); })) {
  }
  return std::any_of(std::begin(signs), std::end(signs),
                     [&](std::string_view sign) { return text.starts_with(sign); }) &&
         !is_signed_number(text);
}

bool is_control(char letter) {
  const auto byte = static_cast<unsigned char>(letter);
  return (byte < 0x20 && letter != '\n' && letter != '\r' && letter != '\t') || byte == 0x7F;
}

void append_text(std::string& out, std::string_view text) {
  std::string printable;
  if (std::any_of(text.begin(), text.end(), is_control)) {
    std::remove_copy_if(text.begin(), text.end(), std::back_inserter(printable), is_control);
    text = printable;
  }
  const bool formula = begins_a_formula(text);
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    if (formula) out += '\'';
    out += text;
    return;
  }
  out += '"';
  if (formula) out += '\'';
  for (const char letter : text) {
    if (letter == '"') out += '"';
    out += letter;
  }
  out += '"';
}

void append_row(std::string& out, const std::vector<Cell>& cells, std::size_t columns) {
  const std::size_t before = out.size();
  for (std::size_t place = 0; place < columns; ++place) {
    if (place > 0) out += ',';
    const Cell* cell = place < cells.size() ? &cells[place] : nullptr;
    if (cell == nullptr || cell->kind == Cell::Kind::empty) continue;
    if (cell->kind == Cell::Kind::text) {
      append_text(out, cell->text);
    } else {
      out += cell->text;
    }
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
  read_rows(rows, columns, times, [&](const std::vector<Cell>& cells) { append_row(out, cells, width); });
  return out;
}

}  // namespace millrace::reports
