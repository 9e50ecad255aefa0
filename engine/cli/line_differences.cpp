#include "cli/line_differences.hpp"

#include <algorithm>
#include <vector>

namespace millrace {
namespace {

constexpr std::size_t around = 3;  // lines that are the same, on either side of what is not

/// A line with its sign: ' ', '-' or '+'.
struct DiffRow {
  char sign;
  std::string_view line;
};

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

std::string letters_of_line(std::string_view line) {
  std::string letters;
  std::copy_if(line.begin(), line.end(), std::back_inserter(letters), [](char c) {
    return c != ' ' && c != '\t' && c != '\r' && c != '\n' && static_cast<unsigned char>(c) != 0xEF;
  });
  return letters;
}

std::vector<DiffRow> diff_rows(const std::vector<std::string_view>& before,
                               const std::vector<std::string_view>& after) {
  std::vector<DiffRow> rows, fresh;
  const auto put_fresh = [&] {
    rows.insert(rows.end(), fresh.begin(), fresh.end());
    fresh.clear();
  };
  std::size_t at = 0;
  for (const std::string_view line : before) {
    if (at < after.size() && after[at] == line) {
      put_fresh();
      rows.push_back({' ', line});
      ++at;
      continue;
    }
    rows.push_back({'-', line});
    if (at < after.size() && letters_of_line(line) == letters_of_line(after[at])) fresh.push_back({'+', after[at++]});
  }
  put_fresh();
  for (; at < after.size(); ++at) rows.push_back({'+', after[at]});
  return rows;
}

std::string range(std::size_t first, std::size_t count) {
  return std::to_string(count == 0 ? first : first + 1) + "," + std::to_string(count);
}

}  // namespace

std::string line_differences(const std::string& name, std::string_view before, std::string_view after) {
  if (before == after) return "";
  const std::vector<DiffRow> rows = diff_rows(lines_of(before), lines_of(after));
  std::string text = "--- " + name + "\n+++ " + name + "\n";
  std::size_t old_line = 0, new_line = 0, at = 0;
  while (at < rows.size()) {
    std::size_t changed = at;
    while (changed < rows.size() && rows[changed].sign == ' ') ++changed;
    if (changed == rows.size()) break;
    const std::size_t begin = changed - std::min(around, changed - at);
    old_line += begin - at;
    new_line += begin - at;
    std::size_t end = changed, same = 0;
    while (end < rows.size() && same <= 2 * around) same = rows[end++].sign == ' ' ? same + 1 : 0;
    if (same > around) end -= same - around;
    std::size_t gone = 0, come = 0;
    std::string hunk;
    for (std::size_t row = begin; row < end; ++row) {
      gone += rows[row].sign != '+' ? 1 : 0;
      come += rows[row].sign != '-' ? 1 : 0;
      hunk += rows[row].sign;
      hunk += rows[row].line;
      if (!rows[row].line.ends_with('\n')) hunk += "\n\\ No newline at end of file\n";
    }
    text += "@@ -" + range(old_line, gone) + " +" + range(new_line, come) + " @@\n" + hunk;
    old_line += gone;
    new_line += come;
    at = end;
  }
  return text;
}

}  // namespace millrace
