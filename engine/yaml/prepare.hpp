#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "yaml/source_lines.hpp"

namespace millrace {

/// A workflow's text as a YAML parser can read it, with the way back to what the person wrote.
///
/// People write `x: ${{ a ? 'b' : 'c' }}` and `if: 'x' in tags`; YAML sees a mapping and a stray word. So each unquoted
/// text that YAML would misread is put in quotes here, and every place of the new text knows its place in the old one.
class PreparedText {
 public:
  /// An unquoted text that was put in quotes, in bytes of the source.
  struct Span {
    std::size_t begin, end;
  };
  /// An unquoted text that a comment ends which looks like a part of it.
  struct Cut {
    std::size_t begin;     ///< of the text
    std::size_t line_end;  ///< behind the last character of the comment
  };

  std::string text;
  std::vector<Span> quoted;  ///< ascending
  std::vector<Cut> cuts;     ///< ascending
  std::vector<Finding> findings;
  bool broken = false;    ///< a finding is about the structure: what the parser says would only repeat it
  bool too_deep = false;  ///< one of them is that: a parser would look at all of it before it says so

  std::size_t source_offset(std::size_t offset) const noexcept;

 private:
  friend class Preparer;
  struct Segment {
    std::size_t here, source;
  };
  std::vector<Segment> segments_;
};

PreparedText prepare(const SourceLines& lines);

/// So deep lists and mappings may stand inside each other.
constexpr std::size_t deepest = 40;
std::string too_deep_here();

}  // namespace millrace
