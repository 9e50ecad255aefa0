#include "yaml/source_lines.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"

namespace millrace {
namespace {

constexpr std::size_t stretch = 256;  // bytes

}  // namespace

std::vector<std::size_t> line_starts(std::string_view text) {
  std::vector<std::size_t> starts = {0};
  for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1))
    starts.push_back(at + 1);
  return starts;
}

std::optional<Bytes> bytes_of(std::string_view text, const std::vector<std::size_t>& starts, const SourceMark& at) {
  const auto line = static_cast<std::size_t>(std::max(at.line, 0));
  if (line < 1 || line > starts.size() || at.column < 1) return std::nullopt;
  const std::size_t start = starts[line - 1];
  std::string_view rest = text.substr(start, text.find('\n', start) - start);
  if (rest.ends_with('\r') && start + rest.size() < text.size()) rest.remove_suffix(1);
  const std::size_t begin = offset_of_character(rest, static_cast<std::size_t>(at.column - 1));
  const std::string_view behind = rest.substr(begin);
  const std::size_t size = offset_of_character(behind, static_cast<std::size_t>(std::max(at.length, 0)));
  return Bytes{start + begin, start + begin + size};
}

SourceLines::SourceLines(std::shared_ptr<const SourceText> source)
    : source_(std::move(source)), starts_(line_starts(text())) {
  counts_.push_back(0);
  for (std::size_t at = 0; at < text().size(); at += stretch) {
    counts_.push_back(counts_.back() + length_in_characters(text().substr(at, stretch)));
  }
}

std::size_t SourceLines::characters_before(std::size_t offset) const {
  if (counts_.back() == text().size()) return offset;
  const std::size_t whole = offset / stretch;
  return counts_[whole] + length_in_characters(text().substr(whole * stretch, offset - whole * stretch));
}

SourceMark SourceLines::mark(std::size_t begin, std::size_t end) const {
  begin = std::min(begin, text().size());
  const auto next = std::upper_bound(starts_.begin(), starts_.end(), begin);
  const std::size_t start = *(next - 1);
  std::size_t line_end = next == starts_.end() ? text().size() : *next - 1;
  if (line_end > begin && text()[line_end - 1] == '\r') --line_end;
  const std::size_t before = characters_before(begin);
  const std::size_t column = before - characters_before(start) + 1;
  const std::size_t length = characters_before(std::max(begin, std::min(end, line_end))) - before;
  return {source_, static_cast<int>(next - starts_.begin()), static_cast<int>(column),
          static_cast<int>(std::max<std::size_t>(length, 1))};
}

}  // namespace millrace
