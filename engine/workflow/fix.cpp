#include "workflow/fix.hpp"

#include <algorithm>
#include <string_view>

#include "base/text.hpp"

namespace millrace {
namespace {

struct Replacement {
  std::size_t begin, end;
  const std::string* text;
};

std::vector<std::size_t> line_starts(std::string_view text) {
  std::vector<std::size_t> starts = {0};
  for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1))
    starts.push_back(at + 1);
  return starts;
}

}  // namespace

std::string apply_fixes(const SourceText& source, const std::vector<Finding>& findings) {
  const std::string_view text = source.text;
  const std::vector<std::size_t> starts = line_starts(text);
  std::vector<Replacement> replacements;
  for (const Finding& finding : findings) {
    const auto line = static_cast<std::size_t>(std::max(finding.at.line, 0));
    if (!finding.suggestion || line < 1 || line > starts.size() || finding.at.column < 1) continue;
    const std::size_t start = starts[line - 1];
    const std::string_view rest = text.substr(start, text.find('\n', start) - start);
    const std::size_t begin = offset_of_character(rest, static_cast<std::size_t>(finding.at.column - 1));
    const std::string_view behind = rest.substr(begin);
    const std::size_t size = offset_of_character(behind, static_cast<std::size_t>(std::max(finding.at.length, 0)));
    replacements.push_back({start + begin, start + begin + size, &*finding.suggestion});
  }
  std::stable_sort(replacements.begin(), replacements.end(),
                   [](const Replacement& left, const Replacement& right) { return left.begin < right.begin; });
  std::string fixed;
  std::size_t copied = 0;
  bool any = false;
  for (const Replacement& one : replacements) {
    if (any && one.begin < copied) continue;
    fixed += text.substr(copied, one.begin - copied);
    fixed += *one.text;
    copied = one.end;
    any = true;
  }
  return fixed += text.substr(copied);
}

}  // namespace millrace
