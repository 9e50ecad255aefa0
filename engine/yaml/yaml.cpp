#include "yaml/yaml.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <sstream>
#include <unordered_map>
#include <utility>

#include "base/text.hpp"
#include "yaml/prepare.hpp"
#include "yaml/rules.hpp"

namespace millrace {
namespace {

/// Ends the parsing; what is wrong has been noted.
struct Stopped {};

/// Builds the tree from the parser's events.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(YamlDocument& document, const PreparedText& prepared) : document_(document), prepared_(prepared) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (!document_.root) return;
    const std::size_t at = source_offset(mark);
    refuse(Rule::second_document, at, at + 3, "a file holds one document, and here begins a second one");
    throw Stopped();
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    Node node = here(mark);
    for (const std::string_view word : {"null", "Null", "NULL", "~"}) {
      const bool written =
          rest(node.begin).starts_with(word) && !is_last_key(node.begin) && ends_word(node.begin + word.size());
      if (!written) continue;
      node.style = Node::Style::plain;
      node.text = word;
      node.end = node.begin + word.size();
      add(std::move(node));
      return;
    }
    const bool behind_key = !open_.empty() && open_.back()->is_map() && !expects_key_;
    if (behind_key) {
      node.begin = open_.back()->members.back().key_begin;
      node.end = open_.back()->members.back().key_end;
    } else if (const auto dash = dash_before(node.begin); dash && !open_.empty() && open_.back()->is_list()) {
      node.begin = *dash;
      node.end = *dash + 1;
    }
    node.cut = comment_as_value(node.end);
    add(std::move(node));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    const std::size_t at = source_offset(mark);
    refuse(Rule::anchor_or_alias, at, at + 1, "aliases are refused: write the value here, or put it into vars");
    add(here(mark));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_properties(mark, tag, anchor);
    Node node = here(mark);
    node.text = value;
    style(node);
    add(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    begin(mark, tag, anchor, Node::Kind::list);
  }
  void OnSequenceEnd() override { end(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    begin(mark, tag, anchor, Node::Kind::map);
    expects_key_ = true;
  }
  void OnMapEnd() override { end(); }

  std::size_t source_offset(const YAML::Mark& mark) const {
    return prepared_.source_offset(mark.pos < 0 ? 0 : static_cast<std::size_t>(mark.pos));
  }
  void refuse(Rule rule, std::size_t begin, std::size_t end, std::string message) {
    const bool structure = rule == Rule::yaml_syntax || rule == Rule::too_deep || rule == Rule::second_document;
    if (structure && prepared_.broken) return;
    document_.findings.push_back(finding(rule, document_.lines.mark(begin, end), std::move(message)));
  }

 private:
  struct Keys {
    std::unordered_map<std::string, std::size_t> first;  // each key's first place
    std::vector<std::size_t> refused;                    // members that stand only in findings
  };

  std::string_view rest(std::size_t at) const {
    return document_.lines.text().substr(std::min(at, document_.text().size()));
  }
  bool ends_word(std::size_t at) const {
    const std::string_view behind = rest(at);
    if (behind.empty() || (behind[0] == ':' && expecting_key())) return true;
    return std::string_view(" \t\r\n,]}").find(behind[0]) != std::string_view::npos;
  }
  /// The dash of an item without anything: the last sign before what comes next, comments left out.
  std::optional<std::size_t> dash_before(std::size_t next) const {
    const std::string_view before = std::string_view(document_.text()).substr(0, next);
    for (std::size_t end = before.size();;) {
      const std::size_t line_break = before.substr(0, end).rfind('\n');
      const std::size_t start = line_break == std::string_view::npos ? 0 : line_break + 1;
      const std::string_view line = before.substr(start, end - start);
      const std::string_view content = trim(line.starts_with('#') ? "" : line.substr(0, line.find(" #")));
      if (content.ends_with('-')) return static_cast<std::size_t>(content.data() - before.data()) + content.size() - 1;
      if (!content.empty() || line_break == std::string_view::npos) return std::nullopt;
      end = line_break;
    }
  }
  /// Where the comment ends that stands in the place of a value and looks like one (#general), or 0.
  std::size_t comment_as_value(std::size_t behind) const {
    const std::string_view line = rest(behind).substr(0, rest(behind).find_first_of("\r\n"));
    const std::size_t sign = line.find_first_not_of(": \t");
    if (sign == 0 || sign == std::string_view::npos || line[sign] != '#' || sign + 1 == line.size()) return 0;
    const auto next = static_cast<unsigned char>(line[sign + 1]);
    if (!std::isalnum(next) && next < 0x80 && line.substr(sign + 1, 3) != "${{") return 0;
    const std::string_view looks = line.substr(0, line.find(" # ", sign));
    return behind + looks.find_last_not_of(" \t") + 1;
  }
  bool is_last_key(std::size_t at) const {
    return !open_.empty() && open_.back()->is_map() && !open_.back()->members.empty() &&
           open_.back()->members.back().key_begin == at;
  }
  Node here(const YAML::Mark& mark) const {
    Node node;
    node.begin = node.end = source_offset(mark);
    return node;
  }

  void style(Node& node) const {
    const auto span = std::lower_bound(prepared_.quoted.begin(), prepared_.quoted.end(), node.begin,
                                       [](const PreparedText::Span& one, std::size_t at) { return one.begin < at; });
    const char first = rest(node.begin).empty() ? ' ' : rest(node.begin)[0];
    if (span != prepared_.quoted.end() && span->begin == node.begin) {
      node.style = Node::Style::plain;
      node.end = span->end;
    } else if (first == '\'' || first == '"') {
      node.style = first == '"' ? Node::Style::double_quoted : Node::Style::single_quoted;
      node.end = behind_quote(node.begin);
    } else if (first == '|' || first == '>') {
      node.style = first == '|' ? Node::Style::literal : Node::Style::folded;
      node.end = node.begin + 1;
    } else {
      node.style = Node::Style::plain;
      node.end = node.begin + node.text.size();
      if (rest(node.begin).substr(0, node.text.size()) != node.text)
        node.end = document_.source_offset(node, node.text.size());
    }
    const auto cut = std::lower_bound(prepared_.cuts.begin(), prepared_.cuts.end(), node.begin,
                                      [](const PreparedText::Cut& one, std::size_t at) { return one.begin < at; });
    if (cut != prepared_.cuts.end() && cut->begin == node.begin) node.cut = cut->line_end;
  }

  std::size_t behind_quote(std::size_t begin) const {
    const std::string_view text = document_.lines.text();
    for (std::size_t at = begin + 1; at < text.size(); ++at) {
      if (text[begin] == '"' && text[at] == '\\') {
        ++at;
      } else if (text[at] == text[begin]) {
        const bool doubled = text[begin] == '\'' && at + 1 < text.size() && text[at + 1] == '\'';
        if (!doubled) return at + 1;
        ++at;
      }
    }
    return text.size();
  }

  void refuse_properties(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    const std::size_t at = source_offset(mark);
    if (anchor != 0)
      refuse(Rule::anchor_or_alias, at, at + 1,
             "anchors are refused: write the value where it is needed, or put it into vars");
    if (!tag.empty() && tag != "?" && tag != "!") {
      refuse(Rule::yaml_tag, at, at + 1, "tags such as " + tag + " are refused: a field's type comes from its schema");
    }
  }

  void begin(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Node::Kind kind) {
    refuse_properties(mark, tag, anchor);
    Node node = here(mark);
    node.kind = kind;
    node.end = node.begin + 1;
    if (open_.size() >= deepest) {
      refuse(Rule::too_deep, node.begin, node.end, too_deep_here());
      throw Stopped();
    }
    if (expecting_key()) {
      refuse(Rule::yaml_syntax, node.begin, node.end, "a key is text, not a list or mapping");
      throw Stopped();
    }
    open_.push_back(add(std::move(node)));
    keys_.emplace_back();
    expects_key_ = false;
  }

  void end() {
    std::vector<Node::Member>& members = open_.back()->members;
    for (auto at = keys_.back().refused.rbegin(); at != keys_.back().refused.rend(); ++at) {
      members.erase(members.begin() + static_cast<std::ptrdiff_t>(*at));
    }
    open_.pop_back();
    keys_.pop_back();
    expects_key_ = !open_.empty() && open_.back()->is_map();
  }

  bool expecting_key() const { return !open_.empty() && open_.back()->is_map() && expects_key_; }

  void key(const Node& node) {
    Node& map = *open_.back();
    const auto [first, added] = keys_.back().first.emplace(node.text, node.begin);
    const bool merge = node.text == "<<" && node.is_plain();
    if (merge || !added) keys_.back().refused.push_back(map.members.size());
    if (merge) {
      refuse(Rule::merge_key, node.begin, node.end, "merge keys are refused: write the keys where they are needed");
    } else if (!added) {
      const int line = document_.lines.mark(first->second, first->second).line;
      refuse(Rule::duplicate_key, node.begin, node.end,
             "\"" + node.text + "\" stands here a second time: its first value is in line " + std::to_string(line));
    }
    map.members.push_back({node.text, node.begin, node.end, Node()});
    expects_key_ = false;
  }

  /// Gives the node's place in the tree. It stays where it is until its list or mapping is closed.
  Node* add(Node node) {
    if (open_.empty()) {
      document_.root = std::move(node);
      return &*document_.root;
    }
    if (expecting_key()) return key(node), nullptr;
    Node& parent = *open_.back();
    if (parent.is_list()) return &parent.items.emplace_back(std::move(node));
    parent.members.back().value = std::move(node);
    expects_key_ = true;
    return &parent.members.back().value;
  }

  YamlDocument& document_;
  const PreparedText& prepared_;
  std::vector<Node*> open_;
  std::vector<Keys> keys_;  // one for each open node
  bool expects_key_ = false;
};

std::string in_words(const std::string& message) {
  struct Phrase {
    std::string_view theirs, ours;
  };
  static constexpr Phrase phrases[] = {
      {"illegal map value",
       "a colon stands here where no key can be: quote the text, or look at the indentation above"},
      {"end of map not found", "this line does not belong to the mapping above it: look at its indentation"},
      {"end of map flow not found", "a comma or } is missing before this"},
      {"end of sequence not found", "this line does not belong to the list above it: look at its indentation"},
      {"end of sequence flow not found", "a comma or ] is missing before this"},
      {"illegal flow end", "there is nothing open that this bracket could close"},
      {"illegal block entry", "a list cannot begin here: put it on the line below its key"},
      {"illegal map key", "a key cannot begin here"},
      {"illegal EOF in scalar", "the text ends inside quotes"},
  };
  for (const Phrase& phrase : phrases) {
    if (message == phrase.theirs) return std::string(phrase.ours);
  }
  return "this is not YAML: " + message;
}

}  // namespace

const Node::Member* Node::member(std::string_view key) const noexcept {
  const auto found = std::find_if(members.begin(), members.end(), [key](const Member& one) { return one.key == key; });
  return found == members.end() ? nullptr : &*found;
}

const Node* Node::find(std::string_view key) const noexcept {
  const Member* found = member(key);
  return found ? &found->value : nullptr;
}

YamlDocument read_yaml(std::shared_ptr<const SourceText> source) {
  YamlDocument document = {SourceLines(std::move(source)), std::nullopt, {}};
  PreparedText prepared = prepare(document.lines);
  document.findings = std::move(prepared.findings);
  if (prepared.too_deep) return document;
  TreeBuilder builder(document, prepared);
  try {
    std::istringstream stream(prepared.text);
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& failure) {
    const std::size_t at = builder.source_offset(failure.mark);
    builder.refuse(Rule::yaml_syntax, at, at + 1, in_words(failure.msg));
    document.root.reset();
  } catch (const Stopped&) {
    document.root.reset();
  }
  return document;
}

}  // namespace millrace
