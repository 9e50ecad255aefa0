#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "yaml/source_lines.hpp"

namespace millrace {

/// A file of a project may be this large, in bytes.
constexpr std::size_t largest_file = 256u << 10;

/// A piece of a YAML file: what was written and where, typed by nobody yet. Offsets are bytes of the source.
struct Node {
  enum class Kind : std::uint8_t { scalar, list, map };
  /// How a scalar was written; `empty` stands for nothing at all behind a key or dash.
  enum class Style : std::uint8_t { empty, plain, single_quoted, double_quoted, literal, folded };
  struct Member;

  Kind kind = Kind::scalar;
  Style style = Style::empty;
  std::string text;       ///< of a scalar, without quotes and escapes
  std::size_t begin = 0;  ///< the first byte, a quote included; of the key or the dash where there is nothing
  std::size_t end = 0;    ///< behind the last byte of a scalar; of a list or mapping behind its first character
  std::size_t cut = 0;    ///< where a comment ends that looks like a part of this text, or like all of it, or 0
  std::vector<Node> items;
  std::vector<Member> members;

  bool is_scalar() const noexcept { return kind == Kind::scalar; }
  bool is_list() const noexcept { return kind == Kind::list; }
  bool is_map() const noexcept { return kind == Kind::map; }
  bool is_empty() const noexcept { return is_scalar() && style == Style::empty; }
  bool is_plain() const noexcept { return is_scalar() && style == Style::plain; }
  const Member* member(std::string_view key) const noexcept;
  const Node* find(std::string_view key) const noexcept;
};

struct Node::Member {
  std::string key;
  std::size_t key_begin = 0, key_end = 0;
  Node value;
};

/// A file as a tree, or findings that say why there is none.
struct YamlDocument {
  SourceLines lines;
  std::optional<Node> root;
  std::vector<Finding> findings;

  const std::string& text() const noexcept { return lines.source()->text; }
  SourceMark mark(const Node& node) const { return lines.mark(node.begin, node.end); }
  SourceMark key_mark(const Node::Member& member) const { return lines.mark(member.key_begin, member.key_end); }
  /// Where the byte `offset` of a scalar's text stands in the file, whatever its quotes, escapes and line breaks.
  std::size_t source_offset(const Node& scalar, std::size_t offset) const;
  /// The same for each byte from `begin` to `end`.
  std::vector<std::size_t> source_offsets(const Node& scalar, std::size_t begin, std::size_t end) const;
};

/// Reads a file's text. Anchors, aliases, merge keys and duplicate keys are refused, and what people type between
/// YAML's lines
/// (`x: ${{ a ? 'b' : 'c' }}`, `if: 'x' in tags`, `cron: */5 * * * *`) is read as they mean it.
YamlDocument read_yaml(std::shared_ptr<const SourceText> source);

}  // namespace millrace
