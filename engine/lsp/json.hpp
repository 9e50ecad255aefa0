#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "lsp/completion.hpp"
#include "lsp/cures.hpp"
#include "lsp/outline.hpp"
#include "lsp/text_lines.hpp"
#include "value/value.hpp"

namespace millrace::lsp {

// The protocol's objects. What is missing or malformed is read as nought.

std::int64_t whole_number(const Value* value) noexcept;
Position decode_position(const Value& position);

/// A text with its lines, and what the client counts in them.
struct Measured {
  const SourceText& source;
  TextLines lines;
  Units units;

  Measured(const SourceText& text, Units counted) : source(text), lines(text.text), units(counted) {}
  std::size_t offset(const Value& position) const { return lines.offset(decode_position(position), units); }
  Value range(const Range& range) const;
};

Value encode_diagnostic(const Finding& finding, const Measured& text);
Value encode_completions(const Completions& found, const Measured& text);
Value encode_edit(const Edit& edit, const Measured& text);
Value encode_edits(const std::vector<Edit>& edits, const Measured& text);
/// A change of the whole workspace: these edits of one text.
Value encode_changes(const std::string& uri, const std::vector<Edit>& edits, const Measured& text);
Value encode_outline(const std::vector<OutlineEntry>& entries, const Measured& text);
Value encode_markdown(const std::string& text);

}  // namespace millrace::lsp
