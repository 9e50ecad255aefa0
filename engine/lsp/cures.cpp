#include "lsp/cures.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "lsp/diagnostics.hpp"
#include "workflow/fix.hpp"
#include "yaml/layout.hpp"

namespace millrace::lsp {
namespace {

constexpr std::size_t longest_title = 60;

/// What of the two texts is not the same, as an edit of the first.
Edit difference(const std::string& before, const std::string& after) {
  const std::size_t least = std::min(before.size(), after.size());
  std::size_t same = 0;
  while (same < least && before[same] == after[same]) ++same;
  std::size_t behind = 0;
  while (behind < least - same && before[before.size() - 1 - behind] == after[after.size() - 1 - behind]) ++behind;
  const auto inside = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; };
  while (same > 0 && same < before.size() && inside(before[same])) --same;
  while (behind > 0 && inside(before[before.size() - behind])) --behind;
  return {{same, before.size() - behind}, after.substr(same, after.size() - behind - same)};
}

}  // namespace

std::vector<Cure> cures_in(const SourceText& source, const std::vector<Finding>& findings, const Range& range) {
  const TextLines lines(source.text);
  std::vector<Cure> cures;
  for (const Finding& finding : findings) {
    const Range at = lines.range(finding.at);
    if (!finding.suggestion || at.end < range.begin || at.begin > range.end) continue;
    const std::string& text = *finding.suggestion;
    const std::string title = text.empty() ? "Take it out" : "Write " + shortened(text, longest_title);
    cures.push_back({title, {at, text}, finding});
  }
  return cures;
}

std::optional<Edit> lay_out(const SourceText& source) {
  if (kind_while_typing(source) == FileKind::other) return std::nullopt;
  const Layout layout = laid_out(std::make_shared<const SourceText>(source));
  if (!layout.text || *layout.text == source.text) return std::nullopt;
  return difference(source.text, *layout.text);
}

std::optional<Edit> fix_all(const SourceText& source, const ProjectView& view) {
  const auto text = std::make_shared<const SourceText>(source);
  const Corrected corrected =
      correct(text, [&view](std::shared_ptr<const SourceText> tried) { return findings_in(std::move(tried), view); });
  if (corrected.made.empty()) return std::nullopt;
  return difference(source.text, corrected.text);
}

}  // namespace millrace::lsp
