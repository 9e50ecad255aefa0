#include "lsp/names.hpp"

#include <algorithm>
#include <set>

#include "lsp/diagnostics.hpp"
#include "lsp/expression_texts.hpp"
#include "lsp/place.hpp"
#include "lsp/tested.hpp"
#include "yaml/files.hpp"
#include "yaml/sketch.hpp"

namespace millrace::lsp {
namespace {

/// Something that a file gives a name.
struct Named {
  enum class Kind : std::uint8_t { step, item, variable } kind;
  std::string name;
  Range said;           ///< where the name stands, or, of an `item` that nobody named, the loop's key
  bool written = true;  ///< the name itself stands there
  Range seen_in = {};   ///< of an item: the loop's steps
};

bool within(const Range& range, std::size_t offset) { return range.begin <= offset && offset <= range.end; }

Range range_of(const Node& scalar) {
  const bool quoted = scalar.style == Node::Style::single_quoted || scalar.style == Node::Style::double_quoted;
  const std::size_t quote = quoted ? 1 : 0;
  return {scalar.begin + quote, std::max(scalar.end, scalar.begin + 2 * quote) - quote};
}

/// What the steps of a file give names to, and what it sets.
class NameCollector {
 public:
  std::vector<Named> take() { return std::move(names_); }

  void file(const Node& root) {
    if (const Node* vars = root.find("vars")) variables(*vars);
    for (const char* steps : {"actions", "on_failure", "always", "alarms"}) {
      if (const Node* node = root.find(steps)) walk(*node);
    }
  }

 private:
  void walk(const Node& node) {
    for (const Node& item : node.items) walk(item);
    if (!node.is_map()) return;
    const Node* id = node.find("id");
    if (id != nullptr && id->is_scalar() && !id->is_empty())
      names_.push_back({Named::Kind::step, id->text, range_of(*id)});
    if (const Node* set = node.find("set"); set != nullptr && id == nullptr) variables(*set);
    loop(node);
    for (const Node::Member& member : node.members) {
      static const std::set<std::string> values = {"with", "set", "retry", "switch", "if"};
      if (!values.contains(member.key)) walk(member.value);
    }
  }

  void loop(const Node& node) {
    const Node::Member* loop = node.member("for_each");
    const Node* body = node.find("do");
    if (loop == nullptr || body == nullptr) return;
    const Range seen_in = {body->begin, body->end};
    const Node* as = node.find("as");
    if (as != nullptr && as->is_scalar() && !as->is_empty()) {
      names_.push_back({Named::Kind::item, as->text, range_of(*as), true, seen_in});
    } else {
      names_.push_back({Named::Kind::item, "item", {loop->key_begin, loop->key_end}, false, seen_in});
    }
  }

  void variables(const Node& map) {
    for (const Node::Member& member : map.members)
      names_.push_back({Named::Kind::variable, member.key, {member.key_begin, member.key_end}});
  }

  std::vector<Named> names_;
};

/// A file's names and the words that use them.
struct NamesOfFile {
  YamlDocument document;
  FileKind kind;
  std::vector<Named> names;
  std::vector<ExpressionWord> words;

  NamesOfFile(const SourceText& source, const ProjectView& view)
      : document(sketch_yaml(std::make_shared<const SourceText>(source))), kind(kind_while_typing(source)) {
    if (!document.root || kind == FileKind::other || kind == FileKind::test) return;
    NameCollector collector;
    collector.file(*document.root);
    names = collector.take();
    words = words_in_expressions(document, kind, view);
  }

  /// What the word means: the innermost of what has that name.
  const Named* meant_by(const ExpressionWord& word) const {
    if (word.bound || (word.member && word.receiver != "vars")) return nullptr;
    const Named* found = nullptr;
    for (const Named& one : names) {
      if (one.name != word.text || word.member != (one.kind == Named::Kind::variable)) continue;
      if (one.kind == Named::Kind::item && !within(one.seen_in, word.range.begin)) continue;
      const bool further_in =
          found == nullptr || (one.kind == Named::Kind::item &&
                               (found->kind != Named::Kind::item || one.seen_in.begin >= found->seen_in.begin));
      if (further_in) found = &one;
    }
    return found;
  }

  const Named* at(std::size_t offset) const {
    for (const Named& one : names) {
      if (one.written && within(one.said, offset)) return &one;
    }
    for (const ExpressionWord& word : words) {
      if (within(word.range, offset)) return meant_by(word);
    }
    return nullptr;
  }

  /// Several may say the same: `vars` and a step that sets a new value.
  bool same(const Named& one, const Named& other) const {
    if (&one == &other) return true;
    return one.kind == Named::Kind::variable && other.kind == one.kind && one.name == other.name;
  }

