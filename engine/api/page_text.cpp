#include "api/page_text.hpp"

#include <algorithm>
#include <utility>

#include "value/or_null.hpp"

namespace millrace {

namespace {

constexpr std::size_t stretch = 256;  // bytes

/// How many units the character has of which this is a byte, told by its first: two where UTF-16 writes a pair.
std::size_t units_at(char byte) {
  const auto bits = static_cast<unsigned char>(byte);
  if ((bits & 0xc0) == 0x80) return 0;
  return bits >= 0xf0 ? 2 : 1;
}

std::string_view name_of(lsp::OutlineEntry::Kind kind) {
  switch (kind) {
    case lsp::OutlineEntry::Kind::section:
      return "section";
    case lsp::OutlineEntry::Kind::step:
      return "step";
    case lsp::OutlineEntry::Kind::trigger:
      return "trigger";
    case lsp::OutlineEntry::Kind::value:
      return "value";
  }
  return "";
}

}  // namespace

PageText::PageText(std::string_view text) : text_(text), lines_(text) {
  std::size_t units = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (at % stretch == 0) units_.push_back(units);
    units += units_at(text[at]);
  }
}

std::size_t PageText::place(std::size_t byte) const {
  byte = std::min(byte, text_.size());
  while (byte > 0 && byte < text_.size() && units_at(text_[byte]) == 0) --byte;
  if (byte == 0) return 0;
  const std::size_t from = (byte - 1) / stretch;
  std::size_t units = units_[from];
  for (std::size_t at = from * stretch; at < byte; ++at) units += units_at(text_[at]);
  return units;
}

std::size_t PageText::byte(std::size_t place) const {
  const auto behind = std::upper_bound(units_.begin(), units_.end(), place);
  if (behind == units_.begin()) return 0;
  const auto from = static_cast<std::size_t>(behind - units_.begin()) - 1;
  std::size_t units = units_[from], at = from * stretch;
  while (at < text_.size() && units + units_at(text_[at]) <= place) units += units_at(text_[at++]);
  return at;
}

Value PageText::encode(const std::vector<Finding>& findings) const {
  Value::List list;
  for (const Finding& finding : findings) {
    const lsp::Range range = lines_.range(finding.at);
    const std::size_t from = place(range.begin), to = place(range.end);
    Value fix;
    if (finding.suggestion) fix = Value::object({{"from", from}, {"to", to}, {"text", *finding.suggestion}});
    list.push_back(Value::object({{"from", from},
                                  {"to", to},
                                  {"line", std::int64_t{finding.at.line}},
                                  {"column", std::int64_t{finding.at.column}},
                                  {"rule", finding.rule},
                                  {"severity", name_of(finding.severity)},
                                  {"message", finding.message},
                                  {"fix", std::move(fix)}}));
  }
  return Value(std::move(list));
}

Value PageText::encode(const std::vector<lsp::OutlineEntry>& entries) const {
  Value::List list;
  for (const lsp::OutlineEntry& entry : entries) {
    list.push_back(Value::object({{"kind", name_of(entry.kind)},
                                  {"name", entry.name},
                                  {"detail", text_or_null(entry.detail)},
                                  {"from", place(entry.whole.begin)},
                                  {"to", place(entry.whole.end)},
                                  {"name_from", place(entry.chosen.begin)},
                                  {"name_to", place(entry.chosen.end)},
                                  {"inside", encode(entry.inside)}}));
  }
  return Value(std::move(list));
}

}  // namespace millrace
