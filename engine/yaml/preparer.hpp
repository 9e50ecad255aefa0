#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "expr/template.hpp"
#include "yaml/prepare.hpp"

namespace millrace {

/// One pass over a text: follows its lines and indentation, and quotes what needs it.
class Preparer {
 public:
  explicit Preparer(const SourceLines& lines) : lines_(lines), text_(lines.text()) {}
  PreparedText run();

 private:
  /// A block mapping or list that is open, by its column.
  struct Level {
    std::size_t indent;
    bool list;
    std::string_view key;  // the last one
  };
  struct Edit {
    std::size_t at, removed;
    std::string inserted;
  };
  /// So that a guess can be taken back.
  struct State {
    std::size_t edits, quoted, findings;
  };

  // prepare.cpp: lines and their indentation
  void line();
  void tabs(std::size_t begin, std::size_t end, std::size_t column);
  void indentation(std::size_t line, std::size_t column, std::size_t content);
  void misplaced(std::size_t line, std::size_t content, std::size_t right, std::string message);
  void content(std::size_t at, std::size_t column);
  std::size_t dash_at(std::size_t at, std::size_t column);
  void enter(std::size_t column, bool list, std::string_view key);
  void stray(std::size_t at);
  bool glued(std::size_t at);
  bool glued_above();
  std::size_t behind_printed_blanks(std::size_t at, std::size_t& printed);
  std::optional<std::size_t> key_end(std::size_t at) const;
  PreparedText apply();

  // prepare_values.cpp: what stands behind a key or a dash
  void value(std::size_t at, std::size_t parent, bool after_key);
  std::size_t without_properties(std::size_t at);
  void refuse_reference(std::size_t begin, std::size_t end);
  bool block_scalar(std::size_t at, std::size_t parent);
  void quoted(std::size_t at, std::size_t parent);
  void plain(std::size_t at, std::size_t parent);
  std::size_t cut_end(std::size_t sign);
  void list_beside_key(std::size_t at);
  bool inside_hole(std::size_t begin, std::size_t end, int lines) const;
  std::size_t continuation(std::size_t at, std::size_t parent) const;
  void flow(std::size_t at, std::size_t parent);
  std::size_t flow_item(std::size_t at, bool in_map, bool is_value);
  std::size_t flow_item_end(std::size_t at, bool in_map, bool is_value, bool brackets);
  std::pair<std::size_t, std::size_t> line_around(std::size_t at);
  void protect(std::size_t begin, std::size_t end);
  void report(Finding finding);

  // Both
  std::size_t line_end(std::size_t at) const;
  std::size_t next_line(std::size_t at) const;
  std::size_t skip_blanks(std::size_t at) const;
  std::size_t trimmed(std::size_t begin, std::size_t end) const;
  bool ends_line(std::size_t at) const;  // nothing but a comment follows
  bool blank_at(std::size_t at) const;   // the end of the text counts
  std::optional<std::size_t> closing_quote(std::size_t at, std::size_t limit) const;
  std::optional<std::size_t> quoted_part(std::size_t at, std::size_t limit) const;
  const std::vector<Hole>& holes(std::size_t begin, std::size_t end);
  const Hole* hole_at(std::size_t at, std::size_t begin, std::size_t end);
  State state() const { return {edits_.size(), result_.quoted.size(), result_.findings.size()}; }
  void restore(const State& state);

  const SourceLines& lines_;
  std::string_view text_;
  std::size_t at_ = 0;
  std::optional<std::size_t> last_;  // where the content of the line above begins, behind its dashes
  bool expecting_ = true;            // a block may begin deeper: behind `key:` or `-`
  std::vector<Level> levels_;
  std::vector<Edit> edits_;
  PreparedText result_;

  std::pair<std::size_t, std::size_t> line_ = {1, 0};                 // looked at last inside brackets
  std::size_t holes_begin_ = std::string_view::npos, holes_end_ = 0;  // of the stretch looked at last
  std::vector<Hole> holes_;
};

}  // namespace millrace
