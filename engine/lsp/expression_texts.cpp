#include "lsp/expression_texts.hpp"

#include <algorithm>
#include <numeric>

#include "expr/template.hpp"
#include "lsp/scope.hpp"
#include "lsp/typing.hpp"

namespace millrace::lsp {
namespace {

class WordCollector {
 public:
  WordCollector(const YamlDocument& document, FileKind kind, const ProjectView& view)
      : document_(document), kind_(kind), view_(view) {}

  std::vector<ExpressionWord> take() { return std::move(words_); }

  void walk(const Node& node) {
    if (node.is_scalar() && !node.is_empty()) scalar(node);
    for (const Node& item : node.items) {
      place_.way.push_back({&node, "", &item});
      walk(item);
      place_.way.pop_back();
    }
    for (const Node::Member& member : node.members) {
      place_.way.push_back({&node, member.key, &member.value});
      walk(member.value);
      place_.way.pop_back();
    }
  }

 private:
  void scalar(const Node& node) {
    const std::string_view all = std::string_view(document_.text()).substr(node.begin, node.end - node.begin);
    const Holes found = find_holes(all);
    const Forms forms = forms_at(kind_, place_, view_);
    const bool bare = takes_expressions(forms, place_);
    if (found.holes.empty() && !bare) return;
    const std::string argument = bare ? argument_of(forms) : "";
    for (const Hole& hole : found.holes)
      words(node.begin + hole.inner, all.substr(hole.inner, hole.inner_end - hole.inner), argument);
    const bool quoted = node.style == Node::Style::single_quoted || node.style == Node::Style::double_quoted;
    const std::size_t quote = quoted ? 1 : 0;
    if (found.holes.empty())
      words(node.begin + quote, all.substr(quote, all.size() - std::min(all.size(), 2 * quote)), argument);
  }

  /// The name under which the expression gets the items that it is called with, one after the other; empty where nobody
  /// calls it.
  std::string argument_of(const Forms& forms) const {
    const auto& way = place_.way;
    const bool input = std::any_of(way.begin(), way.end(), [](const Place::Step& step) { return step.key == "with"; });
    if (!input) return place_.key() == "key" ? "item" : "";
    for (const Form& form : choices_of(forms)) {
      if (form.view().format() == "expression") return form.schema->text_or("x-parameter", "item");
    }
    return {};
  }

  void words(std::size_t begin, std::string_view text, const std::string& argument) {
    for (const Range& word : words_of_expression(text)) {
      const auto typing = read_typing(text.substr(0, word.end));
      if (!typing || typing->word.empty()) continue;
      ExpressionWord found = {typing->word, {begin + word.begin, begin + word.end}, typing->receiver, typing->member};
      const auto gives = [&](const Typing::Loop& loop) {
        return std::find(loop.variables.begin(), loop.variables.end(), found.text) != loop.variables.end();
      };
      found.bound = !found.member && (found.text == argument || declares_variable(text, word) ||
                                      std::any_of(typing->loops.begin(), typing->loops.end(), gives));
      words_.push_back(std::move(found));
    }
  }

  /// `x` itself in `items.map(x, ...)`: with what stands behind it, it is a name that the macro gives.
  static bool declares_variable(std::string_view text, const Range& word) {
    const std::size_t comma = text.find_first_not_of(" \n", word.end);
    if (comma == std::string_view::npos || text[comma] != ',') return false;
    const auto behind = read_typing(text.substr(0, comma + 1));
    const auto before = read_typing(text.substr(0, word.begin));
    const auto names = [](const Typing& typing) {
      return std::accumulate(typing.loops.begin(), typing.loops.end(), std::size_t{0},
                             [](std::size_t sum, const Typing::Loop& loop) { return sum + loop.variables.size(); });
    };
    return behind && before && names(*behind) > names(*before);
  }

  const YamlDocument& document_;
  FileKind kind_;
  const ProjectView& view_;
  Place place_;
  std::vector<ExpressionWord> words_;
};

}  // namespace

std::vector<ExpressionWord> words_in_expressions(const YamlDocument& document, FileKind kind, const ProjectView& view) {
  WordCollector collector(document, kind, view);
  if (document.root) collector.walk(*document.root);
  return collector.take();
}

}  // namespace millrace::lsp
