#include "yaml/sketch.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.hpp"

namespace millrace {
namespace {

constexpr std::size_t deepest_sketch = 40;
constexpr std::size_t longest_key = 200;

/// A key that stands in the text, up to behind its colon.
struct SketchedKey {
  std::string text;
  std::size_t begin, end, behind;
};

bool blank_at(std::string_view text, std::size_t at) {
  return at >= text.size() || text[at] == ' ' || text[at] == '\t' || text[at] == '\n' || text[at] == '\r';
}

/// Puts lines together by their columns. What is open is a list of frames, from the root to where the text is; a frame
/// holds a list or mapping that may still grow, and the column of its dashes or keys.
class Sketcher {
 public:
  explicit Sketcher(YamlDocument& document) : document_(document), text_(document.lines.text()) {}

  void draw() {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    while (at_ < text_.size()) line();
    if (document_.root) close(*document_.root);
  }

 private:
  struct Frame {
    std::size_t column;
    Node* node;
  };

  /// Behind the blanks that stand there.
  std::size_t behind_blanks(std::size_t at) const { return std::min(text_.find_first_not_of(" \t", at), text_.size()); }
  bool ends_line(std::size_t at) const { return at >= text_.size() || text_[at] == '\n' || text_[at] == '\r'; }
  bool nothing_follows(std::size_t at) const { return ends_line(at) || text_[at] == '#'; }

  void line() {
    const std::size_t begin = at_;
    at_ = behind_blanks(at_);
    if (nothing_follows(at_)) return next_line();
    if (at_ == begin && (text_.substr(at_, 3) == "---" || text_.substr(at_, 3) == "...") && blank_at(text_, at_ + 3))
      return next_line();
    bool first = true;
    while (text_[at_] == '-' && blank_at(text_, at_ + 1)) {
      dash(at_ - begin);
      ++at_;
      first = false;
      at_ = behind_blanks(at_);
      if (nothing_follows(at_)) return next_line();
    }
    if (const auto found = key_here(at_)) {
      if (Node* value = key(at_ - begin, *found)) return behind_key(*value);
    } else if (first) {
      return lone_text(at_ - begin);
    } else if (Node* item = open_.empty() ? nullptr : slot()) {
      value(*item);
    }
    next_line();
  }

  void next_line() {
    const std::size_t end = text_.find('\n', at_);
    at_ = end == std::string_view::npos ? text_.size() : end + 1;
  }

  void behind_key(Node& node) {
    at_ = behind_blanks(at_);
    if (!nothing_follows(at_)) value(node);
    next_line();
  }

  /// Where the last piece of what is open innermost goes.
  Node* slot() {
    Node& node = *open_.back().node;
    if (node.is_list()) return node.items.empty() ? nullptr : &node.items.back();
    return node.members.empty() ? nullptr : &node.members.back().value;
  }

  void leave(std::size_t column, bool keep_list) {
    while (!open_.empty() && (open_.back().column > column ||
                              (open_.back().column == column && open_.back().node->is_list() && !keep_list)))
      open_.pop_back();
  }

  Node* begin_in(Node& place, Node::Kind kind, std::size_t column) {
    if (open_.size() >= deepest_sketch) return nullptr;
    if (!place.is_scalar() && place.kind != kind) return nullptr;
    if (place.is_scalar()) {
      place = Node();
      place.kind = kind;
      place.begin = place.end = at_;
    }
    open_.push_back({column, &place});
    return &place;
  }

  Node* root(Node::Kind kind, std::size_t column) {
    if (!document_.root) document_.root = Node();
    return begin_in(*document_.root, kind, column);
  }

  void dash(std::size_t column) {
    leave(column, true);
    Node* list = nullptr;
    if (open_.empty()) {
      list = root(Node::Kind::list, column);
    } else if (open_.back().node->is_list() && open_.back().column == column) {
      list = open_.back().node;
    } else if (Node* place = slot()) {
      list = begin_in(*place, Node::Kind::list, column);
    }
    if (list == nullptr) return;
    Node item;
    item.style = Node::Style::empty;
    item.begin = item.end = at_;
    list->items.push_back(std::move(item));
  }

  /// Gives the place of the key's value; nullptr where no mapping can be here.
  Node* key(std::size_t column, const SketchedKey& found) {
    leave(column, false);
    Node* map = nullptr;
    if (open_.empty()) {
      map = root(Node::Kind::map, column);
    } else if (open_.back().node->is_map() && open_.back().column == column) {
      map = open_.back().node;
    } else if (Node* place = slot(); place != nullptr && (place->is_empty() || (place->is_map() && !is_flow(*place)))) {
      map = begin_in(*place, Node::Kind::map, column);
    } else if (open_.back().node->is_map()) {
      map = open_.back().node;  // too far in: it belongs to what it stands below
    }
    if (map == nullptr) return nullptr;
    map->members.push_back({found.text, found.begin, found.end, empty_at(found.begin, found.end)});
    at_ = found.behind;
    return &map->members.back().value;
  }

