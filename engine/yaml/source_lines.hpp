#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace millrace {

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
