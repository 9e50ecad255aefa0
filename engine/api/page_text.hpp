#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "lsp/outline.hpp"
#include "lsp/text_lines.hpp"
#include "value/value.hpp"

namespace millrace {

/// A text as a page has it, whose places are counted as its language counts: in units of UTF-16 from the beginning.
/// Borrows the text.
class PageText {
 public:
  explicit PageText(std::string_view text);

  std::size_t place(std::size_t byte) const;  ///< of a byte; inside of a character: of its beginning
  std::size_t byte(std::size_t place) const;  ///< the end, where there are fewer

  /// [{"from","to","line","column","rule","severity","message","fix"}]
  Value encode(const std::vector<Finding>& findings) const;
  Value encode(const std::vector<lsp::OutlineEntry>& entries) const;

 private:
  std::string_view text_;
  lsp::TextLines lines_;
  std::vector<std::size_t> units_;  ///< before each stretch of the text
};

}  // namespace millrace
