#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace millrace::lsp {

/// A stretch of a text, in bytes.
struct Range {
  std::size_t begin = 0, end = 0;
  bool operator==(const Range&) const = default;
};

/// A place as editors name it: lines and units of a line, both from nought.
struct Position {
  std::size_t line = 0, unit = 0;
  bool operator==(const Position&) const = default;
};

/// What an editor counts in a line.
enum class Units : std::uint8_t {
  utf8,   ///< bytes
  utf16,  ///< as the protocol has it unless both sides agree on bytes: two for what UTF-16 writes as a pair
};

/// Bytes of a text as an editor's lines and units, and back. Lines end with \n, \r\n or a \r alone. What lies behind a
/// line's or the text's end is that end, and what lies inside a character is its beginning. Borrows the text.
class TextLines {
 public:
  explicit TextLines(std::string_view text);

  Position position(std::size_t offset, Units units) const;
  std::size_t offset(Position position, Units units) const;
  /// Where a finding's place stands, which counts lines as `SourceLines` does: of a place without a line the first
  /// line.
  Range range(const SourceMark& at) const;
  /// The line without what ends it; empty where there are fewer.
  std::string_view line(std::size_t number) const;
  std::size_t begin_of(std::size_t line) const;
  std::size_t line_of(std::size_t offset) const;
  std::size_t count() const noexcept { return starts_.size(); }

 private:
  std::string_view text_;
  std::vector<std::size_t> starts_;
  std::vector<std::size_t> of_findings_;  ///< where lines begin as findings count them
};

}  // namespace millrace::lsp
