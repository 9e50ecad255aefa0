#include "yaml/layout.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "yaml/files.hpp"
#include "yaml/rules.hpp"

namespace millrace {
namespace {

constexpr std::size_t deeper = 2;  // blanks
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

std::string_view without_end_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// The same of a line that text in quotes may go on behind: a blank behind a backslash is a part of the text.
std::string_view without_loose_blanks(std::string_view line) {
  const std::string_view content = without_end_blanks(line);
  return content.ends_with('\\') && content.size() < line.size() ? line.substr(0, content.size() + 1) : content;
}

/// REQUIRES: no carriage return stands alone, as in no text that is fit to be read.
std::string with_unix_line_ends(std::string_view text) {
  while (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  std::string made(text);
  std::erase(made, '\r');
  return made;
}

/// What of a file's text is no layout: everything but blanks and line ends.
std::string letters_of(std::string_view text) {
  std::string letters;
  for (const char c : text) {
    if (!is_blank(c) && c != '\n' && c != '\r') letters += c;
  }
  return letters;
}

/// Where keys, values and text over several lines stand, out of a file's tree.
class Places {
 public:
  Places(std::string_view text, const Node& root) : text_(text) { visit(root); }

  /// Behind the key that begins here; npos where none does.
  std::size_t key_end(std::size_t at) const {
    const auto found = keys_.find(at);
    return found == keys_.end() ? std::string_view::npos : found->second;
  }
  /// Behind the value that begins here on one line and ends on another: brackets, or text that is no block.
  std::size_t value_end(std::size_t at) const {
    const auto found = values_.find(at);
    return found == values_.end() ? at : found->second;
  }
  bool is_block_text(std::size_t at) const { return std::binary_search(block_texts_.begin(), block_texts_.end(), at); }

 private:
  /// Gives where the node ends, as far as that has to be known: not of blocks.
  std::size_t visit(const Node& node) {
    if (node.is_scalar()) {
      if (node.style == Node::Style::literal || node.style == Node::Style::folded) block_texts_.push_back(node.begin);
      if (!node.is_empty()) values_[node.begin] = node.end;
      return node.is_empty() ? 0 : node.end;
    }
    std::size_t end = node.begin + 1;
    for (const Node& item : node.items) end = std::max(end, visit(item));
    for (const Node::Member& member : node.members) {
      keys_[member.key_begin] = member.key_end;
      end = std::max({end, member.key_end, visit(member.value)});
    }
    const char first = node.begin < text_.size() ? text_[node.begin] : ' ';
    if (first != '[' && first != '{') return end;
    return values_[node.begin] = behind_bracket(end);
  }

  /// Behind the bracket that closes what ended at `at`: nothing but commas, blanks and comments stand in between.
  std::size_t behind_bracket(std::size_t at) const {
    while (at < text_.size() && text_[at] != ']' && text_[at] != '}') {
      at = text_[at] == '#' ? std::min(text_.find('\n', at), text_.size()) : at + 1;
    }
    return std::min(at + 1, text_.size());
  }

  std::string_view text_;
  std::map<std::size_t, std::size_t> keys_, values_;
  std::vector<std::size_t> block_texts_;  // ascending, as the tree is
};

/// One pass over the lines of a text that was read.
class Lines {
 public:
  Lines(std::string_view text, const Places& places) : text_(text), places_(places) {}

  std::string run() {
    while (at_ < text_.size()) {
      const std::size_t first = skip_blanks(at_);
      if (first >= text_.size() || text_[first] == '\n') {
        had_blank_line_ = true;
        at_ = next_line(first);
      } else if (text_[first] == '#') {
        remarks_.push_back({first - at_, first, had_blank_line_});
        had_blank_line_ = false;
        at_ = next_line(first);
      } else {
        line(first);
      }
    }
    put_remarks(std::nullopt, 0);
    return std::move(made_);
  }

 private:
  /// An open block: where its entries stand, and where they shall.
  struct Level {
    std::size_t was, is;
    bool list;
  };
  /// A line that is a comment, which waits for the line below it.
  struct Remark {
    std::size_t column, at;
    bool behind_blank_line;
  };

  std::size_t line_end(std::size_t at) const { return std::min(text_.find('\n', at), text_.size()); }
  std::size_t next_line(std::size_t at) const { return std::min(line_end(at) + 1, text_.size()); }
  std::size_t skip_blanks(std::size_t at) const {
    while (at < text_.size() && is_blank(text_[at])) ++at;
    return at;
  }
  bool ends_word(std::size_t at) const { return at >= text_.size() || is_blank(text_[at]) || text_[at] == '\n'; }
  /// The colon behind the key that begins here; npos where none does.
  std::size_t colon_behind(std::size_t at) const {
    const std::size_t end = places_.key_end(at);
    if (end == std::string_view::npos) return end;
    const std::size_t colon = skip_blanks(end);
    return colon < text_.size() && text_[colon] == ':' ? colon : std::string_view::npos;
  }
  bool dash(std::size_t at) const { return text_[at] == '-' && ends_word(at + 1); }

  void put_line(std::size_t column, std::string_view content, bool behind_blank_line) {
    if (behind_blank_line && !made_.empty()) made_ += '\n';
    made_.append(column, ' ');
    made_ += content;
    made_ += '\n';
  }

  /// A remark goes with the entry below it where it stands in its column, else with the block that it stands in.
  void put_remarks(std::optional<std::size_t> next_was, std::size_t next_is) {
    for (const Remark& remark : remarks_) {
      std::size_t column = 0;
      for (const Level& level : levels_) {
        if (level.was <= remark.column) column = level.is;
      }
      if (next_was == remark.column) column = next_is;
      put_line(column, without_end_blanks(text_.substr(remark.at, line_end(remark.at) - remark.at)),
               remark.behind_blank_line);
    }
    remarks_.clear();
  }

  /// The column of the entry that begins a line; its block is open afterwards, and what is inside blocks that end here
  /// is not.
  std::size_t enter(std::size_t column, bool list) {
    while (!levels_.empty() && levels_.back().was > column) levels_.pop_back();
    if (!levels_.empty() && levels_.back().was == column) {
      const bool beside_key = levels_.size() > 1 && levels_[levels_.size() - 2].was == column;
      if (levels_.back().list && !list && beside_key) levels_.pop_back();
      if (levels_.back().list == list) return levels_.back().is;
    }
    const std::size_t is = levels_.empty() ? 0 : levels_.back().is + deeper;
    levels_.push_back({column, is, list});
    return is;
  }

  void line(std::size_t first) {
    const std::size_t was = first - at_;
    const bool marker =
        was == 0 && (text_.substr(first, 3) == "---" || text_.substr(first, 3) == "..." || text_[first] == '%');
    const bool entry = dash(first) || colon_behind(first) != std::string_view::npos;
    const std::vector<Level> before = levels_;
    std::size_t is = 0;
    if (entry) {
      is = enter(was, dash(first));
    } else if (!marker && !levels_.empty()) {
      while (levels_.size() > 1 && levels_.back().was >= was) levels_.pop_back();
      is = levels_.back().is + deeper;  // a value on a line of its own
    }
    const std::vector<Level> now = std::exchange(levels_, before);
    put_remarks(was, is);
    levels_ = now;
    const bool behind_blank_line = std::exchange(had_blank_line_, false);
    std::string content;
    std::size_t here = first;
    while (here < text_.size() && dash(here)) here = behind_dash(here, is + content.size(), content);
    here = behind_key(here, content);
    put_value(here, {was, is}, std::move(content), behind_blank_line);
  }

  /// Takes a dash; what stands behind it begins a block of its own where it is an entry.
  std::size_t behind_dash(std::size_t at, std::size_t is, std::string& content) {
    content += '-';
    const std::size_t next = skip_blanks(at + 1);
    if (next >= text_.size() || text_[next] == '\n') return next;
    content += text_[next] == '#' ? std::string(text_.substr(at + 1, next - at - 1)) : " ";
    const bool entry = dash(next) || colon_behind(next) != std::string_view::npos;
    if (entry) levels_.push_back({next - at_, is + deeper, dash(next)});
    return next;
  }

  std::size_t behind_key(std::size_t at, std::string& content) {
    const std::size_t colon = colon_behind(at);
    if (colon == std::string_view::npos) return at;
    content += text_.substr(at, colon + 1 - at);
    const std::size_t next = skip_blanks(colon + 1);
    if (next >= text_.size() || text_[next] == '\n') return next;
    content += text_[next] == '#' ? std::string(text_.substr(colon + 1, next - colon - 1)) : " ";
    return next;
  }

  /// The rest of the line, and the lines that what begins on it goes on over.
  void put_value(std::size_t at, std::pair<std::size_t, std::size_t> columns, std::string content,
                 bool behind_blank_line) {
    const std::size_t value_end = places_.value_end(at);
    std::size_t end = line_end(at);
    content += text_.substr(at, end - at);
    put_line(columns.second, value_end > end ? without_loose_blanks(content) : without_end_blanks(content),
             behind_blank_line);
    at_ = next_line(end);
    if (places_.is_block_text(at)) return put_block_text(text_.substr(at, end - at));
    while (end < value_end && at_ < text_.size()) {
      end = line_end(at_);
      put_continuation(text_.substr(at_, end - at_), columns);
      at_ = next_line(end);
    }
  }

  /// A line inside brackets, or of text that goes on: it moves with the line that it began on.
  void put_continuation(std::string_view line, std::pair<std::size_t, std::size_t> columns) {
    const auto [was, is] = columns;
    const std::size_t first = std::min(line.find_first_not_of(" \t"), line.size());
    if (first == line.size()) {
      made_ += '\n';
      return;
    }
    const std::size_t column = first + is >= was ? first + is - was : 0;
    made_.append(column, ' ');
    made_ += without_loose_blanks(line).substr(first);
    made_ += '\n';
  }

  /// Text behind | or >: moved as a whole, with the blanks inside it.
  void put_block_text(std::string_view header) {
    const Level parent = levels_.empty() ? Level{0, 0, false} : levels_.back();
    const std::string_view signs = header.substr(0, header.find_first_of(" \t#"));
    const bool keeps_end = signs.find('+') != std::string_view::npos;
    const std::size_t digit = signs.find_first_of("123456789");
    std::optional<std::size_t> was, is;
    if (digit != std::string_view::npos) {
      was = parent.was + static_cast<std::size_t>(signs[digit] - '0');
      is = parent.is + static_cast<std::size_t>(signs[digit] - '0');
    }
    std::size_t blank_lines = 0;
    while (at_ < text_.size()) {
      const std::size_t end = line_end(at_);
      const std::string_view line = text_.substr(at_, end - at_);
      const std::size_t first = std::min(line.find_first_not_of(' '), line.size());
      const bool only_blanks = first == line.size();
      if (!only_blanks && !was)
        was = first > parent.was || levels_.empty() ? first : parent.was + 1, is = parent.is + deeper;
      if (!only_blanks && (first < *was || (first <= parent.was && !levels_.empty()))) break;
      if (only_blanks && (!was || line.size() <= *was)) {
        ++blank_lines;
      } else {
        made_.append(std::exchange(blank_lines, 0), '\n');
        made_.append(*is, ' ');
        made_ += line.substr(*was);
        made_ += end < text_.size() ? "\n" : "";
      }
      at_ = next_line(end);
    }
    if (keeps_end) {
      made_.append(blank_lines, '\n');
    } else {
      had_blank_line_ = blank_lines > 0;
    }
  }

  std::string_view text_;
  const Places& places_;
  std::size_t at_ = 0;  // the beginning of a line
  std::vector<Level> levels_;
  std::vector<Remark> remarks_;
  bool had_blank_line_ = false;
  std::string made_;
};

}  // namespace

bool same_tree(const Node& one, const Node& other) noexcept {
  if (one.kind != other.kind || one.style != other.style || one.text != other.text) return false;
  const auto same_member = [](const Node::Member& left, const Node::Member& right) {
    return left.key == right.key && same_tree(left.value, right.value);
  };
  return std::equal(one.items.begin(), one.items.end(), other.items.begin(), other.items.end(), same_tree) &&
         std::equal(one.members.begin(), one.members.end(), other.members.begin(), other.members.end(), same_member);
}

Layout laid_out(const std::shared_ptr<const SourceText>& source) {
  if (auto unfit = unfit_text(source)) return {std::nullopt, {std::move(*unfit)}};
  YamlDocument read = read_yaml(source);
  if (!read.findings.empty()) return {std::nullopt, std::move(read.findings)};
  if (!read.root || read.root->is_empty()) return {std::nullopt, {empty_file(read)}};
  if (!read.root->is_map()) return {std::nullopt, {not_a_mapping(read, "version: 1")}};
  const auto plain = std::make_shared<const SourceText>(SourceText{source->name, with_unix_line_ends(source->text)});
  const YamlDocument document = read_yaml(plain);
  if (document.root) {
    const Places places(plain->text, *document.root);
    std::string text = Lines(plain->text, places).run();
    const YamlDocument again = read_yaml(std::make_shared<const SourceText>(SourceText{source->name, text}));
    const bool same = again.root && again.findings.empty() && same_tree(*read.root, *again.root) &&
                      letters_of(plain->text) == letters_of(text);
    const bool settled = same && Lines(text, Places(text, *again.root)).run() == text;  // once is enough
    if (settled) return {std::move(text), {}};
  }
  return {std::nullopt,
          {finding(Rule::wrong_indentation, read.mark(*read.root),
                   "this is written in a way that cannot be laid out without reading as something else")}};
}

}  // namespace millrace