  std::vector<Range> places_of(const Named& meant) const {
    std::vector<Range> places;
    for (const Named& one : names) {
      if (one.written && same(one, meant)) places.push_back(one.said);
    }
    for (const ExpressionWord& word : words) {
      const Named* named = meant_by(word);
      if (named != nullptr && same(*named, meant)) places.push_back(word.range);
    }
    std::sort(places.begin(), places.end(),
              [](const Range& left, const Range& right) { return left.begin < right.begin; });
    return places;
  }
};

std::optional<Target> elsewhere(const NamesOfFile& file, std::size_t offset, const ProjectView& view) {
  const auto place = find_place(file.document, offset);
  if (!place || place->way.empty()) return std::nullopt;
  if (file.kind == FileKind::test) {
    const Step* step = step_named_at(*place, view);
    if (step == nullptr) return std::nullopt;
    const SourceMark& at = step->id.empty() ? step->at : step->id_at;
    return Target{view.root / at.source->name, at.source, TextLines(at.source->text).range(at)};
  }
  if (place->kind != Place::Kind::value) return std::nullopt;
  const std::string& name = place->way.back().child->text;
  const std::string key = place->key();
  if (key == "call" || key == "after") {
    for (const WorkflowFile& workflow : view.workflows) {
      if (workflow_id(workflow.shown_as) == name) return Target{workflow.path};
    }
  }
  const ConnectionSettings* connection =
      key == "connection" && view.project ? view.project->find_connection(name) : nullptr;
  if (connection == nullptr || connection->at.source == nullptr) return std::nullopt;
  const auto text = connection->at.source;
  return Target{view.root / "millrace.yaml", text, TextLines(text->text).range(connection->at)};
}

/// What the file would be with another name in these places.
std::string renamed(const std::string& text, const std::vector<Range>& places, const std::string& name) {
  std::string result;
  std::size_t copied = 0;
  for (const Range& place : places) {
    result += text.substr(copied, place.begin - copied) + name;
    copied = place.end;
  }
  return result + text.substr(copied);
}

/// The places of a renaming as they are in the text that it gives.
std::vector<Range> moved(std::vector<Range> places, std::size_t length) {
  std::ptrdiff_t longer = 0;
  for (Range& place : places) {
    const auto change = static_cast<std::ptrdiff_t>(length) - static_cast<std::ptrdiff_t>(place.end - place.begin);
    place.begin = static_cast<std::size_t>(static_cast<std::ptrdiff_t>(place.begin) + longer);
    place.end = place.begin + length;
    longer += change;
  }
  return places;
}

/// A place of the text after the renaming at which the name means another thing than before: one of `places` that
/// something else takes, or a use of something else that is taken. Nothing: everybody is still meant.
std::optional<std::size_t> captured(const NamesOfFile& after, const std::vector<Range>& places, std::size_t said) {
  const Named* meant = after.at(places[said].begin);
  const std::vector<Range> now = meant != nullptr ? after.places_of(*meant) : std::vector<Range>();
  const auto [wanted, found] = std::mismatch(places.begin(), places.end(), now.begin(), now.end());
  if (wanted == places.end() && found == now.end()) return std::nullopt;
  if (wanted == places.end()) return found->begin;
  return found == now.end() ? wanted->begin : std::min(wanted->begin, found->begin);
}

std::multiset<std::string> told(const std::vector<Finding>& findings) {
  std::multiset<std::string> all;
  for (const Finding& one : findings) all.insert(one.rule);
  return all;
}

}  // namespace

std::optional<Target> find_definition(const SourceText& source, std::size_t offset, const ProjectView& view) {
  const NamesOfFile file(source, view);
  if (const Named* meant = file.at(offset)) return Target{{}, {}, meant->said};
  return elsewhere(file, offset, view);
}

std::vector<Range> find_references(const SourceText& source, std::size_t offset, const ProjectView& view) {
  const NamesOfFile file(source, view);
  const Named* meant = file.at(offset);
  return meant != nullptr ? file.places_of(*meant) : std::vector<Range>();
}

std::optional<Range> find_renameable(const SourceText& source, std::size_t offset, const ProjectView& view) {
  const NamesOfFile file(source, view);
  const Named* meant = file.at(offset);
  if (meant == nullptr || !meant->written) return std::nullopt;
  for (const Range& place : file.places_of(*meant)) {
    if (within(place, offset)) return place;
  }
  return std::nullopt;
}

std::optional<std::string> step_at(const SourceText& source, std::size_t offset, const ProjectView& view) {
  const NamesOfFile file(source, view);
  const Named* meant = file.at(offset);
  return meant != nullptr && meant->kind == Named::Kind::step ? std::optional(meant->name) : std::nullopt;
}

Result<std::vector<Range>> rename(const SourceText& source, std::size_t offset, const std::string& name,
                                  const ProjectView& view) {
  const NamesOfFile file(source, view);
  const Named* meant = file.at(offset);
  if (meant == nullptr || !meant->written)
    return Error{ErrorCode::invalid, "nothing that stands here has a name of its own"};
  std::vector<Range> places = file.places_of(*meant);
  const auto check = [&view, &source](std::string text) {
    return findings_in(std::make_shared<const SourceText>(SourceText{source.name, std::move(text)}), view);
  };
  const auto before = told(check(source.text));
  const SourceText changed = {source.name, renamed(source.text, places, name)};
  const std::vector<Finding> after = check(changed.text);
  const auto now = told(after);
  for (const Finding& one : after) {
    if (now.count(one.rule) > before.count(one.rule)) return Error{ErrorCode::invalid, one.message};
  }
  const auto said = std::find(places.begin(), places.end(), meant->said) - places.begin();
  const auto other = captured(NamesOfFile(changed, view), moved(places, name.size()), static_cast<std::size_t>(said));
  if (other) {
    const std::size_t line = TextLines(changed.text).line_of(*other) + 1;
    return Error{ErrorCode::invalid,
                 "in line " + std::to_string(line) + " \"" + name + "\" would be something else: choose another name"};
  }
  return places;
}

}  // namespace millrace::lsp