  /// A word on a line of its own: the beginning of a key, or more of the text above.
  void lone_text(std::size_t column) {
    leave(column, false);
    const std::size_t end = plain_end(at_, false);
    const std::string word(trim(text_.substr(at_, end - at_)));
    Node* place = open_.empty() ? nullptr : slot();
    const bool beside_keys = !open_.empty() && open_.back().node->is_map() && open_.back().column == column;
    if (open_.empty() && (!document_.root || document_.root->is_map())) {
      if (Node* map = root(Node::Kind::map, column))
        map->members.push_back({word, at_, at_ + word.size(), empty_at(at_, at_ + word.size())});
    } else if (!beside_keys && place != nullptr && place->is_empty()) {
      return behind_key(*place);
    } else if (!beside_keys && place != nullptr && place->is_plain()) {
      place->text += " " + word;
      place->end = at_ + word.size();
    } else if (!open_.empty()) {
      Node* map = open_.back().node;
      if (map->is_list() && place != nullptr && place->is_map()) map = place;
      if (map->is_map()) map->members.push_back({word, at_, at_ + word.size(), empty_at(at_, at_ + word.size())});
    }
    next_line();
  }

  static Node empty_at(std::size_t begin, std::size_t end) {
    Node node;
    node.begin = begin;
    node.end = end;
    return node;
  }
  bool is_flow(const Node& node) const {
    return !node.is_scalar() && node.begin < text_.size() && (text_[node.begin] == '{' || text_[node.begin] == '[');
  }

  /// "key:" with a blank or a line's end behind it.
  std::optional<SketchedKey> key_here(std::size_t begin) const {
    if (begin >= text_.size()) return std::nullopt;
    const char quote = text_[begin];
    if (quote == '"' || quote == '\'') {
      const std::size_t close = text_.find_first_of(std::string{quote, '\n'}, begin + 1);
      if (close == std::string_view::npos || text_[close] != quote) return std::nullopt;
      if (close + 1 >= text_.size() || text_[close + 1] != ':' || !blank_at(text_, close + 2)) return std::nullopt;
      return SketchedKey{std::string(text_.substr(begin + 1, close - begin - 1)), begin, close + 1, close + 2};
    }
    const std::size_t stop =
        std::min(text_.find_first_of("\n{}[],&*#?|<>=!%@`\"'()", begin), std::min(text_.size(), begin + longest_key));
    for (std::size_t at = begin; at < stop; ++at) {
      if (text_[at] != ':' || !blank_at(text_, at + 1)) continue;
      const std::string_view name = trim(text_.substr(begin, at - begin));
      if (name.empty()) return std::nullopt;
      return SketchedKey{std::string(name), begin, begin + name.size(), at + 1};
    }
    return std::nullopt;
  }

  /// The end of unquoted text that begins here: of the line, or where a comment or, inside brackets, the next piece
  /// begins.
  std::size_t plain_end(std::size_t begin, bool flow) const {
    std::size_t at = begin;
    for (; !ends_line(at); ++at) {
      if (text_.substr(at, 3) == "${{") {
        const std::size_t close = text_.find_first_of("\n", at);
        const std::size_t end = text_.substr(at, close - at).find("}}");
        if (end != std::string_view::npos) at += end + 1;
        continue;
      }
      if (text_[at] == '#' && at > begin && (text_[at - 1] == ' ' || text_[at - 1] == '\t')) break;
      if (flow && (text_[at] == ',' || text_[at] == '}' || text_[at] == ']')) break;
    }
    while (at > begin && (text_[at - 1] == ' ' || text_[at - 1] == '\t')) --at;
    return at;
  }

  void value(Node& node) {
    node = empty_at(at_, at_);
    const char first = text_[at_];
    if (first == '|' || first == '>') return block_text(node);
    if (first == '{' || first == '[') return flow(node, 0);
    if (first == '"' || first == '\'') return quoted(node);
    node.style = Node::Style::plain;
    node.end = plain_end(at_, false);
    node.text = text_.substr(at_, node.end - at_);
    at_ = node.end;
  }

  std::size_t owner_column() const { return open_.empty() ? 0 : open_.back().column; }

  /// Whether the line that begins here belongs further out than what is open.
  bool outside(std::size_t begin) const {
    const std::size_t at = behind_blanks(begin);
    return !ends_line(at) && at - begin <= owner_column();
  }

