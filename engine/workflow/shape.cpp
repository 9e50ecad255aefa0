#include <algorithm>
#include <charconv>

#include "base/text.hpp"
#include "schema/reference.hpp"
#include "workflow/fields.hpp"
#include "workflow/foreign_words.hpp"

namespace millrace {
namespace {

/// A node found by a JSON pointer, and the key before it.
struct Found {
  const Node* node;
  const Node::Member* member = nullptr;
};

Found find(const Node& root, std::string_view pointer) {
  Found found = {&root};
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const std::string_view step = pointer.substr(0, pointer.find('/'));
    pointer.remove_prefix(step.size());
    if (found.node->is_map()) {
      if (const Node::Member* member = found.node->member(pointer_key(step))) found = {&member->value, member};
      continue;  // a lone mapping stands for the list it should be in
    }
    std::size_t index = 0;
    std::from_chars(step.data(), step.data() + step.size(), index);
    if (found.node->is_list() && index < found.node->items.size()) found.node = &found.node->items[index];
  }
  return found;
}

/// The value with one key of the mapping at `pointer` called otherwise.
Value renamed(const Value& value, std::string_view pointer, const std::string& key, std::string_view name) {
  const std::string_view rest = pointer.empty() ? pointer : pointer.substr(1);
  const std::string step = pointer_key(rest.substr(0, rest.find('/')));
  const std::string_view behind = rest.size() > step.size() ? rest.substr(rest.find('/')) : std::string_view();
  if (value.is_map()) {
    Map members;
    for (const auto& [known, member] : value.map()) {
      const bool here = pointer.empty() && known.text() == key;
      const bool inside = !pointer.empty() && known.text() == step;
      members.set(here ? std::string(name) : known.text(), inside ? renamed(member, behind, key, name) : member);
    }
    return members;
  }
  if (!value.is_list() || pointer.empty()) return value;
  Value::List items = value.list();
  std::size_t index = 0;
  std::from_chars(step.data(), step.data() + step.size(), index);
  if (index < items.size()) items[index] = renamed(items[index], behind, key, name);
  return items;
}

/// What a key of another program is called here, where that key may stand in its place.
void say_what_is_meant(ShapeProblem& problem, const Value& value, const Schema& schema, std::size_t problems) {
  for (const ForeignKey& foreign : foreign_keys(problem.key)) {
    if (foreign.ours.empty()) {
      problem.message = message_of(problem.key, foreign);
      problem.suggestion.clear();
      return;
    }
    const std::vector<ShapeProblem> left = schema.check(renamed(value, problem.pointer, problem.key, foreign.ours));
    const bool refused = std::any_of(left.begin(), left.end(), [&](const ShapeProblem& one) {
      return one.at_key && one.pointer == problem.pointer && one.key == foreign.ours;
    });
    if (refused) continue;
    problem.message = message_of(problem.key, foreign);
    problem.suggestion = left.size() < problems ? suggestion_of(foreign) : "";
    return;
  }
}

/// What a value is called here that is none of those allowed: in other letters, or in the words of another program.
void say_which_is_meant(ShapeProblem& problem, const Node& node, std::string_view key) {
  const bool unknown = problem.suggestion.empty();
  if (!node.is_scalar()) return;
  if (unknown && key == "retry" && node.text.find_first_not_of("0123456789") == std::string::npos && !node.is_empty()) {
    problem.suggestion = "{attempts: " + node.text + "}";
    problem.message = "how often is said by attempts: " + problem.suggestion;
    return;
  }
  if (problem.allowed.size() < 2) return;
  const std::vector<std::string_view> ours = foreign_values(lower(node.text));
  for (const Value& one : problem.allowed) {
    const bool meant = one.is_text() && ((unknown && lower(one.text()) == lower(node.text)) ||
                                         std::find(ours.begin(), ours.end(), one.text()) != ours.end());
    if (!meant) continue;
    problem.suggestion = one.text();
    problem.message = problem.wanted + ", did you mean \"" + one.text() + "\"?";
    return;
  }
}

}  // namespace

/// Reports `text:hello` where a mapping is wanted: a key without a blank behind its colon.
bool FieldReader::glued(const Node& node, const ShapeProblem& problem) {
  const std::size_t colon = node.is_plain() ? node.text.find(':') : std::string::npos;
  const bool key = colon != std::string::npos && colon > 0 && colon + 1 < node.text.size() &&
                   std::all_of(node.text.begin(), node.text.begin() + static_cast<std::ptrdiff_t>(colon),
                               [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
  if (!key || problem.types.empty() || problem.types.front() != "object") return false;
  report(finding(Rule::missing_blank, place(node, 0, colon + 1), "a blank is missing behind the colon",
                 node.text.substr(0, colon + 1) + " "));
  return true;
}

bool FieldReader::check_shape(const Node& node, const Value& value, const Schema& schema,
                              const std::optional<SourceMark>& owner) {
  std::vector<ShapeProblem> problems = schema.check(value);
  for (ShapeProblem& problem : problems) {
    if (problem.at_key) say_what_is_meant(problem, value, schema, problems.size());
  }
  for (ShapeProblem& problem : problems) {
    const auto given = [&](const ShapeProblem& other) {  // by a key that is only called otherwise
      return other.at_key && other.pointer == problem.pointer && other.suggestion == problem.key;
    };
    if (!problem.at_key && !problem.key.empty() && std::any_of(problems.begin(), problems.end(), given)) continue;
    const Found found = find(node, problem.pointer);
    if (problem.key.empty()) say_which_is_meant(problem, *found.node, found.member ? found.member->key : "");
    const Node::Member* key = problem.at_key ? found.node->member(problem.key) : nullptr;
    const bool missing = !problem.at_key && !problem.key.empty();
    const Node::Member* first =
        found.node->is_map() && !found.node->members.empty() ? &found.node->members[0] : nullptr;
    SourceMark at = mark(*found.node);
    if (key) {
      at = document_.key_mark(*key);
    } else if (missing && found.node == &node && owner) {
      at = *owner;
    } else if (missing && found.member && found.node != &node) {
      at = document_.key_mark(*found.member);
    } else if (missing && first) {
      at = document_.key_mark(*first);
    }
    // What was refused when it was read (an alias, say, or a key in the wrong place) needs no second finding.
    const auto here = [&](const Finding& one) { return one.at.line == at.line && one.at.column == at.column; };
    const auto refused = [&](const Finding& one) { return one.severity == Severity::error && here(one); };
    const bool given_here = key || (problem.key.empty() && !found.node->is_empty());
    if (given_here && std::any_of(findings_.begin(), findings_.end(), refused)) continue;
    // Nor does it matter how other tools would read what is not to be text.
    std::erase_if(findings_, [&](const Finding& one) { return one.rule == name_of(Rule::unquoted_text) && here(one); });
    if (glued(*found.node, problem)) continue;
    const Rule rule = key ? Rule::unknown_key : missing ? Rule::missing_key : Rule::wrong_value;
    const bool list = problem.suggestion.starts_with('[') && !key;
    const bool replaceable = found.node->is_scalar() && !found.node->is_empty();
    report(finding(list ? Rule::lone_item : rule, at, problem.message, key || replaceable ? problem.suggestion : ""));
  }
  return problems.empty();
}

}  // namespace millrace
