#include "json_rows.hpp"

#include <algorithm>

#include "../support/job.hpp"
#include "numbers.hpp"

namespace millrace::reports {

namespace {

/// The number that begins at `at`.
std::string_view number_at(std::string_view rows, std::size_t at) {
  const std::size_t end = std::min(rows.find_first_not_of("+-.0123456789eE", at), rows.size());
  return rows.substr(at, end - at);
}

}  // namespace

std::string json_rows(std::string_view rows, TableNotes& notes) {
  std::string out;
  out.reserve(rows.size() + rows.size() / 4);
  int depth = 0;
  bool quoted = false;
  for (std::size_t at = 0; at < rows.size(); ++at) {
    const char letter = rows[at];
    if (quoted) {
      out += letter;
      if (letter == '\\' && at + 1 < rows.size()) out += rows[++at];
      quoted = letter != '"';
      continue;
    }
    if (letter == ' ' || letter == '\n' || letter == '\t' || letter == '\r') continue;
    if (letter == ']' || letter == '}') {
      if (--depth == 0 && notes.rows > 0) out += '\n';
      out += letter;
      continue;
    }
    if (depth == 1 && out.back() == '[') {
      out += "\n  ";
      notes.rows = 1;
    }
    if (letter == '-' || (letter >= '0' && letter <= '9')) {
      const std::string_view number = number_at(rows, at);
      out += plain_number(number);
      at += number.size() - 1;
      continue;
    }
    out += letter;
    if (letter == '[' || letter == '{') ++depth;
    quoted = letter == '"';
    if (letter == ':') out += ' ';
    if (letter == ',' && depth == 1) {
      out += "\n  ";
      ++notes.rows;
    } else if (letter == ',') {
      out += ' ';
    }
  }
  out += '\n';
  notes.unknown = out.find("{\"$unknown\": ") != std::string::npos;
  return job::json_in_data(std::move(out));
}

}  // namespace millrace::reports