  void block_text(Node& node) {
    node.style = text_[at_] == '|' ? Node::Style::literal : Node::Style::folded;
    const bool folded = node.style == Node::Style::folded;
    const bool stripped = text_.substr(at_ + 1, 1) == "-";
    std::size_t line = std::min(text_.find('\n', at_), text_.size());
    node.end = line;
    std::size_t indent = std::string_view::npos;
    while (line < text_.size() && !outside(line + 1)) {
      const std::size_t begin = line + 1;
      const std::size_t end = std::min(text_.find('\n', begin), text_.size());
      const std::string_view all = text_.substr(begin, end - begin);
      const std::size_t here = std::min(all.find_first_not_of(' '), all.size());
      if (here < all.size()) indent = std::min(indent, here);
      const bool joined = folded && here < all.size() && !node.text.ends_with('\n');
      if (!node.text.empty()) node.text += joined ? " " : folded && here < all.size() ? "" : "\n";
      node.text += all.substr(std::min(indent, here));
      line = end;
      if (here < all.size()) node.end = end;
    }
    while (node.text.ends_with('\n')) node.text.pop_back();
    if (!stripped && !node.text.empty()) node.text += '\n';
    at_ = node.end;
  }

  void quoted(Node& node) {
    const char quote = text_[at_];
    node.style = quote == '"' ? Node::Style::double_quoted : Node::Style::single_quoted;
    std::size_t at = at_ + 1;
    for (; at < text_.size(); ++at) {
      if (quote == '"' && text_[at] == '\\' && at + 1 < text_.size()) {
        const char escaped = text_[++at];
        node.text += escaped == 'n' ? '\n' : escaped == 't' ? '\t' : escaped;
        continue;
      } else if (text_[at] == quote) {
        if (quote != '\'' || at + 1 >= text_.size() || text_[at + 1] != '\'') break;
        ++at;
      } else if (text_[at] == '\n' && outside(at + 1)) {
        break;
      }
      node.text += text_[at];
    }
    const bool closed = at < text_.size() && text_[at] == quote;
    at_ = node.end = closed ? at + 1 : std::min(at, text_.size());
  }

  /// To the next piece inside brackets; false where a line begins that belongs further out, or the text ends.
  bool to_piece() {
    while (at_ < text_.size()) {
      if (text_[at_] == '\n' && outside(at_ + 1)) return false;
      if (text_[at_] == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (text_[at_] == ',' || blank_at(text_, at_)) {
        ++at_;
      } else {
        return true;
      }
    }
    return false;
  }

  void flow(Node& node, std::size_t depth) {
    const bool map = text_[at_] == '{';
    const char close = map ? '}' : ']';
    node.kind = map ? Node::Kind::map : Node::Kind::list;
    if (depth + open_.size() >= deepest_sketch) {
      at_ = node.end = std::min(text_.find('\n', at_), text_.size());
      return;
    }
    ++at_;
    while (to_piece() && text_[at_] != close) {
      if (text_[at_] == '}' || text_[at_] == ']') break;  // of what is around it
      if (map) {
        flow_member(node, depth);
      } else {
        node.items.push_back(empty_at(at_, at_));
        flow_value(node.items.back(), depth);
      }
    }
    if (at_ < text_.size() && text_[at_] == close) ++at_;
    node.end = at_;
  }

  void flow_member(Node& map, std::size_t depth) {
    const std::size_t begin = at_;
    if (const auto found = key_here(at_)) {
      map.members.push_back({found->text, found->begin, found->end, empty_at(found->begin, found->end)});
      at_ = found->behind;
      while (at_ < text_.size() && text_[at_] == ' ') ++at_;
      const bool nothing =
          at_ >= text_.size() || std::string_view(",}]\n\r#").find(text_[at_]) != std::string_view::npos;
      if (!nothing) flow_value(map.members.back().value, depth);
      return;
    }
    const std::size_t end = std::max(plain_end(at_, true), begin + 1);
    std::string_view word = trim(text_.substr(begin, end - begin));
    if (word.ends_with(':')) word.remove_suffix(1);
    map.members.push_back({std::string(word), begin, begin + word.size(), empty_at(begin, begin + word.size())});
    at_ = end;
  }

  void flow_value(Node& node, std::size_t depth) {
    node = empty_at(at_, at_);
    const char first = text_[at_];
    if (first == '{' || first == '[') return flow(node, depth + 1);
    if (first == '"' || first == '\'') return quoted(node);
    node.style = Node::Style::plain;
    node.end = std::max(plain_end(at_, true), at_ + 1);
    node.text = text_.substr(at_, node.end - at_);
    at_ = node.end;
  }

  /// Lets lists and mappings reach to the end of what is in them.
  static std::size_t close(Node& node) {
    for (Node& item : node.items) node.end = std::max(node.end, close(item));
    for (Node::Member& member : node.members)
      node.end = std::max(node.end, std::max(member.key_end, close(member.value)));
    return node.end;
  }

  YamlDocument& document_;
  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<Frame> open_;
};

}  // namespace

YamlDocument sketch_yaml(std::shared_ptr<const SourceText> source) {
  YamlDocument document = {SourceLines(std::move(source)), std::nullopt, {}};
  Sketcher(document).draw();
  return document;
}

}  // namespace millrace
