#include "lsp/json.hpp"

#include <algorithm>

namespace millrace::lsp {
namespace {

std::int64_t number_of(Severity severity) {
  switch (severity) {
    case Severity::error:
      return 1;
    case Severity::warning:
      return 2;
    case Severity::hint:
      return 4;
  }
  return 3;
}

std::int64_t number_of(Completion::Kind kind) {
  switch (kind) {
    case Completion::Kind::key:
      return 10;  // property
    case Completion::Kind::word:
      return 12;  // value
    case Completion::Kind::action:
      return 23;  // event
    case Completion::Kind::group:
      return 9;  // module
    case Completion::Kind::connection:
      return 8;  // interface
    case Completion::Kind::secret:
      return 21;  // constant
    case Completion::Kind::name:
      return 6;  // variable
    case Completion::Kind::member:
      return 5;  // field
    case Completion::Kind::function:
      return 3;  // function
    case Completion::Kind::workflow:
      return 17;  // file
  }
  return 1;
}

std::int64_t number_of(OutlineEntry::Kind kind) {
  switch (kind) {
    case OutlineEntry::Kind::section:
      return 3;  // namespace
    case OutlineEntry::Kind::step:
      return 12;  // function
    case OutlineEntry::Kind::trigger:
      return 24;  // event
    case OutlineEntry::Kind::value:
      return 7;  // property
  }
  return 7;
}

Value encode_position(Position position) {
  return Value::object(
      {{"line", static_cast<std::int64_t>(position.line)}, {"character", static_cast<std::int64_t>(position.unit)}});
}

/// Editors sort by this text.
std::string in_order(std::size_t place) {
  std::string digits = std::to_string(place);
  return std::string(digits.size() < 5 ? 5 - digits.size() : 0, '0') + digits;
}

}  // namespace

std::int64_t whole_number(const Value* value) noexcept {
  return value != nullptr && value->is(Kind::integer) ? value->integer() : 0;
}

Position decode_position(const Value& position) {
  const auto part = [&position](std::string_view name) {
    return static_cast<std::size_t>(std::max<std::int64_t>(whole_number(position.find(name)), 0));
  };
  return {part("line"), part("character")};
}

Value Measured::range(const Range& range) const {
  return Value::object({{"start", encode_position(lines.position(range.begin, units))},
                        {"end", encode_position(lines.position(range.end, units))}});
}

Value encode_diagnostic(const Finding& finding, const Measured& text) {
  return Value::object({{"range", text.range(text.lines.range(finding.at))},
                        {"severity", number_of(finding.severity)},
                        {"code", finding.rule},
                        {"source", "millrace"},
                        {"message", finding.message}});
}

Value encode_edit(const Edit& edit, const Measured& text) {
  return Value::object({{"range", text.range(edit.range)}, {"newText", edit.text}});
}

Value encode_edits(const std::vector<Edit>& edits, const Measured& text) {
  Value::List list;
  for (const Edit& edit : edits) list.push_back(encode_edit(edit, text));
  return Value(std::move(list));
}

Value encode_changes(const std::string& uri, const std::vector<Edit>& edits, const Measured& text) {
  return Value::object({{"changes", Value::object({{uri, encode_edits(edits, text)}})}});
}

Value encode_outline(const std::vector<OutlineEntry>& entries, const Measured& text) {
  Value::List list;
  for (const OutlineEntry& entry : entries) {
    list.push_back(Value::object({{"name", entry.name},
                                  {"detail", entry.detail},
                                  {"kind", number_of(entry.kind)},
                                  {"range", text.range(entry.whole)},
                                  {"selectionRange", text.range(entry.chosen)},
                                  {"children", encode_outline(entry.inside, text)}}));
  }
  return Value(std::move(list));
}

Value encode_markdown(const std::string& text) { return Value::object({{"kind", "markdown"}, {"value", text}}); }

Value encode_completions(const Completions& found, const Measured& text) {
  const Value range = text.range(found.range);
  Value::List items;
  for (const Completion& one : found.items) {
    Map item;
    item.set("label", one.label);
    item.set("kind", number_of(one.kind));
    if (!one.detail.empty()) item.set("detail", one.detail);
    if (!one.documentation.empty()) item.set("documentation", encode_markdown(one.documentation));
    item.set("sortText", in_order(items.size()));
    item.set("textEdit", Value::object({{"range", range}, {"newText", one.text}}));
    items.emplace_back(std::move(item));
  }
  return Value::object({{"isIncomplete", !found.complete}, {"items", Value(std::move(items))}});
}

}  // namespace millrace::lsp
