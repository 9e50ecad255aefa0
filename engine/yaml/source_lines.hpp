#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace millrace {

/// Where the lines of a text begin, as findings count them: behind each \n.
std::vector<std::size_t> line_starts(std::string_view text);

/// A stretch of a text, in bytes.
struct Bytes {
  std::size_t begin, end;
};
/// What a place names of the text whose lines start so, its line's end never with it; nothing where it names no line.
std::optional<Bytes> bytes_of(std::string_view text, const std::vector<std::size_t>& starts, const SourceMark& at);

/// Byte offsets of a text as lines and columns. Lines may be of any length: a place costs the same everywhere.
class SourceLines {
 public:
  explicit SourceLines(std::shared_ptr<const SourceText> source);

  /// The place of the bytes from `begin` to `end`; its length ends with the line.
  SourceMark mark(std::size_t begin, std::size_t end) const;
  const std::shared_ptr<const SourceText>& source() const noexcept { return source_; }
  std::string_view text() const noexcept { return source_->text; }

 private:
  std::size_t characters_before(std::size_t offset) const;

  std::shared_ptr<const SourceText> source_;
  std::vector<std::size_t> starts_;  ///< of the lines
  std::vector<std::size_t> counts_;  ///< of the characters before each stretch of the text
};

}  // namespace millrace
